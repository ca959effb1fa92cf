//! What the operator has to hear.

use rusqlite::params;

use crate::domain::notices::{Notice, NoticeKind};
use crate::store::error::StoreError;
use crate::store::{At, Store, Work, word};

impl Store {
    /// What no mail has told the operator yet, oldest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn untold(&self) -> Result<Vec<Notice>, StoreError> {
        let mut query = self.reader().prepare_cached("SELECT at, kind, subject, text FROM notice WHERE mail IS NULL ORDER BY id")?;
        let rows = query.query_map([], |row| {
            Ok(Notice { at: row.get::<_, At>(0)?.0, kind: word(row.get(1)?, NoticeKind::parse)?, subject: row.get(2)?, text: row.get(3)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

impl Work<'_> {
    /// Notes something for the operator; says whether it is new. `occasion` tells two happenings of the same sort apart.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn notice(&self, kind: NoticeKind, subject: &str, occasion: &str, text: &str) -> Result<bool, StoreError> {
        let insert = "INSERT OR IGNORE INTO notice (at, kind, subject, occasion, text) VALUES (?1, ?2, ?3, ?4, ?5)";
        let mut write = self.connection().prepare_cached(insert)?;
        Ok(write.execute(params![At(self.now), kind.as_str(), subject, occasion, text])? == 1)
    }
}
