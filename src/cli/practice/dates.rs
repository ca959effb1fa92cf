//! `deadlines practice date`: dates of a practice's own, beside the insurers'.

use std::io::Write;

use chrono::NaiveDate;
use clap::{Args, Subcommand};

use crate::cli::context::{Context, parse_day};
use crate::cli::failure::Failure;
use crate::cli::grid::grid;
use crate::cli::output;
use crate::domain::leads::{Lead, joined};
use crate::domain::names::check_identity;
use crate::domain::own_dates::{Due, OWN, OwnDate, OwnDates, Repeat};
use crate::domain::practices::Practice;
use crate::practice_file::{self, Format};
use crate::store::practices::Since;

/// Keep dates of a practice's own, beside the insurers': a certificate that expires
#[derive(Debug, Subcommand)]
pub enum Dates {
    Add(Add),
    Remove(Remove),
    List(List),
}

/// Add a date of a practice's own, or change one
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  deadlines practice date add fysio-leiden bhv --title \"BHV-certificaat verloopt\" --by 2027-03-01
  deadlines practice date add fysio-leiden hkz --title \"HKZ-audit\" --on 2027-05-12 --repeats 1y --lead 12w --lead 2w")]
pub struct Add {
    practice: String,
    /// Its id: lower-case letters, digits and hyphens
    id: String,
    /// What it is, in one line
    #[arg(long)]
    title: String,
    /// The last day that still counts
    #[arg(long, value_name = "DATE", value_parser = parse_day, required_unless_present = "on", conflicts_with = "on")]
    by: Option<NaiveDate>,
    /// The day on which it is
    #[arg(long, value_name = "DATE", value_parser = parse_day)]
    on: Option<NaiveDate>,
    /// After how many months or years it comes back: 6m, 1y, 5y
    #[arg(long, value_name = "PERIOD", value_parser = parse_repeat)]
    repeats: Option<Repeat>,
    /// How long before it is reminded of; as other deadlines if left out
    #[arg(long, value_name = "LEAD", value_parser = parse_lead)]
    lead: Vec<Lead>,
    /// What else its mails are to say
    #[arg(long)]
    note: Option<String>,
}

/// Remove a date of a practice's own
#[derive(Debug, Args)]
#[command(after_help = "Example:
  deadlines practice date remove fysio-leiden bhv")]
pub struct Remove {
    practice: String,
    /// Its id
    id: String,
}

/// List the dates of a practice's own
#[derive(Debug, Args)]
#[command(after_help = "Example:
  deadlines practice date list fysio-leiden --json")]
pub struct List {
    practice: String,
    /// As JSON
    #[arg(long)]
    json: bool,
}

fn parse_repeat(text: &str) -> Result<Repeat, String> {
    Repeat::parse(text).ok_or_else(|| "write months or years: 3m, 1y, 5y; at most fifty years".to_owned())
}

fn parse_lead(text: &str) -> Result<Lead, String> {
    Lead::parse(text).ok_or_else(|| "write days or weeks: 2d, 4w, 0d; at most two years".to_owned())
}

impl Dates {
    /// Runs the command.
    pub fn run(self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::Add(add) => add.run(context),
            Self::Remove(remove) => remove.run(context),
            Self::List(list) => list.run(context),
        }
    }
}

impl Add {
    fn run(self, context: &Context) -> Result<(), Failure> {
        let Some(due) = self.by.map(Due::By).or(self.on.map(Due::On)) else {
            return Err(Failure::Usage("say when: --by or --on".to_owned()));
        };
        check_identity(&self.id).map_err(|error| Failure::Usage(format!("{} is no id: {error}", self.id)))?;
        let leads = Some(self.lead).filter(|leads| !leads.is_empty());
        let date = OwnDate { id: self.id, title: self.title, due, repeats: self.repeats, leads, note: self.note, since: None };
        let id = date.id.clone();
        change(context, &self.practice, |dates| {
            let place = dates.iter().position(|known| known.id == date.id);
            match place.and_then(|place| dates.get_mut(place)) {
                Some(known) => *known = date,
                None => dates.push(date),
            }
            Ok(())
        })?;
        writeln!(output::results(), "{OWN}/{}/{id} is {} {}.", self.practice, due.word(), due.day())?;
        if due.day() < context.today() && self.repeats.is_none() {
            output::note("that day is past: nothing will be mailed about it");
        }
        Ok(())
    }
}

impl Remove {
    fn run(self, context: &Context) -> Result<(), Failure> {
        change(context, &self.practice, |dates| {
            let known: Vec<String> = dates.iter().map(|date| date.id.clone()).collect();
            dates.retain(|date| date.id != self.id);
            if dates.len() < known.len() {
                return Ok(());
            }
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            Err(Failure::Usage(format!("{} has no own date {}; it has: {known}", self.practice, self.id)))
        })?;
        writeln!(output::results(), "{OWN}/{}/{} is removed.", self.practice, self.id)?;
        Ok(())
    }
}

/// Changes the dates of a practice as a file would: what an import refuses is refused here too.
fn change(context: &Context, practice: &str, change: impl FnOnce(&mut Vec<OwnDate>) -> Result<(), Failure>) -> Result<(), Failure> {
    let almanac = context.almanac()?;
    let mut store = context.store()?;
    let known = context.practice_in(&store, practice, Since::AsWritten)?;
    let mut dates = known.own.dates().to_vec();
    change(&mut dates)?;
    let own = OwnDates::new(&known.id, dates);
    let text = practice_file::export::export(&[Practice { own, ..known }], Format::Toml);
    let (read, problems) = practice_file::read("the practice as it would be", &text, Format::Toml, &almanac);
    if problems.has_errors() {
        return Err(Failure::Data(problems));
    }
    let work = store.begin(context.clock.now())?;
    for practice in &read {
        work.put_practice(practice, context.today())?;
    }
    Ok(work.commit()?)
}

impl List {
    fn run(self, context: &Context) -> Result<(), Failure> {
        let practice = context.practice_in(&context.store_to_look_at()?, &self.practice, Since::OrImport)?;
        if self.json {
            return output::json(&as_json(&practice));
        }
        if practice.own.dates().is_empty() {
            output::note(&format!("{} has no dates of its own: deadlines practice date add --help", practice.id));
            return Ok(());
        }
        let row = |date: &OwnDate| {
            [
                date.id.clone(),
                format!("{} {}", date.due.word(), date.due.day()),
                date.title.clone(),
                date.repeats.map(|repeats| repeats.to_string()).unwrap_or_default(),
                date.leads.as_deref().map(joined).unwrap_or_default(),
                date.note.clone().unwrap_or_default(),
            ]
        };
        writeln!(output::results(), "{}", grid(["id", "when", "what", "repeats", "leads", "note"], practice.own.dates().iter().map(row)))?;
        Ok(())
    }
}

/// The dates of a practice for programs.
pub fn as_json(practice: &Practice) -> Vec<serde_json::Value> {
    let date = |(date, milestone): (&OwnDate, &crate::domain::milestones::Milestone)| {
        serde_json::json!({
            "id": milestone.id.as_str(), "title": date.title, "precision": date.due.word(), "day": date.due.day(),
            "repeats": date.repeats.map(|repeats| repeats.to_string()),
            "leads": date.leads.as_ref().map(|leads| leads.iter().map(ToString::to_string).collect::<Vec<_>>()),
            "note": date.note, "since": date.since,
        })
    };
    practice.own.iter().map(date).collect()
}
