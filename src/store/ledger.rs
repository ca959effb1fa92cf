//! The told-ledger: who was told which date of which occurrence, when, in which mail, and what the server answered.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::types::FromSqlError;
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::domain::corrections::Told;
use crate::domain::names::{CareType, OccurrenceId, PracticeId};
use crate::store::error::StoreError;
use crate::store::outbox::State;
use crate::store::{At, Day, Store, Work, name, word};

/// The latest that each address was told of each occurrence, and when.
pub type LastTold = BTreeMap<String, Vec<(Told, DateTime<Utc>)>>;

/// A mail of one kind to one address that has not come to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenMail {
    /// Its row.
    pub id: i64,
    /// Where it stands.
    pub state: State,
}

/// What happened to one date of one occurrence in one mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The mail.
    pub mail: i64,
    /// What kind it is.
    pub kind: String,
    /// To which address.
    pub email: String,
    /// What it told, or has to tell.
    pub told: Told,
    /// When the server accepted it; `None` where it was not told.
    pub told_at: Option<DateTime<Utc>>,
    /// Where the mail stands.
    pub state: State,
    /// Since when.
    pub state_since: DateTime<Utc>,
    /// Why it stands there.
    pub reason: Option<String>,
    /// The server of the deciding, else of the last attempt, with its code and words.
    pub answer: Option<String>,
}

impl Store {
    /// The latest that each address of a practice was told.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn last_told(&self, practice: &PracticeId) -> Result<LastTold, StoreError> {
        last_told(self.reader(), practice)
    }

    /// Everything that was told, or was to be told, of an occurrence or of any of a milestone's, oldest mail first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn ledger(&self, practice: &PracticeId, id: &str) -> Result<Vec<Line>, StoreError> {
        let mut query = self.reader().prepare_cached(LEDGER)?;
        let rows = query.query_map(params![practice.as_str(), id], line)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// What is on record as told, and what a mail that was not sent was to tell: as decided, or as composed.
const LEDGER: &str = "
    WITH line AS (
        SELECT mail, occurrence, care_type, last_day, withdrawn, iif(uncertain, NULL, at) AS told_at, attempt FROM told WHERE practice = ?1
        UNION ALL
        SELECT o.id, d.occurrence, d.care_type, d.last_day, 0, NULL, NULL FROM decision d
            JOIN outbox o ON o.practice = d.practice AND o.day = d.digest_day AND o.kind = d.digest_kind
                AND (d.contacts IS NULL OR EXISTS (SELECT 1 FROM json_each(d.contacts) WHERE value = o.email COLLATE NOCASE))
            WHERE d.practice = ?1 AND NOT EXISTS (SELECT 1 FROM told t WHERE t.practice = d.practice AND t.email = o.email AND t.mail = o.id
                AND t.occurrence = d.occurrence AND t.care_type = d.care_type AND t.last_day = d.last_day)
        UNION ALL
        SELECT o.id, s.value ->> 0, s.value ->> 1, s.value ->> 2, s.value ->> 3, NULL, NULL FROM outbox o, json_each(o.says) s
            WHERE o.practice = ?1 AND o.state <> 'sent' AND o.kind LIKE 'correction%'
    )
    SELECT o.id, o.kind, o.email, line.occurrence, line.care_type, line.last_day, line.withdrawn, line.told_at, o.state, o.state_since, o.reason,
        a.server, a.code, a.enhanced, a.text
    FROM line JOIN outbox o ON o.id = line.mail
    LEFT JOIN attempt a ON a.id = coalesce(line.attempt, (SELECT max(id) FROM attempt WHERE mail = o.id))
    WHERE line.occurrence = ?2 OR substr(line.occurrence, 1, length(?2) + 1) = ?2 || '@'
    ORDER BY o.id, line.occurrence, line.care_type, line.last_day";

fn line(row: &Row<'_>) -> rusqlite::Result<Line> {
    let answer = |row: &Row<'_>| -> rusqlite::Result<Option<String>> {
        let Some(server) = row.get::<_, Option<String>>(11)? else { return Ok(None) };
        let code = row.get::<_, Option<i64>>(12)?.map(|code| code.to_string());
        let words = [code, row.get(13)?, row.get(14)?].into_iter().flatten().filter(|word| !word.is_empty());
        Ok(Some(format!("{server}: {}", words.collect::<Vec<_>>().join(" "))))
    };
    Ok(Line {
        mail: row.get(0)?,
        kind: row.get(1)?,
        email: row.get(2)?,
        told: told(row, 3)?,
        told_at: row.get::<_, Option<At>>(7)?.map(|At(at)| at),
        state: word(row.get(8)?, State::parse)?,
        state_since: row.get::<_, At>(9)?.0,
        reason: row.get(10)?,
        answer: answer(row)?,
    })
}

/// Occurrence, care type, last day and whether it is off, from a column on.
pub(in crate::store) fn told(row: &Row<'_>, first: usize) -> rusqlite::Result<Told> {
    Ok(Told {
        occurrence: name(row, first)?,
        care_type: name(row, first + 1)?,
        last_day: row.get::<_, Day>(first + 2)?.0,
        withdrawn: row.get::<_, i64>(first + 3)? != 0,
    })
}

/// What the bytes of a mail say, as it stands beside them.
pub(in crate::store) fn as_json(says: &[Told]) -> String {
    let all: Vec<_> = says.iter().map(|told| (told.occurrence.as_str(), told.care_type.as_str(), told.last_day, told.withdrawn)).collect();
    serde_json::to_string(&all).unwrap_or_default()
}

/// Reads what [`as_json`] wrote: for each mail that goes again, and SQLite's own reader takes ten times as long.
fn from_json(text: &str) -> rusqlite::Result<Vec<Told>> {
    let all: Vec<(Cow<'_, str>, Cow<'_, str>, NaiveDate, bool)> =
        serde_json::from_str(text).map_err(|error| FromSqlError::Other(Box::new(error)))?;
    let told = |(occurrence, care_type, last_day, withdrawn): (Cow<'_, str>, Cow<'_, str>, _, _)| Told {
        occurrence: OccurrenceId::from(&*occurrence),
        care_type: CareType::from(&*care_type),
        last_day,
        withdrawn,
    };
    Ok(all.into_iter().map(told).collect())
}

impl Work<'_> {
    /// The latest that each address of a practice was told.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn last_told(&self, practice: &PracticeId) -> Result<LastTold, StoreError> {
        last_told(self.connection(), practice)
    }

    /// When the first decision that a digest carries was taken.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn decided_at(&self, practice: &PracticeId, day: NaiveDate, kind: &str) -> Result<Option<DateTime<Utc>>, StoreError> {
        let sql = "SELECT min(at) FROM decision WHERE practice = ?1 AND digest_day = ?2 AND digest_kind = ?3";
        let mut query = self.connection().prepare_cached(sql)?;
        let found: Option<At> = query.query_row(params![practice.as_str(), Day(day), kind], |row| row.get(0))?;
        Ok(found.map(|At(at)| at))
    }

    /// What mails of a kind, numbered ones included, told an address since an instant.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn told_since(&self, practice: &PracticeId, email: &str, kind: &str, since: DateTime<Utc>) -> Result<BTreeSet<Told>, StoreError> {
        let sql = "SELECT t.occurrence, t.care_type, t.last_day, t.withdrawn FROM told t JOIN outbox o ON o.id = t.mail \
                   WHERE t.practice = ?1 AND t.email = ?2 AND (o.kind = ?3 OR o.kind LIKE ?3 || '-%') AND t.at >= ?4";
        let mut query = self.connection().prepare_cached(sql)?;
        let rows = query.query_map(params![practice.as_str(), email, kind, At(since)], |row| told(row, 0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The mail of a kind, numbered ones included, to an address that is not at its end; the one made last, where there are several.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn open_mail(&self, practice: &PracticeId, email: &str, kind: &str) -> Result<Option<OpenMail>, StoreError> {
        let sql = "SELECT id, state FROM outbox WHERE practice = ?1 AND email = ?2 AND (kind = ?3 OR kind LIKE ?3 || '-%') \
                   AND state <> 'sent' AND state <> 'cancelled' AND state <> 'expired' ORDER BY id DESC LIMIT 1";
        let mut query = self.connection().prepare_cached(sql)?;
        let found = query.query_row(params![practice.as_str(), email, kind], |row| {
            Ok(OpenMail { id: row.get(0)?, state: word(row.get(1)?, State::parse)? })
        });
        Ok(found.optional()?)
    }

    /// What the kept bytes of a mail say.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn says(&self, mail: i64) -> Result<Vec<Told>, StoreError> {
        let mut query = self.connection().prepare_cached("SELECT says FROM outbox WHERE id = ?1")?;
        let says = query.query_row([mail], |row| row.get_ref(0)?.as_str_or_null()?.map_or(Ok(Vec::new()), from_json));
        Ok(says.optional()?.unwrap_or_default())
    }

    /// Writes for certain what an accepted mail told, and takes back what else of it was uncertain. `attempt` is the number of the attempt in
    /// which it was accepted.
    pub(in crate::store) fn write_told(
        &self,
        practice: &PracticeId,
        email: &str,
        mail: i64,
        attempt: i64,
        said: &[Told],
    ) -> Result<(), StoreError> {
        // It stands there as uncertain since it was claimed; only where an older version handed it over it may not.
        let make_certain = "UPDATE told SET at = ?2, attempt = ?3, uncertain = 0 WHERE mail = ?1 AND uncertain = 1";
        let certain = self.connection().prepare_cached(make_certain)?.execute(params![mail, At(self.now), attempt])?;
        if certain == said.len() {
            return Ok(());
        }
        self.connection().prepare_cached("DELETE FROM told WHERE mail = ?1 AND attempt = ?2")?.execute([mail, attempt])?;
        let upsert = "INSERT INTO told (practice, email, occurrence, care_type, last_day, mail, at, withdrawn, attempt) \
                      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO UPDATE SET \
                      at = excluded.at, withdrawn = excluded.withdrawn, attempt = excluded.attempt, uncertain = 0";
        let mut write = self.connection().prepare_cached(upsert)?;
        for told in said {
            let (occurrence, care_type) = (told.occurrence.as_str(), told.care_type.as_str());
            write.execute(params![
                practice.as_str(),
                email,
                occurrence,
                care_type,
                Day(told.last_day),
                mail,
                At(self.now),
                told.withdrawn,
                attempt
            ])?;
        }
        Ok(())
    }
}

/// Asked for each practice that is looked at. In order of the primary key, so that nothing has to be sorted, and the latest is found on the way.
pub const TOLD: &str = "SELECT occurrence, care_type, last_day, withdrawn, email, at, \
    coalesce(attempt, (SELECT max(a.id) FROM attempt a WHERE a.mail = told.mail), 0), mail \
    FROM told WHERE practice = ?1 ORDER BY email, occurrence, care_type";

fn last_told(connection: &Connection, practice: &PracticeId) -> Result<LastTold, StoreError> {
    let mut query = connection.prepare_cached(TOLD)?;
    let mut rows = query.query([practice.as_str()])?;
    let mut all = LastTold::new();
    let mut last: Option<(i64, i64, i64)> = None;
    while let Some(row) = rows.next()? {
        let (told, at, rank) = (told(row, 0)?, row.get::<_, At>(5)?.0, (row.get(6)?, row.get(5)?, row.get(7)?));
        let email: Arc<str> = name(row, 4)?;
        if !all.contains_key(&*email) {
            all.insert(email.to_string(), Vec::new());
        }
        let Some(of_address) = all.get_mut(&*email) else { continue };
        match of_address.last_mut().filter(|(known, _)| known.occurrence == told.occurrence && known.care_type == told.care_type) {
            Some(_) if last >= Some(rank) => continue,
            Some(known) => *known = (told, at),
            None => of_address.push((told, at)),
        }
        last = Some(rank);
    }
    Ok(all)
}
