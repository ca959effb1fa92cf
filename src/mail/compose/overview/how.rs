//! How the reminders work, in words made from the configured lead times: a mail never promises another rhythm than the service keeps.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::domain::decide::Rules;
use crate::domain::dutch;
use crate::domain::leads::Lead;
use crate::domain::milestones::Kind;
use crate::mail::compose::headline::words;

/// When one sort of thing is reminded of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RhythmView {
    /// `Uiterste dag`.
    pub what: String,
    /// `4 weken, 2 weken en 1 week van tevoren en op de dag zelf`.
    pub when: String,
}

/// A row for each sort of thing, and for the kinds that differ from theirs.
pub fn rhythm(rules: &Rules) -> Vec<RhythmView> {
    let leads = &rules.leads;
    let rows = [
        ("Uiterste dag", &leads.deadline),
        ("Iets verschijnt, opent of komt", &leads.event),
        ("Maandelijkse plicht", &leads.duty_month),
        ("Plicht per kwartaal", &leads.duty_quarter),
        ("Jaarlijkse plicht", &leads.duty_year),
        ("Begin of einde van een overeenkomst", &leads.term),
        ("Advies dat wij uitrekenen", &leads.advice),
    ];
    let by_class = rows.into_iter().map(|(what, leads)| RhythmView { what: what.to_owned(), when: when(leads) });
    by_class.chain(exceptions(&leads.instead, "")).chain(exceptions(&leads.also, "ook ")).collect()
}

/// Kinds with the same leads share a row.
fn exceptions<'a>(kinds: &'a BTreeMap<Kind, Vec<Lead>>, also: &'a str) -> impl Iterator<Item = RhythmView> + 'a {
    let mut by_leads: BTreeMap<&Vec<Lead>, Vec<String>> = BTreeMap::new();
    for (kind, leads) in kinds {
        by_leads.entry(leads).or_default().push(words(*kind).to_owned());
    }
    let row = move |(leads, kinds): (&Vec<Lead>, Vec<String>)| RhythmView {
        what: dutch::capitalised(&dutch::list(&kinds)),
        when: format!("{also}{}", when(leads)),
    };
    by_leads.into_iter().map(row)
}

/// `4 weken, 2 weken en 2 dagen van tevoren en op de dag zelf`.
fn when(leads: &[Lead]) -> String {
    let mut longest_first = leads.to_vec();
    longest_first.sort_unstable_by(|a, b| b.cmp(a));
    longest_first.dedup();
    let before: Vec<String> = longest_first.iter().filter(|lead| lead.0 > 0).map(|lead| distance(*lead)).collect();
    let on_the_day = longest_first.contains(&Lead(0));
    match (before.is_empty(), on_the_day) {
        (true, true) => "op de dag zelf".to_owned(),
        (true, false) => "geen herinnering".to_owned(),
        (false, true) => format!("{} van tevoren en op de dag zelf", dutch::list(&before)),
        (false, false) => format!("{} van tevoren", dutch::list(&before)),
    }
}

fn distance(Lead(days): Lead) -> String {
    match (days, days.is_multiple_of(7)) {
        (1, _) => "1 dag".to_owned(),
        (7, _) => "1 week".to_owned(),
        (days, true) => format!("{} weken", days / 7),
        (days, false) => format!("{days} dagen"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leads_read_as_a_sentence() {
        let said = |days: &[u32]| when(&days.iter().copied().map(Lead).collect::<Vec<_>>());
        assert_eq!(said(&[0, 28, 14, 7, 2]), "4 weken, 2 weken, 1 week en 2 dagen van tevoren en op de dag zelf");
        assert_eq!(said(&[84, 28]), "12 weken en 4 weken van tevoren");
        assert_eq!(said(&[0]), "op de dag zelf");
        assert_eq!(said(&[]), "geen herinnering");
        assert_eq!(said(&[1]), "1 dag van tevoren");
    }
}
