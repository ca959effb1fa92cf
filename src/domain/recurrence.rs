//! Recurrence rules of RFC 5545, bounded on both sides.

use chrono::{NaiveDate, TimeZone};
use rrule::{RRule, Tz, Unvalidated};

use crate::domain::moments::{Granularity, Period};

/// No rule of a contract period comes near this many occurrences (daily for fifty years).
const MOST_OCCURRENCES: u16 = 18_500;

/// An RRULE value without COUNT and UNTIL: its bounds stand beside it in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule(String);

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
    #[error("not a recurrence rule of RFC 5545: {0}")]
    Malformed(String),
}

impl Rule {
    /// Reads the value of an RRULE, such as `FREQ=MONTHLY;BYMONTHDAY=1`.
    pub fn parse(text: &str) -> Result<Self, BadRule> {
        let upper = text.to_ascii_uppercase();
        if upper.contains("COUNT=") || upper.contains("UNTIL=") {
            return Err(BadRule::Bounded);
        }
        if ["HOURLY", "MINUTELY", "SECONDLY", "BYHOUR", "BYMINUTE", "BYSECOND"].iter().any(|word| upper.contains(word)) {
            return Err(BadRule::TooFine);
        }
        let rule = Self(text.to_owned());
        let new_year = NaiveDate::from_ymd_opt(2024, 1, 1).unwrap_or_default();
        rule.built(new_year).map_err(|error| BadRule::Malformed(error.to_string()))?;
        Ok(rule)
    }

    /// The text as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The days that the rule gives from `first` up to and including `last`.
    pub fn days(&self, first: NaiveDate, last: NaiveDate) -> Vec<NaiveDate> {
        if first > last {
            return Vec::new();
        }
        let Ok(set) = self.built(first) else { return Vec::new() };
        let end = utc(last);
        let dates = set.before(end).all(MOST_OCCURRENCES).dates;
        dates.into_iter().map(|at| at.date_naive()).filter(|day| *day >= first && *day <= last).collect()
    }

    /// The whole periods that the rule picks: from the period that holds `first`, each that begins on or before `last`, each once.
    pub fn periods(&self, unit: Granularity, first: NaiveDate, last: NaiveDate) -> Vec<Period> {
        let begin = Period::holding(first, unit).first_day();
        let mut periods: Vec<Period> = self.days(begin, last).into_iter().map(|day| Period::holding(day, unit)).collect();
        periods.dedup();
        periods
    }

    fn built(&self, first: NaiveDate) -> Result<rrule::RRuleSet, rrule::RRuleError> {
        let rule: RRule<Unvalidated> = self.0.parse()?;
        rule.build(utc(first))
    }
}

fn utc(day: NaiveDate) -> chrono::DateTime<Tz> {
    Tz::UTC.from_utc_datetime(&day.and_time(chrono::NaiveTime::MIN))
}
