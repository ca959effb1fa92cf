//! Rules that are refused, as the writer of a calendar sees it; and rules that never occur.

use std::fmt::Write;
use std::fs;

use assert_cmd::Command;
use deadlines::calendar_file::{File, embedded};
use tempfile::TempDir;

use crate::{day, days};

const WRONG: [&str; 30] = [
    "",
    "MONTHLY",
    "FREQ=MONTHLY;",
    "BYDAY=MO",
    "FREQ=SOMETIMES",
    "FREQ=HOURLY",
    "FREQ=DAILY;BYHOUR=9",
    "FREQ=DAILY;COUNT=3",
    "FREQ=YEARLY;UNTIL=20250101",
    "FREQ=DAILY;FREQ=DAILY",
    "FREQ=MONTHLY;BYDAY=MO;BYDAY=FR",
    "FREQ=MONTHLY; BYMONTHDAY=1",
    "FREQ=YEARLY;BYEASTER=1",
    "FREQ=MONTHLY;BYMONTHDAY=",
    "FREQ=MONTHLY;BYMONTHDAY=0",
    "FREQ=MONTHLY;BYMONTHDAY=1,,2",
    "FREQ=MONTHLY;BYMONTHDAY=32",
    "FREQ=YEARLY;BYMONTH=-1",
    "FREQ=YEARLY;BYWEEKNO=54",
    "FREQ=YEARLY;BYYEARDAY=-367",
    "FREQ=MONTHLY;BYDAY=1MO;BYSETPOS=one",
    "FREQ=DAILY;INTERVAL=0",
    "FREQ=WEEKLY;WKST=MON",
    "FREQ=MONTHLY;BYDAY=0FR",
    "FREQ=WEEKLY;BYDAY=2MO",
    "FREQ=YEARLY;BYWEEKNO=20;BYDAY=2MO",
    "FREQ=MONTHLY;BYWEEKNO=20",
    "FREQ=DAILY;BYYEARDAY=100",
    "FREQ=WEEKLY;BYMONTHDAY=1",
    "FREQ=MONTHLY;BYSETPOS=1",
];

#[test]
fn a_rule_that_is_refused_says_what_is_wrong_where_and_what_to_do() {
    let folder = TempDir::new().unwrap();
    let mut text = "insurer = \"cz\"\ntitle = \"Proef\"\ncare_types = [\"logopedie\"]\n\n[source]\ndocument = \"Proef\"\n\n".to_owned();
    for (number, rule) in WRONG.into_iter().enumerate() {
        let moment = format!("by = {{ every = \"{rule}\", first = 2024-01-01, last = 2024-12-31 }}");
        writeln!(text, "[[milestone]]\nid = \"m{number}\"\nkind = \"offer\"\ntitle = \"M\"\nsection = \"1\"\n{moment}").unwrap();
    }
    fs::create_dir(folder.path().join("cz")).unwrap();
    fs::write(folder.path().join("cz/proef.toml"), text).unwrap();
    for names in embedded::files().into_iter().filter(File::is_names) {
        fs::write(folder.path().join(&names.path), names.content()).unwrap();
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_deadlines"));
    let check = command.env_clear().envs([("NO_COLOR", "1"), ("COLUMNS", "140")]).current_dir(&folder).args(["calendars", "check", "."]);
    let output = check.assert().code(3).get_output().clone();
    let shown = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    insta::assert_snapshot!(shown);
}

#[test]
fn a_rule_that_never_occurs_ends() {
    let rules = ["FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=MONTHLY;BYDAY=6MO", "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;INTERVAL=7"];
    for rule in rules {
        assert_eq!(days(rule, day("2024-01-01"), day("9999-12-31")), [], "{rule}");
    }
}

#[test]
fn an_interval_longer_than_all_time_gives_the_first_day_alone() {
    for frequency in ["DAILY", "WEEKLY", "MONTHLY", "YEARLY"] {
        let rule = format!("FREQ={frequency};INTERVAL=1000000");
        assert_eq!(days(&rule, day("2024-01-31"), day("3999-12-31")), [day("2024-01-31")], "{rule}");
    }
}
