//! What mail that came back leaves behind: reports on mails, and how much of what came in.

use chrono::NaiveDate;
use rusqlite::params;

use crate::domain::names::{CareType, OccurrenceId};
use crate::store::error::StoreError;
use crate::store::outbox::{Attempt, Mail};
use crate::store::{At, Day, Store, Work};

/// The outcome, among a mail's attempts, of a report that it did not arrive.
pub const BOUNCED: &str = "bounced";

/// Something that a mail told: which occurrence, for which care type, on which last day.
pub type Told = (OccurrenceId, CareType, NaiveDate);

impl Store {
    /// How much of what came in since a day, by what it was.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn inbound_counts(&self, since: NaiveDate) -> Result<Vec<(String, u64)>, StoreError> {
        let sql = "SELECT what, sum(number) FROM inbound_count WHERE day >= ?1 GROUP BY what ORDER BY what";
        let mut query = self.reader().prepare_cached(sql)?;
        let rows = query.query_map([Day(since)], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs())))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

impl Work<'_> {
    /// Counts something that came in.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn count_inbound(&self, day: NaiveDate, what: &str) -> Result<(), StoreError> {
        let upsert =
            "INSERT INTO inbound_count (day, what, number) VALUES (?1, ?2, 1) ON CONFLICT (day, what) DO UPDATE SET number = number + 1";
        self.connection().prepare_cached(upsert)?.execute(params![Day(day), what])?;
        Ok(())
    }

    /// Puts a report among the attempts of its mail, once; says whether it is new.
    ///
    /// A mail of which nobody knew whether the server had it is *failed* then: that it bounced is an answer.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn record_report(&self, mail: i64, report: &Attempt) -> Result<bool, StoreError> {
        let insert = "INSERT INTO attempt (mail, at, outcome, server, code, enhanced, text) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 \
                      WHERE NOT EXISTS (SELECT 1 FROM attempt WHERE mail = ?1 AND outcome = ?3 AND enhanced IS ?6 AND text = ?7)";
        let row = params![mail, At(report.at), report.outcome, report.server, report.code, report.enhanced, report.text];
        let new = self.connection().prepare_cached(insert)?.execute(row)? == 1;
        if report.outcome == BOUNCED {
            self.fail_returned(mail, &report.text)?;
        }
        Ok(new)
    }

    /// What a mail tells: what the ledger has of it, and for one without an answer yet what its digest carries.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn carried_by(&self, mail: &Mail) -> Result<Vec<Told>, StoreError> {
        let sql = "SELECT occurrence, care_type, last_day FROM told WHERE mail = ?1 \
                   UNION SELECT occurrence, care_type, last_day FROM decision WHERE practice = ?2 AND digest_day = ?3 AND digest_kind = ?4 \
                   AND (contacts IS NULL OR EXISTS (SELECT 1 FROM json_each(contacts) WHERE value = ?5 COLLATE NOCASE))";
        // A further mail of one day is named after the first: `digest+1`.
        let digest_kind = mail.kind.split('+').next();
        let mut query = self.connection().prepare_cached(sql)?;
        let rows = query.query_map(params![mail.id, mail.practice.as_str(), Day(mail.day), digest_kind, mail.email], |row| {
            Ok((OccurrenceId::new(row.get::<_, String>(0)?), CareType::new(row.get::<_, String>(1)?), row.get::<_, Day>(2)?.0))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
