//! `deadlines list`: what lies ahead.

use std::io::Write;

use clap::Args;

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output;

/// List milestones, in order of their last day
#[derive(Debug, Args)]
pub struct List {
    /// Past ones too
    #[arg(long)]
    all: bool,
}

impl List {
    /// Runs the command.
    pub fn run(self, context: &Context) -> Result<(), Failure> {
        let almanac = context.almanac()?;
        let today = context.today();
        for o in almanac.occurrences(today) {
            if self.all || o.last_day >= today {
                writeln!(output::results(), "{} {} {:?} {:?} {}", o.last_day, o.id, o.care_types, o.modules, o.milestone.title)?;
            }
        }
        Ok(())
    }
}
