//! On which ground a practice's data are used.

use rusqlite::{Connection, OptionalExtension, params};

use crate::domain::ground::{Basis, Ground};
use crate::domain::names::PracticeId;
use crate::store::error::StoreError;
use crate::store::{Day, Store, Work, word};

impl Store {
    /// How many practices have no ground on record.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn practices_without_ground(&self) -> Result<u64, StoreError> {
        let sql = "SELECT count(*) FROM practice WHERE id NOT IN (SELECT practice FROM ground)";
        Ok(self.reader().query_row(sql, [], |row| row.get::<_, i64>(0))?.unsigned_abs())
    }
}

impl Work<'_> {
    /// Records a ground in place of any other. Where a file says nothing, what is on record stays.
    pub(in crate::store) fn put_ground(&self, practice: &PracticeId, ground: Option<&Ground>) -> Result<(), StoreError> {
        let Some(ground) = ground else { return Ok(()) };
        let insert = "INSERT OR REPLACE INTO ground (practice, basis, day, source) VALUES (?1, ?2, ?3, ?4)";
        let row = params![practice.as_str(), ground.basis.as_str(), Day(ground.day), ground.source];
        self.connection().prepare_cached(insert)?.execute(row)?;
        Ok(())
    }
}

pub(in crate::store) fn ground(connection: &Connection, practice: &PracticeId) -> Result<Option<Ground>, StoreError> {
    let mut query = connection.prepare_cached("SELECT basis, day, source FROM ground WHERE practice = ?1")?;
    let found = query.query_row([practice.as_str()], |row| {
        Ok(Ground { basis: word(row.get(0)?, Basis::parse)?, day: row.get::<_, Day>(1)?.0, source: row.get(2)? })
    });
    Ok(found.optional()?)
}
