//! Erasing: rows go, what other rows say in passing is blackened, and nothing of it stays in free pages or the log.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use rusqlite::{params, params_from_iter};

use crate::domain::names::PracticeId;
use crate::store::error::StoreError;
use crate::store::personal::{HELD, Of, both, json_list};
use crate::store::{At, Day, Store, Work};

/// What stands where something was blackened.
const BLACKENED: &str = "[erased]";

/// What was erased: a practice, or an address wherever it stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// A practice with everything held on it.
    Practice,
    /// One address.
    Address,
}

impl What {
    /// The word in the database and the list.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Practice => "practice",
            Self::Address => "address",
        }
    }

    /// Reads the word; `None` for any other.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Practice, Self::Address].into_iter().find(|what| what.as_str() == text)
    }
}

/// The proof of an erasure: nothing in it names anybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// As in the list beside the database.
    pub id: String,
    /// What was erased.
    pub what: What,
    /// Its keyed hash.
    pub hash: String,
    /// How many rows went or were blackened.
    pub rows: u64,
}

/// Text that may quote an address or name a practice: table, key and column.
const QUOTING: [(&str, &str, &str); 4] =
    [("notice", "id", "text"), ("attempt", "id", "text"), ("outbox", "id", "reason"), ("lane", "only_one", "reason")];

impl Store {
    /// The erasures that this database has been through.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn erasures(&self) -> Result<BTreeSet<String>, StoreError> {
        let mut query = self.reader().prepare("SELECT id FROM erasure")?;
        let rows = query.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// What goes is overwritten from now on, on this connection.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub fn overwrite_what_goes(&mut self) -> Result<(), StoreError> {
        Ok(self.connection.pragma_update(None, "secure_delete", true)?)
    }

    /// What goes is overwritten no more: delivery frees the bytes of each mail, and would write them twice.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub fn stop_overwriting(&mut self) -> Result<(), StoreError> {
        Ok(self.connection.pragma_update(None, "secure_delete", false)?)
    }

    /// Writes the database anew without its free pages, and empties the log: what earlier deletions left behind is gone from both files.
    ///
    /// # Errors
    /// When there is no room for a second copy, or somebody else uses the database all the time; then it can be done again.
    pub fn leave_no_remains(&mut self) -> Result<(), StoreError> {
        self.connection.execute_batch("VACUUM")?;
        let busy: i64 = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        if busy == 0 { Ok(()) } else { Err(StoreError::Locked) }
    }
}

impl Work<'_> {
    /// Whether a mail of a practice or to an address is in a courier's hands right now.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn is_in_hand(&self, what: What, value: &str) -> Result<bool, StoreError> {
        let column = match what {
            What::Practice => "practice = ?1",
            What::Address => "email = ?1 COLLATE NOCASE",
        };
        let sql = format!("SELECT EXISTS (SELECT 1 FROM outbox WHERE state = 'sending' AND {column})");
        Ok(self.connection().query_row(&sql, [value], |row| row.get(0))?)
    }

    /// Takes away everything that is held on a practice; `alone` are the addresses that no other practice has. Says how many rows.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn erase_practice(&self, practice: &PracticeId, alone: &[String]) -> Result<u64, StoreError> {
        self.connection().pragma_update(None, "defer_foreign_keys", true)?;
        let name: Option<String> = self
            .connection()
            .prepare("SELECT name FROM practice WHERE id = ?1")?
            .query_map([practice.as_str()], |row| row.get(0))?
            .next()
            .transpose()?;
        let list = json_list(alone);
        let mut rows = self.erase_notices(&list, "practice = ?1", practice.as_str())?;
        for (table, of) in HELD.iter().filter(|(table, _)| *table != "notice") {
            if let Of::Practice(condition) = of {
                let mut delete = self.connection().prepare(&format!("DELETE FROM {table} WHERE {condition}"))?;
                let used = delete.parameter_count();
                rows += delete.execute(params_from_iter(&both(practice, &list)[..used]))? as u64;
            }
        }
        let words: Vec<&str> = alone.iter().map(String::as_str).chain([practice.as_str()]).chain(name.as_deref()).collect();
        rows += self.blacken(&words)?;
        self.compose_operators_mail_anew()?;
        Ok(rows)
    }

    /// Takes an address away wherever it stands. What its practices then have told nobody is told to their other addresses. Says how many rows.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn erase_address(&self, email: &str, today: NaiveDate) -> Result<u64, StoreError> {
        self.connection().pragma_update(None, "defer_foreign_keys", true)?;
        let practices = self.practices_with(email)?;
        let list = json_list(&[email.to_owned()]);
        let mut rows = self.erase_notices(&list, "email = ?1 COLLATE NOCASE", email)?;
        rows += self.connection().execute("DELETE FROM contact WHERE email = ?1 COLLATE NOCASE", [email])? as u64;
        for practice in &practices {
            self.give_up_address(practice, email, today, BLACKENED)?;
        }
        rows += self.strike_from_decisions(email, today)?;
        for (table, condition) in [
            ("attempt", "mail IN (SELECT id FROM outbox WHERE email = ?1 COLLATE NOCASE AND practice <> '')"),
            ("told", "mail IN (SELECT id FROM outbox WHERE email = ?1 COLLATE NOCASE AND practice <> '')"),
            ("unanswered", "mail IN (SELECT id FROM outbox WHERE email = ?1 COLLATE NOCASE AND practice <> '')"),
            ("outbox", "email = ?1 COLLATE NOCASE AND practice <> ''"),
            ("told", "email = ?1 COLLATE NOCASE"),
            ("greeted", "email = ?1"),
            ("unsubscribed", "email = ?1"),
            ("dead_address", "email = ?1"),
            ("lane_refusal", "email = ?1"),
        ] {
            rows += self.connection().execute(&format!("DELETE FROM {table} WHERE {condition}"), [email])? as u64;
        }
        rows += self.erase_hearer(email)?;
        rows += self.blacken(&[email])?;
        self.compose_operators_mail_anew()?;
        Ok(rows)
    }

    /// Takes an address out of the lists of those for whom decisions were taken.
    fn erase_hearer(&self, email: &str) -> Result<u64, StoreError> {
        let update = "UPDATE decision SET contacts = (SELECT json_group_array(value) FROM json_each(contacts) WHERE value <> ?1 COLLATE NOCASE) \
                      WHERE contacts IS NOT NULL AND EXISTS (SELECT 1 FROM json_each(contacts) WHERE value = ?1 COLLATE NOCASE)";
        Ok(self.connection().execute(update, [email])? as u64)
    }

    /// A decision may name who hears it. One that then nobody hears is taken anew, for those who are left.
    fn strike_from_decisions(&self, email: &str, today: NaiveDate) -> Result<u64, StoreError> {
        let strike = "UPDATE decision SET contacts = (SELECT json_group_array(value) FROM json_each(contacts) WHERE value <> ?1 COLLATE NOCASE) \
                      WHERE EXISTS (SELECT 1 FROM json_each(contacts) WHERE value = ?1 COLLATE NOCASE)";
        let struck = self.connection().execute(strike, [email])? as u64;
        self.connection().execute("DELETE FROM decision WHERE contacts = '[]' AND last_day >= ?1", [Day(today)])?;
        Ok(struck)
    }

    /// Notices whose subject it is, or that were told in a mail that goes; what others say of it is blackened afterwards.
    fn erase_notices(&self, addresses: &str, mails: &str, value: &str) -> Result<u64, StoreError> {
        let its_mails = format!("SELECT id FROM outbox WHERE practice <> '' AND {mails}");
        let delete = format!(
            "DELETE FROM notice WHERE subject = ?1 OR subject COLLATE NOCASE IN (SELECT value FROM json_each(?2)) \
             OR mail IN ({its_mails}) OR subject IN (SELECT 'mail ' || id FROM ({its_mails}))"
        );
        Ok(self.connection().execute(&delete, params![value, addresses])? as u64)
    }

    /// Blackens words in texts that are about something else.
    fn blacken(&self, words: &[&str]) -> Result<u64, StoreError> {
        let list = json_list(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
        let mut blackened = 0;
        for (table, key, column) in QUOTING {
            let select = format!(
                "SELECT {key}, {column} FROM {table} WHERE EXISTS (SELECT 1 FROM json_each(?1) word WHERE instr(lower({column}), lower(word.value)) > 0)"
            );
            let mut query = self.connection().prepare(&select)?;
            let found: Vec<(i64, String)> = query.query_map([&list], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
            let mut update = self.connection().prepare(&format!("UPDATE {table} SET {column} = ?2 WHERE {key} = ?1"))?;
            for (id, text) in found {
                let clean = words.iter().fold(text.clone(), |text, word| without(&text, word));
                blackened += if clean == text { 0 } else { update.execute(params![id, clean])? as u64 };
            }
        }
        Ok(blackened)
    }

    /// A mail to the operator that was handed over without an answer may quote anything: it goes again as it reads now.
    fn compose_operators_mail_anew(&self) -> Result<(), StoreError> {
        let update = "UPDATE outbox SET says = NULL, subject = NULL, state = CASE state WHEN 'uncertain' THEN 'queued' ELSE state END \
                      WHERE practice = '' AND state <> 'sending' AND id IN (SELECT mail FROM unanswered)";
        self.connection().execute(update, [])?;
        let delete = "DELETE FROM unanswered WHERE mail IN (SELECT id FROM outbox WHERE practice = '' AND state <> 'sending')";
        self.connection().execute(delete, [])?;
        Ok(())
    }

    /// Records that something was erased, and nothing of what it was.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn prove_erasure(&self, proof: &Proof) -> Result<(), StoreError> {
        let insert = "INSERT OR IGNORE INTO erasure (id, at, what, hash, rows) VALUES (?1, ?2, ?3, ?4, ?5)";
        let rows = i64::try_from(proof.rows).unwrap_or(i64::MAX);
        self.connection().execute(insert, params![proof.id, At(self.now), proof.what.as_str(), proof.hash, rows])?;
        Ok(())
    }
}

/// A text without a word, in whatever letters it stands there; parts of longer words stay.
fn without(text: &str, word: &str) -> String {
    let (lower, wanted) = (text.to_ascii_lowercase(), word.to_ascii_lowercase());
    let mut clean = String::new();
    let mut copied = 0;
    let mut from = 0;
    while let Some(found) = lower.get(from..).and_then(|rest| rest.find(&wanted)).filter(|_| !wanted.is_empty()) {
        let (start, end) = (from + found, from + found + wanted.len());
        let inside = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '-' || c == '_');
        if !inside(text[..start].chars().next_back()) && !inside(text[end..].chars().next()) {
            clean += &text[copied..start];
            clean += BLACKENED;
            copied = end;
        }
        from = end;
    }
    clean + &text[copied..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_word_itself_is_blackened() {
        let cases = [
            ("550 <Info@P1.example>: unknown", "info@p1.example", "550 <[erased]>: unknown"),
            ("of p1, p10, my-p1: gone", "p1", "of [erased], p10, my-p1: gone"),
            ("Één p1 é p1", "p1", "Één [erased] é [erased]"),
            ("nothing", "", "nothing"),
        ];
        for (text, word, expected) in cases {
            assert_eq!(without(text, word), expected);
        }
    }
}
