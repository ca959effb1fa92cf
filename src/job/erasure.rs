//! Who was erased, remembered without saying who: a list beside the database, outside of it and its backups.
//!
//! Each line holds a keyed hash (HMAC-SHA256 under a key of its own, in a file beside the list). By it a restored older database is cleaned of
//! who was erased since, and an import does not bring them back by accident. A database notes which lines it has been through, so what
//! came back on purpose later is left alone.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDate, Utc};

use crate::clock;
use crate::domain::names::PracticeId;
use crate::job::backup::with_ending;
use crate::job::spool;
use crate::mail::key_file::{self, KeyError};
use crate::mail::signed::{Keys, pseudonym};
use crate::store::error::StoreError;
use crate::store::personal::erase::{Proof, What};
use crate::store::{Store, Work};

/// Why an erasure was not done, or could not be looked up.
#[derive(Debug, thiserror::Error)]
pub enum ErasureError {
    /// The list or its key cannot be read or written.
    #[error("the list of who was erased, {path}, cannot be used: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A line that nobody can act on must not be passed over.
    #[error("line {line} of {path} cannot be understood: put the file back as it was, for by it who was erased stays erased")]
    Line {
        /// Which file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
    },
    /// Without the key the list says nothing.
    #[error("{list} is there, and its key {key} is not: put the key back, for without it nobody can tell who was erased")]
    NoKey {
        /// The list.
        list: PathBuf,
        /// Its key.
        key: PathBuf,
    },
    /// The key is no key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A courier has a mail of it.
    #[error("a mail to {0} is being handed over right now: nothing was erased; try again in a minute")]
    InHand(String),
    /// The database cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Where the list of a database lies: `<database>.erased`.
pub fn list_of(database: &Path) -> PathBuf {
    with_ending(database, ".erased")
}

/// Where the key of the list lies.
pub fn key_of(database: &Path) -> PathBuf {
    with_ending(database, ".erased.key")
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Line {
    Erased { what: What, hash: String, id: String, day: NaiveDate },
    Returned { what: What, hash: String, day: NaiveDate },
}

/// The list with its key.
#[derive(Debug)]
pub struct Erased {
    path: PathBuf,
    /// `None` as long as nobody was erased.
    keys: Option<Keys>,
    lines: Vec<Line>,
}

impl Erased {
    /// Reads the list of a database; none is an empty one.
    ///
    /// # Errors
    /// [`ErasureError`]: a list that cannot be read or understood is never taken for an empty one.
    pub fn of(database: &Path) -> Result<Self, ErasureError> {
        let (path, key) = (list_of(database), key_of(database));
        let content = match fs::read_to_string(&path) {
            Ok(content) => content,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self { path, keys: None, lines: Vec::new() }),
            Err(source) => return Err(ErasureError::File { path, source }),
        };
        if !key.exists() {
            return Err(ErasureError::NoKey { list: path, key });
        }
        let mut lines = Vec::new();
        for (line, text) in (1..).zip(content.lines().map(str::trim)) {
            if !text.is_empty() && !text.starts_with('#') {
                lines.push(parse(text).ok_or_else(|| ErasureError::Line { path: path.clone(), line })?);
            }
        }
        Ok(Self { path, keys: Some(key_file::open(&key)?), lines })
    }

    /// Since when something is erased; `None` if it never was, or came back on purpose.
    pub fn since(&self, what: What, value: &str) -> Option<NaiveDate> {
        let hash = pseudonym(self.keys.as_ref()?, what.as_str(), &folded(what, value));
        let about = |line: &&Line| match line {
            Line::Erased { what: kind, hash: of, .. } | Line::Returned { what: kind, hash: of, .. } => (*kind, of) == (what, &hash),
        };
        match self.lines.iter().rfind(about)? {
            Line::Erased { day, .. } => Some(*day),
            Line::Returned { .. } => None,
        }
    }

    /// Whether anybody was ever erased.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Notes that something that was erased comes back on purpose.
    ///
    /// # Errors
    /// When the list cannot be written.
    pub fn take_back(&mut self, what: What, value: &str, today: NaiveDate) -> Result<(), ErasureError> {
        let hash = self.hash(what, value)?;
        self.append(vec![Line::Returned { what, hash, day: today }])
    }

    fn hash(&mut self, what: What, value: &str) -> Result<String, ErasureError> {
        let keys = match &self.keys {
            Some(keys) => keys,
            None => self.keys.insert(key_file::open(&with_ending(&self.path, ".key"))?),
        };
        Ok(pseudonym(keys, what.as_str(), &folded(what, value)))
    }

    /// On the disk before anything is erased: a crash in between leaves an erasure that is done at the next start.
    fn append(&mut self, new: Vec<Line>) -> Result<(), ErasureError> {
        let failed = |source| ErasureError::File { path: self.path.clone(), source };
        let head = if self.path.exists() { "" } else { HEAD };
        let text: String = new.iter().map(print).collect();
        let mut file = OpenOptions::new().create(true).append(true).mode(0o600).open(&self.path).map_err(failed)?;
        file.write_all(format!("{head}{text}").as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
        self.lines.extend(new);
        Ok(())
    }
}

const HEAD: &str = "# Who was erased from the database, as keyed hashes. Keep it beside the database, and out of the database's backups: it has to outlive them.\n";

/// Letter case makes no other address.
fn folded(what: What, value: &str) -> String {
    match what {
        What::Practice => value.to_owned(),
        What::Address => value.trim().to_lowercase(),
    }
}

fn print(line: &Line) -> String {
    match line {
        Line::Erased { what, hash, id, day } => format!("erased {} {hash} {id} {day}\n", what.as_str()),
        Line::Returned { what, hash, day } => format!("returned {} {hash} {day}\n", what.as_str()),
    }
}

fn parse(text: &str) -> Option<Line> {
    let hex = |text: &str, length| text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    match text.split(' ').collect::<Vec<_>>()[..] {
        ["erased", what, hash, id, day] if hex(hash, 32) && hex(id, 16) => {
            Some(Line::Erased { what: What::parse(what)?, hash: hash.to_owned(), id: id.to_owned(), day: day.parse().ok()? })
        }
        ["returned", what, hash, day] if hex(hash, 32) => {
            Some(Line::Returned { what: What::parse(what)?, hash: hash.to_owned(), day: day.parse().ok()? })
        }
        _ => None,
    }
}

/// What an erasure came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Forgotten {
    /// How many rows went or were blackened.
    pub rows: u64,
    /// How many addresses went with a practice.
    pub addresses: usize,
    /// How many messages in the spool went.
    pub messages: usize,
}

/// Erases a practice, with the addresses that it alone has: what is held, what other rows say of it, and what lies in the spool.
///
/// # Errors
/// [`ErasureError`]; then nothing was erased, or it is done at the next start.
pub fn forget_practice(store: &mut Store, practice: &PracticeId, spool: &Path, now: DateTime<Utc>) -> Result<Forgotten, ErasureError> {
    let Some(database) = store.path().map(Path::to_owned) else { return Ok(Forgotten::default()) };
    let mut erased = Erased::of(&database)?;
    store.overwrite_what_goes()?;
    let work = store.begin(now)?;
    if work.is_in_hand(What::Practice, practice.as_str())? {
        return Err(ErasureError::InHand(practice.to_string()));
    }
    let alone = work.addresses_of_alone(practice)?;
    let mut values = vec![(What::Practice, practice.to_string())];
    values.extend(alone.iter().map(|email| (What::Address, email.clone())));
    let lines = new_lines(&mut erased, &values, now)?;
    let rows = work.erase_practice(practice, &alone)?;
    erased.append(lines.clone())?;
    prove(&work, &lines, rows)?;
    work.commit()?;
    let messages = clear_spool(spool, &alone)?;
    Ok(Forgotten { rows, addresses: alone.len(), messages })
}

/// Erases one address wherever it stands; its practices stay.
///
/// # Errors
/// [`ErasureError`]; then nothing was erased, or it is done at the next start.
pub fn forget_address(store: &mut Store, email: &str, spool: &Path, now: DateTime<Utc>) -> Result<Forgotten, ErasureError> {
    let Some(database) = store.path().map(Path::to_owned) else { return Ok(Forgotten::default()) };
    let mut erased = Erased::of(&database)?;
    store.overwrite_what_goes()?;
    let work = store.begin(now)?;
    if work.is_in_hand(What::Address, email)? {
        return Err(ErasureError::InHand(email.to_owned()));
    }
    let lines = new_lines(&mut erased, &[(What::Address, email.to_owned())], now)?;
    let rows = work.erase_address(email, clock::civil_day(now))?;
    erased.append(lines.clone())?;
    prove(&work, &lines, rows)?;
    work.commit()?;
    let messages = clear_spool(spool, &[email.to_owned()])?;
    Ok(Forgotten { rows, addresses: 1, messages })
}

fn new_lines(erased: &mut Erased, values: &[(What, String)], now: DateTime<Utc>) -> Result<Vec<Line>, ErasureError> {
    let day = clock::civil_day(now);
    let line = |(what, value): &(What, String)| {
        let hash = erased.hash(*what, value)?;
        Ok(Line::Erased {
            what: *what,
            hash,
            id: random_id().map_err(|source| ErasureError::File { path: erased.path.clone(), source })?,
            day,
        })
    };
    values.iter().map(line).collect()
}

fn random_id() -> io::Result<String> {
    let mut bytes = [0; 8];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The rows stand with the first; the others went with it.
fn prove(work: &Work<'_>, lines: &[Line], rows: u64) -> Result<(), StoreError> {
    let mut rows = Some(rows);
    for line in lines {
        if let Line::Erased { what, hash, id, .. } = line {
            work.prove_erasure(&Proof { id: id.clone(), what: *what, hash: hash.clone(), rows: rows.take().unwrap_or(0) })?;
        }
    }
    Ok(())
}

/// Erases from a database what was erased since it was copied: after a restore, at each start, and each day. Says how many there were.
///
/// # Errors
/// [`ErasureError`].
pub fn apply(store: &mut Store, database: &Path, now: DateTime<Utc>) -> Result<usize, ErasureError> {
    let erased = Erased::of(database)?;
    let Some(keys) = &erased.keys else { return Ok(0) };
    let known = store.erasures()?;
    let missing = |line: &Line| match line {
        Line::Erased { what, hash, id, .. } if !known.contains(id) => Some((*what, hash.clone(), id.clone())),
        _ => None,
    };
    let missing: BTreeSet<(What, String, String)> = erased.lines.iter().filter_map(missing).collect();
    if missing.is_empty() {
        return Ok(0);
    }
    let hashes: BTreeSet<(What, &str)> = missing.iter().map(|(what, hash, _)| (*what, hash.as_str())).collect();
    let found = |what: What, value: String| {
        let hash = pseudonym(keys, what.as_str(), &folded(what, &value));
        hashes.contains(&(what, hash.as_str())).then_some(value)
    };
    let practices: BTreeSet<PracticeId> =
        store.practices_on_record()?.into_iter().filter_map(|id| found(What::Practice, id.to_string())).map(PracticeId::new).collect();
    let addresses: Vec<String> = store.addresses_on_record()?.into_iter().filter_map(|email| found(What::Address, email)).collect();
    store.overwrite_what_goes()?;
    let work = store.begin(now)?;
    let mut rows = 0;
    for practice in &practices {
        rows += work.erase_practice(practice, &work.addresses_of_alone(practice)?)?;
    }
    for email in &addresses {
        rows += work.erase_address(email, clock::civil_day(now))?;
    }
    for (what, hash, id) in &missing {
        work.prove_erasure(&Proof { id: id.clone(), what: *what, hash: hash.clone(), rows })?;
        rows = 0;
    }
    work.commit()?;
    if !practices.is_empty() || !addresses.is_empty() {
        store.leave_no_remains()?;
    }
    Ok(practices.len() + addresses.len())
}

/// Takes away messages that name one of these addresses: those that wait, and those that were set aside for a person.
fn clear_spool(spool: &Path, addresses: &[String]) -> Result<usize, ErasureError> {
    let mut gone = 0;
    for path in spool::all(spool) {
        let text = fs::read(&path).map(|bytes| String::from_utf8_lossy(&bytes).to_lowercase()).unwrap_or_default();
        if addresses.iter().any(|email| text.contains(&email.to_lowercase())) {
            fs::remove_file(&path).map_err(|source| ErasureError::File { path: path.clone(), source })?;
            gone += 1;
        }
    }
    Ok(gone)
}
