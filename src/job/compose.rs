//! Composing at the moment of sending, from what is true then.

use std::collections::BTreeSet;
use std::fmt;

use chrono::{DateTime, NaiveDate, Utc};

use crate::clock;
use crate::domain::agenda::{self, Agendas, Entry};
use crate::domain::almanac::Almanac;
use crate::domain::corrections::Told;
use crate::domain::coverage;
use crate::domain::decide::{DecisionKey, Memory, Rules, quiet, worth_until};
use crate::domain::digest;
use crate::domain::names::{CareType, OccurrenceId};
use crate::domain::notices::NoticeKind;
use crate::domain::practices::{Contact, Practice};
use crate::domain::routing::{is_for, remark, stage};
use crate::job::correct::{Case, compose_correction, said_by_correction};
use crate::job::office::{Office, row};
use crate::job::{farewell, operator_mail, overview};
use crate::mail::compose::calendar::CalendarFacts;
use crate::mail::compose::key::MailKind;
use crate::mail::compose::{Composed, Digest, Remarks};
use crate::store::Work;
use crate::store::error::StoreError;
use crate::store::outbox::Mail;
use crate::store::subscribers::Lost;

/// A mail as it is to be handed over, with what it tells.
#[derive(Debug)]
pub struct Ready {
    /// Header and body.
    pub composed: Composed,
    /// What it tells, for the ledger.
    pub told: Vec<Told>,
}

/// A mail of which all is read that it says. Writing it takes neither the database nor its turn, so several are written side by side.
pub struct Draft<'a> {
    /// What it tells, for the ledger.
    pub told: Vec<Told>,
    write: Box<dyn FnOnce() -> Result<Composed, NotReady> + Send + 'a>,
}

impl Draft<'_> {
    /// Header and body.
    ///
    /// # Errors
    /// [`NotReady::Broken`], where a template fails.
    pub fn write(self) -> Result<Composed, NotReady> {
        (self.write)()
    }
}

impl From<Ready> for Draft<'_> {
    fn from(Ready { composed, told }: Ready) -> Self {
        Self { told, write: Box::new(move || Ok(composed)) }
    }
}

impl fmt::Debug for Draft<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Draft").field("told", &self.told.len()).finish_non_exhaustive()
    }
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

/// Composes a claimed mail, as far as it takes the database.
///
/// # Errors
/// When the database cannot be read.
pub fn compose<'a>(
    work: &Work<'_>,
    agendas: &mut Agendas<'a>,
    office: &'a Office,
    mail: &Mail,
) -> Result<Result<Draft<'a>, NotReady>, StoreError> {
    let almanac = agendas.almanac();
    if mail.practice == operator_mail::operator() {
        return Ok(operator_mail::compose(work, office, mail)?.map(|composed| Ready { composed, told: Vec::new() }.into()));
    }
    if let Some(kind) = farewell::kind_of(mail) {
        return Ok(farewell::compose(work, almanac, office, mail, kind)?.map(Draft::from));
    }
    let Some(practice) = work.practice(&mail.practice)? else { return Ok(Err(NotReady::Cancelled("the practice is no longer there"))) };
    let Some(contact) = practice.contacts.iter().find(|contact| contact.email == mail.email) else {
        hand_on(work, &practice, mail)?;
        return Ok(Err(NotReady::Cancelled("the address is no longer the practice's")));
    };
    let lost = work.lost_addresses(&practice)?;
    match lost.get(&mail.email.to_lowercase()) {
        Some(Lost::Dead(reason)) => return Ok(Err(NotReady::Broken(format!("the address is dead: {reason}")))),
        Some(Lost::Unsubscribed) => return Ok(Err(NotReady::Cancelled("the address unsubscribed"))),
        None => {}
    }
    if let Some((kind @ MailKind::Correction(_), _)) = MailKind::parse(&mail.kind) {
        return Ok(compose_correction(work, almanac, office, mail, kind, &practice)?.map(Draft::from));
    }
    if let Some(occasion) = overview::occasion_of(mail) {
        return Ok(overview::ready(work, almanac, office, mail, (&practice, contact), occasion)?.map(Draft::from));
    }
    let working: Vec<Contact> =
        practice.contacts.iter().filter(|contact| !lost.contains_key(&contact.email.to_lowercase())).cloned().collect();
    let carried = work.digest(&mail.practice, mail.day, mail.base_kind())?.into_iter();
    let ours = carried.filter(|(_, contacts)| is_for(contacts.as_deref(), &mail.email, &working));
    let keys: BTreeSet<DecisionKey> = ours.map(|(key, _)| key).collect();
    let today = clock::civil_day(work.now);
    let (happened, memory) = (work.happened(&mail.practice)?, work.marks(&mail.practice)?);
    let of_calendars = agendas.entries(&practice, &happened, today, today);
    let agenda = agenda::with_own(of_calendars.clone(), &practice, today, today);
    let (mut entries, told) = still_true(&agenda, &keys, &memory, today);
    if entries.is_empty() {
        return Ok(Err(NotReady::Cancelled("what it would have said was moved, withdrawn or handled")));
    }
    let case = Case { almanac, practice: &practice, happened: &happened, memory: &memory, entries: &agenda, today };
    let elsewhere = said_by_correction(work, office, &case, mail)?;
    entries.retain(|entry| !elsewhere.contains(&said_by(entry)));
    if entries.is_empty() {
        return Ok(Err(NotReady::Cancelled("a correction says it")));
    }
    let rules = office.rules.of(&practice);
    let (entries, late): (Vec<Entry<'_>>, Vec<Entry<'_>>) = entries.into_iter().partition(|entry| today <= worth_until(&rules, entry));
    tell_too_late(work, mail, &late)?;
    if entries.is_empty() {
        return Ok(Err(NotReady::Expired("what it would have said is past")));
    }
    let said = |key: &&DecisionKey| entries.iter().any(|entry| entry.occurrence.id == key.occurrence && entry.care_type == key.care_type);
    let keys: Vec<&DecisionKey> = told.iter().filter(said).collect();
    let remarks = remarks(&rules, (&working, contact), &entries, &keys, today);
    let changes = work.change_counts(entries.iter().map(|entry| &entry.occurrence.id))?;
    let told = keys.into_iter().map(as_told).collect();
    let kept: BTreeSet<Said> = entries.iter().map(said_by).collect();
    let (mail, contact, now) = (mail.clone(), contact.clone(), work.now);
    let write = move || {
        // The practice comes along, and its own dates live in it: they are found again there.
        let mut entries = agenda::with_own(of_calendars, &practice, today, today);
        entries.retain(|entry| kept.contains(&said_by(entry)));
        let rules = office.rules.of(&practice);
        let calendar = CalendarFacts { rules: &rules, changes: &changes };
        put_together(now, almanac, office, &mail, (&practice, &contact), entries, (calendar, &remarks))
    };
    Ok(Ok(Draft { told, write: Box::new(write) }))
}

/// What an entry says of what.
type Said = (OccurrenceId, CareType, NaiveDate);

fn said_by(entry: &Entry<'_>) -> Said {
    (entry.occurrence.id.clone(), entry.care_type.clone(), entry.occurrence.last_day)
}

/// What the reader is told about where each thing goes, as it was decided and with the contacts of now.
pub fn remarks(
    rules: &Rules,
    (contacts, reader): (&[Contact], &Contact),
    entries: &[Entry<'_>],
    keys: &[&DecisionKey],
    today: NaiveDate,
) -> Remarks {
    let mut remarks = Remarks::new();
    for entry in entries {
        let occurrence = &entry.occurrence;
        let leads = keys.iter().filter(|key| key.occurrence == occurrence.id && key.care_type == entry.care_type).map(|key| key.lead);
        let Some(lead) = leads.min() else { continue };
        let stage = stage(&rules.leads, occurrence.milestone.kind.class(), (occurrence.last_day, lead), today);
        if let Some(remark) = remark(contacts, &reader.email, occurrence.milestone, stage) {
            remarks.insert(occurrence.id.clone(), remark);
        }
    }
    remarks
}

/// A reminder to an address that is no longer the practice's goes to who came in its place: whoever of the practice has no such mail.
fn hand_on(work: &Work<'_>, practice: &Practice, mail: &Mail) -> Result<(), StoreError> {
    if MailKind::of_reminder(mail.base_kind()).is_none() {
        return Ok(());
    }
    for contact in work.working_contacts(practice)? {
        work.queue(&practice.id, &contact.email, mail.day, &mail.kind, work.now)?;
    }
    Ok(())
}

fn as_told(key: &DecisionKey) -> Told {
    Told { occurrence: key.occurrence.clone(), care_type: key.care_type.clone(), last_day: key.last_day, withdrawn: false }
}

/// The entries of which a decision of this digest still holds, with those decisions.
fn still_true<'a>(
    entries: &[Entry<'a>],
    keys: &BTreeSet<DecisionKey>,
    memory: &Memory,
    today: NaiveDate,
) -> (Vec<Entry<'a>>, Vec<DecisionKey>) {
    let quiet: Vec<&Entry<'a>> = quiet(entries, memory, today).into_iter().map(|(entry, _)| entry).collect();
    let mut kept = Vec::new();
    let mut told = Vec::new();
    for entry in entries {
        let occurrence = &entry.occurrence;
        // The day first: it tells nearly all of them apart.
        let own =
            |key: &&DecisionKey| key.last_day == occurrence.last_day && key.occurrence == occurrence.id && key.care_type == entry.care_type;
        let decisions: Vec<DecisionKey> = keys.iter().filter(own).cloned().collect();
        if !decisions.is_empty() && !quiet.iter().any(|quiet| std::ptr::eq(*quiet, entry)) {
            kept.push(entry.clone());
            told.extend(decisions);
        }
    }
    (kept, told)
}

/// What this mail was to tell and is past: the operator hears of it.
fn tell_too_late(work: &Work<'_>, mail: &Mail, late: &[Entry<'_>]) -> Result<(), StoreError> {
    for entry in late {
        let occurrence = &entry.occurrence;
        let occasion = format!("{} {} {} {}", occurrence.id, entry.care_type, occurrence.last_day, mail.email);
        let text = format!(
            "{} ({}) passed on {}; mail {} to {} had not left",
            occurrence.milestone.title, occurrence.id, occurrence.last_day, mail.id, mail.email
        );
        work.notice(NoticeKind::Expired, mail.practice.as_str(), &occasion, &text)?;
    }
    Ok(())
}

fn put_together(
    now: DateTime<Utc>,
    almanac: &Almanac,
    office: &Office,
    mail: &Mail,
    (practice, contact): (&Practice, &Contact),
    entries: Vec<Entry<'_>>,
    (calendar, remarks): (CalendarFacts<'_>, &Remarks),
) -> Result<Composed, NotReady> {
    let today = clock::civil_day(now);
    let items = digest::from_entries(entries.into_iter(), today);
    let gaps = coverage::gaps(almanac, practice, today);
    let (kind, copy) = MailKind::parse(&mail.kind).unwrap_or((MailKind::Digest, 0));
    let said = Digest {
        kind,
        copy,
        almanac,
        practice,
        contact,
        items: &items,
        gaps: &gaps,
        today,
        planned: mail.day,
        now: clock::local(now),
        calendar,
        remarks,
        row: row(mail),
        keys: &office.keys,
    };
    crate::mail::compose::digest(&office.templates, &office.sender, &said).map_err(|error| NotReady::Broken(error.to_string()))
}
