//! The database: what it refuses, what survives, and what is asked often.

#![expect(clippy::unwrap_used, reason = "to panic is to fail the test")]

#[path = "store/migrations.rs"]
mod migrations;
#[path = "support/world.rs"]
mod world;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use chrono::{DateTime, Utc};
use deadlines::calendar_file::{File, embedded};
use deadlines::clock::instant;
use deadlines::config::Config;
use deadlines::domain::decide::Rules;
use deadlines::domain::notices::NoticeKind;
use deadlines::job::generate::{Amount, Generated, generate};
use deadlines::job::impact::Impact;
use deadlines::job::load::{Consent, LoadError, Loaded, edition, load, preview};
use deadlines::job::office::Office;
use deadlines::job::plan::plan;
use deadlines::store::calendars::Change;
use deadlines::store::error::StoreError;
use deadlines::store::outbox::{State, look, steps};
use deadlines::store::practices::Since;
use deadlines::store::schema::known_version;
use deadlines::store::{Store, agenda, ledger, notices, outbox};
use rusqlite::{Connection, ffi};
use world::{World, calendar, day, milestone, occurrence, practice};

/// What opening says, with the file as it was.
fn refused(path: &Path) -> String {
    let before = std::fs::read(path).unwrap();
    let error = Store::open(path).unwrap_err();
    assert_eq!(std::fs::read(path).unwrap(), before, "what is refused is left alone");
    let text = error.to_string();
    assert!(text.starts_with(&path.display().to_string()), "{text}");
    text
}

fn in_folder(name: &str) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    (folder, path)
}

#[test]
fn a_database_newer_than_the_program_is_refused_with_what_to_do() {
    let (_folder, path) = in_folder("db.sqlite");
    drop(Store::open(&path).unwrap());
    Connection::open(&path).unwrap().pragma_update(None, "user_version", known_version() + 1).unwrap();
    let text = refused(&path);
    assert!(text.contains(&format!("version {}", known_version() + 1)) && text.contains("install the newer deadlines"), "{text}");
}

#[test]
fn a_database_of_another_program_is_refused_and_left_alone() {
    let (_folder, path) = in_folder("firefox.sqlite");
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE bookmarks (url TEXT)").unwrap();
    assert!(refused(&path).contains("another program"));
}

#[test]
fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let (_folder, path) = in_folder("brief.txt");
    std::fs::write(&path, "Geachte heer, mevrouw, ".repeat(100)).unwrap();
    assert!(refused(&path).contains("no database"));
}

#[test]
fn a_damaged_database_is_named() {
    let (_folder, path) = in_folder("db.sqlite");
    drop(Store::open(&path).unwrap());
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[100..].fill(0x5A);
    std::fs::write(&path, bytes).unwrap();
    let text = Store::open(&path).and_then(|store| store.practice_ids()).unwrap_err().to_string();
    assert!(text.contains("damaged"), "{text}");
}

#[test]
fn a_folder_that_cannot_be_made_or_written_is_named() {
    let (folder, path) = in_folder("bestand");
    std::fs::write(&path, "").unwrap();
    let text = Store::open(&path.join("db.sqlite")).unwrap_err().to_string();
    assert!(text.contains("cannot make or open the database") && text.contains("bestand"), "{text}");
    let closed = folder.path().join("dicht");
    std::fs::create_dir(&closed).unwrap();
    std::fs::set_permissions(&closed, PermissionsExt::from_mode(0o500)).unwrap();
    // The administrator may write everywhere.
    if std::fs::write(closed.join("proef"), "").is_err() {
        let text = Store::open(&closed.join("db.sqlite")).unwrap_err().to_string();
        assert!(text.contains("cannot make or open the database"), "{text}");
    }
}

#[test]
fn nobody_else_may_read_the_addresses() {
    let (_folder, path) = in_folder("db.sqlite");
    let _store = Store::open(&path).unwrap();
    for name in ["db.sqlite", "db.sqlite-wal", "db.sqlite-shm"] {
        let mode = std::fs::metadata(path.with_file_name(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[test]
fn errors_are_known_by_their_code() {
    let rows = [
        (ffi::SQLITE_FULL, "the disk is full", true),
        (ffi::SQLITE_BUSY, "locked by another process", true),
        (ffi::SQLITE_BUSY_SNAPSHOT, "locked by another process", true),
        (ffi::SQLITE_READONLY, "cannot be written", true),
        (ffi::SQLITE_READONLY_DBMOVED, "cannot be written", true),
        (ffi::SQLITE_CANTOPEN, "cannot be written", true),
        (ffi::SQLITE_IOERR_WRITE, "the disk does not read or write", true),
        (ffi::SQLITE_IOERR_FSYNC, "the disk does not read or write", true),
        (ffi::SQLITE_NOMEM, "memory ran out", true),
        (ffi::SQLITE_CORRUPT, "damaged", false),
        (ffi::SQLITE_NOTADB, "no database", false),
        (ffi::SQLITE_MISUSE, "database:", false),
    ];
    for (code, sentence, may_pass) in rows {
        let error = StoreError::from(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None));
        assert!(error.to_string().contains(sentence), "{code}: {error}");
        assert_eq!((error.may_pass(), error.concerns_one_row()), (may_pass, false), "{code}");
    }
    assert!(StoreError::from(rusqlite::Error::InvalidQuery).concerns_one_row());
}

#[test]
fn a_full_disk_is_called_that() {
    let (_folder, path) = in_folder("db.sqlite");
    drop(Store::open(&path).unwrap());
    let connection = Connection::open(&path).unwrap();
    connection.execute_batch("PRAGMA max_page_count = 1").unwrap();
    let filled = connection.execute("INSERT INTO calendar_file VALUES ('x', ?1, 'x')", ["x".repeat(1_000_000)]);
    let error = StoreError::from(filled.unwrap_err());
    assert!(matches!(error, StoreError::Full), "{error}");
}

#[test]
fn a_bad_calendar_never_replaces_a_good_one() {
    let good = milestone("tekenen", "signing-deadline", "by = 2025-11-10");
    let mut world = World::of("2025-11-03 07:00", &good, &practice("klank"));
    let held = world.store(|store| (store.calendar_files().unwrap(), store.calendar_hash().unwrap()));
    for bad in ["by = 2025-11-31", "by = { after = \"nergens\", days = 3 }", "bij = 2025-11-10"] {
        let files = calendar(&milestone("tekenen", "signing-deadline", bad));
        assert!(matches!(world.try_load(files), Err(LoadError::Problems(_))), "{bad}");
        assert_eq!(world.store(|store| (store.calendar_files().unwrap(), store.calendar_hash().unwrap())), held);
    }
    world.restart();
    world.tick();
    assert_eq!(world.times(), ["2025-11-03 07:00"]);
}

#[test]
fn a_load_says_what_it_changed_and_a_look_ahead_writes_nothing() {
    let of = |moments: [(&str, &str); 2]| calendar(&moments.map(|(id, day)| milestone(id, "offer", &format!("by = {day}"))).concat());
    let mut world = World::at("2025-11-01 12:00");
    let first = of([("blijft", "2025-11-10"), ("vervalt", "2025-11-11")]);
    let second = of([("blijft", "2025-11-12"), ("nieuw", "2025-11-13")]);
    assert_eq!(world.load(first.clone()), Loaded::Changed(Impact::default()), "a first load changes nothing");
    assert_eq!(world.load(first), Loaded::Unchanged);
    let change = |id: &str, old: Option<&str>, new: Option<&str>| Change {
        occurrence: occurrence(id),
        old_day: old.map(day),
        new_day: new.map(day),
    };
    let changes = vec![
        change("blijft", Some("2025-11-10"), Some("2025-11-12")),
        change("nieuw", None, Some("2025-11-13")),
        change("vervalt", Some("2025-11-11"), None),
    ];
    let (files, now) = (second.clone(), world.now());
    assert_eq!(world.store(move |store| preview(store, &files, now).unwrap()).changes, changes);
    assert_eq!(
        world.load(second.clone()),
        Loaded::Changed(Impact { changes: changes.clone(), ..Impact::default() }),
        "the look ahead left nothing behind"
    );
    assert_eq!(world.load(second), Loaded::Unchanged);
    let history = world.store(|store| store.changes_of(&occurrence("blijft")).unwrap());
    assert_eq!(history.into_iter().map(|past| past.change).collect::<Vec<_>>(), [changes[0].clone()]);
}

#[test]
fn the_order_of_files_is_no_change() {
    let mut files: Vec<File> = calendar(&milestone("tekenen", "signing-deadline", "by = 2025-11-10"));
    let mut world = World::at("2025-11-01 12:00");
    world.load(files.clone());
    files.reverse();
    assert_eq!(world.load(files), Loaded::Unchanged);
}

#[test]
fn a_unit_of_work_that_is_dropped_has_not_happened() {
    let world = World::of("2025-11-03 07:00", "", &practice("klank"));
    let now = world.now();
    let left = world.store(move |store| {
        let work = store.begin(now).unwrap();
        work.remove_practice(&"klank".into()).unwrap();
        drop(work);
        store.practice_ids().unwrap()
    });
    assert_eq!(left, ["klank".into()]);
}

#[test]
fn what_a_load_replaced_is_kept_for_as_long_as_somebody_may_believe_it() {
    let mut world = World::at("2023-01-02 09:00");
    let kept = |world: &World| world.store(|store| store.past_versions("cz/proef.toml").unwrap().len());
    let days =
        [("2023-01-02 09:00", 0), ("2023-02-01 09:00", 1), ("2024-12-01 09:00", 2), ("2025-03-01 09:00", 2), ("2027-03-20 09:00", 1)];
    for (year, (now, versions)) in (2030..).zip(days) {
        world.set(now);
        world.load(calendar(&milestone("tekenen", "signing-deadline", &format!("by = {year}-11-10"))));
        assert_eq!(kept(&world), versions, "{now}");
    }
}

/// The steps of SQLite's plan for a query.
fn query_plan(connection: &Connection, sql: &str) -> Vec<String> {
    let mut explain = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let steps = explain.raw_query().mapped(|row| row.get(3)).collect::<Result<_, _>>();
    steps.unwrap()
}

#[test]
fn what_is_asked_every_minute_goes_by_its_index_and_sorts_nothing() {
    let (_folder, path) = in_folder("db.sqlite");
    drop(Store::open(&path).unwrap());
    let connection = Connection::open(&path).unwrap();
    let rows = [
        (agenda::PRACTICES_TO_LOOK_AT, "SEARCH practice USING INDEX practice_look_at (look_at<?)"),
        (outbox::due::DUE_MAILS, "SEARCH outbox USING INDEX outbox_due (due_at<?)"),
        (outbox::due::ADDRESS_RESTS, "SEARCH outbox USING INDEX outbox_email (email=?)"),
        (agenda::SETTLED, "SEARCH decision USING PRIMARY KEY (practice=?)"),
        (ledger::TOLD, "SEARCH told USING PRIMARY KEY (practice=?)"),
        (agenda::DIGEST, "SEARCH decision USING PRIMARY KEY (practice=?)"),
        (look::IN_HAND, "SEARCH outbox USING INDEX outbox_state (state=?)"),
        (&notices::has_untold(&[NoticeKind::Copy]), "SEARCH notice USING INDEX sqlite_autoindex_notice_1 (kind=?)"),
        (&steps::recover(), "SEARCH outbox USING INDEX outbox_state (state=?)"),
    ];
    for (sql, step) in rows {
        let plan = query_plan(&connection, sql);
        assert!(plan.iter().all(|step| !step.contains("SCAN") && !step.contains("TEMP B-TREE")), "{sql}: {plan:?}");
        assert!(plan[0].replace("USING COVERING INDEX", "USING INDEX").starts_with(step), "{sql}: {plan:?}");
    }
}

fn rules() -> Rules {
    Office::for_show(&Config::defaults(Path::new(""))).unwrap().0.rules
}

/// A database with generated practices, and what was made.
fn generated(seed: u64, now: DateTime<Utc>) -> (Store, Generated) {
    let mut store = Store::in_memory().unwrap();
    load(&mut store, &embedded::files(), "test", Consent::Confirmed, now).unwrap();
    let almanac = edition(&store).unwrap().unwrap().almanac;
    let amount = Amount { practices: 40, ledger_rows: 300, seed };
    let made = generate(&mut store, &almanac, &rules(), amount, now).unwrap();
    (store, made)
}

#[test]
fn a_seed_makes_the_same_practices_with_a_past_that_leaves_nothing_over() {
    let now = instant("2023-10-09".parse().unwrap(), "12:00:00".parse().unwrap());
    let (mut store, made) = generated(7, now);
    assert_eq!((made.practices, made.ledger_rows), (40, 300));
    assert!((100..=160).contains(&made.subscriptions), "{made:?}");
    assert_eq!(store.practices(Since::AsWritten).unwrap(), generated(7, now).0.practices(Since::AsWritten).unwrap());
    assert_ne!(store.practices(Since::AsWritten).unwrap(), generated(8, now).0.practices(Since::AsWritten).unwrap());
    let sent = store.mails(&[State::Sent], None).unwrap();
    assert!(sent.iter().all(|mail| mail.day < "2023-10-09".parse().unwrap()));
    assert!(sent.iter().map(|mail| store.told_in(mail.id).unwrap().len()).sum::<usize>() >= 300);
    let almanac = edition(&store).unwrap().unwrap().almanac;
    let planned = plan(&mut store, &almanac, &rules(), now).unwrap();
    assert_eq!((planned.practices, planned.passed.len(), planned.parked.len()), (40, 0, 0));
}
