//! Terms, starts, windows and recurrences against each other.

use chrono::NaiveDate;

use crate::calendar_file::policy_table::{Sheet, problem};
use crate::domain::milestones::Milestone;
use crate::domain::moments::{Point, When};
use crate::domain::names::CareType;
use crate::domain::policies::{Agreement, Policy};
use crate::domain::scope::agreements_in_scope;
use crate::problems::Problem;

pub(super) fn starts_within_terms(sheet: &Sheet, found: &mut Vec<Problem>) {
    for (agreement, place) in sheet.policy.agreements.iter().zip(&sheet.agreements) {
        if agreement.starts.is_empty() {
            found.push(problem(sheet, place.clone(), format!("the agreement `{}` can never start", agreement.id), "check `starts`"));
        }
        for start in agreement.starts.iter().filter(|start| !agreement.term.holds(**start)) {
            let message = format!("the start {start} lies outside the term {} to {}", agreement.term.first, agreement.term.last);
            found.push(problem(sheet, place.clone(), message, "nothing starts before or after its agreement"));
        }
    }
    for (module, place) in sheet.policy.modules.iter().zip(&sheet.modules) {
        if module.starts.is_empty() {
            found.push(problem(sheet, place.clone(), format!("the module `{}` can never start", module.id), "check `starts`"));
        }
        for start in module.starts.iter().filter(|start| !some_term_holds(&sheet.policy, &module.care_types, **start)) {
            let message = format!("the module `{}` cannot start on {start}: no agreement for its care types runs then", module.id);
            found.push(problem(sheet, place.clone(), message, "check `starts` against the terms of the agreements"));
        }
    }
}

fn some_term_holds(policy: &Policy, care_types: &[CareType], day: NaiveDate) -> bool {
    let serves = |agreement: &&Agreement| agreement.care_types.iter().any(|care_type| care_types.contains(care_type));
    policy.agreements.iter().filter(serves).any(|agreement| agreement.term.holds(day))
}

pub(super) fn recurrences(sheet: &Sheet, found: &mut Vec<Problem>) {
    for (milestone, places) in sheet.policy.milestones.iter().zip(&sheet.milestones) {
        let When::Recurring(recurrence) = &milestone.moment.when else { continue };
        if recurrence.first.is_none() && sheet.policy.insurer.is_some() {
            let hint = "only statutory milestones recur without end; add `first` and `last`";
            found.push(problem(sheet, places.moment.clone(), "the recurrence has no bounds", hint));
        }
        if let (Some(Point::Stated(last)), Some(end)) = (&recurrence.last, last_end(&sheet.policy, milestone))
            && last.first_day() > end
        {
            let message = format!("it recurs until {last}, but the agreements end on {end}");
            found.push(problem(sheet, places.moment.clone(), message, "no date is carried past the contract period"));
        }
    }
}

fn last_end(policy: &Policy, milestone: &Milestone) -> Option<NaiveDate> {
    agreements_in_scope(policy, milestone).into_iter().map(|agreement| agreement.term.last).max()
}

pub(super) fn windows(sheet: &Sheet, found: &mut Vec<Problem>) {
    for (milestone, places) in sheet.policy.milestones.iter().zip(&sheet.milestones) {
        let (Some(Point::Stated(opens)), When::Once(Point::Stated(closes))) = (&milestone.moment.opens, &milestone.moment.when) else {
            continue;
        };
        if opens.first_day() > closes.last_day() {
            let message = format!("the window opens on {opens} and closes before that, on {closes}");
            found.push(problem(sheet, places.moment.clone(), message, "swap `from` and `by`"));
        }
    }
}
