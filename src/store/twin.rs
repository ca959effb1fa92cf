//! The twin: a small file beside the database that says the same about its identity. A backup of the database alone never brings it along.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use crate::store::error::StoreError;
use crate::store::identity::Identity;

/// The database file as the file system knows it. A rename keeps it, a copy is another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileMark {
    /// The inode number.
    pub inode: u64,
    /// When it was made, in nanoseconds since 1970; `None` where the file system keeps no such time.
    pub born: Option<u64>,
}

impl FileMark {
    /// Of the file at this path.
    ///
    /// # Errors
    /// What the file system says.
    pub fn of(path: &Path) -> Result<Self, StoreError> {
        let metadata = fs::metadata(path).map_err(|source| StoreError::Twin { path: path.to_owned(), source })?;
        let born = metadata.created().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        Ok(Self { inode: metadata.ino(), born: born.and_then(|since| u64::try_from(since.as_nanos()).ok()) })
    }

    /// Whether two marks can be of one file. An inode number is given again once its file is gone, a time of birth is not.
    pub fn may_be(self, other: Self) -> bool {
        let born_together = self.born.zip(other.born).is_none_or(|(mine, theirs)| mine == theirs);
        self.inode == other.inode && born_together
    }
}

/// What the twin says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Twin {
    /// The same as the database, or one run behind it.
    pub identity: Identity,
    /// The database file that it belongs to.
    pub file: FileMark,
}

/// What was found beside the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// Nothing.
    Nothing,
    /// A file that is no twin.
    Garbled,
    /// The twin.
    Twin(Twin),
}

/// Where the twin of a database lies: `<database>.twin`.
pub fn path_of(database: &Path) -> PathBuf {
    with_ending(database, ".twin")
}

fn with_ending(database: &Path, ending: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// Reads the twin of a database.
///
/// # Errors
/// When it is there and cannot be read: then nobody can say whether this is a copy.
pub fn read(database: &Path) -> Result<Found, StoreError> {
    let path = path_of(database);
    match fs::read(&path) {
        Ok(bytes) => Ok(parse(&String::from_utf8_lossy(&bytes)).map_or(Found::Garbled, Found::Twin)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Found::Nothing),
        Err(source) => Err(StoreError::Twin { path, source }),
    }
}

fn parse(text: &str) -> Option<Twin> {
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(" = "));
    let identity =
        Identity { token: field("token")?.to_owned(), machine: field("machine")?.to_owned(), runs: field("runs")?.parse().ok()? };
    let born = match field("born") {
        Some(text) => Some(text.parse().ok()?),
        None => None,
    };
    Some(Twin { identity, file: FileMark { inode: field("inode")?.parse().ok()?, born } })
}

/// Writes the twin so that a crash leaves the old or the new one, never half of either.
///
/// # Errors
/// What the file system says; then the old one is still there.
pub fn write(database: &Path, twin: &Twin) -> Result<(), StoreError> {
    let path = path_of(database);
    replace(&path, &with_ending(database, ".twin.new"), &print(twin)).map_err(|source| StoreError::Twin { path, source })
}

fn print(twin: &Twin) -> String {
    let Twin { identity, file } = twin;
    let born = file.born.map(|born| format!("born = {born}\n")).unwrap_or_default();
    format!(
        "# By this file deadlines tells its database from a restored or copied one. Leave it beside the database, and out of backups.\n\
         token = {}\nmachine = {}\nruns = {}\ninode = {}\n{born}",
        identity.token, identity.machine, identity.runs, file.inode
    )
}

fn replace(path: &Path, unfinished: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(unfinished)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(unfinished, path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back_and_private() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("d.sqlite");
        let identity = Identity { token: "ab".to_owned(), machine: "cd".to_owned(), runs: 7 };
        assert_eq!(read(&database).unwrap(), Found::Nothing);
        for born in [None, Some(12)] {
            let twin = Twin { identity: identity.clone(), file: FileMark { inode: 3, born } };
            write(&database, &twin).unwrap();
            assert_eq!(read(&database).unwrap(), Found::Twin(twin));
        }
        let mode = fs::metadata(path_of(&database)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        fs::write(path_of(&database), [0, 255, 3]).unwrap();
        assert_eq!(read(&database).unwrap(), Found::Garbled);
    }

    #[test]
    fn an_inode_number_that_was_given_again_is_another_file() {
        let mark = |inode, born| FileMark { inode, born };
        assert!(mark(1, Some(5)).may_be(mark(1, Some(5))));
        assert!(!mark(1, Some(5)).may_be(mark(1, Some(6))));
        assert!(mark(1, None).may_be(mark(1, Some(6))));
        assert!(!mark(1, None).may_be(mark(2, None)));
    }
}
