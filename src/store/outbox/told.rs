//! The told-ledger: who was told which date of which occurrence, in which mail. What was handed over without an answer is uncertain.

use rusqlite::params;

use crate::domain::corrections::Told;
use crate::store::error::StoreError;
use crate::store::ledger::told;
use crate::store::outbox::Mail;
use crate::store::{At, Day, Store, Work};

impl Store {
    /// What a mail told, or may have told: the second says that no answer is recorded.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn told_in(&self, mail: i64) -> Result<Vec<(Told, bool)>, StoreError> {
        let sql = "SELECT occurrence, care_type, last_day, withdrawn, uncertain FROM told WHERE mail = ?1 ORDER BY last_day, occurrence, care_type";
        let mut query = self.reader().prepare_cached(sql)?;
        let rows = query.query_map([mail], |row| Ok((told(row, 0)?, row.get(4)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

impl Work<'_> {
    /// What is about to be handed over is uncertain from now on, until an answer is recorded.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn tell(&self, mail: &Mail, told: &[Told]) -> Result<(), StoreError> {
        let insert = "INSERT OR IGNORE INTO told (practice, email, occurrence, care_type, last_day, mail, at, withdrawn, uncertain) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 1)";
        let mut write = self.connection().prepare_cached(insert)?;
        for key in told {
            let row = params![
                mail.practice.as_str(),
                mail.email,
                key.occurrence.as_str(),
                key.care_type.as_str(),
                Day(key.last_day),
                mail.id,
                At(self.now),
                key.withdrawn
            ];
            write.execute(row)?;
        }
        Ok(())
    }

    /// Whether it may have told something: it was handed over, and no answer is recorded.
    pub(in crate::store) fn may_have_told(&self, mail: i64) -> Result<bool, StoreError> {
        Ok(self.connection().prepare_cached("SELECT 1 FROM told WHERE mail = ?1 AND uncertain = 1")?.exists([mail])?)
    }

    /// A definite no: nobody was told. Not to be called where an earlier attempt got no answer.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn untell(&self, mail: i64) -> Result<(), StoreError> {
        self.connection().prepare_cached("DELETE FROM told WHERE mail = ?1 AND uncertain = 1")?.execute([mail])?;
        Ok(())
    }
}
