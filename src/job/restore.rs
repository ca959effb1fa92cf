//! Restoring: a backup is checked and made ready beside the database, and takes its place in one step. What was there is set aside.
//!
//! A restored database holds practices' mail until the operator releases it: whatever was sent since the backup is not on its record.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use crate::job::backup::{key_of, sync_folder, with_ending};
use crate::job::erasure::{self, ErasureError};
use crate::job::operator_mail::note_fence;
use crate::mail::key_file::{self, KeyError};
use crate::store::backup::{self, Examined};
use crate::store::error::StoreError;
use crate::store::{Store, twin};

/// Why nothing was restored.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The backup is broken.
    #[error("{file} is damaged and was not restored: take an earlier one ({})", damage.join("; "))]
    Damaged {
        /// Which backup.
        file: PathBuf,
        /// What is wrong.
        damage: Vec<String>,
    },
    /// Something else.
    #[error("{0} holds no database of deadlines: name a backup that `deadlines backup` made")]
    NotOurs(PathBuf),
    /// The file is newer, or cannot be read.
    #[error("{file} cannot be restored: {source}")]
    Unfit {
        /// Which backup.
        file: PathBuf,
        /// Why.
        source: StoreError,
    },
    /// What the file system says.
    #[error("cannot use {path}: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The keys beside the backup cannot be taken over.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Who was erased cannot be told.
    #[error(transparent)]
    Erasure(#[from] ErasureError),
    /// The restored database cannot be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What was put back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// What the backup holds.
    pub examined: Examined,
    /// Where the database that was there before lies now.
    pub set_aside: Option<PathBuf>,
    /// How many keys came along.
    pub keys: usize,
}

/// Puts a backup in the place of a database; nobody else may use that meanwhile. `key_file` takes up the keys that lie beside the backup.
///
/// # Errors
/// [`RestoreError`]; then the database is as it was.
pub fn restore(file: &Path, database: &Path, key_file: &Path, now: DateTime<Utc>) -> Result<Restored, RestoreError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| RestoreError::File { path, source }
    };
    if let Some(folder) = database.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(failed(folder))?;
    }
    let ready = Draft(with_ending(database, ".restore"));
    let examined = make_ready(file, &ready.0, database, now)?;
    fs::File::open(&ready.0).and_then(|copy| copy.sync_all()).map_err(failed(&ready.0))?;
    give_to_owner(&ready.0, database);
    let keys = if key_of(file).exists() { key_file::take_over(&key_of(file), key_file)? } else { 0 };
    give_to_owner(key_file, database);
    let set_aside = set_aside(database, now).map_err(failed(database))?;
    fs::rename(&ready.0, database).map_err(failed(database))?;
    sync_folder(database).map_err(failed(database))?;
    Ok(Restored { examined, set_aside, keys })
}

/// A copy of a backup at `target`: checked, brought to the version of this program, held, and without whom `database` has erased since.
///
/// # Errors
/// [`RestoreError`]; the backup itself is only read.
pub fn make_ready(file: &Path, target: &Path, database: &Path, now: DateTime<Utc>) -> Result<Examined, RestoreError> {
    // A copy that was made of a database in use has its log beside it.
    for ending in ["", "-wal"] {
        let (from, to) = (with_ending(file, ending), with_ending(target, ending));
        let _ = fs::remove_file(&to);
        if ending.is_empty() || from.exists() {
            copy_private(&from, &to).map_err(|source| RestoreError::File { path: from, source })?;
        }
    }
    let unfit = |error| unfit(file, error);
    let examined = backup::examine(target).map_err(unfit)?;
    if !examined.damage.is_empty() {
        return Err(RestoreError::Damaged { file: file.to_owned(), damage: examined.damage });
    }
    let mut store = Store::open(target).map_err(unfit)?;
    let work = store.begin(now)?;
    work.put_fence("it was restored from a backup")?;
    note_fence(&work)?;
    work.commit()?;
    erasure::apply(&mut store, database, now)?;
    store.close()?;
    Ok(examined)
}

/// The copy's name would only confuse whoever gave the backup's.
fn unfit(file: &Path, error: StoreError) -> RestoreError {
    let file = file.to_owned();
    match error {
        StoreError::At { source, .. } => unfit(&file, *source),
        StoreError::Foreign => RestoreError::NotOurs(file),
        StoreError::Damaged(error) => RestoreError::Damaged { file, damage: vec![error.to_string()] },
        source => RestoreError::Unfit { file, source },
    }
}

fn copy_private(from: &Path, to: &Path) -> io::Result<()> {
    fs::copy(from, to)?;
    fs::set_permissions(to, fs::Permissions::from_mode(0o600))
}

/// The database in the making; taken away again, unless it got its place.
struct Draft(PathBuf);

impl Drop for Draft {
    fn drop(&mut self) {
        for ending in ["", "-wal", "-shm"] {
            let _ = fs::remove_file(with_ending(&self.0, ending));
        }
    }
}

/// Gives a database that is there another name, with what its log holds, so that its own name can be taken in one step. The twin stays: by it
/// the restored one is known for what it is.
fn set_aside(database: &Path, now: DateTime<Utc>) -> io::Result<Option<PathBuf>> {
    if !database.exists() {
        return Ok(None);
    }
    let aside = with_ending(database, &now.format(".before-%Y-%m-%dT%H-%M-%SZ").to_string());
    backup::fold_log(database);
    for ending in ["-wal", "-shm"] {
        let log = with_ending(database, ending);
        if log.exists() {
            fs::rename(&log, with_ending(&aside, ending))?;
        }
    }
    // A link, so that at no instant the database is missing: the service would begin with an empty one.
    match fs::hard_link(database, &aside) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => fs::rename(database, &aside)?,
        linked => linked?,
    }
    Ok(Some(aside))
}

/// What an administrator restores still belongs to the service: to who owns the database, its twin or its folder.
fn give_to_owner(file: &Path, database: &Path) {
    let folder = database.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let places = [database.to_owned(), twin::path_of(database), folder.to_owned()];
    let owner = places.iter().find_map(|path| fs::metadata(path).ok());
    if let (Some(owner), Ok(mine)) = (owner, fs::metadata(file))
        && (owner.uid(), owner.gid()) != (mine.uid(), mine.gid())
    {
        // Only an administrator may; for anybody else the file already belongs to whom it should.
        let _ = chown(file, Some(owner.uid()), Some(owner.gid()));
    }
}
