//! What each practice should be told, written as a stage that only ever moves on: an occurrence is in the stage of its shortest lead that is
//! due, and whoever finds it in a later stage than before is told once.

#![expect(clippy::unwrap_used, reason = "a helper of tests: to panic is to fail the test")]

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, NaiveDate, Utc};

/// A day as a number.
pub fn number(day: NaiveDate) -> i64 {
    i64::from(day.num_days_from_ce())
}

pub fn date(day: i64) -> NaiveDate {
    NaiveDate::from_num_days_from_ce_opt(i32::try_from(day).unwrap()).unwrap()
}

/// Holidays of the simulated years, from the government's list.
const HOLIDAYS: [&str; 33] = [
    "2024-12-25",
    "2024-12-26",
    "2025-01-01",
    "2025-04-18",
    "2025-04-20",
    "2025-04-21",
    "2025-04-26",
    "2025-05-05",
    "2025-05-29",
    "2025-06-08",
    "2025-06-09",
    "2025-12-25",
    "2025-12-26",
    "2026-01-01",
    "2026-04-03",
    "2026-04-05",
    "2026-04-06",
    "2026-04-27",
    "2026-05-05",
    "2026-05-14",
    "2026-05-24",
    "2026-05-25",
    "2026-12-25",
    "2026-12-26",
    "2027-01-01",
    "2027-03-26",
    "2027-03-28",
    "2027-03-29",
    "2027-04-27",
    "2027-05-05",
    "2027-05-06",
    "2027-05-16",
    "2027-05-17",
];

pub fn works(day: i64) -> bool {
    thread_local! {
        static FREE: Vec<i64> = HOLIDAYS.iter().map(|day| number(day.parse().unwrap())).collect();
    }
    // Day 1 of the common era was a Monday.
    (day - 1).rem_euclid(7) < 5 && FREE.with(|free| !free.contains(&day))
}

pub fn next_working(day: i64) -> i64 {
    (day + 1..).find(|day| works(*day)).unwrap()
}

/// What kinds of milestones there are: their word, leads, and how long after the day they are worth telling.
#[derive(Debug, Clone, Copy)]
pub struct Sort {
    pub word: &'static str,
    pub leads: &'static [i64],
    pub is_event: bool,
}

pub const SORTS: [Sort; 6] = [
    Sort { word: "signing-deadline", leads: &[0, 2, 7, 14, 28], is_event: false },
    Sort { word: "question-cutoff", leads: &[0, 2, 7, 14, 28], is_event: false },
    Sort { word: "registration-due", leads: &[0, 2, 7, 14, 28, 84], is_event: false },
    Sort { word: "data-delivery", leads: &[7], is_event: false },
    Sort { word: "preparation", leads: &[0, 7], is_event: false },
    Sort { word: "decision", leads: &[0], is_event: true },
];

#[derive(Debug, Clone)]
pub struct Milestone {
    pub insurer: &'static str,
    pub id: String,
    pub sort: Sort,
    pub last_day: i64,
}

#[derive(Debug, Clone)]
pub struct Subscription {
    pub practice: String,
    pub insurer: &'static str,
    pub care_type: &'static str,
    pub since: i64,
}

/// An occurrence with the day that it had, for one practice.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    pub practice: String,
    pub occurrence: String,
    pub care_type: &'static str,
    pub last_day: i64,
}

/// A turn of the service, as its clock shows it.
#[derive(Debug, Clone, Copy)]
pub struct Tick {
    pub number: usize,
    pub at: DateTime<Utc>,
    pub day: i64,
    /// Seven in the morning has come.
    pub morning: bool,
}

/// Something that has to be told.
#[derive(Debug)]
pub struct Obligation {
    pub key: Key,
    pub lead: i64,
    pub tick: usize,
    pub day: i64,
    pub by: i64,
    pub useful_until: i64,
}

#[derive(Debug, Default)]
struct Progress {
    told: Option<i64>,
    /// Too late to be told, and when that was found.
    missed: Option<DateTime<Utc>>,
    first_due: i64,
    is_deadline: bool,
    done: bool,
}

#[derive(Debug, Default)]
pub struct Model {
    pub obligations: Vec<Obligation>,
    progress: BTreeMap<Key, Progress>,
    /// When a day stopped to hold for an occurrence, or a practice was done with it.
    ceased: Vec<(String, Option<String>, i64, i64)>,
    last: Option<DateTime<Utc>>,
}

impl Model {
    pub fn tick(&mut self, calendar: &[Milestone], subscriptions: &[Subscription], tick: Tick) {
        if self.last.is_some_and(|last| last > tick.at) {
            // A clock that was ahead: what it made us miss was not missed.
            self.progress.values_mut().for_each(|progress| progress.missed = progress.missed.filter(|at| *at <= tick.at));
        }
        self.last = Some(tick.at);
        for milestone in calendar.iter().filter(|milestone| (milestone.last_day - tick.day) < 100) {
            for subscription in subscriptions.iter().filter(|s| s.insurer == milestone.insurer && s.since <= milestone.last_day) {
                self.look(milestone, subscription, tick);
            }
        }
    }

    fn look(&mut self, milestone: &Milestone, subscription: &Subscription, tick: Tick) {
        let last_day = milestone.last_day;
        let waits_too_long = !milestone.sort.is_event && next_morning(tick) > last_day;
        let now = works(tick.day) && tick.morning || waits_too_long;
        let stage = milestone.sort.leads.iter().find(|lead| now && due(milestone, **lead) <= tick.day);
        let Some(stage) = stage.copied() else { return };
        let key =
            Key { practice: subscription.practice.clone(), occurrence: milestone.id.clone(), care_type: subscription.care_type, last_day };
        let progress = self.progress.entry(key.clone()).or_insert_with(|| Progress {
            first_due: tick.day,
            is_deadline: milestone.sort.word.ends_with("deadline") || milestone.sort.word.ends_with("due"),
            ..Progress::default()
        });
        if progress.done || progress.missed.is_some() || progress.told.is_some_and(|told| told <= stage) {
            return;
        }
        let useful_until = last_day + if milestone.sort.is_event { 14 } else { 0 };
        if tick.day > useful_until {
            progress.missed = Some(tick.at);
            return;
        }
        progress.told = Some(stage);
        let by = if waits_too_long { tick.day } else { next_working(tick.day) };
        self.obligations.push(Obligation { key, lead: stage, tick: tick.number, day: tick.day, by, useful_until });
    }

    /// The practice handled it.
    pub fn done(&mut self, key: &Key, day: i64) {
        self.progress.entry(key.clone()).or_default().done = true;
        self.ceased.push((key.occurrence.clone(), Some(key.practice.clone()), key.last_day, day));
    }

    /// The occurrence has another day from now on, or none.
    pub fn moved(&mut self, occurrence: &str, old_day: i64, day: i64) {
        self.ceased.push((occurrence.to_owned(), None, old_day, day));
    }

    /// Whether it stopped to hold between two days, both counted.
    pub fn ceased(&self, key: &Key, from: i64, to: i64) -> bool {
        self.ceased.iter().any(|(occurrence, practice, last_day, day)| {
            *occurrence == key.occurrence
                && practice.as_ref().is_none_or(|practice| *practice == key.practice)
                && *last_day == key.last_day
                && (from..=to).contains(day)
        })
    }

    /// The deadlines that held from their first reminder to the end, with the day of that reminder.
    pub fn closed(&self) -> impl Iterator<Item = (&Key, i64)> {
        let never_ceased = |key: &Key| !self.ceased(key, i64::MIN, i64::MAX);
        let deadlines = self.progress.iter().filter(|(_, progress)| progress.is_deadline);
        deadlines.filter(move |(key, _)| never_ceased(key)).map(|(key, progress)| (key, progress.first_due))
    }
}

fn next_morning(tick: Tick) -> i64 {
    if works(tick.day) && !tick.morning { tick.day } else { next_working(tick.day) }
}

fn due(milestone: &Milestone, lead: i64) -> i64 {
    let day = milestone.last_day - lead;
    if milestone.sort.is_event {
        (day..).find(|day| works(*day)).unwrap()
    } else {
        (0..).map(|back| day - back).find(|day| works(*day)).unwrap()
    }
}
