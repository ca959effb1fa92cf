//! `deadlines plan` and `deadlines explain`: what will be sent, to whom, why, and what will not.

use std::io::Write;

use chrono::NaiveDate;
use clap::Args;

use crate::cli::context::{Context, parse_day};
use crate::cli::failure::Failure;
use crate::cli::grid::grid;
use crate::cli::identity;
use crate::cli::{ledger, output};
use crate::domain::agenda::{self, Entry};
use crate::domain::decide::verdict::{Quieted, Reason, Verdict};
use crate::domain::decide::{Decision, Now, Rules, decide};
use crate::domain::leads::Lead;
use crate::domain::milestones::Milestone;
use crate::domain::policies::Origin;
use crate::domain::practices::Practice;
use crate::domain::routing::{Stage, hearers, routes};
use crate::domain::working_days::shift;
use crate::job::reopen::memory_of;
use crate::store::Store;
use crate::store::practices::Since;

/// Show what will be sent, to whom and why; nothing is sent or written
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  deadlines plan                        the coming four weeks
  deadlines plan --until 2025-12-31 --practice fysio-leiden
  deadlines plan --skipped              also what will not be sent, and why")]
pub struct Plan {
    /// Last day to look at
    #[arg(long, value_name = "DATE", value_parser = parse_day)]
    until: Option<NaiveDate>,
    /// Only this practice
    #[arg(long)]
    practice: Option<String>,
    /// Also what will not be sent, and why
    #[arg(long)]
    skipped: bool,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// Show every decision on one occurrence for one practice with its reason, and who was told what in which mail
#[derive(Debug, Args)]
#[command(after_help = "Example:
  deadlines explain fysio-leiden zilveren-kruis/fysiotherapie-2026-2027/ondertekenen")]
pub struct Explain {
    practice: String,
    /// Milestone or occurrence, as `list` shows it: whole, or its last part
    id: String,
}

/// One line of the plan.
struct Line {
    day: NaiveDate,
    practice: String,
    occurrence: String,
    care_type: String,
    last_day: NaiveDate,
    lead: Lead,
    title: String,
    verdict: Verdict,
    quieted: Quieted,
    /// The addresses that hear it; all of the practice's where nothing is named.
    to: Option<Vec<String>>,
}

impl Plan {
    /// Runs the command.
    pub fn run(self, context: &Context) -> Result<(), Failure> {
        let store = context.store_to_look_at()?;
        let until = self.until.unwrap_or_else(|| shift(context.today(), 28));
        let practices = match &self.practice {
            Some(id) => vec![context.practice_in(&store, id, context.since())?],
            None => store.practices(context.since())?,
        };
        let almanac = context.almanac()?;
        let rules = context.rules();
        let mut lines = Vec::new();
        for practice in practices {
            let practice = context.within_reach(&store, practice)?;
            lines.extend(lines_of(context, &store, &almanac, &rules.of(&practice), &practice, until)?);
        }
        lines.retain(|line| self.skipped || line.verdict == Verdict::Send);
        lines.sort_by(|a, b| (a.day, &a.practice, a.last_day).cmp(&(b.day, &b.practice, b.last_day)));
        self.print(&lines, until)
    }

    fn print(&self, lines: &[Line], until: NaiveDate) -> Result<(), Failure> {
        let mut out = output::results();
        if self.json {
            let all: Vec<serde_json::Value> = lines.iter().map(as_json).collect();
            writeln!(out, "{}", serde_json::to_string_pretty(&all).unwrap_or_default())?;
        } else if lines.is_empty() {
            output::note(&format!("nothing is due until {until}"));
        } else {
            let row = |line: &Line| {
                [
                    line.day.to_string(),
                    line.practice.clone(),
                    line.title.clone(),
                    line.last_day.to_string(),
                    line.lead.to_string(),
                    to(line.to.as_deref(), line.verdict),
                    said(line.verdict, line.quieted),
                ]
            };
            writeln!(out, "{}", grid(["on", "practice", "what", "last day", "lead", "to", "decision"], lines.iter().map(row)))?;
        }
        Ok(())
    }
}

fn said(verdict: Verdict, quieted: Quieted) -> String {
    let verdict = match verdict {
        Verdict::Send => "send".to_owned(),
        Verdict::Skip(reason) => reason.to_string(),
    };
    if quieted == Quieted::No { verdict } else { format!("{verdict}, {quieted}") }
}

/// Who hears what is sent.
fn to(hearers: Option<&[String]>, verdict: Verdict) -> String {
    match (verdict, hearers) {
        (Verdict::Skip(_), _) => String::new(),
        (Verdict::Send, None) => "all".to_owned(),
        (Verdict::Send, Some([])) => "nobody: no address takes mail".to_owned(),
        (Verdict::Send, Some(hearers)) => hearers.join(", "),
    }
}

fn as_json(line: &Line) -> serde_json::Value {
    serde_json::json!({
        "on": line.day, "practice": line.practice, "occurrence": line.occurrence, "care_type": line.care_type,
        "last_day": line.last_day, "lead": line.lead.to_string(), "title": line.title, "decision": if line.verdict == Verdict::Send { "send" } else { "skip" },
        "reason": match line.verdict { Verdict::Send => Some(line.quieted.to_string()).filter(|said| !said.is_empty()), Verdict::Skip(_) => Some(said(line.verdict, line.quieted)) },
        "to": line.to,
    })
}

/// The real planner, asked for each coming day; what one day settles the next one knows.
fn lines_of(
    context: &Context,
    store: &Store,
    almanac: &crate::domain::almanac::Almanac,
    rules: &Rules,
    practice: &Practice,
    until: NaiveDate,
) -> Result<Vec<Line>, Failure> {
    let happened = store.happened(&practice.id)?;
    let today = context.today();
    let entries = agenda::entries(almanac, practice, &happened, today, today);
    let mut memory = memory_of(store, &practice.id, &entries, today)?;
    let mut lines = Vec::new();
    let mut day = today;
    while day <= until {
        let decisions = decide(rules, Now { day, time: rules.send_from.max(context.local_time_on(day)) }, &entries, &memory);
        let telling = |decision: &&Decision<'_, '_>| decision.settles() || (day == until && is_silenced(decision, until));
        for decision in decisions.iter().filter(telling) {
            lines.push(line(practice, day, decision));
            if decision.settles() {
                memory.settled.insert(decision.key());
            }
        }
        day = shift(day, 1);
    }
    Ok(lines)
}

/// What would have been due, but is kept quiet.
fn is_silenced(decision: &Decision<'_, '_>, until: NaiveDate) -> bool {
    let quiet = matches!(
        decision.verdict,
        Verdict::Skip(Reason::Done | Reason::SeriesDone | Reason::Happened | Reason::Snoozed(_) | Reason::LaterStart)
    );
    quiet && decision.due <= until
}

fn line(practice: &Practice, day: NaiveDate, decision: &Decision<'_, '_>) -> Line {
    let occurrence = &decision.entry.occurrence;
    Line {
        day,
        practice: practice.id.to_string(),
        occurrence: occurrence.id.to_string(),
        care_type: decision.entry.care_type.to_string(),
        last_day: occurrence.last_day,
        lead: decision.lead,
        title: title(decision.entry),
        verdict: decision.verdict,
        quieted: decision.quieted,
        to: if practice.contacts.is_empty() { Some(Vec::new()) } else { hearers(&practice.contacts, occurrence.milestone, decision.stage) },
    }
}

fn title(entry: &Entry<'_>) -> String {
    let title = &entry.occurrence.milestone.title;
    match entry.occurrence.policy.origin() {
        Origin::Practice => format!("own date: {title}"),
        _ => format!("{} {}: {title}", entry.insurer, entry.care_type),
    }
}

impl Explain {
    /// Runs the command.
    pub fn run(mut self, context: &Context) -> Result<(), Failure> {
        let store = context.store_to_look_at()?;
        let almanac = context.almanac()?;
        let practice = context.within_reach(&store, context.practice_in(&store, &self.practice, context.since())?)?;
        let today = context.today();
        let entries = agenda::entries(&almanac, &practice, &store.happened(&practice.id)?, today, today);
        let of_practice = identity::whole_among(&entries, &self.id)?;
        let whole = if of_practice.is_some() { of_practice } else { identity::whole(&self.id, almanac.milestone_ids())? };
        if let Some(whole) = whole {
            self.id = whole;
        }
        let memory = memory_of(&store, &practice.id, &entries, today)?;
        let decisions = decide(&context.rules().of(&practice), context.planning_now(), &entries, &memory);
        let asked = |decision: &&Decision<'_, '_>| {
            let occurrence = &decision.entry.occurrence;
            occurrence.id.as_str() == self.id || occurrence.milestone.id.as_str() == self.id
        };
        let found: Vec<&Decision<'_, '_>> = decisions.iter().filter(asked).collect();
        if found.is_empty() {
            self.why_not(&store, &almanac, &practice)?;
            return ledger::print(&store, &practice, &self.id);
        }
        let row = |d: &&Decision<'_, '_>| {
            let occurrence = &d.entry.occurrence;
            [
                occurrence.id.to_string(),
                d.entry.care_type.to_string(),
                occurrence.last_day.to_string(),
                d.lead.to_string(),
                d.due.to_string(),
                said(d.verdict, d.quieted),
            ]
        };
        writeln!(output::results(), "{}", grid(["occurrence", "care type", "last day", "lead", "due", "decision"], found.iter().map(row)))?;
        print_routes(&practice, &found)?;
        ledger::print(&store, &practice, &self.id)
    }

    /// Nothing concerns the practice: say for each subscription why.
    fn why_not(&self, store: &Store, almanac: &crate::domain::almanac::Almanac, practice: &Practice) -> Result<(), Failure> {
        let milestone = self.id.split('@').next().unwrap_or_default();
        let Some((policy, milestone)) = almanac.milestone(&milestone.into()) else {
            if let Some(last) = store.changes_of(&self.id)?.last() {
                let day = crate::clock::civil_day(last.at);
                writeln!(output::results(), "{} is no longer in the timelines, since the load of {day}.", self.id)?;
                return Ok(());
            }
            return Err(Failure::Usage(format!("there is no milestone {}: deadlines list --all shows them", self.id)));
        };
        let mut out = output::results();
        writeln!(out, "{} does not concern {}:", self.id, practice.id)?;
        for subscription in &practice.subscriptions {
            let reason = crate::domain::scope::match_subscription(policy, milestone, subscription)
                .map_or_else(|mismatch| mismatch.to_string(), |_| "it lies before the subscription began, or after it ended".to_owned());
            writeln!(out, "  {} {}: {reason}", subscription.insurer, subscription.care_type)?;
        }
        Ok(())
    }
}

/// Who hears it and why, for each stage that it passes through.
fn print_routes(practice: &Practice, found: &[&Decision<'_, '_>]) -> Result<(), Failure> {
    if practice.contacts.iter().all(|contact| contact.wants.is_empty()) {
        let said =
            if practice.contacts.is_empty() { "No address of the practice takes mail." } else { "Every address of the practice hears it." };
        writeln!(output::results(), "{said}")?;
        return Ok(());
    }
    let mut stages: Vec<(Stage, &Milestone)> = found.iter().map(|d| (d.stage, d.entry.occurrence.milestone)).collect();
    stages.sort_by_key(|(stage, _)| *stage);
    stages.dedup_by_key(|(stage, _)| *stage);
    let said = |stage: Stage| if stage == Stage::LastCall { "last call" } else { "usual" };
    let rows = stages.iter().flat_map(|(stage, milestone)| {
        let routes = routes(&practice.contacts, milestone, *stage);
        practice.contacts.iter().zip(routes).map(move |(contact, why)| [contact.email.clone(), said(*stage).to_owned(), why.to_string()])
    });
    writeln!(output::results(), "{}", grid(["address", "stage", "who hears it"], rows))?;
    Ok(())
}

impl Context {
    /// As which a missing `since` counts: with `--as-of` that day, else the day of the import.
    pub fn since(&self) -> Since {
        if self.as_of.is_some() { Since::AsWritten } else { Since::OrImport }
    }
}
