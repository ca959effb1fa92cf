//! Planning: the busiest day against the bare inserts that it must make, and a day on which nothing is due.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use deadlines::calendar_file::{self, embedded};
use deadlines::clock::instant;
use deadlines::domain::agenda;
use deadlines::domain::leads::Leads;
use deadlines::domain::practices::Happened;
use deadlines::domain::quiet::Quiet;
use deadlines::domain::working_days::shift;
use deadlines::job::generate::practices::practice;
use deadlines::job::plan::BATCH;
use deadlines::store::Store;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use crate::child::{self, Measured};
use crate::measure::timed;
use crate::report::{Report, Row, megabytes, say, times};
use crate::world::{World, settle};

/// The tables into which planning writes, with the column that says when.
const WRITTEN: [(&str, &str); 4] = [("decision", "at"), ("outbox", "created_at"), ("greeted", "at"), ("notice", "at")];

const CONFIG: &str = "[log]\nfilter = \"warn\"\n";

pub fn measure(practices: u32, report: &mut Report) {
    let day = busiest_day();
    let morning = instant(day, NaiveTime::from_hms_opt(7, 0, 0).unwrap());
    let sizes = [practices / 100, practices / 10, practices];
    let runs: Vec<(u32, Run)> = sizes.into_iter().map(|size| (size, run(size, day, morning))).collect();
    let (_, last) = runs.last().unwrap();
    let ratio = times(last.plan.time, last.inserts.time);
    let peak = last.plan.peak_kb;
    report.row(Row {
        work: format!(
            "plan the busiest day ({day}): {practices} practices, {} subscriptions, {} mails",
            last.subscriptions, last.plan.count
        ),
        ours: format!("{}, {}", say(last.plan.time), megabytes(peak)),
        beside: format!("the bare inserts of its {} rows: {}", last.inserts.count, say(last.inserts.time)),
        ratio: format!("{ratio:.1} times as long"),
        aim: "within 3 times, memory under 150 MB",
        is_met: ratio <= 3.0 && peak < 150 * 1024,
    });
    report.row(Row {
        work: format!("a turn of the service with nothing due, {practices} practices"),
        ours: say(last.tick.time),
        beside: "-".to_owned(),
        ratio: "-".to_owned(),
        aim: "milliseconds, no full scan of the ledger",
        is_met: last.tick.time < Duration::from_millis(10),
    });
    let of = |pick: fn(&Run) -> Duration| runs.iter().map(|(size, run)| (*size, pick(run))).collect::<Vec<_>>();
    report.growth("plan the busiest day, by practices", &of(|run| run.plan.time));
    report.growth("a turn with nothing due, by practices", &of(|run| run.tick.time));
}

struct Run {
    subscriptions: i64,
    plan: Measured,
    inserts: Measured,
    tick: Measured,
}

fn run(practices: u32, day: NaiveDate, morning: DateTime<Utc>) -> Run {
    let world = World::new(CONFIG);
    let config = world.path("deadlines.toml");
    let (config, plan) = (config.to_str().unwrap(), |at: DateTime<Utc>| {
        child::run(&["plan", world.path("deadlines.toml").to_str().unwrap(), &at.to_rfc3339()])
    });
    world.generate(Some(&shift(day, -1).to_string()), practices, 0);
    plan(morning - TimeDelta::hours(12));
    let before = world.copy("before.sqlite");
    let planned = plan(morning);
    settle(&world.database());
    let subscriptions = one_number(&world.database(), "SELECT count(*) FROM subscription");
    let inserts = child::run(&["insert", before.to_str().unwrap(), world.database().to_str().unwrap(), &morning.to_rfc3339()]);
    let tick = child::run(&["tick", config, &(morning + TimeDelta::minutes(1)).to_rfc3339()]);
    assert_eq!(tick.count, 0, "a minute later nothing is due");
    Run { subscriptions, plan: planned, inserts, tick }
}

/// The day on which most of a sample of practices have something due.
pub fn busiest_day() -> NaiveDate {
    let (almanac, _) = calendar_file::read(&embedded::files());
    let (leads, early) = (Leads::default(), NaiveDate::from_ymd_opt(2022, 1, 1).unwrap());
    let mut days: BTreeMap<NaiveDate, u32> = BTreeMap::new();
    for number in 0..300 {
        let practice = practice(&almanac, 1, number, early);
        for entry in agenda::entries(&almanac, &practice, &Happened::new(), early, early) {
            let kind = entry.occurrence.milestone.kind;
            for lead in leads.of(&entry.occurrence) {
                *days.entry(Quiet::default().due_day(kind.class(), entry.occurrence.last_day, lead)).or_default() += 1;
            }
        }
    }
    days.into_iter().max_by_key(|(_, count)| *count).map(|(day, _)| day).unwrap()
}

pub fn one_number(database: &Path, sql: &str) -> i64 {
    Connection::open(database).unwrap().query_row(sql, [], |row| row.get(0)).unwrap()
}

type Rows = Vec<(String, Vec<Value>)>;

/// Writes the rows that planning wrote into a copy of the database as it was before, with as many practices in a transaction.
pub fn insert(before: &str, after: &str, since: DateTime<Utc>) -> (Duration, usize) {
    let written = written(after, since);
    drop(Store::open(Path::new(before)).unwrap());
    let mut connection = Connection::open(before).unwrap();
    for (name, value) in [("journal_mode", "WAL"), ("synchronous", "FULL"), ("foreign_keys", "ON")] {
        connection.pragma_update(None, name, value).unwrap();
    }
    connection.set_prepared_statement_cache_capacity(64);
    let practices: Vec<Rows> = written.into_values().collect();
    let count = practices.iter().map(Vec::len).sum();
    let (time, ()) = timed(|| {
        for batch in practices.chunks(usize::try_from(BATCH).unwrap()) {
            let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).unwrap();
            for (sql, values) in batch.iter().flatten() {
                transaction.prepare_cached(sql).unwrap().execute(params_from_iter(values)).unwrap();
            }
            transaction.commit().unwrap();
        }
    });
    (time, count)
}

/// What planning wrote, by practice.
fn written(after: &str, since: DateTime<Utc>) -> BTreeMap<String, Rows> {
    let connection = Connection::open(after).unwrap();
    let mut by_practice: BTreeMap<String, Rows> = BTreeMap::new();
    for (table, column) in WRITTEN {
        let mut query = connection.prepare(&format!("SELECT * FROM {table} WHERE {column} >= ?1")).unwrap();
        let columns = query.column_count();
        let practice = if table == "notice" { "subject" } else { "practice" };
        let practice = query.column_index(practice).unwrap();
        let marks = vec!["?"; columns].join(", ");
        let insert = format!("INSERT INTO {table} VALUES ({marks})");
        let mut rows = query.query([since.timestamp()]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let values: Vec<Value> = (0..columns).map(|column| row.get(column).unwrap()).collect();
            by_practice.entry(row.get(practice).unwrap()).or_default().push((insert.clone(), values));
        }
    }
    let mut query = connection.prepare("SELECT id, look_at FROM practice").unwrap();
    let mut rows = query.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        if let Some(mine) = by_practice.get_mut(&row.get::<_, String>(0).unwrap()) {
            mine.push(("UPDATE practice SET look_at = ?2 WHERE id = ?1".to_owned(), vec![row.get(0).unwrap(), row.get(1).unwrap()]));
        }
    }
    by_practice
}
