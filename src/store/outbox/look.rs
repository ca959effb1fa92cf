//! Looking at the outbox; nothing here changes a row.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::{Connection, OptionalExtension, params};

use crate::domain::decide::DecisionKey;
use crate::domain::names::PracticeId;
use crate::store::agenda::decision_key;
use crate::store::error::StoreError;
use crate::store::outbox::{Attempt, COLUMNS, Mail, NOT_SENT, State, mail};
use crate::store::{At, Day, Store, Work, word};

/// Asked every minute, and at each start.
pub const IN_HAND: &str = "SELECT 1 FROM outbox WHERE state <> 'sent' AND state = 'sending'";

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
                   ON d.practice = o.practice AND d.digest_day = o.day AND d.digest_kind = substr(o.kind, 1, instr(o.kind || '+', '+') - 1) \
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

    /// The number of the mail of a kind that a contact has for a day, where it has been queued.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn mail_number(&self, practice: &PracticeId, email: &str, day: NaiveDate, kind: &str) -> Result<Option<i64>, StoreError> {
        mail_number(self.reader(), practice, email, day, kind)
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
        Ok(self.reader().prepare_cached(IN_HAND)?.exists([])?)
    }

    /// Since when the oldest mail that could go has been waiting.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn oldest_waiting(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        let sql = "SELECT min(created_at) FROM outbox WHERE state <> 'sent' AND state IN ('queued', 'deferred', 'uncertain', 'sending')";
        Ok(self.reader().query_row(sql, [], |row| row.get::<_, Option<At>>(0))?.map(|At(at)| at))
    }

    /// How many mails failed for another reason than a dead address.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn failures_to_mend(&self) -> Result<u64, StoreError> {
        let sql = "SELECT count(*) FROM outbox o WHERE state <> 'sent' AND state = 'failed' AND NOT EXISTS (SELECT 1 FROM dead_address d WHERE d.email = o.email)";
        Ok(self.reader().query_row(sql, [], |row| row.get::<_, i64>(0))?.unsigned_abs())
    }
}

impl Work<'_> {
    /// The number of the mail of a kind that a contact has for a day, where it has been queued.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn mail_number(&self, practice: &PracticeId, email: &str, day: NaiveDate, kind: &str) -> Result<Option<i64>, StoreError> {
        mail_number(self.connection(), practice, email, day, kind)
    }

    /// How many attempts there were since an instant.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn attempts_since(&self, since: DateTime<Utc>) -> Result<u32, StoreError> {
        let mut query = self.connection().prepare_cached("SELECT count(*) FROM attempt WHERE at >= ?1")?;
        Ok(query.query_row([At(since)], |row| row.get(0))?)
    }

    /// The mails whose fate is unknown.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn uncertain_mails(&self) -> Result<Vec<Mail>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM outbox WHERE {NOT_SENT} AND state = 'uncertain' ORDER BY id");
        let mut query = self.connection().prepare_cached(&sql)?;
        Ok(query.query_map([], mail)?.collect::<Result<_, _>>()?)
    }

    /// The kinds of the mails to an address on a day, with where they stand: those of the operator.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn kinds_on(&self, practice: &PracticeId, email: &str, day: NaiveDate) -> Result<Vec<(String, State)>, StoreError> {
        let sql = "SELECT kind, state FROM outbox WHERE practice = ?1 AND email = ?2 AND day = ?3 ORDER BY id";
        let mut query = self.connection().prepare_cached(sql)?;
        let rows =
            query.query_map(params![practice.as_str(), email, Day(day)], |row| Ok((row.get(0)?, word(row.get(1)?, State::parse)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

fn mail_number(connection: &Connection, practice: &PracticeId, email: &str, day: NaiveDate, kind: &str) -> Result<Option<i64>, StoreError> {
    let sql = "SELECT id FROM outbox WHERE practice = ?1 AND email = ?2 AND day = ?3 AND kind = ?4";
    let mut query = connection.prepare_cached(sql)?;
    Ok(query.query_row(params![practice.as_str(), email, Day(day), kind], |row| row.get(0)).optional()?)
}
