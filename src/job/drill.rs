//! The restore drill: a backup is restored to a place of its own, opened, planned against, and thrown away. Nothing in it can send.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use crate::domain::decide::Rules;
use crate::job::backup::with_ending;
use crate::job::load::{self, LoadError};
use crate::job::operator_mail::operator;
use crate::job::plan::{Planned, plan};
use crate::job::restore::{RestoreError, make_ready};
use crate::store::Store;
use crate::store::backup::Examined;
use crate::store::error::StoreError;
use crate::store::outbox::{Mail, State};

/// Why the drill failed: a restore would too.
#[derive(Debug, thiserror::Error)]
pub enum DrillError {
    /// The place for it cannot be made.
    #[error("cannot make {path} for the drill: {source}")]
    Place {
        /// Where.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The backup cannot be restored.
    #[error(transparent)]
    Restore(#[from] RestoreError),
    /// The calendars in it cannot be read.
    #[error("the calendars in the backup cannot be read: {0}")]
    Calendars(LoadError),
    /// The restored database cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a restore of a backup would give.
#[derive(Debug)]
pub struct Drill {
    /// What the backup holds.
    pub examined: Examined,
    /// Practices in it.
    pub practices: usize,
    /// How many mails of each kind wait in it, and how many of them would leave at once after a release: as they stand and after planning.
    pub waiting: BTreeMap<String, Waiting>,
    /// What planning found to do now; `None` without calendars.
    pub planned: Option<Planned>,
}

/// Mails that wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Waiting {
    /// In the backup.
    pub before: u64,
    /// After planning.
    pub after: u64,
    /// Those that are due.
    pub due: u64,
}

/// A folder beside the database, for nobody else, that goes away with everything in it.
#[derive(Debug)]
pub struct Place {
    folder: PathBuf,
    database: PathBuf,
}

impl Place {
    /// Makes it, and takes away what a drill that was killed has left.
    ///
    /// # Errors
    /// [`DrillError::Place`].
    pub fn beside(database: &Path) -> Result<Self, DrillError> {
        let prefix = with_ending(database, ".drill-");
        remove_dead(&prefix);
        let path = with_ending(&prefix, &std::process::id().to_string());
        DirBuilder::new().mode(0o700).create(&path).map_err(|source| DrillError::Place { path: path.clone(), source })?;
        Ok(Self { folder: path, database: database.to_owned() })
    }

    /// A file in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Those whose process is gone.
fn remove_dead(prefix: &Path) {
    let (Some(folder), Some(start)) = (prefix.parent(), prefix.file_name().and_then(|name| name.to_str())) else { return };
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let process = name.to_str().and_then(|name| name.strip_prefix(start)?.parse::<u32>().ok());
        if process.is_some_and(|process| !Path::new(&format!("/proc/{process}")).exists()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Restores a backup into a place, plans against it, and says what would be sent.
///
/// # Errors
/// [`DrillError`].
pub fn drill(file: &Path, place: &Place, rules: &Rules, now: DateTime<Utc>) -> Result<Drill, DrillError> {
    let copy = place.file("restored.sqlite");
    let examined = make_ready(file, &copy, &place.database, now)?;
    let mut store = Store::open(&copy)?;
    let mut waiting: BTreeMap<String, Waiting> = BTreeMap::new();
    for mail in waiting_mails(&store)? {
        waiting.entry(mail.base_kind().to_owned()).or_default().before += 1;
    }
    let almanac = load::almanac(&store).map_err(DrillError::Calendars)?;
    let planned = almanac.map(|almanac| plan_everyone(&mut store, &almanac, rules, now)).transpose()?;
    for mail in waiting_mails(&store)? {
        let of_kind = waiting.entry(mail.base_kind().to_owned()).or_default();
        of_kind.after += 1;
        of_kind.due += u64::from(mail.due_at <= now);
    }
    Ok(Drill { examined, practices: store.practice_ids()?.len(), waiting, planned })
}

/// As the service does at its start.
fn plan_everyone(
    store: &mut Store,
    almanac: &crate::domain::almanac::Almanac,
    rules: &Rules,
    now: DateTime<Utc>,
) -> Result<Planned, StoreError> {
    let work = store.begin(now)?;
    work.recover_interrupted()?;
    work.look_at_everyone()?;
    work.commit()?;
    plan(store, almanac, rules, now)
}

fn waiting_mails(store: &Store) -> Result<Vec<Mail>, StoreError> {
    let mut mails = store.mails(&[State::Queued, State::Sending, State::Deferred, State::Uncertain], None)?;
    mails.retain(|mail| mail.practice != operator());
    Ok(mails)
}
