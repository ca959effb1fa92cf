//! The lane: the way to the mail server, in one row. Every change of its state stands in this file.
//!
//! ```text
//!          ┌──── accepted, or another [mail] configuration ────┐
//!          ▼                                                   │
//!        open ──── no connection, or throttled ───▶ resting ───┤ (once rested, one mail tries it)
//!          │                                           │       │
//!          └── three refused in a row, something for the operator, or held by hand ──▶ held
//!                 held ─▶ open: released, or another [mail] configuration where it was not held by hand
//! ```
//!
//! Planning and composing do not depend on it.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, Row, params};

use crate::store::error::StoreError;
use crate::store::{At, Store, Work, word};

/// After this long without being throttled it goes twice as fast again.
const FASTER_AFTER: TimeDelta = TimeDelta::minutes(10);

/// No rest is longer.
const LONGEST_REST: TimeDelta = TimeDelta::hours(3);

/// More halvings than these change nothing: 64 connections have become one.
const SLOWEST: u32 = 6;

/// Where the lane stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LaneState {
    /// Mail may leave.
    Open,
    /// Mail leaves again after a while; then one mail goes ahead of the others.
    Resting,
    /// Mail leaves again when somebody has mended it.
    Held,
}

impl LaneState {
    /// The word in the database and in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Resting => "resting",
            Self::Held => "held",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Open, Self::Resting, Self::Held].into_iter().find(|state| state.as_str() == text)
    }
}

/// What is known of the way to the mail server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lane {
    /// Where it stands.
    pub state: LaneState,
    /// Since when it stands there.
    pub since: DateTime<Utc>,
    /// Until when it rests.
    pub rest_until: Option<DateTime<Utc>>,
    /// Why it rests or is held.
    pub reason: Option<String>,
    /// Whether the operator held it.
    pub by_hand: bool,
    /// How often in a row it had to rest.
    pub failures: u32,
    /// How often connections and rate are halved.
    pub slowness: u32,
    /// Troubles in a row of different mails, each of which may be about that mail alone.
    pub suspicions: u32,
    /// The mail that met the last of them.
    pub suspect: Option<i64>,
    /// When the server last accepted a mail.
    pub accepted_at: Option<DateTime<Utc>>,
}

impl Lane {
    /// Whether a mail may leave at an instant.
    pub fn lets_through(&self, now: DateTime<Utc>) -> bool {
        match self.state {
            LaneState::Open => true,
            // A clock that was ahead for a while must not make it rest for years.
            LaneState::Resting => self.rest_until.is_none_or(|until| until <= now || until - now > LONGEST_REST),
            LaneState::Held => false,
        }
    }
}

/// A recipient that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaneRefusal {
    /// To whom.
    pub email: String,
    /// Which mail.
    pub mail: i64,
    /// What the server said.
    pub text: String,
}

impl Store {
    /// What is known of the lane.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn lane(&self) -> Result<Lane, StoreError> {
        read(self.reader())
    }

    /// The recipients refused since the last acceptance, oldest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn lane_refusals(&self) -> Result<Vec<LaneRefusal>, StoreError> {
        refusals(self.reader())
    }
}

impl Work<'_> {
    /// What is known of the lane.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn lane(&self) -> Result<Lane, StoreError> {
        read(self.connection())
    }

    /// The recipients refused since the last acceptance, oldest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn lane_refusals(&self) -> Result<Vec<LaneRefusal>, StoreError> {
        refusals(self.connection())
    }

    /// Says which configuration the lane is used with. Another one than before deserves a fresh start; what was held by hand stays held.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn enter_lane(&self, way: &str) -> Result<Lane, StoreError> {
        let fresh = "UPDATE lane SET state = 'open', since = ?2, rest_until = NULL, reason = NULL, failures = 0, slowness = 0, \
                     suspicions = 0, suspect = NULL WHERE way <> ?1 AND way <> '' AND by_hand = 0";
        if self.connection().prepare_cached(fresh)?.execute(params![way, At(self.now)])? == 1 {
            self.forget_refusals()?;
            self.wake_put_back()?;
        }
        self.connection().prepare_cached("UPDATE lane SET way = ?1 WHERE way <> ?1")?.execute([way])?;
        self.lane()
    }

    /// A mail was accepted: the way is free again, unless it is held. Most acceptances change nothing of it within a second.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn lane_accepted(&self) -> Result<(), StoreError> {
        let update = "UPDATE lane SET since = CASE state WHEN 'resting' THEN ?1 ELSE since END, \
                      reason = CASE state WHEN 'held' THEN reason END, rest_until = NULL, \
                      state = CASE state WHEN 'held' THEN 'held' ELSE 'open' END, \
                      slowness = slowness - (slowness > 0 AND slowed_at <= ?2), slowed_at = CASE WHEN slowed_at <= ?2 THEN ?1 ELSE slowed_at END, \
                      failures = 0, suspicions = 0, suspect = NULL, accepted_at = ?1 \
                      WHERE NOT (state = 'open' AND reason IS NULL AND slowness = 0 AND failures = 0 AND suspicions = 0 AND suspect IS NULL \
                      AND accepted_at IS ?1)";
        self.connection().prepare_cached(update)?.execute(params![At(self.now), At(self.now - FASTER_AFTER)])?;
        self.forget_refusals()
    }

    /// The server was reached and said something about one mail: it need not rest any more.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn lane_answered(&self) -> Result<(), StoreError> {
        let update = "UPDATE lane SET state = 'open', since = ?1, rest_until = NULL, reason = NULL, failures = 0 WHERE state = 'resting' AND rest_until <= ?1";
        self.connection().prepare_cached(update)?.execute([At(self.now)])?;
        Ok(())
    }

    /// Lets it rest until an instant. A rest that has begun is not made longer by those who were on their way already.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn lane_rest(&self, until: DateTime<Utc>, reason: &str) -> Result<bool, StoreError> {
        let update = "UPDATE lane SET since = CASE state WHEN 'resting' THEN since ELSE ?1 END, state = 'resting', rest_until = ?2, reason = ?3, \
                      failures = failures + 1, suspicions = 0, suspect = NULL \
                      WHERE state = 'open' OR (state = 'resting' AND rest_until <= ?1)";
        Ok(self.connection().prepare_cached(update)?.execute(params![At(self.now), At(until), reason])? == 1)
    }

    /// The same, and halves connections and rate, because the server wants less.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn lane_slow(&self, until: DateTime<Utc>, reason: &str) -> Result<bool, StoreError> {
        let slower = self.lane_rest(until, reason)?;
        if slower {
            let update = "UPDATE lane SET slowness = min(slowness + 1, ?2), slowed_at = ?1";
            self.connection().execute(update, params![At(self.now), SLOWEST])?;
        }
        Ok(slower)
    }

    /// A mail met trouble that may be its own or everybody's.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn lane_suspect(&self, mail: i64) -> Result<(), StoreError> {
        let update = "UPDATE lane SET suspicions = suspicions + 1, suspect = ?1 WHERE suspect IS NOT ?1";
        self.connection().prepare_cached(update)?.execute([mail])?;
        Ok(())
    }

    /// Remembers a refused recipient, until the next acceptance.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn lane_refused(&self, refusal: &LaneRefusal) -> Result<(), StoreError> {
        let insert = "INSERT OR IGNORE INTO lane_refusal (email, mail, at, text) VALUES (?1, ?2, ?3, ?4)";
        self.connection().execute(insert, params![refusal.email, refusal.mail, At(self.now), refusal.text])?;
        Ok(())
    }

    /// Holds it; says whether it was not held before. What the operator holds is the operator's from then on.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn lane_hold(&self, reason: &str, by: HeldBy) -> Result<bool, StoreError> {
        let by_hand = by == HeldBy::Operator;
        let update = "UPDATE lane SET state = 'held', since = ?1, rest_until = NULL, reason = ?2, by_hand = ?3 WHERE state <> 'held'";
        let held = self.connection().execute(update, params![At(self.now), reason, by_hand])? == 1;
        if !held && by_hand {
            self.connection().execute("UPDATE lane SET by_hand = 1, reason = ?1", [reason])?;
        }
        Ok(held)
    }

    /// Opens it again, held or resting, and makes due what it put back; says whether it was not open.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn lane_release(&self) -> Result<bool, StoreError> {
        let update = "UPDATE lane SET state = 'open', since = ?1, rest_until = NULL, reason = NULL, by_hand = 0, failures = 0, \
                      suspicions = 0, suspect = NULL WHERE state <> 'open'";
        let opened = self.connection().execute(update, [At(self.now)])? == 1;
        self.forget_refusals()?;
        if opened {
            self.wake_put_back()?;
        }
        Ok(opened)
    }

    fn forget_refusals(&self) -> Result<(), StoreError> {
        // Without a condition SQLite empties the table, and writes a page where nothing stood in it.
        self.connection().prepare_cached("DELETE FROM lane_refusal WHERE email IS NOT NULL")?.execute([])?;
        Ok(())
    }
}

/// Who held the lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeldBy {
    /// The service, after an answer that the operator has to mend.
    Service,
    /// The operator, with a command.
    Operator,
}

fn read(connection: &Connection) -> Result<Lane, StoreError> {
    let sql = "SELECT state, since, rest_until, reason, by_hand, failures, slowness, suspicions, suspect, accepted_at FROM lane";
    Ok(connection.prepare_cached(sql)?.query_row([], lane)?)
}

fn lane(row: &Row<'_>) -> rusqlite::Result<Lane> {
    let at = |index| row.get::<_, Option<At>>(index).map(|at| at.map(|At(at)| at));
    Ok(Lane {
        state: word(row.get(0)?, LaneState::parse)?,
        since: row.get::<_, At>(1)?.0,
        rest_until: at(2)?,
        reason: row.get(3)?,
        by_hand: row.get(4)?,
        failures: row.get(5)?,
        slowness: row.get(6)?,
        suspicions: row.get(7)?,
        suspect: row.get(8)?,
        accepted_at: at(9)?,
    })
}

fn refusals(connection: &Connection) -> Result<Vec<LaneRefusal>, StoreError> {
    let mut query = connection.prepare_cached("SELECT email, mail, text FROM lane_refusal ORDER BY at, mail")?;
    let rows = query.query_map([], |row| Ok(LaneRefusal { email: row.get(0)?, mail: row.get(1)?, text: row.get(2)? }))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
