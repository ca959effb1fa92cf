//! Addresses that take no mail. They survive an import; a command brings them back.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::domain::names::PracticeId;
use crate::domain::notices::NoticeKind;
use crate::store::error::StoreError;
use crate::store::{At, Store, Work};

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

impl Store {
    /// All dead addresses, latest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn dead_addresses(&self) -> Result<Vec<DeadAddress>, StoreError> {
        let mut query = self.reader().prepare_cached("SELECT email, at, reason FROM dead_address ORDER BY at DESC, email")?;
        Ok(query.query_map([], dead)?.collect::<Result<_, _>>()?)
    }

    /// Why an address is dead; `None` if it is not.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn dead_address(&self, email: &str) -> Result<Option<DeadAddress>, StoreError> {
        one(self.reader(), email)
    }

    /// The practices that no mail can reach, in order of identity.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn unreachable_practices(&self) -> Result<Vec<PracticeId>, StoreError> {
        let sql = "SELECT id FROM practice p WHERE NOT EXISTS (SELECT 1 FROM contact c WHERE c.practice = p.id \
                   AND NOT EXISTS (SELECT 1 FROM dead_address d WHERE d.email = c.email)) ORDER BY id";
        let mut query = self.reader().prepare_cached(sql)?;
        let rows = query.query_map([], |row| row.get::<_, String>(0).map(PracticeId::new))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

impl Work<'_> {
    /// Why an address is dead; `None` if it is not.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn dead_address(&self, email: &str) -> Result<Option<DeadAddress>, StoreError> {
        one(self.connection(), email)
    }

    /// Marks an address as dead: what waits for it is parked, the operator hears of it, and planning looks at its practices again.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn mark_dead(&self, email: &str, reason: &str) -> Result<(), StoreError> {
        let insert = "INSERT OR IGNORE INTO dead_address (email, at, reason) VALUES (?1, ?2, ?3)";
        if self.connection().execute(insert, params![email, At(self.now), reason])? == 0 {
            return Ok(());
        }
        self.fail_mail_to(email, "the address is dead: deadlines practice revive brings it back")?;
        let practices = self.practices_with(email)?;
        let names: Vec<&str> = practices.iter().map(PracticeId::as_str).collect();
        let of = if names.is_empty() { String::new() } else { format!("of {}: ", names.join(", ")) };
        self.notice(NoticeKind::DeadAddress, email, &self.now.to_rfc3339(), &format!("{of}{reason}"))?;
        practices.iter().try_for_each(|practice| self.look_again(practice))
    }

    /// Brings an address back, and with it the mail that was parked for it. `None`: it was not dead; else how many mails go again.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn revive(&self, email: &str) -> Result<Option<usize>, StoreError> {
        if self.connection().execute("DELETE FROM dead_address WHERE email = ?1", [email])? == 0 {
            return Ok(None);
        }
        for practice in self.practices_with(email)? {
            self.look_again(&practice)?;
        }
        self.retry_failed_to(email).map(Some)
    }

    /// When the last of a practice's addresses died; `None`: none is dead.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn last_death(&self, practice: &PracticeId) -> Result<Option<DateTime<Utc>>, StoreError> {
        let sql = "SELECT max(d.at) FROM dead_address d JOIN contact c ON d.email = c.email WHERE c.practice = ?1";
        let last = self.connection().prepare_cached(sql)?.query_row([practice.as_str()], |row| row.get::<_, Option<At>>(0))?;
        Ok(last.map(|At(at)| at))
    }

    fn practices_with(&self, email: &str) -> Result<Vec<PracticeId>, StoreError> {
        let sql = "SELECT DISTINCT practice FROM contact WHERE email = ?1 COLLATE NOCASE ORDER BY practice";
        let mut query = self.connection().prepare_cached(sql)?;
        let rows = query.query_map([email], |row| row.get::<_, String>(0).map(PracticeId::new))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

fn one(connection: &Connection, email: &str) -> Result<Option<DeadAddress>, StoreError> {
    let mut query = connection.prepare_cached("SELECT email, at, reason FROM dead_address WHERE email = ?1")?;
    Ok(query.query_row([email], dead).optional()?)
}

fn dead(row: &Row<'_>) -> rusqlite::Result<DeadAddress> {
    Ok(DeadAddress { email: row.get(0)?, at: row.get::<_, At>(1)?.0, reason: row.get(2)? })
}
