//! The only SQL. Rows become domain values before they leave; a transaction carries one `now`.
//!
//! One SQLite file in WAL mode with `synchronous = FULL`: each commit waits until its frames in the write-ahead log are on the disk, so what
//! was committed survives a power cut, and a mail that was recorded as sent is never sent again. With `NORMAL` a power cut could take back the
//! last commits; they are consistent, but those mails would go twice.
//!
//! A checkpoint carries the log's frames into the database file: SQLite's own, after a commit that brings the log to `CHECKPOINT_PAGES` pages
//! (twelve megabytes). It loses nothing wherever it is interrupted, since the log stays until the database file is on the disk. Fewer pages would
//! synchronise more often while mail is delivered, more would make each start after a crash read a longer log. After a large import the log is cut to
//! `LOG_LIMIT_BYTES` again, so that a bad day does not keep its room for ever.
//!
//! Whatever writes begins with `BEGIN IMMEDIATE`; a deferred transaction that upgrades would get BUSY at once.

pub mod addresses;
pub mod agenda;
pub mod backup;
pub mod calendars;
pub mod error;
pub mod examine;
pub mod figures;
pub mod greetings;
pub mod grounds;
pub mod identity;
pub mod inbound;
pub mod lane;
pub mod ledger;
pub mod marks;
pub mod notices;
pub mod outbox;
pub mod outlook;
pub mod own_dates;
pub mod personal;
pub mod practices;
pub mod prune;
pub mod runs;
pub mod schema;
pub mod set_aside;
pub mod subscribers;
pub mod twin;

use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::config::DbConfig;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags, Row, ToSql, Transaction, TransactionBehavior};

use error::StoreError;

/// How long a writer waits for another one. A load or an import of all Dutch practices takes a few seconds.
const BUSY_TIMEOUT: Duration = Duration::from_secs(20);

/// How long the write-ahead log gets before it is carried into the database. Below `LOG_LIMIT_BYTES`, so that it is not cut and grown again each time.
pub const CHECKPOINT_PAGES: i64 = 3000;

/// How many prepared statements are kept: more than a turn of the service uses.
const STATEMENTS: usize = 128;

/// How much room an emptied write-ahead log may keep.
const LOG_LIMIT_BYTES: i64 = 16 * 1024 * 1024;

/// An open database of the right version.
#[derive(Debug)]
pub struct Store {
    connection: Connection,
    path: Option<PathBuf>,
}

/// A unit of work, stamped once.
#[derive(Debug)]
pub struct Work<'s> {
    transaction: Transaction<'s>,
    /// The instant of this unit of work.
    pub now: DateTime<Utc>,
}

impl Store {
    /// Opens the database, makes it if it is not there, and brings it to the version of this program.
    ///
    /// # Errors
    /// A folder that cannot be written, a file that is no database, or a database of a newer program.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        make_private(path)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(|error| StoreError::at(path, error))?;
        Self::prepare(connection, Some(path.to_owned())).map_err(|error| error.with_path(path))
    }

    /// A database in memory, for simulation and tests.
    ///
    /// # Errors
    /// Only when memory runs out.
    pub fn in_memory() -> Result<Self, StoreError> {
        Self::prepare(Connection::open_in_memory()?, None)
    }

    fn prepare(connection: Connection, path: Option<PathBuf>) -> Result<Self, StoreError> {
        connection.busy_timeout(BUSY_TIMEOUT)?;
        schema::check(&connection)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
        connection.pragma_update(None, "journal_size_limit", LOG_LIMIT_BYTES)?;
        // Else a statement is prepared anew each time that it is asked for another practice, in case another plan suits that one better.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        let mut store = Self { connection, path };
        schema::migrate(&mut store.connection)?;
        store.connection.pragma_update(None, "foreign_keys", true)?;
        Ok(store)
    }

    /// Where the file lies; `None` in memory.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// Keeps more of the database in memory than the two megabytes that SQLite takes: for who fills all of it.
    ///
    /// # Errors
    /// Only when memory runs out.
    pub fn keep_in_memory(&self, megabytes: u32) -> Result<(), StoreError> {
        Ok(self.connection.pragma_update(None, "cache_size", -1024 * i64::from(megabytes))?)
    }

    /// Begins a unit of work that may write.
    ///
    /// # Errors
    /// When another writer holds the database for too long.
    pub fn begin(&mut self, now: DateTime<Utc>) -> Result<Work<'_>, StoreError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        Ok(Work { transaction, now })
    }

    fn reader(&self) -> &Connection {
        &self.connection
    }
}

impl Work<'_> {
    /// Makes everything in it durable.
    ///
    /// # Errors
    /// A full disk, for one; then nothing of it has happened.
    pub fn commit(self) -> Result<(), StoreError> {
        Ok(self.transaction.commit()?)
    }

    /// Does a part of it that is taken back alone where it fails; the rest stands.
    ///
    /// # Errors
    /// The error of `part`, or that of the database.
    pub fn apart<T>(&self, part: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
        self.connection().prepare_cached("SAVEPOINT apart")?.execute([])?;
        let done = part();
        if done.is_err() {
            // After an error that is not about one row, SQLite may have taken the whole transaction back: then the savepoint is gone too.
            let _ = self.connection().execute_batch("ROLLBACK TO apart; RELEASE apart");
            return done;
        }
        self.connection().prepare_cached("RELEASE apart")?.execute([])?;
        done
    }

    fn connection(&self) -> &Connection {
        &self.transaction
    }
}

/// The database holds addresses: nobody else may read it, whatever the umask says.
fn make_private(path: &Path) -> Result<(), StoreError> {
    use std::os::unix::fs::OpenOptionsExt;
    let unusable = |source| StoreError::Folder { path: path.to_owned(), source };
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(unusable)?;
    }
    if !path.exists() {
        std::fs::OpenOptions::new().create_new(true).write(true).mode(0o600).open(path).map_err(unusable)?;
    }
    Ok(())
}

/// A civil day as ISO text.
struct Day(NaiveDate);

impl ToSql for Day {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(self.0.to_string()))
    }
}

impl FromSql for Day {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let text = value.as_str()?;
        match plain_day(text) {
            Some(day) => Ok(Self(day)),
            None => text.parse().map(Self).map_err(|error| FromSqlError::Other(Box::new(error))),
        }
    }
}

/// `2026-11-22`, as every day is written here. Planning reads some hundred for each practice, and chrono's own reader takes many forms.
fn plain_day(text: &str) -> Option<NaiveDate> {
    let &[y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1] = text.as_bytes() else { return None };
    let number = |digits: &[u8]| digits.iter().try_fold(0, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + u32::from(digit - b'0')));
    NaiveDate::from_ymd_opt(i32::try_from(number(&[y0, y1, y2, y3])?).ok()?, number(&[m0, m1])?, number(&[d0, d1])?)
}

/// An instant as whole seconds since 1970.
struct At(DateTime<Utc>);

impl ToSql for At {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(self.0.timestamp()))
    }
}

impl FromSql for At {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let seconds = value.as_i64()?;
        DateTime::from_timestamp(seconds, 0).map(Self).ok_or(FromSqlError::OutOfRange(seconds))
    }
}

/// A name, without a copy between the row and it.
fn name<T: for<'t> From<&'t str>>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    Ok(T::from(row.get_ref(column)?.as_str()?))
}

/// A word of a closed set.
fn word<T>(text: String, parse: impl Fn(&str) -> Option<T>) -> rusqlite::Result<T> {
    parse(&text).ok_or_else(|| FromSqlError::Other(format!("unknown word \"{text}\"").into()).into())
}
