//! What a reader will see: titles that fit, sentences that do not advise, days that fall on free days.

use crate::calendar_file::policy_table::{Sheet, problem};
use crate::domain::dutch;
use crate::domain::milestones::{Actor, Class, Guidance};
use crate::domain::moments::{Granularity, Point, When};
use crate::domain::working_days::{holiday, is_weekend, working_day_on_or_before};
use crate::problems::Problem;

/// With "CZ fysiotherapie: … (nog 28 dagen)" around it a subject stays readable on a phone.
const LONGEST_TITLE: usize = 70;

/// Competition rules: the service says until when one can decide, never what.
const ADVICE: [&str; 16] = [
    "u moet tekenen",
    "u moet ondertekenen",
    "u dient te tekenen",
    "u dient te ondertekenen",
    "wij raden",
    "we raden",
    "raden wij",
    "raden we",
    "wij adviseren",
    "we adviseren",
    "ons advies is",
    "aan te raden",
    "teken niet",
    "niet ondertekenen is beter",
    "weiger het aanbod",
    "beste keuze",
];

pub(super) fn titles(sheet: &Sheet, found: &mut Vec<Problem>) {
    for (milestone, places) in sheet.policy.milestones.iter().zip(&sheet.milestones) {
        let length = milestone.title.chars().count();
        if length > LONGEST_TITLE {
            let message = format!("the title has {length} characters; at most {LONGEST_TITLE} fit a subject line");
            found.push(problem(sheet, places.title.clone(), message, "shorten it; details belong in `action` and `note`"));
        }
    }
}

pub(super) fn neutral(sheet: &Sheet, found: &mut Vec<Problem>) {
    for (milestone, places) in sheet.policy.milestones.iter().zip(&sheet.milestones) {
        let Guidance { place, action, consequence, note, .. } = &milestone.guidance;
        let guidance = [place, action, consequence, note].into_iter().zip(&places.guidance);
        let guidance = guidance.filter_map(|(text, place)| Some((text.as_ref()?, place.as_ref()?)));
        for (text, place) in guidance.chain([(&milestone.title, &places.title)]) {
            let lower = text.to_lowercase();
            if let Some(words) = ADVICE.iter().find(|words| lower.contains(**words)) {
                let hint = "say until when one can decide (\"besluit vóór …\"), never what to decide";
                found.push(problem(sheet, place.clone(), format!("\"{words}\" advises the reader"), hint));
            }
        }
    }
}

pub(super) fn guidance(sheet: &Sheet, found: &mut Vec<Problem>) {
    for (milestone, places) in sheet.policy.milestones.iter().zip(&sheet.milestones) {
        let ours = milestone.kind.class() == Class::Deadline && milestone.actor == Actor::Provider;
        let guidance = &milestone.guidance;
        let parts = [("where", &guidance.place), ("action", &guidance.action), ("consequence", &guidance.consequence)];
        let missing: Vec<&str> = parts.into_iter().filter(|(_, part)| part.is_none()).map(|(name, _)| name).collect();
        if ours && !missing.is_empty() {
            let message = format!("the reader is not told {}", missing.join(", "));
            found.push(
                problem(sheet, places.id.clone(), message, "a practice acts on this: say where, what to do, and what happens otherwise")
                    .as_warning(),
            );
        }
    }
}

pub(super) fn free_days(sheet: &Sheet, found: &mut Vec<Problem>) {
    for (milestone, places) in sheet.policy.milestones.iter().zip(&sheet.milestones) {
        let When::Once(Point::Stated(period)) = &milestone.moment.when else { continue };
        let day = milestone.moment.precision.last_day(*period);
        let free =
            holiday(day).map(|holiday| holiday.english().to_owned()).or_else(|| is_weekend(day).then(|| format!("a {}", day.format("%A"))));
        if let (Some(free), Granularity::Day) = (free, period.granularity()) {
            let hint = format!(
                "nothing is moved; readers are told the last working day before: {}",
                dutch::full_date(working_day_on_or_before(day))
            );
            found.push(problem(sheet, places.moment.clone(), format!("{day} is {free}"), hint).as_warning());
        }
    }
}
