//! What relative days count from.

use std::ops::Range;

use crate::calendar_file::policy_table::{Sheet, problem};
use crate::domain::milestones::Milestone;
use crate::domain::moments::{Anchor, When};
use crate::domain::occurrences::needs::Needs;
use crate::domain::policies::Policy;
use crate::problems::Problem;

pub(super) fn exist(sheet: &Sheet, found: &mut Vec<Problem>) {
    for (milestone, places) in sheet.policy.milestones.iter().zip(&sheet.milestones) {
        let place = places.moment.clone();
        let mut sound = true;
        for anchor in milestone.moment.anchors() {
            if let Some(problem) = unsound(sheet, anchor, place.clone()) {
                sound = false;
                found.push(problem);
            }
        }
        if !sound {
            continue;
        }
        if let Some(circle) = circle(&sheet.policy, milestone) {
            found.push(problem(
                sheet,
                place,
                format!("the day is worked out from itself: {}", circle.join(" → ")),
                "let one of them state its day",
            ));
            continue;
        }
        check_starts(sheet, milestone, place, found);
    }
}

fn unsound(sheet: &Sheet, anchor: &Anchor, place: Range<usize>) -> Option<Problem> {
    let Anchor::Milestone(local) = anchor else { return None };
    match sheet.policy.milestone(local) {
        None => {
            let ids = sheet.policy.milestones.iter().map(|milestone| milestone.id.local());
            let near = ids.map(|id| (strsim::jaro_winkler(id, local), id)).max_by(|a, b| a.0.total_cmp(&b.0));
            let hint = match near {
                Some((likeness, id)) if likeness > 0.75 => format!("did you mean `{id}`?"),
                _ => "an anchor is a milestone of this file, agreement-start, agreement-end or module-start".to_owned(),
            };
            Some(problem(sheet, place, format!("there is no milestone `{local}` to count from"), hint))
        }
        Some(anchor) if matches!(anchor.moment.when, When::Recurring(_)) => {
            Some(problem(sheet, place, format!("`{local}` recurs, so nothing can count from it"), "an anchor has exactly one occurrence"))
        }
        Some(_) => None,
    }
}

/// The way from a milestone back to itself, if there is one.
fn circle(policy: &Policy, start: &Milestone) -> Option<Vec<String>> {
    start.moment.anchors().next()?;
    let mut frontier: Vec<(&Milestone, Vec<String>)> = vec![(start, vec![start.id.local().to_owned()])];
    while let Some((at, path)) = frontier.pop() {
        for anchor in at.moment.anchors() {
            let Anchor::Milestone(next) = anchor else { continue };
            let mut longer = path.clone();
            longer.push(next.clone());
            if path.contains(next) {
                return (*next == path[0]).then_some(longer);
            }
            frontier.extend(policy.milestone(next).map(|milestone| (milestone, longer)));
        }
    }
    None
}

fn check_starts(sheet: &Sheet, milestone: &Milestone, place: Range<usize>, found: &mut Vec<Problem>) {
    let needs = Needs::of(&sheet.policy, &milestone.moment);
    if needs.module_start && milestone.applies.modules.is_empty() {
        let hint = "name the modules: applies = { modules = [\"…\"] }";
        found.push(problem(sheet, place.clone(), "it counts from the start of a module, but names none", hint));
    }
    if needs.agreement && sheet.policy.agreements.is_empty() {
        found.push(problem(sheet, place, "it counts from an agreement, but the policy has none", "add an [[agreement]]"));
    }
}
