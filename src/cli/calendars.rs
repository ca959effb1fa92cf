//! `deadlines calendars`: check the files that an editor writes, show what they change, and load them.

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::calendar_file::{self, File, embedded, folder};
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output;
use crate::job::impact::Impact;
use crate::job::load::{self, Consent, Loaded};
use crate::problems::Problems;
use crate::store::calendars::Change;

/// Check and load the calendar files
#[derive(Debug, Subcommand)]
pub enum Calendars {
    Check(Check),
    Load(Load),
    Diff(Diff),
}

/// Check the files and put them into the database; a running service takes them over within a minute
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  deadlines calendars load
  deadlines calendars load calendars
  deadlines calendars load --confirm        also if many contacts get a correction

Contacts who were told a date that changes get a correction. A load that would correct more contacts than [calendars] max_corrections
is set aside, with exit code 1: look at it with `deadlines calendars diff`, then release it with --confirm.")]
pub struct Load {
    /// Folder with calendar files
    folder: Option<PathBuf>,
    /// Load them however many contacts get a correction
    #[arg(long)]
    confirm: bool,
}

/// Show what a load would change, without loading
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  deadlines calendars diff calendars
  deadlines calendars diff --json")]
pub struct Diff {
    /// Folder with calendar files
    folder: Option<PathBuf>,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// Check every rule that a machine can hold, over all files at once
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  deadlines calendars check                 the configured files, or the compiled-in ones
  deadlines calendars check calendars       a folder with insurers.toml and care-types.toml in it
  deadlines calendars check --verbose       with remarks: free days, missing guidance")]
pub struct Check {
    /// Folder with calendar files
    folder: Option<PathBuf>,
    /// Show remarks too: days in a weekend or on a holiday, guidance that is missing
    #[arg(long, short)]
    verbose: bool,
}

impl Calendars {
    /// Runs the command.
    pub fn run(self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::Check(check) => check.run(context),
            Self::Load(load) => load.run(context),
            Self::Diff(diff) => diff.run(context),
        }
    }
}

fn files(context: &Context, given: Option<&PathBuf>) -> Result<(Vec<File>, String), Failure> {
    match given.or(context.config.calendars.as_ref()) {
        Some(path) => Ok((folder::read(path).map_err(|error| Failure::Failed(error.to_string()))?, path.display().to_string())),
        None => Ok((embedded::files(), "the program".to_owned())),
    }
}

impl Load {
    fn run(self, context: &Context) -> Result<(), Failure> {
        let (files, origin) = files(context, self.folder.as_ref())?;
        let mut store = context.store()?;
        let most = context.config.max_corrections;
        let consent = if self.confirm { Consent::Confirmed } else { Consent::UpTo(most) };
        let mut out = output::results();
        match load::load(&mut store, &files, &origin, consent, context.clock.now())? {
            Loaded::Unchanged => writeln!(out, "The database holds these {} files already; nothing changed.", files.len())?,
            Loaded::Changed(impact) => {
                writeln!(out, "Loaded {} files from {origin}.", files.len())?;
                print_impact(&mut out, &impact)?;
            }
            Loaded::SetAside(impact) => {
                print_impact(&mut out, &impact)?;
                drop(out);
                return Err(Failure::Failed(set_aside(&impact, most, consent)));
            }
        }
        self.warn_of_reload(context);
        Ok(())
    }

    /// What was loaded from elsewhere does not stay.
    fn warn_of_reload(&self, context: &Context) {
        if self.folder.is_none() || self.folder == context.config.calendars {
            return;
        }
        let configured = context.config.calendars.as_ref().map_or("the compiled-in files".to_owned(), |path| path.display().to_string());
        output::note(&format!(
            "note: the service loads {configured} at its next start or reload; name this folder under [calendars] to keep it"
        ));
    }
}

fn set_aside(impact: &Impact, most: u32, consent: Consent) -> String {
    let contacts = counted(impact.contacts, "contact");
    match consent {
        Consent::UpTo(_) if impact.contacts > most as usize => format!(
            "set aside, the calendars before stay in use: {contacts} would get a correction, and [calendars] max_corrections is {most}; \
             if that is right, load again with --confirm"
        ),
        Consent::UpTo(_) => "these files were set aside before and still are: load with --confirm to use them".to_owned(),
        Consent::Confirmed => {
            format!(
                "these are not the files that were set aside, and {contacts} would get a correction: look at them, then --confirm again"
            )
        }
    }
}

impl Diff {
    fn run(self, context: &Context) -> Result<(), Failure> {
        let (files, _) = files(context, self.folder.as_ref())?;
        let mut store = context.store()?;
        let impact = load::preview(&mut store, &files, context.clock.now())?;
        let most = context.config.max_corrections;
        let mut out = output::results();
        if self.json {
            writeln!(out, "{}", serde_json::to_string_pretty(&as_json(&impact, most)).unwrap_or_default())?;
            return Ok(());
        }
        print_impact(&mut out, &impact)?;
        if impact.contacts > most as usize {
            output::note(&format!("a load would be set aside: [calendars] max_corrections is {most}; release it with --confirm"));
        }
        Ok(())
    }
}

fn as_json(impact: &Impact, most: u32) -> serde_json::Value {
    let change =
        |change: &Change| serde_json::json!({ "occurrence": change.occurrence, "old_day": change.old_day, "new_day": change.new_day });
    serde_json::json!({
        "moved": impact.moved(), "added": impact.added(), "withdrawn": impact.withdrawn(), "practices": impact.practices,
        "contacts_told": impact.contacts, "max_corrections": most, "needs_confirmation": impact.contacts > most as usize,
        "changes": impact.changes.iter().map(change).collect::<Vec<_>>(),
    })
}

fn print_impact(out: &mut impl Write, impact: &Impact) -> Result<(), Failure> {
    if impact.changes.is_empty() && impact.practices == 0 {
        writeln!(out, "No moment differs from what the database held.")?;
        return Ok(());
    }
    writeln!(out, "{}", sentence(impact))?;
    for change in &impact.changes {
        match (change.old_day, change.new_day) {
            (Some(old), Some(new)) => writeln!(out, "moved      {}: {old} -> {new}", change.occurrence)?,
            (Some(old), None) => writeln!(out, "withdrawn  {}: was {old}", change.occurrence)?,
            (None, new) => writeln!(out, "added      {}: {}", change.occurrence, new.map_or_else(String::new, |day| day.to_string()))?,
        }
    }
    Ok(())
}

/// `3 moments move, 1 is added, 0 are withdrawn; 12 practices concerned, 7 contacts already told.`
fn sentence(impact: &Impact) -> String {
    let verb = |number: usize| if number == 1 { "is" } else { "are" };
    let (moved, added, withdrawn) = (impact.moved(), impact.added(), impact.withdrawn());
    let moves = if moved == 1 { "moves" } else { "move" };
    format!(
        "{} {moves}, {added} {} added, {withdrawn} {} withdrawn; {} concerned, {} already told.",
        counted(moved, "moment"),
        verb(added),
        verb(withdrawn),
        counted(impact.practices, "practice"),
        counted(impact.contacts, "contact")
    )
}

fn counted(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

impl Check {
    fn run(self, context: &Context) -> Result<(), Failure> {
        let (files, _) = files(context, self.folder.as_ref())?;
        let (almanac, problems) = calendar_file::read(&files);
        let shown = Problems(problems.0.into_iter().filter(|problem| self.verbose || !problem.is_warning()).collect());
        if shown.has_errors() {
            return Err(Failure::Data(shown));
        }
        if !shown.0.is_empty() {
            output::problems(&shown);
        }
        let milestones: usize = almanac.policies.iter().map(|policy| policy.milestones.len()).sum();
        let examples: usize = almanac.policies.iter().map(|policy| policy.examples.len()).sum();
        let timelines = almanac.policies.len();
        let hold = if timelines == 1 { "timeline holds" } else { "timelines hold" };
        writeln!(output::results(), "{timelines} {hold} every rule, with {milestones} milestones; {examples} examples prove them.")?;
        Ok(())
    }
}
