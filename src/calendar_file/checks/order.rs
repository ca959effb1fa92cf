//! What comes before what.

use std::ops::Range;

use chrono::NaiveDate;

use crate::calendar_file::policy_table::{Sheet, problem};
use crate::domain::milestones::{Class, Kind, Milestone, Standing};
use crate::domain::moments::{Point, Precision, When};
use crate::domain::policies::Policy;
use crate::domain::scope::{care_types_of, settings_of};
use crate::problems::Problem;

/// The first of each pair does not come after the second.
const PAIRS: [(Kind, Kind); 7] = [
    (Kind::QuestionnaireOpen, Kind::QuestionnaireDue),
    (Kind::ApplicationOpen, Kind::ApplicationDue),
    (Kind::PortalOpen, Kind::QuestionCutoff),
    (Kind::PortalOpen, Kind::SigningDeadline),
    (Kind::PortalOpen, Kind::PortalClosed),
    (Kind::Offer, Kind::SigningDeadline),
    (Kind::SigningDeadline, Kind::PortalClosed),
];

pub(super) fn deadlines_close(sheet: &Sheet, found: &mut Vec<Problem>) {
    for (milestone, places) in sheet.policy.milestones.iter().zip(&sheet.milestones) {
        let closes = matches!(milestone.moment.precision, Precision::By | Precision::Before | Precision::Window);
        if milestone.kind.class() == Class::Deadline && !closes {
            let message = format!("`{}` is a deadline, but says neither by nor before when", milestone.kind.as_str());
            found.push(problem(
                sheet,
                places.moment.clone(),
                message,
                "write `by` (that day still counts) or `before` (it no longer does)",
            ));
        }
    }
}

pub(super) fn open_before_due(sheet: &Sheet, found: &mut Vec<Problem>) {
    let stated: Vec<(&Milestone, NaiveDate, Range<usize>)> = sheet
        .policy
        .milestones
        .iter()
        .zip(&sheet.milestones)
        .filter_map(|(milestone, places)| Some((milestone, stated_day(milestone)?, places.moment.clone())))
        .collect();
    for (earlier_kind, later_kind) in PAIRS {
        for (earlier, opens, _) in stated.iter().filter(|(milestone, ..)| milestone.kind == earlier_kind) {
            for (later, closes, place) in stated.iter().filter(|(milestone, ..)| milestone.kind == later_kind) {
                if opens > closes && same_audience(&sheet.policy, earlier, later) {
                    let message = format!("{closes} lies before `{}` on {opens}", earlier.id.local());
                    let hint = format!("{} never comes before {}; check both days", later_kind.as_str(), earlier_kind.as_str());
                    found.push(problem(sheet, place.clone(), message, hint));
                }
            }
        }
    }
}

fn stated_day(milestone: &Milestone) -> Option<NaiveDate> {
    match (&milestone.moment.when, &milestone.moment.opens) {
        (When::Once(Point::Stated(period)), None) => Some(milestone.moment.precision.last_day(*period)),
        _ => None,
    }
}

fn same_audience(policy: &Policy, one: &Milestone, other: &Milestone) -> bool {
    fn meet<T: PartialEq>(one: &[T], other: &[T]) -> bool {
        one.iter().any(|value| other.contains(value))
    }
    let standing = |milestone: &Milestone| {
        if milestone.applies.standing.is_empty() { Standing::ALL.to_vec() } else { milestone.applies.standing.clone() }
    };
    one.applies.modules == other.applies.modules
        && one.applies.start == other.applies.start
        && one.applies.traits == other.applies.traits
        && meet(&care_types_of(policy, &one.applies), &care_types_of(policy, &other.applies))
        && meet(&standing(one), &standing(other))
        && meet(settings_of(&one.applies), settings_of(&other.applies))
}
