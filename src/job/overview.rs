//! Overviews: which contact gets a welcome or a season overview now, and the mail itself at the moment of sending.

use chrono::{DateTime, NaiveDate, Utc};

use crate::clock;
use crate::domain::agenda;
use crate::domain::almanac::Almanac;
use crate::domain::corrections::Told;
use crate::domain::decide::{self, Memory, Now, Rules};
use crate::domain::digest::Item;
use crate::domain::names::OccurrenceId;
use crate::domain::overview::{self, Ahead, Greeting, Occasion, Wanted};
use crate::domain::practices::{Contact, Happened, Practice};
use crate::job::compose::{NotReady, Ready};
use crate::job::office::Office;
use crate::mail::compose::calendar::CalendarFacts;
use crate::mail::compose::key::MailKind;
use crate::mail::compose::overview::{Overview, compose, kind_of};
use crate::mail::compose::{ComposeError, Composed};
use crate::store::Work;
use crate::store::error::StoreError;
use crate::store::greetings::Changes;
use crate::store::outbox::Mail;

/// Queues the overviews that a practice's contacts have not had; gives their number and the day on which to look again.
///
/// They leave on a working morning. A row for each contact and occasion makes planning twice harmless.
///
/// # Errors
/// When the database cannot be written.
pub fn plan(work: &Work<'_>, rules: &Rules, practice: &Practice) -> Result<(usize, Option<NaiveDate>), StoreError> {
    let now = clock::planning_now(work.now);
    if overview::running(practice, now.day).next().is_none() {
        return Ok((0, None));
    }
    let (day, due_at) = next_morning(rules, now, work.now);
    let mut queued = 0;
    for contact in &practice.contacts {
        let greeted = work.greeted(&practice.id, &contact.email)?;
        for greeting in overview::greetings(rules.overviews, now.day, &greeted) {
            match greeting {
                Greeting::Spare(occasion) => work.record_greeted(&practice.id, &contact.email, occasion, None)?,
                Greeting::Send(occasion) => {
                    work.record_greeted(&practice.id, &contact.email, occasion, Some(day))?;
                    work.queue(&practice.id, &contact.email, day, &kind_of(occasion).word(), due_at)?;
                    queued += 1;
                }
            }
        }
    }
    Ok((queued, overview::next_season_morning(now.day).filter(|_| rules.overviews.season)))
}

/// The morning for mail that has begun, or the next one.
fn next_morning(rules: &Rules, now: Now, at: DateTime<Utc>) -> (NaiveDate, DateTime<Utc>) {
    if rules.quiet.is_sending_day(now.day) && now.time >= rules.send_from {
        return (now.day, at);
    }
    let day = decide::next_morning(rules, now);
    (day, clock::instant(day, rules.send_from))
}

/// Remembers that a practice's contacts need no welcome, nor the overview of the season under way.
///
/// # Errors
/// When the database cannot be written.
pub fn spare(work: &Work<'_>, practice: &Practice) -> Result<(), StoreError> {
    let nothing = Wanted { welcome: false, season: false };
    let today = clock::civil_day(work.now);
    for contact in &practice.contacts {
        for greeting in overview::greetings(nothing, today, &work.greeted(&practice.id, &contact.email)?) {
            let (Greeting::Spare(occasion) | Greeting::Send(occasion)) = greeting;
            work.record_greeted(&practice.id, &contact.email, occasion, None)?;
        }
    }
    Ok(())
}

/// How many contacts of a practice a welcome would go to.
///
/// # Errors
/// When the database cannot be read.
pub fn newcomers(work: &Work<'_>, practice: &Practice) -> Result<usize, StoreError> {
    if overview::running(practice, clock::civil_day(work.now)).next().is_none() {
        return Ok(0);
    }
    let mut count = 0;
    for contact in &practice.contacts {
        let greeted = work.greeted(&practice.id, &contact.email)?;
        count += usize::from(!greeted.occasions.contains_key(&Occasion::Welcome));
    }
    Ok(count)
}

/// The occasion of a mail, if it is an overview.
pub fn occasion_of(mail: &Mail) -> Option<Occasion> {
    match mail.kind.as_str() {
        kind if kind == MailKind::Welcome.word() => Some(Occasion::Welcome),
        kind if kind == MailKind::Season.word() => Some(Occasion::Season(overview::season(mail.day).0)),
        _ => None,
    }
}

/// Composes a claimed overview from what is true now.
///
/// # Errors
/// When the database cannot be read.
pub fn ready(
    work: &Work<'_>,
    almanac: &Almanac,
    office: &Office,
    mail: &Mail,
    (practice, contact): (&Practice, &Contact),
    occasion: Occasion,
) -> Result<Result<Ready, NotReady>, StoreError> {
    let today = clock::civil_day(work.now);
    if overview::running(practice, today).next().is_none() {
        return Ok(Err(NotReady::Cancelled("the practice has no subscription any more")));
    }
    if !overview::is_worth_sending(occasion, mail.day, today) {
        return Ok(Err(NotReady::Expired("the season is well under way")));
    }
    let (happened, memory) = (work.happened(&practice.id)?, work.memory(&practice.id)?);
    let scene = Scene { almanac, practice, contact, occasion, happened: &happened, memory: &memory, planned: mail.day, at: work.now };
    let ahead = scene.ahead();
    let changes = work.change_counts(identities(&ahead).iter())?;
    let composed = scene.compose(office, &ahead, &changes);
    Ok(composed.map(|composed| Ready { composed, told: told(&ahead) }).map_err(|error| NotReady::Broken(error.to_string())))
}

/// Every day in it was told.
fn told(ahead: &Ahead<'_>) -> Vec<Told> {
    let words = |item: &Item<'_>| -> Vec<Told> {
        let word =
            |care_type| Told { occurrence: item.occurrence.id.clone(), care_type, last_day: item.occurrence.last_day, withdrawn: false };
        item.through.iter().map(|(_, care_type)| word(care_type.clone())).collect()
    };
    ahead.all().flat_map(words).collect()
}

/// The occurrences in it.
pub fn identities(ahead: &Ahead<'_>) -> Vec<OccurrenceId> {
    ahead.all().map(|item| item.occurrence.id.clone()).collect()
}

/// For whom an overview is, and as of when.
#[derive(Debug, Clone, Copy)]
pub struct Scene<'a> {
    /// What is true.
    pub almanac: &'a Almanac,
    /// For whom.
    pub practice: &'a Practice,
    /// To whom.
    pub contact: &'a Contact,
    /// What it is for.
    pub occasion: Occasion,
    /// The practice's own days.
    pub happened: &'a Happened,
    /// What the practice did.
    pub memory: &'a Memory,
    /// The day for which it was planned.
    pub planned: NaiveDate,
    /// When it leaves.
    pub at: DateTime<Utc>,
}

impl<'a> Scene<'a> {
    /// What lies ahead.
    pub fn ahead(&self) -> Ahead<'a> {
        let today = clock::civil_day(self.at);
        let entries = agenda::entries(self.almanac, self.practice, self.happened, today, today);
        overview::ahead(&entries, self.memory, self.occasion, today)
    }

    /// The mail: what delivery sends and a preview shows.
    ///
    /// # Errors
    /// [`ComposeError`], where an address cannot be used or a template does not render.
    pub fn compose(&self, office: &Office, ahead: &Ahead<'_>, changes: &Changes) -> Result<Composed, ComposeError> {
        let today = clock::civil_day(self.at);
        let rules = &*office.rules.of(self.practice);
        let said = Overview {
            occasion: self.occasion,
            almanac: self.almanac,
            practice: self.practice,
            contact: self.contact,
            ahead,
            unknown: &overview::unknown(self.almanac, self.practice, today),
            rules,
            today,
            planned: self.planned,
            now: clock::local(self.at),
            keys: &office.keys,
            calendar: CalendarFacts { rules, changes },
        };
        compose(&office.templates, &office.sender, &said)
    }
}
