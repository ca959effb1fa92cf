//! `deadlines demo`: the shipped calendars, sample practices and two seasons, mails into a folder.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use chrono::NaiveDate;
use clap::Args;

use crate::calendar_file::{self, embedded};
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::{output, season};
use crate::config::Config;
use crate::job::office::Office;
use crate::job::simulate::Season;
use crate::practice_file::{self, Format};

/// The sample practices, the same that lie in examples/.
const PRACTICES: &str = include_str!("../../examples/practices.toml");

/// Show it all: shipped calendars, sample practices, two contracting seasons; mails as files in a folder
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  deadlines demo
  deadlines demo --out /tmp/mails")]
pub struct Demo {
    /// Where the mails go
    #[arg(long, value_name = "FOLDER", default_value = "deadlines-demo")]
    out: PathBuf,
}

impl Demo {
    /// Runs the command.
    pub fn run(self, context: &Context) -> Result<(), Failure> {
        let (almanac, problems) = calendar_file::read(&embedded::files());
        if problems.has_errors() {
            return Err(Failure::Data(problems));
        }
        let (practices, problems) = practice_file::read("examples/practices.toml", PRACTICES, Format::Toml, &almanac);
        if problems.has_errors() {
            return Err(Failure::Data(problems));
        }
        let almanac = Arc::new(almanac);
        let mut mails = Vec::new();
        for (from, to) in [((2023, 9, 1), (2023, 12, 31)), ((2025, 4, 1), (2025, 12, 31))] {
            let (office, _) = Office::for_show(&Config::defaults(&context.base)).map_err(|error| Failure::Failed(error.to_string()))?;
            let season = Season { from: day(from), to: day(to) };
            mails.extend(season::play(&almanac, &practices, office, season)?);
        }
        season::pages::write(&mails, &self.out)?;
        season::print(&mails)?;
        let mut out = output::results();
        writeln!(out, "{} mails to {} practices over the autumn of 2023 and the season of 2025.", mails.len(), practices.len())?;
        writeln!(out, "They lie in {0}: open {0}/index.html to read them.", self.out.display())?;
        writeln!(out, "Next: deadlines list --insurer cz --all, and the README for your own practices.")?;
        Ok(())
    }
}

fn day((year, month, day): (i32, u32, u32)) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap_or_default()
}
