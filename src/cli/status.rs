//! `deadlines status`: the health of the service in one screen, with an exit code for monitoring.

use std::io::Write;

use chrono::{DateTime, TimeDelta, Utc};
use clap::Args;

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::grid::grid;
use crate::cli::output;
use crate::clock;
use crate::domain::names::PracticeId;
use crate::store::Store;
use crate::store::addresses::DeadAddress;
use crate::store::error::StoreError;
use crate::store::identity::Fence;
use crate::store::lane::{Lane, LaneState};
use crate::store::outbox::State;
use crate::store::runs::Run;
use crate::store::set_aside::SetAside;

/// Show the health of the service in one screen
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  deadlines status
  deadlines status --json

Exit code 0: all is well; 1: the database was restored or copied, mail is held, failed, or has been due for more than an hour, a practice or the operator cannot be reached, or calendars wait to be confirmed; for monitoring.")]
pub struct Status {
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// How long mail may be due, or the lane rest, before monitoring is told.
const TOO_LONG: TimeDelta = TimeDelta::hours(1);

/// How many addresses and practices are listed for people; JSON has them all.
const LISTED: usize = 10;

/// Everything that it shows.
struct Health {
    now: DateTime<Utc>,
    practices: usize,
    states: Vec<(State, u64, DateTime<Utc>)>,
    oldest_due: Option<DateTime<Utc>>,
    failures_to_mend: u64,
    fence: Option<Fence>,
    lane: Lane,
    dead: Vec<DeadAddress>,
    unreachable: Vec<PracticeId>,
    operator: Option<String>,
    untold: usize,
    set_aside: Option<SetAside>,
    runs: Vec<Run>,
}

impl Health {
    fn read(store: &Store, operator: Option<String>, now: DateTime<Utc>) -> Result<Self, StoreError> {
        Ok(Self {
            now,
            practices: store.practice_ids()?.len(),
            states: store.states()?,
            oldest_due: store.oldest_due(now)?,
            failures_to_mend: store.failures_to_mend()?,
            fence: store.fence()?,
            lane: store.lane()?,
            dead: store.dead_addresses()?,
            unreachable: store.unreachable_practices()?,
            untold: store.untold()?.len(),
            operator,
            set_aside: store.set_aside()?,
            runs: store.runs()?,
        })
    }

    /// What is wrong, gravest first, each with what to do.
    fn troubles(&self) -> Vec<String> {
        let too_long = |since: &DateTime<Utc>| self.now - *since > TOO_LONG;
        let reason = self.lane.reason.as_deref().unwrap_or_default();
        let rests_too_long = self.lane.state == LaneState::Resting && too_long(&self.lane.since);
        let is_operator = |dead: &&DeadAddress| self.operator.as_ref().is_some_and(|operator| operator.eq_ignore_ascii_case(&dead.email));
        let waiting = |load: &SetAside| {
            format!(
                "calendars from {} wait since {}, because {} contacts would get a correction: deadlines calendars diff shows them, load --confirm releases them",
                load.origin,
                local(load.at),
                load.contacts
            )
        };
        let troubles = [
            self.fence.as_ref().map(held_as_copy),
            (self.lane.state == LaneState::Held)
                .then(|| format!("no mail leaves since {}: {reason}; mend it, then deadlines outbox release", local(self.lane.since))),
            rests_too_long.then(|| format!("no mail has left since {}: {reason}", local(self.lane.since))),
            self.oldest_due
                .filter(too_long)
                .map(|since| format!("mail has been due since {}: deadlines outbox list shows it; does the service run?", local(since))),
            (self.failures_to_mend > 0)
                .then(|| format!("{} failed: deadlines outbox list --state failed", count(self.failures_to_mend, "mail"))),
            (!self.unreachable.is_empty()).then(|| {
                format!(
                    "{} cannot be reached: give an address with deadlines practice add",
                    count(self.unreachable.len() as u64, "practice")
                )
            }),
            self.set_aside.as_ref().map(waiting),
            self.dead.iter().find(is_operator).map(|dead| format!("the operator's own address {} is dead: {}", dead.email, dead.reason)),
        ];
        troubles.into_iter().flatten().collect()
    }
}

fn held_as_copy(fence: &Fence) -> String {
    let (since, why) = (local(fence.since), &fence.why);
    format!("practices' mail is held since {since}: {why}; if this one is to send and no other does: deadlines outbox release --copy")
}

fn count(number: u64, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

fn local(at: DateTime<Utc>) -> String {
    clock::local(at).format("%Y-%m-%d %H:%M").to_string()
}

impl Status {
    /// Runs the command.
    pub fn run(self, context: &Context) -> Result<(), Failure> {
        let store = context.store_to_look_at()?;
        let health = Health::read(&store, context.config.operator.email.clone(), context.clock.now())?;
        let troubles = health.troubles();
        if self.json {
            output::json(&as_json(&health, &troubles))?;
        } else {
            print(&health, context)?;
        }
        if troubles.is_empty() { Ok(()) } else { Err(Failure::Failed(troubles.join("\n  "))) }
    }
}

fn as_json(health: &Health, troubles: &[String]) -> serde_json::Value {
    let counts: serde_json::Map<_, _> =
        health.states.iter().map(|(state, count, _)| (state.as_str().to_owned(), (*count).into())).collect();
    let runs: serde_json::Map<_, _> =
        health.runs.iter().map(|run| (run.job.clone(), serde_json::json!({ "at": run.at, "detail": run.detail }))).collect();
    let dead: Vec<_> =
        health.dead.iter().map(|dead| serde_json::json!({ "email": dead.email, "since": dead.at, "reason": dead.reason })).collect();
    let lane = &health.lane;
    serde_json::json!({
        "healthy": troubles.is_empty(), "troubles": troubles, "practices": health.practices, "mails": counts, "oldest_due": health.oldest_due,
        "lane": { "state": lane.state.as_str(), "since": lane.since, "rest_until": lane.rest_until, "reason": lane.reason, "slowness": lane.slowness },
        "dead_addresses": dead, "unreachable": health.unreachable.iter().map(PracticeId::as_str).collect::<Vec<_>>(),
        "fence": health.fence.as_ref().map(|fence| serde_json::json!({ "since": fence.since, "why": fence.why })),
        "untold_notices": health.untold, "set_aside": health.set_aside.as_ref().map(waiting_load), "runs": runs,
    })
}

fn waiting_load(load: &SetAside) -> serde_json::Value {
    serde_json::json!({ "at": load.at, "origin": load.origin, "moments": load.moments, "contacts": load.contacts })
}

fn print(health: &Health, context: &Context) -> Result<(), Failure> {
    let mut out = output::results();
    writeln!(out, "{} in {}", count(health.practices as u64, "practice"), context.config.database.display())?;
    if health.fence.is_none() || health.lane.state != LaneState::Open {
        writeln!(out, "{}", lane_in_words(&health.lane))?;
    }
    if health.fence.is_some() {
        writeln!(out, "PRACTICES' MAIL IS HELD: this looks like a restored or copied database.")?;
    }
    if health.states.is_empty() {
        writeln!(out, "No mails yet.")?;
    } else {
        let row = |(state, count, since): &(State, u64, _)| [state.as_str().to_owned(), count.to_string(), local(*since)];
        writeln!(out, "{}", grid(["mails", "number", "oldest since"], health.states.iter().map(row)))?;
    }
    if let Some(due) = health.oldest_due {
        writeln!(out, "Due and not sent since {}.", local(due))?;
    }
    for dead in health.dead.iter().take(LISTED) {
        writeln!(out, "Dead since {}: {} ({})", local(dead.at), dead.email, dead.reason)?;
    }
    for practice in health.unreachable.iter().take(LISTED) {
        writeln!(out, "Cannot be reached: {practice}")?;
    }
    let more = health.dead.len().saturating_sub(LISTED) + health.unreachable.len().saturating_sub(LISTED);
    if more > 0 {
        writeln!(out, "and {more} more: deadlines status --json")?;
    }
    if health.untold > 0 && health.operator.is_none() {
        writeln!(out, "{} for the operator, and no [operator] email to tell.", count(health.untold as u64, "notice"))?;
    }
    for run in &health.runs {
        writeln!(out, "Last {}: {}, {}", run.job, local(run.at), run.detail)?;
    }
    Ok(())
}

fn lane_in_words(lane: &Lane) -> String {
    let reason = lane.reason.as_deref().unwrap_or_default();
    let pace = if lane.slowness > 0 { format!(" at one {}th of the pace", 1_u64 << lane.slowness) } else { String::new() };
    match lane.state {
        LaneState::Open => format!("Mail may leave{pace}."),
        LaneState::Resting => {
            let until = lane.rest_until.map(local).unwrap_or_default();
            format!("Mail rests until {until} (trouble since {}): {reason}", local(lane.since))
        }
        LaneState::Held => format!("MAIL IS HELD since {}: {reason}", local(lane.since)),
    }
}
