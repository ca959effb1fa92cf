//! Planning's side: whom to look at, what was settled, and which digest carries what.

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::{Connection, Row, params};

use crate::domain::decide::verdict::{Reason, Verdict};
use crate::domain::decide::{DecisionKey, Memory};
use crate::domain::leads::Lead;
use crate::domain::names::PracticeId;
use crate::domain::reopen::Unsaid;
use crate::store::error::StoreError;
use crate::store::outbox::steps::BY_THE_OPERATOR;
use crate::store::{At, Day, Store, Work, name, word};

/// Asked every minute, so it has an index of its own.
pub const PRACTICES_TO_LOOK_AT: &str = "SELECT id FROM practice WHERE look_at <= ?1 ORDER BY look_at LIMIT ?2";

/// Asked for each practice that is looked at.
pub const SETTLED: &str = "SELECT occurrence, care_type, last_day, lead_days, verdict FROM decision WHERE practice = ?1";

/// Asked for each mail that is composed.
pub const DIGEST: &str = "SELECT occurrence, care_type, last_day, lead_days, contacts FROM decision WHERE practice = ?1 AND digest_day = ?2 AND digest_kind = ?3";

/// A decision, and the addresses that it was decided for; `None`: all of the practice.
pub type Carried = (DecisionKey, Option<Vec<String>>);

/// The mail that carries a decision, and to whom.
#[derive(Debug, Clone, Copy)]
pub struct Carrier<'c> {
    /// The day of the digest.
    pub day: NaiveDate,
    /// Its kind.
    pub kind: &'c str,
    /// The addresses that hear it; `None`: all of the practice.
    pub contacts: Option<&'c [String]>,
}

/// Asked for each practice that was to be sent something whose day is still ahead; the CASE keeps the search of its mails to the few that seem unsaid. Told in the day before it was decided counts: a correction may have said it already. Told in a
/// mail that carries it counts whatever the clock did.
pub const UNSAID: &str = "
    WITH said AS MATERIALIZED (SELECT occurrence, care_type, last_day, max(at) AS at FROM told
        WHERE practice = ?1 AND last_day >= ?2 AND withdrawn = 0 GROUP BY occurrence, care_type, last_day)
    SELECT d.occurrence, d.care_type, d.last_day, d.lead_days, EXISTS (SELECT 1 FROM outbox o
        WHERE o.practice = d.practice AND o.day = d.digest_day AND (o.kind = d.digest_kind OR o.kind LIKE d.digest_kind || '+%')
        AND (d.contacts IS NULL OR EXISTS (SELECT 1 FROM json_each(d.contacts) c WHERE c.value = o.email COLLATE NOCASE))
         AND (o.state IN ('queued', 'sending', 'deferred', 'uncertain', 'failed', 'held') OR (o.state = 'cancelled' AND o.reason = ?3)))
    FROM decision d LEFT JOIN said s ON s.occurrence = d.occurrence AND s.care_type = d.care_type AND s.last_day = d.last_day
    WHERE d.practice = ?1 AND d.verdict = 'send' AND d.last_day >= ?2
    AND CASE WHEN s.at >= d.at - 86400 THEN 0 ELSE NOT EXISTS (SELECT 1 FROM outbox o JOIN told t ON t.mail = o.id
        WHERE o.practice = d.practice AND o.day = d.digest_day AND (o.kind = d.digest_kind OR o.kind LIKE d.digest_kind || '+%')
        AND t.occurrence = d.occurrence AND t.care_type = d.care_type AND t.last_day = d.last_day) END";

impl Store {
    /// The practices at which planning has to look now, at most `limit`, longest waiting first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn practices_to_look_at(&self, now: DateTime<Utc>, limit: u32) -> Result<Vec<PracticeId>, StoreError> {
        let mut query = self.reader().prepare_cached(PRACTICES_TO_LOOK_AT)?;
        let rows = query.query_map(params![At(now), limit], |row| row.get::<_, String>(0).map(PracticeId::new))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// What a practice did and what was settled.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn memory(&self, practice: &PracticeId) -> Result<Memory, StoreError> {
        memory(self.reader(), practice)
    }

    /// The same, with the decisions to send, with a last day from this one on, that no mail told, nor handed over without an answer.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn memory_and_unsaid(&self, practice: &PracticeId, from: NaiveDate) -> Result<(Memory, Vec<Unsaid>), StoreError> {
        memory_and_unsaid(self.reader(), practice, from)
    }
}

impl Work<'_> {
    /// What a practice did and what was settled.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn memory(&self, practice: &PracticeId) -> Result<Memory, StoreError> {
        memory(self.connection(), practice)
    }

    /// The same, with the decisions to send, with a last day from this one on, that no mail told, nor handed over without an answer.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn memory_and_unsaid(&self, practice: &PracticeId, from: NaiveDate) -> Result<(Memory, Vec<Unsaid>), StoreError> {
        memory_and_unsaid(self.connection(), practice, from)
    }

    /// What a practice did, without what was settled: that is long, and composing does not ask.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn marks(&self, practice: &PracticeId) -> Result<Memory, StoreError> {
        marks(self.connection(), practice)
    }

    /// Records a decision that never has to be taken again; says whether it is new.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn settle(&self, practice: &PracticeId, key: &DecisionKey, verdict: Verdict, carrier: Carrier<'_>) -> Result<bool, StoreError> {
        let word = match verdict {
            Verdict::Send => "send",
            Verdict::Skip(Reason::Overtaken) => "overtaken",
            Verdict::Skip(Reason::Passed) => "passed",
            Verdict::Skip(_) => "stale",
        };
        let carrier = Some(carrier).filter(|_| verdict == Verdict::Send);
        let (digest_day, digest_kind) = carrier.map(|carrier| (Day(carrier.day), carrier.kind)).unzip();
        let contacts = carrier.and_then(|carrier| carrier.contacts).map(|contacts| serde_json::to_string(contacts).unwrap_or_default());
        let insert = "INSERT OR IGNORE INTO decision (practice, occurrence, care_type, last_day, lead_days, verdict, digest_day, digest_kind, at, contacts) \
                      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
        let mut write = self.connection().prepare_cached(insert)?;
        let row = params![
            practice.as_str(),
            key.occurrence.as_str(),
            key.care_type.as_str(),
            Day(key.last_day),
            key.lead.0,
            word,
            digest_day,
            digest_kind,
            At(self.now),
            contacts
        ];
        Ok(write.execute(row)? == 1)
    }

    /// Takes a decision back, so that it is taken anew.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn reopen(&self, practice: &PracticeId, key: &DecisionKey) -> Result<(), StoreError> {
        let delete = "DELETE FROM decision WHERE practice = ?1 AND occurrence = ?2 AND care_type = ?3 AND last_day = ?4 AND lead_days = ?5";
        let row = params![practice.as_str(), key.occurrence.as_str(), key.care_type.as_str(), Day(key.last_day), key.lead.0];
        self.connection().prepare_cached(delete)?.execute(row)?;
        Ok(())
    }

    /// The decisions that a digest carries, each with its addresses.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn digest(&self, practice: &PracticeId, day: NaiveDate, kind: &str) -> Result<Vec<Carried>, StoreError> {
        let mut query = self.connection().prepare_cached(DIGEST)?;
        let rows = query.query_map(params![practice.as_str(), Day(day), kind], |row| {
            let contacts = row.get::<_, Option<String>>(4)?.map(|text| word(text, |text| serde_json::from_str(text).ok())).transpose()?;
            Ok((decision_key(row)?, contacts))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Takes back what was decided and put off at instants that are still to come: the clock was ahead then. What was sent stays sent.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn forget_what_is_to_come(&self) -> Result<(), StoreError> {
        self.connection().execute("DELETE FROM decision WHERE verdict <> 'send' AND at > ?1", [At(self.now)])?;
        self.wake_put_off_in_future()
    }

    /// Says when planning has to look at a practice again; `None` for never.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn look_at(&self, practice: &PracticeId, at: Option<DateTime<Utc>>) -> Result<(), StoreError> {
        let mut write = self.connection().prepare_cached("UPDATE practice SET look_at = ?2 WHERE id = ?1")?;
        write.execute(params![practice.as_str(), at.map(At)])?;
        Ok(())
    }
}

/// Occurrence, care type, last day and lead, in that order.
pub(in crate::store) fn decision_key(row: &Row<'_>) -> rusqlite::Result<DecisionKey> {
    Ok(DecisionKey { occurrence: name(row, 0)?, care_type: name(row, 1)?, last_day: row.get::<_, Day>(2)?.0, lead: Lead(row.get(3)?) })
}

fn memory(connection: &Connection, practice: &PracticeId) -> Result<Memory, StoreError> {
    let mut memory = marks(connection, practice)?;
    each_settled(connection, practice, |key, _| _ = memory.settled.insert(key))?;
    Ok(memory)
}

fn memory_and_unsaid(connection: &Connection, practice: &PracticeId, from: NaiveDate) -> Result<(Memory, Vec<Unsaid>), StoreError> {
    let (mut memory, mut may_be_unsaid) = (marks(connection, practice)?, false);
    each_settled(connection, practice, |key, verdict| {
        may_be_unsaid |= verdict == "send" && key.last_day >= from;
        memory.settled.insert(key);
    })?;
    Ok((memory, if may_be_unsaid { unsaid(connection, practice, from)? } else { Vec::new() }))
}

/// Each decision on record, with its word.
fn each_settled(connection: &Connection, practice: &PracticeId, mut take: impl FnMut(DecisionKey, &str)) -> Result<(), StoreError> {
    let mut query = connection.prepare_cached(SETTLED)?;
    let mut rows = query.query([practice.as_str()])?;
    while let Some(row) = rows.next()? {
        take(decision_key(row)?, row.get_ref(4)?.as_str().unwrap_or_default());
    }
    Ok(())
}

fn unsaid(connection: &Connection, practice: &PracticeId, from: NaiveDate) -> Result<Vec<Unsaid>, StoreError> {
    let mut query = connection.prepare_cached(UNSAID)?;
    let rows = query.query_map(params![practice.as_str(), Day(from), BY_THE_OPERATOR], |row| {
        Ok(Unsaid { key: decision_key(row)?, is_in_hand: row.get(4)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// All in one question: planning asks for each practice, and most have none.
const MARKS: &str = "SELECT 'done', occurrence, care_type, last_day FROM done WHERE practice = ?1 \
    UNION ALL SELECT 'snooze', occurrence, care_type, until FROM snooze WHERE practice = ?1 \
    UNION ALL SELECT 'series', milestone, care_type, NULL FROM series_done WHERE practice = ?1 \
    UNION ALL SELECT 'happened', milestone, NULL, NULL FROM happened WHERE practice = ?1";

fn marks(connection: &Connection, practice: &PracticeId) -> Result<Memory, StoreError> {
    let mut memory = Memory::default();
    let mut query = connection.prepare_cached(MARKS)?;
    let mut rows = query.query([practice.as_str()])?;
    while let Some(row) = rows.next()? {
        match row.get_ref(0)?.as_str().unwrap_or_default() {
            "done" => _ = memory.done.insert((name(row, 1)?, name(row, 2)?, row.get::<_, Day>(3)?.0)),
            "snooze" => _ = memory.snoozed.insert((name(row, 1)?, name(row, 2)?), row.get::<_, Day>(3)?.0),
            "series" => _ = memory.series_done.insert((name(row, 1)?, name(row, 2)?)),
            _ => _ = memory.happened.insert(name(row, 1)?),
        }
    }
    Ok(memory)
}
