//! Load: calendar files, checked, into the database. A bad file never replaces a good one.

use chrono::{DateTime, Utc};

use crate::calendar_file::{self, File};
use crate::clock;
use crate::domain::almanac::Almanac;
use crate::job::impact::{Impact, impact};
use crate::problems::Problems;
use crate::store::Store;
use crate::store::calendars::{self, Known};
use crate::store::error::StoreError;
use crate::store::set_aside::SetAside;

/// What a load did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Loaded {
    /// The database holds these very files already.
    Unchanged,
    /// They were loaded; this is what changed against those before.
    Changed(Impact),
    /// They would correct too many contacts, and wait for the operator; those before stay in use.
    SetAside(Impact),
}

/// How many contacts a load may correct.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent {
    /// At most this many; a load that was set aside once waits whatever it would correct by now.
    UpTo(u32),
    /// As many as it takes: the operator looked at these files. If others were set aside, the operator looked at those.
    Confirmed,
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

/// Checks the files and puts them into the database, if they are others than it holds and do not correct more contacts than may be.
///
/// # Errors
/// Problems in the files or with the database; then nothing has changed.
pub fn load(store: &mut Store, files: &[File], origin: &str, consent: Consent, now: DateTime<Utc>) -> Result<Loaded, LoadError> {
    let (almanac, problems) = calendar_file::read(files);
    if problems.has_errors() {
        return Err(LoadError::Problems(problems.only_errors()));
    }
    let hash = calendars::hash(files);
    let waiting = store.set_aside()?;
    if store.calendar_hash()?.as_deref() == Some(hash.as_str()) {
        forget(store, waiting, now)?;
        return Ok(Loaded::Unchanged);
    }
    let impact = impact_of(store, &almanac, files, now)?;
    if !is_allowed(consent, &impact, waiting.as_ref(), &hash) {
        set_aside(store, &impact, waiting, hash, origin, now)?;
        return Ok(Loaded::SetAside(impact));
    }
    let known = known(&almanac, now);
    let work = store.begin(now)?;
    let changes = work.replace_calendars(files, origin, &known)?;
    work.look_at_everyone()?;
    work.forget_set_aside()?;
    work.record_run("load", &format!("{} files from {origin}, {} changes", files.len(), changes.len()))?;
    work.commit()?;
    Ok(Loaded::Changed(Impact { changes, ..impact }))
}

fn is_allowed(consent: Consent, impact: &Impact, waiting: Option<&SetAside>, hash: &str) -> bool {
    let same = waiting.is_some_and(|waiting| waiting.hash == hash);
    match consent {
        Consent::UpTo(most) => !same && impact.contacts <= most as usize,
        Consent::Confirmed => same || waiting.is_none(),
    }
}

/// Keeps the day on which the same files were first set aside.
fn set_aside(
    store: &mut Store,
    impact: &Impact,
    waiting: Option<SetAside>,
    hash: String,
    origin: &str,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let at = waiting.filter(|waiting| waiting.hash == hash).map_or(now, |waiting| waiting.at);
    let (moments, contacts) = (count(impact.changes.len()), count(impact.contacts));
    let work = store.begin(now)?;
    work.put_aside(&SetAside { at, hash, origin: origin.to_owned(), moments, contacts })?;
    work.commit()
}

/// Who goes back to the loaded files no longer wants the others.
fn forget(store: &mut Store, waiting: Option<SetAside>, now: DateTime<Utc>) -> Result<(), StoreError> {
    if waiting.is_none() {
        return Ok(());
    }
    let work = store.begin(now)?;
    work.forget_set_aside()?;
    work.commit()
}

/// What a load of these files would change; nothing is written.
///
/// # Errors
/// Problems in the files or with the database.
pub fn preview(store: &mut Store, files: &[File], now: DateTime<Utc>) -> Result<Impact, LoadError> {
    let (almanac, problems) = calendar_file::read(files);
    if problems.has_errors() {
        return Err(LoadError::Problems(problems.only_errors()));
    }
    Ok(impact_of(store, &almanac, files, now)?)
}

fn impact_of(store: &mut Store, almanac: &Almanac, files: &[File], now: DateTime<Utc>) -> Result<Impact, StoreError> {
    let work = store.begin(now)?;
    let changes = work.replace_calendars(files, "preview", &known(almanac, now))?;
    // Never committed: dropping the unit of work takes everything back.
    drop(work);
    impact(store, almanac, files, changes, now)
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

/// The almanac that the database holds, for a look: it was checked when it was loaded. `None` before the first load.
///
/// # Errors
/// When the database cannot be read, or holds files that this program can no longer read.
pub fn almanac(store: &Store) -> Result<Option<Almanac>, LoadError> {
    almanac_of(&store.calendar_files()?, &[])
}

/// The almanac of files that a database holds, as far as it is about these insurers, as they were typed; none means all.
///
/// # Errors
/// When they are such as this program can no longer read.
pub fn almanac_of(files: &[File], insurers: &[String]) -> Result<Option<Almanac>, LoadError> {
    if files.is_empty() {
        return Ok(None);
    }
    let (almanac, problems) = calendar_file::read_checked_of(files, insurers);
    if problems.has_errors() { Err(LoadError::Problems(problems.only_errors())) } else { Ok(Some(almanac)) }
}

/// An almanac with the hash of the files that it was read from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Edition {
    /// What is true.
    pub almanac: Almanac,
    /// As [`calendars::hash`] gives it.
    pub hash: String,
}

/// The edition that the database holds; `None` before the first load.
///
/// # Errors
/// When the database cannot be read, or holds files that this program no longer accepts.
pub fn edition(store: &Store) -> Result<Option<Edition>, LoadError> {
    let files = store.calendar_files()?;
    if files.is_empty() {
        return Ok(None);
    }
    let (almanac, problems) = calendar_file::read(&files);
    if problems.has_errors() {
        return Err(LoadError::Problems(problems.only_errors()));
    }
    Ok(Some(Edition { almanac, hash: calendars::hash(&files) }))
}
