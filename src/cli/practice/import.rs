//! `deadlines practice import`: practices from a file, all of them or none.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output;
use crate::cli::practice::{again, count};
use crate::domain::almanac::Almanac;
use crate::domain::names::PracticeId;
use crate::domain::own_dates::{OwnDate, OwnDates};
use crate::domain::practices::Practice;
use crate::job::overview;
use crate::practice_file::{self, Format};
use crate::store::Work;

/// Import practices from a TOML or CSV file; the same file twice changes nothing
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  deadlines practice import practices.toml
  deadlines practice import practices.csv --dry-run
  deadlines practice import practices.toml --prune    also remove those that the file does not name
  deadlines practice import members.csv --no-welcome  without a mail to each of them

Each address that is new gets a welcome: all that lies ahead for a year. Nothing is imported unless the whole file is right. Unsubscribed addresses, and what was done, snoozed or happened, survive an import; so do own dates that the file does not name, unless --prune is given.")]
pub struct Import {
    /// The file; its ending (.toml or .csv) says how to read it
    file: PathBuf,
    /// Remove practices, and own dates, that the file does not name
    #[arg(long)]
    prune: bool,
    /// Send no welcome to new addresses, nor the overview of the season under way; not later either
    #[arg(long)]
    no_welcome: bool,
    /// A practice or address that was erased, and asked to come back
    #[arg(long, value_name = "NAME")]
    again: Vec<String>,
    /// Only say what would happen
    #[arg(long)]
    dry_run: bool,
}

impl Import {
    /// Runs the command.
    pub fn run(self, context: &Context) -> Result<(), Failure> {
        let practices = read_file(&self.file, &context.almanac()?)?;
        let mut store = context.store()?;
        let mut practices = again::without_erased(context, &mut store, practices, &self.again)?;
        let work = store.begin(context.clock.now())?;
        if !self.prune {
            let kept = keep_own_dates(&work, &mut practices)?;
            if kept > 0 {
                output::note(&format!("{} not in the file stay as they are", count(kept, "own date")));
            }
        }
        let known: BTreeSet<PracticeId> = work.practice_ids()?.into_iter().collect();
        let named: BTreeSet<PracticeId> = practices.iter().map(|practice| practice.id.clone()).collect();
        let new = named.difference(&known).count();
        let gone: Vec<&PracticeId> = known.difference(&named).collect();
        if self.prune && !gone.is_empty() {
            let names: Vec<&str> = gone.iter().map(|id| id.as_str()).collect();
            output::note(&format!(
                "{} of the database {}: {}",
                count(gone.len(), "practice"),
                if self.dry_run { "would be removed" } else { "are removed" },
                names.join(", ")
            ));
        }
        let newcomers = newcomers(&work, context, &practices)?;
        if !self.dry_run {
            for practice in &practices {
                work.put_practice(practice, context.today())?;
                if self.no_welcome {
                    overview::spare(&work, practice)?;
                }
            }
            for id in gone.iter().filter(|_| self.prune) {
                work.remove_practice(id)?;
            }
            again::note_return(context, &practices)?;
            work.commit()?;
        }
        let done = if self.dry_run { "would be imported" } else { "imported" };
        let kept = if self.prune || gone.is_empty() { String::new() } else { format!("; {} not in the file stay as they are", gone.len()) };
        writeln!(output::results(), "{} {done}: {new} new, {} known{kept}.", count(practices.len(), "practice"), practices.len() - new)?;
        if newcomers > 0 && !self.no_welcome {
            output::note(&format!(
                "{} get a welcome by mail; --no-welcome spares them",
                if newcomers == 1 { "1 new address will".to_owned() } else { format!("{newcomers} new addresses will") }
            ));
        }
        Ok(())
    }
}

/// Own dates that the file does not name stay, like marks: they may have been added one by one. Says how many.
fn keep_own_dates(work: &Work<'_>, practices: &mut [Practice]) -> Result<usize, Failure> {
    let mut count = 0;
    for practice in practices {
        let Some(known) = work.practice(&practice.id)? else { continue };
        let mut dates = practice.own.dates().to_vec();
        let is_named = |date: &OwnDate| practice.own.dates().iter().any(|named| named.id == date.id);
        let kept: Vec<OwnDate> = known.own.dates().iter().filter(|date| !is_named(date)).cloned().collect();
        if !kept.is_empty() {
            count += kept.len();
            dates.extend(kept);
            practice.own = OwnDates::new(&practice.id, dates);
        }
    }
    Ok(count)
}

/// How many addresses are new; none where welcomes are switched off.
fn newcomers(work: &Work<'_>, context: &Context, practices: &[Practice]) -> Result<usize, Failure> {
    if !context.config.mail.overviews.welcome {
        return Ok(0);
    }
    let counts: Result<Vec<usize>, _> = practices.iter().map(|practice| overview::newcomers(work, practice)).collect();
    Ok(counts?.iter().sum())
}

/// Reads a practice file; warnings are shown, problems refuse it whole.
pub fn read_file(path: &Path, almanac: &Almanac) -> Result<Vec<Practice>, Failure> {
    let format = match path.extension().and_then(|ending| ending.to_str()) {
        Some("toml") => Format::Toml,
        Some("csv") => Format::Csv,
        _ => return Err(Failure::Usage(format!("{}: a practice file ends in .toml or .csv", path.display()))),
    };
    let bytes = std::fs::read(path).map_err(|error| Failure::failed(format!("cannot read {}", path.display()), error))?;
    let content = String::from_utf8(bytes).map_err(|_| {
        Failure::DataSentence(format!("{} is not UTF-8: save it as \"CSV UTF-8\" or as UTF-8 text and import it again", path.display()))
    })?;
    let (practices, problems) = practice_file::read(&path.display().to_string(), &content, format, almanac);
    if problems.has_errors() {
        return Err(Failure::Data(problems));
    }
    if !problems.0.is_empty() {
        output::problems(&problems);
    }
    Ok(practices)
}
