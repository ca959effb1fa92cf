//! `deadlines done`, `snooze` and `happened`: what a practice did.

use std::io::Write;

use chrono::NaiveDate;
use clap::Args;

use crate::cli::context::{Context, parse_day};
use crate::cli::failure::Failure;
use crate::cli::identity::whole_among;
use crate::cli::known::Known;
use crate::cli::output;
use crate::domain::agenda::{self, Entry};
use crate::domain::almanac::Almanac;
use crate::domain::names::{CareType, MilestoneId, OccurrenceId};
use crate::domain::practices::Practice;
use crate::store::Store;
use crate::store::practices::Since;

/// Mark an occurrence as handled: no more reminders until its date changes
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  deadlines done fysio-leiden zilveren-kruis/fysiotherapie-2026-2027/ondertekenen
  deadlines done fysio-leiden zilveren-kruis/fysiotherapie-2026-2027/ondertekenen --undo
  deadlines done fysio-leiden zilveren-kruis/fysiotherapie-2026-2027/data-aanleveren --series    a recurring duty, for good")]
pub struct Done {
    practice: String,
    /// Occurrence, as `list --practice` shows it: whole, or its last part
    id: String,
    /// Only for this care type
    #[arg(long, value_parser = Known::care_types(), hide_possible_values = true)]
    care_type: Option<String>,
    /// The whole series of what comes back, whatever its days: no reminder of it ever again
    #[arg(long)]
    series: bool,
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
    /// Occurrence, as `list --practice` shows it: whole, or its last part
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
    /// Milestone, as `list` shows it: whole, or its last part
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

    /// Everything that concerns the practice.
    fn agenda(&self, context: &Context) -> Result<Vec<Entry<'_>>, Failure> {
        let today = context.today();
        let happened = self.store.happened(&self.practice.id)?;
        Ok(agenda::entries(&self.almanac, &self.practice, &happened, today, today))
    }

    /// The entries of an occurrence, or of a milestone with one occurrence.
    fn entries(&self, context: &Context, id: &str, care_type: Option<&str>) -> Result<Vec<Entry<'_>>, Failure> {
        let care_type =
            care_type.map(|given| self.almanac.find_care_type(given)).transpose().map_err(|error| Failure::Usage(error.to_string()))?;
        let all = self.agenda(context)?;
        let whole = whole_among(&all, id)?;
        let id = whole.as_deref().unwrap_or(id);
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

    /// The series that a milestone, or one of its occurrences, makes for the practice: one for each care type.
    fn series(&self, context: &Context, id: &str, care_type: Option<&str>) -> Result<Vec<(MilestoneId, CareType)>, Failure> {
        let care_type =
            care_type.map(|given| self.almanac.find_care_type(given)).transpose().map_err(|error| Failure::Usage(error.to_string()))?;
        let all = self.agenda(context)?;
        let milestone = OccurrenceId::from(whole_among(&all, id)?.as_deref().unwrap_or(id)).milestone();
        let mut found: Vec<&Entry<'_>> = all.iter().filter(|entry| entry.occurrence.milestone.id == milestone).collect();
        found.retain(|entry| care_type.as_ref().is_none_or(|only| entry.care_type == *only));
        if found.is_empty() {
            return Err(Failure::Usage(format!(
                "{id} is nothing that concerns {}: deadlines list --practice {} --all shows what does",
                self.practice.id, self.practice.id
            )));
        }
        if !found.iter().any(|entry| entry.occurrence.comes_back()) {
            return Err(Failure::Usage(format!("{milestone} does not come back: leave --series out")));
        }
        let mut series: Vec<_> = found.into_iter().map(|entry| (milestone.clone(), entry.care_type.clone())).collect();
        series.sort();
        series.dedup();
        Ok(series)
    }
}

impl Done {
    /// Runs the command.
    pub fn run(self, context: &Context) -> Result<(), Failure> {
        let mut desk = Desk::open(context, &self.practice)?;
        if self.series {
            return self.run_series(context, desk);
        }
        let keys: Vec<_> = desk
            .entries(context, &self.id, self.care_type.as_deref())?
            .into_iter()
            .map(|entry| (entry.occurrence.id.clone(), entry.care_type.clone(), entry.occurrence.last_day))
            .collect();
        let work = desk.store.begin(context.clock.now())?;
        let mut changed = false;
        for (occurrence, care_type, last_day) in &keys {
            changed |= if self.undo {
                work.undo_done(&desk.practice.id, occurrence, care_type)?
            } else {
                work.record_done(&desk.practice.id, occurrence, care_type, *last_day).map(|()| true)?
            };
        }
        work.commit()?;
        let (is, then) = match (self.undo, changed) {
            (false, _) => ("is handled", "; reminders stop unless its date changes"),
            (true, true) => ("is open again", ""),
            (true, false) => ("was not marked as handled", ""),
        };
        writeln!(
            output::results(),
            "{} {is} for {}{then}.",
            keys.first().map_or(self.id.as_str(), |(occurrence, ..)| occurrence.as_str()),
            desk.practice.id
        )?;
        Ok(())
    }

    fn run_series(self, context: &Context, mut desk: Desk) -> Result<(), Failure> {
        let series = desk.series(context, &self.id, self.care_type.as_deref())?;
        let work = desk.store.begin(context.clock.now())?;
        let mut changed = false;
        for (milestone, care_type) in &series {
            changed |= if self.undo {
                work.undo_series_done(&desk.practice.id, milestone, care_type)?
            } else {
                work.record_series_done(&desk.practice.id, milestone, care_type).map(|()| true)?
            };
        }
        work.commit()?;
        let milestone = series.first().map_or(self.id.as_str(), |(milestone, _)| milestone.as_str());
        let said = match (self.undo, changed) {
            (false, _) => "is handled with its whole series; no reminder of it comes again",
            (true, true) => "is open again, each time that is not marked by itself",
            (true, false) => "was not marked with its whole series",
        };
        writeln!(output::results(), "{milestone} {said} for {}.", desk.practice.id)?;
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
        writeln!(
            output::results(),
            "{} rests until {} for {}.",
            keys.first().map_or(self.id.as_str(), |(occurrence, ..)| occurrence.as_str()),
            self.until,
            desk.practice.id
        )?;
        Ok(())
    }
}

impl HappenedOn {
    /// Runs the command.
    pub fn run(self, context: &Context) -> Result<(), Failure> {
        let mut desk = Desk::open(context, &self.practice)?;
        let milestone = MilestoneId::new(whole_among(&desk.agenda(context)?, &self.id)?.unwrap_or(self.id));
        if desk.practice.own.iter().any(|(_, own)| own.id == milestone) {
            let hint = format!("deadlines practice date add {} moves it", desk.practice.id);
            return Err(Failure::Usage(format!("{milestone} is a date of the practice's own: {hint}")));
        }
        if desk.almanac.milestone(&milestone).is_none() {
            let hint = format!("deadlines list --practice {} --all shows what does", desk.practice.id);
            return Err(Failure::Usage(format!("{milestone} is no milestone that concerns {}: {hint}", desk.practice.id)));
        }
        if self.on > context.today() {
            return Err(Failure::Usage(format!("--on {} lies ahead: record it once it has happened", self.on)));
        }
        let work = desk.store.begin(context.clock.now())?;
        work.record_happened(&desk.practice.id, &milestone, self.on)?;
        work.commit()?;
        writeln!(output::results(), "{milestone} happened on {} for {}; what counts from it follows.", self.on, desk.practice.id)?;
        Ok(())
    }
}
