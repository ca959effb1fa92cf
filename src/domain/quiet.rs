//! Quiet days: when a practice wants no mail that can wait, and on which days mail goes out.

use std::collections::BTreeSet;
use std::fmt;

use chrono::{NaiveDate, Weekday};

use crate::domain::leads::Lead;
use crate::domain::milestones::Class;
use crate::domain::working_days::{is_working_day, shift, working_day_on_or_after, working_day_on_or_before};

/// For how many days on end a practice may have no day for mail: the longest school holidays, with the weekends round them.
pub const LONGEST_QUIET_DAYS: i64 = 45;

/// A stretch of quiet days; both ends belong to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stretch {
    /// First day.
    pub from: NaiveDate,
    /// Last day.
    pub to: NaiveDate,
}

/// The days on which a practice gets nothing that can wait.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Quiet {
    /// Holidays.
    pub stretches: BTreeSet<Stretch>,
    /// Each week, by number from Monday (0) to Friday (4).
    pub weekdays: BTreeSet<u8>,
}

/// The working days, by the words in files.
pub const WEEKDAYS: [(&str, Weekday); 5] = [
    ("monday", Weekday::Mon),
    ("tuesday", Weekday::Tue),
    ("wednesday", Weekday::Wed),
    ("thursday", Weekday::Thu),
    ("friday", Weekday::Fri),
];

/// The number of a working day by its word; `None` for any other, also for a day of the weekend.
pub fn parse_weekday(text: &str) -> Option<u8> {
    let place = WEEKDAYS.iter().position(|(word, _)| *word == text)?;
    u8::try_from(place).ok()
}

/// The word for the number of a working day.
pub fn weekday_word(number: u8) -> &'static str {
    WEEKDAYS.get(usize::from(number)).map_or("", |(word, _)| word)
}

impl Quiet {
    /// Whether nothing is quiet.
    pub fn is_empty(&self) -> bool {
        self.stretches.is_empty() && self.weekdays.is_empty()
    }

    /// Whether a day is quiet, be it a working day or not.
    pub fn holds(&self, day: NaiveDate) -> bool {
        use chrono::Datelike;
        let number = u8::try_from(day.weekday().num_days_from_monday()).unwrap_or(u8::MAX);
        self.weekdays.contains(&number) || self.stretches.iter().any(|stretch| stretch.from <= day && day <= stretch.to)
    }

    /// Whether mail goes out on a day: a working day that is not quiet.
    pub fn is_sending_day(&self, day: NaiveDate) -> bool {
        is_working_day(day) && !self.holds(day)
    }

    /// The last day for mail that is not after `day`. Where there is none for too long, quiet days do not count.
    pub fn sending_day_on_or_before(&self, day: NaiveDate) -> NaiveDate {
        self.walk(day, -1).unwrap_or_else(|| working_day_on_or_before(day))
    }

    /// The first day for mail that is not before `day`. Where there is none for too long, quiet days do not count.
    pub fn sending_day_on_or_after(&self, day: NaiveDate) -> NaiveDate {
        self.walk(day, 1).unwrap_or_else(|| working_day_on_or_after(day))
    }

    fn walk(&self, day: NaiveDate, step: i64) -> Option<NaiveDate> {
        (0..=LONGEST_QUIET_DAYS).map(|days| shift(day, days * step)).find(|day| self.is_sending_day(*day))
    }

    /// The day on which a reminder is due: the last day less the lead, moved to a day for mail.
    ///
    /// Events wait for the next one: nobody is told on Friday to check what appears on Sunday. Everything else is pulled back.
    pub fn due_day(&self, class: Class, last_day: NaiveDate, lead: Lead) -> NaiveDate {
        let day = shift(last_day, -i64::from(lead.0));
        if class == Class::Event { self.sending_day_on_or_after(day) } else { self.sending_day_on_or_before(day) }
    }

    /// The first stretch that leaves no day for mail for longer than [`LONGEST_QUIET_DAYS`]; every week quiet throughout is one as well.
    pub fn too_long(&self, from: NaiveDate) -> Option<NaiveDate> {
        let starts = self.stretches.iter().map(|stretch| stretch.from).chain((!self.weekdays.is_empty()).then_some(from));
        starts.into_iter().find(|day| self.walk(*day, 1).is_none())
    }

    /// Reads what [`fmt::Display`] writes.
    ///
    /// ```
    /// use deadlines::domain::quiet::Quiet;
    /// let quiet = Quiet::parse("2026-07-20..2026-08-09; friday").unwrap();
    /// assert_eq!(quiet.to_string(), "2026-07-20..2026-08-09; friday");
    /// assert!(Quiet::parse("sunday").is_err());
    /// ```
    ///
    /// # Errors
    /// The part that is not understood.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut quiet = Self::default();
        for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
            if let Some(number) = parse_weekday(part) {
                quiet.weekdays.insert(number);
            } else {
                quiet.stretches.insert(stretch(part).ok_or_else(|| part.to_owned())?);
            }
        }
        Ok(quiet)
    }
}

fn stretch(text: &str) -> Option<Stretch> {
    let (from, to) = text.split_once("..").unwrap_or((text, text));
    let stretch = Stretch { from: from.trim().parse().ok()?, to: to.trim().parse().ok()? };
    (stretch.from <= stretch.to).then_some(stretch)
}

impl fmt::Display for Quiet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stretches =
            self.stretches.iter().map(|Stretch { from, to }| if from == to { from.to_string() } else { format!("{from}..{to}") });
        let weekdays = self.weekdays.iter().map(|number| weekday_word(*number).to_owned());
        f.write_str(&stretches.chain(weekdays).collect::<Vec<_>>().join("; "))
    }
}
