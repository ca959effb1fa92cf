//! What a table shows as an id can be typed wherever one is asked for.

use crate::desk::Desk;

const CONFIG: &str = "[database]\nmachine = \"test\"\n";

fn desk() -> Desk {
    let desk = Desk::with(CONFIG);
    for practice in ["leiden", "utrecht"] {
        let words = format!(
            "practice add {practice} --name {practice} --email info@{practice}.test --insurer zk --care-type fysiotherapie --no-welcome"
        );
        typed(&desk, &words);
    }
    desk
}

/// The line and its answer; words are parted by spaces, `_` stands for one within a word.
fn typed(desk: &Desk, line: &str) -> String {
    let words: Vec<String> = line.split(' ').map(|word| word.replace('_', " ")).collect();
    let answer = desk.ask(&words.iter().map(String::as_str).collect::<Vec<_>>());
    format!("$ deadlines {line}\n{}\n", answer.whole())
}

#[test]
fn each_id_in_a_practices_list_is_enough_for_every_command() {
    let desk = desk();
    typed(&desk, "practice date add leiden bhv --title BHV --by 2026-03-01 --repeats 1y");
    let list = desk.ask(&["list", "--practice", "leiden"]).out;
    let ids: Vec<&str> = list.lines().skip(1).take_while(|line| !line.is_empty()).filter_map(|line| line.split("  ").last()).collect();
    assert!(ids.len() > 5 && ids.iter().any(|id| id.trim() == "bhv@2026-03-01"), "{ids:?}");
    for id in ids.iter().map(|id| id.trim()) {
        for words in [&["done", "leiden", id][..], &["done", "leiden", id, "--undo"], &["explain", "leiden", id], &["show", id]] {
            let answer = desk.ask(words);
            assert_eq!(answer.code, 0, "{words:?}: {}", answer.whole());
        }
    }
}

#[test]
fn the_last_part_of_an_identity() {
    let desk = desk();
    let lines = [
        "show ondertekenen",
        "done leiden ondertekenen",
        "done leiden ondertekenen --undo",
        "snooze leiden fysiotherapie-2026-2027/ondertekenen --until 2025-11-10",
        "explain leiden ondertekenen",
        "happened leiden ondertekenen --on 2025-11-03",
        "happened leiden aanbod --on 2025-11-03",
        "done leiden tekenen",
        "explain leiden tekenen",
    ];
    insta::assert_snapshot!(lines.map(|line| typed(&desk, line)).join("\n"));
}

#[test]
fn dates_of_a_practices_own() {
    let desk = desk();
    let lines = [
        "practice date add leiden bhv --title BHV-certificaat_verloopt --by 2026-03-01 --repeats 1y --lead 12w --lead 2w --note Oranje_Kruis.",
        "show bhv",
        "show bhv@2027-03-01",
        "show bhv@2027-03-02",
        "done leiden bhv",
        "snooze leiden bhv@2026-03-01 --until 2025-12-01",
        "happened leiden bhv --on 2025-11-03",
        "practice date add utrecht bhv --title BHV --on 2026-05-01",
        "show bhv",
        "show eigen/utrecht/bhv",
    ];
    insta::assert_snapshot!(lines.map(|line| typed(&desk, line)).join("\n"));
}

#[test]
fn names_that_cannot_be_told_apart() {
    let desk = Desk::with(CONFIG);
    let insurer = |id: &str, aliases: &str| format!("[[insurer]]\nid = \"{id}\"\naliases = [{aliases}]\n\n");
    let insurers = [insurer("cz", "\"CZ groep\""), insurer("eigen", ""), insurer("C Z", ""), insurer("menzis", "\"cz-groep\"")].concat();
    desk.write("calendars/insurers.toml", &insurers);
    desk.write("calendars/care-types.toml", "[[care_type]]\nid = \"eigen\"\n");
    insta::assert_snapshot!(typed(&desk, "calendars check calendars"));
}

#[test]
fn a_table_breaks_no_identity_in_two_while_there_is_room() {
    let desk = Desk::with(CONFIG);
    let id = "paramedisch-centrum-de-brug";
    typed(
        &desk,
        &format!("practice add {id} --name Brug --email a@brug.test --insurer zk --care-type medisch-specialistische-revalidatie"),
    );
    typed(&desk, &format!("practice add {id} --insurer zz --care-type fysiotherapie"));
    for columns in ["70", "80", "90", "100", "200"] {
        let table = desk.ask_in(&[("COLUMNS", columns)], &["practice", "list"]).out;
        assert!(table.contains(id) && table.lines().all(|line| line.chars().count() <= columns.parse().unwrap()), "{table}");
    }
}
