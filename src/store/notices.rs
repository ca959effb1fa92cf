//! What the operator has to hear, and which mail tells it.

use rusqlite::{Connection, Row, params};

use crate::domain::notices::{Notice, NoticeKind};
use crate::store::error::StoreError;
use crate::store::{At, Store, Work, word};

/// A mail that came to a bad end told nothing. The operator's mails are for no practice, and few: so neither all notices nor all mails are read.
const UNTOLD: &str =
    "(mail IS NULL OR mail IN (SELECT id FROM outbox WHERE practice = '' AND state IN ('failed', 'expired', 'cancelled')))";

/// Asked every minute.
pub fn has_untold(kinds: &[NoticeKind]) -> String {
    let kinds: Vec<String> = kinds.iter().map(|kind| format!("'{}'", kind.as_str())).collect();
    format!("SELECT 1 FROM notice WHERE {UNTOLD} AND kind IN ({})", kinds.join(", "))
}

/// What wants attention, in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Standing {
    /// Mails that were due before now.
    pub waiting: u64,
    /// Mails that failed.
    pub failed: u64,
    /// Mails that are held.
    pub held: u64,
    /// Mails that nobody knows of.
    pub uncertain: u64,
    /// Dead addresses.
    pub dead: u64,
}

impl Store {
    /// What no mail has told the operator yet, oldest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn untold(&self) -> Result<Vec<Notice>, StoreError> {
        untold(self.reader())
    }

    /// Whether no mail has told the operator yet of something that is one of these.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn has_untold(&self, kinds: &[NoticeKind]) -> Result<bool, StoreError> {
        Ok(self.reader().prepare_cached(&has_untold(kinds))?.exists([])?)
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

    /// What no mail has told the operator yet, oldest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn untold(&self) -> Result<Vec<Notice>, StoreError> {
        untold(self.connection())
    }

    /// Gives everything untold of some kinds, and what a mail tells already, to that mail; oldest first.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn tell_in(&self, mail: i64, kinds: &[NoticeKind]) -> Result<Vec<Notice>, StoreError> {
        let words: Vec<&str> = kinds.iter().map(|kind| kind.as_str()).collect();
        let list = serde_json::to_string(&words).unwrap_or_default();
        let update = format!("UPDATE notice SET mail = ?1 WHERE {UNTOLD} AND kind IN (SELECT value FROM json_each(?2))");
        self.connection().execute(&update, params![mail, list])?;
        let mut query = self.connection().prepare_cached("SELECT at, kind, subject, text FROM notice WHERE mail = ?1 ORDER BY id")?;
        Ok(query.query_map([mail], notice)?.collect::<Result<_, _>>()?)
    }

    /// How many mails and addresses want attention.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn standing(&self) -> Result<Standing, StoreError> {
        let sql = "SELECT count(*) FILTER (WHERE state IN ('queued', 'deferred', 'uncertain') AND due_at < ?1), count(*) FILTER (WHERE state = 'failed'), \
                   count(*) FILTER (WHERE state = 'held'), count(*) FILTER (WHERE state = 'uncertain'), (SELECT count(*) FROM dead_address) \
                   FROM outbox WHERE state <> 'sent'";
        let number = |row: &Row<'_>, index| row.get::<_, i64>(index).map(i64::unsigned_abs);
        let mut query = self.connection().prepare_cached(sql)?;
        Ok(query.query_row([At(self.now)], |row| {
            Ok(Standing {
                waiting: number(row, 0)?,
                failed: number(row, 1)?,
                held: number(row, 2)?,
                uncertain: number(row, 3)?,
                dead: number(row, 4)?,
            })
        })?)
    }
}

fn untold(connection: &Connection) -> Result<Vec<Notice>, StoreError> {
    let mut query = connection.prepare_cached(&format!("SELECT at, kind, subject, text FROM notice WHERE {UNTOLD} ORDER BY id"))?;
    Ok(query.query_map([], notice)?.collect::<Result<_, _>>()?)
}

fn notice(row: &Row<'_>) -> rusqlite::Result<Notice> {
    Ok(Notice { at: row.get::<_, At>(0)?.0, kind: word(row.get(1)?, NoticeKind::parse)?, subject: row.get(2)?, text: row.get(3)? })
}
