//! Which copy of the database this is, and whether it holds practices' mail because it looks like a restored or copied one.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, params};

use crate::store::error::StoreError;
use crate::store::outbox::WAITING;
use crate::store::{At, Store, Work};

/// What the database and its twin both say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Random, 32 hexadecimal digits; told apart from what it was before a release.
    pub token: String,
    /// A hash of the machine that it last ran on.
    pub machine: String,
    /// How often it was raised: at each start and before each round of delivery.
    pub runs: u64,
}

/// Practices' mail is held: this looks like a restored or copied database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fence {
    /// Since when.
    pub since: DateTime<Utc>,
    /// What gave it away; a sentence without its full stop.
    pub why: String,
}

/// Whether a row of the outbox may leave: while the fence stands only mail that belongs to no practice, which is the operator's.
pub(in crate::store) const MAY_LEAVE: &str = "(practice = '' OR NOT EXISTS (SELECT 1 FROM identity WHERE fenced_since IS NOT NULL))";

impl Store {
    /// Which copy it is; `None` before its first start.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn identity(&self) -> Result<Option<Identity>, StoreError> {
        let row =
            |row: &rusqlite::Row<'_>| Ok(Identity { token: row.get(0)?, machine: row.get(1)?, runs: row.get::<_, i64>(2)?.unsigned_abs() });
        Ok(self.reader().query_row("SELECT token, machine, runs FROM identity", [], row).optional()?)
    }

    /// The fence, while it stands. A database in memory never has one.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn fence(&self) -> Result<Option<Fence>, StoreError> {
        fence(self.reader())
    }

    /// Whether it ever had mail to send.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn has_history(&self) -> Result<bool, StoreError> {
        Ok(self.reader().query_row("SELECT EXISTS (SELECT 1 FROM outbox)", [], |row| row.get(0))?)
    }

    /// A token that nobody had before.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub fn new_token(&self) -> Result<String, StoreError> {
        Ok(self.reader().query_row("SELECT lower(hex(randomblob(16)))", [], |row| row.get(0))?)
    }
}

impl Work<'_> {
    /// Makes this the identity, and takes the fence away.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn put_identity(&self, identity: &Identity) -> Result<(), StoreError> {
        let insert = "INSERT OR REPLACE INTO identity (only, token, machine, runs) VALUES (1, ?1, ?2, ?3)";
        let runs = i64::try_from(identity.runs).unwrap_or(i64::MAX);
        self.connection().execute(insert, params![identity.token, identity.machine, runs])?;
        Ok(())
    }

    /// Raises the counter from what it was; `false` where somebody else did, or where the fence stands.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn raise_runs(&self, from: u64) -> Result<bool, StoreError> {
        let update = "UPDATE identity SET runs = runs + 1 WHERE runs = ?1 AND fenced_since IS NULL";
        Ok(self.connection().execute(update, [i64::try_from(from).unwrap_or(i64::MAX)])? == 1)
    }

    /// The fence, while it stands, and how many mails it holds.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn fence(&self) -> Result<Option<(Fence, u64)>, StoreError> {
        let Some(fence) = fence(self.connection())? else { return Ok(None) };
        let sql = format!("SELECT count(*) FROM outbox WHERE {WAITING} AND practice <> ''");
        let held: i64 = self.connection().query_row(&sql, [], |row| row.get(0))?;
        Ok(Some((fence, held.unsigned_abs())))
    }

    /// Puts the fence up. Where it stands already, its first reason stays.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn put_fence(&self, why: &str) -> Result<(), StoreError> {
        let insert = "INSERT INTO identity (only, token, machine, runs, fenced_since, fenced_why) VALUES (1, '', '', 0, ?1, ?2) \
                      ON CONFLICT (only) DO UPDATE SET fenced_since = ?1, fenced_why = ?2 WHERE fenced_since IS NULL";
        self.connection().execute(insert, params![At(self.now), why])?;
        Ok(())
    }
}

fn fence(connection: &Connection) -> Result<Option<Fence>, StoreError> {
    let sql = "SELECT fenced_since, fenced_why FROM identity WHERE fenced_since IS NOT NULL";
    let row = |row: &rusqlite::Row<'_>| Ok(Fence { since: row.get::<_, At>(0)?.0, why: row.get(1)? });
    Ok(connection.query_row(sql, [], row).optional()?)
}
