//! A calendar file proves itself: its examples are asked of the real almanac.

use std::collections::BTreeSet;

use chrono::Datelike;

use crate::calendar_file::policy_table::{Sheet, problem};
use crate::domain::agenda;
use crate::domain::almanac::{Almanac, policy_occurrences};
use crate::domain::milestones::Setting;
use crate::domain::names::PracticeId;
use crate::domain::policies::{Example, Policy};
use crate::domain::practices::{Happened, HeldModule, Practice, Subscription};
use crate::problems::Problem;

pub(super) fn every_milestone_occurs(sheet: &Sheet, found: &mut Vec<Problem>) {
    if sheet.policy.insurer.is_none() {
        return;
    }
    let occurring: BTreeSet<&str> =
        policy_occurrences(&sheet.policy, &Happened::new(), &[]).iter().map(|o| o.milestone.id.local()).collect();
    for (milestone, places) in sheet.policy.milestones.iter().zip(&sheet.milestones) {
        if !occurring.contains(milestone.id.local()) {
            let hint = "check `applies`, the bounds of its recurrence and the starts that it hangs on";
            found.push(problem(sheet, places.id.clone(), format!("`{}` never occurs for anybody", milestone.id.local()), hint));
        }
    }
}

pub(super) fn hold(sheet: &Sheet, found: &mut Vec<Problem>) {
    for (example, place) in sheet.policy.examples.iter().zip(&sheet.examples) {
        let unknown = example.milestones.iter().find(|id| sheet.policy.milestone(id).is_none());
        if let Some(id) = unknown {
            let hint = "agreements and modules make overeenkomst-…-start and -einde, module-…-start and -einde";
            found.push(problem(sheet, place.clone(), format!("the example names `{id}`, which is no milestone of this file"), hint));
            continue;
        }
        let wanted: BTreeSet<&str> = example.milestones.iter().map(String::as_str).collect();
        let actual = milestones_on(&sheet.policy, example);
        let actual: BTreeSet<&str> = actual.iter().map(String::as_str).collect();
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

fn milestones_on(policy: &Policy, example: &Example) -> BTreeSet<String> {
    let years = [example.on.year(), example.on.year() + 1];
    let ended = |last_day| last_day == example.on;
    if example.scope == crate::domain::policies::ExampleScope::default() {
        let all = policy_occurrences(policy, &Happened::new(), &years);
        return all.iter().filter(|o| ended(o.last_day)).map(|o| o.milestone.id.local().to_owned()).collect();
    }
    let almanac = Almanac { policies: vec![policy.clone()], ..Almanac::default() };
    let practice = practice(policy, example);
    let entries = agenda::entries(&almanac, &practice, &Happened::new(), example.on, example.on);
    entries.iter().filter(|entry| ended(entry.occurrence.last_day)).map(|entry| entry.occurrence.milestone.id.local().to_owned()).collect()
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
