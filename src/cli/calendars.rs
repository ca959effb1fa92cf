//! `deadlines calendars`: check the files that an editor writes.

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::calendar_file::{self, folder};
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output;
use crate::problems::Problems;

/// Check and load the calendar files
#[derive(Debug, Subcommand)]
pub enum Calendars {
    Check(Check),
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
        }
    }
}

impl Check {
    fn run(self, context: &Context) -> Result<(), Failure> {
        let files = match &self.folder {
            Some(path) => folder::read(path).map_err(|error| Failure::Failed(error.to_string()))?,
            None => context.calendar_files()?,
        };
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
