//! Thousands of occurrences, worked out by several hands: in the same order as one after the other.

use std::fmt::Write;

use deadlines::calendar_file::{self, File, embedded};
use deadlines::domain::almanac::policy_occurrences;
use deadlines::domain::occurrences::Occurrence;
use deadlines::domain::practices::Happened;

use crate::day;

const MILESTONES: usize = 1600;

const HEAD: &str = r#"
insurer = "cz"
title = "Proef"
care_types = ["logopedie"]

[source]
document = "Proef"

[[agreement]]
id = "a"
care_types = ["logopedie"]
term = { first = 2024-01-01, last = 2024-12-31 }
starts = [2024-01-01]
section = "1"
"#;

#[test]
fn a_long_list_is_in_order_of_day_and_identity() {
    let mut text = HEAD.to_owned();
    for number in 0..MILESTONES {
        let within = "first = 2024-01-01, last = 2024-12-31 }";
        let moment = match number % 5 {
            0 => format!("by = {{ every = \"FREQ=MONTHLY;BYMONTHDAY={}\", {within}", number % 28 + 1),
            1 => format!("by = {{ every = \"FREQ=WEEKLY;BYDAY=TU\", {within}"),
            2 => format!("by = {{ every = \"FREQ=MONTHLY;BYMONTHDAY=1\", unit = \"month\", {within}"),
            3 => format!("before = 2024-{:02}-01", number % 12 + 1),
            _ => format!("on = 2024-06-{:02}", number % 30 + 1),
        };
        // Identities of which one is the beginning of another.
        let id = format!("m{}{}", number / 2, ["", "-a"][number % 2]);
        writeln!(text, "[[milestone]]\nid = \"{id}\"\nkind = \"data-delivery\"\ntitle = \"M\"\nsection = \"1\"\n{moment}").unwrap();
    }
    let names = embedded::files().into_iter().filter(File::is_names);
    let (almanac, problems) = calendar_file::read(&names.chain([File::new("cz/proef.toml", text)]).collect::<Vec<_>>());
    assert!(!problems.has_errors(), "{problems}");
    let today = day("2023-12-01");
    let mut expected = policy_occurrences(&almanac.policies[0], &Happened::new(), &almanac.contract_years(today));
    expected.sort_by(|one, other| (one.last_day, &one.id).cmp(&(other.last_day, &other.id)));
    assert!(expected.len() > 10 * MILESTONES, "{}", expected.len());
    let found = almanac.occurrences(today);
    let told = |all: &[Occurrence<'_>]| {
        let one = |o: &Occurrence<'_>| format!("{} {} {} {}", o.last_day, o.id, o.period, o.milestone.id);
        all.iter().map(one).collect::<Vec<_>>()
    };
    assert_eq!(told(&found), told(&expected));
}
