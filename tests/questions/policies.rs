//! Each shipped policy's whole life, so that a change of a calendar file shows every day that moves.

use std::fmt::Write;

use crate::world::ask;

/// The columns that say when, for whom and how it is worked out.
const SHOWN: [&str; 11] =
    ["last_day", "first_day", "precision", "granularity", "kind", "care_types", "modules", "standing", "setting", "start", "stated"];

/// The rows of one policy, one line each, the identity without the policy first.
fn whole_life(insurer: &str, policy: &str) -> String {
    let answer = ask("2023-04-01", &["list", "--insurer", insurer, "--all", "--format", "csv"]);
    assert_eq!(answer.code, 0, "{}", answer.err);
    let mut reader = csv::Reader::from_reader(answer.out.as_bytes());
    let header = reader.headers().expect("a header").clone();
    let place = |name: &str| header.iter().position(|column| column == name).expect("a column");
    let mut text = String::new();
    for row in reader.records().map(|row| row.expect("a row")).filter(|row| row[place("policy")] == *policy) {
        let local = row[place("occurrence")].rsplit_once('/').expect("a policy before it").1.to_owned();
        let cells: Vec<&str> = SHOWN.iter().map(|name| &row[place(name)]).map(|cell| if cell.is_empty() { "-" } else { cell }).collect();
        let _ = writeln!(text, "{local} | {}", cells.join(" | "));
    }
    assert!(!text.is_empty(), "{insurer} has no policy {policy}");
    text
}

macro_rules! lives {
    ($($name:ident: $insurer:literal $policy:literal;)*) => {
        $(#[test]
        fn $name() {
            insta::assert_snapshot!(whole_life($insurer, $policy));
        })*
    };
}

lives! {
    cz_paramedische_zorg_2024: "cz" "paramedische-zorg-2024";
    zilveren_kruis_fysiotherapie_2026_2027: "zilveren-kruis" "fysiotherapie-2026-2027";
    zilveren_kruis_medisch_specialistische_revalidatie_2021: "zilveren-kruis" "medisch-specialistische-revalidatie-2021";
    zilveren_kruis_oefentherapie_2024_2025: "zilveren-kruis" "oefentherapie-2024-2025";
    zorg_en_zekerheid_paramedische_zorg_2024: "zorg-en-zekerheid" "paramedische-zorg-2024";
}
