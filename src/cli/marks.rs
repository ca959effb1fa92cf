//! `deadlines done`, `snooze` and `happened`: what a practice did.

use std::io::Write;

use chrono::NaiveDate;
use clap::Args;

use crate::cli::context::{Context, parse_day};
use crate::cli::failure::Failure;
use crate::cli::known::Known;
use crate::cli::output;
use crate::domain::agenda::{self, Entry};
use crate::domain::almanac::Almanac;
use crate::domain::practices::Practice;
use crate::store::Store;
use crate::store::practices::Since;

/// Mark an occurrence as handled: no more reminders until its date changes
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  deadlines done fysio-leiden zilveren-kruis/fysiotherapie-2026-2027/ondertekenen
  deadlines done fysio-leiden zilveren-kruis/fysiotherapie-2026-2027/ondertekenen --undo")]
pub struct Done {
    practice: String,
    /// Occurrence, as `list --practice` shows it
    id: String,
    /// Only for this care type
    #[arg(long, value_parser = Known::care_types(), hide_possible_values = true)]
    care_type: Option<String>,
    /// Take the mark back
    #[arg(long)]
    undo: bool,
}

/// Let an occurrence rest until a day
#[derive(Debug, Args)]
#[command(after_help = "Example:
  deadlines snooze fysio-leiden cz/paramedische-zorg-2024/fysiotherapie-vragen --until 2023-10-16")]
pub struct Snooze {
    practice: String,
    /// Occurrence, as `list --practice` shows it
    id: String,
    /// Until which day
    #[arg(long, value_name = "DATE", value_parser = parse_day)]
    until: NaiveDate,
    /// Only for this care type
    #[arg(long, value_parser = Known::care_types(), hide_possible_values = true)]
    care_type: Option<String>,
}

/// Record the day on which a milestone happened to a practice; what counts from it follows
#[derive(Debug, Args)]
#[command(after_help = "Example:
  deadlines happened fysio-leiden cz/paramedische-zorg-2024/fysiotherapie-aanbod --on 2023-09-18")]
pub struct HappenedOn {
    practice: String,
    /// Milestone, as `list` shows it
    id: String,
    /// On which day
    #[arg(long, value_name = "DATE", value_parser = parse_day)]
    on: NaiveDate,
}

struct Desk {
    store: Store,
    almanac: Almanac,
    practice: Practice,
}

impl Desk {
    fn open(context: &Context, practice: &str) -> Result<Self, Failure> {
        let store = context.store()?;
        let practice = context.practice_in(&store, practice, Since::OrImport)?;
        Ok(Self { store, almanac: context.almanac()?, practice })
    }

    /// The entries of an occurrence, or of a milestone with one occurrence.
    fn entries(&self, context: &Context, id: &str, care_type: Option<&str>) -> Result<Vec<Entry<'_>>, Failure> {
        let care_type =
            care_type.map(|given| self.almanac.find_care_type(given)).transpose().map_err(|error| Failure::Usage(error.to_string()))?;
        let today = context.today();
        let happened = self.store.happened(&self.practice.id)?;
        let all = agenda::entries(&self.almanac, &self.practice, &happened, today, today);
        let asked =
            |entry: &&Entry<'_>| entry.occurrence.id.as_str() == id && care_type.as_ref().is_none_or(|only| entry.care_type == *only);
        let found: Vec<Entry<'_>> = all.iter().filter(asked).cloned().collect();
        if found.is_empty() {
            let several: Vec<&str> =
                all.iter().filter(|entry| entry.occurrence.milestone.id.as_str() == id).map(|entry| entry.occurrence.id.as_str()).collect();
            let hint = if several.is_empty() {
                format!("deadlines list --practice {} --all shows what does", self.practice.id)
            } else {
                format!("name one of: {}", several.join(", "))
            };
            return Err(Failure::Usage(format!("{id} is no occurrence that concerns {}: {hint}", self.practice.id)));
        }
        Ok(found)
    }
}

impl Done {
    /// Runs the command.
    pub fn run(self, context: &Context) -> Result<(), Failure> {
        let mut desk = Desk::open(context, &self.practice)?;
        let keys: Vec<_> = desk
            .entries(context, &self.id, self.care_type.as_deref())?
            .into_iter()
            .map(|entry| (entry.occurrence.id.clone(), entry.care_type.clone(), entry.occurrence.last_day))
            .collect();
        let work = desk.store.begin(context.clock.now())?;
        for (occurrence, care_type, last_day) in &keys {
            if self.undo {
                work.undo_done(&desk.practice.id, occurrence, care_type)?;
            } else {
                work.record_done(&desk.practice.id, occurrence, care_type, *last_day)?;
            }
        }
        work.commit()?;
        let (is, then) = if self.undo { ("open again", "") } else { ("handled", "; reminders stop unless its date changes") };
        writeln!(output::results(), "{} is {is} for {}{then}.", self.id, desk.practice.id)?;
        Ok(())
    }
}

impl Snooze {
    /// Runs the command.
    pub fn run(self, context: &Context) -> Result<(), Failure> {
        let mut desk = Desk::open(context, &self.practice)?;
        let entries = desk.entries(context, &self.id, self.care_type.as_deref())?;
        if let Some(late) = entries.iter().find(|entry| self.until > entry.occurrence.last_day) {
            return Err(Failure::Usage(format!(
                "--until {} lies after its last day, {}: mark it as done instead",
                self.until, late.occurrence.last_day
            )));
        }
        if self.until <= context.today() {
            return Err(Failure::Usage(format!("--until {} does not lie ahead: it would rest for no time at all", self.until)));
        }
        let keys: Vec<_> = entries.into_iter().map(|entry| (entry.occurrence.id.clone(), entry.care_type.clone())).collect();
        let work = desk.store.begin(context.clock.now())?;
        for (occurrence, care_type) in &keys {
            work.record_snooze(&desk.practice.id, occurrence, care_type, self.until)?;
        }
        work.commit()?;
        writeln!(output::results(), "{} rests until {} for {}.", self.id, self.until, desk.practice.id)?;
        Ok(())
    }
}

impl HappenedOn {
    /// Runs the command.
    pub fn run(self, context: &Context) -> Result<(), Failure> {
        let mut desk = Desk::open(context, &self.practice)?;
        let milestone = self.id.as_str().into();
        if desk.almanac.milestone(&milestone).is_none() {
            return Err(Failure::Usage(format!("there is no milestone {}: deadlines list --all shows them", self.id)));
        }
        if self.on > context.today() {
            return Err(Failure::Usage(format!("--on {} lies ahead: record it once it has happened", self.on)));
        }
        let work = desk.store.begin(context.clock.now())?;
        work.record_happened(&desk.practice.id, &milestone, self.on)?;
        work.commit()?;
        writeln!(output::results(), "{} happened on {} for {}; what counts from it follows.", self.id, self.on, desk.practice.id)?;
        Ok(())
    }
}
