//! What a practice would have heard had it been there: decisions, accepted mails, and the ledger of what they told.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::clock;
use crate::domain::agenda::{Agendas, Entry};
use crate::domain::corrections::Told;
use crate::domain::decide::verdict::{Reason, Verdict};
use crate::domain::decide::{DecisionKey, Rules};
use crate::domain::practices::{Happened, Practice};
use crate::job::plan::DIGEST;
use crate::store::Work;
use crate::store::agenda::Carrier;
use crate::store::error::StoreError;
use crate::store::outbox::Attempt;

/// Settles whatever was due before today: the latest of it as told, until so many rows stand in the ledger, the rest without a mail.
/// Gives the number of rows that were made.
///
/// # Errors
/// When the database cannot be written.
pub fn write(
    work: &mut Work<'_>,
    agendas: &mut Agendas<'_>,
    rules: &Rules,
    practice: &Practice,
    today: NaiveDate,
    most: u64,
) -> Result<u64, StoreError> {
    let started = work.now;
    let mut told = 0;
    let addresses = u64::try_from(practice.contacts.len()).unwrap_or(u64::MAX);
    for (day, keys) in due_before(agendas, rules, practice, today).into_iter().rev() {
        work.now = clock::instant(day, rules.send_from);
        let is_sent = told < most && addresses > 0;
        let verdict = if is_sent { Verdict::Send } else { Verdict::Skip(Reason::Overtaken) };
        for key in &keys {
            work.settle(&practice.id, key, verdict, Carrier { day, kind: DIGEST, contacts: None })?;
        }
        if is_sent {
            send(work, practice, day, &keys)?;
            told += addresses * distinct(&keys);
        }
    }
    work.now = started;
    Ok(told)
}

/// By the working day on which it was due.
fn due_before(agendas: &mut Agendas<'_>, rules: &Rules, practice: &Practice, today: NaiveDate) -> BTreeMap<NaiveDate, Vec<DecisionKey>> {
    let mut due: BTreeMap<NaiveDate, Vec<DecisionKey>> = BTreeMap::new();
    for entry in agendas.entries(practice, &Happened::new(), today, today) {
        for key in keys(rules, &entry) {
            let day = rules.quiet.due_day(entry.occurrence.milestone.kind.class(), key.last_day, key.lead);
            if day < today {
                due.entry(day).or_default().push(key);
            }
        }
    }
    due
}

fn keys(rules: &Rules, entry: &Entry<'_>) -> Vec<DecisionKey> {
    let Entry { occurrence, care_type, .. } = entry;
    let leads = rules.leads.of(occurrence);
    let key = |lead| DecisionKey { occurrence: occurrence.id.clone(), care_type: care_type.clone(), last_day: occurrence.last_day, lead };
    leads.into_iter().map(key).collect()
}

fn told(keys: &[DecisionKey]) -> Vec<Told> {
    let told = |key: &DecisionKey| Told {
        occurrence: key.occurrence.clone(),
        care_type: key.care_type.clone(),
        last_day: key.last_day,
        withdrawn: false,
    };
    let mut all: Vec<Told> = keys.iter().map(told).collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn distinct(keys: &[DecisionKey]) -> u64 {
    u64::try_from(told(keys).len()).unwrap_or(u64::MAX)
}

/// Through the same transitions as a real mail.
fn send(work: &Work<'_>, practice: &Practice, day: NaiveDate, keys: &[DecisionKey]) -> Result<(), StoreError> {
    let told = told(keys);
    let attempt = Attempt {
        at: work.now,
        outcome: "accepted".to_owned(),
        server: "localhost:25".to_owned(),
        code: Some(250),
        enhanced: None,
        text: "2.0.0 Ok".to_owned(),
    };
    for contact in &practice.contacts {
        work.queue(&practice.id, &contact.email, day, DIGEST, work.now)?;
        let Some(number) = work.mail_number(&practice.id, &contact.email, day, DIGEST)? else { continue };
        if let Some(mail) = work.claim(number)? {
            work.record_sent(&mail, &told, &attempt)?;
        }
    }
    Ok(())
}
