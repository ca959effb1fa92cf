//! Identities as an operator types them: whole, or the last part where only one has it, as tables show them.

use std::collections::BTreeSet;

use crate::cli::failure::Failure;
use crate::domain::agenda::Entry;
use crate::domain::names::MilestoneId;

/// The whole identity of something that concerns a practice; `None` where it does not: a last part must not hit another insurer's.
///
/// # Errors
/// As [`whole`].
pub fn whole_among(agenda: &[Entry<'_>], given: &str) -> Result<Option<String>, Failure> {
    whole(given, agenda.iter().map(|entry| &entry.occurrence.milestone.id))
}

/// The whole identity of one of the `known` milestones, or with `@` of an occurrence of it; `None` where nothing fits.
///
/// # Errors
/// A last part that several share, with all of them.
pub fn whole<'a>(given: &str, known: impl Iterator<Item = &'a MilestoneId>) -> Result<Option<String>, Failure> {
    let given = given.trim();
    let (wanted, suffix) = given.split_at(given.find('@').unwrap_or(given.len()));
    let ends = |id: &str| id == wanted || id.strip_suffix(wanted).is_some_and(|rest| rest.ends_with('/'));
    let fitting: BTreeSet<&MilestoneId> = known.filter(|id| !wanted.is_empty() && ends(id.as_str())).collect();
    if let Some(exact) = fitting.iter().find(|id| id.as_str() == wanted) {
        return Ok(Some(format!("{exact}{suffix}")));
    }
    let fitting: Vec<&MilestoneId> = fitting.into_iter().collect();
    match fitting.as_slice() {
        [] => Ok(None),
        [only] => Ok(Some(format!("{only}{suffix}"))),
        several => {
            let ids = several.iter().map(|id| format!("  {id}")).collect::<Vec<_>>().join("\n");
            Err(Failure::Usage(format!("\"{wanted}\" is several milestones; which one?\n{ids}")))
        }
    }
}
