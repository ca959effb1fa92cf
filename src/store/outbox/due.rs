//! When a waiting mail is due, and what moves that instant. Nothing here changes where a mail stands.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::params;

use crate::domain::quiet::LONGEST_QUIET_DAYS;
use crate::store::error::StoreError;
use crate::store::outbox::WAITING;
use crate::store::{At, Store, Work};

/// From a digest of today to the next morning for mail there are never more days: a practice's quiet days, and the free ones round them.
const LONGEST_WAIT: TimeDelta = TimeDelta::days(LONGEST_QUIET_DAYS + 10);

/// Asked every minute, so it has an index of its own. What is deferred for an address makes its other mail wait as well.
pub const DUE_MAILS: &str = "SELECT id FROM outbox WHERE (state = 'queued' OR state = 'deferred' OR state = 'uncertain') AND due_at <= ?1 \
    AND NOT EXISTS (SELECT 1 FROM outbox other WHERE other.email = outbox.email COLLATE NOCASE \
    AND other.state = 'deferred' AND other.due_at > ?1) ORDER BY due_at, id LIMIT ?2";

/// The same while the fence stands: what belongs to no practice.
const DUE_OPERATORS_MAILS: &str = "SELECT id FROM outbox WHERE (state = 'queued' OR state = 'deferred' OR state = 'uncertain') AND due_at <= ?1 AND practice = '' ORDER BY due_at, id LIMIT ?2";

/// Asked for each mail that is claimed.
pub const ADDRESS_RESTS: &str = "SELECT 1 FROM outbox WHERE email = ?1 COLLATE NOCASE AND state = 'deferred' AND due_at > ?2";

impl Store {
    /// The mails whose next attempt may be made now, at most `limit`, longest due first; while the fence stands only the operator's.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn due_mails(&self, now: DateTime<Utc>, limit: u32) -> Result<Vec<i64>, StoreError> {
        let sql = if self.fence()?.is_some() { DUE_OPERATORS_MAILS } else { DUE_MAILS };
        let mut query = self.reader().prepare_cached(sql)?;
        let rows = query.query_map(params![At(now), limit], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// How many mails are due and not sent.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn count_due(&self, now: DateTime<Utc>) -> Result<u64, StoreError> {
        let sql = format!("SELECT count(*) FROM outbox WHERE {WAITING} AND due_at <= ?1");
        Ok(self.reader().prepare_cached(&sql)?.query_row([At(now)], |row| row.get::<_, i64>(0))?.unsigned_abs())
    }

    /// Since when the oldest mail that is due has been due; what was put off to a later instant does not count.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn oldest_due(&self, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, StoreError> {
        let sql = format!("SELECT min(due_at) FROM outbox WHERE {WAITING} AND due_at <= ?1");
        Ok(self.reader().query_row(&sql, [At(now)], |row| row.get::<_, Option<At>>(0))?.map(|At(at)| at))
    }
}

impl Work<'_> {
    /// Whether an address rests, because a mail to it was refused for now.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn address_rests(&self, email: &str) -> Result<bool, StoreError> {
        Ok(self.connection().prepare_cached(ADDRESS_RESTS)?.exists(params![email, At(self.now)])?)
    }

    /// Lets a mail that waits for its first attempt leave now, if it was to leave later.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn hasten(&self, mail: i64) -> Result<(), StoreError> {
        let update = "UPDATE outbox SET due_at = ?2 WHERE id = ?1 AND state = 'queued' AND due_at > ?2";
        self.connection().prepare_cached(update)?.execute(params![mail, At(self.now)])?;
        Ok(())
    }

    /// What rests because the lane did is due now: somebody says that the way is mended. It was composed once; what waits for its first
    /// morning was not.
    pub(in crate::store) fn wake_put_back(&self) -> Result<(), StoreError> {
        let update =
            format!("UPDATE outbox SET due_at = ?1 WHERE {WAITING} AND state <> 'deferred' AND due_at > ?1 AND composed_at IS NOT NULL");
        self.connection().prepare_cached(&update)?.execute([At(self.now)])?;
        Ok(())
    }

    /// What else is deferred for the address of a mail is due now: the operator wants that mail tried.
    pub(in crate::store) fn wake_address_of(&self, mail: i64) -> Result<(), StoreError> {
        let update = "UPDATE outbox SET due_at = ?2 WHERE email = (SELECT email FROM outbox WHERE id = ?1) COLLATE NOCASE \
                      AND state = 'deferred' AND due_at > ?2";
        self.connection().execute(update, params![mail, At(self.now)])?;
        Ok(())
    }

    /// No mail waits for longer than the longest quiet days: one that does was put off while the clock was ahead, and is due now.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn wake_from_future(&self) -> Result<(), StoreError> {
        self.wake("due_at > ?2", self.now + LONGEST_WAIT)
    }

    /// What was put off at an instant that is still to come is due now: the clock was ahead then.
    pub(in crate::store) fn wake_put_off_in_future(&self) -> Result<(), StoreError> {
        self.wake("due_at > ?1 AND state_since > ?2", self.now)
    }

    fn wake(&self, those: &str, than: DateTime<Utc>) -> Result<(), StoreError> {
        let update = format!("UPDATE outbox SET due_at = ?1, state_since = min(state_since, ?1) WHERE {WAITING} AND {those}");
        self.connection().prepare_cached(&update)?.execute(params![At(self.now), At(than)])?;
        Ok(())
    }
}
