//! Recurrence rules of RFC 5545 (section 3.3.10), for whole days and bounded on both sides.
//!
//! ```
//! use chrono::NaiveDate;
//! use deadlines::domain::recurrence::Rule;
//!
//! let rule = Rule::parse("FREQ=MONTHLY;BYDAY=-1FR").expect("the last Friday of each month");
//! let day = |month, day| NaiveDate::from_ymd_opt(2024, month, day).expect("a day of 2024");
//! assert_eq!(rule.days(day(1, 1), day(3, 1)).collect::<Vec<_>>(), [day(1, 26), day(2, 23)]);
//! ```

mod days;
mod parts;

use chrono::NaiveDate;

use crate::domain::moments::{Granularity, Period};
use crate::domain::recurrence::days::Days;
use crate::domain::recurrence::parts::Parts;

/// No rule of a contract period comes near this many occurrences (daily for fifty years).
const MOST_OCCURRENCES: usize = 18_500;

/// An RRULE value without COUNT and UNTIL: its bounds stand beside it in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    text: String,
    parts: Box<Parts>,
}

/// Why a rule is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadRule {
    /// The bounds stand in `first` and `last`.
    #[error("COUNT and UNTIL are not used here: write `first` and `last` beside the rule")]
    Bounded,
    /// Only whole days occur.
    #[error("a milestone recurs in days, weeks, months or years, not in hours, minutes or seconds")]
    TooFine,
    /// Not RFC 5545.
    #[error("not a recurrence rule of RFC 5545: {what}")]
    Malformed {
        /// What is wrong, with the part as it was read.
        what: String,
        /// What to do about it.
        remedy: &'static str,
    },
}

impl BadRule {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Bounded | Self::TooFine => "for example \"FREQ=MONTHLY;BYMONTHDAY=1\" (RFC 5545, section 3.3.10)",
            Self::Malformed { remedy, .. } => remedy,
        }
    }
}

impl Rule {
    /// Reads the value of an RRULE, such as `FREQ=MONTHLY;BYMONTHDAY=1`. Capitals do not count.
    pub fn parse(text: &str) -> Result<Self, BadRule> {
        Ok(Self { text: text.to_owned(), parts: Box::new(Parts::parse(&text.to_ascii_uppercase())?) })
    }

    /// The text as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The days that the rule gives from `first` up to and including `last`, in order. `first` is the rule's DTSTART: intervals are
    /// counted from the one that holds it, and what the rule leaves open is taken from it; it occurs itself only where the rule gives it.
    pub fn days(&self, first: NaiveDate, last: NaiveDate) -> impl Iterator<Item = NaiveDate> {
        Days::new(self.parts.completed(first), first, last).take(MOST_OCCURRENCES)
    }

    /// The whole periods that the rule picks: from the period that holds `first`, each that begins on or before `last`, each once.
    pub fn periods(&self, unit: Granularity, first: NaiveDate, last: NaiveDate) -> impl Iterator<Item = Period> {
        let begin = Period::holding(first, unit).first_day();
        let mut before = None;
        self.days(begin, last).map(move |day| Period::holding(day, unit)).filter(move |period| before.replace(*period) != Some(*period))
    }
}
