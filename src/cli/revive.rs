//! `deadlines practice revive`: an address that was dead takes mail again.

use std::io::Write;

use clap::Args;

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output;

/// Send mail to an address again that the mail server refused
#[derive(Debug, Args)]
#[command(after_help = "Example:
  deadlines practice revive info@fysio-leiden.example

The mail that was parked for it goes again with what is true then, and planning catches up.")]
pub struct Revive {
    address: String,
}

impl Revive {
    /// Runs the command.
    pub fn run(self, context: &Context) -> Result<(), Failure> {
        let mut store = context.store()?;
        let work = store.begin(context.clock.now())?;
        let revived = work.revive(&self.address)?;
        work.commit()?;
        match revived {
            Some(mails) => Ok(writeln!(output::results(), "{} gets mail again; {mails} parked go again within a minute.", self.address)?),
            None => Err(Failure::Usage(format!("{} is not dead; deadlines status lists the addresses that are", self.address))),
        }
    }
}
