//! What hangs on the same, one after the other: worked out once, and named in one piece of memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;

use crate::domain::moments::Period;
use crate::domain::names::OccurrenceId;
use crate::domain::occurrences::{Common, Occurrence};

/// All occurrences of a milestone that hang on the same, at least one, in order of their day.
#[derive(Debug)]
pub struct Series<'a> {
    common: Arc<Common<'a>>,
    /// Their identities, one behind the other.
    ids: Arc<str>,
    times: Vec<Time>,
}

/// One occurrence of a series.
#[derive(Debug, Clone, Copy)]
struct Time {
    period: Period,
    id_begin: u32,
    id_end: u32,
}

impl<'a> Series<'a> {
    /// One occurrence.
    pub fn once(common: Common<'a>, id: String, period: Period) -> Self {
        let times = vec![Time { period, id_begin: 0, id_end: place(id.as_bytes()) }];
        Self { common: Arc::new(common), ids: id.into(), times }
    }

    /// One occurrence for each period, with the period behind the stem as its identity; `None` without periods.
    pub fn recurring(common: Common<'a>, stem: &str, periods: impl Iterator<Item = Period>) -> Option<Self> {
        let periods: Vec<Period> = periods.collect();
        let mut ids = Vec::with_capacity(periods.len() * (stem.len() + "2025-11-10".len()));
        let time = |period: Period| {
            let id_begin = place(&ids);
            ids.extend_from_slice(stem.as_bytes());
            period.push_to(&mut ids);
            Time { period, id_begin, id_end: place(&ids) }
        };
        let times: Vec<Time> = periods.into_iter().map(time).collect();
        let ids = String::from_utf8(ids).ok().filter(|ids| !ids.is_empty())?;
        Some(Self { common: Arc::new(common), ids: ids.into(), times })
    }

    /// All of them.
    pub fn occurrences(&self) -> impl Iterator<Item = Occurrence<'a>> {
        self.times.iter().map(|time| self.occurrence(*time))
    }

    fn occurrence(&self, time: Time) -> Occurrence<'a> {
        let id = OccurrenceId::within(&self.ids, time.id_begin, time.id_end);
        Occurrence { common: self.common.clone(), id, period: time.period, last_day: self.last_day(time) }
    }

    fn last_day(&self, time: Time) -> NaiveDate {
        self.common.milestone.moment.precision.last_day(time.period)
    }

    fn first_id(&self) -> &str {
        &self.ids[..self.times[0].id_end as usize]
    }
}

fn place(text: &[u8]) -> u32 {
    u32::try_from(text.len()).unwrap_or(u32::MAX)
}

/// The occurrences of all series, in order of their last day and identity.
///
/// What identities of one series begin with is no beginning of those of another, so that within a day the order of the series is theirs.
/// Only small numbers are put in order: to sort the occurrences themselves took half of the time that a long list needs.
pub fn in_order(mut series: Vec<Series<'_>>) -> Vec<Occurrence<'_>> {
    series.sort_by(|one, other| one.first_id().cmp(other.first_id()));
    let mut days: BTreeMap<NaiveDate, Vec<(u32, Time)>> = BTreeMap::new();
    for (number, series) in (0..).zip(&series) {
        for time in &series.times {
            days.entry(series.last_day(*time)).or_default().push((number, *time));
        }
    }
    let occurrence = |(number, time): &(u32, Time)| series[*number as usize].occurrence(*time);
    days.values().flatten().map(occurrence).collect()
}
