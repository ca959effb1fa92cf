//! `deadlines practice forget`: everything that is held on a practice, or an address wherever it stands, is erased.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output;
use crate::cli::practice::count;
use crate::domain::names::PracticeId;
use crate::job::erasure::{Erased, ErasureError, Forgotten, forget_address, forget_practice, list_of};
use crate::store::Store;
use crate::store::personal::erase::What;

/// Erase everything that is held on a practice, or on one address
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  deadlines practice forget fysio-leiden                               say what would go
  deadlines practice forget fysio-leiden --yes                         erase it
  deadlines practice forget --address eigenaar@fysio-leiden.example --yes

For a request under article 17 of the GDPR (AVG). It goes from the database, its free pages and its log, and from the spool; mail that waits goes unsent. The service may run. \
A keyed hash is kept beside the database (FILE.erased), by which a restored backup is cleaned of it and an import does not bring it back; `practice import --again ID` does. \
To stop the reminders and keep the record: practice remove.")]
pub struct Forget {
    /// The practice's id
    #[arg(required_unless_present = "address", conflicts_with = "address")]
    practice: Option<String>,
    /// One address, of whatever practices; they stay
    #[arg(long)]
    address: Option<String>,
    /// Do it; without this it only says what would go
    #[arg(long)]
    yes: bool,
}

impl Forget {
    /// Runs the command.
    pub fn run(self, context: &Context) -> Result<(), Failure> {
        match (&self.practice, &self.address) {
            (Some(practice), _) => self.practice(context, &PracticeId::new(practice.as_str())),
            (None, Some(address)) => self.address(context, address),
            (None, None) => Err(Failure::Usage("name a practice, or an address with --address".to_owned())),
        }
    }

    fn practice(&self, context: &Context, practice: &PracticeId) -> Result<(), Failure> {
        let mut store = context.store()?;
        let known = store.practices_on_record()?;
        if !known.contains(practice) {
            if let Some(day) = Erased::of(&context.config.database)?.since(What::Practice, practice.as_str()) {
                return again(&mut store, &format!("{practice} was erased on {day}"), Wanted::of(self.yes));
            }
            return context.known_practice(practice.as_str(), known.iter().map(PracticeId::as_str));
        }
        let held = store.held_on(practice)?;
        let rows: Vec<String> = held.iter().map(|(table, rows)| format!("{table} {}", rows.as_array().map_or(0, Vec::len))).collect();
        let addresses = store.addresses_of(practice)?;
        writeln!(output::results(), "Held on {practice}: {}; {}.", rows.join(", "), count(addresses.len(), "address"))?;
        if !self.yes {
            return Err(Failure::Usage(format!("nothing was erased: --yes erases all of it; {} writes it out first", export_of(practice))));
        }
        let forgotten = forget_practice(&mut store, practice, &context.config.mail.returning.spool, context.clock.now())?;
        finish(context, &mut store, practice.as_str(), &forgotten)
    }

    fn address(&self, context: &Context, address: &str) -> Result<(), Failure> {
        let mut store = context.store()?;
        let is_known = store.addresses_on_record()?.iter().any(|known| known.eq_ignore_ascii_case(address));
        if !is_known {
            if let Some(day) = Erased::of(&context.config.database)?.since(What::Address, address) {
                return again(&mut store, &format!("the address was erased on {day}"), Wanted::of(self.yes));
            }
            return Err(Failure::Usage(format!("{address} is not held: nothing to erase")));
        }
        let practices = practices_with(&mut store, context, address)?;
        writeln!(output::results(), "Held: {address}, contact of {}.", if practices.is_empty() { "nobody" } else { &practices })?;
        if !self.yes {
            return Err(Failure::Usage("nothing was erased: --yes erases it, with the mails that went to it".to_owned()));
        }
        let forgotten = forget_address(&mut store, address, &context.config.mail.returning.spool, context.clock.now())?;
        finish(context, &mut store, "the address", &forgotten)
    }
}

fn export_of(practice: &PracticeId) -> String {
    format!("deadlines practice export --personal {practice}")
}

fn practices_with(store: &mut Store, context: &Context, address: &str) -> Result<String, Failure> {
    let work = store.begin(context.clock.now())?;
    let practices = work.practices_with(address)?;
    Ok(practices.iter().map(PracticeId::as_str).collect::<Vec<_>>().join(", "))
}

/// Whether it is to be done.
enum Wanted {
    Done,
    Said,
}

impl Wanted {
    fn of(yes: bool) -> Self {
        if yes { Self::Done } else { Self::Said }
    }
}

/// What an earlier run could not finish.
fn again(store: &mut Store, what: &str, wanted: Wanted) -> Result<(), Failure> {
    match wanted {
        Wanted::Said => writeln!(output::results(), "{what}; nothing is held. --yes cleans free pages and log once more.")?,
        Wanted::Done => {
            store.leave_no_remains()?;
            writeln!(output::results(), "{what}; free pages and log are clean.")?;
        }
    }
    Ok(())
}

fn finish(context: &Context, store: &mut Store, what: &str, forgotten: &Forgotten) -> Result<(), Failure> {
    let Forgotten { rows, addresses, messages } = forgotten;
    let (rows, addresses) = (usize::try_from(*rows).unwrap_or(usize::MAX), *addresses);
    writeln!(
        output::results(),
        "Erased {what}: {} and {}, {} in the spool.",
        count(rows, "row"),
        if addresses == 1 { "1 address".to_owned() } else { format!("{addresses} addresses") },
        count(*messages, "message")
    )?;
    let cleaned = store.leave_no_remains();
    let database = &context.config.database;
    writeln!(
        output::results(),
        "{} keeps a keyed hash of it: leave it beside the database and out of backups.",
        list_of(database).display()
    )?;
    let elsewhere = elsewhere(context);
    if !elsewhere.is_empty() {
        output::note(&format!("not touched, and possibly holding it: {}", elsewhere.join("; ")));
    }
    cleaned.map_err(|error| {
        Failure::Failed(format!("the rows are gone, but remains may lie in free pages or the log: run the same command again ({error})"))
    })
}

/// What lies outside the database, and is the operator's to clear.
fn elsewhere(context: &Context) -> Vec<String> {
    let mut found = vec!["earlier backups, which a restore cleans".to_owned()];
    found.extend(set_aside(&context.config.database).into_iter().map(|path| path.display().to_string()));
    let mails = &context.config.mail.folder;
    if mails.is_dir() {
        found.push(format!("mails written as files in {}", mails.display()));
    }
    found.push("the mail server's log, and files that were imported".to_owned());
    found
}

/// Databases that a restore set aside.
fn set_aside(database: &Path) -> Vec<PathBuf> {
    let (Some(folder), Some(name)) = (database.parent(), database.file_name().and_then(|name| name.to_str())) else { return Vec::new() };
    let start = format!("{name}.before-");
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter(|entry| entry.file_name().to_str().is_some_and(|name| name.starts_with(&start))).map(|entry| entry.path()).collect()
}

impl From<ErasureError> for Failure {
    fn from(error: ErasureError) -> Self {
        Self::Failed(error.to_string())
    }
}
