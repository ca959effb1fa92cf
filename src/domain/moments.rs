//! Moments: when something happens, as precisely as the document says and no more.

use std::fmt;

use chrono::{Datelike, Months, NaiveDate};

use crate::domain::recurrence::Rule;
use crate::domain::working_days::{shift, working_days_after, working_days_before};

/// How fine a stated moment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Granularity {
    /// One civil day.
    Day,
    /// A calendar month.
    Month,
    /// A calendar quarter.
    Quarter,
    /// A calendar year.
    Year,
}

impl Granularity {
    /// All of them, the finest first.
    pub const ALL: [Self; 4] = [Self::Day, Self::Month, Self::Quarter, Self::Year];

    /// The word in files and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
        }
    }

    /// Reads the word; `None` for any other.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|g| g.as_str() == text)
    }
}

/// A day, month, quarter or year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period {
    first: NaiveDate,
    granularity: Granularity,
}

impl Period {
    /// A single day.
    pub fn day(day: NaiveDate) -> Self {
        Self { first: day, granularity: Granularity::Day }
    }

    /// The period of this granularity that holds `day`.
    pub fn holding(day: NaiveDate, granularity: Granularity) -> Self {
        let first = match granularity {
            Granularity::Day => Some(day),
            Granularity::Month => day.with_day(1),
            Granularity::Quarter => NaiveDate::from_ymd_opt(day.year(), (day.month0() / 3) * 3 + 1, 1),
            Granularity::Year => NaiveDate::from_ymd_opt(day.year(), 1, 1),
        };
        Self { first: first.unwrap_or(day), granularity }
    }

    /// Reads `2025-11-10`, `2024-10`, `2024-Q1` or `2024`; `None` for anything else.
    ///
    /// ```
    /// use deadlines::domain::moments::Period;
    /// assert_eq!(Period::parse("2024-Q1").unwrap().last_day().to_string(), "2024-03-31");
    /// assert!(Period::parse("2024-13").is_none());
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        let digits = |part: &str, n: usize| {
            (part.len() == n && part.bytes().all(|b| b.is_ascii_digit())).then(|| part.parse::<u32>().ok()).flatten()
        };
        let mut parts = text.split('-');
        let year = i32::try_from(digits(parts.next()?, 4)?).ok()?;
        let (second, third) = (parts.next(), parts.next());
        if parts.next().is_some() {
            return None;
        }
        let (month, day, granularity) = match (second, third) {
            (None, _) => (1, 1, Granularity::Year),
            (Some(q), None) if q.starts_with('Q') => match digits(&q[1..], 1)? {
                n @ 1..=4 => (n * 3 - 2, 1, Granularity::Quarter),
                _ => return None,
            },
            (Some(m), None) => (digits(m, 2)?, 1, Granularity::Month),
            (Some(m), Some(d)) => (digits(m, 2)?, digits(d, 2)?, Granularity::Day),
        };
        Some(Self { first: NaiveDate::from_ymd_opt(year, month, day)?, granularity })
    }

    /// Its first day.
    pub fn first_day(self) -> NaiveDate {
        self.first
    }

    /// Its last day.
    pub fn last_day(self) -> NaiveDate {
        let months = match self.granularity {
            Granularity::Day => return self.first,
            Granularity::Month => 1,
            Granularity::Quarter => 3,
            Granularity::Year => 12,
        };
        self.first.checked_add_months(Months::new(months)).map_or(self.first, |next| shift(next, -1))
    }

    /// How fine it is.
    pub fn granularity(self) -> Granularity {
        self.granularity
    }

    /// Writes it behind a text, in UTF-8. In a long series that is most of what it takes to name a day, so that the formatting of numbers is left
    /// out.
    pub fn push_to(self, text: &mut Vec<u8>) {
        match digits(self.first).filter(|_| self.granularity == Granularity::Day) {
            Some(digits) => text.extend_from_slice(&digits),
            None => text.extend_from_slice(self.to_string().as_bytes()),
        }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month) = (self.first.year(), self.first.month());
        match self.granularity {
            Granularity::Day => match digits(self.first) {
                Some(digits) => f.write_str(std::str::from_utf8(&digits).map_err(|_| fmt::Error)?),
                None => write!(f, "{}", self.first),
            },
            Granularity::Month => write!(f, "{year:04}-{month:02}"),
            Granularity::Quarter => write!(f, "{year:04}-Q{}", (month - 1) / 3 + 1),
            Granularity::Year => write!(f, "{year:04}"),
        }
    }
}

/// `2025-11-10`; `None` where a year has more than four digits.
fn digits(day: NaiveDate) -> Option<[u8; 10]> {
    let year @ 0..=9999 = u32::try_from(day.year()).ok()? else { return None };
    let mut text = *b"0000-00-00";
    let parts = [(0, year / 100), (2, year % 100), (5, day.month()), (8, day.day())];
    for (at, number) in parts {
        text[at] = b'0' + (number / 10) as u8;
        text[at + 1] = b'0' + (number % 10) as u8;
    }
    Some(text)
}

/// Which key a moment stands under in the file; decides what its last day is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Precision {
    /// Happens that day.
    On,
    /// *Uiterlijk*: that day still counts.
    By,
    /// *Vóór*: that day no longer counts.
    Before,
    /// From that day on.
    From,
    /// `from` and `by` together.
    Window,
}

impl Precision {
    /// The word in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::By => "by",
            Self::Before => "before",
            Self::From => "from",
            Self::Window => "window",
        }
    }

    /// The last day that a moment of this precision leaves for a stated period.
    pub fn last_day(self, stated: Period) -> NaiveDate {
        match self {
            Self::On | Self::By | Self::Window => stated.last_day(),
            Self::Before => shift(stated.first_day(), -1),
            Self::From => stated.first_day(),
        }
    }

    /// How fine the result is: `before` a period ends on an exact day.
    pub fn granularity(self, stated: Granularity) -> Granularity {
        if self == Self::Before { Granularity::Day } else { stated }
    }
}

/// What a relative moment counts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Calendar days.
    Days,
    /// Seven days.
    Weeks,
    /// Calendar months: the same day of the month, or the month's last.
    Months,
    /// Dutch working days.
    WorkingDays,
}

/// What a relative moment counts from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Anchor {
    /// Another milestone of the same policy, by its local identity.
    Milestone(String),
    /// The day on which the practice's agreement starts.
    AgreementStart,
    /// The last day of the agreement's term.
    AgreementEnd,
    /// The day on which the matched module starts.
    ModuleStart,
}

impl Anchor {
    /// Reads an anchor as a calendar file writes it.
    pub fn parse(text: &str) -> Self {
        match text {
            "agreement-start" => Self::AgreementStart,
            "agreement-end" => Self::AgreementEnd,
            "module-start" => Self::ModuleStart,
            other => Self::Milestone(other.to_owned()),
        }
    }
}

impl fmt::Display for Anchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Milestone(id) => id,
            Self::AgreementStart => "agreement-start",
            Self::AgreementEnd => "agreement-end",
            Self::ModuleStart => "module-start",
        })
    }
}

/// Which way a relative moment counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Back in time.
    Before,
    /// Forward in time.
    After,
}

/// A distance from an anchor; `{ at = … }` is a distance of nought.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Relative {
    /// What it counts from.
    pub anchor: Anchor,
    /// Which way.
    pub direction: Direction,
    /// How many units.
    pub amount: u32,
    /// Units of what.
    pub unit: Unit,
}

impl Relative {
    /// The day that lies this far from `day`.
    pub fn from_day(&self, day: NaiveDate) -> NaiveDate {
        let back = self.direction == Direction::Before;
        let days = |count: u32| shift(day, if back { -i64::from(count) } else { i64::from(count) });
        match self.unit {
            Unit::Days => days(self.amount),
            Unit::Weeks => days(self.amount.saturating_mul(7)),
            Unit::Months if back => day.checked_sub_months(Months::new(self.amount)).unwrap_or(day),
            Unit::Months => day.checked_add_months(Months::new(self.amount)).unwrap_or(day),
            Unit::WorkingDays if back => working_days_before(day, self.amount),
            Unit::WorkingDays => working_days_after(day, self.amount),
        }
    }
}

/// A period that is written down, or a day that must be worked out.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Point {
    /// As the document prints it.
    Stated(Period),
    /// Counted from an anchor.
    Relative(Relative),
}

/// A rule that gives one occurrence a period (RFC 5545, section 3.3.10).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recurrence {
    /// The rule, without COUNT and UNTIL.
    pub rule: Rule,
    /// The granularity of each occurrence.
    pub unit: Granularity,
    /// Where it starts; only a statutory recurrence has none.
    pub first: Option<Point>,
    /// Where it ends; only a statutory recurrence has none.
    pub last: Option<Point>,
}

/// The value of a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum When {
    /// Once.
    Once(Point),
    /// Again and again.
    Recurring(Recurrence),
}

/// When a milestone happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// What the last day is, seen from the stated one.
    pub precision: Precision,
    /// The stated moment; the end of a window.
    pub when: When,
    /// The beginning of a window.
    pub opens: Option<Point>,
}

impl Moment {
    /// A moment without a window.
    pub fn new(precision: Precision, when: When) -> Self {
        Self { precision, when, opens: None }
    }

    /// Every point that it mentions.
    pub fn points(&self) -> impl Iterator<Item = &Point> {
        let (first, last) = match &self.when {
            When::Once(point) => (Some(point), None),
            When::Recurring(recurrence) => (recurrence.first.as_ref(), recurrence.last.as_ref()),
        };
        [first, last, self.opens.as_ref()].into_iter().flatten()
    }

    /// Every anchor that it mentions.
    pub fn anchors(&self) -> impl Iterator<Item = &Anchor> {
        self.points().filter_map(|point| match point {
            Point::Relative(relative) => Some(&relative.anchor),
            Point::Stated(_) => None,
        })
    }
}
