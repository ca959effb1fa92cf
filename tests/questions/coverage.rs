//! `deadlines coverage`.

use crate::world::ask;

#[test]
fn which_years_are_known() {
    insta::assert_snapshot!(ask("2025-03-01", &["coverage"]).whole());
}

#[test]
fn overdue_counts_from_the_day_after_1_april() {
    assert!(ask("2025-04-01", &["coverage"]).out.contains("due by 1 April 2025"));
    assert!(ask("2025-04-02", &["coverage"]).out.contains("overdue since 1 April 2025"));
}

#[test]
fn as_json() {
    let answer = ask("2025-03-01", &["coverage", "--json"]);
    let report: serde_json::Value = serde_json::from_str(&answer.out).expect("JSON");
    assert_eq!(report["contract_year"], 2026);
    let msr = &report["timelines"].as_array().expect("an array").iter().find(|row| row["care_type"] == "fysiotherapie");
    assert_eq!(msr.expect("a row")["years"], serde_json::json!([2024, 2025, 2026]));
}
