//! How a database gets from version to version.

use std::collections::BTreeMap;
use std::path::Path;

use deadlines::store::outbox::State;
use deadlines::store::practices::Since;
use deadlines::store::schema::{MIGRATIONS, known_version};
use deadlines::store::{Store, backup};
use rusqlite::Connection;
use rusqlite::types::Value;

use crate::in_folder;

/// How many rows each table holds.
fn rows(connection: &Connection) -> BTreeMap<String, i64> {
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
    let mut tables = connection.prepare(sql).unwrap();
    let names: Vec<String> = tables.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
    let count = |name: String| {
        let count = connection.query_row(&format!("SELECT count(*) FROM \"{name}\""), [], |row| row.get(0)).unwrap();
        (name, count)
    };
    names.into_iter().map(count).collect()
}

/// A database as the program of that version left it, with the rows of `tests/migrations/<version>.sql`.
fn as_left_by(version: usize, path: &Path) -> BTreeMap<String, i64> {
    let connection = Connection::open(path).unwrap();
    connection.pragma_update(None, "journal_mode", "WAL").unwrap();
    connection.pragma_update(None, "foreign_keys", true).unwrap();
    MIGRATIONS[..version].iter().for_each(|sql| connection.execute_batch(sql).unwrap());
    connection.pragma_update(None, "user_version", u32::try_from(version).unwrap()).unwrap();
    connection.pragma_update(None, "application_id", 0x444C_4E53).unwrap();
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/migrations/{version}.sql"));
    let sql = std::fs::read_to_string(&fixture).unwrap_or_else(|error| panic!("sample rows of {}: {error}", fixture.display()));
    connection.execute_batch(&sql).unwrap();
    let rows = rows(&connection);
    let empty: Vec<&String> = rows.iter().filter(|(_, count)| **count == 0).map(|(name, _)| name).collect();
    assert!(empty.is_empty(), "{} holds no row for {empty:?}", fixture.display());
    rows
}

#[test]
fn every_older_database_is_brought_up_to_date_with_all_its_rows() {
    for version in 1..=MIGRATIONS.len() {
        let (_folder, path) = in_folder("db.sqlite");
        let before = as_left_by(version, &path);
        let examined = backup::examine(&path).unwrap();
        assert_eq!((examined.version as usize, examined.damage, examined.ledger), (version, Vec::new(), Vec::new()));
        let store = Store::open(&path).unwrap();
        assert_everything_reads(&store, version);
        drop(store);
        let connection = Connection::open(&path).unwrap();
        let after = rows(&connection);
        for (table, count) in before.iter().filter(|(table, _)| after.contains_key(*table)) {
            assert_eq!(after[table], *count, "rows of {table}, from version {version}");
        }
        let found: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
        assert_eq!(found, known_version());
        let broken: i64 = connection.query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| row.get(0)).unwrap();
        assert_eq!(broken, 0, "from version {version}");
    }
}

fn assert_everything_reads(store: &Store, version: usize) {
    let practices = store.practices(Since::OrImport).unwrap();
    let klank = practices.iter().find(|practice| practice.id.as_str() == "klank").unwrap();
    assert_eq!((practices.len(), klank.contacts.len(), klank.subscriptions[0].modules.len()), (2, 2, 1), "version {version}");
    let memory = store.memory(&klank.id).unwrap();
    let counts = (memory.settled.len(), memory.done.len(), memory.snoozed.len(), memory.happened.len());
    assert_eq!(counts, (2, 1, 1, 1), "version {version}");
    let mails = store.mails(&[], None).unwrap();
    assert_eq!(mails.len(), 2, "version {version}");
    assert!(mails.iter().all(|mail| store.attempts(mail.id).unwrap().len() == 1), "version {version}");
    assert_eq!(store.told_by(&[1]).unwrap()[&1].len(), 1, "version {version}");
    assert_eq!(store.calendar_files().unwrap().len(), 1, "version {version}");
    assert_eq!(store.changes_of("cz/proef/tekenen").unwrap().len(), 1, "version {version}");
    assert_eq!(store.runs().unwrap().len(), 1, "version {version}");
    assert_eq!(store.last_told(&klank.id).unwrap()["info@klank.example"].len(), 1, "version {version}");
    let lines = store.ledger(&klank.id, "cz/proef/tekenen").unwrap();
    assert_eq!(lines.iter().map(|line| line.told_at.is_some()).collect::<Vec<_>>(), [true, false], "version {version}");
    assert_eq!(store.set_aside().unwrap().is_some(), version >= 2);
}

/// All rows that a query gives, in its order.
fn all(connection: &Connection, sql: &str) -> Vec<Vec<Value>> {
    let mut query = connection.prepare(sql).unwrap();
    let columns = query.column_count();
    let rows = query.query_map([], |row| (0..columns).map(|column| row.get(column)).collect());
    rows.unwrap().collect::<Result<_, _>>().unwrap()
}

#[test]
fn the_bytes_of_version_nine_move_to_a_table_of_their_own_wherever_a_mail_stands() {
    let (_folder, path) = in_folder("db.sqlite");
    as_left_by(9, &path);
    let connection = Connection::open(&path).unwrap();
    for (number, state) in (10..).zip(State::ALL) {
        let bytes = if [State::Queued, State::Sent].contains(&state) { "NULL".to_owned() } else { format!("randomblob({number} * 1000)") };
        let key = format!("{number}, 'klank', 'info@klank.example', '2025-11-{number}'");
        let sql = format!(
            "INSERT INTO outbox VALUES ({key}, 'digest', '{}', 1, 2, 3, 4, 'id', 'subject', {bytes}, 'reason', '[]', 5, 6, 7);
             INSERT INTO attempt (mail, at, outcome, server, text) VALUES ({number}, 8, 'transient', 'server', 'text');
             INSERT INTO told VALUES ('klank', 'info@klank.example', 'cz/proef/vragen', 'logopedie', '2025-12-01', {number}, 9, 0, NULL, 1)",
            state.as_str()
        );
        connection.execute_batch(&sql).unwrap();
    }
    let mails = |from: &str| {
        let columns = "id, practice, email, day, kind, state, state_since, created_at, due_at, attempts, message_id, subject, bytes, reason, says, \
                       throttles, throttled_at, composed_at";
        all(&connection, &format!("SELECT {columns} FROM {from} ORDER BY id"))
    };
    let others = || ["attempt", "told", "notice", "decision"].map(|table| all(&connection, &format!("SELECT * FROM {table}")));
    let before = (mails("outbox"), others());
    drop(Store::open(&path).unwrap());
    assert_eq!((mails("outbox LEFT JOIN unanswered ON mail = id"), others()), before);
    assert_eq!(backup::examine(&path).unwrap().damage, Vec::<String>::new());
    for refused in ["UPDATE outbox SET state = 'lost'", "UPDATE outbox SET day = '2025-11-03', email = 'info@klank.example'"] {
        assert!(connection.execute_batch(refused).is_err(), "{refused}");
    }
    connection.execute_batch("DELETE FROM told; DELETE FROM notice; DELETE FROM outbox").unwrap();
    assert_eq!(all(&connection, "SELECT mail FROM attempt UNION SELECT mail FROM unanswered"), Vec::<Vec<Value>>::new());
}

#[test]
fn opening_twice_is_the_same_as_once() {
    let (_folder, path) = in_folder("db.sqlite");
    let first = as_left_by(1, &path);
    drop(Store::open(&path).unwrap());
    let _both = (Store::open(&path).unwrap(), Store::open(&path).unwrap());
    assert_eq!(rows(&Connection::open(&path).unwrap())["outbox"], first["outbox"]);
}
