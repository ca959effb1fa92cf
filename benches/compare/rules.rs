//! Everything due in twelve months for thousands of recurring rules, beside `remind -s12` on the same rules.
//!
//! remind reads its file, works out and prints a line for each: so does `list`, which also checks every rule. Its JSON is twenty-five times as
//! much text as remind's lines, and is measured apart; so is working out alone.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;
use std::time::Duration;

use chrono::NaiveDate;
use deadlines::calendar_file::{self, folder};
use deadlines::domain::almanac::Almanac;

use crate::measure::{in_turn, middle, timed};
use crate::report::{Report, Row, say, times};
use crate::sizes::Sizes;
use crate::timelines;
use crate::world::World;

const RULES: u32 = 10_000;

pub fn measure(sizes: &Sizes, report: &mut Report) {
    let runs = sizes.up_to(RULES).map(|rules| (rules, run(rules)));
    let (rules, last) = &runs[runs.len() - 1];
    let faster = times(last.remind, last.whole);
    report.row(Row {
        work: format!("everything due in twelve months for {rules} recurring rules ({} days)", last.found),
        ours: format!(
            "{} from reading and checking {rules} rules to the last line, as JSON {}; {} of it to work out",
            say(last.whole),
            say(last.json),
            say(last.inner)
        ),
        beside: format!("`remind -s12` {}", say(last.remind)),
        ratio: format!(
            "{faster:.1} times faster, as JSON {:.1}; working out alone {:.0}",
            times(last.remind, last.json),
            times(last.remind, last.inner)
        ),
        aim: "20 times faster",
        is_met: faster >= 20.0,
    });
    let of = |pick: fn(&Run) -> Duration| runs.iter().map(|(rules, run)| (*rules, pick(run))).collect::<Vec<_>>();
    report.growth("working out recurring rules, by rules", &of(|run| run.inner));
    report.growth("reading, checking, working out and printing them", &of(|run| run.whole));
    report.growth("`remind -s12` on them", &of(|run| run.remind));
}

struct Run {
    whole: Duration,
    json: Duration,
    remind: Duration,
    inner: Duration,
    found: usize,
}

fn run(rules: u32) -> Run {
    let world = World::new(timelines::CONFIG);
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
    Run { whole: taken[0], json: taken[1], remind: taken[2], inner, found }
}

fn count(almanac: &Almanac) -> usize {
    let today = NaiveDate::from_ymd_opt(2024, 1, 1).unwrap();
    let until = NaiveDate::from_ymd_opt(2024, 12, 31).unwrap();
    almanac.occurrences(today).iter().filter(|occurrence| (today..=until).contains(&occurrence.last_day)).count()
}

/// The same rules for both: on a day of each month, on a day of the year, and every week.
fn write_rules(world: &World, rules: u32) {
    let (mut ours, mut theirs) = (Vec::new(), String::new());
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
        ours.push(format!("{{ every = \"{rule}\", unit = \"day\", first = 2024-01-01, last = 2024-12-31 }}"));
        let _ = writeln!(theirs, "{remind} MSG Regel {number}%");
    }
    timelines::write(world, ours.into_iter());
    fs::write(world.path("rules.rem"), theirs).unwrap();
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
