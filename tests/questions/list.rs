//! `deadlines list`.

use serde_json::Value;

use crate::world::{Answer, ask, ask_in, ask_wide};

const FIELDS: [&str; 22] = [
    "id",
    "occurrence",
    "insurer",
    "policy",
    "care_types",
    "modules",
    "standing",
    "setting",
    "traits",
    "start",
    "kind",
    "class",
    "actor",
    "precision",
    "granularity",
    "first_day",
    "last_day",
    "stated",
    "target",
    "title",
    "note",
    "source",
];

fn rows(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.code, 0, "{}", answer.err);
    serde_json::from_str(&answer.out).expect("a JSON array")
}

fn row(as_of: &str, words: &[&str], id: &str) -> Value {
    let answer = ask(as_of, words);
    rows(&answer).into_iter().find(|row| row["occurrence"] == id).unwrap_or_else(|| panic!("no {id} in {}", answer.out))
}

#[test]
fn the_autumn_of_cz_beside_its_planning_table() {
    insta::assert_snapshot!(ask("2023-08-01", &["list", "--insurer", "cz", "--to", "2023-12-31"]).whole());
}

#[test]
fn a_narrow_terminal_gets_blocks() {
    let answer = ask_wide("2023-10-25", "80", &["list", "--insurer", "CZ Groep", "--kind", "deadlines", "--to", "2023-12-31"]);
    assert!(answer.out.lines().all(|line| line.chars().count() <= 80), "{}", answer.out);
    insta::assert_snapshot!(answer.out);
}

#[test]
fn months_and_windows_name_no_day() {
    let month = ask("2024-09-02", &["list", "--insurer", "zz", "--kind", "tariff-publication", "--to", "2024-10-31"]).out;
    assert!(month.contains("October 2024") && !month.contains("31 Oct 2024"), "{month}");
    let window = ask("2020-06-19", &["list", "--insurer", "zk", "--care-type", "msr", "--to", "2020-07-01"]).out;
    assert!(window.contains("1 May to 1 July 2020") && window.contains("open, 12 days left"), "{window}");
}

#[test]
fn a_terminal_that_wants_none_gets_no_colour() {
    for environment in [vec![("NO_COLOR", "1")], vec![("NO_COLOR", "1"), ("CLICOLOR_FORCE", "0")], vec![]] {
        assert!(!ask_in("2023-08-01", &environment, &["list", "--insurer", "cz"]).out.contains('\u{1b}'));
    }
    assert!(ask_in("2023-08-01", &[("CLICOLOR_FORCE", "1")], &["list", "--insurer", "cz"]).out.contains('\u{1b}'));
}

#[test]
fn json_keeps_its_promise() {
    let words = ["list", "--insurer", "ZK", "--care-type", "fysio", "--json"];
    let row = row("2025-06-01", &words, "zilveren-kruis/fysiotherapie-2026-2027/ondertekenen");
    insta::assert_snapshot!(serde_json::to_string_pretty(&row).expect("JSON"));
}

#[test]
fn json_fields_stand_in_their_order() {
    let text = ask("2023-08-01", &["list", "--insurer", "cz", "--json"]).out;
    let first = text.split("\n  },").next().unwrap_or_default();
    let keys: Vec<&str> = first.lines().filter_map(|line| line.strip_prefix("    \"")).filter_map(|line| line.split('"').next()).collect();
    assert_eq!(keys[..FIELDS.len()], FIELDS);
}

#[test]
fn what_the_law_gives_has_no_insurer() {
    let row = row("2023-08-01", &["list", "--json"], "statutory/gecontracteerd-aanbod-publicatie@2023-11-12");
    assert!(row["insurer"].is_null() && row["policy"].is_null());
    let of_cz = ask("2023-08-01", &["list", "--insurer", "cz", "--json"]);
    assert!(rows(&of_cz).iter().all(|row| row["insurer"] == "cz"));
}

#[test]
fn an_occurrence_under_an_agreement_has_its_setting() {
    let words = ["list", "--insurer", "zz", "--all", "--json"];
    let row = row("2023-08-01", &words, "zorg-en-zekerheid/paramedische-zorg-2024/overeenkomst-instellingen-einde");
    assert_eq!(row["setting"], serde_json::json!(["institution"]));
}

#[test]
fn days_bound_the_last_day() {
    let answer = ask("2026-11-22", &["list", "--insurer", "cz", "--from", "2023-11-06", "--to", "2023-11-06", "--json"]);
    assert_eq!(rows(&answer).len(), 2, "{}", answer.out);
    let upcoming = rows(&ask("2023-11-07", &["list", "--insurer", "cz", "--json"])).len();
    let past_too = rows(&ask("2023-11-07", &["list", "--insurer", "cz", "--all", "--json"])).len();
    assert!(upcoming < past_too);
}

#[test]
fn several_values_and_forgiving_names() {
    let commas = ask("2023-08-01", &["list", "--insurer", "cz,Zilveren Kruis", "--care-type", "Diëtetiek,oefen therapie", "--json"]);
    let repeated = ask(
        "2023-08-01",
        &["list", "--insurer", "CZ", "--insurer", "zk", "--care-type", "dietetiek", "--care-type", "oefentherapie", "--json"],
    );
    assert_eq!(commas.out, repeated.out);
    assert!(rows(&commas).len() > 20);
}

#[test]
fn a_class_stands_for_its_kinds() {
    let answer = ask("2023-08-01", &["list", "--kind", "Deadline", "--json"]);
    assert!(rows(&answer).iter().all(|row| row["class"] == "deadline"));
    let kind = ask("2023-08-01", &["list", "--kind", "signing deadline", "--json"]);
    assert!(rows(&kind).iter().all(|row| row["kind"] == "signing-deadline"));
}

#[test]
fn nothing_upcoming_says_where_the_rest_is() {
    let words = ["list", "--insurer", "zk", "--care-type", "msr"];
    insta::assert_snapshot!(ask("2026-11-22", &words).whole());
    let json = ask("2026-11-22", &[&words[..], &["--json"]].concat());
    assert_eq!((json.code, json.out.as_str()), (0, "[]\n"));
    assert!(json.err.contains("milestones lie before that: add --all to see the past"), "{}", json.err);
    let csv = ask("2026-11-22", &[&words[..], &["--format", "csv"]].concat());
    assert_eq!(csv.out.lines().count(), 1);
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let questions: [&[&str]; 8] = [
        &["list", "--insurer", "vgz"],
        &["list", "--insurer", "ohra"],
        &["list", "--care-type", "fysiotherapi"],
        &["list", "--insurer", "cz", "--care-type", "msr"],
        &["list", "--insurer", "cz", "--module", "kwaliteitzorg"],
        &["list", "--kind", "signing"],
        &["list", "--from", "2023-12-01", "--to", "2023-11-01"],
        &["list", "--from", "1 november"],
    ];
    let told = questions.map(|words| format!("$ deadlines {}\n{}", words.join(" "), ask("2023-08-01", words).whole()));
    assert!(questions.iter().all(|words| ask("2023-08-01", words).code == 2));
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn a_calendar_has_whole_days_and_alarms() {
    let answer = ask("2023-08-01", &["list", "--insurer", "cz", "--from", "2023-11-06", "--to", "2023-11-06", "--format", "ics"]);
    insta::assert_snapshot!(answer.out.replace("\r\n", "\n"));
}

#[test]
fn a_calendar_keeps_to_the_letter_of_its_standard() {
    let text = ask("2023-08-01", &["list", "--all", "--format", "ics"]).out;
    assert_eq!(text.replace("\r\n", "").matches('\n').count(), 0, "lines end in CRLF");
    assert!(text.split("\r\n").all(|line| line.len() <= 75), "lines have at most 75 octets");
    let unfolded = text.replace("\r\n ", "");
    let mut identities: Vec<&str> = unfolded.lines().filter(|line| line.starts_with("UID:")).collect();
    let events = unfolded.matches("BEGIN:VEVENT").count();
    let alarms = unfolded.matches("BEGIN:VALARM").count();
    assert_eq!(identities.len(), events + alarms);
    identities.sort_unstable();
    identities.dedup();
    assert_eq!(identities.len(), events + alarms, "identities are unique");
    assert_eq!(unfolded.matches("DTSTAMP:20230801T100000Z").count(), events, "one stamp an event, none in an alarm");
    assert!(unfolded.contains("SUMMARY:Zorg en Zekerheid: ") && unfolded.contains("(in oktober 2024)"));
}

#[test]
fn asking_twice_gives_the_same_calendar() {
    let words = ["list", "--insurer", "zk", "--all", "--format", "ics"];
    assert_eq!(ask("2023-08-01", &words).out, ask("2023-08-01", &words).out);
}
