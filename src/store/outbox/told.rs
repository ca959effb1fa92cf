//! The told-ledger: who was told which date of which occurrence, in which mail. What was handed over without an answer is uncertain.

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::{Connection, Row, params};

use crate::domain::decide::DecisionKey;
use crate::domain::names::{CareType, OccurrenceId, PracticeId};
use crate::store::error::StoreError;
use crate::store::outbox::Mail;
use crate::store::{At, Day, Store, Work};

/// A line of the told-ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Who was told.
    pub email: String,
    /// Of which occurrence.
    pub occurrence: OccurrenceId,
    /// For which care type.
    pub care_type: CareType,
    /// Which last day.
    pub last_day: NaiveDate,
    /// In which mail.
    pub mail: i64,
    /// When it was handed over, or accepted.
    pub at: DateTime<Utc>,
    /// Handed over, and no answer is recorded.
    pub uncertain: bool,
}

impl Store {
    /// The ledger's lines on an occurrence, or on any of a milestone's, of one practice; oldest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn told_about(&self, practice: &PracticeId, id: &str) -> Result<Vec<Told>, StoreError> {
        let sql = "SELECT email, occurrence, care_type, last_day, mail, at, uncertain FROM told WHERE practice = ?1 \
                   AND (occurrence = ?2 OR substr(occurrence, 1, length(?2) + 1) = ?2 || '@') ORDER BY at, mail, email";
        let mut query = self.reader().prepare_cached(sql)?;
        Ok(query.query_map(params![practice.as_str(), id], told)?.collect::<Result<_, _>>()?)
    }

    /// The ledger's lines that a mail wrote.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn told_in(&self, mail: i64) -> Result<Vec<Told>, StoreError> {
        told_in(self.reader(), mail)
    }
}

impl Work<'_> {
    /// The ledger's lines that a mail wrote.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn told_in(&self, mail: i64) -> Result<Vec<Told>, StoreError> {
        told_in(self.connection(), mail)
    }

    /// What is about to be handed over is uncertain from now on, until an answer is recorded.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn tell(&self, mail: &Mail, told: &[DecisionKey]) -> Result<(), StoreError> {
        let insert = "INSERT OR IGNORE INTO told (practice, email, occurrence, care_type, last_day, mail, at, uncertain) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 1)";
        let mut write = self.connection().prepare_cached(insert)?;
        for key in told {
            let row = params![
                mail.practice.as_str(),
                mail.email,
                key.occurrence.as_str(),
                key.care_type.as_str(),
                Day(key.last_day),
                mail.id,
                At(self.now)
            ];
            write.execute(row)?;
        }
        Ok(())
    }

    /// A definite no: nobody was told. Not to be called where an earlier attempt got no answer.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn untell(&self, mail: i64) -> Result<(), StoreError> {
        self.connection().prepare_cached("DELETE FROM told WHERE mail = ?1 AND uncertain = 1")?.execute([mail])?;
        Ok(())
    }

    /// The server accepted what a mail told.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn confirm_told(&self, mail: i64) -> Result<(), StoreError> {
        let update = "UPDATE told SET uncertain = 0, at = ?2 WHERE mail = ?1 AND uncertain = 1";
        self.connection().prepare_cached(update)?.execute(params![mail, At(self.now)])?;
        Ok(())
    }
}

fn told(row: &Row<'_>) -> rusqlite::Result<Told> {
    Ok(Told {
        email: row.get(0)?,
        occurrence: OccurrenceId::new(row.get::<_, String>(1)?),
        care_type: CareType::new(row.get::<_, String>(2)?),
        last_day: row.get::<_, Day>(3)?.0,
        mail: row.get(4)?,
        at: row.get::<_, At>(5)?.0,
        uncertain: row.get(6)?,
    })
}

fn told_in(connection: &Connection, mail: i64) -> Result<Vec<Told>, StoreError> {
    let sql = "SELECT email, occurrence, care_type, last_day, mail, at, uncertain FROM told WHERE mail = ?1 ORDER BY last_day, occurrence, care_type";
    let mut query = connection.prepare_cached(sql)?;
    Ok(query.query_map([mail], told)?.collect::<Result<_, _>>()?)
}
