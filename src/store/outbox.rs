//! The outbox: a durable queue of mails. Where a mail can stand and how it gets from there to elsewhere is a closed state machine: [`steps`].

pub mod due;
pub mod look;
pub mod steps;
pub mod told;

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::domain::corrections::Told;
use crate::domain::names::PracticeId;
use crate::store::error::StoreError;
use crate::store::ledger::as_json;
use crate::store::{At, Day, Work, word};

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
    /// Whether it was handed over without an answer; what was, is kept.
    pub is_unanswered: bool,
    /// When that was composed.
    pub composed_at: Option<DateTime<Utc>>,
    /// Why it stands there.
    pub reason: Option<String>,
    /// How often the server wanted less when it was its turn; not counted as attempts.
    pub throttles: u32,
    /// Since when.
    pub throttled_at: Option<DateTime<Utc>>,
}

impl Mail {
    /// Its kind without the mark of a mail that tells anew what an unanswered one told: `digest` for `digest+2`.
    pub fn base_kind(&self) -> &str {
        self.kind.split('+').next().unwrap_or_default()
    }
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

/// What waits and may be tried, as the index of what is due has it: SQLite takes a partial index only where a query repeats its condition.
pub(in crate::store) const WAITING: &str = "(state = 'queued' OR state = 'deferred' OR state = 'uncertain')";

/// Written out beside any state but *sent*, it lets SQLite take the index of the mails that are not sent: the sent ones are nearly all.
pub(in crate::store) const NOT_SENT: &str = "state <> 'sent'";

const COLUMNS: &str = "id, practice, email, day, kind, state, state_since, due_at, attempts, subject, message_id, \
    EXISTS (SELECT 1 FROM unanswered WHERE mail = outbox.id), reason, throttles, throttled_at, composed_at";

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
        is_unanswered: row.get(11)?,
        reason: row.get(12)?,
        throttles: row.get(13)?,
        throttled_at: row.get::<_, Option<At>>(14)?.map(|At(at)| at),
        composed_at: row.get::<_, Option<At>>(15)?.map(|At(at)| at),
    })
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
        let row = params![practice.as_str(), email, Day(day), kind, At(self.now), At(due_at)];
        if self.connection().prepare_cached(insert)?.execute(row)? == 1 {
            return Ok(State::Queued);
        }
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

    /// One mail.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn mail(&self, id: i64) -> Result<Option<Mail>, StoreError> {
        read(self.connection(), id)
    }

    /// Keeps what is about to be handed over and what it says, so that it can be handed over again unchanged.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn keep_composed(&self, id: i64, message_id: &str, subject: &str, bytes: &[u8], says: &[Told]) -> Result<(), StoreError> {
        let update = "UPDATE outbox SET message_id = ?2, subject = ?3, composed_at = ?4, says = ?5 WHERE id = ?1 AND state = 'sending'";
        let row = params![id, message_id, subject, At(self.now), as_json(says)];
        if self.connection().prepare_cached(update)?.execute(row)? == 1 {
            let insert = "INSERT OR REPLACE INTO unanswered (mail, bytes) VALUES (?1, ?2)";
            self.connection().prepare_cached(insert)?.execute(params![id, bytes])?;
        }
        Ok(())
    }

    /// What was handed over without an answer, to go again unchanged.
    ///
    /// # Errors
    /// When the database cannot be read, or nothing is kept of this mail.
    pub fn unanswered(&self, id: i64) -> Result<Vec<u8>, StoreError> {
        let mut query = self.connection().prepare_cached("SELECT bytes FROM unanswered WHERE mail = ?1")?;
        Ok(query.query_row([id], |row| row.get(0))?)
    }

    /// Its answer is known, or nothing will go again.
    pub(in crate::store) fn forget_unanswered(&self, id: i64) -> Result<(), StoreError> {
        self.connection().prepare_cached("DELETE FROM unanswered WHERE mail = ?1")?.execute([id])?;
        Ok(())
    }

    /// Keeps what came of an attempt; gives its number.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn record_attempt(&self, mail: i64, attempt: &Attempt) -> Result<i64, StoreError> {
        let insert = "INSERT INTO attempt (mail, at, outcome, server, code, enhanced, text) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        let row = params![mail, At(attempt.at), attempt.outcome, attempt.server, attempt.code, attempt.enhanced, attempt.text];
        self.connection().prepare_cached(insert)?.execute(row)?;
        Ok(self.connection().last_insert_rowid())
    }

    /// Counts that the server wanted less when it was this mail's turn.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn count_throttle(&self, id: i64, attempt: &Attempt) -> Result<(), StoreError> {
        let update = "UPDATE outbox SET throttles = throttles + 1, throttled_at = coalesce(throttled_at, ?2) WHERE id = ?1";
        self.connection().prepare_cached(update)?.execute(params![id, At(self.now)])?;
        self.record_attempt(id, attempt).map(|_| ())
    }
}

fn read(connection: &Connection, id: i64) -> Result<Option<Mail>, StoreError> {
    let mut query = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM outbox WHERE id = ?1"))?;
    Ok(query.query_row([id], mail).optional()?)
}
