//! Policies: one insurer's purchasing policy, with its agreements, modules and milestones.

use chrono::NaiveDate;

use crate::domain::milestones::{Milestone, Setting, Standing};
use crate::domain::moments::{Granularity, Point};
use crate::domain::names::{CareType, InsurerId, ModuleId, PolicyId};
use crate::domain::own_dates::OWN;
use crate::domain::recurrence::Rule;

/// The document that the facts come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its title, with the insurer.
    pub document: String,
    /// When it was published.
    pub published: Option<NaiveDate>,
    /// When an editor last held the file against it.
    pub checked: Option<NaiveDate>,
}

/// The first and the last day of an agreement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Term {
    /// First day.
    pub first: NaiveDate,
    /// Last day, still covered.
    pub last: NaiveDate,
}

impl Term {
    /// Whether `day` lies within.
    pub fn holds(self, day: NaiveDate) -> bool {
        self.first <= day && day <= self.last
    }
}

/// The days on which an agreement or module can start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Starts {
    /// Written out.
    Days(Vec<NaiveDate>),
    /// By a rule between two days.
    Every {
        /// The rule.
        rule: Rule,
        /// First possible start.
        first: NaiveDate,
        /// Last possible start.
        last: NaiveDate,
    },
}

impl Starts {
    /// All possible days, earliest first.
    pub fn days(&self) -> Vec<NaiveDate> {
        match self {
            Self::Days(days) => {
                let mut days = days.clone();
                days.sort_unstable();
                days
            }
            Self::Every { rule, first, last } => rule.days(*first, *last).collect(),
        }
    }
}

/// The contract itself, for some care types and a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreement {
    /// Unique within the policy.
    pub id: String,
    /// What a reader calls it.
    pub name: String,
    /// For which care types.
    pub care_types: Vec<CareType>,
    /// For practices or institutions alone; `None` means both.
    pub setting: Option<Setting>,
    /// From when to when.
    pub term: Term,
    /// When it can start, earliest first.
    pub starts: Vec<NaiveDate>,
    /// Where it is written.
    pub section: String,
    /// How it was read.
    pub note: Option<String>,
}

impl Agreement {
    /// Whether it fits a care type in a setting.
    pub fn fits(&self, care_type: &CareType, setting: Setting) -> bool {
        self.care_types.contains(care_type) && self.setting.is_none_or(|only| only == setting)
    }
}

/// What a module is on paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A module on top of the agreement.
    Module,
    /// An addendum to it.
    Addendum,
    /// An agreement of its own instead of it.
    Agreement,
    /// A tariff group of it.
    TariffGroup,
}

impl Form {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Module, Self::Addendum, Self::Agreement, Self::TariffGroup];

    /// The word in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Module => "module",
            Self::Addendum => "addendum",
            Self::Agreement => "agreement",
            Self::TariffGroup => "tariff-group",
        }
    }

    /// What a Dutch reader calls it, in front of its name.
    pub fn dutch(self) -> &'static str {
        match self {
            Self::Module => "module",
            Self::Addendum => "addendum",
            Self::Agreement => "overeenkomst",
            Self::TariffGroup => "tariefgroep",
        }
    }
}

/// What can be contracted on top of or instead of the base agreement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Module {
    /// Unique only within insurer and care type.
    pub id: ModuleId,
    /// As the insurer calls it.
    pub name: String,
    /// For which care types.
    pub care_types: Vec<CareType>,
    /// What it is on paper.
    pub form: Form,
    /// In practices or institutions alone; `None` means both.
    pub setting: Option<Setting>,
    /// When it can start, earliest first.
    pub starts: Vec<NaiveDate>,
    /// Where it is written.
    pub section: String,
    /// How it was read.
    pub note: Option<String>,
}

/// One practice's question put to an example row; empty means everybody's.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExampleScope {
    /// As a practice with this care type.
    pub care_type: Option<CareType>,
    /// Holding these modules.
    pub modules: Vec<ModuleId>,
    /// With this standing.
    pub standing: Option<Standing>,
    /// In this setting.
    pub setting: Option<Setting>,
    /// Whose agreement started then.
    pub start: Option<NaiveDate>,
    /// Whose modules start then.
    pub module_start: Option<NaiveDate>,
    /// With these traits.
    pub traits: Vec<String>,
}

/// A row with which a file proves itself: exactly these milestones end on that day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// The day asked about.
    pub on: NaiveDate,
    /// The local identities that must be found, and no others.
    pub milestones: Vec<String>,
    /// Asked as whom.
    pub scope: ExampleScope,
}

/// One calendar file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Named after the file.
    pub id: PolicyId,
    /// `None` for what the law gives, and for a practice's own dates: [`Policy::origin`] tells them apart.
    pub insurer: Option<InsurerId>,
    /// As the document is called.
    pub title: String,
    /// Whom it concerns; empty in the statutory file, which concerns all.
    pub care_types: Vec<CareType>,
    /// The document.
    pub source: Source,
    /// What the document means by each standing.
    pub standing: Vec<(Standing, String)>,
    /// The contracts.
    pub agreements: Vec<Agreement>,
    /// What comes on top or instead.
    pub modules: Vec<Module>,
    /// All milestones, those that agreements and modules make included.
    pub milestones: Vec<Milestone>,
    /// The rows with which it proves itself.
    pub examples: Vec<Example>,
}

/// Where a policy comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin<'a> {
    /// An insurer's document.
    Insurer(&'a InsurerId),
    /// The law, for all insurers.
    Law,
    /// The practice's own dates.
    Practice,
}

impl Policy {
    /// Where it comes from.
    pub fn origin(&self) -> Origin<'_> {
        let is_own = || self.id.as_str().split_once('/').is_some_and(|(folder, _)| folder == OWN);
        match &self.insurer {
            Some(insurer) => Origin::Insurer(insurer),
            None if is_own() => Origin::Practice,
            None => Origin::Law,
        }
    }

    /// The agreement that fits a care type in a setting.
    pub fn agreement_for(&self, care_type: &CareType, setting: Setting) -> Option<&Agreement> {
        self.agreements.iter().find(|agreement| agreement.fits(care_type, setting))
    }

    /// The modules with one of these identities for one of these care types.
    pub fn modules_named(&self, ids: &[ModuleId], care_types: &[CareType]) -> Vec<&Module> {
        let wanted = |module: &&Module| ids.contains(&module.id) && module.care_types.iter().any(|c| care_types.contains(c));
        self.modules.iter().filter(wanted).collect()
    }

    /// A milestone by its local identity.
    pub fn milestone(&self, local: &str) -> Option<&Milestone> {
        self.milestones.iter().find(|milestone| milestone.id.local() == local)
    }

    /// The contract years that its agreements touch.
    pub fn contract_years(&self) -> impl Iterator<Item = i32> {
        use chrono::Datelike;
        self.agreements.iter().flat_map(|agreement| agreement.term.first.year()..=agreement.term.last.year())
    }

    /// How fine a stated point is; a day that is worked out is a day.
    pub fn granularity_of(point: &Point) -> Granularity {
        match point {
            Point::Stated(period) => period.granularity(),
            Point::Relative(_) => Granularity::Day,
        }
    }
}
