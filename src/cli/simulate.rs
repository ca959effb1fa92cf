//! `deadlines simulate`: a whole season against the real planner and composer, in seconds.

use std::path::PathBuf;
use std::sync::Arc;

use chrono::NaiveDate;
use clap::Args;

use crate::cli::context::{Context, parse_day};
use crate::cli::failure::Failure;
use crate::cli::{output, practice, season};
use crate::job::simulate::Season;
use crate::store::practices::Since;

/// Play a season: what would leave on which day, with the real planner and composer; nothing is sent or written
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  deadlines simulate --from 2025-04-01 --to 2025-12-31
  deadlines simulate --from 2023-04-01 --to 2024-12-31 --practices examples/practices.toml --practice logopedie-haarlem --json
  deadlines simulate --from 2025-09-01 --to 2025-11-30 --out season       every mail as .eml and HTML

A subscription without `since` begins on the first day of the season.")]
pub struct Simulate {
    /// First day
    #[arg(long, value_name = "DATE", value_parser = parse_day)]
    from: NaiveDate,
    /// Last day
    #[arg(long, value_name = "DATE", value_parser = parse_day)]
    to: NaiveDate,
    /// Only these practices
    #[arg(long)]
    practice: Vec<String>,
    /// Practices of a file instead of the database's
    #[arg(long, value_name = "FILE")]
    practices: Option<PathBuf>,
    /// Write every mail into this folder
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Without welcomes, as if everybody had been there before
    #[arg(long)]
    no_welcome: bool,
    /// As JSON
    #[arg(long)]
    json: bool,
}

impl Simulate {
    /// Runs the command.
    pub fn run(self, context: &Context) -> Result<(), Failure> {
        if self.to < self.from {
            return Err(Failure::Usage("--to lies before --from".to_owned()));
        }
        let almanac = Arc::new(context.almanac()?);
        let mut practices = match &self.practices {
            Some(file) => practice::import::read_file(file, &almanac)?,
            None => context.store_to_look_at()?.practices(Since::AsWritten)?,
        };
        if !self.practice.is_empty() {
            for id in &self.practice {
                context.known_practice(id, practices.iter().map(|practice| practice.id.as_str()))?;
            }
            practices.retain(|practice| self.practice.iter().any(|id| id == practice.id.as_str()));
        }
        if practices.is_empty() {
            output::note("there are no practices to play for: import some, or name a file with --practices");
        }
        let mut office = context.office()?;
        office.rules.overviews.welcome &= !self.no_welcome;
        let mails = season::play(&almanac, &practices, office, Season { from: self.from, to: self.to })?;
        if let Some(folder) = &self.out {
            season::pages::write(&mails, folder)?;
        }
        if self.json { season::print_json(&mails, &almanac) } else { season::print(&mails) }
    }
}
