//! Pressing: the decisions on which planning acts, without a look at what lies so far ahead that nothing can come of it yet.
//!
//! Of the some hundred entries of a practice's agenda, a day concerns a few. They are told from the others by a bound that is cheap to know:
//! the first reminder of an entry is due no earlier than its longest lead before its last day, and the days for which it can be pulled back.

use chrono::{Datelike, NaiveDate};

use crate::domain::agenda::Agenda;
use crate::domain::decide::{Decision, Memory, Now, Rules, Turn, next_look, next_possible_starts};
use crate::domain::leads::Lead;
use crate::domain::milestones::Kind;
use crate::domain::moments::Granularity;
use crate::domain::occurrences::Occurrence;
use crate::domain::quiet::LONGEST_QUIET_DAYS;

/// More days than lie on end without a working day: five, from Good Friday to a King's Day on the Tuesday after Easter.
const LONGEST_WITHOUT_WORK_DAYS: i64 = 7;

/// What planning does about one practice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pressing<'e, 'a> {
    /// Those decisions of [`decide`](super::decide) that are settled now, in the same order.
    pub decisions: Vec<Decision<'e, 'a>>,
    /// What [`next_look`] says of all the others.
    pub next_look: Option<NaiveDate>,
}

/// Decides what has to be decided now. `horizon` is that of the `rules`.
pub fn pressing<'e, 'a>((rules, horizon): (&Rules, &Horizon), now: Now, agenda: &'e Agenda<'_, 'a>, memory: &Memory) -> Pressing<'e, 'a> {
    let turn = Turn::new(rules, now, next_possible_starts(agenda.with_possible_starts(), now.day));
    // What rests is looked at again when it has rested, however far off its reminders are.
    let all_count = !memory.snoozed.is_empty();
    let mut found = Pressing { decisions: Vec::new(), next_look: None };
    let (mut of_entry, mut with_due) = (Vec::new(), Vec::new());
    for part in agenda.parts() {
        for entry in part {
            // The next look is on a day that is known already, or earlier.
            if let Some(look) = found.next_look.filter(|_| !all_count) {
                match horizon.sees(&entry.occurrence, look.max(now.day)) {
                    Sight::Near => {}
                    Sight::Far => continue,
                    Sight::FarAndAllThatFollow => break,
                }
            }
            turn.decide(entry, memory, &mut with_due, &mut of_entry);
            let look = next_look(rules, now, of_entry.iter().filter(|decision| !decision.settles()));
            found.next_look = found.next_look.into_iter().chain(look).min();
            found.decisions.extend(of_entry.drain(..).filter(Decision::settles));
        }
    }
    found.decisions.sort_by(|a, b| a.entry.place().cmp(&b.entry.place()));
    found
}

/// How long before its last day something may be due at the earliest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Horizon {
    /// By kind and granularity, in days; `None` where there are no reminders.
    reach: [[Option<i64>; Granularity::ALL.len()]; Kind::ALL.len()],
    longest: i64,
}

enum Sight {
    Near,
    Far,
    FarAndAllThatFollow,
}

impl Horizon {
    /// That of some rules.
    pub fn of(rules: &Rules) -> Self {
        let pulled_back = if rules.quiet.is_empty() { LONGEST_WITHOUT_WORK_DAYS } else { LONGEST_QUIET_DAYS };
        let own = rules.leads.of_milestone.values().flatten().max();
        let reach = |kind, granularity| {
            let longest = rules.leads.usual(kind, granularity).chain(own).max();
            longest.map(|Lead(days)| i64::from(*days) + pulled_back)
        };
        let reach: [_; Kind::ALL.len()] =
            std::array::from_fn(|kind| std::array::from_fn(|granularity| reach(Kind::ALL[kind], Granularity::ALL[granularity])));
        Self { longest: reach.iter().flatten().flatten().copied().max().unwrap_or_default(), reach }
    }

    /// Whether nothing of an occurrence is due on a day, or before it; and nothing of what ends later either.
    fn sees(&self, occurrence: &Occurrence<'_>, day: NaiveDate) -> Sight {
        let left = i64::from(occurrence.last_day.num_days_from_ce()) - i64::from(day.num_days_from_ce());
        if left > self.longest {
            return Sight::FarAndAllThatFollow;
        }
        let reach = self.reach[occurrence.milestone.kind as usize][occurrence.granularity as usize];
        if reach.is_none_or(|reach| left > reach) { Sight::Far } else { Sight::Near }
    }
}
