//! What the operator has to hear: each cause once, until it is over.

use chrono::{DateTime, Utc};
use rusqlite::params;

use crate::domain::names::PracticeId;
use crate::store::error::StoreError;
use crate::store::{At, Store, Work};

/// Something that the operator has to hear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Its row.
    pub id: i64,
    /// What sort: `unreachable`, `bounced`, `unread`.
    pub kind: String,
    /// About which practice, if about one.
    pub practice: Option<PracticeId>,
    /// In words, for the operator.
    pub detail: String,
    /// Since when.
    pub at: DateTime<Utc>,
    /// When its cause was gone; such a one need not be told any more.
    pub over_at: Option<DateTime<Utc>>,
}

impl Store {
    /// What the operator has not been told yet, oldest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn untold_notices(&self) -> Result<Vec<Notice>, StoreError> {
        self.notices("told_at IS NULL")
    }

    /// What is still the matter, told or not, oldest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn open_notices(&self) -> Result<Vec<Notice>, StoreError> {
        self.notices("over_at IS NULL")
    }

    fn notices(&self, which: &str) -> Result<Vec<Notice>, StoreError> {
        let sql = format!("SELECT id, kind, practice, detail, at, over_at FROM operator_notice WHERE {which} ORDER BY id");
        let mut query = self.reader().prepare_cached(&sql)?;
        let rows = query.query_map([], |row| {
            let practice: String = row.get(2)?;
            Ok(Notice {
                id: row.get(0)?,
                kind: row.get(1)?,
                practice: (!practice.is_empty()).then(|| PracticeId::new(practice)),
                detail: row.get(3)?,
                at: row.get::<_, At>(4)?.0,
                over_at: row.get::<_, Option<At>>(5)?.map(|At(at)| at),
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

impl Work<'_> {
    /// Puts something down for the operator, unless it stands there already; says whether it is new. `about` tells two causes of one kind apart.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn notice(&self, kind: &str, practice: Option<&PracticeId>, about: &str, detail: &str) -> Result<bool, StoreError> {
        let insert = "INSERT OR IGNORE INTO operator_notice (kind, practice, about, detail, at) VALUES (?1, ?2, ?3, ?4, ?5)";
        let practice = practice.map_or("", PracticeId::as_str);
        Ok(self.connection().prepare_cached(insert)?.execute(params![kind, practice, about, detail, At(self.now)])? == 1)
    }

    /// The cause is gone: the next one of its kind is news again.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn notice_is_over(&self, kind: &str, practice: &PracticeId) -> Result<(), StoreError> {
        let update = "UPDATE operator_notice SET over_at = ?3 WHERE kind = ?1 AND practice = ?2 AND over_at IS NULL";
        self.connection().prepare_cached(update)?.execute(params![kind, practice.as_str(), At(self.now)])?;
        Ok(())
    }

    /// The operator has been told.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn notice_was_told(&self, id: i64) -> Result<(), StoreError> {
        self.connection()
            .execute("UPDATE operator_notice SET told_at = ?2 WHERE id = ?1 AND told_at IS NULL", params![id, At(self.now)])?;
        Ok(())
    }
}
