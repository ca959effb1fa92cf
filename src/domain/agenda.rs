//! A practice's agenda: every occurrence that concerns it, subscription by subscription.

mod hand;

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{Datelike, NaiveDate};

use crate::domain::agenda::hand::{Hand, Times};
use crate::domain::almanac::Almanac;
use crate::domain::names::{CareType, InsurerId, OccurrenceId};
use crate::domain::occurrences::Occurrence;
use crate::domain::own_dates::OWN;
use crate::domain::practices::{Happened, Practice, Subscription};

/// An occurrence as it concerns one practice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry<'a> {
    /// The occurrence; its care types and modules are those that matched.
    pub occurrence: Arc<Occurrence<'a>>,
    /// Through which insurer and care type; [`OWN`] for a date of the practice's own.
    pub insurer: InsurerId,
    /// The care type of the subscription; [`OWN`] for a date of the practice's own.
    pub care_type: CareType,
}

impl Entry<'_> {
    /// Where it stands in an agenda: by its last day, then as it is called.
    pub fn place(&self) -> (NaiveDate, &OccurrenceId, &CareType) {
        (self.occurrence.last_day, &self.occurrence.id, &self.care_type)
    }
}

/// Everything that concerns a practice, in order of the last day: one entry per subscription, and its own dates.
///
/// `first_day` stands in for a missing `since`: what lies before it is left out.
pub fn entries<'a>(
    almanac: &'a Almanac,
    practice: &'a Practice,
    happened: &Happened,
    today: NaiveDate,
    first_day: NaiveDate,
) -> Vec<Entry<'a>> {
    with_own(of_calendars(almanac, practice, happened, today, first_day), practice, today, first_day)
}

/// What calendars say to a practice, with its own dates among it.
pub fn with_own<'a>(mut all: Vec<Entry<'a>>, practice: &'a Practice, today: NaiveDate, first_day: NaiveDate) -> Vec<Entry<'a>> {
    all.extend(own_entries(practice, today, first_day));
    in_order(&mut all);
    all
}

fn own_entries(practice: &Practice, today: NaiveDate, first_day: NaiveDate) -> Vec<Entry<'_>> {
    let own = |occurrence| Entry { occurrence: Arc::new(occurrence), insurer: InsurerId::from(OWN), care_type: CareType::from(OWN) };
    practice.own.occurrences(today, first_day).into_iter().map(own).collect()
}

/// The same without the practice's own dates.
pub fn of_calendars<'a>(
    almanac: &'a Almanac,
    practice: &Practice,
    happened: &Happened,
    today: NaiveDate,
    first_day: NaiveDate,
) -> Vec<Entry<'a>> {
    Agendas::of(almanac).entries(practice, happened, today, first_day)
}

/// How many different subscriptions are remembered: with some hundred entries each, a few dozen megabytes. All Dutch practices together have about
/// a thousand.
const MOST_REMEMBERED: usize = 2000;

/// The agendas of many practices. What practices with equal subscriptions have in common is worked out once.
#[derive(Debug)]
pub struct Agendas<'a> {
    almanac: &'a Almanac,
    /// The contract years in view, and in which year that is: what is known holds for them.
    years: Vec<i32>,
    in_year: Option<i32>,
    known: HashMap<Subscription, usize>,
    worked_out: Vec<WorkedOut<'a>>,
    times: Times<'a>,
}

impl<'a> Agendas<'a> {
    /// Nothing is worked out yet.
    pub fn of(almanac: &'a Almanac) -> Self {
        Self { almanac, years: Vec::new(), in_year: None, known: HashMap::new(), worked_out: Vec::new(), times: Times::new() }
    }

    /// Whose they are.
    pub fn almanac(&self) -> &'a Almanac {
        self.almanac
    }

    /// As [`of_calendars`] gives them.
    pub fn entries(&mut self, practice: &Practice, happened: &Happened, today: NaiveDate, first_day: NaiveDate) -> Vec<Entry<'a>> {
        self.agenda(practice, happened, today, first_day).in_order()
    }

    /// The same, as it is known: for who needs a few of the entries.
    pub fn agenda(&mut self, practice: &Practice, happened: &Happened, today: NaiveDate, first_day: NaiveDate) -> Agenda<'_, 'a> {
        self.turn_to(today);
        let subscriptions = &practice.subscriptions;
        let within = |subscription: &Subscription| (subscription.since.unwrap_or(first_day), subscription.end);
        let parts = if happened.is_empty() {
            let places: Vec<usize> = subscriptions.iter().map(|subscription| self.usual(subscription)).collect();
            let known = |(subscription, place): (_, usize)| self.worked_out[place].part(within(subscription));
            subscriptions.iter().zip(places).map(known).collect()
        } else {
            let mut times = Times::new();
            let mut hand = Hand { almanac: self.almanac, years: &self.years, happened, times: &mut times };
            let mut own = |subscription: &Subscription| {
                let worked_out = WorkedOut::of(hand.subscription(subscription));
                Part::own(worked_out.part(within(subscription)).entries().to_vec())
            };
            subscriptions.iter().map(&mut own).collect()
        };
        Agenda { parts }
    }

    fn turn_to(&mut self, today: NaiveDate) {
        if self.in_year != Some(today.year()) {
            (self.years, self.in_year) = (self.almanac.contract_years(today), Some(today.year()));
            self.forget();
        } else if self.known.len() >= MOST_REMEMBERED {
            self.forget();
        }
    }

    fn forget(&mut self) {
        self.known.clear();
        self.worked_out.clear();
        self.times.clear();
    }

    /// Where nothing happened that moves a day, whoever has the same subscription has the same entries: at which place.
    fn usual(&mut self, subscription: &Subscription) -> usize {
        let key = Subscription { since: None, end: None, ..subscription.clone() };
        *self.known.entry(key).or_insert_with(|| {
            let nothing = Happened::new();
            let mut hand = Hand { almanac: self.almanac, years: &self.years, happened: &nothing, times: &mut self.times };
            self.worked_out.push(WorkedOut::of(hand.subscription(subscription)));
            self.worked_out.len() - 1
        })
    }
}

/// A practice's agenda, subscription by subscription; mostly a look at what is known of other practices' too.
#[derive(Debug)]
pub struct Agenda<'k, 'a> {
    parts: Vec<Part<'k, 'a>>,
}

/// What one subscription brings, or the practice's own dates.
#[derive(Debug)]
struct Part<'k, 'a> {
    entries: Entries<'k, 'a>,
    has_possible_starts: bool,
}

#[derive(Debug)]
enum Entries<'k, 'a> {
    Known(&'k [Entry<'a>]),
    Own(Vec<Entry<'a>>),
}

/// The entries of a subscription.
#[derive(Debug)]
struct WorkedOut<'a> {
    entries: Vec<Entry<'a>>,
    /// Their last days, side by side: to find a day among them is asked so often that fetching each occurrence for it is felt.
    last_days: Vec<NaiveDate>,
    has_possible_starts: bool,
}

impl<'a> WorkedOut<'a> {
    fn of(entries: Vec<Entry<'a>>) -> Self {
        let last_days = entries.iter().map(|entry| entry.occurrence.last_day).collect();
        Self { has_possible_starts: has_possible_starts(&entries), entries, last_days }
    }

    /// Those whose last day is from one day on, and not after another.
    fn part(&self, (since, end): (NaiveDate, Option<NaiveDate>)) -> Part<'_, 'a> {
        let from = self.last_days.partition_point(|day| *day < since);
        let until = end.map_or(self.entries.len(), |end| self.last_days.partition_point(|day| *day <= end));
        Part { entries: Entries::Known(&self.entries[from.min(until)..until]), has_possible_starts: self.has_possible_starts }
    }
}

fn has_possible_starts(entries: &[Entry<'_>]) -> bool {
    entries.iter().any(|entry| entry.occurrence.start_is_possible)
}

impl<'a> Part<'_, 'a> {
    fn own(entries: Vec<Entry<'a>>) -> Self {
        Self { has_possible_starts: has_possible_starts(&entries), entries: Entries::Own(entries) }
    }

    fn entries(&self) -> &[Entry<'a>] {
        match &self.entries {
            Entries::Known(entries) => entries,
            Entries::Own(entries) => entries,
        }
    }
}

impl<'k, 'a> Agenda<'k, 'a> {
    /// With the practice's own dates.
    #[must_use]
    pub fn with_own<'p>(self, practice: &'p Practice, today: NaiveDate, first_day: NaiveDate) -> Agenda<'k, 'p>
    where
        'a: 'p,
    {
        let mut agenda: Agenda<'k, 'p> = self;
        let mut own = own_entries(practice, today, first_day);
        in_order(&mut own);
        agenda.parts.push(Part::own(own));
        agenda
    }

    /// What each subscription brings, in order of the last day.
    pub fn parts(&self) -> impl Iterator<Item = &[Entry<'a>]> {
        self.parts.iter().map(Part::entries)
    }

    /// Whatever hangs on one of several possible starts.
    pub fn with_possible_starts(&self) -> impl Iterator<Item = &Entry<'a>> {
        let parts = self.parts.iter().filter(|part| part.has_possible_starts);
        parts.flat_map(Part::entries).filter(|entry| entry.occurrence.start_is_possible)
    }

    /// All of it, in order.
    pub fn in_order(&self) -> Vec<Entry<'a>> {
        let mut all = self.parts().collect::<Vec<_>>().concat();
        in_order(&mut all);
        all
    }
}

fn in_order(entries: &mut [Entry<'_>]) {
    entries.sort_by(|a, b| a.place().cmp(&b.place()));
}

/// The same, with the entries of one occurrence and start put together.
pub fn merged<'a>(entries: Vec<Entry<'a>>) -> Vec<Entry<'a>> {
    let mut all: Vec<Entry<'a>> = Vec::new();
    for entry in entries {
        let same = |other: &&mut Entry<'a>| {
            other.occurrence.id == entry.occurrence.id
                && other.occurrence.last_day == entry.occurrence.last_day
                && other.occurrence.start == entry.occurrence.start
        };
        match all.iter_mut().find(same) {
            Some(known) => {
                let known = Arc::make_mut(&mut known.occurrence);
                known.absorb(&entry.occurrence);
                Arc::make_mut(&mut known.common).start_is_possible &= entry.occurrence.start_is_possible;
            }
            None => all.push(entry),
        }
    }
    all
}
