//! Digests: everything due for one practice on one day, most urgent first.

use std::sync::Arc;

use chrono::NaiveDate;

use crate::domain::agenda::Entry;
use crate::domain::decide::Decision;
use crate::domain::decide::verdict::Verdict;
use crate::domain::milestones::Class;
use crate::domain::names::{CareType, InsurerId};
use crate::domain::occurrences::Occurrence;

/// One thing in a digest: an occurrence with everything of the practice that it concerns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item<'a> {
    /// The occurrence; its care types and modules are put together.
    pub occurrence: Arc<Occurrence<'a>>,
    /// Through which insurers and care types; several for what the law gives.
    pub through: Vec<(InsurerId, CareType)>,
}

/// The items that were decided to be sent, put together and most urgent first.
pub fn items<'a>(decisions: &[Decision<'_, 'a>], today: NaiveDate) -> Vec<Item<'a>> {
    let sent = decisions.iter().filter(|decision| decision.verdict == Verdict::Send);
    from_entries(sent.map(|decision| decision.entry.clone()), today)
}

/// Puts entries together and sorts them, most urgent first.
pub fn from_entries<'a>(entries: impl Iterator<Item = Entry<'a>>, today: NaiveDate) -> Vec<Item<'a>> {
    let mut items: Vec<Item<'a>> = Vec::new();
    for entry in entries {
        let through = (entry.insurer.clone(), entry.care_type.clone());
        let same =
            |item: &&mut Item<'a>| item.occurrence.id == entry.occurrence.id && item.occurrence.last_day == entry.occurrence.last_day;
        match items.iter_mut().find(same) {
            Some(item) => absorb(item, &entry, through),
            None => items.push(Item { occurrence: entry.occurrence, through: vec![through] }),
        }
    }
    items.sort_by_key(|item| urgency(&item.occurrence, today));
    items
}

fn absorb(item: &mut Item<'_>, entry: &Entry<'_>, through: (InsurerId, CareType)) {
    Arc::make_mut(&mut item.occurrence).absorb(&entry.occurrence);
    if !item.through.contains(&through) {
        item.through.push(through);
    }
}

/// Deadlines before advice before duties before terms before events; nearer days first.
pub fn urgency(occurrence: &Occurrence<'_>, today: NaiveDate) -> (u8, i64, String) {
    let rank = match occurrence.milestone.kind.class() {
        Class::Deadline => 0,
        Class::Advice => 1,
        Class::Duty => 2,
        Class::Term => 3,
        Class::Event => 4,
    };
    (rank, occurrence.last_day.signed_duration_since(today).num_days(), occurrence.id.to_string())
}
