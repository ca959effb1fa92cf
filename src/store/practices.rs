//! Practices, their contacts and their subscriptions.

use chrono::NaiveDate;
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::domain::leads::OwnLeads;
use crate::domain::milestones::{Setting, Standing};
use crate::domain::names::{CareType, InsurerId, PracticeId};
use crate::domain::practices::{Agb, Contact, HeldModule, Practice, Role, Subscription};
use crate::domain::quiet::Quiet;
use crate::domain::routing::Want;
use crate::store::error::StoreError;
use crate::store::grounds::ground;
use crate::store::own_dates::own_dates;
use crate::store::{At, Day, Store, Work, name, word};

/// What stands in for a `since` that nobody wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// The day of the import: for everything that happens now.
    OrImport,
    /// Nothing: for export, and for questions as of another day.
    AsWritten,
}

impl Store {
    /// All identities, in order.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn practice_ids(&self) -> Result<Vec<PracticeId>, StoreError> {
        ids(self.reader())
    }

    /// A practice by its identity.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn practice(&self, id: &PracticeId, since: Since) -> Result<Option<Practice>, StoreError> {
        read(self.reader(), id, since)
    }

    /// All practices, in order of identity.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn practices(&self, since: Since) -> Result<Vec<Practice>, StoreError> {
        let found: Result<Vec<Option<Practice>>, StoreError> = self.practice_ids()?.iter().map(|id| self.practice(id, since)).collect();
        Ok(found?.into_iter().flatten().collect())
    }
}

impl Work<'_> {
    /// A practice by its identity.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn practice(&self, id: &PracticeId) -> Result<Option<Practice>, StoreError> {
        read(self.connection(), id, Since::OrImport)
    }

    /// All identities, in order.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn practice_ids(&self) -> Result<Vec<PracticeId>, StoreError> {
        ids(self.connection())
    }

    /// Writes a practice, new or in place of what was there. A subscription is on record from `today`, unless it was already.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn put_practice(&self, practice: &Practice, today: NaiveDate) -> Result<(), StoreError> {
        let before = self.subscribed_on(&practice.id)?;
        self.put_head(practice)?;
        for clear in ["DELETE FROM contact WHERE practice = ?1", "DELETE FROM subscription WHERE practice = ?1"] {
            self.connection().prepare_cached(clear)?.execute([practice.id.as_str()])?;
        }
        for (position, contact) in (0..).zip(&practice.contacts) {
            self.put_contact(&practice.id, position, contact)?;
        }
        for (position, subscription) in (0..).zip(&practice.subscriptions) {
            let subscribed_on = since_on_record(&before, subscription).unwrap_or(today);
            self.put_subscription(&practice.id, position, subscription, subscribed_on)?;
        }
        self.put_ground(&practice.id, practice.ground.as_ref())?;
        self.put_own_dates(&practice.id, practice.own.dates(), today)
    }

    fn put_head(&self, practice: &Practice) -> Result<(), StoreError> {
        let upsert = "INSERT INTO practice (id, name, agb, look_at, salutation, leads, quiet) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) \
                      ON CONFLICT (id) DO UPDATE SET name = excluded.name, agb = excluded.agb, look_at = excluded.look_at, \
                      salutation = excluded.salutation, leads = excluded.leads, quiet = excluded.quiet";
        let agb = practice.agb.as_ref().map(Agb::as_str);
        let (leads, quiet) = (practice.leads.to_string(), practice.quiet.to_string());
        let row = params![practice.id.as_str(), practice.name, agb, At(self.now), practice.salutation, leads, quiet];
        self.connection().prepare_cached(upsert)?.execute(row)?;
        Ok(())
    }

    /// The day of the import that brought a subscription; of the first, where there are several.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn imported_on(&self, practice: &PracticeId, insurer: &InsurerId, care_type: &CareType) -> Result<Option<NaiveDate>, StoreError> {
        let of_these = |(of, subject, ..): &&(String, String, String, NaiveDate)| of == insurer.as_str() && subject == care_type.as_str();
        Ok(self.subscribed_on(practice)?.iter().filter(of_these).map(|(.., day)| *day).min())
    }

    fn subscribed_on(&self, practice: &PracticeId) -> Result<OnRecord, StoreError> {
        let sql = "SELECT insurer, care_type, setting, subscribed_on FROM subscription WHERE practice = ?1";
        let mut query = self.connection().prepare_cached(sql)?;
        let rows = query.query_map([practice.as_str()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get::<_, Day>(3)?.0)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn put_contact(&self, practice: &PracticeId, position: i64, contact: &Contact) -> Result<(), StoreError> {
        let insert = "INSERT INTO contact (practice, position, email, name, role, salutation, wants) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        let mut write = self.connection().prepare_cached(insert)?;
        let (role, wants) = (contact.role.map(Role::as_str), contact.wants.iter().map(|want| want.as_str()).collect::<Vec<_>>());
        let (email, name, salutation) = (&contact.email, &contact.name, &contact.salutation);
        write.execute(params![practice.as_str(), position, email, name, role, salutation, wants.join(" ")])?;
        Ok(())
    }

    fn put_subscription(
        &self,
        practice: &PracticeId,
        position: i64,
        subscription: &Subscription,
        subscribed_on: NaiveDate,
    ) -> Result<(), StoreError> {
        let insert = "INSERT INTO subscription (practice, position, insurer, care_type, standing, start, setting, ended, since, subscribed_on) \
                      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
        self.connection().prepare_cached(insert)?.execute(params![
            practice.as_str(),
            position,
            subscription.insurer.as_str(),
            subscription.care_type.as_str(),
            subscription.standing.map(Standing::as_str),
            subscription.start.map(Day),
            subscription.setting.as_str(),
            subscription.end.map(Day),
            subscription.since.map(Day),
            Day(subscribed_on),
        ])?;
        let id = self.connection().last_insert_rowid();
        let mut modules = self
            .connection()
            .prepare_cached("INSERT INTO subscription_module (subscription, position, module, start) VALUES (?1, ?2, ?3, ?4)")?;
        for (position, module) in (0_i64..).zip(&subscription.modules) {
            modules.execute(params![id, position, module.id.as_str(), module.start.map(Day)])?;
        }
        let mut traits = self.connection().prepare_cached("INSERT INTO subscription_trait (subscription, trait) VALUES (?1, ?2)")?;
        for held in &subscription.traits {
            traits.execute(params![id, held])?;
        }
        Ok(())
    }

    /// Every combination of insurer, care type, setting and end that is subscribed to, with the number of practices.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn distinct_subscriptions(&self) -> Result<Vec<(Subscription, u64)>, StoreError> {
        let sql = "SELECT insurer, care_type, setting, ended, count(DISTINCT practice) FROM subscription \
                   GROUP BY insurer, care_type, setting, ended ORDER BY insurer, care_type, setting, ended";
        let mut query = self.connection().prepare_cached(sql)?;
        let rows = query.query_map([], |row| {
            let mut subscription = Subscription::new(name(row, 0)?, name(row, 1)?);
            subscription.setting = word(row.get(2)?, Setting::parse)?;
            subscription.end = row.get::<_, Option<Day>>(3)?.map(|Day(day)| day);
            Ok((subscription, row.get::<_, i64>(4)?.unsigned_abs()))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Takes a practice away. What it did stays on record, and mail that is not on its way yet is cancelled.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn remove_practice(&self, id: &PracticeId) -> Result<bool, StoreError> {
        let removed = self.connection().execute("DELETE FROM practice WHERE id = ?1", [id.as_str()])?;
        self.cancel_mail_of(id, "the practice was removed")?;
        Ok(removed > 0)
    }
}

/// Insurer, care type, setting, and the day from which they are on record.
type OnRecord = Vec<(String, String, String, NaiveDate)>;

fn since_on_record(before: &OnRecord, subscription: &Subscription) -> Option<NaiveDate> {
    let same = |(insurer, care_type, setting, _): &&(String, String, String, NaiveDate)| {
        insurer == subscription.insurer.as_str() && care_type == subscription.care_type.as_str() && setting == subscription.setting.as_str()
    };
    before.iter().find(same).map(|(.., day)| *day)
}

fn ids(connection: &Connection) -> Result<Vec<PracticeId>, StoreError> {
    let mut query = connection.prepare_cached("SELECT id FROM practice ORDER BY id")?;
    let rows = query.query_map([], |row| row.get::<_, String>(0).map(PracticeId::new))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn read(connection: &Connection, id: &PracticeId, since: Since) -> Result<Option<Practice>, StoreError> {
    let mut query = connection.prepare_cached("SELECT name, agb, salutation, leads, quiet FROM practice WHERE id = ?1")?;
    let head = query.query_row([id.as_str()], |row| head(id, row)).optional()?;
    let Some(practice) = head else { return Ok(None) };
    Ok(Some(Practice {
        contacts: contacts(connection, id)?,
        subscriptions: subscriptions(connection, id, since)?,
        own: own_dates(connection, id, since)?,
        ground: ground(connection, id)?,
        ..practice
    }))
}

fn head(id: &PracticeId, row: &Row<'_>) -> rusqlite::Result<Practice> {
    Ok(Practice {
        agb: row.get::<_, Option<String>>(1)?.and_then(|text| Agb::parse(&text).ok()),
        salutation: row.get(2)?,
        leads: word(row.get(3)?, |text| OwnLeads::parse(text).ok())?,
        quiet: word(row.get(4)?, |text| Quiet::parse(text).ok())?,
        ..Practice::new(id.clone(), row.get::<_, String>(0)?)
    })
}

fn contacts(connection: &Connection, practice: &PracticeId) -> Result<Vec<Contact>, StoreError> {
    let mut query =
        connection.prepare_cached("SELECT email, name, role, salutation, wants FROM contact WHERE practice = ?1 ORDER BY position")?;
    let rows = query.query_map([practice.as_str()], |row| {
        let role = row.get::<_, Option<String>>(2)?.map(|text| word(text, Role::parse)).transpose()?;
        let wants = word(row.get(4)?, |text| text.split_whitespace().map(Want::parse).collect())?;
        Ok(Contact { email: row.get(0)?, name: row.get(1)?, role, salutation: row.get(3)?, wants })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn subscriptions(connection: &Connection, practice: &PracticeId, since: Since) -> Result<Vec<Subscription>, StoreError> {
    let sql = "SELECT id, insurer, care_type, standing, start, setting, ended, since, subscribed_on FROM subscription WHERE practice = ?1 ORDER BY position";
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map([practice.as_str()], |row| Ok((row.get::<_, i64>(0)?, subscription(row, since)?)))?;
    let mut found = rows.collect::<Result<Vec<_>, _>>()?;
    for (of, module) in modules(connection, practice)? {
        found.iter_mut().filter(|(id, _)| *id == of).for_each(|(_, subscription)| subscription.modules.push(module.clone()));
    }
    for (of, held) in traits(connection, practice)? {
        found.iter_mut().filter(|(id, _)| *id == of).for_each(|(_, subscription)| subscription.traits.push(held.clone()));
    }
    Ok(found.into_iter().map(|(_, subscription)| subscription).collect())
}

fn subscription(row: &Row<'_>, since: Since) -> rusqlite::Result<Subscription> {
    let day = |index| row.get::<_, Option<Day>>(index).map(|day| day.map(|Day(day)| day));
    let mut subscription = Subscription::new(name(row, 1)?, name(row, 2)?);
    subscription.standing = row.get::<_, Option<String>>(3)?.map(|text| word(text, Standing::parse)).transpose()?;
    subscription.start = day(4)?;
    subscription.setting = word(row.get(5)?, Setting::parse)?;
    subscription.end = day(6)?;
    subscription.since = match since {
        Since::AsWritten => day(7)?,
        Since::OrImport => day(7)?.or(day(8)?),
    };
    Ok(subscription)
}

/// Of all its subscriptions, in one question: the number of the subscription, and what it holds.
fn modules(connection: &Connection, practice: &PracticeId) -> Result<Vec<(i64, HeldModule)>, StoreError> {
    let sql = "SELECT m.subscription, m.module, m.start FROM subscription s JOIN subscription_module m ON m.subscription = s.id \
               WHERE s.practice = ?1 ORDER BY m.position";
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map([practice.as_str()], |row| {
        let start = row.get::<_, Option<Day>>(2)?.map(|Day(day)| day);
        Ok((row.get(0)?, HeldModule { id: name(row, 1)?, start }))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn traits(connection: &Connection, practice: &PracticeId) -> Result<Vec<(i64, String)>, StoreError> {
    let sql = "SELECT t.subscription, t.trait FROM subscription s JOIN subscription_trait t ON t.subscription = s.id \
               WHERE s.practice = ?1 ORDER BY t.trait";
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map([practice.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
