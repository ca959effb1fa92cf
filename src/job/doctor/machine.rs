//! The machine: room on the disk, the clock, the time zone.

use std::path::{Path, PathBuf};

use chrono::TimeDelta;

use crate::clock;
use crate::domain::freshness::last_check;
use crate::job::doctor::{Finding, Patient, local};

/// With less than this nothing can be written before long.
const TOO_LITTLE_BYTES: u64 = 64 << 20;

/// With less than this a bad day can fill it.
const LITTLE_BYTES: u64 = 512 << 20;

/// How far a run may lie ahead: the clock of a machine that keeps time is set by less.
const TOLERANCE: TimeDelta = TimeDelta::minutes(2);

/// Kept by systemd-timesyncd from its first synchronisation on.
const SYNCHRONIZED: &str = "/run/systemd/timesync/synchronized";

pub(in crate::job::doctor) fn free_space(patient: &Patient<'_>) -> Vec<Finding> {
    let mut folders = vec![existing(&patient.config.database)];
    let spool = existing(&patient.config.mail.returning.spool);
    if !folders.contains(&spool) {
        folders.push(spool);
    }
    folders.iter().map(|folder| room(folder, patient)).collect()
}

/// The nearest folder that is there already.
fn existing(path: &Path) -> PathBuf {
    let found = path.ancestors().find(|ancestor| ancestor.is_dir());
    found.filter(|found| !found.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned()
}

fn room(folder: &Path, patient: &Patient<'_>) -> Finding {
    let shown = folder.display();
    let free = match rustix::fs::statvfs(folder) {
        Ok(system) if system.f_files > 0 && system.f_favail == 0 => {
            return Finding::failed(
                format!("no further file can be made below {shown}: it has no inodes left"),
                "delete files that are no longer needed",
            );
        }
        Ok(system) => system.f_bavail.saturating_mul(system.f_frsize),
        Err(error) => return Finding::failed(format!("{shown}: {error}"), "make the folder, or name another one"),
    };
    let database = std::fs::metadata(&patient.config.database).map_or(0, |metadata| metadata.len());
    let says = format!("{} MiB are free below {shown}", free >> 20);
    // A backup beside it and a log that grows for a day both want its size once more.
    if free < TOO_LITTLE_BYTES {
        Finding::failed(says, "make room: with a full disk nothing is planned or sent")
    } else if free < LITTLE_BYTES.max(2 * database) {
        Finding::warning(says, "make room before it is full")
    } else {
        Finding::fine(says)
    }
}

pub(in crate::job::doctor) fn the_clock(patient: &Patient<'_>) -> Vec<Finding> {
    let now = patient.now;
    let runs = patient.readable_store().and_then(|store| store.runs().ok()).unwrap_or_default();
    let advice = "set the clock, and have it kept (systemd-timesyncd or chrony): what is due is told by it";
    if let Some(ahead) = runs.iter().filter(|run| run.at > now + TOLERANCE).max_by_key(|run| run.at) {
        return vec![Finding::failed(format!("it says {}, but a {} was done at {}", local(now), ahead.job, local(ahead.at)), advice)];
    }
    let checked = patient.almanac().as_ref().and_then(last_check);
    if let Some(day) = checked.filter(|day| *day > patient.today() + TimeDelta::days(1)) {
        return vec![Finding::failed(format!("it says {}, but the timelines were looked after on {day}", local(now)), advice)];
    }
    let kept = if Path::new(SYNCHRONIZED).exists() {
        "systemd-timesyncd has set it by the network"
    } else {
        "timedatectl says whether it is kept by the network"
    };
    vec![Finding::fine(format!("it says {} in Amsterdam, and nothing was done later than that; {kept}", local(now)))]
}

/// The rules are compiled in: no package of the system can be missing, but they age with the program.
pub(in crate::job::doctor) fn time_zone(patient: &Patient<'_>) -> Vec<Finding> {
    let version = chrono_tz::IANA_TZDB_VERSION;
    let offset = clock::local(patient.now).format("%z").to_string();
    vec![Finding::fine(format!(
        "Europe/Amsterdam is at {offset}, by the rules of {version} that are compiled in; the machine's own zone does not matter"
    ))]
}
