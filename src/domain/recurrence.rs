//! Recurrence rules of RFC 5545, bounded on both sides.

mod plain;

use chrono::{NaiveDate, TimeZone};
use rrule::{RRule, Tz, Unvalidated};

use crate::domain::moments::{Granularity, Period};
use crate::domain::recurrence::plain::Plain;

/// No rule of a contract period comes near this many occurrences (daily for fifty years).
const MOST_OCCURRENCES: u16 = 18_500;

/// An RRULE value without COUNT and UNTIL: its bounds stand beside it in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    text: String,
    plain: Option<Plain>,
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
    #[error("not a recurrence rule of RFC 5545: {0}")]
    Malformed(String),
}

impl Rule {
    /// Reads the value of an RRULE, such as `FREQ=MONTHLY;BYMONTHDAY=1`.
    pub fn parse(text: &str) -> Result<Self, BadRule> {
        let upper = text.to_ascii_uppercase();
        if let Some(plain) = Plain::parse(&upper) {
            return Ok(Self { text: text.to_owned(), plain: Some(plain) });
        }
        if upper.contains("COUNT=") || upper.contains("UNTIL=") {
            return Err(BadRule::Bounded);
        }
        if ["HOURLY", "MINUTELY", "SECONDLY", "BYHOUR", "BYMINUTE", "BYSECOND"].iter().any(|word| upper.contains(word)) {
            return Err(BadRule::TooFine);
        }
        let rule = Self { text: text.to_owned(), plain: None };
        let new_year = NaiveDate::from_ymd_opt(2024, 1, 1).unwrap_or_default();
        rule.built(new_year).map_err(|error| BadRule::Malformed(error.to_string()))?;
        Ok(rule)
    }

    /// The text as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The days that the rule gives from `first` up to and including `last`.
    pub fn days(&self, first: NaiveDate, last: NaiveDate) -> impl Iterator<Item = NaiveDate> {
        let plain = self.plain.into_iter().flat_map(move |plain| plain.days(first, last).take(MOST_OCCURRENCES.into()));
        let general = self.plain.is_none().then(|| self.days_of_general_rule(first, last));
        plain.chain(general.into_iter().flatten())
    }

    fn days_of_general_rule(&self, first: NaiveDate, last: NaiveDate) -> Vec<NaiveDate> {
        let (true, Ok(set)) = (first <= last, self.built(first)) else { return Vec::new() };
        let end = utc(last);
        let dates = set.before(end).all(MOST_OCCURRENCES).dates;
        dates.into_iter().map(|at| at.date_naive()).filter(|day| *day >= first && *day <= last).collect()
    }

    /// The whole periods that the rule picks: from the period that holds `first`, each that begins on or before `last`, each once.
    pub fn periods(&self, unit: Granularity, first: NaiveDate, last: NaiveDate) -> impl Iterator<Item = Period> {
        let begin = Period::holding(first, unit).first_day();
        let mut before = None;
        self.days(begin, last).map(move |day| Period::holding(day, unit)).filter(move |period| before.replace(*period) != Some(*period))
    }

    fn built(&self, first: NaiveDate) -> Result<rrule::RRuleSet, rrule::RRuleError> {
        let rule: RRule<Unvalidated> = self.text.parse()?;
        rule.build(utc(first))
    }
}

fn utc(day: NaiveDate) -> chrono::DateTime<Tz> {
    Tz::UTC.from_utc_datetime(&day.and_time(chrono::NaiveTime::MIN))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rules() -> impl Strategy<Value = String> {
        let interval = prop_oneof![Just(String::new()), (1_u32..5).prop_map(|interval| format!(";INTERVAL={interval}"))];
        let weekdays = proptest::sample::subsequence(vec!["MO", "TU", "WE", "TH", "FR", "SA", "SU"], 1..7);
        let step = prop_oneof![
            Just("FREQ=DAILY".to_owned()),
            Just("FREQ=WEEKLY".to_owned()),
            Just("FREQ=MONTHLY".to_owned()),
            Just("FREQ=YEARLY".to_owned()),
            weekdays.prop_map(|days| format!("FREQ=WEEKLY;BYDAY={}", days.join(","))),
            (1_u32..=31).prop_map(|day| format!("FREQ=MONTHLY;BYMONTHDAY={day}")),
            (1_u32..=12).prop_map(|month| format!("FREQ=YEARLY;BYMONTH={month}")),
            (1_u32..=12, 1_u32..=31).prop_map(|(month, day)| format!("FREQ=YEARLY;BYMONTH={month};BYMONTHDAY={day}")),
        ];
        (step, interval).prop_map(|(step, interval)| format!("{step}{interval}"))
    }

    proptest! {
        #[test]
        fn a_plain_rule_gives_the_days_of_the_general_engine(text in rules(), from in 0_u64..1500, length in 0_u64..1500) {
            let first = NaiveDate::from_ymd_opt(2023, 1, 1).unwrap() + chrono::Days::new(from);
            let last = first + chrono::Days::new(length);
            let rule = Rule::parse(&text).unwrap();
            prop_assert!(rule.plain.is_some());
            prop_assert_eq!(rule.days(first, last).collect::<Vec<_>>(), rule.days_of_general_rule(first, last));
        }
    }

    #[test]
    fn what_is_not_plain_goes_to_the_general_engine() {
        for text in ["FREQ=MONTHLY;BYDAY=-1FR", "FREQ=YEARLY;BYMONTHDAY=1", "FREQ=MONTHLY;BYMONTHDAY=-1", "FREQ=DAILY;BYDAY=MO"] {
            assert!(Rule::parse(text).unwrap().plain.is_none(), "{text}");
        }
        for text in ["FREQ=WEEKLY;BYDAY=XX", "FREQ=SOMETIMES", "BYDAY=MO", "FREQ=DAILY;INTERVAL=x"] {
            assert!(Rule::parse(text).is_err(), "{text}");
        }
    }
}
