//! Planning: the busiest day against the bare inserts that it must make, and a turn in which nothing is due.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use deadlines::job::plan::BATCH;
use deadlines::store::{CHECKPOINT_PAGES, Store};
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use crate::child::{self, Measured};
use crate::measure::{middle, timed};
use crate::report::{Report, Row, megabytes, say, times};
use crate::sizes::Sizes;
use crate::stock::{Morning, Stock, busiest_day, morning};

/// All Dutch paramedical practices; a tenth and ten times as many show the growth.
const PRACTICES: u32 = 50_000;

/// What some years leave of a practice in the ledger.
const PAST_ROWS: u32 = 25;

/// The tables into which planning writes, with the column that says when.
const WRITTEN: [(&str, &str); 4] = [("decision", "at"), ("outbox", "created_at"), ("greeted", "at"), ("notice", "at")];

pub fn measure(sizes: &Sizes, stock: &mut Stock, report: &mut Report) {
    let mut runs: Vec<(u32, Run)> = Vec::new();
    for practices in sizes.up_to(PRACTICES * 10) {
        let again = if practices > sizes.of(PRACTICES) { 0 } else { 2 };
        let run = run(stock.morning(practices), again);
        report.row(planning_row(practices, &run));
        report.row(idle_row(practices, run.tick.time));
        runs.push((practices, run));
    }
    stock.clear(sizes.of(PRACTICES * 10));
    let of = |pick: fn(&Run) -> Duration| runs.iter().map(|(size, run)| (*size, pick(run))).collect::<Vec<_>>();
    report.growth("plan the busiest day, by practices", &of(|run| run.plan.time));
    report.growth("the bare inserts of it", &of(|run| run.inserts.time));
    let peaks: Vec<(u32, u64)> = runs.iter().map(|(size, run)| (*size, run.plan.peak_kb)).collect();
    report.memory_growth("memory of planning, by practices", &peaks);
    report.growth("a turn with nothing due, by practices", &of(|run| run.tick.time));
    note_a_past(sizes.of(PRACTICES / 10), report);
}

/// Those above have no past: their first planning was the evening before.
fn note_a_past(practices: u32, report: &mut Report) {
    let prepared = Morning::make(practices, practices * PAST_ROWS);
    let told = prepared.planned_world().number("SELECT count(*) FROM told");
    let run = run(&prepared, 2);
    report.note(format!(
        "Planning the busiest day for {practices} practices with a past, {told} rows in the ledger: {}, {:.1} times as long as the bare inserts of its {} rows.",
        say(run.plan.time),
        times(run.plan.time, run.inserts.time),
        run.inserts.count
    ));
}

fn planning_row(practices: u32, run: &Run) -> Row {
    let (ratio, peak) = (times(run.plan.time, run.inserts.time), run.plan.peak_kb);
    Row {
        work: format!(
            "plan the busiest day ({}): {practices} practices, {} subscriptions, {} mails",
            busiest_day(),
            run.subscriptions,
            run.plan.count
        ),
        ours: format!("{}, {}", say(run.plan.time), megabytes(peak)),
        beside: format!("the bare inserts of its {} rows: {}", run.inserts.count, say(run.inserts.time)),
        ratio: format!("{ratio:.1} times as long"),
        aim: "within 3 times, memory under 150 MB",
        is_met: ratio <= 3.0 && peak < 150 * 1024,
    }
}

fn idle_row(practices: u32, tick: Duration) -> Row {
    Row {
        work: format!("a turn of the service with nothing due, {practices} practices"),
        ours: say(tick),
        beside: "-".to_owned(),
        ratio: "-".to_owned(),
        aim: "milliseconds, no full scan of the ledger",
        is_met: tick < Duration::from_millis(10),
    }
}

struct Run {
    subscriptions: u32,
    plan: Measured,
    inserts: Measured,
    tick: Measured,
}

fn run(prepared: &Morning, again: u32) -> Run {
    let at = morning().to_rfc3339();
    let inserted = || {
        let world = prepared.evening();
        child::run(&["insert", &world.database().display().to_string(), &prepared.after().display().to_string(), &at])
    };
    let planned = || child::run(&["plan", &prepared.evening().config(), &at]);
    let (mut plans, mut inserts) = (vec![prepared.planned], vec![inserted()]);
    for _ in 0..again {
        plans.push(planned());
        inserts.push(inserted());
    }
    let world = prepared.planned_world();
    let tick = child::run(&["tick", &world.config(), &(morning() + TimeDelta::minutes(1)).to_rfc3339()]);
    assert_eq!(tick.count, 0, "a minute later nothing is due");
    Run { subscriptions: world.number("SELECT count(*) FROM subscription"), plan: middle_of(&plans), inserts: middle_of(&inserts), tick }
}

/// The middle time, with the largest memory.
fn middle_of(runs: &[Measured]) -> Measured {
    let time = middle(runs.iter().map(|run| run.time).collect());
    Measured { time, peak_kb: runs.iter().map(|run| run.peak_kb).max().unwrap(), count: runs[0].count }
}

/// Rows with the place of their statement.
type Rows = Vec<(usize, Vec<Value>)>;

/// Writes the rows that planning wrote into a copy of the database as it was before, with as many practices in a transaction.
pub fn insert(before: &str, after: &str, since: DateTime<Utc>) -> (Duration, usize) {
    let (statements, written) = written(before, after, since);
    drop(Store::open(Path::new(before)).unwrap());
    let mut connection = Connection::open(before).unwrap();
    for (name, value) in [("journal_mode", "WAL"), ("synchronous", "FULL"), ("foreign_keys", "ON")] {
        connection.pragma_update(None, name, value).unwrap();
    }
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES).unwrap();
    connection.set_prepared_statement_cache_capacity(64);
    let practices: Vec<Rows> = written.into_values().collect();
    let count = practices.iter().map(Vec::len).sum();
    let (time, ()) = timed(|| {
        for batch in practices.chunks(usize::try_from(BATCH).unwrap()) {
            let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).unwrap();
            for (statement, values) in batch.iter().flatten() {
                transaction.prepare_cached(&statements[*statement]).unwrap().execute(params_from_iter(values)).unwrap();
            }
            transaction.commit().unwrap();
        }
    });
    (time, count)
}

/// What planning wrote, by practice, and with which statements it can be written.
fn written(before: &str, after: &str, since: DateTime<Utc>) -> (Vec<String>, BTreeMap<String, Rows>) {
    let connection = Connection::open(after).unwrap();
    let (mut statements, mut by_practice) = (Vec::new(), BTreeMap::<String, Rows>::new());
    for (table, column) in WRITTEN {
        let mut query = connection.prepare(&format!("SELECT * FROM {table} WHERE {column} >= ?1")).unwrap();
        let columns = query.column_count();
        let practice = if table == "notice" { "subject" } else { "practice" };
        let practice = query.column_index(practice).unwrap();
        let marks = vec!["?"; columns].join(", ");
        let mut rows = query.query([since.timestamp()]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let values: Vec<Value> = (0..columns).map(|column| row.get(column).unwrap()).collect();
            by_practice.entry(row.get(practice).unwrap()).or_default().push((statements.len(), values));
        }
        statements.push(format!("INSERT INTO {table} VALUES ({marks})"));
    }
    connection.execute("ATTACH ?1 AS earlier", [before]).unwrap();
    let moved = "SELECT p.id, p.look_at FROM practice p JOIN earlier.practice e ON e.id = p.id WHERE p.look_at IS NOT e.look_at";
    let mut query = connection.prepare(moved).unwrap();
    let mut rows = query.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        let update = (statements.len(), vec![row.get(0).unwrap(), row.get(1).unwrap()]);
        by_practice.entry(row.get(0).unwrap()).or_default().push(update);
    }
    statements.push("UPDATE practice SET look_at = ?2 WHERE id = ?1".to_owned());
    (statements, by_practice)
}
