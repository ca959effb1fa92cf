//! A calendar file proves itself: its examples are asked of the real almanac.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate};

use crate::calendar_file::milestone_table::Places;
use crate::calendar_file::policy_table::{Sheet, problem};
use crate::domain::agenda::Agendas;
use crate::domain::almanac::{Almanac, FEW_MILESTONES, policy_occurrences};
use crate::domain::milestones::{Milestone, Setting};
use crate::domain::names::PracticeId;
use crate::domain::occurrences::occurs;
use crate::domain::policies::{Example, ExampleScope, Policy};
use crate::domain::practices::{Happened, HeldModule, Practice, Subscription};
use crate::domain::shares::in_shares;
use crate::problems::Problem;

pub(super) fn every_milestone_occurs(sheet: &Sheet, found: &mut Vec<Problem>) {
    if sheet.policy.insurer.is_none() {
        return;
    }
    let milestones: Vec<_> = sheet.policy.milestones.iter().zip(&sheet.milestones).collect();
    let missing = |milestones: &[(&Milestone, &Places)]| {
        let never = milestones.iter().filter(|(milestone, _)| !occurs(&sheet.policy, milestone, &[]));
        never.map(|(milestone, places)| never_occurs(sheet, milestone, places)).collect::<Vec<_>>()
    };
    found.extend(in_shares(&milestones, FEW_MILESTONES, missing).into_iter().flatten());
}

fn never_occurs(sheet: &Sheet, milestone: &Milestone, places: &Places) -> Problem {
    let hint = "check `applies`, the bounds of its recurrence and the starts that it hangs on";
    problem(sheet, places.id.clone(), format!("`{}` never occurs for anybody", milestone.id.local()), hint)
}

pub(super) fn hold(sheet: &Sheet, found: &mut Vec<Problem>) {
    if sheet.policy.examples.is_empty() {
        return;
    }
    let almanac = Almanac { policies: vec![sheet.policy.clone()], ..Almanac::default() };
    let mut answers = Answers { agendas: Agendas::of(&almanac), everybodys: BTreeMap::new() };
    for (example, place) in sheet.policy.examples.iter().zip(&sheet.examples) {
        let unknown = example.milestones.iter().find(|id| sheet.policy.milestone(id).is_none());
        if let Some(id) = unknown {
            let hint = "agreements and modules make overeenkomst-…-start and -einde, module-…-start and -einde";
            found.push(problem(sheet, place.clone(), format!("the example names `{id}`, which is no milestone of this file"), hint));
            continue;
        }
        let wanted: BTreeSet<&str> = example.milestones.iter().map(String::as_str).collect();
        let actual = answers.milestones_on(&sheet.policy, example);
        if wanted != actual {
            let list =
                |ids: Vec<&&str>| if ids.is_empty() { "none".to_owned() } else { ids.into_iter().copied().collect::<Vec<_>>().join(", ") };
            let message = format!("on {} the calendar gives: {}", example.on, list(actual.iter().collect()));
            let hint = format!(
                "missing: {}; too many: {}",
                list(wanted.difference(&actual).collect()),
                list(actual.difference(&wanted).collect())
            );
            found.push(problem(sheet, place.clone(), message, hint));
        }
    }
}

/// What a policy gives, worked out once for all the examples that ask the same.
struct Answers<'a> {
    agendas: Agendas<'a>,
    /// By the year of the question, and within it by last day.
    everybodys: BTreeMap<i32, BTreeMap<NaiveDate, BTreeSet<&'a str>>>,
}

impl<'a> Answers<'a> {
    fn milestones_on(&mut self, policy: &'a Policy, example: &Example) -> BTreeSet<&'a str> {
        if example.scope == ExampleScope::default() {
            let year = example.on.year();
            let days = self.everybodys.entry(year).or_insert_with(|| everybodys(policy, &[year, year + 1]));
            return days.get(&example.on).cloned().unwrap_or_default();
        }
        let entries = self.agendas.entries(&practice(policy, example), &Happened::new(), example.on, example.on);
        let ended = entries.iter().filter(|entry| entry.occurrence.last_day == example.on);
        ended.map(|entry| entry.occurrence.milestone.id.local()).collect()
    }
}

fn everybodys<'a>(policy: &'a Policy, years: &[i32]) -> BTreeMap<NaiveDate, BTreeSet<&'a str>> {
    let mut days: BTreeMap<NaiveDate, BTreeSet<&str>> = BTreeMap::new();
    for occurrence in policy_occurrences(policy, &Happened::new(), years) {
        days.entry(occurrence.last_day).or_default().insert(occurrence.milestone.id.local());
    }
    days
}

/// The practice as which an example asks; without a care type it has a subscription for each of the policy's.
fn practice(policy: &Policy, example: &Example) -> Practice {
    let scope = &example.scope;
    let insurer = policy.insurer.clone().unwrap_or_else(|| "statutory".into());
    let care_types = scope.care_type.clone().map_or_else(|| policy.care_types.clone(), |only| vec![only]);
    let subscription = |care_type| Subscription {
        standing: scope.standing,
        start: scope.start,
        modules: scope.modules.iter().map(|id| HeldModule { id: id.clone(), start: scope.module_start }).collect(),
        setting: scope.setting.unwrap_or(Setting::Practice),
        traits: scope.traits.clone(),
        ..Subscription::new(insurer.clone(), care_type)
    };
    let subscriptions = care_types.into_iter().map(subscription).collect();
    Practice { subscriptions, ..Practice::new(PracticeId::new("example"), "example") }
}
