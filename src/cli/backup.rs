//! `deadlines backup`: a copy of the database that was checked, with rotation and drill.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::{output, restore};
use crate::job::backup::{BACKUP, BackupError, Keep, Taken, name_in, rotate, take};
use crate::job::drill::Place;
use crate::store::Store;
use crate::store::schema::known_version;

/// Copy the database to a file, also while the service runs; the copy is checked before it counts
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  deadlines backup /mnt/backup/deadlines.sqlite
  deadlines backup --into /mnt/backup --keep 30 --keep-days 90    a new file, and older ones removed: for a timer
  deadlines backup --drill                                        back up, restore to a place of its own, plan, throw away

A backup is one file that opens as a database, made at one instant, and FILE.key beside it: the keys by which links in mails that went out still work. Both are for nobody else to read; \
keep them where the database's disk cannot take them along. Exit code 3: the copy is sound, but what the database says does not add up; then nothing is removed.")]
pub struct Backup {
    /// The file to write; never one that is there already
    #[arg(required_unless_present_any = ["into", "drill"], conflicts_with = "into")]
    file: Option<PathBuf>,
    /// Write into this folder, named by the instant: deadlines-2026-11-22T04-30-00Z.sqlite
    #[arg(long, value_name = "FOLDER")]
    into: Option<PathBuf>,
    /// Keep so many backups in the folder, the latest; older ones are removed once the new one is checked
    #[arg(long, value_name = "NUMBER", requires = "into", conflicts_with = "file", value_parser = clap::value_parser!(u16).range(1..))]
    keep: Option<u16>,
    /// Remove backups in the folder that are older than this, once the new one is checked; the new one always stays
    #[arg(long, value_name = "DAYS", requires = "into", conflicts_with = "file", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    keep_days: Option<u32>,
    /// Leave the keys out
    #[arg(long)]
    without_key: bool,
    /// Restore the backup to a place of its own, plan against it, and say what would be sent; nothing is
    #[arg(long)]
    drill: bool,
}

impl Backup {
    /// Runs the command.
    pub fn run(self, context: &Context) -> Result<(), Failure> {
        let now = context.clock.now();
        let place = if self.drill { Some(Place::beside(&context.config.database)?) } else { None };
        let file = match (&self.file, &self.into, &place) {
            (Some(file), _, _) => {
                existing(file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")))?;
                file.clone()
            }
            (None, Some(folder), _) => name_in(existing(folder)?, now),
            (None, None, Some(place)) => place.file("backup.sqlite"),
            (None, None, None) => return Err(Failure::Usage("name a file, or a folder with --into".to_owned())),
        };
        let keys = context.config.key_file();
        let taken = take(&context.config.database, Some(keys.as_path()).filter(|_| !self.without_key), &file)?;
        let is_kept = self.file.is_some() || self.into.is_some();
        say(&taken, is_kept)?;
        if let Some(place) = &place {
            restore::rehearse(context, &file, place)?;
        }
        if !taken.ledger.is_empty() {
            return Err(Failure::DataSentence(inconsistent(&taken, is_kept)));
        }
        if is_kept {
            record(context, &taken);
        }
        if self.into.is_some() {
            let keep = Keep { number: self.keep.map(usize::from), days: self.keep_days };
            let gone = rotate(&file, keep, now)?;
            if !gone.is_empty() {
                writeln!(output::results(), "{} older removed.", gone.len())?;
            }
        }
        Ok(())
    }
}

/// A folder that is made where a disk should have been mounted would fill the wrong one.
fn existing(folder: &Path) -> Result<&Path, Failure> {
    if folder.is_dir() {
        return Ok(folder);
    }
    Err(Failure::Usage(format!("there is no folder {}: make it, or mount what it stands for", folder.display())))
}

fn say(taken: &Taken, is_kept: bool) -> Result<(), Failure> {
    let rows: u64 = taken.rows.values().sum();
    let keys = if taken.with_keys { ", with its keys beside it" } else { ", without keys" };
    let bytes = taken.bytes.div_ceil(1024);
    if is_kept {
        writeln!(output::results(), "{}: {rows} rows in {bytes} KiB, checked{keys}.", taken.file.display())?;
    } else {
        writeln!(output::results(), "Backed up: {rows} rows in {bytes} KiB, checked{keys}.")?;
    }
    Ok(())
}

fn inconsistent(taken: &Taken, is_kept: bool) -> String {
    let kept = if is_kept { format!("{} is a faithful copy, but ", taken.file.display()) } else { String::new() };
    format!("{kept}what the database says does not add up: {}; no older backup was removed", taken.ledger.join("; "))
}

/// `deadlines status` shows when the last one was made. A database of an older version is not touched, and a backup that stands is no failure.
fn record(context: &Context, taken: &Taken) {
    let rows: u64 = taken.rows.values().sum();
    let detail = format!("{rows} rows in {}", taken.file.display());
    let recorded = Store::is_of_version(&context.config.database, known_version()).and_then(|current| {
        if !current {
            return Ok(());
        }
        let mut store = Store::open(&context.config.database)?;
        let work = store.begin(context.clock.now())?;
        work.record_run(BACKUP, &detail)?;
        work.commit()
    });
    if let Err(error) = recorded {
        output::note(&format!("warning: the backup stands, but the database cannot note it: {error}"));
    }
}

impl From<BackupError> for Failure {
    fn from(error: BackupError) -> Self {
        match error {
            BackupError::Exists(_) | BackupError::Missing(_) => Self::Usage(error.to_string()),
            BackupError::Damaged { .. } => Self::DataSentence(error.to_string()),
            _ => Self::Failed(error.to_string()),
        }
    }
}
