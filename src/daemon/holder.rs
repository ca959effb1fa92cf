//! Who holds the lock of a database, without touching it: to try it would keep a service from starting in that moment.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::daemon::lock;

/// Where Linux lists the locks that are held (proc_locks(5)).
const LOCKS: &str = "/proc/locks";

/// The process that holds the lock of a database; `None`: nobody, as far as this process can see. In a container it sees its own kind only.
///
/// # Errors
/// When the system does not say which locks are held.
pub fn of(database: &Path) -> std::io::Result<Option<u32>> {
    let inode = match std::fs::metadata(lock::path_of(database)) {
        Ok(metadata) => metadata.ino(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    Ok(find(&std::fs::read_to_string(LOCKS)?, inode))
}

/// The device is not compared: btrfs and overlayfs list another one than they tell about the file.
fn find(locks: &str, inode: u64) -> Option<u32> {
    locks.lines().find_map(|line| {
        let [_, "FLOCK", _, "WRITE", pid, file, ..] = line.split_whitespace().collect::<Vec<_>>()[..] else { return None };
        let same = file.rsplit(':').next()?.parse::<u64>().ok()? == inode;
        same.then(|| pid.parse().ok()).flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_holder_is_found_and_who_waits_is_none() {
        let locks = "1: POSIX  ADVISORY  WRITE 11 fe:01:77 0 EOF\n2: FLOCK  ADVISORY  WRITE 12 fe:01:77 0 EOF\n2: -> FLOCK  ADVISORY  WRITE 13 fe:01:77 0 EOF\n3: FLOCK  ADVISORY  READ 14 fe:01:78 0 EOF\n";
        assert_eq!(find(locks, 77), Some(12));
        assert_eq!(find(locks, 78), None);
        assert_eq!(find("", 77), None);
    }
}
