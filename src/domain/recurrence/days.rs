//! The days of a rule, one interval after the other.

use chrono::{Datelike, NaiveDate};

use crate::domain::recurrence::parts::{Frequency, Parts};

/// The days that a rule gives, in order.
///
/// RFC 5545 lets each BY part either expand an interval or limit what others made of it (table in section 3.3.10). Once what the rule
/// leaves open is filled in, both come to the same: of the days of an interval those stay that every part names.
#[derive(Debug)]
pub struct Days {
    parts: Parts,
    first: i32,
    last: i32,
    /// The number of the interval to be looked at next.
    next: i32,
    /// The month that was looked at last: the next week is mostly in it too.
    month: Month,
    /// What is found of the interval, month by month, and not yet given away.
    found: Vec<(Month, u64)>,
    /// The place in it of the month to be looked at next.
    place: usize,
}

/// A day, a week, a month or a year of the rule, without its end: as numbers of days since the year 1, like all days here.
#[derive(Debug, Clone, Copy)]
struct Span {
    begin: i32,
    end: i32,
}

/// A month and its year. A set of its days has a bit for each, the lowest for the first: ten times as fast as to ask day by day.
#[derive(Debug, Clone, Copy)]
struct Month {
    /// Any of its days.
    date: NaiveDate,
    begin: i32,
    length: i32,
    place_in_year: i32,
    days_in_year: i32,
}

impl Days {
    /// The days of a completed rule from `first` up to and including `last`.
    pub fn new(parts: Parts, first: NaiveDate, last: NaiveDate) -> Self {
        let next = parts.number_of(first);
        let month = Month::of(first);
        Self { parts, first: first.num_days_from_ce(), last: last.num_days_from_ce(), next, month, found: Vec::new(), place: 0 }
    }

    fn next_span(&mut self) -> Option<Span> {
        let number = self.next;
        let begin = self.parts.begin_of(number).filter(|begin| *begin <= self.last)?;
        self.next = number.checked_add(self.parts.interval)?;
        Some(Span { begin, end: self.parts.begin_of(number.checked_add(1)?)? })
    }

    fn find(&mut self, span: Span) -> Option<()> {
        let mut day = span.begin;
        while day < span.end {
            if !self.month.holds(day) {
                self.month = self.month.next().filter(|next| next.holds(day)).map_or_else(|| Month::holding(day), Some)?;
            }
            let month = self.month;
            if self.parts.months.is_empty() || self.parts.months.contains(&month.date.month().cast_signed()) {
                self.found.push((month, self.parts.named(month, span)));
            }
            day = month.begin + month.length;
        }
        if !self.parts.positions.is_empty() {
            self.pick_positions();
        }
        for (month, days) in &mut self.found {
            *days &= month.range(self.first - month.begin, self.last + 1 - month.begin);
        }
        Some(())
    }

    fn pick_positions(&mut self) {
        let of = self.found.iter().map(|(_, days)| days.count_ones().cast_signed()).sum();
        let mut at = 0;
        for (_, days) in &mut self.found {
            for day in each(*days) {
                if !self.parts.positions.iter().any(|number| place(*number, of) == at) {
                    *days &= !(1 << day);
                }
                at += 1;
            }
        }
    }
}

impl Iterator for Days {
    type Item = NaiveDate;

    fn next(&mut self) -> Option<NaiveDate> {
        loop {
            while let Some((month, days)) = self.found.get_mut(self.place) {
                if let Some(day) = each(*days).next() {
                    *days &= *days - 1;
                    return month.date(day);
                }
                self.place += 1;
            }
            self.found.clear();
            self.place = 0;
            let span = self.next_span()?;
            self.find(span)?;
        }
    }
}

/// The places in a set of days.
fn each(mut days: u64) -> impl Iterator<Item = u32> {
    std::iter::from_fn(move || {
        let place = (days != 0).then(|| days.trailing_zeros())?;
        days &= days - 1;
        Some(place)
    })
}

impl Parts {
    /// The number of the interval in which a day lies.
    fn number_of(&self, day: NaiveDate) -> i32 {
        let number = day.num_days_from_ce();
        match self.frequency {
            Frequency::Daily => number,
            Frequency::Weekly => (number - self.first_week()).div_euclid(7),
            Frequency::Monthly => day.year() * 12 + day.month0().cast_signed(),
            Frequency::Yearly if self.weeks.is_empty() => day.year(),
            Frequency::Yearly => NaiveDate::from_num_days_from_ce_opt(self.week_of(number) + 3).map_or(day.year(), |fourth| fourth.year()),
        }
    }

    /// The day with which an interval begins; `None` past the end of time.
    fn begin_of(&self, number: i32) -> Option<i32> {
        match self.frequency {
            Frequency::Daily => Some(number),
            Frequency::Weekly => number.checked_mul(7)?.checked_add(self.first_week()),
            Frequency::Monthly => first_of(number.div_euclid(12), number.rem_euclid(12).unsigned_abs() + 1),
            Frequency::Yearly if self.weeks.is_empty() => first_of(number, 1),
            // "Week number one of the calendar year is the first week that contains at least four days in that calendar year."
            Frequency::Yearly => Some(self.week_of(first_of(number, 1)? + 3)),
        }
    }

    /// The day with which the week of a day begins.
    fn week_of(&self, day: i32) -> i32 {
        day - (day - self.first_week()).rem_euclid(7)
    }

    /// The day with which the first whole week of the year 1 begins.
    fn first_week(&self) -> i32 {
        MONDAY + self.week_start.num_days_from_monday().cast_signed()
    }

    /// The days of a month that lie in the interval and that every part names, but for BYMONTH and BYSETPOS.
    fn named(&self, month: Month, span: Span) -> u64 {
        let begin = span.begin - month.begin;
        let weeks = (span.end - span.begin) / 7;
        let week = |number: &i32| begin + 7 * place(*number, weeks);
        let lists = [
            union(&self.month_days, |number| month.day(place(*number, month.length))),
            union(&self.year_days, |number| month.day(place(*number, month.days_in_year) - month.place_in_year)),
            union(&self.weeks, |number| month.range(week(number), week(number) + 7)),
            union(&self.weekdays, |(nth, weekday)| self.weekdays(*nth, MONDAY + weekday.num_days_from_monday().cast_signed(), month)),
        ];
        lists.into_iter().fold(month.range(begin, span.end - month.begin), |days, list| days & list)
    }

    /// The days in a month of the weekday that a day has. The number before it counts within the month, in a yearly rule without BYMONTH
    /// within the year.
    fn weekdays(&self, nth: i32, weekday: i32, month: Month) -> u64 {
        if nth == 0 {
            let first = (weekday - month.begin).rem_euclid(7);
            return EVERY_WEEK << first;
        }
        let in_year = self.frequency == Frequency::Yearly && self.months.is_empty();
        let (before, length) = if in_year { (month.place_in_year, month.days_in_year) } else { (0, month.length) };
        let first = (weekday - (month.begin - before)).rem_euclid(7);
        let count = (length - first + 6) / 7;
        month.day(first + 7 * place(nth, count) - before)
    }
}

impl Month {
    fn of(day: NaiveDate) -> Self {
        Self {
            begin: day.num_days_from_ce() - day.day0().cast_signed(),
            length: day.num_days_in_month().into(),
            date: day,
            place_in_year: day.ordinal0().cast_signed() - day.day0().cast_signed(),
            days_in_year: if day.leap_year() { 366 } else { 365 },
        }
    }

    fn holding(day: i32) -> Option<Self> {
        NaiveDate::from_num_days_from_ce_opt(day).map(Self::of)
    }

    /// The month after it, where that is of the same year: little is left to work out.
    fn next(self) -> Option<Self> {
        let (begin, place_in_year) = (self.begin + self.length, self.place_in_year + self.length);
        let date = self.date.with_ordinal0(place_in_year.unsigned_abs())?;
        Some(Self { date, begin, length: date.num_days_in_month().into(), place_in_year, ..self })
    }

    fn holds(self, day: i32) -> bool {
        (self.begin..self.begin + self.length).contains(&day)
    }

    /// The day at a place, if the month has it.
    fn day(self, place: i32) -> u64 {
        self.range(place, place.saturating_add(1))
    }

    /// The days from one place up to another, as far as the month has them.
    fn range(self, from: i32, to: i32) -> u64 {
        (1 << to.clamp(0, self.length)) - (1 << from.clamp(0, self.length))
    }

    fn date(self, place: u32) -> Option<NaiveDate> {
        self.date.with_ordinal0(self.place_in_year.unsigned_abs() + place)
    }
}

/// The first day of the year 1 was one.
const MONDAY: i32 = 1;

/// The same weekday of each week of a month, the first on its first day.
const EVERY_WEEK: u64 = 1 | 1 << 7 | 1 << 14 | 1 << 21 | 1 << 28;

/// The days that any entry of a list names; a list that is not given names all.
fn union<T>(list: &[T], days: impl Fn(&T) -> u64) -> u64 {
    if list.is_empty() { u64::MAX } else { list.iter().fold(0, |union, entry| union | days(entry)) }
}

/// The place from 0 of what a list names as 1, 2, … from the start or as -1, -2, … from the end; outside of 0 to `of` there is none.
fn place(number: i32, of: i32) -> i32 {
    if number > 0 { number - 1 } else { of + number }
}

fn first_of(year: i32, month: u32) -> Option<i32> {
    Some(NaiveDate::from_ymd_opt(year, month, 1)?.num_days_from_ce())
}
