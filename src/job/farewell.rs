//! Farewell: an address that unsubscribed hears once what was open and how to come back, and so do the others of its practice.

use chrono::NaiveDate;

use crate::clock;
use crate::domain::agenda::{self, Entry};
use crate::domain::almanac::Almanac;
use crate::domain::decide::still_open;
use crate::domain::digest::from_entries;
use crate::domain::practices::{Contact, Practice};
use crate::domain::working_days::shift;
use crate::job::compose::{NotReady, Ready};
use crate::job::office::Office;
use crate::mail::compose::farewell::Farewell;
use crate::mail::compose::key::MailKind;
use crate::store::Work;
use crate::store::error::StoreError;
use crate::store::outbox::{Mail, State};
use crate::store::subscribers::Lost;

/// For how many days ahead a free place is sought: so many addresses of one practice may leave while earlier mail about it waits.
const DAYS_TO_TRY: i64 = 7;

/// Queues the mail to the address that left, and to those that stay.
///
/// # Errors
/// When the database cannot be written.
pub fn queue(work: &Work<'_>, practice: &Practice, email: &str) -> Result<(), StoreError> {
    let today = clock::civil_day(work.now);
    work.queue(&practice.id, email, today, &MailKind::Farewell.word(), work.now)?;
    for contact in work.working_contacts(practice)? {
        let kind = MailKind::ContactLeft.word();
        let day = free_day(work, practice, &contact, today, &kind)?;
        work.queue(&practice.id, &contact.email, day, &kind, work.now)?;
    }
    Ok(())
}

/// A mail that still waits will name whoever has left by then; one that went needs a second.
fn free_day(work: &Work<'_>, practice: &Practice, contact: &Contact, today: NaiveDate, kind: &str) -> Result<NaiveDate, StoreError> {
    for ahead in 0..DAYS_TO_TRY {
        let day = shift(today, ahead);
        if matches!(work.state_of(&practice.id, &contact.email, day, kind)?, None | Some(State::Queued | State::Deferred)) {
            return Ok(day);
        }
    }
    Ok(today)
}

/// The kind of such a mail, if it is one.
pub fn kind_of(mail: &Mail) -> Option<MailKind> {
    [MailKind::Farewell, MailKind::ContactLeft].into_iter().find(|kind| kind.word() == mail.kind)
}

/// Composes it from what is true now.
///
/// # Errors
/// When the database cannot be read.
pub fn compose(
    work: &Work<'_>,
    almanac: &Almanac,
    office: &Office,
    mail: &Mail,
    kind: MailKind,
) -> Result<Result<Ready, NotReady>, StoreError> {
    let Some(practice) = work.practice(&mail.practice)? else { return Ok(Err(NotReady::Cancelled("the practice is no longer there"))) };
    let lost = work.lost_addresses(&practice)?;
    let has_left = |email: &str| lost.get(&email.to_lowercase()) == Some(&Lost::Unsubscribed);
    let gone: Vec<String> = practice.contacts.iter().map(|contact| contact.email.clone()).filter(|email| has_left(email)).collect();
    let working = work.working_contacts(&practice)?;
    let contact = if kind == MailKind::Farewell {
        has_left(&mail.email).then(|| contact_or_stranger(&practice, &mail.email))
    } else {
        working.iter().find(|contact| contact.email == mail.email && !gone.is_empty()).cloned()
    };
    let Some(contact) = contact else {
        return Ok(Err(NotReady::Cancelled("nobody has left any more, or it no longer concerns this address")));
    };
    let today = clock::civil_day(work.now);
    let entries = agenda::entries(almanac, &practice, &work.happened(&mail.practice)?, today, today);
    let memory = work.memory(&mail.practice)?;
    let open: Vec<Entry<'_>> = still_open(&entries, &memory, today).into_iter().cloned().collect();
    let items = from_entries(open.into_iter(), today);
    let said = Farewell {
        kind,
        almanac,
        practice: &practice,
        contact: &contact,
        gone: &gone,
        somebody_reads: !working.is_empty(),
        items: &items,
        today,
        planned: mail.day,
        now: clock::local(work.now),
        keys: &office.keys,
    };
    let composed = crate::mail::compose::farewell::farewell(&office.templates, &office.sender, &said);
    Ok(composed.map(|composed| Ready { composed, told: Vec::new() }).map_err(|error| NotReady::Broken(error.to_string())))
}

/// Who unsubscribed from an old mail need not be a contact any more.
fn contact_or_stranger(practice: &Practice, email: &str) -> Contact {
    let known = practice.contacts.iter().find(|contact| contact.email.eq_ignore_ascii_case(email)).cloned();
    known.unwrap_or_else(|| Contact::new(email))
}
