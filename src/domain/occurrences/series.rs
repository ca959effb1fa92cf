//! What hangs on the same, one after the other: worked out once.

use std::sync::Arc;

use chrono::{Datelike, NaiveDate};

use crate::domain::moments::Period;
use crate::domain::names::OccurrenceId;
use crate::domain::occurrences::{Common, Occurrence};

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

    fn last_day(&self, period: Period) -> NaiveDate {
        self.common.milestone.moment.precision.last_day(period)
    }
}

/// The occurrences of all series, in order of their last day and identity.
///
/// What identities of one series begin with is no beginning of those of another, so that within a day the order of the series is theirs:
/// only numbers are left to sort. To sort the occurrences themselves took a third of the time that a long list needs.
pub fn in_order(mut series: Vec<Series<'_>>) -> Vec<Occurrence<'_>> {
    // Most milestones occur once.
    if let [Series { common, stem, times: Times::Once(period) }] = series.as_slice() {
        let last_day = common.milestone.moment.precision.last_day(*period);
        return vec![Occurrence { common: common.clone(), id: OccurrenceId::new(stem.as_str()), period: *period, last_day }];
    }
    series.sort_by(|one, other| one.stem.cmp(&other.stem));
    let times: Vec<Time<'_, '_>> = series.iter().flat_map(|one| one.periods().iter().map(move |period| (one, *period))).collect();
    let mut order: Vec<u64> = (0..).zip(&times).map(|(place, (series, period))| numbered(series.last_day(*period), place)).collect();
    order.sort_unstable();
    let mut found = Vec::with_capacity(times.len());
    let mut desk = Desk::default();
    order.chunks(IDS_IN_A_TEXT).for_each(|numbers| desk.add(numbers, &times, &mut found));
    found
}

type Time<'s, 'a> = (&'s Series<'a>, Period);

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
    fn add<'a>(&mut self, numbers: &[u64], times: &[Time<'_, 'a>], found: &mut Vec<Occurrence<'a>>) {
        self.text.clear();
        self.ends.clear();
        numbers.iter().for_each(|number| self.write_id(times[place_in(*number)]));
        let text: Arc<str> = std::str::from_utf8(&self.text).unwrap_or_default().into();
        let (mut begin, mut last_day, mut of) = (0, NaiveDate::MIN, None);
        for (number, end) in numbers.iter().zip(&self.ends) {
            let (series, period) = times[place_in(*number)];
            if of.replace(number >> 32) != Some(number >> 32) {
                last_day = series.last_day(period);
            }
            let id = OccurrenceId::within(&text, begin, *end);
            found.push(Occurrence { common: series.common.clone(), id, period, last_day });
            begin = *end;
        }
    }

    fn write_id(&mut self, (series, period): Time<'_, '_>) {
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

/// A number that is in order of day, and of place within the day.
fn numbered(day: NaiveDate, place: u32) -> u64 {
    let days = i64::from(day.num_days_from_ce()) - i64::from(i32::MIN);
    days.unsigned_abs() << 32 | u64::from(place)
}

fn place_in(number: u64) -> usize {
    (number & u64::from(u32::MAX)) as usize
}
