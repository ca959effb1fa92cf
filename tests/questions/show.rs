//! `deadlines show`.

use crate::world::ask;

#[test]
fn a_day_that_counts_from_another() {
    insta::assert_snapshot!(ask("2023-10-25", &["show", "fysiotherapie-vragen"]).whole());
}

#[test]
fn one_occurrence_of_several() {
    let answer = ask("2025-10-01", &["show", "zilveren-kruis/fysiotherapie-2026-2027/valpreventie-aanvragen@2026-03-01"]);
    assert!(answer.out.contains("Sat 14 Feb 2026, weekend: the last working day before it is Fri 13 Feb 2026"), "{}", answer.out);
    assert!(!answer.out.contains("@2026-04-01"), "{}", answer.out);
}

#[test]
fn a_window_and_a_recurrence_as_written() {
    let window = ask("2020-04-01", &["show", "zilveren-kruis/medisch-specialistische-revalidatie-2021/aanmelden"]).out;
    assert!(window.contains("from = 2020-05-01, by = 2020-07-01"), "{window}");
    let recurrence = ask("2024-01-01", &["show", "oefentherapie-ldo-data"]).out;
    let written = "by = { every = \"FREQ=MONTHLY\", unit = \"month\", first = \"module-start\", last = \"agreement-end\" }";
    assert!(recurrence.replace("\n              ", " ").contains(written), "{recurrence}");
}

#[test]
fn every_milestone_can_be_shown() {
    let answer = ask("2023-08-01", &["list", "--all", "--format", "csv"]);
    let mut reader = csv::Reader::from_reader(answer.out.as_bytes());
    let mut occurrences: Vec<String> = reader.records().map(|row| row.expect("a row")[1].to_owned()).collect();
    occurrences.sort_unstable();
    for id in occurrences.iter().step_by(23) {
        let answer = ask("2023-08-01", &["show", id]);
        assert_eq!(answer.code, 0, "{id}: {}", answer.err);
    }
}

#[test]
fn as_json() {
    let answer = ask("2023-10-25", &["show", "fysiotherapie-vragen", "--json"]);
    insta::assert_snapshot!(answer.whole());
}

#[test]
fn what_is_not_there_or_not_clear() {
    let questions: [&[&str]; 4] =
        [&["show", "fysiotherapie-vraagen"], &["show", "ondertekenen"], &["show", "fysiotherapie-plus-prem@2030"], &["show", ""]];
    assert!(questions.iter().all(|words| ask("2023-08-01", words).code == 2));
    insta::assert_snapshot!(questions.map(|words| ask("2023-08-01", words).whole()).join("\n"));
}
