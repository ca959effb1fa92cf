//! Backups: a copy of the database that was opened and checked before it gets its name, with the keys beside it; and their rotation.
//!
//! The keys (`<backup>.key`) go along because without them the links in mails that went out no longer work after a restore. The twin stays
//! out, so that a restored database is told from the real one; so does the list of who was erased, which has to outlive every backup.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};

use crate::store::backup::{self, Rows};
use crate::store::error::StoreError;

/// The job's name among the runs.
pub const BACKUP: &str = "backup";

/// How a backup in a folder is named: by the instant at which it was made, in UTC, so that names sort by age.
const NAME: &str = "deadlines-%Y-%m-%dT%H-%M-%SZ.sqlite";

/// How long what an interrupted backup left is nobody's business: it may be under way.
const UNFINISHED: TimeDelta = TimeDelta::days(1);

/// Why there is no backup.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// Never written over.
    #[error("{0} is there already: name another file, or move it away")]
    Exists(PathBuf),
    /// Nothing to copy.
    #[error("there is no database {0}: name it under [database] path")]
    Missing(PathBuf),
    /// The copy is broken, and with it probably the database.
    #[error(
        "the copy of {database} is damaged and was thrown away; earlier backups were left alone. The database or its disk is probably damaged too: {}",
        damage.join("; ")
    )]
    Damaged {
        /// What was copied.
        database: PathBuf,
        /// What is wrong.
        damage: Vec<String>,
    },
    /// Rows went missing on the way.
    #[error("the copy of {0} does not hold the same number of rows, and was thrown away: look at the disk, and try again")]
    Unequal(PathBuf),
    /// What the file system says.
    #[error("cannot write {path}: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The database cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A backup that was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// Where it lies.
    pub file: PathBuf,
    /// What it holds.
    pub rows: Rows,
    /// How long it is.
    pub bytes: u64,
    /// Whether the keys lie beside it.
    pub with_keys: bool,
    /// Where the ledger does not add up, in the database as in its copy.
    pub ledger: Vec<String>,
}

/// Where the keys of a backup lie: `<backup>.key`.
pub fn key_of(backup: &Path) -> PathBuf {
    with_ending(backup, ".key")
}

/// A path with something put behind its name.
pub fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// Copies a database that may be in use into `file`: under another name at first, checked there, on the disk, and only then under its own.
///
/// `keys` is the file with the keys; one that is not there yet is passed over.
///
/// # Errors
/// [`BackupError`]; then nothing is left behind.
pub fn take(database: &Path, keys: Option<&Path>, file: &Path) -> Result<Taken, BackupError> {
    if !database.exists() {
        return Err(BackupError::Missing(database.to_owned()));
    }
    if let Some(taken) = [file.to_owned(), key_of(file)].into_iter().find(|path| path.exists()) {
        return Err(BackupError::Exists(taken));
    }
    let unfinished = Unfinished::new(file);
    let rows = backup::copy(database, &unfinished.0)?;
    let examined = backup::examine(&unfinished.0)?;
    if !examined.damage.is_empty() {
        return Err(BackupError::Damaged { database: database.to_owned(), damage: examined.damage });
    }
    if examined.rows != rows {
        return Err(BackupError::Unequal(database.to_owned()));
    }
    let failed = |source| BackupError::File { path: file.to_owned(), source };
    let copy = File::open(&unfinished.0).map_err(failed)?;
    copy.sync_all().map_err(failed)?;
    let bytes = copy.metadata().map_err(failed)?.len();
    let with_keys = copy_keys(keys, file)?;
    if let Err(error) = publish(&unfinished.0, file) {
        let _ = fs::remove_file(key_of(file));
        return Err(error);
    }
    Ok(Taken { file: file.to_owned(), rows, bytes, with_keys, ledger: examined.ledger })
}

/// The copy before it has its name; taken away again, however it ends.
struct Unfinished(PathBuf);

impl Unfinished {
    fn new(file: &Path) -> Self {
        let unfinished = Self(with_ending(file, ".new"));
        unfinished.clear();
        unfinished
    }

    fn clear(&self) {
        for ending in ["", "-journal", "-wal", "-shm"] {
            let _ = fs::remove_file(with_ending(&self.0, ending));
        }
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        self.clear();
    }
}

fn copy_keys(keys: Option<&Path>, file: &Path) -> Result<bool, BackupError> {
    let Some(keys) = keys.filter(|keys| keys.exists()) else { return Ok(false) };
    let bytes = fs::read(keys).map_err(|source| BackupError::File { path: key_of(file), source })?;
    write_private(&key_of(file), &bytes).map_err(|source| BackupError::File { path: key_of(file), source })?;
    Ok(true)
}

/// Makes a file that nobody else may read, on the disk.
fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// A link never replaces a file. File systems that know none get a rename, after a look.
fn publish(unfinished: &Path, file: &Path) -> Result<(), BackupError> {
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::AlreadyExists => BackupError::Exists(file.to_owned()),
        _ => BackupError::File { path: file.to_owned(), source },
    };
    match fs::hard_link(unfinished, file) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists || file.exists() => return Err(failed(error)),
        Err(_) => fs::rename(unfinished, file).map_err(failed)?,
    }
    sync_folder(file).map_err(failed)
}

/// Puts a file's name on the disk.
///
/// # Errors
/// What the file system says.
pub fn sync_folder(file: &Path) -> io::Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

/// How many backups stay in a folder, and for how long; what is left out does not limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Keep {
    /// So many, the latest.
    pub number: Option<usize>,
    /// Those of so many days.
    pub days: Option<u32>,
}

/// The file of a backup that is made now, in a folder.
pub fn name_in(folder: &Path, now: DateTime<Utc>) -> PathBuf {
    folder.join(now.format(NAME).to_string())
}

/// Removes backups that are too many or too old, with their keys, and what interrupted ones left. `made` is the one that was just checked: it
/// stays whatever the limits say, so there is always a good one. Other files are none of ours.
///
/// # Errors
/// When the folder cannot be read, or a file not be removed.
pub fn rotate(made: &Path, keep: Keep, now: DateTime<Utc>) -> Result<Vec<PathBuf>, BackupError> {
    let folder = made.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| BackupError::File { path, source }
    };
    let names: Vec<PathBuf> = fs::read_dir(folder)
        .and_then(Iterator::collect::<io::Result<Vec<_>>>)
        .map_err(failed(folder))?
        .iter()
        .map(fs::DirEntry::path)
        .collect();
    let mut backups: Vec<(DateTime<Utc>, &PathBuf)> = names.iter().filter_map(|path| Some((made_at(path, "")?, path))).collect();
    backups.sort_by(|a, b| b.cmp(a));
    let too_old = |at: DateTime<Utc>| keep.days.is_some_and(|days| now - at > TimeDelta::days(i64::from(days)));
    let others = backups.into_iter().filter(|(_, path)| path.file_name() != made.file_name());
    let gone = others.zip(2..).filter(|((at, _), place)| keep.number.is_some_and(|most| *place > most) || too_old(*at));
    let gone: Vec<PathBuf> = gone.map(|((_, path), _)| path.clone()).collect();
    for path in &gone {
        fs::remove_file(path).map_err(failed(path))?;
        let _ = fs::remove_file(key_of(path));
    }
    for path in names.iter().filter(|path| left_behind(path, now)) {
        let _ = fs::remove_file(path);
    }
    Ok(gone)
}

/// When the backup of this name was made; `None` for files that are not named as [`name_in`] does, with this ending.
fn made_at(path: &Path, ending: &str) -> Option<DateTime<Utc>> {
    let name = path.file_name()?.to_str()?.strip_suffix(ending)?;
    let at = NaiveDateTime::parse_from_str(name, NAME).ok()?.and_utc();
    (at.format(NAME).to_string() == name).then_some(at)
}

fn left_behind(path: &Path, now: DateTime<Utc>) -> bool {
    let endings = [".new", ".new-journal", ".new-wal", ".new-shm"];
    endings.iter().any(|ending| made_at(path, ending).is_some_and(|at| now - at > UNFINISHED))
}
