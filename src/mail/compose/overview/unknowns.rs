//! What is not known yet, said aloud, and whom the overview is made for.

use chrono::NaiveDate;
use serde::Serialize;

use crate::domain::almanac::Almanac;
use crate::domain::coverage::Gap;
use crate::domain::dutch;
use crate::domain::milestones::{Setting, Standing};
use crate::domain::names::{CareType, InsurerId, ModuleId};
use crate::domain::overview::Unknown;
use crate::domain::practices::{HeldModule, Subscription};
use crate::mail::compose::address::clean;
use crate::mail::compose::facts::module_name;
use crate::mail::compose::headline::care_type_names;

/// An insurer and care type, and something about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PartyView {
    /// `CZ fysiotherapie`, or several.
    pub party: String,
    /// One or two sentences, or what is known of a subscription.
    pub text: String,
}

/// What is not known; what lacks the same stands together.
pub fn unknowns(almanac: &Almanac, unknowns: &[Unknown], today: NaiveDate) -> Vec<PartyView> {
    let mut by_text: Vec<(String, Vec<String>)> = Vec::new();
    for PartyView { party, text } in unknowns.iter().map(|gap| unknown(almanac, gap, today)) {
        match by_text.iter_mut().find(|(known, _)| *known == text) {
            Some((_, parties)) => parties.push(party),
            None => by_text.push((text, vec![party])),
        }
    }
    by_text.into_iter().map(|(text, parties)| PartyView { party: dutch::list(&parties), text }).collect()
}

fn unknown(almanac: &Almanac, unknown: &Unknown, today: NaiveDate) -> PartyView {
    let years = dutch::list(&unknown.years.iter().map(i32::to_string).collect::<Vec<_>>());
    let text = match &unknown.coming {
        Some(gap) => format!("Voor {years} is hier nog geen planning bekend. {}", expected(gap, today)),
        None => format!("Over {years} is hier geen planning bekend."),
    };
    PartyView { party: party(almanac, &unknown.insurer, &unknown.care_type), text }
}

fn expected(gap: &Gap, today: NaiveDate) -> String {
    let (year, due) = (gap.year, dutch::date(gap.due));
    if gap.is_overdue(today) {
        return format!("Het inkoopbeleid voor {year} hoort sinds {due} openbaar te zijn: kijk op de website van de verzekeraar.");
    }
    let by = if gap.due == today { "vandaag".to_owned() } else { format!("op {due}") };
    format!("Het inkoopbeleid voor {year} hoort uiterlijk {by} openbaar te zijn.")
}

/// For what reminders are made, so that a reader sees what is wrong or missing.
pub fn subscription(almanac: &Almanac, subscription: &Subscription) -> PartyView {
    let standing = match subscription.standing {
        Some(Standing::Contracted) => "gecontracteerd",
        Some(Standing::Uncontracted) => "nog niet gecontracteerd",
        Some(Standing::New) => "nieuwe praktijk",
        None => "contract onbekend: alles wat kan gelden, wordt genoemd",
    };
    let setting = (subscription.setting == Setting::Institution).then(|| "instelling".to_owned());
    let modules = subscription.modules.iter().map(|held| module(almanac, subscription, held));
    let end = subscription.end.map(|end| format!("loopt tot en met {}", dutch::date(end)));
    let parts: Vec<String> = [Some(standing.to_owned()), setting].into_iter().flatten().chain(modules).chain(end).collect();
    PartyView { party: party(almanac, &subscription.insurer, &subscription.care_type), text: parts.join("; ") }
}

fn module(almanac: &Almanac, subscription: &Subscription, held: &HeldModule) -> String {
    let name = named(almanac, subscription, &held.id);
    match held.start {
        Some(start) => format!("{name} (per {})", dutch::date(start)),
        None => format!("{name} (begin onbekend)"),
    }
}

/// The name that the insurer's latest policy gives it.
fn named(almanac: &Almanac, subscription: &Subscription, id: &ModuleId) -> String {
    let ours = almanac.policies.iter().rev().filter(|policy| policy.insurer.as_ref() == Some(&subscription.insurer));
    let care_type = std::slice::from_ref(&subscription.care_type);
    let mut modules = ours.flat_map(|policy| policy.modules_named(std::slice::from_ref(id), care_type));
    modules.next().map_or_else(|| format!("module {id}"), module_name)
}

fn party(almanac: &Almanac, insurer: &InsurerId, care_type: &CareType) -> String {
    format!("{} {}", clean(almanac.insurer_name(insurer)), care_type_names(almanac, std::slice::from_ref(care_type)))
}
