//! Reopen, as part of planning: what was settled by a mail that never told it is decided anew.

use chrono::NaiveDate;

use crate::domain::agenda::Entry;
use crate::domain::decide::Memory;
use crate::domain::names::PracticeId;
use crate::domain::reopen::{Unsaid, to_reopen, worth_from};
use crate::store::error::StoreError;
use crate::store::{Store, Work};

/// Takes back what is `unsaid` and nobody will be told; afterwards `memory` no longer holds it as settled.
///
/// # Errors
/// When the database cannot be written.
pub fn reopen(
    work: &Work<'_>,
    practice: &PracticeId,
    unsaid: Vec<Unsaid>,
    entries: &[Entry<'_>],
    memory: &mut Memory,
    today: NaiveDate,
) -> Result<(), StoreError> {
    for key in to_reopen(unsaid, entries, memory, today) {
        work.reopen(practice, &key)?;
        memory.settled.remove(&key);
    }
    Ok(())
}

/// What planning would remember of a practice, for whoever only looks.
///
/// # Errors
/// When the database cannot be read.
pub fn memory_of(store: &Store, practice: &PracticeId, entries: &[Entry<'_>], today: NaiveDate) -> Result<Memory, StoreError> {
    let (mut memory, unsaid) = store.memory_and_unsaid(practice, worth_from(today))?;
    for key in to_reopen(unsaid, entries, &memory, today) {
        memory.settled.remove(&key);
    }
    Ok(memory)
}
