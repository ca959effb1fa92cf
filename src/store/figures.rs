//! Counts for whoever watches from outside; asked after each turn, so each question has an index or begins where the last one ended.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::store::Store;
use crate::store::error::StoreError;
use crate::store::lane::Lane;
use crate::store::outbox::State;
use crate::store::outlook::Outlook;
use crate::store::runs::Run;
use crate::store::word;

/// Attempts counted so far, by outcome. It only ever grows, also when old attempts are pruned.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    last: i64,
    /// How many there were of each outcome.
    pub outcomes: BTreeMap<String, u64>,
}

/// What the database counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counts {
    /// Mails in each state but *sent*.
    pub states: BTreeMap<&'static str, u64>,
    /// What is due, and since when.
    pub outlook: Outlook,
    /// Mails that failed for another reason than a dead address.
    pub failures_to_mend: u64,
    /// The way to the mail server.
    pub lane: Lane,
    /// Whether practices' mail is held, because this looks like a copy.
    pub is_held_as_copy: bool,
    /// Whether a load waits for the operator.
    pub load_waits: bool,
    /// When each job was last completed.
    pub runs: Vec<Run>,
    /// Practices, and those that nothing reaches.
    pub practices: u64,
    /// Practices that nothing reaches.
    pub unreachable: u64,
    /// Addresses that do not exist any more.
    pub dead_addresses: u64,
    /// How large the database is.
    pub bytes: u64,
}

impl Store {
    /// Everything at an instant.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn counts(&self, now: DateTime<Utc>) -> Result<Counts, StoreError> {
        Ok(Counts {
            states: self.unsent_states()?,
            outlook: self.outlook(now)?,
            failures_to_mend: self.failures_to_mend()?,
            lane: self.lane()?,
            is_held_as_copy: self.fence()?.is_some(),
            load_waits: self.set_aside()?.is_some(),
            runs: self.runs()?,
            practices: self.number("SELECT count(*) FROM practice")?,
            unreachable: self.unreachable_practices()?.len() as u64,
            dead_addresses: self.number("SELECT count(*) FROM dead_address")?,
            bytes: self.number("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")?,
        })
    }

    /// Counts the attempts since the last count.
    ///
    /// # Errors
    /// When the database cannot be read; then the tally is as it was.
    pub fn count_attempts(&self, tally: &mut Tally) -> Result<(), StoreError> {
        let sql = "SELECT outcome, count(*), max(id) FROM attempt WHERE id > ?1 GROUP BY outcome";
        let mut query = self.reader().prepare_cached(sql)?;
        let row = |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?));
        let found = query.query_map([tally.last], row)?.collect::<Result<Vec<_>, _>>()?;
        for (outcome, count, last) in found {
            *tally.outcomes.entry(outcome).or_default() += count.unsigned_abs();
            tally.last = tally.last.max(last);
        }
        Ok(())
    }

    fn unsent_states(&self) -> Result<BTreeMap<&'static str, u64>, StoreError> {
        let mut query = self.reader().prepare_cached("SELECT state, count(*) FROM outbox WHERE state <> 'sent' GROUP BY state")?;
        let rows = query.query_map([], |row| Ok((word(row.get(0)?, State::parse)?.as_str(), row.get::<_, i64>(1)?.unsigned_abs())))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn number(&self, sql: &str) -> Result<u64, StoreError> {
        Ok(self.reader().prepare_cached(sql)?.query_row([], |row| row.get::<_, i64>(0))?.unsigned_abs())
    }
}
