//! Whole copies of the database: made while others write, and held against what every healthy database says.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use crate::store::error::StoreError;
use crate::store::{BUSY_TIMEOUT, Store, make_private, schema};

/// How many rows each table holds.
pub type Rows = BTreeMap<String, u64>;

/// What a database file turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Examined {
    /// Which version of the tables it has.
    pub version: u32,
    /// What it holds.
    pub rows: Rows,
    /// Where the file itself is broken, in SQLite's words; none where it is sound.
    pub damage: Vec<String>,
    /// Where what it says does not add up: the file is sound, the ledger is not.
    pub ledger: Vec<String>,
}

/// Copies a database that may be in use into a new file, as it was at one instant; gives what it held then.
///
/// The source is not brought to the version of this program: a backup before an upgrade is one of the older version. The copy keeps no log
/// beside it; it is one file, for nobody else to read.
///
/// # Errors
/// A source that is not ours, is newer, or cannot be read; a target that is there already or cannot be written.
pub fn copy(source: &Path, target: &Path) -> Result<Rows, StoreError> {
    let mut from = open_existing(source)?;
    schema::check(&from).map_err(|error| error.with_path(source))?;
    make_private(target)?;
    let mut to = open_existing(target)?;
    // One read transaction: rows are counted and pages copied as of the same instant, whoever writes meanwhile.
    let snapshot = from.transaction_with_behavior(TransactionBehavior::Deferred).map_err(|error| StoreError::at(source, error))?;
    let rows = rows(&snapshot)?;
    copy_pages(&snapshot, &mut to)?;
    drop(snapshot);
    to.pragma_update(None, "journal_mode", "DELETE").map_err(|error| StoreError::at(target, error))?;
    to.close().map_err(|(_, error)| StoreError::at(target, error))?;
    Ok(rows)
}

/// All pages in one step: in WAL mode a reader holds up no writer, and a step that ended early would begin anew after each commit.
fn copy_pages(from: &Connection, to: &mut Connection) -> Result<(), StoreError> {
    match Backup::new(from, to)?.step(-1)? {
        StepResult::Done => Ok(()),
        _ => Err(StoreError::Locked),
    }
}

/// Looks a database file over that nobody else uses: SQLite's own checks, and whether the ledger adds up.
///
/// The file stays of its version. The ledger of an older one is read from a copy in memory that was brought up to date, which also shows that
/// this program can take it over.
///
/// # Errors
/// A file that is no database of ours, is newer, or cannot be read at all.
pub fn examine(path: &Path) -> Result<Examined, StoreError> {
    let connection = open_existing(path)?;
    let examined = || -> Result<Examined, StoreError> {
        schema::check(&connection)?;
        let version = schema::version(&connection)?;
        if version == 0 {
            return Err(StoreError::Foreign);
        }
        let damage = damage(&connection)?;
        let ledger = if damage.is_empty() { ledger_of(&connection, version)? } else { Vec::new() };
        Ok(Examined { version, rows: rows(&connection)?, damage, ledger })
    };
    examined().map_err(|error| error.with_path(path))
}

fn ledger_of(connection: &Connection, version: u32) -> Result<Vec<String>, StoreError> {
    if version == schema::known_version() {
        return ledger(connection);
    }
    let mut newer = Connection::open_in_memory()?;
    copy_pages(connection, &mut newer)?;
    schema::migrate(&mut newer)?;
    ledger(&newer)
}

fn open_existing(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(|error| StoreError::at(path, error))?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    Ok(connection)
}

fn rows(connection: &Connection) -> Result<Rows, StoreError> {
    let mut tables = connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")?;
    let names: Vec<String> = tables.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let mut rows = Rows::new();
    for name in names {
        let sql = format!("SELECT count(*) FROM \"{}\"", name.replace('"', "\"\""));
        let count: i64 = connection.query_row(&sql, [], |row| row.get(0))?;
        rows.insert(name, count.unsigned_abs());
    }
    Ok(rows)
}

/// What SQLite finds wrong: pages, indexes, constraints, and rows that point to nothing.
fn damage(connection: &Connection) -> Result<Vec<String>, StoreError> {
    let mut check = connection.prepare("SELECT integrity_check FROM pragma_integrity_check WHERE integrity_check <> 'ok'")?;
    let mut found: Vec<String> = check.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let mut keys = connection.prepare("SELECT \"table\", parent, count(*) FROM pragma_foreign_key_check GROUP BY 1, 2")?;
    let dangling = keys.query_map([], |row| {
        let (table, parent, count): (String, String, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(format!("{count} of {table} name a row of {parent} that is not there"))
    })?;
    for line in dangling {
        found.push(line?);
    }
    Ok(found)
}

/// What holds in every database that this program wrote, and how many rows break it.
const LEDGER: [(&str, &str); 5] = [
    (
        "sent mails without the attempt in which they were accepted",
        "SELECT count(*) FROM outbox o WHERE state = 'sent' AND NOT EXISTS (SELECT 1 FROM attempt a WHERE a.mail = o.id AND a.outcome = 'accepted')",
    ),
    (
        "sent reminders without a row of what they told",
        "SELECT count(*) FROM outbox o WHERE state = 'sent' AND kind LIKE 'digest%' AND NOT EXISTS (SELECT 1 FROM told t WHERE t.mail = o.id)",
    ),
    (
        "rows that say for certain what a mail told that was not sent",
        "SELECT count(*) FROM told t JOIN outbox o ON o.id = t.mail WHERE t.uncertain = 0 AND o.state <> 'sent'",
    ),
    (
        "rows of what was told that name another practice or address than their mail",
        "SELECT count(*) FROM told t JOIN outbox o ON o.id = t.mail WHERE t.practice <> o.practice OR t.email <> o.email",
    ),
    (
        "mails of unknown fate without the bytes that were handed over",
        "SELECT count(*) FROM outbox WHERE state = 'uncertain' AND NOT EXISTS (SELECT 1 FROM unanswered WHERE mail = outbox.id)",
    ),
];

fn ledger(connection: &Connection) -> Result<Vec<String>, StoreError> {
    let mut found = Vec::new();
    for (what, sql) in LEDGER {
        let count: i64 = connection.query_row(sql, [], |row| row.get(0))?;
        if count > 0 {
            found.push(format!("{count} {what}"));
        }
    }
    Ok(found)
}

impl Store {
    /// Whether an existing database has this version; nothing is changed.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn is_of_version(path: &Path, version: u32) -> Result<bool, StoreError> {
        let connection = open_existing(path)?;
        Ok(schema::version(&connection).map_err(|error| error.with_path(path))? == version)
    }

    /// Carries the write-ahead log into the database file and ends it, so that the file is the whole database.
    ///
    /// # Errors
    /// When the file cannot be written, or somebody else uses it.
    pub fn close(self) -> Result<(), StoreError> {
        let busy: i64 = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        self.connection.close().map_err(|(_, error)| StoreError::from(error))?;
        if busy == 0 { Ok(()) } else { Err(StoreError::Locked) }
    }
}

/// Carries what a log beside an existing database holds into it, so that the file alone is the whole database. Nothing is done to a file
/// that cannot be opened.
pub fn fold_log(path: &Path) {
    if let Ok(connection) = open_existing(path) {
        // Where this fails the log stays beside the file, and goes wherever the file goes.
        let _ = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    }
}
