//! Looking at a database without changing anything, however it fares: nothing is made, migrated or carried out of the write-ahead log.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use crate::store::error::StoreError;
use crate::store::{BUSY_TIMEOUT, Store, schema};

/// No more faults than these are listed: a damaged database has thousands.
const MOST_FAULTS: u32 = 10;

impl Store {
    /// Opens a database for a look, whatever its version. Queries of tables that its version does not have yet fail.
    ///
    /// # Errors
    /// A file that is not there, may not be read, or is no database.
    pub fn open_for_a_look(path: &Path) -> Result<Self, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
        let failed = |error| StoreError::at(path, error);
        let connection = Connection::open_with_flags(uri(path), flags).map_err(failed)?;
        connection.busy_timeout(BUSY_TIMEOUT).map_err(failed)?;
        let store = Self { connection, path: Some(path.to_owned()) };
        // SQLite reads nothing before it is asked something.
        store.version().map_err(|error| error.with_path(path))?;
        Ok(store)
    }

    /// The version that the file says it is of.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn version(&self) -> Result<u32, StoreError> {
        schema::version(self.reader())
    }

    /// What SQLite finds wrong with pages, indexes and rows; nothing where all is well.
    ///
    /// # Errors
    /// When it is too damaged to be looked at.
    pub fn faults(&self) -> Result<Vec<String>, StoreError> {
        let mut query = self.reader().prepare(&format!("PRAGMA integrity_check({MOST_FAULTS})"))?;
        let said = query.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
        Ok(if said == ["ok"] { Vec::new() } else { said })
    }

    /// How many rows refer to rows that are not there, each table with its number.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn broken_references(&self) -> Result<Vec<(String, u64)>, StoreError> {
        let sql = "SELECT \"table\", count(*) FROM pragma_foreign_key_check GROUP BY 1 ORDER BY 1";
        let mut query = self.reader().prepare(sql)?;
        let rows = query.query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs())))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// Without a write-ahead log nobody has it open, and SQLite may take it for unchangeable; otherwise it would make its files beside it, owned by whoever looks.
fn uri(path: &Path) -> String {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let log = std::fs::metadata(PathBuf::from(log)).map_or(0, |metadata| metadata.len());
    let named: String = path.as_os_str().as_encoded_bytes().iter().map(|byte| escaped(*byte)).collect();
    format!("file:{named}?{}", if log == 0 { "immutable=1" } else { "mode=ro" })
}

/// As SQLite reads file names in URIs: everything but plain letters may be written with a percent sign.
fn escaped(byte: u8) -> String {
    if byte.is_ascii_alphanumeric() || b"/._-".contains(&byte) { char::from(byte).to_string() } else { format!("%{byte:02x}") }
}
