//! Lead times: how long before the last day a reminder goes out.

use std::collections::BTreeMap;
use std::fmt;

use chrono::NaiveDate;

use crate::domain::milestones::{Class, Kind};
use crate::domain::moments::Granularity;
use crate::domain::working_days::{shift, working_day_on_or_after, working_day_on_or_before};

/// A distance before the last day, in whole days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lead(pub u32);

impl Lead {
    /// Reads `4w`, `2d` or `0d`.
    ///
    /// ```
    /// use deadlines::domain::leads::Lead;
    /// assert_eq!(Lead::parse("2w"), Some(Lead(14)));
    /// assert_eq!(Lead::parse("soon"), None);
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (number, days) = match (text.strip_suffix('w'), text.strip_suffix('d')) {
            (Some(number), _) => (number, 7),
            (_, Some(number)) => (number, 1),
            _ => return None,
        };
        if number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let amount = number.parse::<u32>().ok()?.checked_mul(days)?;
        (amount <= 730).then_some(Self(amount))
    }
}

impl fmt::Display for Lead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 > 0 && self.0.is_multiple_of(7) { write!(f, "{}w", self.0 / 7) } else { write!(f, "{}d", self.0) }
    }
}

/// Which leads hold for which milestones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leads {
    /// Deadlines.
    pub deadline: Vec<Lead>,
    /// Events.
    pub event: Vec<Lead>,
    /// Duties of a day or a month.
    pub duty_month: Vec<Lead>,
    /// Duties of a quarter.
    pub duty_quarter: Vec<Lead>,
    /// Duties of a year.
    pub duty_year: Vec<Lead>,
    /// Contract boundaries.
    pub term: Vec<Lead>,
    /// Our advice.
    pub advice: Vec<Lead>,
    /// What is added to the class's leads for a kind.
    pub also: BTreeMap<Kind, Vec<Lead>>,
    /// What replaces the class's leads for a kind.
    pub instead: BTreeMap<Kind, Vec<Lead>>,
}

impl Default for Leads {
    fn default() -> Self {
        let leads = |days: &[u32]| days.iter().copied().map(Lead).collect::<Vec<_>>();
        Self {
            deadline: leads(&[28, 14, 7, 2, 0]),
            event: leads(&[0]),
            duty_month: leads(&[7]),
            duty_quarter: leads(&[28]),
            duty_year: leads(&[84, 28]),
            term: leads(&[84, 28]),
            advice: leads(&[7, 0]),
            also: [(Kind::PortalOpen, leads(&[7])), (Kind::RegistrationDue, leads(&[84])), (Kind::VisitationDue, leads(&[84]))].into(),
            instead: BTreeMap::new(),
        }
    }
}

impl Leads {
    /// The leads for a milestone of this kind and granularity, longest first.
    pub fn of(&self, kind: Kind, granularity: Granularity) -> Vec<Lead> {
        let by_class = match (kind.class(), granularity) {
            (Class::Deadline, _) => &self.deadline,
            (Class::Event, _) => &self.event,
            (Class::Duty, Granularity::Year) => &self.duty_year,
            (Class::Duty, Granularity::Quarter) => &self.duty_quarter,
            (Class::Duty, _) => &self.duty_month,
            (Class::Term, _) => &self.term,
            (Class::Advice, _) => &self.advice,
        };
        let mut leads = self.instead.get(&kind).unwrap_or(by_class).clone();
        leads.extend(self.also.get(&kind).into_iter().flatten());
        leads.sort_unstable_by(|a, b| b.cmp(a));
        leads.dedup();
        leads
    }
}

/// The day on which a reminder is due: the last day less the lead, moved to a working day.
///
/// Events wait for the next working morning: nobody is told on Friday to check what appears on Sunday. Everything else is pulled back.
pub fn due_day(class: Class, last_day: NaiveDate, lead: Lead) -> NaiveDate {
    let day = shift(last_day, -i64::from(lead.0));
    if class == Class::Event { working_day_on_or_after(day) } else { working_day_on_or_before(day) }
}
