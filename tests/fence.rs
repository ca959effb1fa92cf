//! A restored or copied database sends nothing to practices; the real one is never held.

#![expect(clippy::unwrap_used, reason = "tests: to panic is to fail")]

#[path = "support/counting_server.rs"]
mod counting_server;
#[path = "support/service.rs"]
mod service;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use counting_server::CountingServer;
use deadlines::domain::names::PracticeId;
use deadlines::job::fence::{machine, pass, release};
use deadlines::job::state::sentence;
use deadlines::store::Store;
use deadlines::store::identity::{Fence, Identity};
use deadlines::store::outbox::State;
use deadlines::store::twin::{self, FileMark, Found, Twin};

use service::Place;

struct Home {
    folder: tempfile::TempDir,
}

impl Home {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

fn now() -> DateTime<Utc> {
    "2026-03-03T11:00:00Z".parse().unwrap()
}

fn run(database: &Path, machine: &str) -> Option<Fence> {
    pass(&mut Store::open(database).unwrap(), machine, now()).unwrap()
}

/// Starts a database that then runs for a while, with a mail in its outbox.
fn seasoned(database: &Path) {
    for _ in 0..3 {
        assert_eq!(run(database, "here"), None);
    }
    queue(database, "p");
}

fn queue(database: &Path, practice: &str) {
    let mut store = Store::open(database).unwrap();
    let work = store.begin(now()).unwrap();
    work.queue(&PracticeId::new(practice), "a@p.example", "2026-03-03".parse().unwrap(), "digest", now()).unwrap();
    work.commit().unwrap();
}

/// The database alone, as a backup keeps it.
fn backup(from: &Path, to: &Path) {
    drop(Store::open(from).unwrap());
    fs::copy(from, to).unwrap();
}

fn twin_of(database: &Path) -> Twin {
    let Found::Twin(twin) = twin::read(database).unwrap() else { panic!("no twin") };
    twin
}

fn identity(database: &Path) -> Identity {
    Store::open(database).unwrap().identity().unwrap().unwrap()
}

fn why(fence: Option<Fence>) -> String {
    fence.expect("held").why
}

#[test]
fn the_first_start_and_those_after_it_are_free_and_raise_the_counter_in_both() {
    let home = Home::new();
    let database = home.at("d.sqlite");
    for runs in 0..4 {
        assert_eq!(run(&database, "here"), None);
        assert_eq!(identity(&database).runs, runs);
        assert_eq!(twin_of(&database).identity, identity(&database));
    }
    let mode = fs::metadata(home.at("d.sqlite.twin")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_database_that_ran_under_an_older_program_is_free() {
    let home = Home::new();
    let database = home.at("d.sqlite");
    queue(&database, "p");
    assert_eq!(run(&database, "here"), None);
}

#[test]
fn moved_with_its_twin_it_is_still_the_same() {
    let home = Home::new();
    seasoned(&home.at("d.sqlite"));
    fs::create_dir(home.at("new")).unwrap();
    for ending in ["", ".twin"] {
        fs::rename(home.at(&format!("d.sqlite{ending}")), home.at(&format!("new/e.sqlite{ending}"))).unwrap();
    }
    assert_eq!(run(&home.at("new/e.sqlite"), "here"), None);
}

#[test]
fn a_copy_without_its_twin_is_held_and_the_original_is_not() {
    let home = Home::new();
    seasoned(&home.at("d.sqlite"));
    backup(&home.at("d.sqlite"), &home.at("copy.sqlite"));
    assert!(why(run(&home.at("copy.sqlite"), "here")).contains("its twin file is not beside it"));
    assert!(!home.at("copy.sqlite.twin").exists());
    assert_eq!(run(&home.at("d.sqlite"), "here"), None);
}

#[test]
fn a_copy_with_its_twin_is_held_on_the_same_machine_and_on_another() {
    let home = Home::new();
    seasoned(&home.at("d.sqlite"));
    for ending in ["", ".twin"] {
        fs::copy(home.at(&format!("d.sqlite{ending}")), home.at(&format!("copy.sqlite{ending}"))).unwrap();
    }
    assert!(why(run(&home.at("copy.sqlite"), "here")).contains("another file"));
    fs::copy(home.at("d.sqlite"), home.at("copy.sqlite")).unwrap();
    assert!(why(run(&home.at("copy.sqlite"), "there")).contains("another machine"));
    assert_eq!(run(&home.at("d.sqlite"), "here"), None);
}

#[test]
fn a_backup_put_back_over_the_database_is_held_once_anything_was_delivered_since() {
    let home = Home::new();
    let database = home.at("d.sqlite");
    seasoned(&database);
    backup(&database, &home.at("backup"));
    // Within the same run of the service: this is a round of delivery.
    assert_eq!(run(&database, "here"), None);
    // Written in place, as `cp` does it: the file stays the same.
    fs::write(&database, fs::read(home.at("backup")).unwrap()).unwrap();
    assert!(why(run(&database, "here")).contains("older than its twin"));
}

#[test]
fn a_backup_from_before_there_were_twins_is_held() {
    let home = Home::new();
    let database = home.at("d.sqlite");
    queue(&database, "p");
    backup(&database, &home.at("backup"));
    seasoned(&database);
    fs::write(&database, fs::read(home.at("backup")).unwrap()).unwrap();
    assert!(why(run(&database, "here")).contains("before the last upgrade"));
}

#[test]
fn a_twin_that_is_older_foreign_or_garbled_is_held() {
    let home = Home::new();
    let database = home.at("d.sqlite");
    for (break_it, expected) in [
        ((|twin: &mut Twin| twin.identity.runs -= 2) as fn(&mut Twin), "older than the database"),
        (|twin| twin.identity.token = "another".to_owned(), "belongs to another"),
        (|twin| twin.identity.machine = "there".to_owned(), "belongs to another"),
        (|twin| twin.file = FileMark { inode: 1, born: None }, "another file"),
    ] {
        let _ = fs::remove_file(&database);
        seasoned(&database);
        let mut twin = twin_of(&database);
        break_it(&mut twin);
        twin::write(&database, &twin).unwrap();
        assert!(why(run(&database, "here")).contains(expected), "{expected}");
        let _ = fs::remove_file(twin::path_of(&database));
    }
    let _ = fs::remove_file(&database);
    seasoned(&database);
    fs::write(twin::path_of(&database), "nonsense").unwrap();
    assert!(why(run(&database, "here")).contains("cannot be understood"));
}

#[test]
fn a_crash_between_database_and_twin_raises_no_alarm_however_often() {
    let home = Home::new();
    let database = home.at("d.sqlite");
    seasoned(&database);
    for _ in 0..3 {
        assert_eq!(run(&database, "here"), None);
        // The database was raised, the twin was not.
        let mut behind = twin_of(&database);
        behind.identity.runs -= 1;
        twin::write(&database, &behind).unwrap();
    }
    assert_eq!(run(&database, "here"), None);
    assert_eq!(twin_of(&database).identity, identity(&database));
}

#[test]
fn a_crash_in_the_first_start_raises_no_alarm() {
    let home = Home::new();
    let database = home.at("d.sqlite");
    queue(&database, "p");
    let mark = FileMark::of(&database).unwrap();
    let identity = Identity { token: "half".to_owned(), machine: "here".to_owned(), runs: 0 };
    twin::write(&database, &Twin { identity, file: mark }).unwrap();
    assert_eq!(run(&database, "here"), None);
}

#[test]
fn while_it_is_held_only_the_operators_mail_leaves_until_the_operator_releases_it() {
    let home = Home::new();
    seasoned(&home.at("d.sqlite"));
    backup(&home.at("d.sqlite"), &home.at("copy.sqlite"));
    let copy = home.at("copy.sqlite");
    let fence = run(&copy, "here");
    assert_eq!(fence.as_ref().map(|fence| fence.since), Some(now()));
    queue(&copy, "");
    let mut store = Store::open(&copy).unwrap();
    let said = sentence(&store, now()).unwrap();
    assert!(
        said.starts_with("practices' mail is held, for this looks like a copied database: ") && said.ends_with("2 mails are due"),
        "{said}"
    );
    let practices = store.mails(&[], Some(&PracticeId::new("p"))).unwrap()[0].id;
    let operators = store.mails(&[], Some(&PracticeId::new(""))).unwrap()[0].id;
    assert_eq!(store.due_mails(now(), 10).unwrap(), [operators]);
    let work = store.begin(now()).unwrap();
    assert!(work.claim(practices).unwrap().is_none());
    assert!(work.claim(operators).unwrap().is_some());
    work.commit().unwrap();
    // It stays, with its first reason, whatever is done to the files.
    fs::copy(home.at("d.sqlite.twin"), home.at("copy.sqlite.twin")).unwrap();
    assert_eq!(run(&copy, "there"), fence);
    assert!(release(&mut store, "here", now()).unwrap());
    assert!(!release(&mut store, "here", now()).unwrap());
    assert_eq!(store.due_mails(now(), 10).unwrap(), [practices]);
    assert_eq!(run(&copy, "here"), None);
    assert_eq!(run(&copy, "here"), None);
    assert_ne!(identity(&copy).token, identity(&home.at("d.sqlite")).token);
}

#[test]
fn an_unreadable_twin_stops_delivery_and_is_no_alarm() {
    let home = Home::new();
    let database = home.at("d.sqlite");
    seasoned(&database);
    fs::remove_file(twin::path_of(&database)).unwrap();
    fs::create_dir(twin::path_of(&database)).unwrap();
    let mut store = Store::open(&database).unwrap();
    let error = pass(&mut store, "here", now()).unwrap_err().to_string();
    assert!(error.contains("d.sqlite.twin"), "{error}");
    assert_eq!(store.fence().unwrap(), None);
}

#[test]
fn a_database_in_memory_is_never_held() {
    let mut store = Store::in_memory().unwrap();
    assert_eq!(pass(&mut store, "here", now()).unwrap(), None);
    assert!(!release(&mut store, "here", now()).unwrap());
}

#[test]
fn the_service_on_a_copy_says_so_sends_nothing_and_delivers_once_it_is_released() {
    let server = CountingServer::quiet();
    let original = Place::new(server.port(), 5);
    let mut service = original.start();
    service.until("event=\"delivered\"");
    service.stop();
    original.import(8);
    let folder = tempfile::tempdir().unwrap();
    let copy = Place::within(folder.path(), server.port(), 0);
    fs::remove_file(copy.database()).unwrap();
    fs::copy(original.database(), copy.database()).unwrap();
    copy.tell_operator();
    let mut service = copy.start();
    service.until("event=\"fence\"");
    service.until("event=\"planned\"");
    service.until("event=\"delivered\"");
    service.stop();
    let taken = server.taken();
    let heard: Vec<&str> = taken[5..].iter().map(|mail| &*mail.recipient).collect();
    assert_eq!(heard, ["operator@example.org"], "only the operator has mail from the copy");
    assert!(String::from_utf8_lossy(&taken[5].bytes).contains("would be sent"));
    assert_eq!(copy.store().mails(&[State::Queued], None).unwrap().len(), 3, "planning goes on");
    let status = copy.run(&["status"]);
    let said = String::from_utf8_lossy(&status.stderr).into_owned();
    assert_eq!(status.status.code(), Some(1), "{said}");
    assert!(said.contains("its twin file is not beside it") && said.contains("outbox release --copy"), "{said}");
    let json: serde_json::Value = serde_json::from_slice(&copy.run(&["status", "--json"]).stdout).unwrap();
    assert_eq!((json["healthy"].as_bool(), json["fence"]["why"].is_string()), (Some(false), true));
    let released = copy.run(&["outbox", "release", "--copy"]);
    assert!(String::from_utf8_lossy(&released.stdout).contains("3 mails wait"), "{released:?}");
    assert!(copy.run(&["outbox", "release", "--copy"]).stdout.is_empty());
    let mut service = copy.start();
    service.until("event=\"delivered\"");
    service.stop();
    assert_eq!(server.taken().iter().filter(|mail| mail.recipient.starts_with("info@")).count(), 8);
}

#[test]
fn a_configured_machine_stands_for_the_real_one() {
    assert_eq!(machine(Some("mail-1")), machine(Some(" mail-1\n")));
    assert_ne!(machine(Some("mail-1")), machine(Some("mail-2")));
    assert_eq!(machine(Some("")), "");
    assert!(!machine(Some("mail-1")).contains("mail"));
}
