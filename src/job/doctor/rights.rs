//! Who may read and write what.

use std::fs::{self, Metadata};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::job::doctor::{Finding, Patient, count};

/// The files beside a database, by their endings: SQLite's, the lock, the twin.
const BESIDE: [&str; 5] = ["", "-wal", "-shm", ".lock", ".twin"];

pub(in crate::job::doctor) fn permissions(patient: &Patient<'_>) -> Vec<Finding> {
    let database = &patient.config.database;
    let own: Vec<PathBuf> = BESIDE.iter().map(|ending| with_ending(database, ending)).chain([patient.config.key_file()]).collect();
    let known: Vec<(&Path, Metadata)> = own.iter().filter_map(|path| Some((path.as_path(), fs::metadata(path).ok()?))).collect();
    let owner = known.first().map(|(_, metadata)| metadata.uid());
    let mut findings: Vec<Finding> = known.iter().filter_map(|(path, metadata)| lax(path, metadata)).collect();
    findings.extend(known.iter().filter_map(|(path, metadata)| foreign(path, metadata, owner?)));
    findings.extend(not_mine(owner));
    findings.extend(spool(&patient.config.mail.returning.spool));
    match (findings.is_empty(), known.len()) {
        (false, _) => findings,
        (true, 0) => vec![Finding::skipped("no file is there yet")],
        (true, files) => vec![Finding::fine(format!("{} of the database and the key: the owner's alone", count(files as u64, "file")))],
    }
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// The lock is empty, so anybody may read it.
fn lax(path: &Path, metadata: &Metadata) -> Option<Finding> {
    let mode = metadata.permissions().mode() & 0o7777;
    let is_lock = path.extension().is_some_and(|ending| ending == "lock");
    let shown = path.display();
    let says = format!("others may read or write {shown} (mode {mode:04o}); it holds addresses or what guards them");
    (mode & 0o077 != 0 && !is_lock).then(|| Finding::failed(says, format!("chmod 600 {shown}")))
}

fn foreign(path: &Path, metadata: &Metadata, owner: u32) -> Option<Finding> {
    let (uid, shown) = (metadata.uid(), path.display());
    let says = format!("{shown} belongs to user {uid}, the database to user {owner}: the service cannot use both");
    (uid != owner)
        .then(|| Finding::failed(says, format!("chown {owner} {shown}; run commands as the service's user (sudo -u), not as root")))
}

fn not_mine(owner: Option<u32>) -> Option<Finding> {
    let me = rustix::process::geteuid().as_raw();
    let says = |owner| format!("you are user {me}, the database belongs to user {owner}");
    owner
        .filter(|owner| *owner != me)
        .map(|owner| Finding::warning(says(owner), "run commands as the service's user (sudo -u): what you make, it cannot use"))
}

fn spool(spool: &Path) -> Option<Finding> {
    let shown = spool.display();
    let metadata = fs::metadata(spool).ok()?;
    let mode = metadata.permissions().mode() & 0o7777;
    if !metadata.is_dir() {
        return Some(Finding::failed(format!("{shown} is no folder"), "name a folder under [mail] spool"));
    }
    if mode & 0o002 != 0 {
        return Some(Finding::failed(format!("anybody may write into the spool {shown} (mode {mode:04o})"), format!("chmod 2770 {shown}")));
    }
    let closed = Finding::warning(
        format!("the spool {shown} is closed to its group (mode {mode:04o}): the mail server's pipe cannot write"),
        format!("chmod 2770 {shown}, with the group that both belong to"),
    );
    (mode & 0o030 != 0o030).then_some(closed)
}
