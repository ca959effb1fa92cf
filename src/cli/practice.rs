//! `deadlines practice`: who wants to hear what.

pub mod add;
mod again;
pub mod dates;
pub mod forget;
mod ground;
pub mod import;
mod personal;
pub mod show;

use std::io::Write;

use clap::{Args, Subcommand, ValueEnum};

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::grid::grid;
use crate::cli::output;
use crate::cli::reach;
use crate::cli::revive::Revive;
use crate::domain::practices::Practice;
use crate::practice_file::{self, Format};
use crate::store::practices::Since;

/// Import, export and look at practices
#[derive(Debug, Subcommand)]
pub enum Practices {
    Import(import::Import),
    Export(Export),
    Add(Box<add::Add>),
    Show(show::Show),
    List(List),
    Remove(Remove),
    #[command(subcommand)]
    Date(dates::Dates),
    Forget(forget::Forget),
    Revive(Revive),
    Resubscribe(reach::Resubscribe),
}

/// Export practices as a file that `import` takes
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  deadlines practice export > practices.toml
  deadlines practice export --format csv fysio-leiden
  deadlines practice export --personal fysio-leiden    everything that is held on it, as JSON: for a request under article 15 of the GDPR (AVG)")]
pub struct Export {
    /// Only these practices
    practices: Vec<String>,
    /// How to write it
    #[arg(long, value_enum, default_value_t = FileFormat::Toml)]
    format: FileFormat,
    /// Everything that is held on these practices, as JSON: mails, what they told, answers, marks; also on one that was removed
    #[arg(long, requires = "practices", conflicts_with = "format")]
    personal: bool,
}

/// How a practice file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FileFormat {
    Toml,
    Csv,
}

impl From<FileFormat> for Format {
    fn from(format: FileFormat) -> Self {
        match format {
            FileFormat::Toml => Self::Toml,
            FileFormat::Csv => Self::Csv,
        }
    }
}

/// List all practices
#[derive(Debug, Args)]
#[command(after_help = "Example:
  deadlines practice list --json")]
pub struct List {
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// Remove a practice; what it did stays on record, mail that has not left is cancelled
#[derive(Debug, Args)]
#[command(after_help = "Example:
  deadlines practice remove fysio-leiden")]
pub struct Remove {
    practice: String,
}

impl Practices {
    /// Runs the command.
    pub fn run(self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::Import(import) => import.run(context),
            Self::Export(export) => export.run(context),
            Self::Add(add) => add.run(context),
            Self::Show(show) => show.run(context),
            Self::List(list) => list.run(context),
            Self::Remove(remove) => remove.run(context),
            Self::Date(dates) => dates.run(context),
            Self::Forget(forget) => forget.run(context),
            Self::Revive(revive) => revive.run(context),
            Self::Resubscribe(resubscribe) => resubscribe.run(context),
        }
    }
}

/// `1 practice`, `2 practices`.
fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

impl Export {
    fn run(self, context: &Context) -> Result<(), Failure> {
        let store = context.store_to_look_at()?;
        if self.personal {
            return personal::export(context, &store, &self.practices);
        }
        let practices = if self.practices.is_empty() {
            store.practices(Since::AsWritten)?
        } else {
            self.practices.iter().map(|id| context.practice_in(&store, id, Since::AsWritten)).collect::<Result<_, _>>()?
        };
        write!(output::results(), "{}", practice_file::export::export(&practices, self.format.into()))?;
        Ok(())
    }
}

impl List {
    fn run(self, context: &Context) -> Result<(), Failure> {
        let practices = context.store_to_look_at()?.practices(Since::OrImport)?;
        let mut out = output::results();
        if self.json {
            let all: Vec<serde_json::Value> = practices.iter().map(show::as_json).collect();
            writeln!(out, "{}", serde_json::to_string_pretty(&all).unwrap_or_default())?;
            return Ok(());
        }
        if practices.is_empty() {
            output::note("no practices yet: see deadlines practice import --help");
            return Ok(());
        }
        let subscribed = |practice: &Practice| {
            practice.subscriptions.iter().map(|s| format!("{} {}", s.insurer, s.care_type)).collect::<Vec<_>>().join(", ")
        };
        let row = |practice: &Practice| {
            [practice.id.to_string(), practice.name.clone(), practice.contacts.len().to_string(), subscribed(practice)]
        };
        writeln!(out, "{}", grid(["id", "name", "addresses", "subscriptions"], practices.iter().map(row)))?;
        ground::note_missing(&practices);
        Ok(())
    }
}

impl Remove {
    fn run(self, context: &Context) -> Result<(), Failure> {
        let mut store = context.store()?;
        let practice = context.practice_in(&store, &self.practice, Since::AsWritten)?;
        let work = store.begin(context.clock.now())?;
        work.remove_practice(&practice.id)?;
        work.commit()?;
        writeln!(output::results(), "{} removed; its mail that had not left is cancelled.", practice.id)?;
        Ok(())
    }
}
