//! What can go wrong with the database, told by its result code and never by its text.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;
use rusqlite::ffi::SQLITE_IOERR_SHMSIZE;

/// Why the database did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The folder or file cannot be made.
    #[error("cannot make or open the database {path}: {source}")]
    Folder {
        /// The database file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It belongs to a newer program.
    #[error(
        "the database is of version {found}, this program knows versions up to {known}: install the newer deadlines again, or restore a backup from before the upgrade"
    )]
    Newer {
        /// What the file says.
        found: u32,
        /// What this program knows.
        known: u32,
    },
    /// Another program's file.
    #[error("the file is a database of another program: name another file under [database] path")]
    Foreign,
    /// No room left.
    #[error("the disk is full: nothing was changed; make room, and the work goes on by itself")]
    Full,
    /// Somebody else writes for too long.
    #[error("the database is locked by another process")]
    Locked,
    /// May not be written.
    #[error(
        "the database cannot be written: check the owner and rights of the file and its folder, and whether the file system is mounted read-only"
    )]
    ReadOnly,
    /// The disk or the memory failed.
    #[error("the disk does not read or write, a quota or size limit is reached, or memory ran out: nothing was changed ({0})")]
    Machine(rusqlite::Error),
    /// Damaged, or no database at all.
    #[error("the database is damaged or no database: restore a backup ({0})")]
    Damaged(rusqlite::Error),
    /// The twin beside the database cannot be read or written.
    #[error("cannot read or write {path}, by which a copied database is told: {source}")]
    Twin {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The same, with the file's name.
    #[error("{path}: {source}")]
    At {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        source: Box<StoreError>,
    },
    /// Anything else.
    #[error("database: {0}")]
    Other(rusqlite::Error),
}

impl StoreError {
    /// Adds the file's name to a driver's error.
    pub fn at(path: &Path, error: rusqlite::Error) -> Self {
        Self::from(error).with_path(path)
    }

    /// Adds the file's name.
    pub fn with_path(self, path: &Path) -> Self {
        match self {
            named @ (Self::At { .. } | Self::Folder { .. } | Self::Twin { .. }) => named,
            other => Self::At { path: path.to_owned(), source: Box::new(other) },
        }
    }

    /// Whether waiting and trying again can help.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Full | Self::Locked | Self::ReadOnly | Self::Machine(_) | Self::Twin { .. } => true,
            Self::At { source, .. } => source.may_pass(),
            _ => false,
        }
    }

    /// Whether it is about the content of a row, so that work on other rows can go on in the same transaction.
    ///
    /// After anything else SQLite may have taken the transaction back.
    pub fn concerns_one_row(&self) -> bool {
        match self {
            Self::Other(error) => error.sqlite_error_code().is_none_or(|code| code == ErrorCode::ConstraintViolation),
            _ => false,
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        // The first file that has no room is the index of the write-ahead log; SQLite calls that an I/O error.
        if error.sqlite_error().is_some_and(|code| code.extended_code == SQLITE_IOERR_SHMSIZE) {
            return Self::Full;
        }
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked,
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => Self::ReadOnly,
            Some(ErrorCode::SystemIoFailure | ErrorCode::OutOfMemory) => Self::Machine(error),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged(error),
            _ => Self::Other(error),
        }
    }
}
