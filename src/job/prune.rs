//! Pruning: once a day, what was kept for as long as the configuration says goes, a few rows at a time. It may be stopped anywhere.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::clock;
use crate::config::retention::Retention;
use crate::job::erasure::{self, ErasureError};
use crate::job::spool;
use crate::store::Store;
use crate::store::error::StoreError;
use crate::store::prune::{Class, Until};

/// The job's name among the runs.
pub const PRUNE: &str = "prune";

/// How many rows of a table go in one transaction: others wait for milliseconds.
const BATCH: u32 = 500;

/// How many transactions one turn takes; what is left goes in the next.
const MOST_BATCHES: u32 = 20;

/// Whether a turn got through all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Nothing is left to go.
    Finished,
    /// The next turn goes on.
    MoreToCome,
}

/// What went, or would go, by class; messages in the spool as `inbound`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pruned(pub BTreeMap<&'static str, u64>);

impl Pruned {
    /// Whether it is nothing at all.
    pub fn is_nothing(&self) -> bool {
        self.0.values().all(|rows| *rows == 0)
    }

    /// Adds what went in another turn.
    pub fn extend(&mut self, other: Self) {
        other.0.into_iter().for_each(|(class, rows)| self.add(class, rows));
    }

    fn add(&mut self, class: &'static str, rows: u64) {
        *self.0.entry(class).or_default() += rows;
    }
}

impl fmt::Display for Pruned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let gone: Vec<String> = self.0.iter().filter(|(_, rows)| **rows > 0).map(|(class, rows)| format!("{class} {rows}")).collect();
        if gone.is_empty() { f.write_str("nothing was old enough") } else { f.write_str(&gone.join(", ")) }
    }
}

/// Why pruning stopped; what went before stays gone, and the rest goes the next time.
#[derive(Debug, thiserror::Error)]
pub enum PruneError {
    /// The database cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The list of who was erased cannot be used.
    #[error(transparent)]
    Erasure(#[from] ErasureError),
    /// A message in the spool cannot be removed.
    #[error("cannot remove what was set aside in the spool: {0}")]
    Spool(std::io::Error),
}

/// Prunes if that was not finished today yet. Run every turn; it does nothing most of the time. Gives what went.
///
/// Before that it takes away who was erased, in case the database is an older one that was put in its place.
///
/// # Errors
/// [`PruneError`].
pub fn prune_daily(store: &mut Store, retention: &Retention, spool: &Path, now: DateTime<Utc>) -> Result<Pruned, PruneError> {
    let is_done = |run: &crate::store::runs::Run| run.job == PRUNE && clock::civil_day(run.at) >= clock::civil_day(now) && run.at <= now;
    if store.runs()?.iter().any(is_done) {
        return Ok(Pruned::default());
    }
    if let Some(database) = store.path().map(Path::to_owned) {
        erasure::apply(store, &database, now)?;
    }
    prune(store, retention, spool, now).map(|(pruned, _)| pruned)
}

/// Prunes now, as much as one turn may. Gives what went.
///
/// # Errors
/// [`PruneError`].
pub fn prune(store: &mut Store, retention: &Retention, spool: &Path, now: DateTime<Utc>) -> Result<(Pruned, Progress), PruneError> {
    let mut pruned = Pruned::default();
    store.overwrite_what_goes()?;
    let progress = prune_rows(store, retention, now, &mut pruned);
    store.stop_overwriting()?;
    let progress = progress?;
    if progress == Progress::Finished {
        pruned.add("inbound", spool::prune(spool, before(now, retention.inbound)).map_err(PruneError::Spool)? as u64);
        let work = store.begin(now)?;
        work.record_run(PRUNE, &pruned.to_string())?;
        work.commit()?;
    }
    Ok((pruned, progress))
}

fn prune_rows(store: &mut Store, retention: &Retention, now: DateTime<Utc>, pruned: &mut Pruned) -> Result<Progress, StoreError> {
    let mut batches = 0;
    for class in Class::ALL {
        loop {
            if batches == MOST_BATCHES {
                return Ok(Progress::MoreToCome);
            }
            batches += 1;
            let work = store.begin(now)?;
            let gone = work.prune(class, until(class, retention, now), BATCH)?;
            work.commit()?;
            pruned.add(class.as_str(), gone);
            if gone == 0 {
                break;
            }
        }
    }
    Ok(Progress::Finished)
}

/// What would go now; nothing does.
///
/// # Errors
/// When the database cannot be read.
pub fn preview(store: &Store, retention: &Retention, now: DateTime<Utc>) -> Result<Pruned, StoreError> {
    let mut pruned = Pruned::default();
    for class in Class::ALL {
        pruned.add(class.as_str(), store.prunable(class, until(class, retention, now))?);
    }
    Ok(pruned)
}

fn until(class: Class, retention: &Retention, now: DateTime<Utc>) -> Until {
    let kept = match class {
        Class::Mails => retention.mails,
        Class::Bytes => retention.bytes,
        Class::Attempts => retention.attempts,
        Class::Notices => retention.notices,
        Class::Removed => retention.removed,
    };
    let instant = before(now, kept);
    Until { instant, day: clock::civil_day(instant), today: clock::civil_day(now) }
}

fn before(now: DateTime<Utc>, kept: Duration) -> DateTime<Utc> {
    now - TimeDelta::seconds(i64::try_from(kept.as_secs()).unwrap_or(i64::MAX / 1000))
}
