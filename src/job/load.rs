//! Load: calendar files, checked, into the database. A bad file never replaces a good one.

use chrono::{DateTime, Utc};

use crate::calendar_file::{self, File};
use crate::clock;
use crate::domain::almanac::Almanac;
use crate::problems::Problems;
use crate::store::Store;
use crate::store::calendars::{self, Change, Known};
use crate::store::error::StoreError;

/// What a load did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Loaded {
    /// The database holds these very files already.
    Unchanged,
    /// They were loaded; this is what changed against those before.
    Changed(Vec<Change>),
}

/// Why nothing was loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The files have problems.
    #[error("the calendar files have problems, the loaded ones stay in use:\n{0}")]
    Problems(Problems),
    /// The database said no.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Checks the files and puts them into the database, if they are others than it holds.
///
/// # Errors
/// Problems in the files or with the database; then nothing has changed.
pub fn load(store: &mut Store, files: &[File], origin: &str, now: DateTime<Utc>) -> Result<Loaded, LoadError> {
    let (almanac, problems) = calendar_file::read(files);
    if problems.has_errors() {
        return Err(LoadError::Problems(problems.only_errors()));
    }
    if store.calendar_hash()?.as_deref() == Some(calendars::hash(files).as_str()) {
        return Ok(Loaded::Unchanged);
    }
    let known = known(&almanac, now);
    let work = store.begin(now)?;
    let changes = work.replace_calendars(files, origin, &known)?;
    work.look_at_everyone()?;
    work.record_run("load", &format!("{} files from {origin}, {} changes", files.len(), changes.len()))?;
    work.commit()?;
    Ok(Loaded::Changed(changes))
}

/// What a load of these files would change; nothing is written.
///
/// # Errors
/// Problems in the files or with the database.
pub fn preview(store: &mut Store, files: &[File], now: DateTime<Utc>) -> Result<Vec<Change>, LoadError> {
    let (almanac, problems) = calendar_file::read(files);
    if problems.has_errors() {
        return Err(LoadError::Problems(problems.only_errors()));
    }
    let work = store.begin(now)?;
    // Never committed: dropping the unit of work takes everything back.
    Ok(work.replace_calendars(files, "preview", &known(&almanac, now))?)
}

/// What is compared from load to load. Statutory days follow the contract years and are no insurer's change.
fn known(almanac: &Almanac, now: DateTime<Utc>) -> Vec<Known> {
    let insurers = |occurrence: &crate::domain::occurrences::Occurrence<'_>| occurrence.policy.insurer.is_some();
    let occurrences = almanac.occurrences(clock::civil_day(now));
    let known = |o: &crate::domain::occurrences::Occurrence<'_>| Known {
        id: o.id.to_string(),
        last_day: o.last_day,
        title: o.milestone.title.clone(),
    };
    occurrences.iter().filter(|o| insurers(o)).map(known).collect()
}

/// The almanac that the database holds; `None` before the first load.
///
/// # Errors
/// When the database cannot be read, or holds files that this program no longer accepts.
pub fn almanac(store: &Store) -> Result<Option<Almanac>, LoadError> {
    let files = store.calendar_files()?;
    if files.is_empty() {
        return Ok(None);
    }
    let (almanac, problems) = calendar_file::read(&files);
    if problems.has_errors() { Err(LoadError::Problems(problems.only_errors())) } else { Ok(Some(almanac)) }
}
