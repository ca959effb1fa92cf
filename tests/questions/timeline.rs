//! `deadlines timeline`.

use crate::world::{ask, ask_wide};

const SEASON: [&str; 7] = ["timeline", "--insurer", "cz", "--from", "2023-04-01", "--to", "2023-12-31"];

#[test]
fn a_season_in_the_terminal() {
    let answer = ask_wide("2023-10-04", "80", &SEASON);
    assert!(answer.out.lines().all(|line| line.chars().count() <= 80), "{}", answer.out);
    insta::assert_snapshot!(answer.whole());
}

#[test]
fn all_years_fit_too() {
    let answer = ask_wide("2023-10-04", "80", &["timeline", "--all", "--kind", "deadline"]);
    assert!(answer.out.lines().all(|line| line.chars().count() <= 80), "{}", answer.out);
}

#[test]
fn the_picture_in_docs_is_what_the_program_draws() {
    let answer = ask("2023-04-01", &[&SEASON[..], &["--format", "svg"]].concat());
    let kept = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/timeline.svg")).expect("docs/timeline.svg");
    assert!(answer.out == kept, "draw it again: deadlines --as-of 2023-04-01 {} --format svg > docs/timeline.svg", SEASON.join(" "));
}

#[test]
fn the_picture_can_be_heard() {
    let picture = ask("2023-04-01", &[&SEASON[..], &["--format", "svg"]].concat()).out;
    assert!(picture.contains("role=\"img\"") && picture.contains("<title id=\"timeline-title\">"));
    assert!(picture.contains("CZ fysiotherapie: ") && picture.contains("by Mon 6 Nov 2023: Besluit over de overeenkomst"));
    assert!(picture.contains("prefers-color-scheme:dark"));
}

#[test]
fn nothing_to_draw_is_said() {
    let answer = ask("2026-11-22", &["timeline", "--insurer", "zk", "--care-type", "msr"]);
    assert_eq!((answer.code, answer.out.as_str()), (0, ""));
    assert!(answer.err.contains("lie before that: add --all"), "{}", answer.err);
}
