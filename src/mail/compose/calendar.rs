//! The calendar that a mail carries: its items as all-day events that a later mail can update.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use crate::domain::almanac::Almanac;
use crate::domain::decide::Rules;
use crate::domain::digest::Item;
use crate::domain::names::{OccurrenceId, PracticeId};
use crate::ics::{OwnEvent, Style, own_calendar, own_identity};

/// What a calendar needs beside the items of its mail.
#[derive(Debug, Clone, Copy)]
pub struct CalendarFacts<'a> {
    /// Alarms go off when reminders go out.
    pub rules: &'a Rules,
    /// How often the day of each occurrence has changed; what is missing never changed.
    pub changes: &'a BTreeMap<OccurrenceId, u32>,
}

impl CalendarFacts<'_> {
    /// The calendar as text; `None` where there is nothing to put into it. Its stamp is the mail's own instant.
    pub fn of(&self, almanac: &Almanac, practice: &PracticeId, items: &[Item<'_>], now: DateTime<Tz>) -> Option<String> {
        let identities: Vec<String> = items.iter().map(|item| identity(practice, item)).collect();
        let with_identity = items.iter().zip(&identities);
        let events: Vec<OwnEvent<'_, '_>> = with_identity.map(|(item, identity)| self.event(item, identity)).collect();
        let stamp = now.with_timezone(&Utc);
        let style = Style { rules: self.rules, stamp, sequence: 0 };
        (!events.is_empty()).then(|| own_calendar(almanac, &events, now.date_naive(), &style))
    }

    fn event<'o, 'a>(&self, item: &'o Item<'a>, identity: &'o str) -> OwnEvent<'o, 'a> {
        let sequence = self.changes.get(&item.occurrence.id).copied().unwrap_or(0);
        OwnEvent { occurrence: &item.occurrence, identity, sequence }
    }
}

/// Several care types share an event; the first of them names it.
fn identity(practice: &PracticeId, item: &Item<'_>) -> String {
    let first = item.through.iter().map(|(_, care_type)| care_type).min();
    match first {
        Some(care_type) => own_identity(practice, &item.occurrence.id, care_type),
        None => format!("{}+{practice}@deadlines", item.occurrence.id),
    }
}
