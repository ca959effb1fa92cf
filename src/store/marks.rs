//! What practices did: handled, let rest, recorded as happened.

use chrono::NaiveDate;
use rusqlite::{Connection, params};

use crate::domain::names::{CareType, MilestoneId, OccurrenceId, PracticeId};
use crate::domain::practices::Happened;
use crate::store::error::StoreError;
use crate::store::{At, Day, Store, Work};

impl Store {
    /// The days that a practice recorded.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn happened(&self, practice: &PracticeId) -> Result<Happened, StoreError> {
        happened(self.reader(), practice)
    }
}

impl Work<'_> {
    /// The days that a practice recorded.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn happened(&self, practice: &PracticeId) -> Result<Happened, StoreError> {
        happened(self.connection(), practice)
    }

    /// Records the day on which a milestone happened to a practice; a later record replaces an earlier one.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn record_happened(&self, practice: &PracticeId, milestone: &MilestoneId, day: NaiveDate) -> Result<(), StoreError> {
        let insert = "INSERT OR REPLACE INTO happened (practice, milestone, day, at) VALUES (?1, ?2, ?3, ?4)";
        self.connection().execute(insert, params![practice.as_str(), milestone.as_str(), Day(day), At(self.now)])?;
        self.look_again(practice)
    }

    /// Marks an occurrence as handled, for the day that it has now.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn record_done(
        &self,
        practice: &PracticeId,
        occurrence: &OccurrenceId,
        care_type: &CareType,
        last_day: NaiveDate,
    ) -> Result<(), StoreError> {
        let insert = "INSERT OR REPLACE INTO done (practice, occurrence, care_type, last_day, at) VALUES (?1, ?2, ?3, ?4, ?5)";
        self.connection()
            .execute(insert, params![practice.as_str(), occurrence.as_str(), care_type.as_str(), Day(last_day), At(self.now)])?;
        self.look_again(practice)
    }

    /// Takes the mark back; says whether there was one.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn undo_done(&self, practice: &PracticeId, occurrence: &OccurrenceId, care_type: &CareType) -> Result<bool, StoreError> {
        let delete = "DELETE FROM done WHERE practice = ?1 AND occurrence = ?2 AND care_type = ?3";
        let undone = self.connection().execute(delete, params![practice.as_str(), occurrence.as_str(), care_type.as_str()])?;
        self.look_again(practice)?;
        Ok(undone > 0)
    }

    /// Marks a whole series as handled, whatever its days.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn record_series_done(&self, practice: &PracticeId, milestone: &MilestoneId, care_type: &CareType) -> Result<(), StoreError> {
        let insert = "INSERT OR IGNORE INTO series_done (practice, milestone, care_type, at) VALUES (?1, ?2, ?3, ?4)";
        self.connection().execute(insert, params![practice.as_str(), milestone.as_str(), care_type.as_str(), At(self.now)])?;
        self.look_again(practice)
    }

    /// Takes that mark back; says whether there was one.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn undo_series_done(&self, practice: &PracticeId, milestone: &MilestoneId, care_type: &CareType) -> Result<bool, StoreError> {
        let delete = "DELETE FROM series_done WHERE practice = ?1 AND milestone = ?2 AND care_type = ?3";
        let undone = self.connection().execute(delete, params![practice.as_str(), milestone.as_str(), care_type.as_str()])?;
        self.look_again(practice)?;
        Ok(undone > 0)
    }

    /// Lets an occurrence rest until a day.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn record_snooze(
        &self,
        practice: &PracticeId,
        occurrence: &OccurrenceId,
        care_type: &CareType,
        until: NaiveDate,
    ) -> Result<(), StoreError> {
        let insert = "INSERT OR REPLACE INTO snooze (practice, occurrence, care_type, until, at) VALUES (?1, ?2, ?3, ?4, ?5)";
        self.connection().execute(insert, params![practice.as_str(), occurrence.as_str(), care_type.as_str(), Day(until), At(self.now)])?;
        self.look_again(practice)
    }

    /// Makes planning look at a practice again.
    pub(in crate::store) fn look_again(&self, practice: &PracticeId) -> Result<(), StoreError> {
        let update = "UPDATE practice SET look_at = ?2 WHERE id = ?1";
        self.connection().prepare_cached(update)?.execute(params![practice.as_str(), At(self.now)])?;
        Ok(())
    }
}

fn happened(connection: &Connection, practice: &PracticeId) -> Result<Happened, StoreError> {
    let mut query = connection.prepare_cached("SELECT milestone, day FROM happened WHERE practice = ?1")?;
    let rows = query.query_map([practice.as_str()], |row| Ok((MilestoneId::new(row.get::<_, String>(0)?), row.get::<_, Day>(1)?.0)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
