//! Coverage: silence is not safety, so what has no timeline is said aloud.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate};

use crate::domain::almanac::Almanac;
use crate::domain::milestones::Setting;
use crate::domain::names::{CareType, InsurerId};
use crate::domain::practices::{Practice, Subscription};

/// A subscribed insurer and care type without a loaded policy for a contract year.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gap {
    /// With whom.
    pub insurer: InsurerId,
    /// For what.
    pub care_type: CareType,
    /// For which contract year nothing is known.
    pub year: i32,
    /// By when insurers publish by law; later than this it is overdue.
    pub due: NaiveDate,
}

impl Gap {
    /// Whether the policy should have been public on `today`.
    pub fn is_overdue(&self, today: NaiveDate) -> bool {
        today > self.due
    }
}

/// The contract years that each insurer and care type has a timeline for.
pub fn covered(almanac: &Almanac) -> BTreeMap<(InsurerId, CareType), BTreeSet<i32>> {
    let mut years: BTreeMap<(InsurerId, CareType), BTreeSet<i32>> = BTreeMap::new();
    for policy in &almanac.policies {
        let Some(insurer) = &policy.insurer else { continue };
        for agreement in &policy.agreements {
            for care_type in &agreement.care_types {
                let covered = years.entry((insurer.clone(), care_type.clone())).or_default();
                covered.extend(agreement.term.first.year()..=agreement.term.last.year());
            }
        }
    }
    years
}

/// Whether a policy has an agreement for this insurer, care type and setting that runs in a year.
pub fn is_covered(almanac: &Almanac, insurer: &InsurerId, care_type: &CareType, setting: Setting, year: i32) -> bool {
    let ours = almanac.policies.iter().filter(|policy| policy.insurer.as_ref() == Some(insurer));
    let mut agreements = ours.flat_map(|policy| &policy.agreements).filter(|agreement| agreement.fits(care_type, setting));
    agreements.any(|agreement| agreement.term.first.year() <= year && year <= agreement.term.last.year())
}

/// The coming contract year, seen from a day.
pub fn coming_year(today: NaiveDate) -> i32 {
    today.year() + 1
}

/// The gap of one subscription for the coming contract year, unless it has ended by then.
pub fn gap(almanac: &Almanac, subscription: &Subscription, today: NaiveDate) -> Option<Gap> {
    let year = coming_year(today);
    let first_of_year = NaiveDate::from_ymd_opt(year, 1, 1)?;
    if subscription.end.is_some_and(|end| end < first_of_year)
        || is_covered(almanac, &subscription.insurer, &subscription.care_type, subscription.setting, year)
    {
        return None;
    }
    let due = NaiveDate::from_ymd_opt(year - 1, 4, 1)?;
    Some(Gap { insurer: subscription.insurer.clone(), care_type: subscription.care_type.clone(), year, due })
}

/// All gaps of a practice, each once.
pub fn gaps(almanac: &Almanac, practice: &Practice, today: NaiveDate) -> Vec<Gap> {
    let found: BTreeSet<Gap> = practice.subscriptions.iter().filter_map(|subscription| gap(almanac, subscription, today)).collect();
    found.into_iter().collect()
}
