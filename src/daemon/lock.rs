//! One service for each database.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use crate::daemon::DaemonError;

/// Held as long as the service runs; the operating system lets go of it when the process ends, however it ends.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "the lock lives as long as the file is open")] File);

/// Where the lock of a database lies: `<database>.lock`.
pub fn path_of(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}

/// Takes the lock beside the database.
///
/// # Errors
/// [`DaemonError::SecondCopy`] when another service holds it; otherwise what the file system says.
pub fn take(database: &Path) -> Result<Lock, DaemonError> {
    let path = path_of(database);
    let failed = |error: std::io::Error| DaemonError::Setup(format!("cannot make {}: {error}", path.display()));
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(Lock(file)),
        Err(TryLockError::WouldBlock) => Err(DaemonError::SecondCopy(database.to_owned())),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}
