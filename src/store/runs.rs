//! When each job was last completed.

use chrono::{DateTime, Utc};
use rusqlite::params;

use crate::store::error::StoreError;
use crate::store::{At, Store, Work};

/// A job's last completed run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Which job.
    pub job: String,
    /// When.
    pub at: DateTime<Utc>,
    /// What it said.
    pub detail: String,
}

impl Store {
    /// The last run of each job, in order of name.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn runs(&self) -> Result<Vec<Run>, StoreError> {
        let mut query = self.reader().prepare_cached("SELECT job, at, detail FROM run ORDER BY job")?;
        let rows = query.query_map([], |row| Ok(Run { job: row.get(0)?, at: row.get::<_, At>(1)?.0, detail: row.get(2)? }))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

impl Work<'_> {
    /// Records that a job was completed.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn record_run(&self, job: &str, detail: &str) -> Result<(), StoreError> {
        let insert = "INSERT OR REPLACE INTO run (job, at, detail) VALUES (?1, ?2, ?3)";
        self.connection().execute(insert, params![job, At(self.now), detail])?;
        Ok(())
    }
}
