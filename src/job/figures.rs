//! Figures for whoever watches from outside: what the database counts, and how the timelines stand.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::clock;
use crate::domain::almanac::Almanac;
use crate::domain::coverage::gaps;
use crate::domain::freshness::ages;
use crate::store::Store;
use crate::store::error::StoreError;
use crate::store::figures::{Counts, Tally};
use crate::store::practices::Since;

/// What asks every practice is asked once in so long: nothing in it changes by the minute.
const EVERY: TimeDelta = TimeDelta::hours(1);

/// All figures at an instant.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    /// When.
    pub now: DateTime<Utc>,
    /// Of the database.
    pub counts: Counts,
    /// Attempts by outcome.
    pub outcomes: BTreeMap<String, u64>,
    /// Of the timelines.
    pub timelines: Timelines,
}

/// How the timelines stand.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Timelines {
    /// For how many days each policy in force has not been held against its source; those that say so.
    pub ages: Vec<(String, i64)>,
    /// Subscriptions without a timeline for the coming contract year, before the day on which policies are due.
    pub gaps: u64,
    /// The same after that day.
    pub overdue_gaps: u64,
}

/// What is remembered from one time to the next.
#[derive(Debug, Default)]
pub struct Memory {
    tally: Tally,
    timelines: Option<(DateTime<Utc>, String, Timelines)>,
}

/// Counts everything. `edition` tells the timelines from others.
///
/// # Errors
/// When the database cannot be read.
pub fn gather(store: &Store, almanac: &Almanac, edition: &str, memory: &mut Memory, now: DateTime<Utc>) -> Result<Figures, StoreError> {
    store.count_attempts(&mut memory.tally)?;
    let known = memory.timelines.take().filter(|(at, of, _)| of == edition && now - *at < EVERY && *at <= now);
    let (at, of, timelines) = match known {
        Some(known) => known,
        None => (now, edition.to_owned(), timelines(store, almanac, now)?),
    };
    memory.timelines = Some((at, of, timelines.clone()));
    Ok(Figures { now, counts: store.counts(now)?, outcomes: memory.tally.outcomes.clone(), timelines })
}

fn timelines(store: &Store, almanac: &Almanac, now: DateTime<Utc>) -> Result<Timelines, StoreError> {
    let today = clock::civil_day(now);
    let practices = store.practices(Since::OrImport)?;
    let found: Vec<_> = practices.iter().flat_map(|practice| gaps(almanac, practice, today)).collect();
    let overdue = found.iter().filter(|gap| gap.is_overdue(today)).count();
    let ages = ages(almanac, today).iter().filter_map(|age| age.days.map(|days| (age.policy.id.to_string(), days))).collect();
    Ok(Timelines { ages, gaps: (found.len() - overdue) as u64, overdue_gaps: overdue as u64 })
}
