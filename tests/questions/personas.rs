//! Two practices, worked out by hand: every row present, nothing else.

use chrono::NaiveDate;
use deadlines::calendar_file::{embedded, read};
use deadlines::domain::agenda;
use deadlines::domain::milestones::{Setting, Standing};
use deadlines::domain::names::PracticeId;
use deadlines::domain::practices::{Happened, HeldModule, Practice, Subscription};

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

fn contracted(insurer: &str, care_type: &str) -> Subscription {
    Subscription {
        standing: Some(Standing::Contracted),
        setting: Setting::Practice,
        since: Some(day("2023-04-02")),
        ..Subscription::new(insurer.into(), care_type.into())
    }
}

fn module(id: &str, start: Option<&str>) -> HeldModule {
    HeldModule { id: id.into(), start: start.map(day) }
}

/// `2023-11-01 cz tarieven`, in order, with what the law gives left out.
fn rows(subscriptions: Vec<Subscription>) -> Vec<String> {
    let (almanac, _) = read(&embedded::files());
    let practice = Practice { subscriptions, ..Practice::new(PracticeId::from("p"), "") };
    let entries = agenda::entries(&almanac, &practice, &Happened::new(), day("2023-04-02"), day("2023-04-02"));
    let merged = agenda::merged(entries).into_iter().map(|entry| entry.occurrence);
    let own = merged.filter(|occurrence| occurrence.policy.insurer.is_some());
    own.map(|o| format!("{} {} {}", o.last_day, o.policy.insurer.as_ref().expect("an insurer"), o.milestone.id.local())).collect()
}

/// Asserts exactly these rows; the text after the second word of each is for the reader.
fn assert_rows(found: &[String], expected: &[(&str, &str)]) {
    let expected: Vec<String> = expected.iter().map(|(row, _)| (*row).to_owned()).collect();
    let missing: Vec<_> = expected.iter().filter(|row| !found.contains(row)).collect();
    let tempting: Vec<_> = found.iter().filter(|row| !expected.contains(row)).collect();
    assert!(missing.is_empty() && tempting.is_empty(), "missing: {missing:#?}\nnot theirs: {tempting:#?}");
    assert_eq!(found.len(), expected.len(), "each row once");
}

#[test]
fn a_speech_therapist_with_transparantie_at_cz() {
    let cz = Subscription {
        start: Some(day("2021-01-01")),
        modules: vec![module("transparantie", Some("2024-01-01"))],
        ..contracted("cz", "logopedie")
    };
    let zz = Subscription {
        start: Some(day("2023-01-01")),
        modules: vec![module("standaard", Some("2023-01-01")), module("kwaliteitzorg", None)],
        ..contracted("zorg-en-zekerheid", "logopedie")
    };
    assert_rows(
        &rows(vec![cz, zz]),
        &[
            ("2023-09-01 cz prem-meetbureaus", "which PREM bureaus count"),
            ("2023-10-12 zorg-en-zekerheid tarieven", "tariffs 2024; her agreement runs on, so no offer"),
            ("2023-11-01 cz logopedie-module-voorwaarden", "whether she meets the conditions of her own module"),
            ("2023-11-01 cz tarieven", "tariffs 2024"),
            ("2023-11-12 cz gecontracteerd-aanbod", "look at her entry in the care finder"),
            ("2023-11-12 zorg-en-zekerheid gecontracteerd-aanbod-publicatie", "the same there"),
            ("2023-11-30 cz logopedie-module-aanbod", "the module is offered"),
            ("2023-12-13 cz logopedie-module-antwoord-op-tijd", "our advice: ten working days before she must decide"),
            ("2023-12-31 cz logopedie-module-ondertekenen", "decide on the module"),
            ("2023-12-31 zorg-en-zekerheid beleid-aanvullingen", "general: the policy may be added to"),
            ("2024-01-01 cz module-transparantie-logopedie-start", "her module starts"),
            ("2024-01-01 zorg-en-zekerheid logopedie-tariefgroep-peilmoment", "reference day for the tariff group"),
            ("2024-01-01 zorg-en-zekerheid module-kwaliteitzorg-logopedie-start", "the tariff group that she wants"),
            ("2024-12-31 cz module-transparantie-logopedie-einde", "her module ends"),
            ("2024-12-31 cz overeenkomst-logopedie-einde", "with the agreement of 2021"),
            ("2024-12-31 zorg-en-zekerheid module-kwaliteitzorg-logopedie-einde", "the end of what she wants"),
            ("2024-12-31 zorg-en-zekerheid module-standaard-logopedie-einde", "the end of what she has"),
            ("2024-12-31 zorg-en-zekerheid overeenkomst-logopedie-einde", "her agreement ends"),
        ],
    );
}

#[test]
fn a_dietitian() {
    assert_rows(
        &rows(vec![contracted("cz", "dietetiek"), contracted("zorg-en-zekerheid", "dietetiek")]),
        &[
            ("2023-09-01 cz prem-meetbureaus", "which PREM bureaus count"),
            ("2023-10-12 zorg-en-zekerheid tarieven", "tariffs"),
            ("2023-11-01 cz tarieven", "tariffs"),
            ("2023-11-12 cz gecontracteerd-aanbod", "look at the care finder"),
            ("2023-11-12 zorg-en-zekerheid gecontracteerd-aanbod-publicatie", "the same there"),
            ("2023-12-31 zorg-en-zekerheid beleid-aanvullingen", "general: the policy may be added to"),
            ("2024-12-31 zorg-en-zekerheid overeenkomst-dietetiek-einde", "that agreement ends"),
            ("2026-12-31 cz overeenkomst-dietetiek-einde", "and this one two years later"),
        ],
    );
}

#[test]
fn what_the_law_gives_is_silent_where_the_insurer_says_it_itself() {
    let (almanac, _) = read(&embedded::files());
    let subscriptions = vec![contracted("cz", "dietetiek")];
    let practice = Practice { subscriptions, ..Practice::new(PracticeId::from("p"), "") };
    let entries = agenda::entries(&almanac, &practice, &Happened::new(), day("2023-04-02"), day("2023-04-02"));
    let on_12_november: Vec<&str> =
        entries.iter().filter(|e| e.occurrence.last_day == day("2023-11-12")).map(|e| e.occurrence.policy.id.as_str()).collect();
    assert_eq!(on_12_november, ["cz/paramedische-zorg-2024"]);
}
