//! Who reads: which addresses of a practice get mail, which unsubscribed, and what happens when one is lost. It survives imports.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::{Connection, params};

use crate::domain::names::PracticeId;
use crate::domain::practices::{Contact, Practice};
use crate::store::addresses::one;
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

    /// When a practice lost the last of the addresses that it lost; `None`: none is lost.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn last_loss(&self, practice: &PracticeId) -> Result<Option<DateTime<Utc>>, StoreError> {
        let sql = "SELECT max(at) FROM (SELECT d.at FROM dead_address d JOIN contact c ON d.email = c.email WHERE c.practice = ?1 \
                   UNION ALL SELECT at FROM unsubscribed WHERE practice = ?1)";
        let last = self.connection().prepare_cached(sql)?.query_row([practice.as_str()], |row| row.get::<_, Option<At>>(0))?;
        Ok(last.map(|At(at)| at))
    }

    /// Cancels what is not on its way to an address yet, and arms anew what then nobody of the practice has heard or will hear.
    ///
    /// Without the second, a deadline whose only reminder bounced would stay settled, and be silent at the address that replaces it.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn give_up_address(&self, practice: &PracticeId, email: &str, today: NaiveDate, reason: &str) -> Result<(), StoreError> {
        self.cancel_mail_to(practice, email, reason)?;
        let rearm = "DELETE FROM decision WHERE practice = ?1 AND verdict = 'send' AND last_day >= ?2 AND NOT EXISTS (\
                     SELECT 1 FROM outbox o WHERE o.practice = decision.practice AND o.day = decision.digest_day AND (o.kind = decision.digest_kind OR o.kind LIKE decision.digest_kind || '+%') \
                     AND (decision.contacts IS NULL OR EXISTS (SELECT 1 FROM json_each(decision.contacts) WHERE value = o.email COLLATE NOCASE)) \
                     AND o.state NOT IN ('cancelled', 'expired', 'failed') \
                     AND NOT EXISTS (SELECT 1 FROM attempt a WHERE a.mail = o.id AND a.outcome = 'bounced'))";
        self.connection().execute(rearm, params![practice.as_str(), Day(today)])?;
        self.look_again(practice)
    }
}

fn lost(connection: &Connection, practice: &Practice) -> Result<LostAddresses, StoreError> {
    let mut lost = LostAddresses::new();
    for contact in &practice.contacts {
        if let Some(dead) = one(connection, &contact.email)? {
            lost.insert(contact.email.to_lowercase(), Lost::Dead(dead.reason));
        }
    }
    let mut query = connection.prepare_cached("SELECT email FROM unsubscribed WHERE practice = ?1")?;
    let rows = query.query_map([practice.id.as_str()], |row| row.get::<_, String>(0))?;
    for email in rows {
        lost.insert(email?.to_lowercase(), Lost::Unsubscribed);
    }
    Ok(lost)
}
