//! Figures in Prometheus' text format, version 0.0.4: what both node_exporter's textfile collector and a scrape read.

use std::fmt::Write;

use chrono::{DateTime, Utc};

use crate::job::figures::Figures;
use crate::store::lane::LaneState;
use crate::store::outbox::State;

const SECONDS_OF_A_DAY: i64 = 86_400;

/// Writes all figures; `failed` is how many steps of the last turn failed.
pub fn print(figures: &Figures, failed: usize) -> String {
    let mut page = Page::default();
    service(&mut page, figures, failed);
    mails(&mut page, figures);
    way(&mut page, figures);
    timelines(&mut page, figures);
    page.0
}

fn service(page: &mut Page, figures: &Figures, failed: usize) {
    let counts = &figures.counts;
    page.gauge("deadlines_build_info", "The version that runs; always 1.").row(&[("version", env!("CARGO_PKG_VERSION"))], 1);
    page.gauge("deadlines_last_turn_timestamp_seconds", "When the last turn of the service ended; one begins each minute.")
        .row(&[], stamp(figures.now));
    page.gauge("deadlines_last_turn_failed_steps", "How many steps of the last turn failed; each is tried again in the next.")
        .row(&[], failed);
    let mut runs = page.gauge("deadlines_last_run_timestamp_seconds", "When each job was last completed and had something to do.");
    for run in &counts.runs {
        runs = runs.row(&[("job", &run.job)], stamp(run.at));
    }
    page.gauge("deadlines_practices", "Practices that are looked after.").row(&[], counts.practices);
    page.gauge("deadlines_database_bytes", "How large the database is, without its write-ahead log.").row(&[], counts.bytes);
    page.gauge("deadlines_copy_held", "1 while practices' mail is held, because the database looks like a copy.")
        .row(&[], u8::from(counts.is_held_as_copy));
}

fn mails(page: &mut Page, figures: &Figures) {
    let counts = &figures.counts;
    let mut states = page.gauge("deadlines_mails", "Mails in each state; those that were sent are counted among the attempts.");
    for state in State::ALL.iter().filter(|state| **state != State::Sent) {
        states = states.row(&[("state", state.as_str())], counts.states.get(state.as_str()).copied().unwrap_or(0));
    }
    page.gauge("deadlines_mails_due", "Mails that are due and not sent.").row(&[], counts.outlook.due);
    let age = counts.outlook.oldest_due.map_or(0, |since| (figures.now - since).num_seconds().max(0));
    page.gauge("deadlines_oldest_due_age_seconds", "How long the oldest mail that is due has been due; 0 where none is.").row(&[], age);
    page.gauge("deadlines_mails_to_mend", "Mails that failed for another reason than a dead address.").row(&[], counts.failures_to_mend);
    let mut attempts = page.counter("deadlines_attempts_total", "Attempts at handing mail to the mail server, by how they ended.");
    for (outcome, count) in &figures.outcomes {
        attempts = attempts.row(&[("outcome", outcome)], count);
    }
    page.gauge("deadlines_unreachable_practices", "Practices that have no address left that takes mail.").row(&[], counts.unreachable);
    page.gauge("deadlines_dead_addresses", "Addresses that do not exist any more.").row(&[], counts.dead_addresses);
}

fn way(page: &mut Page, figures: &Figures) {
    let lane = &figures.counts.lane;
    let mut states = page.gauge("deadlines_lane_state", "1 for the state of the way to the mail server, 0 for the others.");
    for state in [LaneState::Open, LaneState::Resting, LaneState::Held] {
        states = states.row(&[("state", state.as_str())], u8::from(lane.state == state));
    }
    page.gauge("deadlines_lane_since_timestamp_seconds", "Since when it is in that state.").row(&[], stamp(lane.since));
    let accepted = lane.accepted_at.map_or(0, stamp);
    page.gauge("deadlines_last_accepted_timestamp_seconds", "When the mail server last accepted a mail; 0 where it never did.")
        .row(&[], accepted);
}

fn timelines(page: &mut Page, figures: &Figures) {
    let timelines = &figures.timelines;
    let mut ages = page.gauge("deadlines_calendar_age_seconds", "How long ago each timeline in force was held against its source.");
    for (policy, days) in &timelines.ages {
        ages = ages.row(&[("policy", policy)], days * SECONDS_OF_A_DAY);
    }
    page.gauge("deadlines_coverage_gaps", "Subscriptions without a timeline for the coming contract year, by whether that is overdue.")
        .row(&[("overdue", "false")], timelines.gaps)
        .row(&[("overdue", "true")], timelines.overdue_gaps);
    page.gauge("deadlines_calendars_set_aside", "1 while a load of calendars waits for the operator.")
        .row(&[], u8::from(figures.counts.load_waits));
}

fn stamp(at: DateTime<Utc>) -> i64 {
    at.timestamp()
}

#[derive(Default)]
struct Page(String);

/// A family whose rows are being written.
struct Family<'p> {
    page: &'p mut Page,
    name: &'static str,
}

impl Page {
    fn gauge(&mut self, name: &'static str, help: &str) -> Family<'_> {
        self.family(name, "gauge", help)
    }

    fn counter(&mut self, name: &'static str, help: &str) -> Family<'_> {
        self.family(name, "counter", help)
    }

    fn family(&mut self, name: &'static str, kind: &str, help: &str) -> Family<'_> {
        // Writing to a text cannot fail.
        let _ = write!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
        Family { page: self, name }
    }
}

impl Family<'_> {
    fn row(self, labels: &[(&str, &str)], value: impl std::fmt::Display) -> Self {
        let labels: Vec<String> = labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let _ = writeln!(self.page.0, "{}{labels} {value}", self.name);
        self
    }
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
