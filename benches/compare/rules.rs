//! Everything due in twelve months for thousands of recurring rules, beside `remind -s12` on the same rules.
//!
//! remind reads its file, works out and prints a line for each: so does `list`, which also checks every rule. Its JSON is twenty-five times as
//! much text as remind's lines, and is measured apart; so is working out alone.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;
use std::time::Duration;

use chrono::NaiveDate;
use deadlines::calendar_file::{self, embedded, folder};
use deadlines::domain::almanac::Almanac;

use crate::measure::{in_turn, middle, timed};
use crate::report::{Report, Row, say, times};
use crate::world::World;

const SIZES: [u32; 3] = [100, 1000, 10_000];

pub fn measure(report: &mut Report) {
    let mut growth = Vec::new();
    let mut whole_growth = Vec::new();
    let mut last = (vec![Duration::ZERO; 3], Duration::ZERO, 0);
    for rules in SIZES {
        let world = World::new("[calendars]\nfolder = \"calendars\"\n");
        write_rules(&world, rules);
        let remind = || {
            let mut command = Command::new("remind");
            command.arg("-s12").arg(world.path("rules.rem")).arg("2024-01-01");
            command
        };
        let list = |format: &str| {
            let mut command = world.program(Some("2024-01-01"));
            command.args(["list", "--insurer", "cz", "--to", "2024-12-31", "--format", format]);
            command
        };
        let taken = in_turn(3, &[&|| list("table"), &|| list("json"), &remind]);
        let (almanac, problems) = calendar_file::read(&folder::read(&world.path("calendars")).unwrap());
        assert!(!problems.has_errors(), "{problems:?}");
        let found = count(&almanac);
        let inner = middle((0..5).map(|_| timed(|| count(&almanac)).0).collect());
        growth.push((rules, inner));
        whole_growth.push((rules, taken[0]));
        last = (taken, inner, found);
    }
    let (taken, inner, found) = last;
    let (whole, json, remind) = (taken[0], taken[1], taken[2]);
    let rules = SIZES[SIZES.len() - 1];
    let faster = times(remind, whole);
    report.row(Row {
        work: format!("everything due in twelve months for {rules} recurring rules ({found} days)"),
        ours: format!(
            "{} from reading and checking {rules} rules to the last line, as JSON {}; {} of it to work out",
            say(whole),
            say(json),
            say(inner)
        ),
        beside: format!("`remind -s12` {}", say(remind)),
        ratio: format!("{faster:.1} times faster, as JSON {:.1}; working out alone {:.0}", times(remind, json), times(remind, inner)),
        aim: "20 times faster",
        is_met: faster >= 20.0,
    });
    report.growth("working out recurring rules, by rules", &growth);
    report.growth("reading, checking, working out and printing them", &whole_growth);
}

fn count(almanac: &Almanac) -> usize {
    let today = NaiveDate::from_ymd_opt(2024, 1, 1).unwrap();
    let until = NaiveDate::from_ymd_opt(2024, 12, 31).unwrap();
    almanac.occurrences(today).iter().filter(|occurrence| (today..=until).contains(&occurrence.last_day)).count()
}

/// The same rules for both: on a day of each month, on a day of the year, and every week.
fn write_rules(world: &World, rules: u32) {
    let mut ours = "insurer = \"cz\"\ntitle = \"Regels\"\ncare_types = [\"logopedie\"]\n\n[source]\ndocument = \"Regels\"\n\n[[agreement]]\nid = \"a\"\nname = \"Overeenkomst\"\ncare_types = [\"logopedie\"]\nterm = { first = 2024-01-01, last = 2024-12-31 }\nstarts = [2024-01-01]\nsection = \"1\"\n\n".to_owned();
    let mut theirs = String::new();
    for number in 0..rules {
        let (day, month) = (number % 28 + 1, number / 28 % 12 + 1);
        let (rule, remind) = match number % 3 {
            0 => (format!("FREQ=MONTHLY;BYMONTHDAY={day}"), format!("REM {day}")),
            1 => (format!("FREQ=YEARLY;BYMONTH={month};BYMONTHDAY={day}"), format!("REM {day} {}", MONTHS[(month - 1) as usize])),
            _ => {
                let weekday = (number / 3 % 7) as usize;
                (format!("FREQ=WEEKLY;BYDAY={}", ["MO", "TU", "WE", "TH", "FR", "SA", "SU"][weekday]), format!("REM {}", WEEKDAYS[weekday]))
            }
        };
        let _ = writeln!(
            ours,
            "[[milestone]]\nid = \"r{number}\"\nkind = \"data-delivery\"\ntitle = \"Regel {number}\"\nsection = \"1\"\nby = {{ every = \"{rule}\", unit = \"day\", first = 2024-01-01, last = 2024-12-31 }}\n"
        );
        let _ = writeln!(theirs, "{remind} MSG Regel {number}%");
    }
    let folder = world.path("calendars");
    fs::create_dir_all(folder.join("cz")).unwrap();
    for names in embedded::files().into_iter().filter(deadlines::calendar_file::File::is_names) {
        fs::write(folder.join(names.path), names.content.as_bytes()).unwrap();
    }
    fs::write(folder.join("cz/regels.toml"), ours).unwrap();
    fs::write(world.path("rules.rem"), theirs).unwrap();
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
