//! The outbox: a durable queue of mails with a closed state machine. Every transition stands in this file and is guarded by the state it leaves.
//!
//! ```text
//!             ┌────────────── transient refusal ─────────────┐
//!             ▼                                              │
//! queued ─▶ sending ─▶ sent        (accepted)            deferred ─▶ sending …
//!   │         │ ├────▶ failed      (refused for good)        │
//!   │         │ └────▶ cancelled   (nothing left to say)     └─▶ expired (not worth sending any more)
//!   │         └──────▶ uncertain ─▶ sending …  (no answer: the same bytes again)
//!   └▶ cancelled, held ─▶ queued
//! ```
//!
//! What waits and cannot be worked on because its rows make no sense is *failed* too: parked, so that others get their mail.
//!
//! Lost is what we fear, double is what we accept: a process that dies between the server's acceptance and its record leaves *sending* behind,
//! which the next start turns into *uncertain*.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::domain::decide::DecisionKey;
use crate::domain::names::PracticeId;
use crate::store::agenda::decision_key;
use crate::store::error::StoreError;
use crate::store::identity::MAY_LEAVE;
use crate::store::{At, Day, Store, Work, word};

/// Where a mail stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Waits for its first attempt.
    Queued,
    /// Handed to a courier.
    Sending,
    /// Accepted by the server.
    Sent,
    /// Refused for now; tried again later.
    Deferred,
    /// Refused for good; parked for the operator.
    Failed,
    /// The server may have it; the same bytes go again.
    Uncertain,
    /// Not worth sending any more.
    Expired,
    /// Nothing left to say.
    Cancelled,
    /// Kept back by the operator.
    Held,
}

impl State {
    /// All of them, in the order of a mail's life.
    pub const ALL: [Self; 9] = [
        Self::Queued,
        Self::Sending,
        Self::Sent,
        Self::Deferred,
        Self::Failed,
        Self::Uncertain,
        Self::Expired,
        Self::Cancelled,
        Self::Held,
    ];

    /// The word in the database and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Deferred => "deferred",
            Self::Failed => "failed",
            Self::Uncertain => "uncertain",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
            Self::Held => "held",
        }
    }

    /// Reads the word; `None` for any other.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// A mail in the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Its row.
    pub id: i64,
    /// For which practice.
    pub practice: PracticeId,
    /// To which address.
    pub email: String,
    /// The day of its digest.
    pub day: NaiveDate,
    /// What kind of mail: `digest`, `digest-extra`.
    pub kind: String,
    /// Where it stands.
    pub state: State,
    /// Since when.
    pub state_since: DateTime<Utc>,
    /// When its next attempt may be made.
    pub due_at: DateTime<Utc>,
    /// How many attempts there were.
    pub attempts: u32,
    /// Its subject, once composed.
    pub subject: Option<String>,
    /// Its Message-ID, once composed.
    pub message_id: Option<String>,
    /// What was handed over and not answered.
    pub bytes: Option<Vec<u8>>,
    /// Why it stands there.
    pub reason: Option<String>,
}

/// One attempt to hand a mail over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// When.
    pub at: DateTime<Utc>,
    /// `accepted`, or the kind of refusal.
    pub outcome: String,
    /// Which server answered.
    pub server: String,
    /// Its reply code (RFC 5321, 4.2).
    pub code: Option<u16>,
    /// Its enhanced status code (RFC 3463).
    pub enhanced: Option<String>,
    /// Its words.
    pub text: String,
}

const COLUMNS: &str = "id, practice, email, day, kind, state, state_since, due_at, attempts, subject, message_id, bytes, reason";

fn mail(row: &Row<'_>) -> rusqlite::Result<Mail> {
    Ok(Mail {
        id: row.get(0)?,
        practice: PracticeId::new(row.get::<_, String>(1)?),
        email: row.get(2)?,
        day: row.get::<_, Day>(3)?.0,
        kind: row.get(4)?,
        state: word(row.get(5)?, State::parse)?,
        state_since: row.get::<_, At>(6)?.0,
        due_at: row.get::<_, At>(7)?.0,
        attempts: row.get(8)?,
        subject: row.get(9)?,
        message_id: row.get(10)?,
        bytes: row.get(11)?,
        reason: row.get(12)?,
    })
}

/// Asked every minute, so it has an index of its own.
pub const DUE_MAILS: &str =
    "SELECT id FROM outbox WHERE state IN ('queued', 'deferred', 'uncertain') AND due_at <= ?1 ORDER BY due_at, id LIMIT ?2";

/// The same while the fence stands: what belongs to no practice.
pub const DUE_OPERATORS_MAILS: &str = "SELECT id FROM outbox WHERE state IN ('queued', 'deferred', 'uncertain') AND due_at <= ?1 AND practice = '' ORDER BY due_at, id LIMIT ?2";

impl Store {
    /// Mails in some states (none named: all), of one practice or all, newest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn mails(&self, states: &[State], practice: Option<&PracticeId>) -> Result<Vec<Mail>, StoreError> {
        let wanted: Vec<&str> =
            if states.is_empty() { State::ALL.map(State::as_str).to_vec() } else { states.iter().map(|s| s.as_str()).collect() };
        let list = serde_json::to_string(&wanted).unwrap_or_default();
        let sql = format!(
            "SELECT {COLUMNS} FROM outbox WHERE state IN (SELECT value FROM json_each(?1)) AND (?2 IS NULL OR practice = ?2) ORDER BY day DESC, id DESC"
        );
        let mut query = self.reader().prepare_cached(&sql)?;
        let rows = query.query_map(params![list, practice.map(PracticeId::as_str)], mail)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The mails that were accepted at an instant.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn mails_sent_at(&self, at: DateTime<Utc>) -> Result<Vec<Mail>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM outbox WHERE state = 'sent' AND state_since = ?1 ORDER BY id");
        let mut query = self.reader().prepare_cached(&sql)?;
        let rows = query.query_map([At(at)], mail)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// What mails told, by mail.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn told_by(&self, mails: &[i64]) -> Result<BTreeMap<i64, Vec<DecisionKey>>, StoreError> {
        let sql = "SELECT d.occurrence, d.care_type, d.last_day, d.lead_days FROM outbox o JOIN decision d \
                   ON d.practice = o.practice AND d.digest_day = o.day AND d.digest_kind = o.kind \
                   WHERE o.id = ?1 AND EXISTS (SELECT 1 FROM told t WHERE t.mail = o.id AND t.practice = o.practice AND t.email = o.email \
                   AND t.occurrence = d.occurrence AND t.care_type = d.care_type AND t.last_day = d.last_day) \
                   ORDER BY d.last_day, d.occurrence, d.care_type";
        let mut query = self.reader().prepare_cached(sql)?;
        let mut told = BTreeMap::new();
        for mail in mails {
            let rows = query.query_map([mail], decision_key)?;
            told.insert(*mail, rows.collect::<Result<_, _>>()?);
        }
        Ok(told)
    }

    /// One mail.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn mail(&self, id: i64) -> Result<Option<Mail>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM outbox WHERE id = ?1");
        Ok(self.reader().query_row(&sql, [id], mail).optional()?)
    }

    /// The attempts of a mail, oldest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn attempts(&self, id: i64) -> Result<Vec<Attempt>, StoreError> {
        let mut query =
            self.reader().prepare_cached("SELECT at, outcome, server, code, enhanced, text FROM attempt WHERE mail = ?1 ORDER BY id")?;
        let rows = query.query_map([id], |row| {
            Ok(Attempt {
                at: row.get::<_, At>(0)?.0,
                outcome: row.get(1)?,
                server: row.get(2)?,
                code: row.get(3)?,
                enhanced: row.get(4)?,
                text: row.get(5)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// How many mails stand in each state, and since when the longest has stood there.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn states(&self) -> Result<Vec<(State, u64, DateTime<Utc>)>, StoreError> {
        let mut query = self.reader().prepare_cached("SELECT state, count(*), min(state_since) FROM outbox GROUP BY state")?;
        let rows = query
            .query_map([], |row| Ok((word(row.get(0)?, State::parse)?, row.get::<_, i64>(1)?.unsigned_abs(), row.get::<_, At>(2)?.0)))?;
        let mut states = rows.collect::<Result<Vec<_>, _>>()?;
        states.sort_by_key(|(state, ..)| *state);
        Ok(states)
    }

    /// Whether a mail is in a courier's hands, or was left there.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn has_mail_in_hand(&self) -> Result<bool, StoreError> {
        Ok(self.reader().query_row("SELECT EXISTS (SELECT 1 FROM outbox WHERE state = 'sending')", [], |row| row.get(0))?)
    }

    /// Since when the oldest mail that could go has been waiting.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn oldest_waiting(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        let sql = "SELECT min(created_at) FROM outbox WHERE state IN ('queued', 'deferred', 'uncertain', 'sending')";
        Ok(self.reader().query_row(sql, [], |row| row.get::<_, Option<At>>(0))?.map(|At(at)| at))
    }

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
}

impl Work<'_> {
    /// Queues a mail; the key (practice, address, day, kind) makes a second call harmless. Gives the state in which the mail stands.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn queue(
        &self,
        practice: &PracticeId,
        email: &str,
        day: NaiveDate,
        kind: &str,
        due_at: DateTime<Utc>,
    ) -> Result<State, StoreError> {
        let insert = "INSERT OR IGNORE INTO outbox (practice, email, day, kind, state, state_since, created_at, due_at) VALUES (?1, ?2, ?3, ?4, 'queued', ?5, ?5, ?6)";
        self.connection().prepare_cached(insert)?.execute(params![practice.as_str(), email, Day(day), kind, At(self.now), At(due_at)])?;
        self.state_of(practice, email, day, kind).map(|state| state.unwrap_or(State::Queued))
    }

    /// Where the mail with this key stands, if there is one.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn state_of(&self, practice: &PracticeId, email: &str, day: NaiveDate, kind: &str) -> Result<Option<State>, StoreError> {
        let sql = "SELECT state FROM outbox WHERE practice = ?1 AND email = ?2 AND day = ?3 AND kind = ?4";
        let mut query = self.connection().prepare_cached(sql)?;
        let found: Option<String> = query.query_row(params![practice.as_str(), email, Day(day), kind], |row| row.get(0)).optional()?;
        Ok(found.map(|text| word(text, State::parse)).transpose()?)
    }

    /// Claims a mail for sending. `None`: somebody else was faster, it no longer waits, or the fence holds it.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn claim(&self, id: i64) -> Result<Option<Mail>, StoreError> {
        let found = read(self.connection(), id)?;
        let update = format!(
            "UPDATE outbox SET state = 'sending', state_since = ?2, attempts = attempts + 1 \
             WHERE id = ?1 AND state IN ('queued', 'deferred', 'uncertain') AND due_at <= ?2 AND {MAY_LEAVE}"
        );
        let claimed = self.connection().prepare_cached(&update)?.execute(params![id, At(self.now)])?;
        Ok(found.filter(|_| claimed == 1))
    }

    /// Keeps what is about to be handed over, so that it can be handed over again unchanged.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn keep_composed(&self, id: i64, message_id: &str, subject: &str, bytes: &[u8]) -> Result<(), StoreError> {
        let update = "UPDATE outbox SET message_id = ?2, subject = ?3, bytes = ?4 WHERE id = ?1 AND state = 'sending'";
        self.connection().prepare_cached(update)?.execute(params![id, message_id, subject, bytes])?;
        Ok(())
    }

    /// The server accepted it. What it told is written into the told-ledger.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn record_sent(&self, mail: &Mail, told: &[DecisionKey], attempt: &Attempt) -> Result<(), StoreError> {
        self.leave_sending(mail.id, State::Sent, self.now, None)?;
        self.record_attempt(mail.id, attempt)?;
        let insert =
            "INSERT OR IGNORE INTO told (practice, email, occurrence, care_type, last_day, mail, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        let mut write = self.connection().prepare_cached(insert)?;
        for key in told {
            let row = params![
                mail.practice.as_str(),
                mail.email,
                key.occurrence.as_str(),
                key.care_type.as_str(),
                Day(key.last_day),
                mail.id,
                At(self.now)
            ];
            write.execute(row)?;
        }
        Ok(())
    }

    /// The attempt did not end in acceptance: deferred until an instant, failed, or uncertain.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn record_refused(&self, id: i64, state: State, due_at: DateTime<Utc>, attempt: &Attempt) -> Result<(), StoreError> {
        self.leave_sending(id, state, due_at, Some(&attempt.text))?;
        self.record_attempt(id, attempt)
    }

    /// Ends a claimed mail without an attempt: cancelled or expired, with the reason; or failed where it could not be composed.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn close(&self, id: i64, state: State, reason: &str) -> Result<(), StoreError> {
        self.leave_sending(id, state, self.now, Some(reason))
    }

    /// Parks a waiting mail that cannot be worked on, with the reason.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn park(&self, id: i64, reason: &str) -> Result<(), StoreError> {
        let update = "UPDATE outbox SET state = 'failed', state_since = ?2, reason = ?3 \
                      WHERE id = ?1 AND state IN ('queued', 'deferred', 'uncertain')";
        self.connection().prepare_cached(update)?.execute(params![id, At(self.now), reason])?;
        Ok(())
    }

    fn leave_sending(&self, id: i64, state: State, due_at: DateTime<Utc>, reason: Option<&str>) -> Result<(), StoreError> {
        let update = "UPDATE outbox SET state = ?2, state_since = ?3, due_at = ?4, reason = ?5, bytes = CASE WHEN ?2 = 'uncertain' THEN bytes END \
                      WHERE id = ?1 AND state = 'sending'";
        self.connection().prepare_cached(update)?.execute(params![id, state.as_str(), At(self.now), At(due_at), reason])?;
        Ok(())
    }

    fn record_attempt(&self, mail: i64, attempt: &Attempt) -> Result<(), StoreError> {
        let insert = "INSERT INTO attempt (mail, at, outcome, server, code, enhanced, text) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        let row = params![mail, At(attempt.at), attempt.outcome, attempt.server, attempt.code, attempt.enhanced, attempt.text];
        self.connection().prepare_cached(insert)?.execute(row)?;
        Ok(())
    }

    /// What an earlier process left in the middle: the server may have it. Called at start, when nobody else can be sending.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn recover_interrupted(&self) -> Result<usize, StoreError> {
        let update = "UPDATE outbox SET state = CASE WHEN bytes IS NULL THEN 'queued' ELSE 'uncertain' END, state_since = ?1, due_at = ?1, \
                      reason = 'the service stopped before the server''s answer was recorded' WHERE state = 'sending'";
        Ok(self.connection().execute(update, [At(self.now)])?)
    }

    /// Puts failed, expired or held mails back in the queue: one, or all that failed. Says how many.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn retry(&self, id: Option<i64>) -> Result<usize, StoreError> {
        let update = "UPDATE outbox SET state = 'queued', state_since = ?1, due_at = ?1, reason = NULL \
                      WHERE (id = ?2 AND state IN ('failed', 'deferred', 'expired', 'held')) OR (?2 IS NULL AND state = 'failed')";
        Ok(self.connection().execute(update, params![At(self.now), id])?)
    }

    /// Cancels what is not on its way yet.
    pub(in crate::store) fn cancel_mail_of(&self, practice: &PracticeId, reason: &str) -> Result<(), StoreError> {
        let update = "UPDATE outbox SET state = 'cancelled', state_since = ?2, reason = ?3 WHERE practice = ?1 AND state IN ('queued', 'deferred', 'held')";
        self.connection().execute(update, params![practice.as_str(), At(self.now), reason])?;
        Ok(())
    }
}

fn read(connection: &Connection, id: i64) -> Result<Option<Mail>, StoreError> {
    let mut query = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM outbox WHERE id = ?1"))?;
    Ok(query.query_row([id], mail).optional()?)
}
