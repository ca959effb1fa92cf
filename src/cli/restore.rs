//! `deadlines restore`: a backup becomes the database, or is only tried.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::grid::grid;
use crate::cli::output;
use crate::clock;
use crate::daemon::lock;
use crate::job::drill::{Drill, DrillError, Place, drill};
use crate::job::restore::{RestoreError, restore};
use crate::store::backup::Examined;
use crate::store::error::StoreError;

/// Put a backup in the place of the database, or only try whether that would work
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  deadlines restore /mnt/backup/deadlines.sqlite
  deadlines restore /mnt/backup/deadlines.sqlite --replace    the database that is there is set aside
  deadlines restore /mnt/backup/deadlines.sqlite --drill      only try: to a place of its own, plan, throw away

The service must not run. The backup is checked first and only read. Keys beside it (FILE.key) are taken along. A restored database plans, but holds practices' mail: \
what was sent since the backup is not on its record. Look at `deadlines outbox list`, then `deadlines outbox release --copy`.")]
pub struct Restore {
    /// The backup
    file: PathBuf,
    /// Set aside the database that is there
    #[arg(long, conflicts_with = "drill")]
    replace: bool,
    /// Restore to a place of its own, plan against it, and say what would be sent; nothing is
    #[arg(long)]
    drill: bool,
}

impl Restore {
    /// Runs the command.
    pub fn run(self, context: &Context) -> Result<(), Failure> {
        if !self.file.is_file() {
            return Err(Failure::Usage(format!("there is no backup {}", self.file.display())));
        }
        if self.drill {
            return rehearse(context, &self.file, &Place::beside(&context.config.database)?);
        }
        let database = &context.config.database;
        if same_file(&self.file, database) {
            return Err(Failure::Usage(format!("{} is the database itself", self.file.display())));
        }
        if database.exists() && !self.replace {
            return Err(Failure::Usage(format!(
                "{} is there already: --replace sets it aside and puts the backup in its place",
                database.display()
            )));
        }
        // Held until the end: the service cannot start on half a database.
        let _lock = lock::take(database).map_err(|error| Failure::Failed(error.to_string()))?;
        let restored = restore(&self.file, database, &context.config.key_file(), context.clock.now())?;
        let mut out = output::results();
        writeln!(out, "{} is restored from {}: {}.", database.display(), self.file.display(), contents(&restored.examined))?;
        if let Some(aside) = &restored.set_aside {
            writeln!(out, "What was there before lies in {}.", aside.display())?;
        }
        if restored.keys > 0 {
            writeln!(out, "{} from beside the backup: links in mails that went out work.", count(restored.keys, "key"))?;
        }
        writeln!(
            out,
            "Practices' mail is held. Start the service, look at `deadlines outbox list`, then `deadlines outbox release --copy`."
        )?;
        warn_of_ledger(&restored.examined);
        Ok(())
    }
}

fn same_file(one: &Path, other: &Path) -> bool {
    one.canonicalize().ok().zip(other.canonicalize().ok()).is_some_and(|(one, other)| one == other)
}

fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

fn contents(examined: &Examined) -> String {
    let rows = |table: &str| examined.rows.get(table).copied().unwrap_or(0);
    format!("{} practices, {} mails, {} rows of what they told", rows("practice"), rows("outbox"), rows("told"))
}

fn warn_of_ledger(examined: &Examined) {
    for line in &examined.ledger {
        output::note(&format!("warning: what the backup says does not add up: {line}"));
    }
}

/// Tries a backup and says what came of it.
pub fn rehearse(context: &Context, file: &Path, place: &Place) -> Result<(), Failure> {
    let now = context.clock.now();
    let tried = drill(file, place, &context.rules(), now)?;
    let mut out = output::results();
    writeln!(out, "Restored to a place of its own and opened: {}; integrity and ledger checked.", contents(&tried.examined))?;
    let at = clock::local(now).format("%Y-%m-%d %H:%M");
    match &tried.planned {
        None => writeln!(out, "It holds no calendars, so nothing was planned.")?,
        Some(planned) => writeln!(
            out,
            "Planned as of {at}: {} practices looked at, {} mails and {} corrections queued, {} could not be planned.",
            planned.practices,
            planned.mails,
            planned.corrections,
            planned.parked.len()
        )?,
    }
    say_what_would_leave(&tried)?;
    writeln!(out, "Nothing was sent, and all of it is removed again.")?;
    warn_of_ledger(&tried.examined);
    let parked = tried.planned.map(|planned| planned.parked).unwrap_or_default();
    match parked.first() {
        Some((practice, reason)) => Err(Failure::DataSentence(format!("the backup restores, but {practice} cannot be planned: {reason}"))),
        None if tried.examined.ledger.is_empty() => Ok(()),
        None => Err(Failure::DataSentence("the backup restores, but what it says does not add up".to_owned())),
    }
}

fn say_what_would_leave(tried: &Drill) -> Result<(), Failure> {
    let mut out = output::results();
    if tried.waiting.is_empty() {
        writeln!(out, "No mail to practices waits in it, and none would be sent after a release.")?;
        return Ok(());
    }
    let row = |(kind, mails): (&String, &crate::job::drill::Waiting)| {
        [kind.clone(), mails.before.to_string(), mails.after.to_string(), mails.due.to_string()]
    };
    let header = ["mails to practices", "wait in it", "after planning", "leave at once when released"];
    writeln!(out, "{}", grid(header, tried.waiting.iter().map(row)))?;
    Ok(())
}

impl From<RestoreError> for Failure {
    fn from(error: RestoreError) -> Self {
        match &error {
            RestoreError::Damaged { .. } | RestoreError::NotOurs(_) | RestoreError::Unfit { source: StoreError::Newer { .. }, .. } => {
                Self::DataSentence(error.to_string())
            }
            _ => Self::Failed(error.to_string()),
        }
    }
}

impl From<DrillError> for Failure {
    fn from(error: DrillError) -> Self {
        match error {
            DrillError::Restore(error) => error.into(),
            other => Self::Failed(other.to_string()),
        }
    }
}
