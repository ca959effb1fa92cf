//! A full disk, a file system that is read-only, a locked and a broken database: the service says so, keeps what it has and goes on when it can.

#![expect(clippy::print_stderr, reason = "seeds, figures and what was skipped are for whoever reads the test's output")]
#![expect(clippy::unwrap_used, reason = "tests: to panic is to fail")]

#[path = "support/counting_server.rs"]
mod counting_server;
#[path = "support/service.rs"]
mod service;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use counting_server::{CountingServer, Side, Then, Verb};
use deadlines::store::Store;
use deadlines::store::outbox::State;
use service::{Place, Service};

const PRACTICES: usize = 60;

/// A mail server that does something once, when it has taken its `nth` mail and told nobody.
fn server_that(nth: usize, does: impl Fn() + Send + Sync + 'static) -> CountingServer {
    let taken = AtomicUsize::new(0);
    CountingServer::start(Arc::new(move |verb, side| {
        if (verb, side) == (Verb::Dot, Side::Taken) && taken.fetch_add(1, Ordering::SeqCst) + 1 == nth {
            does();
        }
        Then::GoOn
    }))
}

/// Everybody has the mail once, and the outbox knows.
fn everybody_once(place: &Place, server: &CountingServer) {
    let taken = server.taken();
    let distinct: BTreeSet<&str> = taken.iter().map(|mail| &*mail.recipient).collect();
    assert_eq!((distinct.len(), taken.len()), (PRACTICES, PRACTICES));
    assert!(place.store().mails(&[], None).unwrap().iter().all(|mail| mail.state == State::Sent));
}

/// A reload ends a round after the mail in hand, so it may take several.
fn deliver_the_rest(mut service: Service, server: &CountingServer) {
    service.signal("HUP");
    while server.taken().len() < PRACTICES {
        service.until("event=\"delivered\"");
    }
    service.stop();
}

/// A small file system in a file; unmounted when dropped.
struct Loop {
    folder: tempfile::TempDir,
}

impl Loop {
    /// `None`, with the reason printed, where this user may not mount.
    fn mount(megabytes: u64) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let image = folder.path().join("image");
        File::create(&image).unwrap().set_len(megabytes << 20).unwrap();
        fs::create_dir(folder.path().join("disk")).unwrap();
        let it = Self { folder };
        let made = quiet("mkfs.ext4", &["-q", "-m", "0", path(&image)]);
        let mounted = made && quiet("mount", &["-o", "loop", path(&image), path(&it.disk())]);
        if !mounted {
            assert!(std::env::var_os("CI").is_none(), "a file system in a file cannot be made or mounted, and must be where CI is set");
            eprintln!("SKIPPED: a file system in a file cannot be made or mounted here; as root it can");
        }
        mounted.then_some(it)
    }

    fn disk(&self) -> PathBuf {
        self.folder.path().join("disk")
    }

    /// Takes all the room that is left.
    fn fill(filler: &Path) {
        let mut file = File::options().create(true).append(true).open(filler).unwrap();
        for size in [65536, 4096, 512, 1] {
            while file.write_all(&vec![0; size]).is_ok() && file.sync_all().is_ok() {}
        }
    }

    /// The database of a place on this disk, everything else beside it.
    fn place(&self, port: u16) -> Place {
        std::os::unix::fs::symlink(self.disk(), self.folder.path().join("var")).unwrap();
        Place::within(self.folder.path(), port, PRACTICES)
    }
}

impl Drop for Loop {
    fn drop(&mut self) {
        quiet("umount", &["-l", path(&self.disk())]);
    }
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn quiet(program: &str, arguments: &[&str]) -> bool {
    let status = Command::new(program).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

#[test]
fn a_disk_that_runs_full_in_the_middle_loses_nothing_and_delivery_goes_on_when_there_is_room() {
    let Some(disk) = Loop::mount(8) else { return };
    let filler = disk.disk().join("filler");
    let fill = filler.clone();
    let server = server_that(5, move || Loop::fill(&fill));
    let place = disk.place(server.port());
    let mut service = place.start();
    service.until("the disk is full");
    fs::remove_file(filler).unwrap();
    deliver_the_rest(service, &server);
    everybody_once(&place, &server);
}

#[test]
fn a_stop_while_the_disk_is_full_records_what_the_server_has_once_there_is_room() {
    let Some(disk) = Loop::mount(8) else { return };
    let filler = disk.disk().join("filler");
    let fill = filler.clone();
    let server = server_that(5, move || Loop::fill(&fill));
    let place = disk.place(server.port());
    let mut service = place.start();
    service.until("event=\"record-failed\"");
    service.signal("TERM");
    service.until("event=\"stopping\"");
    fs::remove_file(filler).unwrap();
    service.stop();
    let left: BTreeSet<State> = place.store().mails(&[], None).unwrap().iter().map(|mail| mail.state).collect();
    assert_eq!(left, BTreeSet::from([State::Queued, State::Sent]), "nothing is in doubt");
    let mut service = place.start();
    service.until("event=\"delivered\"");
    service.stop();
    everybody_once(&place, &server);
}

#[test]
fn a_service_on_a_full_disk_does_not_start_and_says_why() {
    let Some(disk) = Loop::mount(8) else { return };
    let server = CountingServer::quiet();
    let place = disk.place(server.port());
    let filler = disk.disk().join("filler");
    Loop::fill(&filler);
    let output = place.run(&["run"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("No space left on device") || said.contains("the disk is full"), "{said}");
    fs::remove_file(filler).unwrap();
    let mut service = place.start();
    service.until("event=\"delivered\"");
    service.stop();
    everybody_once(&place, &server);
}

#[test]
fn a_file_that_may_not_grow_is_a_failing_disk_and_delivery_goes_on_when_it_may() {
    let server = CountingServer::quiet();
    let place = Place::new(server.port(), PRACTICES);
    let kilobytes = fs::metadata(place.database()).unwrap().len() / 1024 + 64;
    let limited = format!("trap '' XFSZ; ulimit -S -f {kilobytes}; exec \"$0\" \"$@\"");
    let mut service = place.start_under(&["bash", "-c", &limited]);
    service.until("the disk does not read or write");
    assert!(quiet("prlimit", &["--fsize=unlimited:unlimited", "--pid", &service.child.0.id().to_string()]));
    deliver_the_rest(service, &server);
    everybody_once(&place, &server);
}

#[test]
fn on_a_read_only_file_system_the_service_does_not_start_and_says_why() {
    let Some(disk) = Loop::mount(8) else { return };
    let server = CountingServer::quiet();
    let place = disk.place(server.port());
    assert!(quiet("mount", &["-o", "remount,ro", path(&disk.disk())]));
    let output = place.run(&["run"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("read-only") || said.contains("Read-only"), "{said}");
    assert!(quiet("mount", &["-o", "remount,rw", path(&disk.disk())]));
    let mut service = place.start();
    service.until("event=\"delivered\"");
    service.stop();
    everybody_once(&place, &server);
}

fn now() -> DateTime<Utc> {
    "2026-03-03T11:00:00Z".parse().unwrap()
}

#[test]
fn a_database_that_another_process_locks_for_too_long_is_said_and_waited_for() {
    let (locked, is_locked) = channel();
    let is_locked = Mutex::new(is_locked);
    let (unlock, may_unlock) = channel::<()>();
    let (unlocked, is_unlocked) = channel();
    let database = Arc::new(Mutex::new(PathBuf::new()));
    let named = database.clone();
    let may_unlock = Arc::new(Mutex::new(Some(may_unlock)));
    let server = server_that(5, move || {
        let (path, locked, unlocked) = (named.lock().unwrap().clone(), locked.clone(), unlocked.clone());
        let may_unlock = may_unlock.lock().unwrap().take().unwrap();
        std::thread::spawn(move || {
            let mut store = Store::open(&path).unwrap();
            let work = store.begin(now()).unwrap();
            locked.send(()).unwrap();
            may_unlock.recv().unwrap();
            drop(work);
            unlocked.send(()).unwrap();
        });
        is_locked.lock().unwrap().recv().unwrap();
    });
    let place = Place::new(server.port(), PRACTICES);
    database.lock().unwrap().clone_from(&place.database());
    let mut service = place.start();
    service.until("the database is locked by another process");
    unlock.send(()).unwrap();
    is_unlocked.recv().unwrap();
    deliver_the_rest(service, &server);
    everybody_once(&place, &server);
}

#[test]
fn a_broken_database_is_left_as_it_is_and_said() {
    let server = CountingServer::quiet();
    let place = Place::new(server.port(), 3);
    let database = place.database();
    let whole = fs::read(&database).unwrap();
    let nonsense = b"nonsense ".repeat(2000);
    let torn: Vec<u8> = [&whole[..100], &vec![0xA5; whole.len() - 100][..]].concat();
    for broken in [nonsense, torn] {
        fs::write(&database, &broken).unwrap();
        for command in ["run", "status"] {
            let output = place.run(&[command]);
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(output.status.code(), Some(1), "{said}");
            assert!(said.contains("damaged or no database") && said.contains("d.sqlite"), "{said}");
            assert_eq!(fs::read(&database).unwrap(), broken, "{command} wrote into it");
        }
    }
}
