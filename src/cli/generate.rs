//! `deadlines generate`: a database as large as wanted, for benchmarks and trials. Hidden, since it is of no use to an operator's own practices.

use std::io::Write;

use clap::Args;

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output;
use crate::job::generate::{Amount, generate};
use crate::job::load::{Consent, edition, load};

/// Fill a new database with invented practices and what they were told, from a seed
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  deadlines --config trial.toml generate --practices 50000
  deadlines --config trial.toml --as-of 2025-10-13 generate --practices 50000 --ledger-rows 2000000 --seed 7

Only a database without practices is filled.")]
pub struct Generate {
    /// How many practices
    #[arg(long, value_name = "NUMBER", default_value_t = 1000)]
    practices: u32,
    /// About how many dates they were told
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    ledger_rows: u64,
    /// Another seed gives other practices
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
}

impl Generate {
    /// Runs the command.
    pub fn run(self, context: &Context) -> Result<(), Failure> {
        let mut store = context.store()?;
        if !store.practice_ids()?.is_empty() {
            let database = context.config.database.display();
            return Err(Failure::Usage(format!("{database} holds practices already: name a new database in the configuration")));
        }
        let now = context.clock.now();
        load(&mut store, &context.calendar_files()?, "generate", Consent::Confirmed, now)?;
        let almanac = edition(&store)?.unwrap_or_default().almanac;
        let amount = Amount { practices: self.practices, ledger_rows: self.ledger_rows, seed: self.seed };
        let made = generate(&mut store, &almanac, &context.rules(), amount, now)?;
        writeln!(
            output::results(),
            "{} practices, {} subscriptions, {} rows in the ledger",
            made.practices,
            made.subscriptions,
            made.ledger_rows
        )?;
        Ok(())
    }
}
