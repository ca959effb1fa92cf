//! `deadlines prune`: what was kept for long enough goes, or is counted.

use std::io::Write;

use clap::Args;

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output;
use crate::job::prune::{self, Progress, PruneError};

/// Forget what was kept for as long as [retention] says; the service does it once a day by itself
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  deadlines prune --dry-run      count what would go
  deadlines prune")]
pub struct Prune {
    /// Only count
    #[arg(long)]
    dry_run: bool,
}

impl Prune {
    /// Runs the command.
    pub fn run(self, context: &Context) -> Result<(), Failure> {
        let (retention, now) = (context.config.retention, context.clock.now());
        if self.dry_run {
            let pruned = prune::preview(&context.store_to_look_at()?, &retention, now)?;
            writeln!(output::results(), "Would go now: {pruned}.")?;
            return Ok(());
        }
        if !context.config.database.exists() {
            return Err(Failure::Usage(format!("there is no database {}", context.config.database.display())));
        }
        let mut store = context.store()?;
        let mut all = prune::Pruned::default();
        loop {
            let (pruned, progress) = prune::prune(&mut store, &retention, &context.config.mail.returning.spool, now)?;
            all.extend(pruned);
            if progress == Progress::Finished {
                break;
            }
        }
        writeln!(output::results(), "Gone: {all}.")?;
        Ok(())
    }
}

impl From<PruneError> for Failure {
    fn from(error: PruneError) -> Self {
        Self::Failed(error.to_string())
    }
}
