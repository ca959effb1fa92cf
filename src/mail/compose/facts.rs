//! Sentences about an item that take more than looking up: how its term was worked out, where to look, what is not watched.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use crate::domain::almanac::Almanac;
use crate::domain::coverage::Gap;
use crate::domain::digest::Item;
use crate::domain::dutch;
use crate::domain::milestones::{Class, Kind, Milestone};
use crate::domain::moments::{Anchor, Direction, Point, Precision, Relative, When};
use crate::domain::occurrences::Occurrence;
use crate::domain::occurrences::needs::Needs;
use crate::domain::policies::{Module, Origin, Policy};
use crate::mail::compose::address::clean;
use crate::mail::compose::headline::care_type_names;

/// How a last day was worked out and what could change it: `4 weken na het aanbod; eerder als het aanbod eerder kwam`.
pub fn term(occurrence: &Occurrence<'_>) -> Option<String> {
    let parts = [counted(occurrence), recorded(occurrence), start(occurrence), earlier(occurrence)];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| dutch::capitalised(&parts.join("; ")))
}

/// The moment's own distance. One that stands under `before` ends a day earlier than it says, so it is left out.
fn counted(occurrence: &Occurrence<'_>) -> Option<String> {
    let relative = relative(occurrence).filter(|relative| relative.amount > 0)?;
    if occurrence.precision() == Precision::Before {
        return None;
    }
    let anchor = match &relative.anchor {
        Anchor::Milestone(local) => anchor_words(occurrence.policy.milestone(local)?),
        Anchor::AgreementStart => "de ingang van de overeenkomst".to_owned(),
        Anchor::AgreementEnd => "het einde van de overeenkomst".to_owned(),
        Anchor::ModuleStart => "de ingang van de module".to_owned(),
    };
    Some(format!("{} {anchor}", dutch::distance(relative)))
}

fn relative<'a>(occurrence: &Occurrence<'a>) -> Option<&'a Relative> {
    match &occurrence.milestone.moment.when {
        When::Once(Point::Relative(relative)) => Some(relative),
        _ => None,
    }
}

fn anchor_words(anchor: &Milestone) -> String {
    match anchor.kind {
        Kind::Offer => "het aanbod".to_owned(),
        Kind::SigningDeadline => "de tekendag".to_owned(),
        Kind::PortalOpen => "de opening van het portaal".to_owned(),
        Kind::QuestionnaireOpen => "de vragenlijst".to_owned(),
        Kind::Decision => "het bericht over de voorwaarden".to_owned(),
        Kind::QuestionCutoff => "de laatste dag voor vragen".to_owned(),
        _ => format!("‘{}’", clean(&anchor.title)),
    }
}

/// The start that it hangs on; said where the last day counts from it, or where it is only one of several.
fn start(occurrence: &Occurrence<'_>) -> Option<String> {
    let start = occurrence.start?;
    let needs = Needs::of(occurrence.policy, &occurrence.milestone.moment);
    let counts_from_it = matches!(occurrence.milestone.moment.when, When::Once(_)) && (needs.agreement_start || needs.module_start);
    let is_start_itself = occurrence.milestone.kind == Kind::ContractStart;
    match (occurrence.start_is_possible, counts_from_it && !is_start_itself) {
        (true, _) => Some(format!("bij ingang op {} (eerstvolgende mogelijkheid)", dutch::date(start))),
        (false, true) => Some(format!("bij ingang op {}", dutch::date(start))),
        (false, false) => None,
    }
}

/// The day of the practice's own from which it counts.
fn recorded(occurrence: &Occurrence<'_>) -> Option<String> {
    occurrence.counted_from.map(|day| format!("geteld vanaf {}, de dag die u doorgaf", dutch::date(day)))
}

/// What somebody else does can come early; what the practice counts back from its own deadline cannot.
fn earlier(occurrence: &Occurrence<'_>) -> Option<String> {
    relative(occurrence).filter(|relative| relative.direction == Direction::After)?;
    let awaited = occurrence.policy.milestones.iter().find(|m| Some(&m.id) == occurrence.waits_for.as_ref())?;
    let condition = match awaited.kind {
        Kind::Offer => "het aanbod eerder kwam".to_owned(),
        Kind::Decision => "het bericht eerder kwam".to_owned(),
        Kind::QuestionnaireOpen => "de vragenlijst eerder openging".to_owned(),
        Kind::PortalOpen => "het portaal eerder openging".to_owned(),
        kind if kind.class() == Class::Event => format!("‘{}’ eerder was", clean(&awaited.title)),
        _ => return None,
    };
    Some(format!("eerder als {condition}"))
}

/// The modules by the names that the policy gives them: `module Plus en addendum Valpreventie`.
pub fn module_names(item: &Item<'_>) -> String {
    let occurrence = &item.occurrence;
    let modules = occurrence.policy.modules_named(&occurrence.modules, &occurrence.care_types);
    let mut names: Vec<String> = modules.into_iter().map(module_name).collect();
    names.dedup();
    dutch::list(&names)
}

/// `module Plus`; a name that begins with its form says it already.
pub fn module_name(module: &Module) -> String {
    let (form, name) = (module.form.dutch(), clean(&module.name));
    if name.to_lowercase().starts_with(form) { name } else { format!("{form} {name}") }
}

/// `Zorgverzekeraars (bij u CZ en Zilveren Kruis)` for what the law gives, `De praktijk zelf` for its own dates, else the insurer.
pub fn insurer_in_full(almanac: &Almanac, item: &Item<'_>) -> String {
    match item.occurrence.policy.origin() {
        Origin::Insurer(insurer) => return clean(almanac.insurer_name(insurer)),
        Origin::Practice => return "De praktijk zelf".to_owned(),
        Origin::Law => {}
    }
    let through: BTreeSet<String> = item.through.iter().map(|(insurer, _)| clean(almanac.insurer_name(insurer))).collect();
    let names: Vec<String> = through.into_iter().collect();
    if names.is_empty() { "Zorgverzekeraars".to_owned() } else { format!("Zorgverzekeraars (bij u {})", dutch::list(&names)) }
}

/// Where something is put ready for the practice: look there, an invitation gets lost.
///
/// VECOZO is named only for insurers whose own document names it.
pub fn look_yourself(almanac: &Almanac, items: &[Item<'_>]) -> Vec<String> {
    let mut at_vecozo: BTreeSet<String> = BTreeSet::new();
    let mut at_insurer: BTreeSet<String> = BTreeSet::new();
    for item in items.iter().filter(|item| something_is_put_ready(item.occurrence.milestone)) {
        let Some(insurer) = &item.occurrence.policy.insurer else { continue };
        let name = clean(almanac.insurer_name(insurer));
        if names_vecozo(item.occurrence.policy) {
            at_vecozo.insert(name)
        } else {
            at_insurer.insert(name)
        };
    }
    let names = |insurers: &BTreeSet<String>| dutch::list(&insurers.iter().cloned().collect::<Vec<_>>());
    match (at_vecozo.is_empty(), at_insurer.is_empty()) {
        (true, true) => Vec::new(),
        (false, true) => vec!["Wacht niet op een mail van VECOZO: log zelf in.".to_owned()],
        (true, false) => vec![wait_not_for(&names(&at_insurer))],
        (false, false) => {
            let vecozo = format!("Wacht voor {} niet op een mail van VECOZO: log zelf in.", names(&at_vecozo));
            vec![vecozo, wait_not_for(&names(&at_insurer))]
        }
    }
}

fn wait_not_for(insurers: &str) -> String {
    format!("Wacht niet op een bericht van {insurers}: ga zelf na of er iets klaarstaat.")
}

fn something_is_put_ready(milestone: &Milestone) -> bool {
    let of_kind =
        [Kind::QuestionnaireOpen, Kind::QuestionnaireDue, Kind::PortalOpen, Kind::PortalClosed, Kind::Offer, Kind::SigningDeadline];
    of_kind.contains(&milestone.kind) || (milestone.kind != Kind::Preparation && milestone_names_vecozo(milestone))
}

fn names_vecozo(policy: &Policy) -> bool {
    policy.milestones.iter().any(milestone_names_vecozo)
}

fn milestone_names_vecozo(milestone: &Milestone) -> bool {
    let texts = [&milestone.guidance.place, &milestone.guidance.action];
    texts.into_iter().flatten().any(|text| text.contains("VECOZO"))
}

/// What these reminders do not watch, said aloud: silence is not safety.
pub fn gap_sentences(almanac: &Almanac, gaps: &[Gap], today: NaiveDate) -> Vec<String> {
    let mut parties: BTreeMap<(i32, bool), Vec<String>> = BTreeMap::new();
    for gap in gaps {
        let care_type = care_type_names(almanac, std::slice::from_ref(&gap.care_type));
        let party = format!("{} {care_type}", clean(almanac.insurer_name(&gap.insurer)));
        parties.entry((gap.year, gap.is_overdue(today))).or_default().push(party);
    }
    parties.iter().map(|((year, overdue), parties)| gap_sentence(*year, *overdue, &dutch::list(parties))).collect()
}

fn gap_sentence(year: i32, overdue: bool, parties: &str) -> String {
    let look = if overdue { " Kijk daarvoor op de website van de verzekeraar." } else { "" };
    format!("Van {parties} is voor {year} nog geen planning bekend; deze herinneringen gaan daar dus niet over.{look}")
}
