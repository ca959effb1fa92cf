//! What a list shows for one practice: only what reaches it, and where silence would be misread.

use std::sync::Arc;

use chrono::NaiveDate;

use crate::cli::failure::Failure;
use crate::cli::filter::{Selection, gap_sentence, joined};
use crate::domain::agenda;
use crate::domain::almanac::Almanac;
use crate::domain::coverage;
use crate::domain::occurrences::Occurrence;
use crate::domain::practices::{Happened, Practice};

/// Its occurrences that fit the filters, each once; care types and modules hold what matched.
///
/// # Errors
/// An insurer or care type that it is not subscribed to is a mistake of usage.
pub fn occurrences<'a>(
    almanac: &'a Almanac,
    practice: &'a Practice,
    happened: &Happened,
    selection: &Selection,
    today: NaiveDate,
) -> Result<Vec<Occurrence<'a>>, Failure> {
    check_subscribed(practice, selection)?;
    let mut entries = agenda::entries(almanac, practice, happened, today, today);
    entries.retain(|entry| selection.reaches(&entry.occurrence, Some(&entry.insurer)));
    Ok(agenda::merged(entries).into_iter().map(|entry| Arc::unwrap_or_clone(entry.occurrence)).collect())
}

/// One sentence for each of its subscriptions without a timeline for the coming contract year.
pub fn gaps(almanac: &Almanac, practice: &Practice, selection: &Selection, today: NaiveDate) -> Vec<String> {
    let asked = |gap: &coverage::Gap| {
        (selection.insurers.is_empty() || selection.insurers.contains(&gap.insurer))
            && (selection.care_types.is_empty() || selection.care_types.contains(&gap.care_type))
    };
    let sentence = |gap: coverage::Gap| gap_sentence(almanac.insurer_name(&gap.insurer), gap.care_type.as_str(), gap.year, today);
    coverage::gaps(almanac, practice, today).into_iter().filter(asked).map(sentence).collect()
}

fn check_subscribed(practice: &Practice, selection: &Selection) -> Result<(), Failure> {
    let fits = |insurer, care_type| {
        (selection.insurers.is_empty() || selection.insurers.contains(insurer))
            && (selection.care_types.is_empty() || selection.care_types.contains(care_type))
    };
    let only_own = selection.insurers.is_empty() && selection.care_types.is_empty() && !practice.own.dates().is_empty();
    if only_own || practice.subscriptions.iter().any(|subscription| fits(&subscription.insurer, &subscription.care_type)) {
        return Ok(());
    }
    let own: Vec<String> = practice.subscriptions.iter().map(|s| format!("{} {}", s.insurer, s.care_type)).collect();
    let own = if own.is_empty() { "nothing".to_owned() } else { joined(&own) };
    Err(Failure::Usage(format!("{} has no subscription that fits; it is subscribed to: {own}", practice.id)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar_file::{embedded, read};
    use crate::domain::names::PracticeId;
    use crate::domain::practices::Subscription;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn dietitian() -> Practice {
        let subscription =
            |insurer: &str| Subscription { since: Some(day("2023-04-02")), ..Subscription::new(insurer.into(), "dietetiek".into()) };
        let subscriptions = vec![subscription("cz"), subscription("zorg-en-zekerheid")];
        Practice { subscriptions, ..Practice::new(PracticeId::from("dietist"), "Diëtist") }
    }

    fn everything() -> Selection {
        Selection { insurers: vec![], care_types: vec![], modules: vec![], kinds: vec![], from: None, to: None, past_hint: "" }
    }

    #[test]
    fn the_law_reaches_a_practice_through_the_insurer_that_was_asked_for() {
        let (almanac, _) = read(&embedded::files());
        let selection = Selection { insurers: vec!["cz".into()], ..everything() };
        let practice = dietitian();
        let found = occurrences(&almanac, &practice, &Happened::new(), &selection, day("2023-09-01")).unwrap_or_default();
        let policies: Vec<&str> = found.iter().map(|occurrence| occurrence.policy.id.as_str()).collect();
        assert!(policies.contains(&"statutory") && policies.contains(&"cz/paramedische-zorg-2024"));
        assert!(!policies.iter().any(|policy| policy.starts_with("zorg-en-zekerheid")));
    }

    #[test]
    fn an_insurer_without_a_subscription_is_refused() {
        let (almanac, _) = read(&embedded::files());
        let selection = Selection { insurers: vec!["zilveren-kruis".into()], ..everything() };
        let practice = dietitian();
        let refused = occurrences(&almanac, &practice, &Happened::new(), &selection, day("2023-09-01"));
        assert!(matches!(refused, Err(Failure::Usage(message)) if message.contains("cz dietetiek, zorg-en-zekerheid dietetiek")));
    }

    #[test]
    fn gaps_are_named() {
        let (almanac, _) = read(&embedded::files());
        let told = gaps(&almanac, &dietitian(), &everything(), day("2026-11-22"));
        assert_eq!(
            told,
            [
                "CZ dietetiek: no timeline for 2027, overdue since 1 April 2026",
                "Zorg en Zekerheid dietetiek: no timeline for 2027, overdue since 1 April 2026"
            ]
        );
    }
}
