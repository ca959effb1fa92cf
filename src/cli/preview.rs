//! `deadlines preview`: the mail as it would leave.

use std::io::Write;
use std::path::PathBuf;

use chrono::NaiveDate;
use clap::Args;

use crate::cli::context::{Context, parse_day};
use crate::cli::failure::Failure;
use crate::cli::output;
use crate::clock;
use crate::domain::agenda;
use crate::domain::coverage;
use crate::domain::decide::{Now, decide};
use crate::domain::digest;
use crate::mail::compose::key::MailKind;
use crate::mail::compose::{Composed, Digest};

/// Show the mail that a practice would get on a day; nothing is sent or written
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  deadlines preview fysio-leiden
  deadlines preview fysio-leiden --on 2025-11-03
  deadlines preview fysio-leiden --on 2025-11-03 --html mail.html --eml mail.eml")]
pub struct Preview {
    practice: String,
    /// On which day it would leave
    #[arg(long, value_name = "DATE", value_parser = parse_day)]
    on: Option<NaiveDate>,
    /// Write the HTML into a file
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Write the whole message into a file (RFC 5322)
    #[arg(long, value_name = "FILE")]
    eml: Option<PathBuf>,
}

impl Preview {
    /// Runs the command.
    pub fn run(self, context: &Context) -> Result<(), Failure> {
        let day = self.on.unwrap_or_else(|| context.today());
        match self.compose(context, day)? {
            None => {
                output::note(&format!("{} gets no mail on {day}; deadlines plan --practice {} shows when", self.practice, self.practice));
                Ok(())
            }
            Some(composed) => self.show(&composed),
        }
    }

    fn compose(&self, context: &Context, day: NaiveDate) -> Result<Option<Composed>, Failure> {
        let store = context.store_to_look_at()?;
        let almanac = context.almanac()?;
        let since = if self.on.is_some() { crate::store::practices::Since::AsWritten } else { context.since() };
        let practice = context.practice_in(&store, &self.practice, since)?;
        let office = context.office()?;
        let entries = agenda::entries(&almanac, &practice, &store.happened(&practice.id)?, day, day);
        let now = Now { day, time: office.rules.send_from };
        let memory = context.memory_before(&store, &practice.id, &entries, now)?;
        let items = digest::items(&decide(&office.rules, now, &entries, &memory), day);
        let Some(contact) = practice.contacts.first().filter(|_| !items.is_empty()) else { return Ok(None) };
        let gaps = coverage::gaps(&almanac, &practice, day);
        let at = clock::local(clock::instant(day, office.rules.send_from));
        let digest = Digest {
            kind: MailKind::Digest,
            almanac: &almanac,
            practice: &practice,
            contact,
            items: &items,
            gaps: &gaps,
            today: day,
            planned: day,
            now: at,
        };
        let composed =
            crate::mail::compose::digest(&office.templates, &office.sender, &digest).map_err(|error| Failure::Failed(error.to_string()))?;
        Ok(Some(composed))
    }

    fn show(&self, composed: &Composed) -> Result<(), Failure> {
        let write = |path: &PathBuf, content: &[u8]| {
            std::fs::write(path, content).map_err(|error| Failure::failed(format!("cannot write {}", path.display()), error))
        };
        if let Some(path) = &self.html {
            write(path, composed.html.as_bytes())?;
        }
        if let Some(path) = &self.eml {
            write(path, &composed.bytes)?;
        }
        if self.html.is_none() && self.eml.is_none() {
            writeln!(output::results(), "Onderwerp: {}\n\n{}", composed.subject, composed.text)?;
        }
        Ok(())
    }
}
