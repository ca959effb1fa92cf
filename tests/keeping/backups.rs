//! Backups count once they were checked, rotate without ever losing the last good one, and restore to a database that holds its mail.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};
use deadlines::job::backup::{Keep, key_of, name_in, rotate};
use deadlines::mail::key_file;
use deadlines::store::backup::examine;
use deadlines::store::outbox::State;
use deadlines::store::schema::known_version;
use rusqlite::Connection;

use crate::counting_server::CountingServer;
use crate::service::Place;
use crate::{files, path, poison, run, run_on, said};

/// Three practices whose mail went out, and nothing running.
fn sent_three() -> (CountingServer, Place) {
    let server = CountingServer::quiet();
    let place = Place::new(server.port(), 3);
    let mut service = place.start();
    service.until("event=\"delivered\"");
    service.stop();
    (server, place)
}

#[test]
fn backups_of_a_service_at_work_are_whole_and_one_file() {
    let server = CountingServer::quiet();
    let place = Place::new(server.port(), 120);
    let mut service = place.start();
    // Before that there may be no key to take along yet.
    service.until("event=\"started\"");
    for number in 0..8 {
        let file = format!("./b{number}.sqlite");
        let said = run(&place, &["backup", &file]);
        assert!(said.contains("checked, with") && said.ends_with("exit code 0"), "{said}");
        let examined = examine(&path(&place, &file)).unwrap();
        assert_eq!((examined.damage, examined.ledger, examined.rows["practice"]), (vec![], vec![], 120));
    }
    service.until("event=\"delivered\"");
    service.stop();
    let left: Vec<String> = files(&place.folder).into_iter().filter(|name| name.starts_with("b0")).collect();
    assert_eq!(left, ["b0.sqlite", "b0.sqlite.key"]);
    for name in left {
        assert_eq!(fs::metadata(path(&place, &name)).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
    }
    let status = place.run(&["status"]);
    assert!(said(&status).contains("Last backup: 2026-03-03 12:00"), "{}", said(&status));
}

#[test]
fn what_a_backup_refuses() {
    let (_server, place) = sent_three();
    fs::write(path(&place, "taken"), "mine").unwrap();
    let rows: [(&[&str], &str); 7] = [
        (&["backup"], "exit code 2"),
        (&["backup", "./taken"], "FOLDER/taken is there already: name another file, or move it away\nexit code 2"),
        (&["backup", "./none/b.sqlite"], "there is no folder FOLDER/none: make it, or mount what it stands for\nexit code 2"),
        (&["backup", "--into", "./none"], "there is no folder FOLDER/none: make it, or mount what it stands for\nexit code 2"),
        (&["backup", "./b", "--keep", "3"], "exit code 2"),
        (&["backup", "--into", "./var", "--keep", "0"], "exit code 2"),
        (&["backup", "./b", "--into", "./var"], "exit code 2"),
    ];
    for (arguments, expected) in rows {
        let said = run(&place, arguments);
        assert!(said.contains(expected), "{arguments:?}: {said}");
    }
    assert_eq!(fs::read_to_string(path(&place, "taken")).unwrap(), "mine");
    fs::remove_file(place.database()).unwrap();
    assert!(run(&place, &["backup", "./b"]).contains("there is no database FOLDER/var/d.sqlite"));
    fs::write(place.database(), "brief ".repeat(1000)).unwrap();
    assert!(run(&place, &["backup", "./b"]).ends_with("exit code 1"));
    assert!(!path(&place, "b").exists() && !path(&place, "b.new").exists());
}

#[test]
fn a_damaged_database_leaves_earlier_backups_alone() {
    let (_server, place) = sent_three();
    fs::create_dir(path(&place, "b")).unwrap();
    assert!(run(&place, &["backup", "--into", "./b"]).ends_with("exit code 0"));
    let before = files(&path(&place, "b"));
    // An index that lacks a row: SQLite reads on, and only a check finds it.
    break_an_index(&place.database());
    let said = run_on(&place, "2026-03-20", &["backup", "--into", "./b", "--keep", "1", "--keep-days", "1"]);
    assert!(said.contains("is damaged and was thrown away") && said.ends_with("exit code 3"), "{said}");
    assert_eq!(files(&path(&place, "b")), before);
}

/// Writes nonsense over the pages of one index.
fn break_an_index(database: &Path) {
    let connection = Connection::open(database).unwrap();
    let (page, size): (usize, usize) = connection
        .query_row("SELECT rootpage, (SELECT page_size FROM pragma_page_size) FROM sqlite_schema WHERE name = 'attempt_mail'", [], |row| {
            Ok((row.get::<_, u32>(0)? as usize, row.get::<_, u32>(1)? as usize))
        })
        .unwrap();
    drop(connection);
    let mut bytes = fs::read(database).unwrap();
    let page = &mut bytes[(page - 1) * size..page * size];
    // The number of cells stands in bytes 3 and 4: the index forgets its rows.
    page[3..5].fill(0);
    fs::write(database, bytes).unwrap();
}

#[test]
fn a_ledger_that_does_not_add_up_is_backed_up_named_and_rotates_nothing() {
    let (_server, place) = sent_three();
    fs::create_dir(path(&place, "b")).unwrap();
    assert!(run(&place, &["backup", "--into", "./b"]).ends_with("exit code 0"));
    poison(
        &place.database(),
        "DELETE FROM attempt WHERE mail = 1; DELETE FROM told WHERE mail = 2; UPDATE told SET email = 'x' WHERE mail = 3",
    );
    let said = run_on(&place, "2026-03-20", &["backup", "--into", "./b", "--keep", "1"]);
    for expected in [
        "is a faithful copy, but what the database says does not add up",
        "1 sent mails without the attempt",
        "1 sent reminders without a row of what they told",
        "1 rows of what was told that name another practice or address",
        "exit code 3",
    ] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
    assert_eq!(files(&path(&place, "b")).len(), 4);
    let said = run(&place, &["backup", "--drill"]);
    assert!(said.contains("what it says does not add up") && said.ends_with("exit code 3"), "{said}");
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

#[test]
fn rotation_goes_by_number_and_age_and_touches_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let now = at("2026-03-10T04:30:00Z");
    let lay_out = || {
        for days in 0..6 {
            let file = name_in(folder.path(), now - TimeDelta::days(days));
            fs::write(&file, "").unwrap();
            fs::write(key_of(&file), "").unwrap();
        }
        for other in ["deadlines.sqlite", "deadlines-2026-03-01.sqlite", "deadlines-2026-03-01T00-00-00Z.sqlite.old", "brief.txt"] {
            fs::write(folder.path().join(other), "").unwrap();
        }
        fs::write(folder.path().join("deadlines-2026-03-01T00-00-00Z.sqlite.new"), "").unwrap();
        fs::write(folder.path().join("deadlines-2026-03-10T04-00-00Z.sqlite.new"), "").unwrap();
    };
    let left = |keep| {
        lay_out();
        let gone = rotate(&name_in(folder.path(), now), keep, now).unwrap();
        let left = files(folder.path());
        assert!(
            ["brief.txt", "deadlines.sqlite", "deadlines-2026-03-01.sqlite", "deadlines-2026-03-01T00-00-00Z.sqlite.old"]
                .iter()
                .all(|other| left.contains(&(*other).to_owned()))
        );
        assert!(!left.contains(&"deadlines-2026-03-01T00-00-00Z.sqlite.new".to_owned()), "what was left behind long ago");
        assert!(left.contains(&"deadlines-2026-03-10T04-00-00Z.sqlite.new".to_owned()), "may be under way");
        let backups = left.iter().filter(|name| name.ends_with("T04-30-00Z.sqlite")).count();
        assert_eq!(left.iter().filter(|name| name.ends_with("T04-30-00Z.sqlite.key")).count(), backups);
        assert_eq!(gone.len(), 6 - backups);
        left.into_iter().find(|name| name.ends_with("T04-30-00Z.sqlite")).map(|oldest| (backups, oldest[10..20].to_owned())).unwrap()
    };
    let keep = |number, days| Keep { number, days };
    assert_eq!(left(keep(None, None)), (6, "2026-03-05".to_owned()));
    assert_eq!(left(keep(Some(2), None)), (2, "2026-03-09".to_owned()));
    assert_eq!(left(keep(None, Some(3))), (4, "2026-03-07".to_owned()));
    assert_eq!(left(keep(Some(3), Some(1))), (2, "2026-03-09".to_owned()));
    assert_eq!(left(keep(Some(1), Some(1))), (1, "2026-03-10".to_owned()));
}

#[test]
fn the_one_just_made_stays_though_the_clock_was_ahead_when_the_others_were() {
    let folder = tempfile::tempdir().unwrap();
    let now = at("2026-03-10T04:30:00Z");
    for days in [0, -400, -800] {
        fs::write(name_in(folder.path(), now - TimeDelta::days(days)), "").unwrap();
    }
    rotate(&name_in(folder.path(), now), Keep { number: Some(1), days: Some(1) }, now).unwrap();
    assert_eq!(files(folder.path()), ["deadlines-2026-03-10T04-30-00Z.sqlite"]);
}

#[test]
fn a_restored_database_has_everything_holds_its_mail_and_delivers_once_released() {
    let (server, place) = sent_three();
    place.import(5);
    let keys = key_file::open(&path(&place, "var/d.sqlite.key")).unwrap();
    assert!(run(&place, &["backup", "./b.sqlite"]).ends_with("exit code 0"));
    // The disk is gone.
    fs::remove_dir_all(path(&place, "var")).unwrap();
    insta::assert_snapshot!(run(&place, &["restore", "./b.sqlite"]), @r"
    FOLDER/var/d.sqlite is restored from FOLDER/b.sqlite: 5 practices, 3 mails, 3 rows of what they told.
    1 key from beside the backup: links in mails that went out work.
    Practices' mail is held. Start the service, look at `deadlines outbox list`, then `deadlines outbox release --copy`.
    exit code 0
    ");
    assert_eq!(key_file::open(&path(&place, "var/d.sqlite.key")).unwrap(), keys, "links in mails that went out verify");
    assert_eq!(fs::metadata(place.database()).unwrap().permissions().mode() & 0o777, 0o600);
    let mut service = place.start();
    service.until("event=\"fence\"");
    service.until("event=\"planned\"");
    service.signal("HUP");
    service.until("event=\"reloaded\"");
    service.stop();
    assert_eq!(server.taken().len(), 3, "nothing left");
    assert_eq!(place.store().mails(&[State::Queued], None).unwrap().len(), 2, "planning goes on");
    assert!(run(&place, &["outbox", "release", "--copy"]).contains("2 mails wait"));
    let mut service = place.start();
    service.until("event=\"delivered\"");
    service.stop();
    assert_eq!(server.taken().len(), 5, "who had mail before the backup has none again");
}

#[test]
fn an_existing_database_is_set_aside_with_what_its_log_holds_and_only_when_asked() {
    let (_server, place) = sent_three();
    assert!(run(&place, &["backup", "./b.sqlite"]).ends_with("exit code 0"));
    let backup = fs::read(path(&place, "b.sqlite")).unwrap();
    place.import(7);
    let said = run(&place, &["restore", "./b.sqlite"]);
    assert!(said.contains("is there already: --replace sets it aside") && said.ends_with("exit code 2"), "{said}");
    // Somebody has the old one open, so its log is not carried over by itself.
    let reader = Connection::open(place.database()).unwrap();
    let count =
        |file: &Path| -> i64 { Connection::open(file).unwrap().query_row("SELECT count(*) FROM practice", [], |row| row.get(0)).unwrap() };
    insta::assert_snapshot!(run(&place, &["restore", "./b.sqlite", "--replace"]), @r"
    FOLDER/var/d.sqlite is restored from FOLDER/b.sqlite: 3 practices, 3 mails, 3 rows of what they told.
    What was there before lies in FOLDER/var/d.sqlite.before-2026-03-03T11-00-00Z.
    Practices' mail is held. Start the service, look at `deadlines outbox list`, then `deadlines outbox release --copy`.
    exit code 0
    ");
    drop(reader);
    assert_eq!(count(&place.database()), 3);
    assert_eq!(count(&path(&place, "var/d.sqlite.before-2026-03-03T11-00-00Z")), 7);
    assert_eq!(fs::read(path(&place, "b.sqlite")).unwrap(), backup, "the backup is only read");
    assert!(!path(&place, "var/d.sqlite.restore").exists());
}

#[test]
fn nothing_is_restored_under_a_running_service() {
    let (_server, place) = sent_three();
    assert!(run(&place, &["backup", "./b.sqlite"]).ends_with("exit code 0"));
    let mut service = place.start();
    service.until("event=\"started\"");
    let said = run(&place, &["restore", "./b.sqlite", "--replace"]);
    assert!(said.contains("another deadlines already runs") && said.ends_with("exit code 1"), "{said}");
    assert!(run(&place, &["backup", "--drill"]).ends_with("exit code 0"), "a drill touches nothing of it");
    service.stop();
}

#[test]
fn what_cannot_be_restored_is_said_and_changes_nothing() {
    let (_server, place) = sent_three();
    let copy = |name: &str, sql: &str| {
        assert!(run(&place, &["backup", name]).ends_with("exit code 0"));
        poison(&path(&place, name), sql);
    };
    copy("./newer", &format!("PRAGMA user_version = {}", known_version() + 1));
    copy("./foreign", "PRAGMA application_id = 7");
    copy("./broken", "PRAGMA foreign_keys = OFF; DELETE FROM outbox WHERE id = 1");
    fs::write(path(&place, "empty"), "").unwrap();
    fs::write(path(&place, "brief"), "Geachte ".repeat(1000)).unwrap();
    let half = fs::read(path(&place, "newer")).unwrap();
    fs::write(path(&place, "half"), &half[..half.len() / 2]).unwrap();
    poison_version(&path(&place, "half"));
    let before = fs::read(place.database()).unwrap();
    for (name, expected) in [
        ("./newer", "install the newer deadlines again"),
        ("./foreign", "holds no database of deadlines"),
        ("./broken", "is damaged and was not restored: take an earlier one"),
        ("./empty", "holds no database of deadlines"),
        ("./brief", "is damaged and was not restored"),
        ("./half", "is damaged and was not restored"),
    ] {
        for arguments in [["restore", name, "--replace"], ["restore", name, "--drill"]] {
            let said = run(&place, &arguments);
            assert!(said.contains(expected) && said.ends_with("exit code 3"), "{name}: {said}");
        }
    }
    assert!(run(&place, &["restore", "./nowhere"]).ends_with("there is no backup FOLDER/nowhere\nexit code 2"));
    assert!(run(&place, &["restore", "./var/d.sqlite", "--replace"]).contains("is the database itself"));
    assert_eq!(fs::read(place.database()).unwrap(), before);
    let left: Vec<String> = files(&path(&place, "var"))
        .into_iter()
        .filter(|name| name.contains("restore") || name.contains("drill") || name.contains("before"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

/// Half a file has the version of the newer one; only its length is to be wrong.
fn poison_version(file: &Path) {
    let mut bytes = fs::read(file).unwrap();
    bytes[60..64].copy_from_slice(&known_version().to_be_bytes());
    fs::write(file, bytes).unwrap();
}

#[test]
fn a_drill_says_what_would_be_sent_and_leaves_nothing() {
    let (server, place) = sent_three();
    place.import(5);
    let before = (fs::read(place.database()).unwrap(), files(&path(&place, "var")));
    let said = run(&place, &["backup", "--drill"]);
    let (first, rest) = said.split_once('\n').unwrap();
    assert!(first.starts_with("Backed up: ") && first.ends_with("checked, with its keys beside it."), "{first}");
    insta::assert_snapshot!(rest, @r"
    Restored to a place of its own and opened: 5 practices, 3 mails, 3 rows of what they told; integrity and ledger checked.
    Planned as of 2026-03-03 12:00: 5 practices looked at, 2 mails and 0 corrections queued, 0 could not be planned.
    ┌────────────────────────────────────────────────────────────────────────────────┐
    │ mails to practices   wait in it   after planning   leave at once when released │
    ╞════════════════════════════════════════════════════════════════════════════════╡
    │ digest               0            2                2                           │
    └────────────────────────────────────────────────────────────────────────────────┘
    Nothing was sent, and all of it is removed again.
    exit code 0
    ");
    assert_eq!((fs::read(place.database()).unwrap(), files(&path(&place, "var"))), before);
    assert_eq!(server.taken().len(), 3);
    // What a drill that was killed has left goes with the next one.
    fs::create_dir(path(&place, "var/d.sqlite.drill-999999999")).unwrap();
    assert!(run(&place, &["backup", "./b.sqlite", "--drill"]).ends_with("exit code 0"));
    assert_eq!(files(&path(&place, "var")), before.1);
}
