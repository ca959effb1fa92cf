//! The calendar that a mail carries: its items as all-day events that a later mail can update.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use crate::domain::almanac::Almanac;
use crate::domain::corrections::{Corrected, Turn};
use crate::domain::decide::Rules;
use crate::domain::digest::Item;
use crate::domain::names::{OccurrenceId, PracticeId};
use crate::ics::{EventState, OwnEvent, Style, own_calendar, own_identity};

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
        self.write(almanac, practice, items.iter().map(|item| (item, EventState::On)), now)
    }

    /// The calendar of a correction: what moved under its identity, what is off as cancelled.
    pub fn of_corrections(&self, almanac: &Almanac, practice: &PracticeId, said: &[Corrected<'_>], now: DateTime<Tz>) -> Option<String> {
        let state = |corrected: &Corrected<'_>| if corrected.turn == Turn::Withdrawn { EventState::Off } else { EventState::On };
        self.write(almanac, practice, said.iter().map(|corrected| (&corrected.item, state(corrected))), now)
    }

    fn write<'i, 'a: 'i>(
        &self,
        almanac: &Almanac,
        practice: &PracticeId,
        items: impl Iterator<Item = (&'i Item<'a>, EventState)>,
        now: DateTime<Tz>,
    ) -> Option<String> {
        let identified: Vec<(&Item<'_>, EventState, String)> = items.map(|(item, state)| (item, state, identity(practice, item))).collect();
        let events: Vec<OwnEvent<'_, '_>> = identified.iter().map(|(item, state, identity)| self.event(item, *state, identity)).collect();
        let stamp = now.with_timezone(&Utc);
        let style = Style { rules: self.rules, stamp, sequence: 0 };
        (!events.is_empty()).then(|| own_calendar(almanac, &events, now.date_naive(), &style))
    }

    fn event<'o, 'a>(&self, item: &'o Item<'a>, state: EventState, identity: &'o str) -> OwnEvent<'o, 'a> {
        let sequence = self.changes.get(&item.occurrence.id).copied().unwrap_or(0);
        OwnEvent { occurrence: &item.occurrence, identity, sequence, state }
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
