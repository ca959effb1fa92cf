//! The file with the keys that sign what may come back: one a line, 64 hexadecimal digits each. The first signs, all verify.
//!
//! To rotate, put a new line on top (`openssl rand -hex 32`) and reload the service; the old line may go when no mail that it signed matters
//! any more. Empty lines and lines that begin with `#` are passed over.

use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::mail::signed::{Key, Keys};

/// Why there are no keys. Never shows what stands in the file.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// It cannot be made, read or protected.
    #[error("the key file {path} cannot be used: {source}")]
    Unusable {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A line is no key.
    #[error("line {line} of the key file {path} is no key: each line holds 64 hexadecimal digits, as `openssl rand -hex 32` prints them")]
    Line {
        /// Which file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
    },
    /// No key in it.
    #[error(
        "the key file {0} holds no key: take it away, and a new one is made; mails that went out before can then no longer be answered"
    )]
    Empty(PathBuf),
}

/// Reads the keys; makes the file with one new key if it is not there. Takes away what rights others have on it.
///
/// # Errors
/// [`KeyError`].
pub fn open(path: &Path) -> Result<Keys, KeyError> {
    let unusable = |source| KeyError::Unusable { path: path.to_owned(), source };
    if !path.exists() {
        make(path).map_err(unusable)?;
    }
    let mut content = String::new();
    let mut file = fs::File::open(path).map_err(unusable)?;
    if file.metadata().map_err(unusable)?.permissions().mode() & 0o077 != 0 {
        // To refuse would hold everybody's mail over a lax right.
        file.set_permissions(fs::Permissions::from_mode(0o600)).map_err(unusable)?;
    }
    file.read_to_string(&mut content).map_err(unusable)?;
    parse(path, &content)
}

/// Reads the keys, and neither makes nor protects the file.
///
/// # Errors
/// [`KeyError`].
pub fn look(path: &Path) -> Result<Keys, KeyError> {
    let content = fs::read_to_string(path).map_err(|source| KeyError::Unusable { path: path.to_owned(), source })?;
    parse(path, &content)
}

/// Takes the keys of another file along, below those that are there: they verify, and sign only where there were none. Gives how many were new.
///
/// # Errors
/// [`KeyError`]; then the file is as it was.
pub fn take_over(from: &Path, into: &Path) -> Result<usize, KeyError> {
    let content = |path: &Path| fs::read_to_string(path).map_err(|source| KeyError::Unusable { path: path.to_owned(), source });
    let theirs = content(from)?;
    parse(from, &theirs)?;
    let mut ours = if into.exists() { content(into)? } else { String::new() };
    let known: Vec<String> = ours.lines().map(|line| line.trim().to_lowercase()).collect();
    let lines = theirs.lines().map(|line| line.trim().to_lowercase()).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let new: Vec<String> = lines.filter(|line| !known.contains(line)).collect();
    if new.is_empty() {
        return Ok(0);
    }
    if !ours.is_empty() && !ours.ends_with('\n') {
        ours.push('\n');
    }
    ours += &(new.join("\n") + "\n");
    replace(into, &ours).map_err(|source| KeyError::Unusable { path: into.to_owned(), source })?;
    Ok(new.len())
}

/// The old file or the new one, never half of either.
fn replace(path: &Path, content: &str) -> io::Result<()> {
    fs::rename(draft(path, content)?, path)
}

/// The content on the disk, beside its place, under a name of each writer's own: two threads may make the same file.
fn draft(path: &Path, content: &str) -> io::Result<PathBuf> {
    static WRITERS: AtomicU64 = AtomicU64::new(0);
    let writer = WRITERS.fetch_add(1, Ordering::Relaxed);
    let draft = PathBuf::from(format!("{}.{}-{writer}.new", path.display(), std::process::id()));
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder)?;
    }
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    file.write_all(content.as_bytes())?;
    file.sync_all()?;
    Ok(draft)
}

fn parse(path: &Path, content: &str) -> Result<Keys, KeyError> {
    let mut keys = Vec::new();
    for (line, text) in (1..).zip(content.lines().map(str::trim)) {
        if !text.is_empty() && !text.starts_with('#') {
            keys.push(from_hex(text).ok_or_else(|| KeyError::Line { path: path.to_owned(), line })?);
        }
    }
    let mut keys = keys.into_iter();
    let first = keys.next().ok_or_else(|| KeyError::Empty(path.to_owned()))?;
    Ok(Keys::new(first, keys.collect()))
}

fn from_hex(text: &str) -> Option<Key> {
    let mut key = Key::default();
    if text.len() != 2 * key.len() || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    for (at, byte) in key.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(key)
}

/// Whole or not at all; where another process was faster, its key stays.
fn make(path: &Path) -> io::Result<()> {
    let mut key = Key::default();
    fs::File::open("/dev/urandom")?.read_exact(&mut key)?;
    let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    let draft = draft(path, &format!("{hex}\n"))?;
    let linked = fs::hard_link(&draft, path);
    fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).map_or(0, |data| data.permissions().mode() & 0o777)
    }

    #[test]
    fn made_once_and_for_nobody_else() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("var/deadlines.sqlite.key");
        let first = open(&path).map_err(io::Error::other)?;
        assert_eq!(mode(&path), 0o600);
        assert_ne!(first, Keys::for_show());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644))?;
        assert_eq!(open(&path).map_err(io::Error::other)?, first);
        assert_eq!(mode(&path), 0o600);
        assert_eq!(fs::read_dir(folder.path().join("var"))?.count(), 1);
        Ok(())
    }

    #[test]
    fn the_first_of_several_signs() {
        let (old, new) = ("11".repeat(32), "22".repeat(32));
        let keys = parse(Path::new("k"), &format!("# rotated\n{new}\n\n{old}\n")).ok();
        assert_eq!(keys, Some(Keys::new([0x22; 32], vec![[0x11; 32]])));
    }

    #[test]
    fn keys_of_another_file_verify_and_never_sign_in_place_of_ours() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let (ours, theirs) = (folder.path().join("ours"), folder.path().join("theirs"));
        fs::write(&ours, format!("# ours\n{}", "11".repeat(32)))?;
        fs::write(&theirs, format!("{}\n{}\n", "22".repeat(32), "11".repeat(32)))?;
        assert_eq!(take_over(&theirs, &ours).map_err(io::Error::other)?, 1);
        assert_eq!(open(&ours).map_err(io::Error::other)?, Keys::new([0x11; 32], vec![[0x22; 32]]));
        assert_eq!(take_over(&theirs, &ours).map_err(io::Error::other)?, 0);
        let none_yet = folder.path().join("var/new");
        assert_eq!(take_over(&theirs, &none_yet).map_err(io::Error::other)?, 2);
        assert_eq!((open(&none_yet).map_err(io::Error::other)?, mode(&none_yet)), (Keys::new([0x22; 32], vec![[0x11; 32]]), 0o600));
        fs::write(&theirs, "geheim")?;
        assert!(take_over(&theirs, &ours).is_err());
        Ok(())
    }

    #[test]
    fn what_is_no_key_is_named_by_its_line_alone() {
        let said = |content: &str| parse(Path::new("k"), content).map_or_else(|error| error.to_string(), |_| String::new());
        assert!(said("").contains("holds no key"));
        assert!(said(&format!("{}\ngeheim", "11".repeat(32))).starts_with("line 2 of the key file k"));
        assert!(!said("geheim").contains("geheim"));
        assert!(said(&"é1".repeat(22)).contains("line 1"));
    }
}
