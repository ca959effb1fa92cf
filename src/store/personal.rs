//! What is held on a practice, table by table: one list from which it is exported and erased.
//!
//! Every table of the schema stands in [`HELD`]; a test refuses one that does not, so nobody can forget to say what a new table holds of whom.

pub mod erase;

use std::collections::BTreeSet;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row, params_from_iter};
use serde_json::{Map, Value};

use crate::domain::names::PracticeId;
use crate::store::error::StoreError;
use crate::store::{At, Store, Work};

/// What a table holds of a practice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// The rows for which this holds: `?1` is the practice, `?2` its addresses as a JSON list.
    Practice(&'static str),
    /// Nothing, and why.
    Nobody(&'static str),
}

const ITS: Of = Of::Practice("practice = ?1");
const OF_ITS_MAILS: Of = Of::Practice("mail IN (SELECT id FROM outbox WHERE practice = ?1)");
const OF_ITS_SUBSCRIPTIONS: Of = Of::Practice("subscription IN (SELECT id FROM subscription WHERE practice = ?1)");
const OF_ITS_ADDRESSES: Of = Of::Practice("email COLLATE NOCASE IN (SELECT value FROM json_each(?2))");

/// A notice is about it, about one of its addresses or mails, or names an address.
const NOTICES: Of = Of::Practice(
    "subject = ?1 OR subject COLLATE NOCASE IN (SELECT value FROM json_each(?2)) OR subject IN (SELECT 'mail ' || id FROM outbox WHERE practice = ?1) \
     OR mail IN (SELECT id FROM outbox WHERE practice = ?1) \
     OR EXISTS (SELECT 1 FROM json_each(?2) address WHERE instr(lower(text), lower(address.value)) > 0)",
);

/// Every table, those that hang on others first: in this order rows can be erased.
pub const HELD: &[(&str, Of)] = &[
    ("notice", NOTICES),
    ("told", ITS),
    ("attempt", OF_ITS_MAILS),
    ("unanswered", OF_ITS_MAILS),
    ("outbox", ITS),
    ("decision", ITS),
    ("done", ITS),
    ("series_done", ITS),
    ("snooze", ITS),
    ("happened", ITS),
    ("greeted", ITS),
    ("unsubscribed", ITS),
    ("dead_address", OF_ITS_ADDRESSES),
    ("lane_refusal", OF_ITS_ADDRESSES),
    ("subscription_trait", OF_ITS_SUBSCRIPTIONS),
    ("subscription_module", OF_ITS_SUBSCRIPTIONS),
    ("subscription", ITS),
    ("own_date", ITS),
    ("contact", ITS),
    ("ground", ITS),
    ("practice", Of::Practice("id = ?1")),
    ("calendar_file", Of::Nobody("timelines of insurers")),
    ("calendar_load", Of::Nobody("when timelines were loaded")),
    ("calendar_past", Of::Nobody("earlier timelines")),
    ("calendar_set_aside", Of::Nobody("a load that waits")),
    ("occurrence", Of::Nobody("days that hold for everyone")),
    ("occurrence_change", Of::Nobody("which of them changed")),
    ("run", Of::Nobody("when jobs ran, in numbers")),
    ("lane", Of::Nobody("the way to the mail server; an address in a server's words is blackened")),
    ("inbound_count", Of::Nobody("numbers by day")),
    ("identity", Of::Nobody("which copy of the database this is")),
    ("erasure", Of::Nobody("keyed hashes of who was erased")),
];

/// Every address that a practice has or had.
const ADDRESSES: &str = "SELECT email FROM contact WHERE practice = ?1 UNION SELECT email FROM outbox WHERE practice = ?1 \
                         UNION SELECT email FROM unsubscribed WHERE practice = ?1 UNION SELECT email FROM greeted WHERE practice = ?1 \
                         UNION SELECT email FROM told WHERE practice = ?1";

/// Every practice of which anything is held, also one that was removed.
const PRACTICES: &str = "SELECT id FROM practice UNION SELECT practice FROM outbox UNION SELECT practice FROM told UNION SELECT practice FROM decision \
                         UNION SELECT practice FROM done UNION SELECT practice FROM snooze UNION SELECT practice FROM happened UNION SELECT practice FROM series_done \
                         UNION SELECT practice FROM greeted UNION SELECT practice FROM unsubscribed";

/// Every address that is held, except the operator's.
const ALL_ADDRESSES: &str = "SELECT email FROM contact UNION SELECT email FROM outbox WHERE practice <> '' UNION SELECT email FROM unsubscribed \
                             UNION SELECT email FROM greeted UNION SELECT email FROM dead_address UNION SELECT email FROM lane_refusal";

impl Store {
    /// Everything that is held on a practice, by table, as JSON: instants as RFC 3339, bytes as text. Tables that hold nothing are left out.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn held_on(&self, practice: &PracticeId) -> Result<Map<String, Value>, StoreError> {
        let addresses = json_list(&addresses(self.reader(), practice)?);
        let mut held = Map::new();
        for (table, of) in HELD {
            let Of::Practice(condition) = of else { continue };
            let mut query = self.reader().prepare(&format!("SELECT * FROM {table} WHERE {condition}"))?;
            let names: Vec<String> = query.column_names().map(str::to_owned).collect();
            let used = query.parameter_count();
            let rows = query.query_map(params_from_iter(&both(practice, &addresses)[..used]), |row| record(row, &names))?;
            let rows: Vec<Value> = rows.collect::<Result<_, _>>()?;
            if !rows.is_empty() {
                held.insert((*table).to_owned(), rows.into());
            }
        }
        Ok(held)
    }

    /// Every practice of which anything is held, also one that was removed; in order.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn practices_on_record(&self) -> Result<BTreeSet<PracticeId>, StoreError> {
        let mut query = self.reader().prepare(PRACTICES)?;
        let rows = query.query_map([], |row| row.get::<_, String>(0).map(PracticeId::new))?;
        let mut all: BTreeSet<PracticeId> = rows.collect::<Result<_, _>>()?;
        // The operator's mail belongs to no practice.
        all.remove(&PracticeId::new(""));
        Ok(all)
    }

    /// Every address that is held of anybody but the operator.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn addresses_on_record(&self) -> Result<BTreeSet<String>, StoreError> {
        let mut query = self.reader().prepare(ALL_ADDRESSES)?;
        let rows = query.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Every address that a practice has or had.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn addresses_of(&self, practice: &PracticeId) -> Result<Vec<String>, StoreError> {
        addresses(self.reader(), practice)
    }
}

impl Work<'_> {
    /// The addresses that a practice has or had and that are contacts of no other.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn addresses_of_alone(&self, practice: &PracticeId) -> Result<Vec<String>, StoreError> {
        let sql = format!(
            "SELECT email FROM ({ADDRESSES}) its WHERE NOT EXISTS (SELECT 1 FROM contact c WHERE c.email = its.email COLLATE NOCASE AND c.practice <> ?1)"
        );
        let mut query = self.connection().prepare(&sql)?;
        let rows = query.query_map([practice.as_str()], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

fn addresses(connection: &Connection, practice: &PracticeId) -> Result<Vec<String>, StoreError> {
    let mut query = connection.prepare(ADDRESSES)?;
    let rows = query.query_map([practice.as_str()], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn json_list(texts: &[String]) -> String {
    Value::from(texts).to_string()
}

fn both<'p>(practice: &'p PracticeId, addresses: &'p str) -> [&'p str; 2] {
    [practice.as_str(), addresses]
}

fn record(row: &Row<'_>, names: &[String]) -> rusqlite::Result<Value> {
    let mut record = Map::new();
    for (index, name) in names.iter().enumerate() {
        record.insert(name.clone(), value(row, index, name)?);
    }
    Ok(record.into())
}

fn value(row: &Row<'_>, index: usize, name: &str) -> rusqlite::Result<Value> {
    Ok(match row.get_ref(index)? {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(_) if is_instant(name) => row.get::<_, At>(index)?.0.to_rfc3339().into(),
        ValueRef::Integer(number) => number.into(),
        ValueRef::Real(number) => number.into(),
        ValueRef::Text(text) | ValueRef::Blob(text) => String::from_utf8_lossy(text).into(),
    })
}

/// How columns that hold instants are called.
fn is_instant(name: &str) -> bool {
    name == "at" || name.ends_with("_at") || name.ends_with("_since")
}
