//! Which contact had which overview, and how often an occurrence changed.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rusqlite::{Connection, params};

use crate::domain::names::{OccurrenceId, PracticeId};
use crate::domain::overview::{Greeted, Occasion};
use crate::store::error::StoreError;
use crate::store::{At, Day, Store, Work, word};

/// How often the day of each occurrence was changed by a load; what is missing never changed.
pub type Changes = BTreeMap<OccurrenceId, u32>;

impl Store {
    /// How often the days of these occurrences were changed.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn change_counts<'i>(&self, occurrences: impl Iterator<Item = &'i OccurrenceId>) -> Result<Changes, StoreError> {
        change_counts(self.reader(), occurrences)
    }
}

impl Work<'_> {
    /// How often the days of these occurrences were changed.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn change_counts<'i>(&self, occurrences: impl Iterator<Item = &'i OccurrenceId>) -> Result<Changes, StoreError> {
        change_counts(self.connection(), occurrences)
    }

    /// What a contact had, or was spared. The case of an address makes no difference.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn greeted(&self, practice: &PracticeId, email: &str) -> Result<Greeted, StoreError> {
        let sql = "SELECT occasion, day FROM greeted WHERE practice = ?1 AND email = ?2";
        let mut query = self.connection().prepare_cached(sql)?;
        let rows = query.query_map(params![practice.as_str(), email], |row| {
            let day = row.get::<_, Option<Day>>(1)?.map(|Day(day)| day);
            Ok((word(row.get(0)?, occasion)?, day))
        })?;
        Ok(Greeted { occasions: rows.collect::<Result<_, _>>()? })
    }

    /// Records that a contact has an overview from now on; `day` is that of the mail, `None` if it is spared.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn record_greeted(&self, practice: &PracticeId, email: &str, of: Occasion, day: Option<NaiveDate>) -> Result<(), StoreError> {
        let insert = "INSERT OR IGNORE INTO greeted (practice, email, occasion, day, at) VALUES (?1, ?2, ?3, ?4, ?5)";
        let row = params![practice.as_str(), email, occasion_word(of), day.map(Day), At(self.now)];
        self.connection().prepare_cached(insert)?.execute(row)?;
        Ok(())
    }
}

fn occasion_word(occasion: Occasion) -> String {
    match occasion {
        Occasion::Welcome => "welcome".to_owned(),
        Occasion::Season(day) => day.to_string(),
    }
}

fn occasion(text: &str) -> Option<Occasion> {
    if text == "welcome" { Some(Occasion::Welcome) } else { text.parse().ok().map(Occasion::Season) }
}

fn change_counts<'i>(connection: &Connection, occurrences: impl Iterator<Item = &'i OccurrenceId>) -> Result<Changes, StoreError> {
    let mut query = connection.prepare_cached("SELECT count(*) FROM occurrence_change WHERE occurrence = ?1")?;
    let mut changes = Changes::new();
    for occurrence in occurrences {
        let count: u32 = query.query_row([occurrence.as_str()], |row| row.get(0))?;
        if count > 0 {
            changes.insert(occurrence.clone(), count);
        }
    }
    Ok(changes)
}
