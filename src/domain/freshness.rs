//! How long ago an editor held each timeline against its source.

use chrono::{Datelike, NaiveDate};

use crate::domain::almanac::Almanac;
use crate::domain::policies::Policy;

/// A policy that still matters, and how old what is known of it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Age<'a> {
    /// Which one.
    pub policy: &'a Policy,
    /// For how many days nobody has held it against its source; `None`: it does not say.
    pub days: Option<i64>,
}

/// The policies with an agreement that runs in this contract year or a later one, and those of everyone.
pub fn ages(almanac: &Almanac, today: NaiveDate) -> Vec<Age<'_>> {
    let matters = |policy: &&Policy| policy.agreements.is_empty() || policy.agreements.iter().any(|a| a.term.last.year() >= today.year());
    let age = |policy| Age { policy, days: checked(policy).map(|day| (today - day).num_days()) };
    almanac.policies.iter().filter(matters).map(age).collect()
}

/// The last day on which any timeline was held against its source.
pub fn last_check(almanac: &Almanac) -> Option<NaiveDate> {
    almanac.policies.iter().filter_map(checked).max()
}

fn checked(policy: &Policy) -> Option<NaiveDate> {
    policy.source.checked
}
