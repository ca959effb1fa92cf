//! Addresses that take no mail. They survive an import; a command brings them back.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, params};

use crate::domain::names::PracticeId;
use crate::store::error::StoreError;
use crate::store::{At, Work};

/// An address that takes no mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadAddress {
    /// Which; letter case does not count.
    pub email: String,
    /// Since when.
    pub at: DateTime<Utc>,
    /// What the server said.
    pub reason: String,
}

impl Work<'_> {
    /// Why an address is dead; `None` if it is not.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn dead_address(&self, email: &str) -> Result<Option<DeadAddress>, StoreError> {
        one(self.connection(), email)
    }

    /// Marks an address as dead; planning looks at its practices again.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn mark_dead(&self, email: &str, reason: &str) -> Result<(), StoreError> {
        let insert = "INSERT OR IGNORE INTO dead_address (email, at, reason) VALUES (?1, ?2, ?3)";
        self.connection().execute(insert, params![email, At(self.now), reason])?;
        self.practices_with(email)?.iter().try_for_each(|practice| self.look_again(practice))
    }

    /// Brings an address back. `None`: it was not dead; else how many mails go again.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn revive(&self, email: &str) -> Result<Option<usize>, StoreError> {
        if self.connection().execute("DELETE FROM dead_address WHERE email = ?1", [email])? == 0 {
            return Ok(None);
        }
        self.practices_with(email)?.iter().try_for_each(|practice| self.look_again(practice))?;
        Ok(Some(0))
    }

    /// The practices that have an address among their contacts.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn practices_with(&self, email: &str) -> Result<Vec<PracticeId>, StoreError> {
        let sql = "SELECT DISTINCT practice FROM contact WHERE email = ?1 COLLATE NOCASE ORDER BY practice";
        let mut query = self.connection().prepare_cached(sql)?;
        let rows = query.query_map([email], |row| row.get::<_, String>(0).map(PracticeId::new))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

pub(in crate::store) fn one(connection: &Connection, email: &str) -> Result<Option<DeadAddress>, StoreError> {
    let mut query = connection.prepare_cached("SELECT email, at, reason FROM dead_address WHERE email = ?1")?;
    let found = query.query_row([email], |row| Ok(DeadAddress { email: row.get(0)?, at: row.get::<_, At>(1)?.0, reason: row.get(2)? }));
    Ok(found.optional()?)
}
