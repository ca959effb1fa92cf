//! The loaded calendar files, and what a load changed.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use rusqlite::{Connection, params};
use sha2::{Digest, Sha256};

use crate::calendar_file::File;
use crate::store::error::StoreError;
use crate::store::{At, Day, Store, Work};

/// A mail tells at most what lies a year ahead, and what has passed needs no correction: a version that was replaced longer ago misleads nobody.
const PAST_MATTERS: TimeDelta = TimeDelta::days(2 * 366);

/// How an occurrence differs from what the database held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Which.
    pub occurrence: String,
    /// The last day before; `None` if it is new.
    pub old_day: Option<NaiveDate>,
    /// The last day now; `None` if it was withdrawn.
    pub new_day: Option<NaiveDate>,
}

/// An entry of an occurrence's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastChange {
    /// When the load was.
    pub at: DateTime<Utc>,
    /// What changed.
    pub change: Change,
}

/// An occurrence as far as changes are concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Its identity.
    pub id: String,
    /// Its last day.
    pub last_day: NaiveDate,
    /// Its milestone's title.
    pub title: String,
}

/// One number for a whole set of files: equal files, equal hash, whatever their order.
pub fn hash(files: &[File]) -> String {
    let mut sorted: Vec<&File> = files.iter().collect();
    sorted.sort_by(|a, b| a.path.cmp(&b.path));
    let mut hasher = Sha256::new();
    for file in sorted {
        hasher.update(file.path.as_bytes());
        hasher.update([0]);
        hasher.update(hash_of(file.content()).as_bytes());
    }
    format!("{:x}", hasher.finalize())
}

fn hash_of(content: &str) -> String {
    format!("{:x}", Sha256::digest(content.as_bytes()))
}

impl Store {
    /// The files that the service reads, in order of path.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn calendar_files(&self) -> Result<Vec<File>, StoreError> {
        let mut query = self.reader().prepare_cached("SELECT path, content FROM calendar_file ORDER BY path")?;
        let files = query.query_map([], |row| Ok(File::new(row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
        Ok(files.collect::<Result<_, _>>()?)
    }

    /// The hash of the last load, if there was one.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn calendar_hash(&self) -> Result<Option<String>, StoreError> {
        calendar_hash(self.reader())
    }

    /// The earlier versions of a file, each with the instant at which it was replaced, latest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn past_versions(&self, path: &str) -> Result<Vec<(File, DateTime<Utc>)>, StoreError> {
        past_versions(self.reader(), path)
    }

    /// What earlier loads changed in an occurrence, or in any of a milestone's, oldest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn changes_of(&self, id: &str) -> Result<Vec<PastChange>, StoreError> {
        let sql = "SELECT l.at, c.occurrence, c.old_day, c.new_day FROM occurrence_change c JOIN calendar_load l ON l.id = c.load \
                   WHERE c.occurrence = ?1 OR substr(c.occurrence, 1, length(?1) + 1) = ?1 || '@' ORDER BY l.id, c.occurrence";
        let mut query = self.reader().prepare_cached(sql)?;
        let rows = query.query_map([id], |row| {
            let day = |index| row.get::<_, Option<Day>>(index).map(|day| day.map(|Day(day)| day));
            let change = Change { occurrence: row.get(1)?, old_day: day(2)?, new_day: day(3)? };
            Ok(PastChange { at: row.get::<_, At>(0)?.0, change })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

fn calendar_hash(connection: &Connection) -> Result<Option<String>, StoreError> {
    let mut query = connection.prepare_cached("SELECT hash FROM calendar_load ORDER BY id DESC LIMIT 1")?;
    Ok(query.query_map([], |row| row.get(0))?.next().transpose()?)
}

fn past_versions(connection: &Connection, path: &str) -> Result<Vec<(File, DateTime<Utc>)>, StoreError> {
    let sql =
        "SELECT p.path, p.content, l.at FROM calendar_past p JOIN calendar_load l ON l.id = p.load WHERE p.path = ?1 ORDER BY p.load DESC";
    let mut query = connection.prepare_cached(sql)?;
    let rows =
        query.query_map([path], |row| Ok((File::new(row.get::<_, String>(0)?, row.get::<_, String>(1)?), row.get::<_, At>(2)?.0)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

impl Work<'_> {
    /// The earlier versions of a file, each with the instant at which it was replaced, latest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn past_versions(&self, path: &str) -> Result<Vec<(File, DateTime<Utc>)>, StoreError> {
        past_versions(self.connection(), path)
    }

    /// The hash of the last load, if there was one.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn calendar_hash(&self) -> Result<Option<String>, StoreError> {
        calendar_hash(self.connection())
    }

    /// The files that hold names, which every version of a policy is read with.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn names_files(&self) -> Result<Vec<File>, StoreError> {
        let mut query = self.connection().prepare_cached("SELECT path, content FROM calendar_file")?;
        let rows = query.query_map([], |row| Ok(File::new(row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
        let files: Vec<File> = rows.collect::<Result<_, _>>()?;
        Ok(files.into_iter().filter(File::is_names).collect())
    }

    /// Replaces the files and their occurrences; says what changed. A first load changes nothing.
    ///
    /// # Errors
    /// When the database cannot be written; then nothing has changed.
    pub fn replace_calendars(&self, files: &[File], origin: &str, occurrences: &[Known]) -> Result<Vec<Change>, StoreError> {
        let is_first = self.connection().query_row("SELECT count(*) = 0 FROM calendar_load", [], |row| row.get(0))?;
        let insert = "INSERT INTO calendar_load (at, hash, origin) VALUES (?1, ?2, ?3)";
        self.connection().execute(insert, params![At(self.now), hash(files), origin])?;
        let load = self.connection().last_insert_rowid();
        self.keep_past(files, load)?;
        self.write_files(files)?;
        let changes = if is_first { Vec::new() } else { self.changes_against(occurrences)? };
        self.write_occurrences(occurrences)?;
        let mut write = self
            .connection()
            .prepare_cached("INSERT INTO occurrence_change (load, occurrence, old_day, new_day) VALUES (?1, ?2, ?3, ?4)")?;
        for change in &changes {
            write.execute(params![load, change.occurrence, change.old_day.map(Day), change.new_day.map(Day)])?;
        }
        Ok(changes)
    }

    /// Keeps what is about to be replaced: it says who was told otherwise by whom.
    fn keep_past(&self, files: &[File], load: i64) -> Result<(), StoreError> {
        let stays: BTreeSet<(&str, String)> = files.iter().map(|file| (file.path.as_str(), hash_of(file.content()))).collect();
        let mut query = self.connection().prepare_cached("SELECT path, hash FROM calendar_file")?;
        let held = query.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?.collect::<Result<Vec<_>, _>>()?;
        let insert = "INSERT OR REPLACE INTO calendar_past (path, hash, content, load) SELECT path, hash, content, ?2 FROM calendar_file WHERE path = ?1";
        let mut write = self.connection().prepare_cached(insert)?;
        for (path, _) in held.iter().filter(|(path, hash)| !stays.contains(&(path.as_str(), hash.clone()))) {
            write.execute(params![path, load])?;
        }
        let forget = "DELETE FROM calendar_past WHERE load IN (SELECT id FROM calendar_load WHERE at < ?1)";
        self.connection().execute(forget, [At(self.now - PAST_MATTERS)])?;
        Ok(())
    }

    fn write_files(&self, files: &[File]) -> Result<(), StoreError> {
        self.connection().execute("DELETE FROM calendar_file", [])?;
        let mut write = self.connection().prepare_cached("INSERT INTO calendar_file (path, content, hash) VALUES (?1, ?2, ?3)")?;
        for file in files {
            write.execute(params![file.path, file.content(), hash_of(file.content())])?;
        }
        Ok(())
    }

    fn write_occurrences(&self, occurrences: &[Known]) -> Result<(), StoreError> {
        self.connection().execute("DELETE FROM occurrence", [])?;
        let mut write = self.connection().prepare_cached("INSERT OR REPLACE INTO occurrence (id, last_day, title) VALUES (?1, ?2, ?3)")?;
        for known in occurrences {
            write.execute(params![known.id, Day(known.last_day), known.title])?;
        }
        Ok(())
    }

    /// What would change against what the database holds.
    fn changes_against(&self, occurrences: &[Known]) -> Result<Vec<Change>, StoreError> {
        let mut query = self.connection().prepare_cached("SELECT id, last_day FROM occurrence")?;
        let rows = query.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, Day>(1)?.0)))?;
        let mut before: BTreeMap<String, NaiveDate> = rows.collect::<Result<_, _>>()?;
        let mut changes = Vec::new();
        for known in occurrences {
            let old_day = before.remove(&known.id);
            if old_day != Some(known.last_day) {
                changes.push(Change { occurrence: known.id.clone(), old_day, new_day: Some(known.last_day) });
            }
        }
        changes.extend(before.into_iter().map(|(occurrence, day)| Change { occurrence, old_day: Some(day), new_day: None }));
        changes.sort_by(|a, b| a.occurrence.cmp(&b.occurrence));
        Ok(changes)
    }

    /// Makes planning look at every practice again.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn look_at_everyone(&self) -> Result<(), StoreError> {
        self.connection().execute("UPDATE practice SET look_at = ?1", [At(self.now)])?;
        Ok(())
    }
}
