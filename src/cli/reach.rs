//! `deadlines practice resubscribe`, and how lost addresses are shown.

use std::io::Write;

use clap::Args;

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output;
use crate::domain::practices::Contact;
use crate::store::practices::Since;
use crate::store::subscribers::{Lost, LostAddresses};

/// Write again to addresses that unsubscribed or bounced: all of a practice, or one
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  deadlines practice resubscribe fysio-leiden
  deadlines practice resubscribe fysio-leiden info@fysio-leiden.example")]
pub struct Resubscribe {
    practice: String,
    /// Only this address
    address: Option<String>,
}

impl Resubscribe {
    /// Runs the command.
    pub fn run(self, context: &Context) -> Result<(), Failure> {
        let mut store = context.store()?;
        let practice = context.practice_in(&store, &self.practice, Since::OrImport)?;
        let lost = store.lost_addresses(&practice)?;
        let asked = |email: &&String| self.address.as_ref().is_none_or(|only| only.eq_ignore_ascii_case(email));
        let work = store.begin(context.clock.now())?;
        let mut back = Vec::new();
        for email in lost.keys().filter(asked) {
            work.resubscribe(&practice.id, email)?;
            work.revive(email)?;
            back.push(email.as_str());
        }
        work.commit()?;
        if back.is_empty() {
            return Err(Failure::Usage(format!("{} has no such address that unsubscribed or bounced", practice.id)));
        }
        writeln!(output::results(), "{} gets mail again at {}.", practice.id, back.join(", "))?;
        Ok(())
    }
}

/// What is to be said behind an address.
pub fn remark(lost: &LostAddresses, contact: &Contact) -> String {
    match lost.get(&contact.email.to_lowercase()) {
        None => String::new(),
        Some(Lost::Dead(reason)) => format!(", takes no mail: {reason}"),
        Some(Lost::Unsubscribed) => ", unsubscribed".to_owned(),
    }
}
