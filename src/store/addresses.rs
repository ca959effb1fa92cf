//! Which addresses can be written to: dead ones, and ones that asked for no more. Both survive imports.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rusqlite::{Connection, OptionalExtension, params};

use crate::domain::names::PracticeId;
use crate::domain::practices::{Contact, Practice};
use crate::store::error::StoreError;
use crate::store::{At, Day, Store, Work};

/// Why an address gets no mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lost {
    /// It takes none; with what a server said.
    Dead(String),
    /// It asked for none.
    Unsubscribed,
}

/// The lost addresses of a practice, in lower case.
pub type LostAddresses = BTreeMap<String, Lost>;

impl Store {
    /// Which addresses of a practice get no mail.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn lost_addresses(&self, practice: &Practice) -> Result<LostAddresses, StoreError> {
        lost(self.reader(), practice)
    }
}

impl Work<'_> {
    /// Which addresses of a practice get no mail.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn lost_addresses(&self, practice: &Practice) -> Result<LostAddresses, StoreError> {
        lost(self.connection(), practice)
    }

    /// The contacts of a practice that mail reaches, as far as is known.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn working_contacts(&self, practice: &Practice) -> Result<Vec<Contact>, StoreError> {
        let lost = self.lost_addresses(practice)?;
        Ok(practice.contacts.iter().filter(|contact| !lost.contains_key(&contact.email.to_lowercase())).cloned().collect())
    }

    /// Records that an address takes no mail; says whether that is new.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn mark_dead(&self, email: &str, reason: &str) -> Result<bool, StoreError> {
        let insert = "INSERT OR IGNORE INTO dead_address (email, reason, at) VALUES (?1, ?2, ?3)";
        Ok(self.connection().execute(insert, params![email, reason, At(self.now)])? == 1)
    }

    /// Why an address takes no mail, if it is known to take none.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn dead(&self, email: &str) -> Result<Option<String>, StoreError> {
        dead(self.connection(), email)
    }

    /// Takes the mark of [`Self::mark_dead`] back; says whether there was one.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn revive(&self, email: &str) -> Result<bool, StoreError> {
        Ok(self.connection().execute("DELETE FROM dead_address WHERE email = ?1", [email])? > 0)
    }

    /// Records that an address wants no more mail about a practice; says whether that is new.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn unsubscribe(&self, practice: &PracticeId, email: &str) -> Result<bool, StoreError> {
        let insert = "INSERT OR IGNORE INTO unsubscribed (practice, email, at) VALUES (?1, ?2, ?3)";
        Ok(self.connection().execute(insert, params![practice.as_str(), email, At(self.now)])? == 1)
    }

    /// Takes an unsubscription back; says whether there was one.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn resubscribe(&self, practice: &PracticeId, email: &str) -> Result<bool, StoreError> {
        let delete = "DELETE FROM unsubscribed WHERE practice = ?1 AND email = ?2";
        let taken_back = self.connection().execute(delete, params![practice.as_str(), email])? > 0;
        self.look_again(practice)?;
        Ok(taken_back)
    }

    /// Every address that a practice has or had: its contacts, whom it was mailed at, and who unsubscribed.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn addresses_ever(&self, practice: &PracticeId) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT email FROM contact WHERE practice = ?1 UNION SELECT email FROM outbox WHERE practice = ?1 \
                   UNION SELECT email FROM unsubscribed WHERE practice = ?1";
        let mut query = self.connection().prepare_cached(sql)?;
        let rows = query.query_map([practice.as_str()], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The practices that have an address among their contacts.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn practices_with(&self, email: &str) -> Result<Vec<PracticeId>, StoreError> {
        let mut query =
            self.connection().prepare_cached("SELECT practice FROM contact WHERE email = ?1 COLLATE NOCASE ORDER BY practice")?;
        let rows = query.query_map([email], |row| row.get::<_, String>(0).map(PracticeId::new))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Cancels what is not on its way to an address yet, and arms anew what then nobody of the practice has heard or will hear.
    ///
    /// Without the second, a deadline whose only reminder bounced would stay settled, and be silent at the address that replaces it.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn give_up_address(&self, practice: &PracticeId, email: &str, today: NaiveDate, reason: &str) -> Result<(), StoreError> {
        let cancel = "UPDATE outbox SET state = 'cancelled', state_since = ?3, reason = ?4 \
                      WHERE practice = ?1 AND email = ?2 COLLATE NOCASE AND state IN ('queued', 'deferred', 'held')";
        self.connection().execute(cancel, params![practice.as_str(), email, At(self.now), reason])?;
        let rearm = "DELETE FROM decision WHERE practice = ?1 AND verdict = 'send' AND last_day >= ?2 AND NOT EXISTS (\
                     SELECT 1 FROM outbox o WHERE o.practice = decision.practice AND o.day = decision.digest_day AND o.kind = decision.digest_kind \
                     AND o.state NOT IN ('cancelled', 'expired', 'failed') \
                     AND NOT EXISTS (SELECT 1 FROM attempt a WHERE a.mail = o.id AND a.outcome = 'bounced'))";
        self.connection().execute(rearm, params![practice.as_str(), Day(today)])?;
        self.look_again(practice)
    }
}

fn lost(connection: &Connection, practice: &Practice) -> Result<LostAddresses, StoreError> {
    let mut lost = LostAddresses::new();
    for contact in &practice.contacts {
        if let Some(reason) = dead(connection, &contact.email)? {
            lost.insert(contact.email.to_lowercase(), Lost::Dead(reason));
        }
    }
    let mut query = connection.prepare_cached("SELECT email FROM unsubscribed WHERE practice = ?1")?;
    let rows = query.query_map([practice.id.as_str()], |row| row.get::<_, String>(0))?;
    for email in rows {
        lost.insert(email?.to_lowercase(), Lost::Unsubscribed);
    }
    Ok(lost)
}

fn dead(connection: &Connection, email: &str) -> Result<Option<String>, StoreError> {
    let mut query = connection.prepare_cached("SELECT reason FROM dead_address WHERE email = ?1")?;
    Ok(query.query_row([email], |row| row.get(0)).optional()?)
}
