//! Lead times: how long before the last day a reminder goes out.

use std::collections::BTreeMap;
use std::fmt;

use crate::domain::milestones::{Class, Kind};
use crate::domain::moments::Granularity;
use crate::domain::names::MilestoneId;
use crate::domain::occurrences::Occurrence;

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
    /// What replaces all that for one milestone: a practice's own date.
    pub of_milestone: BTreeMap<MilestoneId, Vec<Lead>>,
    /// From this distance on an open deadline is heard by every address of its practice.
    pub escalation: Lead,
    /// Whether deadlines whose own leads are all longer get that distance as a lead too: where not everybody hears the others.
    pub adds_escalation: bool,
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
            of_milestone: BTreeMap::new(),
            escalation: Lead(2),
            adds_escalation: false,
        }
    }
}

impl Leads {
    /// The leads for an occurrence, longest first.
    pub fn of(&self, occurrence: &Occurrence<'_>) -> Vec<Lead> {
        let (kind, granularity) = (occurrence.milestone.kind, occurrence.granularity);
        let mut leads = match self.of_milestone.get(&occurrence.milestone.id) {
            Some(own) => own.clone(),
            None => self.usual(kind, granularity).copied().collect(),
        };
        let lacks_escalation = !leads.is_empty() && leads.iter().all(|lead| *lead > self.escalation);
        if self.adds_escalation && kind.class() == Class::Deadline && lacks_escalation {
            leads.push(self.escalation);
        }
        leads.sort_unstable_by(|a, b| b.cmp(a));
        leads.dedup();
        leads
    }

    /// The leads for a kind, in no order, where neither a milestone has its own nor an escalation is added.
    pub fn usual(&self, kind: Kind, granularity: Granularity) -> impl Iterator<Item = &Lead> {
        let by_class = match (kind.class(), granularity) {
            (Class::Deadline, _) => &self.deadline,
            (Class::Event, _) => &self.event,
            (Class::Duty, Granularity::Year) => &self.duty_year,
            (Class::Duty, Granularity::Quarter) => &self.duty_quarter,
            (Class::Duty, _) => &self.duty_month,
            (Class::Term, _) => &self.term,
            (Class::Advice, _) => &self.advice,
        };
        self.instead.get(&kind).unwrap_or(by_class).iter().chain(self.also.get(&kind).into_iter().flatten())
    }

    /// The same with a practice's own in place of what it overrides.
    #[must_use]
    pub fn with(&self, own: &OwnLeads) -> Self {
        let mut leads = self.clone();
        for (place, list) in &own.0 {
            leads.set(*place, list.clone());
        }
        leads
    }

    fn set(&mut self, place: LeadPlace, list: Vec<Lead>) {
        match place {
            LeadPlace::Deadline => self.deadline = list,
            LeadPlace::Event => self.event = list,
            LeadPlace::DutyMonth => self.duty_month = list,
            LeadPlace::DutyQuarter => self.duty_quarter = list,
            LeadPlace::DutyYear => self.duty_year = list,
            LeadPlace::Term => self.term = list,
            LeadPlace::Advice => self.advice = list,
            LeadPlace::Also(kind) => drop(self.also.insert(kind, list)),
            LeadPlace::Instead(kind) => drop(self.instead.insert(kind, list)),
        }
    }
}

/// Which leads a list stands for: those of a class, or of a kind beside or instead of its class's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LeadPlace {
    /// Deadlines.
    Deadline,
    /// Events.
    Event,
    /// Duties of a day or a month.
    DutyMonth,
    /// Duties of a quarter.
    DutyQuarter,
    /// Duties of a year.
    DutyYear,
    /// Contract boundaries.
    Term,
    /// Our advice.
    Advice,
    /// Added for a kind.
    Also(Kind),
    /// Replaced for a kind.
    Instead(Kind),
}

impl LeadPlace {
    /// Those of the classes, with their words.
    pub const OF_CLASSES: [(Self, &'static str); 7] = [
        (Self::Deadline, "deadline"),
        (Self::Event, "event"),
        (Self::DutyMonth, "duty_month"),
        (Self::DutyQuarter, "duty_quarter"),
        (Self::DutyYear, "duty_year"),
        (Self::Term, "term"),
        (Self::Advice, "advice"),
    ];

    /// Reads `deadline`, `duty_month`, `also.portal-open` or `instead.contract-end`; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(kind) = text.strip_prefix("also.") {
            return Kind::parse(kind).map(Self::Also);
        }
        if let Some(kind) = text.strip_prefix("instead.") {
            return Kind::parse(kind).map(Self::Instead);
        }
        Self::OF_CLASSES.into_iter().find(|(_, word)| *word == text).map(|(place, _)| place)
    }

    /// Whether a list there may be empty: deadlines are never without a reminder.
    pub fn may_be_empty(self) -> bool {
        match self {
            Self::Deadline => false,
            Self::Instead(kind) => kind.class() != Class::Deadline,
            _ => true,
        }
    }
}

impl fmt::Display for LeadPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Also(kind) => write!(f, "also.{}", kind.as_str()),
            Self::Instead(kind) => write!(f, "instead.{}", kind.as_str()),
            place => f.write_str(Self::OF_CLASSES.iter().find(|(known, _)| known == place).map_or("", |(_, word)| word)),
        }
    }
}

/// The lead times that one practice has in place of the operator's.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OwnLeads(pub BTreeMap<LeadPlace, Vec<Lead>>);

impl OwnLeads {
    /// Reads what [`fmt::Display`] writes.
    ///
    /// ```
    /// use deadlines::domain::leads::OwnLeads;
    /// let leads = OwnLeads::parse("deadline = 6w 1w; also.portal-open = 2w").unwrap();
    /// assert_eq!(leads.to_string(), "deadline = 6w 1w; also.portal-open = 2w");
    /// assert!(OwnLeads::parse("deadline = soon").is_err());
    /// ```
    ///
    /// # Errors
    /// The part that is not understood.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut own = Self::default();
        for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
            let read = || {
                let (place, list) = part.split_once('=')?;
                let place = LeadPlace::parse(place.trim())?;
                let list: Vec<Lead> = list.split_whitespace().map(Lead::parse).collect::<Option<_>>()?;
                (place.may_be_empty() || !list.is_empty()).then_some((place, list))
            };
            let (place, list) = read().ok_or_else(|| part.to_owned())?;
            if own.0.insert(place, list).is_some() {
                return Err(part.to_owned());
            }
        }
        Ok(own)
    }
}

impl fmt::Display for OwnLeads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (place, list)) in self.0.iter().enumerate() {
            write!(f, "{}{place} = {}", if index > 0 { "; " } else { "" }, joined(list))?;
        }
        Ok(())
    }
}

/// `6w 1w`.
pub fn joined(leads: &[Lead]) -> String {
    leads.iter().map(Lead::to_string).collect::<Vec<_>>().join(" ")
}
