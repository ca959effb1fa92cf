//! Composing at the moment of sending, from what is true then.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use crate::clock;
use crate::domain::agenda::{self, Entry};
use crate::domain::almanac::Almanac;
use crate::domain::coverage;
use crate::domain::decide::{DecisionKey, EVENT_WORTH_DAYS, Memory};
use crate::domain::digest;
use crate::domain::milestones::Class;
use crate::domain::practices::{Contact, Practice};
use crate::domain::working_days::shift;
use crate::job::office::Office;
use crate::mail::compose::key::MailKind;
use crate::mail::compose::{Composed, Digest};
use crate::store::Work;
use crate::store::error::StoreError;
use crate::store::outbox::Mail;

/// A mail as it is to be handed over, with what it tells.
#[derive(Debug)]
pub struct Ready {
    /// Header and body.
    pub composed: Composed,
    /// The decisions that it carries.
    pub told: Vec<DecisionKey>,
}

/// Why there is nothing to hand over.
#[derive(Debug)]
pub enum NotReady {
    /// Nothing of it is true or useful any more.
    Cancelled(&'static str),
    /// What it would say is past.
    Expired(&'static str),
    /// It cannot be composed; parked for the operator.
    Broken(String),
}

/// Composes a claimed mail.
///
/// # Errors
/// When the database cannot be read.
pub fn compose(work: &Work<'_>, almanac: &Almanac, office: &Office, mail: &Mail) -> Result<Result<Ready, NotReady>, StoreError> {
    let Some(practice) = work.practice(&mail.practice)? else { return Ok(Err(NotReady::Cancelled("the practice is no longer there"))) };
    let Some(contact) = practice.contacts.iter().find(|contact| contact.email == mail.email) else {
        return Ok(Err(NotReady::Cancelled("the address is no longer the practice's")));
    };
    let keys: BTreeSet<DecisionKey> = work.digest(&mail.practice, mail.day, &mail.kind)?.into_iter().collect();
    let today = clock::civil_day(work.now);
    let entries = agenda::entries(almanac, &practice, &work.happened(&mail.practice)?, today, today);
    let memory = work.memory(&mail.practice)?;
    let (entries, told) = still_true(&entries, &keys, &memory);
    if entries.is_empty() {
        return Ok(Err(NotReady::Cancelled("what it would have said was moved, withdrawn or handled")));
    }
    let entries: Vec<Entry<'_>> = entries.into_iter().filter(|entry| is_worth_telling(entry, today)).collect();
    if entries.is_empty() {
        return Ok(Err(NotReady::Expired("what it would have said is past")));
    }
    let said = |key: &DecisionKey| entries.iter().any(|entry| entry.occurrence.id == key.occurrence && entry.care_type == key.care_type);
    let told = told.into_iter().filter(said).collect();
    Ok(put_together(work, almanac, office, mail, &practice, contact, entries).map(|composed| Ready { composed, told }))
}

/// The entries of which a decision of this digest still holds, with those decisions.
fn still_true<'a>(entries: &[Entry<'a>], keys: &BTreeSet<DecisionKey>, memory: &Memory) -> (Vec<Entry<'a>>, Vec<DecisionKey>) {
    let mut kept = Vec::new();
    let mut told = Vec::new();
    for entry in entries {
        let occurrence = &entry.occurrence;
        let own =
            |key: &&DecisionKey| key.occurrence == occurrence.id && key.care_type == entry.care_type && key.last_day == occurrence.last_day;
        let decisions: Vec<DecisionKey> = keys.iter().filter(own).cloned().collect();
        let handled = memory.happened.contains(&occurrence.milestone.id)
            || memory.done.contains(&(occurrence.id.clone(), entry.care_type.clone(), occurrence.last_day));
        if !decisions.is_empty() && !handled {
            kept.push(entry.clone());
            told.extend(decisions);
        }
    }
    (kept, told)
}

fn is_worth_telling(entry: &Entry<'_>, today: NaiveDate) -> bool {
    let worth = if entry.occurrence.milestone.kind.class() == Class::Event { EVENT_WORTH_DAYS } else { 0 };
    today <= shift(entry.occurrence.last_day, worth)
}

fn put_together(
    work: &Work<'_>,
    almanac: &Almanac,
    office: &Office,
    mail: &Mail,
    practice: &Practice,
    contact: &Contact,
    entries: Vec<Entry<'_>>,
) -> Result<Composed, NotReady> {
    let today = clock::civil_day(work.now);
    let items = digest::from_entries(entries.into_iter(), today);
    let gaps = coverage::gaps(almanac, practice, today);
    let kind = MailKind::of_reminder(&mail.kind).unwrap_or(MailKind::Digest);
    let said =
        Digest { kind, almanac, practice, contact, items: &items, gaps: &gaps, today, planned: mail.day, now: clock::local(work.now) };
    crate::mail::compose::digest(&office.templates, &office.sender, &said).map_err(|error| NotReady::Broken(error.to_string()))
}
