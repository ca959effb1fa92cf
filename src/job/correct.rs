//! Correct: who was told something that a calendar has changed since gets one mail that sets it right.
//!
//! Level-triggered like planning, and part of it: the ledger is held against what is true now, so nothing has to be remembered from a load.
//! Composed at sending from the same comparison: moved once more meanwhile, it says the newest day; moved back, there is nothing to send.

use std::collections::btree_map;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};

use crate::calendar_file::{self, File};
use crate::clock;
use crate::domain::agenda::{self, Entry};
use crate::domain::almanac::Almanac;
use crate::domain::corrections::{Belief, Correction, Truth, Version, Versions, cannot_wait, doubtful, grouped};
use crate::domain::decide::{Memory, Rules, next_morning};
use crate::domain::names::{CareType, OccurrenceId, PolicyId, PracticeId};
use crate::domain::practices::{Happened, Practice};
use crate::job::compose::{NotReady, Ready};
use crate::job::office::{Office, row};
use crate::mail::compose::calendar::CalendarFacts;
use crate::mail::compose::correction::{CorrectionMail, correction};
use crate::mail::compose::key::{CORRECTION, MailKind};
use crate::store::Work;
use crate::store::error::StoreError;
use crate::store::ledger::LastTold;
use crate::store::outbox::{Mail, State};

/// What has to be set right, by address.
pub type Corrections<'a> = BTreeMap<String, Vec<Correction<'a>>>;

/// What one practice believes and did, and what is true for it.
#[derive(Debug, Clone, Copy)]
pub struct Case<'c, 'a> {
    /// The calendars now.
    pub almanac: &'a Almanac,
    /// Which practice.
    pub practice: &'c Practice,
    /// The days that it recorded.
    pub happened: &'a Happened,
    /// What it did.
    pub memory: &'a Memory,
    /// Its agenda.
    pub entries: &'a [Entry<'a>],
    /// Today in Amsterdam.
    pub today: NaiveDate,
}

impl<'c, 'a> Case<'c, 'a> {
    /// The policies about which a contact may believe what is no longer so.
    pub fn policies_in_doubt(&self, told: &LastTold) -> BTreeSet<PolicyId> {
        let of_contact = |beliefs: Vec<Belief>| {
            let doubts = doubtful(&beliefs, self.entries, self.memory, self.today);
            doubts.iter().map(|belief| belief.told.occurrence.milestone().policy()).collect::<Vec<_>>()
        };
        self.beliefs(told).into_values().flat_map(of_contact).collect()
    }

    /// What has to be set right for each contact; `versions` hold the policies in doubt as earlier loads had them.
    pub fn corrections(&self, told: &LastTold, versions: &'a Versions) -> Corrections<'a> {
        let doubts = |beliefs: &Vec<Belief>| -> Vec<Belief> {
            doubtful(beliefs, self.entries, self.memory, self.today).into_iter().cloned().collect()
        };
        let in_doubt: BTreeMap<String, Vec<Belief>> = self
            .beliefs(told)
            .into_iter()
            .map(|(email, beliefs)| (email, doubts(&beliefs)))
            .filter(|(_, doubts)| !doubts.is_empty())
            .collect();
        if in_doubt.is_empty() {
            return Corrections::new();
        }
        let truth = Truth::new(self.almanac, self.practice, self.happened, self.memory, self.entries, versions, self.today);
        let of_contact = |doubts: &Vec<Belief>| doubts.iter().filter_map(|belief| truth.correction(belief)).collect::<Vec<_>>();
        let all = in_doubt.iter().map(|(email, doubts)| (email.clone(), of_contact(doubts)));
        all.filter(|(_, corrections)| !corrections.is_empty()).collect()
    }

    fn beliefs(&self, told: &LastTold) -> BTreeMap<String, Vec<Belief>> {
        let is_contact = |email: &String| self.practice.contacts.iter().any(|contact| contact.email == *email);
        let beliefs = |told: &Vec<_>| {
            told.iter().map(|(told, at): &(_, DateTime<Utc>)| Belief { on: clock::civil_day(*at), told: Clone::clone(told) }).collect()
        };
        told.iter().filter(|(email, _)| is_contact(email)).map(|(email, told)| (email.clone(), beliefs(told))).collect()
    }
}

/// Earlier versions of policies, read once for many practices.
#[derive(Debug, Clone, Default)]
pub struct Past {
    versions: Versions,
    /// Which load they come before.
    hash: Option<String>,
}

/// Keeps what was read from one mail to the next; a load makes it worthless.
#[derive(Debug, Default)]
pub struct Shelf(Mutex<Past>);

impl Shelf {
    fn past(&self, work: &Work<'_>) -> Result<Past, StoreError> {
        let hash = work.calendar_hash()?;
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Ok(if kept.hash == hash { kept } else { Past { hash, ..Past::default() } })
    }

    fn keep(&self, past: &Past) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = past.clone();
    }
}

impl Past {
    /// Everything that was read.
    pub fn versions(&self) -> &Versions {
        &self.versions
    }

    /// Reads what earlier loads said of some policies, where that was not done yet.
    ///
    /// A version that breaks a rule of today still counts as far as it can be read: it was told from once.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn learn(
        &mut self,
        almanac: &Almanac,
        policies: impl IntoIterator<Item = PolicyId>,
        names: &[File],
        past_versions: impl Fn(&str) -> Result<Vec<(File, DateTime<Utc>)>, StoreError>,
    ) -> Result<(), StoreError> {
        for policy in policies {
            let path = format!("{policy}.toml");
            if let btree_map::Entry::Vacant(place) = self.versions.entry(policy) {
                let found = past_versions(&path)?;
                place.insert(found.into_iter().filter_map(|(file, at)| version(almanac, names, file, at)).collect());
            }
        }
        Ok(())
    }
}

fn version(almanac: &Almanac, names: &[File], file: File, replaced_at: DateTime<Utc>) -> Option<Version> {
    let files: Vec<File> = names.iter().cloned().chain([file]).collect();
    let (mut read, _) = calendar_file::read(&files);
    let policy = read.policies.pop()?;
    let of_today = almanac.policies.iter().filter(|other| policy.insurer.is_none() && other.id != policy.id).cloned();
    read.policies = of_today.chain([policy.clone()]).collect();
    Some(Version { almanac: read, replaced_on: clock::civil_day(replaced_at) })
}

/// Reads the earlier versions that a case needs, in a unit of work.
fn learn(work: &Work<'_>, case: &Case<'_, '_>, told: &LastTold, past: &mut Past) -> Result<(), StoreError> {
    let mut policies = case.policies_in_doubt(told);
    policies.retain(|policy| !past.versions.contains_key(policy));
    if policies.is_empty() {
        return Ok(());
    }
    past.learn(case.almanac, policies, &work.names_files()?, |path| work.past_versions(path))
}

/// Queues a correction to each contact of a practice that was `told` what no longer holds and has none on its way; says how many.
///
/// # Errors
/// When the database cannot be written.
pub fn queue_corrections(
    work: &Work<'_>,
    rules: &Rules,
    case: &Case<'_, '_>,
    told: &LastTold,
    past: &mut Past,
) -> Result<usize, StoreError> {
    learn(work, case, told, past)?;
    let mut queued = 0;
    for (email, corrections) in case.corrections(told, past.versions()) {
        queued += usize::from(queue_one(work, rules, &case.practice.id, &email, &corrections)?);
    }
    Ok(queued)
}

/// A mail that waits takes everything along, because it is composed when it leaves; one that was refused for good is the operator's.
fn queue_one(
    work: &Work<'_>,
    rules: &Rules,
    practice: &PracticeId,
    email: &str,
    corrections: &[Correction<'_>],
) -> Result<bool, StoreError> {
    let now = clock::planning_now(work.now);
    let at_once = corrections.iter().any(|correction| cannot_wait(rules, now, correction));
    if let Some(open) = work.open_mail(practice, email, CORRECTION)? {
        if at_once {
            work.hasten(open.id)?;
        }
        return Ok(false);
    }
    let (day, due_at) = if at_once {
        (now.day, work.now)
    } else {
        let morning = next_morning(rules, now);
        (morning, clock::instant(morning, rules.send_from))
    };
    work.queue(practice, email, day, &free_kind(work, practice, email, day)?, due_at)?;
    Ok(true)
}

/// The first correction of a day that was not made yet.
fn free_kind(work: &Work<'_>, practice: &PracticeId, email: &str, day: NaiveDate) -> Result<String, StoreError> {
    let mut turn = 1;
    while work.state_of(practice, email, day, &MailKind::Correction(turn).word())?.is_some() {
        turn += 1;
    }
    Ok(MailKind::Correction(turn).word())
}

/// Composes a claimed correction for a contact from what has to be set right now.
///
/// # Errors
/// When the database cannot be read.
pub fn compose_correction(
    work: &Work<'_>,
    almanac: &Almanac,
    office: &Office,
    mail: &Mail,
    kind: MailKind,
    practice: &Practice,
) -> Result<Result<Ready, NotReady>, StoreError> {
    let today = clock::civil_day(work.now);
    let (happened, memory) = (work.happened(&practice.id)?, work.memory(&practice.id)?);
    let entries = agenda::entries(almanac, practice, &happened, today, today);
    let case = Case { almanac, practice, happened: &happened, memory: &memory, entries: &entries, today };
    let told = work.last_told(&practice.id)?;
    let mut past = office.shelf.past(work)?;
    learn(work, &case, &told, &mut past)?;
    office.shelf.keep(&past);
    let Some(corrections) = case.corrections(&told, past.versions()).remove(&mail.email) else {
        // A digest may have left to it what it was to say.
        work.look_at(&practice.id, Some(work.now))?;
        return Ok(Err(NotReady::Cancelled("what was told holds again, or no longer matters")));
    };
    let Some(contact) = practice.contacts.iter().find(|contact| contact.email == mail.email) else {
        return Ok(Err(NotReady::Cancelled("the address is no longer the practice's")));
    };
    let corrected = grouped(&corrections, today);
    let changes = work.change_counts(corrected.iter().map(|corrected| &corrected.item.occurrence.id))?;
    let said = CorrectionMail {
        kind,
        almanac,
        practice,
        contact,
        corrected: &corrected,
        today,
        day: mail.day,
        now: clock::local(work.now),
        row: row(mail),
        keys: &office.keys,
        calendar: CalendarFacts { rules: &office.rules, changes: &changes },
    };
    let ready = |composed| Ready { composed, told: corrections.iter().map(Correction::told).collect() };
    Ok(correction(&office.templates, &office.sender, &said).map(ready).map_err(|error| NotReady::Broken(error.to_string())))
}

/// What a digest need not say to a contact: a correction says it, on its way now, or accepted today or since the digest was decided.
///
/// One that was deferred or refused does not count: then the digest is another chance.
///
/// # Errors
/// When the database cannot be read.
pub fn said_by_correction(
    work: &Work<'_>,
    office: &Office,
    case: &Case<'_, '_>,
    digest: &Mail,
) -> Result<BTreeSet<(OccurrenceId, CareType, NaiveDate)>, StoreError> {
    let (email, midnight) = (digest.email.as_str(), clock::instant(case.today, NaiveTime::MIN));
    let decided_at = work.decided_at(&case.practice.id, digest.day, &digest.kind)?;
    let since = decided_at.map_or(midnight, |at| at.min(midnight));
    let mut said = work.told_since(&case.practice.id, email, CORRECTION, since)?;
    let open = work.open_mail(&case.practice.id, email, CORRECTION)?;
    if open.is_some_and(|open| matches!(open.state, State::Queued | State::Sending | State::Uncertain)) {
        let told = work.last_told(&case.practice.id)?;
        let mut past = office.shelf.past(work)?;
        learn(work, case, &told, &mut past)?;
        office.shelf.keep(&past);
        let corrections = case.corrections(&told, past.versions()).remove(email).unwrap_or_default();
        said.extend(corrections.iter().map(Correction::told));
    }
    let holds = said.into_iter().filter(|told| !told.withdrawn);
    Ok(holds.map(|told| (told.occurrence, told.care_type, told.last_day)).collect())
}
