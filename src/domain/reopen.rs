//! Reopen: a decision to send is settled for as long as a mail told it or can still tell it, and no longer.
//!
//! A mail is composed when it leaves, and may leave out what was handled, moved or let rest by then; or it never leaves, because its address or its
//! practice is no longer there. Whatever comes back then (a mark taken back, a day moved back, a practice imported again) is decided anew.

use chrono::NaiveDate;

use crate::domain::agenda::Entry;
use crate::domain::decide::verdict::Reason;
use crate::domain::decide::{DecisionKey, EVENT_WORTH_DAYS, Memory, quiet, too_late};
use crate::domain::working_days::shift;

/// A decision to send that no mail has told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsaid {
    /// Which.
    pub key: DecisionKey,
    /// Whether a mail that carries it may still tell it, or the operator gave that up.
    pub is_in_hand: bool,
}

/// No decision about an earlier last day is worth telling.
pub fn worth_from(today: NaiveDate) -> NaiveDate {
    shift(today, -EVENT_WORTH_DAYS)
}

/// Those that are to be taken anew: on the agenda, worth telling, and in nobody's hand.
///
/// What rests is taken back even if its mail waits: it comes once it has rested, and until then nobody would look at it again.
pub fn to_reopen(unsaid: Vec<Unsaid>, entries: &[Entry<'_>], memory: &Memory, today: NaiveDate) -> Vec<DecisionKey> {
    if unsaid.is_empty() {
        return Vec::new();
    }
    let quiet = quiet(entries, memory, today);
    let rests = |key: &DecisionKey| quiet.iter().any(|(entry, reason)| matches!(reason, Reason::Snoozed(_)) && is_about(key, entry));
    let worth = |key: &DecisionKey| entries.iter().any(|entry| is_about(key, entry) && !too_late(entry, today));
    let reopened = |decision: &Unsaid| worth(&decision.key) && (!decision.is_in_hand || rests(&decision.key));
    unsaid.into_iter().filter(reopened).map(|decision| decision.key).collect()
}

fn is_about(key: &DecisionKey, entry: &Entry<'_>) -> bool {
    let occurrence = &entry.occurrence;
    key.occurrence == occurrence.id && key.care_type == entry.care_type && key.last_day == occurrence.last_day
}
