//! The outbox: a durable queue of mails with a closed state machine. Every transition stands in this file and is guarded by the state it leaves.
//!
//! ```text
//!               ┌───────── put back ──────────┐
//!               ▼                             │
//!            queued ───────── claimed ────▶ sending ──▶ sent        accepted
//!          ▶ deferred ─────── claimed ────▶   │ │ │ └──▶ failed      refused for good, or impossible to compose
//!         │▶ uncertain ────── claimed ────▶   │ │ └────▶ cancelled   nothing left to say
//!         └─ refused for now, no answer ──────┘ └──────▶ expired     not worth sending any more, or told anew in another mail
//!
//! put back     sending ─▶ queued, deferred, uncertain: what it was, because the lane and not the mail is in trouble
//! recovered    sending ─▶ uncertain, or queued where nothing was composed: the process had ended
//! parked       queued, deferred, uncertain ─▶ failed: its rows make no sense
//! died         queued, deferred ─▶ failed: its address is dead
//! held         queued, deferred, uncertain ─▶ held
//! released     held ─▶ queued *
//! retried      failed, deferred, expired, held ─▶ queued *; not what was told anew
//! revived      failed ─▶ queued *: its address came back
//! given up     queued, deferred, held, failed ─▶ cancelled
//! removed      queued, deferred, held ─▶ cancelled: with the practice
//!
//! * uncertain where it was handed over and no answer is recorded
//! ```
//!
//! A mail that was handed over without an answer keeps its bytes and stays *uncertain* through later refusals for now: they say nothing about
//! that first time. What it told stands in the ledger as uncertain from before the bytes are handed over until an answer is recorded.
//!
//! Lost is what we fear, double is what we accept: a process that dies between the server's acceptance and its record leaves *sending* behind,
//! which the next start turns into *uncertain*.

pub mod look;
pub mod told;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::domain::corrections::Told;
use crate::domain::names::PracticeId;
use crate::domain::quiet::LONGEST_QUIET_DAYS;
use crate::store::error::StoreError;
use crate::store::identity::MAY_LEAVE;
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
    /// What was handed over and not answered.
    pub bytes: Option<Vec<u8>>,
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
    /// Whether it was handed over without an answer.
    pub fn is_unanswered(&self) -> bool {
        self.bytes.is_some()
    }

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

const COLUMNS: &str = "id, practice, email, day, kind, state, state_since, due_at, attempts, subject, message_id, bytes, reason, throttles, throttled_at, composed_at";

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
        throttles: row.get(13)?,
        throttled_at: row.get::<_, Option<At>>(14)?.map(|At(at)| at),
        composed_at: row.get::<_, Option<At>>(15)?.map(|At(at)| at),
    })
}

/// From a digest of today to the next morning for mail there are never more days: a practice's quiet days, and those round them that are free.
const LONGEST_WAIT: TimeDelta = TimeDelta::days(LONGEST_QUIET_DAYS + 10);

/// Asked every minute, so it has an index of its own.
pub const DUE_MAILS: &str =
    "SELECT id FROM outbox WHERE state IN ('queued', 'deferred', 'uncertain') AND due_at <= ?1 ORDER BY due_at, id LIMIT ?2";

/// The same while the fence stands: what belongs to no practice.
pub const DUE_OPERATORS_MAILS: &str = "SELECT id FROM outbox WHERE state IN ('queued', 'deferred', 'uncertain') AND due_at <= ?1 AND practice = '' ORDER BY due_at, id LIMIT ?2";

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

    /// One mail.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn mail(&self, id: i64) -> Result<Option<Mail>, StoreError> {
        read(self.connection(), id)
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
        let update = "UPDATE outbox SET message_id = ?2, subject = ?3, bytes = ?4, composed_at = ?5 WHERE id = ?1 AND state = 'sending'";
        self.connection().prepare_cached(update)?.execute(params![id, message_id, subject, bytes, At(self.now)])?;
        Ok(())
    }

    /// The server accepted it. What it told stands in the told-ledger for certain.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn record_sent(&self, mail: &Mail, told: &[Told], attempt: &Attempt) -> Result<(), StoreError> {
        self.leave_sending(mail.id, State::Sent, self.now, None)?;
        let attempt = self.record_attempt(mail.id, attempt)?;
        self.write_told(&mail.practice, &mail.email, mail.id, attempt, told)?;
        // What its bytes say was just written as certain; nothing else of it was ever told.
        self.untell(mail.id)?;
        // Composed in an earlier attempt: what it tells may have been corrected meanwhile, without a word to who had not been told yet.
        if mail.bytes.is_some() { self.look_again(&mail.practice) } else { Ok(()) }
    }

    /// The attempt did not end in acceptance: deferred until an instant, failed, or uncertain.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn record_refused(&self, id: i64, state: State, due_at: DateTime<Utc>, attempt: &Attempt) -> Result<(), StoreError> {
        self.leave_sending(id, state, due_at, Some(&attempt.text))?;
        self.record_attempt(id, attempt).map(|_| ())
    }

    /// Puts a claimed mail back as it was when it was claimed, with its number of attempts: the lane, not the mail, was in trouble.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn put_back(&self, mail: &Mail, due_at: DateTime<Utc>) -> Result<(), StoreError> {
        let update = "UPDATE outbox SET state = ?2, state_since = ?3, due_at = ?4, attempts = ?5, bytes = CASE WHEN ?2 = 'uncertain' THEN bytes END \
                      WHERE id = ?1 AND state = 'sending'";
        let row = params![mail.id, mail.state.as_str(), At(mail.state_since), At(due_at), mail.attempts];
        self.connection().prepare_cached(update)?.execute(row)?;
        Ok(())
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

    /// What an unanswered mail told is no longer true: it expires, and a new mail under a new key tells what is.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn renew(&self, mail: &Mail) -> Result<(), StoreError> {
        let copy: u32 = mail.kind.split_once('+').and_then(|(_, copy)| copy.parse().ok()).unwrap_or(0);
        let kind = format!("{}+{}", mail.base_kind(), copy + 1);
        let reason = "handed over without an answer, and no longer true: told anew in another mail; whether this one arrived is unknown";
        self.leave_sending(mail.id, State::Expired, self.now, Some(reason))?;
        self.queue(&mail.practice, &mail.email, mail.day, &kind, self.now).map(|_| ())
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
        let update = "UPDATE outbox SET state = ?2, state_since = ?3, due_at = ?4, reason = ?5, \
                      bytes = CASE WHEN ?2 = 'uncertain' OR (?2 = 'failed' AND EXISTS (SELECT 1 FROM told WHERE mail = ?1 AND uncertain = 1)) THEN bytes END \
                      WHERE id = ?1 AND state = 'sending'";
        self.connection().prepare_cached(update)?.execute(params![id, state.as_str(), At(self.now), At(due_at), reason])?;
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

    /// What an earlier process left in the middle: the server may have it. Called at start, when nobody else can be sending.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn recover_interrupted(&self) -> Result<usize, StoreError> {
        let update = "UPDATE outbox SET state = CASE WHEN bytes IS NULL THEN 'queued' ELSE 'uncertain' END, state_since = ?1, due_at = ?1, \
                      reason = 'the service stopped before the server''s answer was recorded' WHERE state = 'sending'";
        Ok(self.connection().execute(update, [At(self.now)])?)
    }

    /// Puts failed, deferred, expired or held mails back in the queue: one, or all that failed. Says how many.
    ///
    /// What an unanswered mail told was told anew in another mail when it expired: that one is not put back.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn retry(&self, id: Option<i64>) -> Result<usize, StoreError> {
        let update = format!(
            "UPDATE outbox SET {BACK} WHERE (id = ?2 AND state IN ('failed', 'deferred', 'expired', 'held') \
             AND NOT (state = 'expired' AND EXISTS (SELECT 1 FROM told WHERE mail = outbox.id AND uncertain = 1))) OR (?2 IS NULL AND state = 'failed')"
        );
        Ok(self.connection().execute(&update, params![At(self.now), id])?)
    }

    /// No mail waits for longer than the longest quiet days: one that does was put off while the clock was ahead, and is due now. Says how many there were.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn wake_from_future(&self) -> Result<usize, StoreError> {
        let update = "UPDATE outbox SET due_at = ?1 WHERE state IN ('queued', 'deferred', 'uncertain') AND due_at > ?2";
        Ok(self.connection().prepare_cached(update)?.execute(params![At(self.now), At(self.now + LONGEST_WAIT)])?)
    }

    /// Keeps a waiting mail back until it is released; says whether it waited.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn hold(&self, id: i64, reason: &str) -> Result<bool, StoreError> {
        let update = "UPDATE outbox SET state = 'held', state_since = ?2, reason = ?3 WHERE id = ?1 AND state IN ('queued', 'deferred', 'uncertain')";
        Ok(self.connection().execute(update, params![id, At(self.now), reason])? == 1)
    }

    /// Lets a held mail go; says whether it was held.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn release(&self, id: i64) -> Result<bool, StoreError> {
        let update = format!("UPDATE outbox SET {BACK} WHERE id = ?2 AND state = 'held'");
        Ok(self.connection().execute(&update, params![At(self.now), id])? == 1)
    }

    /// Gives a mail up that waits, is held or failed; says whether it did.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn cancel(&self, id: i64, reason: &str) -> Result<bool, StoreError> {
        let update = "UPDATE outbox SET state = 'cancelled', state_since = ?2, reason = ?3 \
                      WHERE id = ?1 AND state IN ('queued', 'deferred', 'held', 'failed')";
        Ok(self.connection().execute(update, params![id, At(self.now), reason])? == 1)
    }

    /// Parks what waits for an address that has died.
    pub(in crate::store) fn fail_mail_to(&self, email: &str, reason: &str) -> Result<(), StoreError> {
        let update = "UPDATE outbox SET state = 'failed', state_since = ?2, reason = ?3 WHERE email = ?1 COLLATE NOCASE AND state IN ('queued', 'deferred')";
        self.connection().execute(update, params![email, At(self.now), reason])?;
        Ok(())
    }

    /// Puts what failed for an address back in the queue; says how many.
    pub(in crate::store) fn retry_failed_to(&self, email: &str) -> Result<usize, StoreError> {
        let update = format!("UPDATE outbox SET {BACK} WHERE email = ?2 COLLATE NOCASE AND state = 'failed'");
        Ok(self.connection().execute(&update, params![At(self.now), email])?)
    }

    /// Cancels what is not on its way yet.
    pub(in crate::store) fn cancel_mail_of(&self, practice: &PracticeId, reason: &str) -> Result<(), StoreError> {
        let update = "UPDATE outbox SET state = 'cancelled', state_since = ?2, reason = ?3 WHERE practice = ?1 AND state IN ('queued', 'deferred', 'held')";
        self.connection().execute(update, params![practice.as_str(), At(self.now), reason])?;
        Ok(())
    }
}

/// Back to where it waits; what got no answer goes again unchanged.
const BACK: &str = "state = CASE WHEN bytes IS NULL THEN 'queued' ELSE 'uncertain' END, state_since = ?1, due_at = ?1, reason = NULL";

fn read(connection: &Connection, id: i64) -> Result<Option<Mail>, StoreError> {
    let mut query = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM outbox WHERE id = ?1"))?;
    Ok(query.query_row([id], mail).optional()?)
}
