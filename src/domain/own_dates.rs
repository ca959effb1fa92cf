//! Dates of a practice's own, beside the insurers': a certificate that expires, a registration of which only the practice knows.
//!
//! They make a policy of their own that stands in no calendar and concerns nobody else, so that every rule for reminders holds for them too.

use std::fmt;
use std::sync::Arc;

use chrono::{Datelike, Months, NaiveDate};

use crate::domain::leads::Lead;
use crate::domain::milestones::{Actor, Applies, Guidance, Kind, Milestone};
use crate::domain::moments::{Granularity, Moment, Period, Point, Precision, When};
use crate::domain::names::{MilestoneId, OccurrenceId, PolicyId, PracticeId};
use crate::domain::occurrences::sum::{Step, Way, What};
use crate::domain::occurrences::{Common, Occurrence};
use crate::domain::policies::{Policy, Source};
use crate::domain::working_days::shift;

/// What stands before the practice in the identity of an own date: `eigen/fysio-leiden/bhv`. No insurer may be called so.
pub const OWN: &str = "eigen";

/// What a reader is told that the date comes from.
pub const OWN_SOURCE: &str = "eigen datum";

/// How far ahead a date that comes back is worked out: farther than the longest lead.
const AHEAD_DAYS: i64 = 800;

/// How far back: for what was told lately.
const BACK_DAYS: i64 = 400;

/// After how many months a date comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Repeat(u32);

impl Repeat {
    /// Reads `3m` or `1y`; at most fifty years.
    ///
    /// ```
    /// use deadlines::domain::own_dates::Repeat;
    /// assert_eq!(Repeat::parse("12m").unwrap().to_string(), "1y");
    /// assert_eq!(Repeat::parse("weekly"), None);
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (number, months) = match (text.strip_suffix('y'), text.strip_suffix('m')) {
            (Some(number), _) => (number, 12),
            (_, Some(number)) => (number, 1),
            _ => return None,
        };
        if number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let months = number.parse::<u32>().ok()?.checked_mul(months)?;
        (1..=600).contains(&months).then_some(Self(months))
    }
}

impl fmt::Display for Repeat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_multiple_of(12) { write!(f, "{}y", self.0 / 12) } else { write!(f, "{}m", self.0) }
    }
}

/// Until or on which day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Due {
    /// That day still counts.
    By(NaiveDate),
    /// It happens that day.
    On(NaiveDate),
}

impl Due {
    /// The day itself.
    pub fn day(self) -> NaiveDate {
        match self {
            Self::By(day) | Self::On(day) => day,
        }
    }

    /// The key in files.
    pub fn word(self) -> &'static str {
        match self {
            Self::By(_) => "by",
            Self::On(_) => "on",
        }
    }
}

/// A date of a practice's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnDate {
    /// Unique within the practice; `kebab-case`.
    pub id: String,
    /// One line, as the practice says it.
    pub title: String,
    /// The first time.
    pub due: Due,
    /// After how long it comes back; `None`: it does not.
    pub repeats: Option<Repeat>,
    /// How long before; `None`: as other deadlines.
    pub leads: Option<Vec<Lead>>,
    /// What else the reader wants to be told.
    pub note: Option<String>,
    /// Put on record on; nothing before it.
    pub since: Option<NaiveDate>,
}

/// All dates of one practice's own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OwnDates {
    dates: Vec<OwnDate>,
    /// `None` where there are no dates.
    policy: Option<Box<Policy>>,
}

impl OwnDates {
    /// None at all.
    pub fn none() -> Self {
        Self::default()
    }

    /// The dates of a practice.
    pub fn new(practice: &PracticeId, dates: Vec<OwnDate>) -> Self {
        let policy = (!dates.is_empty()).then(|| Box::new(policy(practice, &dates)));
        Self { dates, policy }
    }

    /// As they were given.
    pub fn dates(&self) -> &[OwnDate] {
        &self.dates
    }

    /// With their milestones.
    pub fn iter(&self) -> impl Iterator<Item = (&OwnDate, &Milestone)> {
        self.dates.iter().zip(self.policy.iter().flat_map(|policy| &policy.milestones))
    }

    /// Every occurrence round `today` that is not before it was put on record; `first_day` stands in where that is not known.
    pub fn occurrences(&self, today: NaiveDate, first_day: NaiveDate) -> Vec<Occurrence<'_>> {
        let Some(policy) = self.policy.as_deref() else { return Vec::new() };
        let of = |(date, milestone)| occurrences(policy, milestone, date, today, first_day);
        self.dates.iter().zip(&policy.milestones).flat_map(of).collect()
    }
}

fn policy(practice: &PracticeId, dates: &[OwnDate]) -> Policy {
    let id = PolicyId::new(format!("{OWN}/{practice}"));
    Policy {
        milestones: dates.iter().map(|date| milestone(&id, date)).collect(),
        id,
        insurer: None,
        title: "Eigen datums".to_owned(),
        care_types: Vec::new(),
        source: Source { document: OWN_SOURCE.to_owned(), published: None, checked: None },
        standing: Vec::new(),
        agreements: Vec::new(),
        modules: Vec::new(),
        examples: Vec::new(),
    }
}

fn milestone(policy: &PolicyId, date: &OwnDate) -> Milestone {
    let precision = if matches!(date.due, Due::On(_)) { Precision::On } else { Precision::By };
    Milestone {
        id: MilestoneId::within(policy, &date.id),
        kind: Kind::OwnDate,
        title: date.title.clone(),
        moment: Moment::new(precision, When::Once(Point::Stated(Period::day(date.due.day())))),
        actor: Actor::Provider,
        guidance: Guidance { note: date.note.clone(), ..Guidance::default() },
        applies: Applies::default(),
        target: false,
        section: String::new(),
    }
}

fn occurrences<'a>(
    policy: &'a Policy,
    milestone: &'a Milestone,
    date: &OwnDate,
    today: NaiveDate,
    first_day: NaiveDate,
) -> Vec<Occurrence<'a>> {
    let since = date.since.unwrap_or(first_day);
    days(date, today).into_iter().filter(|day| *day >= since).map(|day| occurrence(policy, milestone, date, day)).collect()
}

/// Each time is counted from the first, so that the last day of a month stays one.
fn days(date: &OwnDate, today: NaiveDate) -> Vec<NaiveDate> {
    let first = date.due.day();
    let Some(Repeat(months)) = date.repeats else { return vec![first] };
    let (earliest, latest) = (shift(today, -BACK_DAYS), shift(today, AHEAD_DAYS).max(first));
    let past_months = (earliest.year() - first.year()) * 12 - 12;
    let skipped = u32::try_from(past_months).unwrap_or(0) / months;
    let nth = |n: u32| n.checked_mul(months).and_then(|months| first.checked_add_months(Months::new(months)));
    (skipped..).map_while(nth).take_while(|day| *day <= latest).filter(|day| *day >= earliest).collect()
}

fn occurrence<'a>(policy: &'a Policy, milestone: &'a Milestone, date: &OwnDate, day: NaiveDate) -> Occurrence<'a> {
    let id = match date.repeats {
        Some(_) => OccurrenceId::new(format!("{}@{day}", milestone.id)),
        None => OccurrenceId::new(milestone.id.as_str()),
    };
    let common = Common {
        milestone,
        policy,
        care_types: Arc::default(),
        modules: Arc::default(),
        start: None,
        start_is_possible: false,
        granularity: Granularity::Day,
        first_day: None,
        way: Way::Sum(vec![Step { what: What::Own, day }]),
        waits_for: None,
        counted_from: None,
    };
    Occurrence { common: Arc::new(common), id, period: Period::day(day), last_day: day }
}
