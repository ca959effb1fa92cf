//! Loads that wait for the operator.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, params};

use crate::store::error::StoreError;
use crate::store::{At, Store, Work};

/// A load that would correct too many contacts. The calendars before it stay in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetAside {
    /// When it was first set aside.
    pub at: DateTime<Utc>,
    /// The hash of its files.
    pub hash: String,
    /// Where they came from.
    pub origin: String,
    /// How many moments it changes.
    pub moments: u32,
    /// How many contacts it would correct.
    pub contacts: u32,
}

impl Store {
    /// The load that waits for the operator, if one does.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn set_aside(&self) -> Result<Option<SetAside>, StoreError> {
        let mut query = self.reader().prepare_cached("SELECT at, hash, origin, moments, contacts FROM calendar_set_aside")?;
        let found = query.query_row([], |row| {
            let at = row.get::<_, At>(0)?.0;
            Ok(SetAside { at, hash: row.get(1)?, origin: row.get(2)?, moments: row.get(3)?, contacts: row.get(4)? })
        });
        Ok(found.optional()?)
    }
}

impl Work<'_> {
    /// Records that a load waits, in place of any other that did.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn put_aside(&self, load: &SetAside) -> Result<(), StoreError> {
        let insert =
            "INSERT OR REPLACE INTO calendar_set_aside (only_one, at, hash, origin, moments, contacts) VALUES (1, ?1, ?2, ?3, ?4, ?5)";
        self.connection().execute(insert, params![At(load.at), load.hash, load.origin, load.moments, load.contacts])?;
        Ok(())
    }

    /// No load waits any more.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn forget_set_aside(&self) -> Result<(), StoreError> {
        self.connection().execute("DELETE FROM calendar_set_aside", [])?;
        Ok(())
    }
}
