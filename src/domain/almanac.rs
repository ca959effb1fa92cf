//! The almanac: all checked policies, insurers and care types together.

use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDate};

use crate::domain::names::{CareType, InsurerId, MilestoneId, PolicyId, folded};
use crate::domain::occurrences::series::in_order;
use crate::domain::occurrences::{Occurrence, add_series, occurrences};
use crate::domain::policies::Policy;
use crate::domain::practices::Happened;
use crate::domain::scope::match_everyone;
use crate::domain::shares::in_shares;
use crate::domain::{milestones::Milestone, names::ModuleId};

/// So many are worked out within a few milliseconds.
pub const FEW_MILESTONES: usize = 1000;

/// A brand that an insurer carried in a year; explained, never silently resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The brand.
    pub name: String,
    /// The contract year for which it was true.
    pub year: i32,
    /// Where that was seen.
    pub note: Option<String>,
}

/// The party that a practice contracts with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Insurer {
    /// Identity.
    pub id: InsurerId,
    /// As readers know it.
    pub name: String,
    /// Other spellings.
    pub aliases: Vec<String>,
    /// Brands.
    pub labels: Vec<Label>,
    /// How to reach it, Dutch.
    pub contact: Option<String>,
}

/// A *zorgsoort* with its names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CareTypeEntry {
    /// Identity.
    pub id: CareType,
    /// As readers know it.
    pub name: String,
    /// Other spellings.
    pub aliases: Vec<String>,
}

/// Why a name was not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnknownName {
    /// Nothing like it.
    #[error("{what} \"{given}\" is not in the timelines; known: {known}{}", near.as_ref().map(|n| format!(" (did you mean {n}?)")).unwrap_or_default())]
    Unknown {
        /// `insurer`, `care type`, `module` or `kind`.
        what: &'static str,
        /// What was asked.
        given: String,
        /// What could have been asked.
        known: String,
        /// The closest of those.
        near: Option<String>,
    },
    /// A label is explained.
    #[error("{label} was a label of {insurer} in {year}; contracts are made with the insurer, so ask for \"{id}\"")]
    Label {
        /// The label.
        label: String,
        /// The insurer's name.
        insurer: String,
        /// The year in which it was true.
        year: i32,
        /// What to ask for.
        id: InsurerId,
    },
}

/// Everything that is known about insurers and their timetables.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Almanac {
    /// In order of identity.
    pub insurers: Vec<Insurer>,
    /// In the order of the file.
    pub care_types: Vec<CareTypeEntry>,
    /// In order of identity, the statutory one included.
    pub policies: Vec<Policy>,
    /// The last parts of the identities of milestones in policies that were left out, because nobody asks about them; empty where none was.
    pub elsewhere: Vec<String>,
}

impl Almanac {
    /// A policy by its identity.
    pub fn policy(&self, id: &PolicyId) -> Option<&Policy> {
        self.policies.iter().find(|policy| policy.id == *id)
    }

    /// A milestone by its full identity.
    pub fn milestone(&self, id: &MilestoneId) -> Option<(&Policy, &Milestone)> {
        self.policies.iter().flat_map(|policy| policy.milestones.iter().map(move |m| (policy, m))).find(|(_, m)| m.id == *id)
    }

    /// The identities of all milestones.
    pub fn milestone_ids(&self) -> impl Iterator<Item = &MilestoneId> {
        self.policies.iter().flat_map(|policy| &policy.milestones).map(|milestone| &milestone.id)
    }

    /// The last parts of the identities of all milestones, those elsewhere too; one that several have comes several times.
    pub fn milestone_names(&self) -> impl Iterator<Item = &str> {
        self.milestone_ids().map(MilestoneId::local).chain(self.elsewhere.iter().map(String::as_str))
    }

    /// An insurer by its identity.
    pub fn insurer(&self, id: &InsurerId) -> Option<&Insurer> {
        self.insurers.iter().find(|insurer| insurer.id == *id)
    }

    /// The name that readers know, or the identity where no name was given.
    pub fn insurer_name<'a>(&'a self, id: &'a InsurerId) -> &'a str {
        self.insurer(id).map_or(id.as_str(), |insurer| &insurer.name)
    }

    /// The name that readers know, or the identity where no name was given.
    pub fn care_type_name<'a>(&'a self, id: &'a CareType) -> &'a str {
        self.care_types.iter().find(|entry| entry.id == *id).map_or(id.as_str(), |entry| &entry.name)
    }

    /// Understands an insurer's name forgivingly; explains a label.
    pub fn find_insurer(&self, given: &str) -> Result<InsurerId, UnknownName> {
        let wanted = folded(given);
        let spelled = |insurer: &&Insurer| {
            let mut spellings = insurer.aliases.iter().map(String::as_str).chain([insurer.id.as_str(), insurer.name.as_str()]);
            spellings.any(|spelling| folded(spelling) == wanted)
        };
        if let Some(insurer) = self.insurers.iter().find(spelled) {
            return Ok(insurer.id.clone());
        }
        for insurer in &self.insurers {
            if let Some(label) = insurer.labels.iter().find(|label| folded(&label.name) == wanted) {
                return Err(UnknownName::Label {
                    label: label.name.clone(),
                    insurer: insurer.name.clone(),
                    year: label.year,
                    id: insurer.id.clone(),
                });
            }
        }
        let candidates = self.insurers.iter().flat_map(|i| {
            i.aliases.iter().map(String::as_str).chain([i.id.as_str(), i.name.as_str()]).map(|spelling| (i.id.as_str(), spelling))
        });
        Err(unknown("insurer", given, self.insurers.iter().map(|i| i.id.as_str()), candidates))
    }

    /// Understands a care type's name forgivingly.
    pub fn find_care_type(&self, given: &str) -> Result<CareType, UnknownName> {
        let wanted = folded(given);
        let spelled = |entry: &&CareTypeEntry| {
            let mut spellings = entry.aliases.iter().map(String::as_str).chain([entry.id.as_str(), entry.name.as_str()]);
            spellings.any(|spelling| folded(spelling) == wanted)
        };
        if let Some(entry) = self.care_types.iter().find(spelled) {
            return Ok(entry.id.clone());
        }
        Err(unknown(
            "care type",
            given,
            self.care_types.iter().map(|c| c.id.as_str()),
            self.care_types.iter().map(|c| (c.id.as_str(), c.id.as_str())),
        ))
    }

    /// Understands a module's name forgivingly; the same identity may stand for several modules.
    pub fn find_module(&self, given: &str) -> Result<ModuleId, UnknownName> {
        let wanted = folded(given);
        let modules = || self.policies.iter().flat_map(|policy| &policy.modules);
        if let Some(module) = modules().find(|m| folded(m.id.as_str()) == wanted || folded(&m.name) == wanted) {
            return Ok(module.id.clone());
        }
        let known: BTreeSet<&str> = modules().map(|m| m.id.as_str()).collect();
        Err(unknown("module", given, known.iter().copied(), known.iter().map(|id| (*id, *id))))
    }

    /// The contract years that loaded policies cover, and the coming one.
    pub fn contract_years(&self, today: NaiveDate) -> Vec<i32> {
        let mut years: BTreeSet<i32> = self.policies.iter().flat_map(Policy::contract_years).collect();
        years.insert(today.year() + 1);
        years.into_iter().collect()
    }

    /// Every occurrence for everyone: all care types, modules and possible starts, in order of the last day.
    pub fn occurrences(&self, today: NaiveDate) -> Vec<Occurrence<'_>> {
        self.occurrences_of(today, |_| true)
    }

    /// The same for some policies only.
    pub fn occurrences_of<'a>(&'a self, today: NaiveDate, wanted: impl Fn(&Policy) -> bool) -> Vec<Occurrence<'a>> {
        let years = self.contract_years(today);
        let nothing = Happened::new();
        let of_policy = |policy: &'a Policy| policy.milestones.iter().map(move |milestone| (policy, milestone));
        let milestones: Vec<_> = self.policies.iter().filter(|policy| wanted(policy)).flat_map(of_policy).collect();
        let work_out = |milestones: &[(&'a Policy, &'a Milestone)]| {
            let mut series = Vec::new();
            for (policy, milestone) in milestones {
                add_series(policy, milestone, &match_everyone(policy, milestone), &nothing, &years, &mut series);
            }
            series
        };
        in_order(in_shares(&milestones, FEW_MILESTONES, work_out).into_iter().flatten().collect())
    }
}

/// Every occurrence of one policy for everyone.
pub fn policy_occurrences<'a>(policy: &'a Policy, happened: &Happened, years: &[i32]) -> Vec<Occurrence<'a>> {
    policy
        .milestones
        .iter()
        .flat_map(|milestone| occurrences(policy, milestone, &match_everyone(policy, milestone), happened, years))
        .collect()
}

/// Builds the message for an unknown name, with the closest of the known ones.
pub fn unknown<'a>(
    what: &'static str,
    given: &str,
    known: impl Iterator<Item = &'a str>,
    spellings: impl Iterator<Item = (&'a str, &'a str)>,
) -> UnknownName {
    let wanted = folded(given);
    let nearest = spellings.map(|(id, spelling)| (strsim::jaro_winkler(&folded(spelling), &wanted), id)).max_by(|a, b| a.0.total_cmp(&b.0));
    UnknownName::Unknown {
        what,
        given: given.to_owned(),
        known: known.collect::<Vec<_>>().join(", "),
        near: nearest.filter(|(likeness, _)| *likeness > 0.84).map(|(_, id)| id.to_owned()),
    }
}
