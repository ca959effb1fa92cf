//! Reach: a practice never silently becomes unreachable.
//!
//! Planning looks at a practice whenever one of its addresses is lost or comes back, so this is the one place where it is noticed.

use crate::clock;
use crate::domain::agenda::{self, Entry};
use crate::domain::almanac::Almanac;
use crate::domain::decide::{Memory, still_open};
use crate::domain::names::PracticeId;
use crate::domain::notices::NoticeKind;
use crate::domain::practices::Practice;
use crate::store::Work;
use crate::store::error::StoreError;
use crate::store::subscribers::Lost;

/// How many open things a notice names.
const MOST_NAMED: usize = 20;

/// Leaves only the contacts that mail reaches; says whether there are any.
///
/// # Errors
/// When the database cannot be read.
pub fn keep_working_contacts(work: &Work<'_>, practice: &mut Practice) -> Result<bool, StoreError> {
    practice.contacts = work.working_contacts(practice)?;
    Ok(!practice.contacts.is_empty())
}

/// An address of a practice gets no more mail: what waits for it is cancelled, what nobody heard is armed anew, and the operator hears when
/// it was the last one.
///
/// # Errors
/// When the database cannot be written.
pub fn address_lost(work: &Work<'_>, almanac: &Almanac, practice: &PracticeId, email: &str, reason: &str) -> Result<(), StoreError> {
    let today = clock::civil_day(work.now);
    work.give_up_address(practice, email, today, reason)?;
    let Some(practice) = work.practice(practice)? else { return Ok(()) };
    if !work.working_contacts(&practice)?.is_empty() {
        return Ok(());
    }
    let entries = agenda::entries(almanac, &practice, &work.happened(&practice.id)?, today, today);
    tell_unreachable(work, &practice, &entries, &work.memory(&practice.id)?)
}

/// Tells the operator of a practice without a working address while something is open: at once, and once for each time that it comes to that.
///
/// # Errors
/// When the database cannot be written.
pub fn tell_unreachable(work: &Work<'_>, practice: &Practice, entries: &[Entry<'_>], memory: &Memory) -> Result<(), StoreError> {
    let mut open = open_deadlines(work, entries, memory);
    if open.is_empty() {
        return Ok(());
    }
    let more = open.len().saturating_sub(MOST_NAMED);
    open.truncate(MOST_NAMED);
    if more > 0 {
        open.push(format!("and {more} more"));
    }
    let occasion = work.last_loss(&practice.id)?.map_or_else(|| "no address".to_owned(), |at| at.to_rfc3339());
    let text = format!("{}: {}; what is open:\n{}", practice.name, causes(work, practice)?, open.join("\n"));
    work.notice(NoticeKind::Unreachable, practice.id.as_str(), &occasion, &text).map(|_| ())
}

fn causes(work: &Work<'_>, practice: &Practice) -> Result<String, StoreError> {
    // Planning has taken the lost contacts out of the practice that it works with.
    let whole = work.practice(&practice.id)?;
    let cause = |(email, lost): (String, Lost)| match lost {
        Lost::Dead(reason) => format!("{email} is dead ({reason})"),
        Lost::Unsubscribed => format!("{email} unsubscribed"),
    };
    let lost = work.lost_addresses(whole.as_ref().unwrap_or(practice))?;
    let causes: Vec<String> = lost.into_iter().map(cause).collect();
    Ok(if causes.is_empty() { "it has no address".to_owned() } else { causes.join(", ") })
}

/// What lies ahead and is not handled, nearest first.
pub fn open_deadlines(work: &Work<'_>, entries: &[Entry<'_>], memory: &Memory) -> Vec<String> {
    let line = |entry: &Entry<'_>| {
        let occurrence = &entry.occurrence;
        format!("by {}: {} {}, {} ({})", occurrence.last_day, entry.insurer, entry.care_type, occurrence.milestone.title, occurrence.id)
    };
    still_open(entries, memory, clock::civil_day(work.now)).into_iter().map(line).collect()
}
