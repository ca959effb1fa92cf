//! The parts of a rule as they are written, and which of them go together (RFC 5545, section 3.3.10).

use chrono::{Datelike, NaiveDate, Weekday};

use crate::domain::recurrence::BadRule;

/// How long an interval is: FREQ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frequency {
    /// A day.
    Daily,
    /// A week, from WKST on.
    Weekly,
    /// A month.
    Monthly,
    /// A year; where BYWEEKNO is given, a year of whole weeks.
    Yearly,
}

/// What a rule says. A list that is empty was not given. Numbers count from 1, or as -1, -2, … from the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts {
    /// FREQ.
    pub frequency: Frequency,
    /// INTERVAL: every how many intervals.
    pub interval: i32,
    /// WKST: with which day a week begins.
    pub week_start: Weekday,
    /// BYMONTH.
    pub months: Vec<i32>,
    /// BYWEEKNO.
    pub weeks: Vec<i32>,
    /// BYYEARDAY.
    pub year_days: Vec<i32>,
    /// BYMONTHDAY.
    pub month_days: Vec<i32>,
    /// BYDAY: which one of the month or year, and 0 for each.
    pub weekdays: Vec<(i32, Weekday)>,
    /// BYSETPOS: which ones of all that an interval would give.
    pub positions: Vec<i32>,
}

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("MO", Weekday::Mon),
    ("TU", Weekday::Tue),
    ("WE", Weekday::Wed),
    ("TH", Weekday::Thu),
    ("FR", Weekday::Fri),
    ("SA", Weekday::Sat),
    ("SU", Weekday::Sun),
];

const NAMES: [&str; 9] = ["FREQ", "INTERVAL", "WKST", "BYMONTH", "BYWEEKNO", "BYYEARDAY", "BYMONTHDAY", "BYDAY", "BYSETPOS"];

impl Parts {
    /// Reads the parts, in capitals and in any order.
    pub fn parse(text: &str) -> Result<Self, BadRule> {
        let given = split(text)?;
        let value = |name| given.iter().find(|(given, _)| *given == name).map(|(_, value)| *value);
        let numbers = |name, most, from_end| value(name).map_or(Ok(Vec::new()), |list| numbers(name, list, most, from_end));
        let parts = Self {
            frequency: frequency(value("FREQ"))?,
            interval: value("INTERVAL").map_or(Ok(1), interval)?,
            week_start: value("WKST").map_or(Ok(Weekday::Mon), week_start)?,
            months: numbers("BYMONTH", 12, FromEnd::Never)?,
            weeks: numbers("BYWEEKNO", 53, FromEnd::Too)?,
            year_days: numbers("BYYEARDAY", 366, FromEnd::Too)?,
            month_days: numbers("BYMONTHDAY", 31, FromEnd::Too)?,
            weekdays: value("BYDAY").map_or(Ok(Vec::new()), weekdays)?,
            positions: numbers("BYSETPOS", 366, FromEnd::Too)?,
        };
        parts.go_together()?;
        Ok(parts)
    }

    /// What RFC 5545 forbids beside this frequency or beside each other.
    fn go_together(&self) -> Result<(), BadRule> {
        let is = |frequency| self.frequency == frequency;
        let names_days = !(self.year_days.is_empty() && self.month_days.is_empty() && self.weekdays.is_empty());
        let names_any = names_days || !(self.months.is_empty() && self.weeks.is_empty());
        let numbers_weekdays = self.weekdays.iter().any(|(nth, _)| *nth != 0);
        let refused = [
            (
                !self.weeks.is_empty() && !is(Frequency::Yearly),
                "BYWEEKNO without FREQ=YEARLY",
                "use FREQ=YEARLY: weeks are numbered within a year",
            ),
            (!self.year_days.is_empty() && !is(Frequency::Yearly), "BYYEARDAY without FREQ=YEARLY", "use FREQ=YEARLY, or BYMONTHDAY"),
            (!self.month_days.is_empty() && is(Frequency::Weekly), "BYMONTHDAY with FREQ=WEEKLY", "use FREQ=MONTHLY, or BYDAY"),
            (
                numbers_weekdays && (is(Frequency::Daily) || is(Frequency::Weekly)),
                "a number in BYDAY without FREQ=MONTHLY or FREQ=YEARLY",
                "leave out the number: a day or a week has each weekday once at most",
            ),
            (
                numbers_weekdays && !self.weeks.is_empty(),
                "a number in BYDAY beside BYWEEKNO",
                "leave out the number: a week has each weekday once",
            ),
            (
                !self.positions.is_empty() && !names_any,
                "BYSETPOS without another BY part",
                "it picks from what another gives, as in FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
            ),
        ];
        refused.into_iter().find(|(holds, ..)| *holds).map_or(Ok(()), |(_, what, remedy)| Err(malformed(what, remedy)))
    }

    /// With what the rule leaves open taken from its first day: `FREQ=YEARLY;BYMONTH=1` is on the same day of January as that.
    pub fn completed(&self, first: NaiveDate) -> Self {
        let mut parts = self.clone();
        if parts.year_days.is_empty() && parts.month_days.is_empty() && parts.weekdays.is_empty() {
            parts.name_days(first);
        }
        // Where each of them counts and none is picked from by place, days and weeks need not be told apart: a month is looked at at once.
        if matches!(parts.frequency, Frequency::Daily | Frequency::Weekly) && parts.interval == 1 && parts.positions.is_empty() {
            parts.frequency = Frequency::Monthly;
        }
        parts
    }

    fn name_days(&mut self, first: NaiveDate) {
        match self.frequency {
            Frequency::Daily => {}
            Frequency::Yearly if self.weeks.is_empty() => {
                if self.months.is_empty() {
                    self.months.push(first.month().cast_signed());
                }
                self.month_days.push(first.day().cast_signed());
            }
            Frequency::Monthly => self.month_days.push(first.day().cast_signed()),
            Frequency::Weekly | Frequency::Yearly => self.weekdays.push((0, first.weekday())),
        }
    }
}

/// The names with their values, each name once.
fn split(text: &str) -> Result<Vec<(&str, &str)>, BadRule> {
    let mut given: Vec<(&str, &str)> = Vec::new();
    for part in text.split(';') {
        let Some((name, value)) = part.split_once('=') else {
            return Err(malformed(
                format!("`{part}` is not NAME=VALUE"),
                "for example FREQ=MONTHLY;BYMONTHDAY=1, each `;` between two parts",
            ));
        };
        match name {
            "COUNT" | "UNTIL" => return Err(BadRule::Bounded),
            "BYHOUR" | "BYMINUTE" | "BYSECOND" => return Err(BadRule::TooFine),
            _ if !NAMES.contains(&name) => {
                let remedy = "without spaces, one of FREQ, INTERVAL, WKST, BYMONTH, BYWEEKNO, BYYEARDAY, BYMONTHDAY, BYDAY, BYSETPOS";
                return Err(malformed(format!("`{name}` is no part of a rule"), remedy));
            }
            _ if given.iter().any(|(before, _)| *before == name) => {
                return Err(malformed(
                    format!("`{name}` stands there twice"),
                    "name it once; several values have commas, as in BYDAY=MO,FR",
                ));
            }
            _ if value.is_empty() => return Err(malformed(format!("`{part}` says nothing"), "give it a value, or leave it out")),
            _ => given.push((name, value)),
        }
    }
    Ok(given)
}

fn frequency(value: Option<&str>) -> Result<Frequency, BadRule> {
    let remedy = "FREQ is one of DAILY, WEEKLY, MONTHLY, YEARLY";
    Ok(match value {
        Some("DAILY") => Frequency::Daily,
        Some("WEEKLY") => Frequency::Weekly,
        Some("MONTHLY") => Frequency::Monthly,
        Some("YEARLY") => Frequency::Yearly,
        Some("HOURLY" | "MINUTELY" | "SECONDLY") => return Err(BadRule::TooFine),
        Some(word) => return Err(malformed(format!("`FREQ={word}` is no frequency"), remedy)),
        None => return Err(malformed("FREQ is missing", remedy)),
    })
}

fn interval(text: &str) -> Result<i32, BadRule> {
    let wrong = || malformed(format!("`INTERVAL={text}` is no whole number from 1 to 1000000"), "2 is every other one; 1 can be left out");
    number(text, 1_000_000).ok_or_else(wrong)
}

fn week_start(text: &str) -> Result<Weekday, BadRule> {
    weekday(text).ok_or_else(|| malformed(format!("`WKST={text}` is no weekday"), "one of MO, TU, WE, TH, FR, SA, SU"))
}

fn weekdays(list: &str) -> Result<Vec<(i32, Weekday)>, BadRule> {
    let one = |text: &str| {
        let (nth, name) = text.split_at_checked(text.len().checked_sub(2)?)?;
        let nth = if nth.is_empty() { 0 } else { signed(nth, 53)? };
        Some((nth, weekday(name)?))
    };
    let wrong = |text: &str| {
        let remedy = "MO, TU, WE, TH, FR, SA or SU; with a number from 1 to 53, 2MO is the second Monday and -1FR the last Friday";
        malformed(format!("`{text}` in BYDAY is no weekday"), remedy)
    };
    list.split(',').map(|text| one(text).ok_or_else(|| wrong(text))).collect()
}

fn weekday(text: &str) -> Option<Weekday> {
    WEEKDAYS.into_iter().find(|(name, _)| *name == text).map(|(_, weekday)| weekday)
}

/// Whether a list may count from the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FromEnd {
    Never,
    Too,
}

fn numbers(name: &str, list: &str, most: i32, from_end: FromEnd) -> Result<Vec<i32>, BadRule> {
    let one = |text| if from_end == FromEnd::Too { signed(text, most) } else { number(text, most) };
    let wrong = |text| match from_end {
        FromEnd::Never => malformed(format!("`{text}` in {name} is no whole number from 1 to {most}"), "several have commas between them"),
        FromEnd::Too => {
            let what = format!("`{text}` in {name} is no whole number from 1 to {most} or from -1 to -{most}");
            malformed(what, "1 is the first and -1 the last; several have commas between them")
        }
    };
    list.split(',').map(|text| one(text).ok_or_else(|| wrong(text))).collect()
}

fn signed(text: &str, most: i32) -> Option<i32> {
    match text.strip_prefix('-') {
        Some(digits) => number(digits, most).map(|number| -number),
        None => number(text.strip_prefix('+').unwrap_or(text), most),
    }
}

/// From 1 to `most`, in digits alone.
fn number(text: &str, most: i32) -> Option<i32> {
    let is_digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| is_digits && (1..=most).contains(number))
}

fn malformed(what: impl Into<String>, remedy: &'static str) -> BadRule {
    BadRule::Malformed { what: what.into(), remedy }
}
