//! Reach: a practice never silently becomes unreachable.
//!
//! Planning looks at a practice whenever one of its addresses dies or comes back, so this is the one place where it is noticed.

use crate::clock;
use crate::domain::agenda::Entry;
use crate::domain::decide::Memory;
use crate::domain::milestones::Class;
use crate::domain::notices::NoticeKind;
use crate::domain::practices::Practice;
use crate::store::Work;
use crate::store::error::StoreError;

/// Leaves only the contacts whose address takes mail; says whether there are any.
///
/// # Errors
/// When the database cannot be read.
pub fn keep_working_contacts(work: &Work<'_>, practice: &mut Practice) -> Result<bool, StoreError> {
    let mut working = Vec::new();
    for contact in practice.contacts.drain(..) {
        if work.dead_address(&contact.email)?.is_none() {
            working.push(contact);
        }
    }
    practice.contacts = working;
    Ok(!practice.contacts.is_empty())
}

/// Tells the operator of a practice without a working address while something is open: at once, and once for each time that it comes to that.
///
/// # Errors
/// When the database cannot be written.
pub fn tell_unreachable(work: &Work<'_>, practice: &Practice, entries: &[Entry<'_>], memory: &Memory) -> Result<(), StoreError> {
    let open = open_deadlines(work, entries, memory);
    if open.is_empty() {
        return Ok(());
    }
    let occasion = work.last_death(&practice.id)?.map_or_else(|| "no address".to_owned(), |at| at.to_rfc3339());
    let text = format!("{}; what is open:\n{}", practice.name, open.join("\n"));
    work.notice(NoticeKind::Unreachable, practice.id.as_str(), &occasion, &text).map(|_| ())
}

/// Deadlines that lie ahead and are not handled, nearest first.
pub fn open_deadlines(work: &Work<'_>, entries: &[Entry<'_>], memory: &Memory) -> Vec<String> {
    let today = clock::civil_day(work.now);
    let is_open = |entry: &&Entry<'_>| {
        let occurrence = &entry.occurrence;
        let handled = memory.happened.contains(&occurrence.milestone.id)
            || memory.done.contains(&(occurrence.id.clone(), entry.care_type.clone(), occurrence.last_day));
        occurrence.milestone.kind.class() == Class::Deadline && occurrence.last_day >= today && !handled
    };
    let line = |entry: &Entry<'_>| {
        let occurrence = &entry.occurrence;
        format!("by {}: {} {}, {} ({})", occurrence.last_day, entry.insurer, entry.care_type, occurrence.milestone.title, occurrence.id)
    };
    entries.iter().filter(is_open).map(line).collect()
}
