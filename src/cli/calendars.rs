//! `deadlines calendars`: check the files that an editor writes.

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::calendar_file::{self, File, embedded, folder};
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output;
use crate::job::load::{self, Loaded};
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
  deadlines calendars load calendars")]
pub struct Load {
    /// Folder with calendar files
    folder: Option<PathBuf>,
}

/// Show what a load would change, without loading
#[derive(Debug, Args)]
#[command(after_help = "Example:
  deadlines calendars diff calendars")]
pub struct Diff {
    /// Folder with calendar files
    folder: Option<PathBuf>,
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
        if self.folder.is_some() && self.folder != context.config.calendars {
            let configured =
                context.config.calendars.as_ref().map_or("the compiled-in files".to_owned(), |path| path.display().to_string());
            output::note(&format!(
                "note: the service loads {configured} at its next start or reload; name this folder under [calendars] to keep it"
            ));
        }
        let mut store = context.store()?;
        let mut out = output::results();
        match load::load(&mut store, &files, &origin, context.clock.now())? {
            Loaded::Unchanged => writeln!(out, "The database holds these {} files already; nothing changed.", files.len())?,
            Loaded::Changed(changes) => {
                writeln!(out, "Loaded {} files from {origin}.", files.len())?;
                print_changes(&mut out, &changes)?;
            }
        }
        Ok(())
    }
}

impl Diff {
    fn run(self, context: &Context) -> Result<(), Failure> {
        let (files, _) = files(context, self.folder.as_ref())?;
        let mut store = context.store()?;
        let changes = load::preview(&mut store, &files, context.clock.now())?;
        print_changes(&mut output::results(), &changes)
    }
}

fn print_changes(out: &mut impl Write, changes: &[Change]) -> Result<(), Failure> {
    if changes.is_empty() {
        writeln!(out, "No moment differs from what the database held.")?;
        return Ok(());
    }
    for change in changes {
        match (change.old_day, change.new_day) {
            (Some(old), Some(new)) => writeln!(out, "moved      {}: {old} -> {new}", change.occurrence)?,
            (Some(old), None) => writeln!(out, "withdrawn  {}: was {old}", change.occurrence)?,
            (None, new) => writeln!(out, "added      {}: {}", change.occurrence, new.map_or_else(String::new, |day| day.to_string()))?,
        }
    }
    Ok(())
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
        writeln!(output::results(), "{timelines} timelines with {milestones} milestones hold every rule; {examples} examples prove them.")?;
        Ok(())
    }
}
