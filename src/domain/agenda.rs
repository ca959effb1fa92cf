//! A practice's agenda: every occurrence that concerns it, subscription by subscription.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{Datelike, NaiveDate};

use crate::domain::almanac::Almanac;
use crate::domain::milestones::{Kind, Milestone};
use crate::domain::names::{CareType, InsurerId};
use crate::domain::occurrences::{Occurrence, occurrences};
use crate::domain::own_dates::OWN;
use crate::domain::policies::Policy;
use crate::domain::practices::{Happened, Practice, Subscription};
use crate::domain::scope::match_subscription;

/// An occurrence as it concerns one practice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry<'a> {
    /// The occurrence; its care types and modules are those that matched.
    pub occurrence: Arc<Occurrence<'a>>,
    /// Through which insurer and care type; [`OWN`] for a date of the practice's own.
    pub insurer: InsurerId,
    /// The care type of the subscription; [`OWN`] for a date of the practice's own.
    pub care_type: CareType,
}

/// Everything that concerns a practice, in order of the last day: one entry per subscription, and its own dates.
///
/// `first_day` stands in for a missing `since`: what lies before it is left out.
pub fn entries<'a>(
    almanac: &'a Almanac,
    practice: &'a Practice,
    happened: &Happened,
    today: NaiveDate,
    first_day: NaiveDate,
) -> Vec<Entry<'a>> {
    with_own(of_calendars(almanac, practice, happened, today, first_day), practice, today, first_day)
}

/// What calendars say to a practice, with its own dates among it.
pub fn with_own<'a>(mut all: Vec<Entry<'a>>, practice: &'a Practice, today: NaiveDate, first_day: NaiveDate) -> Vec<Entry<'a>> {
    let own = |occurrence| Entry { occurrence: Arc::new(occurrence), insurer: InsurerId::from(OWN), care_type: CareType::from(OWN) };
    all.extend(practice.own.occurrences(today, first_day).into_iter().map(own));
    in_order(&mut all);
    all
}

/// The same without the practice's own dates.
pub fn of_calendars<'a>(
    almanac: &'a Almanac,
    practice: &Practice,
    happened: &Happened,
    today: NaiveDate,
    first_day: NaiveDate,
) -> Vec<Entry<'a>> {
    Agendas::of(almanac).entries(practice, happened, today, first_day)
}

/// How many different subscriptions are remembered: with some hundred entries each, a few dozen megabytes.
const MOST_REMEMBERED: usize = 1000;

/// The agendas of many practices. What practices with equal subscriptions have in common is worked out once.
#[derive(Debug)]
pub struct Agendas<'a> {
    almanac: &'a Almanac,
    /// The contract years in view, and in which year that is: what is known holds for them.
    years: Vec<i32>,
    in_year: Option<i32>,
    known: HashMap<Subscription, Vec<Entry<'a>>>,
}

impl<'a> Agendas<'a> {
    /// Nothing is worked out yet.
    pub fn of(almanac: &'a Almanac) -> Self {
        Self { almanac, years: Vec::new(), in_year: None, known: HashMap::new() }
    }

    /// Whose they are.
    pub fn almanac(&self) -> &'a Almanac {
        self.almanac
    }

    /// As [`of_calendars`] gives them.
    pub fn entries(&mut self, practice: &Practice, happened: &Happened, today: NaiveDate, first_day: NaiveDate) -> Vec<Entry<'a>> {
        self.turn_to(today);
        let mut all = Vec::new();
        for subscription in &practice.subscriptions {
            let since = subscription.since.unwrap_or(first_day);
            let concerns = |entry: &&Entry<'a>| concerns(subscription, entry, since);
            if happened.is_empty() {
                all.extend(self.usual(subscription).iter().filter(concerns).cloned());
            } else {
                all.extend(subscription_entries(self.almanac, subscription, happened, &self.years).iter().filter(concerns).cloned());
            }
        }
        in_order(&mut all);
        all
    }

    fn turn_to(&mut self, today: NaiveDate) {
        if self.in_year != Some(today.year()) {
            (self.years, self.in_year) = (self.almanac.contract_years(today), Some(today.year()));
            self.known.clear();
        }
    }

    /// Where nothing happened that moves a day, whoever has the same subscription has the same entries.
    fn usual(&mut self, subscription: &Subscription) -> &[Entry<'a>] {
        let key = Subscription { since: None, end: None, ..subscription.clone() };
        if self.known.len() >= MOST_REMEMBERED && !self.known.contains_key(&key) {
            self.known.clear();
        }
        let (almanac, years) = (self.almanac, &self.years);
        self.known.entry(key).or_insert_with(|| subscription_entries(almanac, subscription, &Happened::new(), years))
    }
}

/// In order, so that putting those of several subscriptions in order is little work.
fn subscription_entries<'a>(almanac: &'a Almanac, subscription: &Subscription, happened: &Happened, years: &[i32]) -> Vec<Entry<'a>> {
    let own = insurers_entries(almanac, subscription, happened, years);
    let statutory = statutory_entries(almanac, subscription, &own, happened, years);
    let mut all: Vec<Entry<'a>> = own.into_iter().chain(statutory).collect();
    in_order(&mut all);
    all
}

fn in_order(entries: &mut [Entry<'_>]) {
    entries.sort_by(|a, b| {
        (a.occurrence.last_day, &a.occurrence.id, &a.care_type).cmp(&(b.occurrence.last_day, &b.occurrence.id, &b.care_type))
    });
}

/// The same, with the entries of one occurrence and start put together.
pub fn merged<'a>(entries: Vec<Entry<'a>>) -> Vec<Entry<'a>> {
    let mut all: Vec<Entry<'a>> = Vec::new();
    for entry in entries {
        let same = |other: &&mut Entry<'a>| {
            other.occurrence.id == entry.occurrence.id
                && other.occurrence.last_day == entry.occurrence.last_day
                && other.occurrence.start == entry.occurrence.start
        };
        match all.iter_mut().find(same) {
            Some(known) => {
                let known = Arc::make_mut(&mut known.occurrence);
                known.absorb(&entry.occurrence);
                Arc::make_mut(&mut known.common).start_is_possible &= entry.occurrence.start_is_possible;
            }
            None => all.push(entry),
        }
    }
    all
}

fn concerns(subscription: &Subscription, entry: &Entry<'_>, since: NaiveDate) -> bool {
    let last_day = entry.occurrence.last_day;
    last_day >= since && subscription.end.is_none_or(|end| last_day <= end)
}

fn insurers_entries<'a>(almanac: &'a Almanac, subscription: &Subscription, happened: &Happened, years: &[i32]) -> Vec<Entry<'a>> {
    let ours = |policy: &&Policy| policy.insurer.as_ref() == Some(&subscription.insurer);
    almanac.policies.iter().filter(ours).flat_map(|policy| policy_entries(policy, subscription, happened, years)).collect()
}

/// What the law gives is silent where the insurer's own policy states the same kind for that year.
fn statutory_entries<'a>(
    almanac: &'a Almanac,
    subscription: &Subscription,
    own: &[Entry<'a>],
    happened: &Happened,
    years: &[i32],
) -> Vec<Entry<'a>> {
    let stated =
        |kind: Kind, year: i32| own.iter().any(|entry| entry.occurrence.milestone.kind == kind && entry.occurrence.last_day.year() == year);
    let statutory = almanac.policies.iter().filter(|policy| policy.insurer.is_none());
    statutory
        .flat_map(|policy| policy_entries(policy, subscription, happened, years))
        .filter(|entry| !stated(entry.occurrence.milestone.kind, entry.occurrence.last_day.year()))
        .collect()
}

fn policy_entries<'a>(policy: &'a Policy, subscription: &Subscription, happened: &Happened, years: &[i32]) -> Vec<Entry<'a>> {
    policy.milestones.iter().flat_map(|milestone| milestone_entries(policy, milestone, subscription, happened, years)).collect()
}

fn milestone_entries<'a>(
    policy: &'a Policy,
    milestone: &'a Milestone,
    subscription: &Subscription,
    happened: &Happened,
    years: &[i32],
) -> Vec<Entry<'a>> {
    let Ok(matched) = match_subscription(policy, milestone, subscription) else { return Vec::new() };
    let entry = |occurrence| Entry {
        occurrence: Arc::new(occurrence),
        insurer: subscription.insurer.clone(),
        care_type: subscription.care_type.clone(),
    };
    occurrences(policy, milestone, &matched, happened, years).into_iter().map(entry).collect()
}
