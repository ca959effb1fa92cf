//! The spool: a folder in which the mail server's pipe leaves messages for the service.
//!
//! The pipe runs as another user: it may write here and needs nothing else, neither the database nor the keys. The folder's group is the one
//! that both belong to, and so is that of the files in it. Whatever begins with a dot is still being written.

use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use crate::mail::inbound::RECIPIENT_LINE;

/// What is longer is cut: reports and answers are short, and what a report returns of our mail stands at its end.
pub const LONGEST_MESSAGE: u64 = 1_000_000;

/// Where what only a person can answer is set aside.
const ODD: &str = "odd";

/// So much odd mail is kept for the operator to look at; what comes after that is thrown away.
const MOST_ODD: usize = 1_000;

/// Makes the folder if it is not there, for its group to write in.
///
/// # Errors
/// When it cannot be made.
pub fn prepare(spool: &Path) -> io::Result<()> {
    if spool.is_dir() {
        return Ok(());
    }
    if let Some(parent) = spool.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        fs::create_dir_all(parent)?;
    }
    fs::DirBuilder::new().mode(0o770).create(spool)?;
    // The umask took its part away. A service that may not set the group's bit does without: the pipe gives its files the folder's group.
    fs::set_permissions(spool, Permissions::from_mode(0o2770)).or_else(|_| fs::set_permissions(spool, Permissions::from_mode(0o770)))
}

/// Takes a message in: whole, on disk and under its own name, or not at all. An empty one is passed over.
///
/// # Errors
/// When the message cannot be read or the spool cannot be written; then nothing is left behind.
pub fn put(spool: &Path, recipient: Option<&str>, now: DateTime<Utc>, message: &mut impl Read) -> io::Result<Option<PathBuf>> {
    let mut bytes = Vec::new();
    message.by_ref().take(LONGEST_MESSAGE).read_to_end(&mut bytes)?;
    // A mail server that cannot get rid of the rest would think that we failed.
    io::copy(message, &mut io::sink())?;
    if bytes.is_empty() {
        return Ok(None);
    }
    prepare(spool)?;
    let name = format!("{}-{}.eml", now.timestamp_nanos_opt().unwrap_or_default(), std::process::id());
    let (draft, target) = (spool.join(format!(".{name}")), spool.join(&name));
    let group = fs::metadata(spool)?.gid();
    let written = write(&draft, group, recipient, &bytes).and_then(|()| fs::hard_link(&draft, &target));
    let _ = fs::remove_file(&draft);
    written?;
    fs::File::open(spool)?.sync_all()?;
    Ok(Some(target))
}

fn write(draft: &Path, group: u32, recipient: Option<&str>, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o640).open(draft)?;
    // It may have that group already, or be refused it: then it is the service that will say so.
    let _ = fchown(&file, None, Some(group));
    file.set_permissions(Permissions::from_mode(0o640))?;
    if let Some(recipient) = recipient {
        let one_line: String = recipient.chars().filter(|c| !c.is_control()).take(400).collect();
        writeln!(file, "{RECIPIENT_LINE}{one_line}")?;
    }
    file.write_all(bytes)?;
    file.sync_all()
}

/// What lies in the spool, oldest first, at most `limit`. No folder yet is no mail yet.
///
/// # Errors
/// When the folder cannot be read.
pub fn waiting(spool: &Path, limit: usize) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(spool) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let is_message = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "eml") && !hidden(path);
    let mut found: Vec<PathBuf> = entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).filter(is_message).collect();
    found.sort();
    found.truncate(limit);
    Ok(found)
}

/// Everything in it: what waits, what is being written, and what was set aside for a person.
pub fn all(spool: &Path) -> Vec<PathBuf> {
    let files = |folder: &Path| fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect::<Vec<_>>();
    let mut all = [files(spool), files(&spool.join(ODD))].concat();
    all.retain(|path| fs::symlink_metadata(path).is_ok_and(|data| data.is_file()));
    all
}

/// Removes what was set aside before an instant, by when its file was last written; says how much.
///
/// # Errors
/// When a file cannot be removed.
pub fn prune(spool: &Path, before: DateTime<Utc>) -> io::Result<usize> {
    let mut gone = 0;
    for path in all(&spool.join(ODD)) {
        let written: DateTime<Utc> = fs::symlink_metadata(&path)?.modified()?.into();
        if written < before {
            fs::remove_file(&path)?;
            gone += 1;
        }
    }
    Ok(gone)
}

fn hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}

/// Reads a message, as long as one can be.
///
/// # Errors
/// When it cannot be read, or is no plain file: a link in a folder that others write could point anywhere.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    if !fs::symlink_metadata(path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "no plain file"));
    }
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(LONGEST_MESSAGE + 1_000).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Moves a message to where the operator can look at it.
///
/// # Errors
/// When it cannot be moved or removed.
pub fn set_aside(spool: &Path, message: &Path) -> io::Result<()> {
    let odd = spool.join(ODD);
    if !odd.is_dir() {
        fs::DirBuilder::new().mode(0o700).create(&odd)?;
    }
    match message.file_name() {
        Some(name) if fs::read_dir(&odd)?.count() < MOST_ODD => fs::rename(message, odd.join(name)),
        _ => fs::remove_file(message),
    }
}
