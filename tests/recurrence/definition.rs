//! A rule's days by definition: each day is asked for itself, in the words of RFC 5545, section 3.3.10.

use std::collections::BTreeMap;
use std::fmt::Display;

use chrono::{Datelike, NaiveDate, TimeDelta, Weekday};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::{day, days};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Freq {
    Daily,
    Weekly,
    Monthly,
    Yearly,
}

/// The parts as they are written. An empty list is left out; the number 0 before a weekday too.
#[derive(Debug, Clone)]
struct Spelled {
    freq: Freq,
    interval: i64,
    wkst: Weekday,
    by_month: Vec<i64>,
    by_week_no: Vec<i64>,
    by_year_day: Vec<i64>,
    by_month_day: Vec<i64>,
    by_day: Vec<(i64, Weekday)>,
    by_set_pos: Vec<i64>,
}

impl Spelled {
    fn text(&self) -> String {
        let mut text = format!("FREQ={:?};INTERVAL={};WKST={}", self.freq, self.interval, two_letters(self.wkst)).to_uppercase();
        let by_day: Vec<String> = self.by_day.iter().map(|(nth, weekday)| spell(*nth, *weekday)).collect();
        text += &(part("BYDAY", &by_day) + &part("BYMONTH", &self.by_month) + &part("BYWEEKNO", &self.by_week_no));
        text + &part("BYYEARDAY", &self.by_year_day) + &part("BYMONTHDAY", &self.by_month_day) + &part("BYSETPOS", &self.by_set_pos)
    }

    /// Without what the RFC forbids to stand together.
    fn allowed(mut self) -> Self {
        if self.freq != Freq::Yearly {
            (self.by_week_no, self.by_year_day) = (Vec::new(), Vec::new());
        }
        if self.freq == Freq::Weekly {
            self.by_month_day.clear();
        }
        if matches!(self.freq, Freq::Daily | Freq::Weekly) || !self.by_week_no.is_empty() {
            self.by_day.iter_mut().for_each(|(nth, _)| *nth = 0);
        }
        let lists = [&self.by_month, &self.by_week_no, &self.by_year_day, &self.by_month_day];
        if self.by_day.is_empty() && lists.iter().all(|list| list.is_empty()) {
            self.by_set_pos.clear();
        }
        self
    }

    /// "Information, not contained in the rule, necessary to determine the various recurrence instance start time and dates are derived
    /// from the Start Time (DTSTART) component attribute."
    fn with_start(mut self, start: NaiveDate) -> Self {
        let says_which_day = !(self.by_day.is_empty() && self.by_month_day.is_empty() && self.by_year_day.is_empty());
        if says_which_day || self.freq == Freq::Daily {
            return self;
        }
        if self.freq == Freq::Weekly || !self.by_week_no.is_empty() {
            self.by_day = vec![(0, start.weekday())];
        } else {
            self.by_month_day = vec![start.day().into()];
        }
        if self.freq == Freq::Yearly && self.by_month.is_empty() && self.by_week_no.is_empty() {
            self.by_month = vec![start.month().into()];
        }
        self
    }

    fn days(&self, start: NaiveDate, last: NaiveDate) -> Vec<NaiveDate> {
        let rule = self.clone().with_start(start);
        // A year more on both sides holds every interval whole.
        let mut sets: BTreeMap<i64, Vec<NaiveDate>> = BTreeMap::new();
        for day in start.iter_days().take_while(|day| *day <= shift(last, 380)).chain(year_before(start)) {
            let interval = rule.interval_of(day);
            if (interval - rule.interval_of(start)) % rule.interval == 0 && rule.satisfied_by(day) {
                sets.entry(interval).or_default().push(day);
            }
        }
        let mut found: Vec<NaiveDate> = sets.into_values().flat_map(|set| rule.at_positions(set)).collect();
        found.retain(|day| (start..=last).contains(day));
        found.sort_unstable();
        found
    }

    /// Which interval of the rule's frequency a day is in, counted from somewhere.
    fn interval_of(&self, day: NaiveDate) -> i64 {
        match self.freq {
            Freq::Daily => day.num_days_from_ce().into(),
            Freq::Weekly => i64::from(week_of(day, self.wkst).num_days_from_ce()) / 7,
            Freq::Monthly => i64::from(day.year()) * 12 + i64::from(day.month()),
            Freq::Yearly if self.by_week_no.is_empty() => day.year().into(),
            Freq::Yearly => year_of_week(week_of(day, self.wkst)),
        }
    }

    fn satisfied_by(&self, day: NaiveDate) -> bool {
        let same_month = |other: NaiveDate| (other.year(), other.month()) == (day.year(), day.month());
        let same_year = |other: NaiveDate| other.year() == day.year();
        let week = week_of(day, self.wkst);
        let same_year_of_weeks = |other: NaiveDate| year_of_week(other) == year_of_week(week);
        let month_counts = self.freq == Freq::Monthly || !self.by_month.is_empty();
        let nth = if month_counts { numbers(day, 7, same_month) } else { numbers(day, 7, same_year) };
        let by_day = |(n, weekday): &(i64, Weekday)| *weekday == day.weekday() && (*n == 0 || nth.contains(n));
        named(&self.by_month, [day.month().into(); 2])
            && named(&self.by_week_no, numbers(week, 7, same_year_of_weeks))
            && named(&self.by_year_day, numbers(day, 1, same_year))
            && named(&self.by_month_day, numbers(day, 1, same_month))
            && (self.by_day.is_empty() || self.by_day.iter().any(by_day))
    }

    fn at_positions(&self, mut set: Vec<NaiveDate>) -> Vec<NaiveDate> {
        set.sort_unstable();
        let count = set.len().cast_signed() as i64;
        let places = set.into_iter().zip(1..);
        places.filter(|(_, place)| named(&self.by_set_pos, [*place, place - count - 1])).map(|(day, _)| day).collect()
    }
}

/// A week by its first day: "a seven day period, starting on the day of the week defined to be the week start".
fn week_of(day: NaiveDate, wkst: Weekday) -> NaiveDate {
    (0..7).map(|back| shift(day, -back)).find(|day| day.weekday() == wkst).unwrap()
}

/// "Week number one of the calendar year is the first week that contains at least four (4) days in that calendar year."
fn year_of_week(week: NaiveDate) -> i64 {
    let year = |ahead| shift(week, ahead).year();
    [year(0), year(6)].into_iter().find(|candidate| (0..7).filter(|ahead| year(*ahead) == *candidate).count() >= 4).unwrap().into()
}

/// Which one a day is among those so many days apart that belong together: from the start as 1, 2, … and from the end as -1, -2, …
fn numbers(day: NaiveDate, apart: i64, belongs: impl Fn(NaiveDate) -> bool) -> [i64; 2] {
    let count = |step: i64| (0..).map(|n| shift(day, n * step)).take_while(|other| belongs(*other)).count().cast_signed() as i64;
    [count(-apart), -count(apart)]
}

fn named(list: &[i64], numbers: [i64; 2]) -> bool {
    list.is_empty() || numbers.iter().any(|number| list.contains(number))
}

fn year_before(start: NaiveDate) -> impl Iterator<Item = NaiveDate> {
    (1..380).map(move |back| shift(start, -back))
}

fn shift(day: NaiveDate, days: i64) -> NaiveDate {
    day + TimeDelta::days(days)
}

fn two_letters(weekday: Weekday) -> String {
    weekday.to_string()[..2].to_uppercase()
}

fn spell(nth: i64, weekday: Weekday) -> String {
    let name = two_letters(weekday);
    if nth == 0 { name } else { format!("{nth}{name}") }
}

fn part(name: &str, list: &[impl Display]) -> String {
    let values: Vec<String> = list.iter().map(ToString::to_string).collect();
    if values.is_empty() { String::new() } else { format!(";{name}={}", values.join(",")) }
}

/// Half of the rules go without.
fn list<T: std::fmt::Debug>(one: impl Strategy<Value = T>) -> impl Strategy<Value = Vec<T>> {
    (any::<bool>(), vec(one, 1..4)).prop_map(|(is_given, list)| if is_given { list } else { Vec::new() })
}

fn signed(most: i64) -> impl Strategy<Value = i64> {
    (1..=most, any::<bool>()).prop_map(|(number, from_end)| if from_end { -number } else { number })
}

fn weekdays() -> impl Strategy<Value = Weekday> {
    (0_u8..7).prop_map(|number| Weekday::try_from(number).unwrap())
}

fn rules() -> impl Strategy<Value = Spelled> {
    let freq = prop::sample::select(vec![Freq::Daily, Freq::Weekly, Freq::Monthly, Freq::Yearly, Freq::Yearly]);
    let of_year = (list(1_i64..=12), list(signed(53)), list(signed(366)));
    let nth = prop_oneof![Just(0), signed(5), signed(53)];
    let of_days = (list(signed(31)), list((nth, weekdays())), list(signed(6)));
    (freq, 1_i64..4, weekdays(), of_year, of_days).prop_map(|(freq, interval, wkst, of_year, of_days)| {
        let (by_month, by_week_no, by_year_day) = of_year;
        let (by_month_day, by_day, by_set_pos) = of_days;
        Spelled { freq, interval, wkst, by_month, by_week_no, by_year_day, by_month_day, by_day, by_set_pos }.allowed()
    })
}

proptest! {
    #[test]
    fn a_rule_gives_the_days_that_the_rfc_defines(rule in rules(), from in 0_i64..12_000, length in 0_i64..1000) {
        let start = shift(day("1999-01-01"), from);
        let last = shift(start, length);
        prop_assert_eq!(days(&rule.text(), start, last), rule.days(start, last), "{}", rule.text());
    }
}
