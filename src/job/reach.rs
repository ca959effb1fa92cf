//! Reach: a practice never silently becomes unreachable.

use crate::clock;
use crate::domain::agenda;
use crate::domain::almanac::Almanac;
use crate::domain::decide::still_open;
use crate::domain::names::PracticeId;
use crate::domain::practices::Practice;
use crate::store::Work;
use crate::store::addresses::Lost;
use crate::store::error::StoreError;

/// The operator's notice of a practice without a working address while something is open.
pub const UNREACHABLE: &str = "unreachable";

/// How many open things a notice names.
const MOST_NAMED: usize = 5;

/// An address of a practice gets no more mail: what waits for it is cancelled, what nobody heard is armed anew, and the operator hears when
/// it was the last one.
///
/// # Errors
/// When the database cannot be written.
pub fn address_lost(work: &Work<'_>, almanac: &Almanac, practice: &PracticeId, email: &str, reason: &str) -> Result<(), StoreError> {
    work.give_up_address(practice, email, clock::civil_day(work.now), reason)?;
    match work.practice(practice)? {
        Some(practice) => check(work, almanac, &practice),
        None => Ok(()),
    }
}

/// Puts down for the operator that nobody of a practice can be reached while something is open, once; and that it is over.
///
/// # Errors
/// When the database cannot be written.
pub fn check(work: &Work<'_>, almanac: &Almanac, practice: &Practice) -> Result<(), StoreError> {
    if !work.working_contacts(practice)?.is_empty() {
        return work.notice_is_over(UNREACHABLE, &practice.id);
    }
    let today = clock::civil_day(work.now);
    let entries = agenda::entries(almanac, practice, &work.happened(&practice.id)?, today, today);
    let memory = work.memory(&practice.id)?;
    let mut open: Vec<String> = Vec::new();
    for entry in still_open(&entries, &memory, today) {
        let named = format!("{} ({})", entry.occurrence.id, entry.occurrence.last_day);
        if !open.contains(&named) {
            open.push(named);
        }
    }
    if open.is_empty() {
        return Ok(());
    }
    let more = open.len().saturating_sub(MOST_NAMED);
    open.truncate(MOST_NAMED);
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    let detail = format!("{} gets no mail any more: {}. Open: {}{rest}", practice.name, causes(work, practice)?, open.join(", "));
    work.notice(UNREACHABLE, Some(&practice.id), "", &detail)?;
    Ok(())
}

fn causes(work: &Work<'_>, practice: &Practice) -> Result<String, StoreError> {
    let cause = |(email, lost): (String, Lost)| match lost {
        Lost::Dead(reason) => format!("{email} is dead ({reason})"),
        Lost::Unsubscribed => format!("{email} unsubscribed"),
    };
    let causes: Vec<String> = work.lost_addresses(practice)?.into_iter().map(cause).collect();
    Ok(if causes.is_empty() { "it has no address".to_owned() } else { causes.join(", ") })
}
