//! What hangs on the same, one after the other: worked out once.

use std::sync::Arc;

use chrono::NaiveDate;

use crate::domain::moments::Period;
use crate::domain::names::OccurrenceId;
use crate::domain::occurrences::{Common, Occurrence};
use crate::domain::shares::in_shares;

/// All occurrences of a milestone that hang on the same.
#[derive(Debug)]
pub struct Series<'a> {
    common: Arc<Common<'a>>,
    /// What their identities begin with.
    stem: String,
    times: Times,
}

#[derive(Debug)]
enum Times {
    /// The stem is the identity.
    Once(Period),
    /// The period stands behind the stem.
    Each(Vec<Period>),
}

impl<'a> Series<'a> {
    /// One occurrence.
    pub fn once(common: Common<'a>, id: String, period: Period) -> Self {
        Self { common: Arc::new(common), stem: id, times: Times::Once(period) }
    }

    /// One occurrence for each period, with the period behind the stem as its identity.
    pub fn recurring(common: Common<'a>, stem: String, periods: impl Iterator<Item = Period>) -> Self {
        Self { common: Arc::new(common), stem, times: Times::Each(periods.collect()) }
    }

    fn periods(&self) -> &[Period] {
        match &self.times {
            Times::Once(period) => std::slice::from_ref(period),
            Times::Each(periods) => periods,
        }
    }
}

/// The occurrences of all series, in order of their last day and identity.
///
/// What identities of one series begin with is no beginning of those of another, so that within a day the order of the series is theirs:
/// only days and numbers are left to sort. To sort the occurrences themselves took a third of the time that a long list needs.
pub fn in_order(mut series: Vec<Series<'_>>) -> Vec<Occurrence<'_>> {
    // Most milestones occur once.
    if let [Series { common, stem, times: Times::Once(period) }] = series.as_slice() {
        let last_day = common.milestone.moment.precision.last_day(*period);
        return vec![Occurrence { common: common.clone(), id: OccurrenceId::new(stem.as_str()), period: *period, last_day }];
    }
    series.sort_by(|one, other| one.stem.cmp(&other.stem));
    merged(in_shares(&series, FEW_SERIES, share_in_order))
}

/// How many series are put in order before another thread has begun.
const FEW_SERIES: usize = 500;

fn share_in_order<'a>(series: &[Series<'a>]) -> Vec<Occurrence<'a>> {
    let mut times: Vec<Time> = Vec::with_capacity(series.iter().map(|one| one.periods().len()).sum());
    for (number, one) in (0..).zip(series) {
        let precision = one.common.milestone.moment.precision;
        times.extend(one.periods().iter().map(|period| (precision.last_day(*period), number, *period)));
    }
    times.sort_unstable();
    let mut found = Vec::with_capacity(times.len());
    let mut desk = Desk::default();
    times.chunks(IDS_IN_A_TEXT).for_each(|times| desk.add(times, series, &mut found));
    found
}

/// One list of several that are in order each; within a day the earlier list comes first.
fn merged(mut shares: Vec<Vec<Occurrence<'_>>>) -> Vec<Occurrence<'_>> {
    if shares.len() < 2 {
        return shares.pop().unwrap_or_default();
    }
    let mut found = Vec::with_capacity(shares.iter().map(Vec::len).sum());
    let mut shares: Vec<_> = shares.into_iter().map(Vec::into_iter).collect();
    while let Some(day) = shares.iter().filter_map(|share| Some(share.as_slice().first()?.last_day)).min() {
        for share in &mut shares {
            let of_day = share.as_slice().iter().take_while(|occurrence| occurrence.last_day == day).count();
            found.extend(share.take(of_day));
        }
    }
    found
}

/// The last day, the place of the series, and the period.
type Time = (NaiveDate, u32, Period);

/// A text is kept for as long as any of its identities.
const IDS_IN_A_TEXT: usize = 512;

/// Where identities are written, one behind the other.
#[derive(Default)]
struct Desk {
    text: Vec<u8>,
    ends: Vec<u32>,
    /// What many of them end with, written once.
    ending: (Option<Period>, Vec<u8>),
}

impl Desk {
    fn add<'a>(&mut self, times: &[Time], series: &[Series<'a>], found: &mut Vec<Occurrence<'a>>) {
        self.text.clear();
        self.ends.clear();
        times.iter().for_each(|(_, number, period)| self.write_id(&series[*number as usize], *period));
        let text: Arc<str> = std::str::from_utf8(&self.text).unwrap_or_default().into();
        let mut begin = 0;
        for ((last_day, number, period), end) in times.iter().zip(&self.ends) {
            let common = series[*number as usize].common.clone();
            let id = OccurrenceId::within(&text, begin, *end);
            found.push(Occurrence { common, id, period: *period, last_day: *last_day });
            begin = *end;
        }
    }

    fn write_id(&mut self, series: &Series<'_>, period: Period) {
        self.text.extend_from_slice(series.stem.as_bytes());
        if let Times::Each(_) = series.times {
            let (of, ending) = &mut self.ending;
            if of.replace(period) != Some(period) {
                ending.clear();
                period.push_to(ending);
            }
            self.text.extend_from_slice(ending);
        }
        self.ends.push(u32::try_from(self.text.len()).unwrap_or(u32::MAX));
    }
}
