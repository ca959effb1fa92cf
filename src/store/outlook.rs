//! What is due, and what comes next: asked after each turn, so each question has an index.

use chrono::{DateTime, Utc};

use crate::store::error::StoreError;
use crate::store::outbox::WAITING;
use crate::store::{At, Store};

/// What is due, and what comes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outlook {
    /// How many mails are due, held ones of a copy included.
    pub due: u32,
    /// Since when the oldest of them is.
    pub oldest_due: Option<DateTime<Utc>>,
    /// How many wait for a later moment.
    pub waiting: u32,
    /// When the first of those is due.
    pub next_mail: Option<DateTime<Utc>>,
    /// When planning has to look at somebody.
    pub next_look: Option<DateTime<Utc>>,
}

impl Store {
    /// What is due at an instant, and what comes after it.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn outlook(&self, now: DateTime<Utc>) -> Result<Outlook, StoreError> {
        let (due, oldest_due) = self.count_from("<= ?1", now)?;
        let (waiting, next_mail) = self.count_from("> ?1", now)?;
        let look = "SELECT min(look_at) FROM practice WHERE look_at IS NOT NULL";
        let next_look = self.reader().prepare_cached(look)?.query_row([], |row| row.get::<_, Option<At>>(0))?;
        Ok(Outlook { due, oldest_due, waiting, next_mail, next_look: next_look.map(|At(at)| at) })
    }

    fn count_from(&self, when: &str, now: DateTime<Utc>) -> Result<(u32, Option<DateTime<Utc>>), StoreError> {
        let sql = format!("SELECT count(*), min(due_at) FROM outbox WHERE {WAITING} AND due_at {when}");
        let mut query = self.reader().prepare_cached(&sql)?;
        Ok(query.query_row([At(now)], |row| Ok((row.get(0)?, row.get::<_, Option<At>>(1)?.map(|At(at)| at))))?)
    }
}
