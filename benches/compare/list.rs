//! `list --insurer cz` beside remind's agenda of a day and `khal list`, on the same events.

use std::fs;
use std::process::Command;
use std::time::Duration;

use chrono::{Days, NaiveDate};

use crate::measure::{in_turn, peak_kb, timed};
use crate::report::{Report, Row, megabytes, say, times};
use crate::sizes::Sizes;
use crate::timelines;
use crate::world::World;

/// In the middle of a season.
const DAY: &str = "2023-10-01";

const TURNS: usize = 25;

/// About as many as CZ has.
const EVENTS: u32 = 228;

/// Over how many days they are spread.
const SPREAD_DAYS: u32 = 1000;

pub fn measure(sizes: &Sizes, report: &mut Report) {
    let world = World::new("");
    let events = events(&world);
    write_remind(&world, &events);
    import_into_khal(&world);
    let loaded = World::new("");
    loaded.generate(Some(DAY), sizes.of(1000), 0);
    let (compiled_in, database) = (|| list(&world), || list(&loaded));
    let version = || {
        let mut command = world.program(None);
        command.arg("--version");
        command
    };
    let whole = whole_range(&events);
    let (remind, khal) = (|| remind(&world), || khal(&world, &["list", "--format", "{start-date} {title}", DAY, &whole]));
    let taken = in_turn(TURNS, &[&compiled_in, &database, &remind, &version]);
    let &[compiled_in_time, database_time, remind_time, version_time] = taken.as_slice() else { return };
    let khal_time = in_turn(5, &[&khal])[0];
    for (what, time, command) in [("compiled-in timelines", compiled_in_time, list(&world)), ("a database", database_time, list(&loaded))] {
        let (memory, ratio, faster) = (peak_kb(&command), times(time, remind_time), times(khal_time, time));
        report.row(Row {
            work: format!("`list --insurer cz`, {what}, {} events", events.len()),
            ours: format!("{}, {}", say(time), megabytes(memory)),
            beside: format!("remind's agenda of a day {}; `khal list` {}", say(remind_time), say(khal_time)),
            ratio: format!("{ratio:.1} times remind; {faster:.0} times faster than khal"),
            aim: "within 3 times remind, 50 times faster than khal, under 10 MB",
            is_met: ratio <= 3.0 && faster >= 50.0 && memory < 10 * 1024,
        });
    }
    note_where_time_goes(report, compiled_in_time, version_time);
    grow(sizes, report);
}

fn list(world: &World) -> Command {
    let mut command = world.program(Some(DAY));
    command.args(["list", "--insurer", "cz"]);
    command
}

/// As many events of one insurer as CZ has, ten and a hundred times as many, spread over the days to come.
fn grow(sizes: &Sizes, report: &mut Report) {
    let (mut folders, mut databases, mut reminds) = (Vec::new(), Vec::new(), Vec::new());
    for events in sizes.up_to(EVENTS * 100) {
        let first: NaiveDate = DAY.parse().unwrap();
        let day = |number: u32| first + Days::new(u64::from(number % SPREAD_DAYS));
        let (folder, loaded) = (World::new(timelines::CONFIG), World::new(timelines::CONFIG));
        for world in [&folder, &loaded] {
            timelines::write(world, (0..events).map(|number| day(number).to_string()));
        }
        write_remind(&folder, &(0..events).map(|number| (format!("Regel {number}"), day(number))).collect::<Vec<_>>());
        loaded.generate(Some(DAY), 1, 0);
        let taken = in_turn(3, &[&|| list(&folder), &|| list(&loaded), &|| remind(&folder)]);
        for (times, time) in [&mut folders, &mut databases, &mut reminds].into_iter().zip(taken) {
            times.push((events, time));
        }
    }
    report.growth("`list --insurer cz` from a folder, every check included, by events", &folders);
    report.growth("`list --insurer cz` from a database, by events", &databases);
    report.growth("remind's agenda of a day, by events", &reminds);
}

/// The identity, title and last day of everything at CZ.
fn events(world: &World) -> Vec<(String, NaiveDate)> {
    let output = world.program(Some(DAY)).args(["list", "--insurer", "cz", "--all", "--json"]).output().unwrap();
    let records: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout).unwrap();
    let text = |record: &serde_json::Value, key: &str| record[key].as_str().unwrap().to_owned();
    records.iter().map(|record| (text(record, "title"), text(record, "last_day").parse().unwrap())).collect()
}

/// From [`DAY`] up to and including the last event, as our list looks ahead.
fn whole_range(events: &[(String, NaiveDate)]) -> String {
    let first: NaiveDate = DAY.parse().unwrap();
    let last = events.iter().map(|(_, day)| *day).max().unwrap();
    format!("{}d", (last - first).num_days() + 1)
}

/// With a month's warning.
fn write_remind(world: &World, events: &[(String, NaiveDate)]) {
    let line = |(title, day): &(String, NaiveDate)| format!("REM {} +28 MSG {}%\n", day.format("%-d %b %Y"), title.replace('%', ""));
    fs::write(world.path("cz.rem"), events.iter().map(line).collect::<String>()).unwrap();
}

fn remind(world: &World) -> Command {
    let mut command = Command::new("remind");
    command.arg(world.path("cz.rem")).arg(DAY);
    command
}

fn khal(world: &World, arguments: &[&str]) -> Command {
    let mut command = Command::new("khal");
    command.arg("-c").arg(world.path("khal.conf")).args(arguments);
    command
}

fn import_into_khal(world: &World) {
    let (calendar, cache) = (world.path("calendar"), world.path("khal.db"));
    fs::create_dir(&calendar).unwrap();
    let formats = "timeformat = %H:%M\ndateformat = %Y-%m-%d\nlongdateformat = %Y-%m-%d\ndatetimeformat = %Y-%m-%d %H:%M\nlongdatetimeformat = %Y-%m-%d %H:%M\n";
    let config = format!(
        "[calendars]\n[[cz]]\npath = {}\ntype = calendar\n[locale]\n{formats}[sqlite]\npath = {}\n",
        calendar.display(),
        cache.display()
    );
    fs::write(world.path("khal.conf"), config).unwrap();
    let output = world.program(Some(DAY)).args(["list", "--insurer", "cz", "--all", "--format", "ics"]).output().unwrap();
    fs::write(world.path("cz.ics"), output.stdout).unwrap();
    let mut import = khal(world, &["import", "--batch"]);
    assert!(import.arg(world.path("cz.ics")).output().unwrap().status.success(), "install the Debian package khal");
}

/// Inside the program, warm.
fn note_where_time_goes(report: &mut Report, whole: Duration, version: Duration) {
    use deadlines::calendar_file::{self, embedded};
    let files = embedded::files();
    let today: NaiveDate = DAY.parse().unwrap();
    let of = |work: &dyn Fn()| crate::measure::middle((0..50).map(|_| timed(work).0).collect());
    let asked = ["cz".to_owned()];
    let reading = of(&|| drop(std::hint::black_box(calendar_file::read_checked_of(&files, &asked))));
    let all = of(&|| drop(std::hint::black_box(calendar_file::read_checked(&files))));
    let checking = of(&|| drop(std::hint::black_box(calendar_file::read(&files))));
    let (almanac, _) = calendar_file::read_checked_of(&files, &asked);
    let working_out = of(&|| drop(std::hint::black_box(almanac.occurrences(today))));
    let rest = whole.saturating_sub(reading + working_out);
    report.note(format!(
        "`list --insurer cz` ({}): reading CZ's calendar files {} (all would be {}, with every check {}), working out their occurrences {}, starting, choosing and drawing {}. `--version`, for which every command is defined, takes {}.",
        say(whole),
        say(reading),
        say(all),
        say(checking),
        say(working_out),
        say(rest),
        say(version)
    ));
}
