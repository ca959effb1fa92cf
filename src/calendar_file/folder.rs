//! Finding the calendar files of a folder.

use std::fs;
use std::path::{Path, PathBuf};

use crate::calendar_file::File;

/// Why a folder could not be read.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// Something on disk said no.
    #[error("cannot read {path}: {source}")]
    Unreadable {
        /// What could not be read.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Nothing to read.
    #[error("{0} holds no calendar files: expected insurers.toml, care-types.toml and <insurer>/<policy>.toml in it")]
    Empty(PathBuf),
}

/// All `.toml` files of a calendar folder and the folders right below it, in order of path.
///
/// # Errors
/// A folder or file that cannot be read, a file that is not UTF-8, or a folder without any calendar file.
pub fn read(folder: &Path) -> Result<Vec<File>, FolderError> {
    let mut files = Vec::new();
    for entry in entries(folder)? {
        let name = entry.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if name.starts_with('.') {
            continue;
        }
        if entry.is_dir() {
            for below in entries(&entry)?.into_iter().filter(|path| is_calendar(path)) {
                let file_name = below.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
                files.push(file(&below, format!("{name}/{file_name}"))?);
            }
        } else if is_calendar(&entry) {
            files.push(file(&entry, name)?);
        }
    }
    if files.is_empty() { Err(FolderError::Empty(folder.to_owned())) } else { Ok(files) }
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, FolderError> {
    let unreadable = |source| FolderError::Unreadable { path: folder.to_owned(), source };
    let listed = fs::read_dir(folder).map_err(unreadable)?;
    let mut paths = listed.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
    paths.sort();
    Ok(paths)
}

fn is_calendar(path: &Path) -> bool {
    let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
    !hidden && path.extension().is_some_and(|ending| ending == "toml") && path.is_file()
}

fn file(path: &Path, name: String) -> Result<File, FolderError> {
    let content = fs::read_to_string(path).map_err(|source| FolderError::Unreadable { path: path.to_owned(), source })?;
    Ok(File::new(name, content))
}
