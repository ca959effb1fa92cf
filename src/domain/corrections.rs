//! Corrections: what somebody was told and is no longer so, because a calendar changed.
//!
//! Told apart from what the practice changed itself by asking the earlier calendars: only where one of them, with the practice as it is now,
//! gives the day that was told, it was the calendar that changed. Another start, a recorded day or the end of a subscription changes the answer
//! of the earlier calendars too, and is no correction.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;

use crate::domain::agenda::{self, Entry};
use crate::domain::almanac::Almanac;
use crate::domain::decide::{Memory, Now, Rules, next_morning};
use crate::domain::digest::{self, Item};
use crate::domain::leads::Lead;
use crate::domain::names::{CareType, OccurrenceId, PolicyId};
use crate::domain::occurrences::Occurrence;
use crate::domain::practices::{Happened, Practice, Subscription};

/// What a mail tells of one occurrence.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Told {
    /// Which.
    pub occurrence: OccurrenceId,
    /// For which of the practice's care types.
    pub care_type: CareType,
    /// Its last day; where it is withdrawn, the one that no longer holds.
    pub last_day: NaiveDate,
    /// Whether it was said to be off.
    pub withdrawn: bool,
}

/// The latest that a contact was told of an occurrence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Belief {
    /// What.
    pub told: Told,
    /// The civil day on which.
    pub on: NaiveDate,
}

/// A policy as an earlier load had it. The almanac holds that policy alone; the statutory one stands among the policies of today, because
/// it is silent where they speak.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// With the names of today.
    pub almanac: Almanac,
    /// The day of the load that replaced it.
    pub replaced_on: NaiveDate,
}

/// Earlier versions of policies, latest first.
pub type Versions = BTreeMap<PolicyId, Arc<[Version]>>;

/// How what is true differs from what was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Turn {
    /// Another last day.
    Moved,
    /// No longer there.
    Withdrawn,
    /// There again, after it was said to be off.
    Restored,
}

/// One thing to set right for a contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction<'a> {
    /// What the contact was told, and when.
    pub belief: Belief,
    /// How that differs.
    pub turn: Turn,
    /// As it is now; where it was withdrawn, as it was.
    pub entry: Entry<'a>,
    /// As it was told.
    pub before: Entry<'a>,
    /// The day on which the calendar changed; unknown for what is there again.
    pub corrected_on: Option<NaiveDate>,
    /// Whether the practice had marked it as handled, for the day that no longer holds.
    pub reopened: bool,
}

impl Correction<'_> {
    /// What the ledger says once the correction is told.
    pub fn told(&self) -> Told {
        let last_day = if self.turn == Turn::Withdrawn { self.belief.told.last_day } else { self.entry.occurrence.last_day };
        Told { last_day, withdrawn: self.turn == Turn::Withdrawn, ..self.belief.told.clone() }
    }
}

/// What is true for a practice, and what was.
#[derive(Debug)]
pub struct Truth<'a> {
    /// What planning sees.
    entries: &'a [Entry<'a>],
    /// The same without the bounds of the subscriptions: what moved out of them did not vanish.
    unbounded: Vec<Entry<'a>>,
    practice: Practice,
    happened: &'a Happened,
    memory: &'a Memory,
    versions: &'a Versions,
    today: NaiveDate,
}

/// The beliefs that `entries`, in order, do not bear out and that still matter; the others need no further thought.
pub fn doubtful<'b>(beliefs: &'b [Belief], entries: &[Entry<'_>], memory: &Memory, today: NaiveDate) -> Vec<&'b Belief> {
    let is_doubtful = |told: &Told| {
        // Asked of all that a practice was ever told, and mostly so.
        if !told.withdrawn && find(of_day(entries, told.last_day), told).next().is_some() {
            return false;
        }
        let latest = find(entries, told).map(|entry| entry.occurrence.last_day).max();
        let borne_out = told.withdrawn && latest.is_none();
        !borne_out && latest.max(Some(told.last_day)) >= Some(today)
    };
    let happened = |told: &Told| memory.happened.contains(&told.occurrence.milestone());
    beliefs.iter().filter(|belief| is_doubtful(&belief.told) && !happened(&belief.told)).collect()
}

/// Those of entries in order that have this last day.
fn of_day<'e, 'a>(entries: &'e [Entry<'a>], day: NaiveDate) -> &'e [Entry<'a>] {
    let from_day = &entries[entries.partition_point(|entry| entry.occurrence.last_day < day)..];
    &from_day[..from_day.partition_point(|entry| entry.occurrence.last_day == day)]
}

fn find<'e, 'a>(entries: &'e [Entry<'a>], told: &'e Told) -> impl Iterator<Item = &'e Entry<'a>> {
    entries.iter().filter(|entry| entry.occurrence.id == told.occurrence && entry.care_type == told.care_type)
}

impl<'a> Truth<'a> {
    /// `entries` are the practice's agenda under `almanac`; `versions` hold what earlier loads said of the policies in doubt.
    pub fn new(
        almanac: &'a Almanac,
        practice: &Practice,
        happened: &'a Happened,
        memory: &'a Memory,
        entries: &'a [Entry<'a>],
        versions: &'a Versions,
        today: NaiveDate,
    ) -> Self {
        let unbounded = agenda::of_calendars(almanac, &bounded(practice, |_| None), happened, today, NaiveDate::MIN);
        let practice = bounded(practice, |subscription| subscription.end);
        Self { entries, unbounded, practice, happened, memory, versions, today }
    }

    /// What has to be set right for somebody who believes this; `None` where nothing has.
    pub fn correction(&self, belief: &Belief) -> Option<Correction<'a>> {
        if belief.told.withdrawn { self.restored(belief) } else { self.changed(belief) }
    }

    fn restored(&self, belief: &Belief) -> Option<Correction<'a>> {
        let entry = find(self.entries, &belief.told).find(|entry| entry.occurrence.last_day >= self.today && !self.is_done(entry))?.clone();
        let correction =
            Correction { belief: belief.clone(), turn: Turn::Restored, before: entry.clone(), entry, corrected_on: None, reopened: false };
        Some(correction)
    }

    fn changed(&self, belief: &Belief) -> Option<Correction<'a>> {
        let told = &belief.told;
        if find(&self.unbounded, told).any(|entry| entry.occurrence.last_day == told.last_day) {
            return None;
        }
        let was_done = self.memory.was_done(&told.occurrence, &told.care_type, told.last_day);
        let now = find(&self.unbounded, told).max_by_key(|entry| entry.occurrence.last_day);
        let matters = match now {
            Some(entry) => entry.occurrence.last_day.max(told.last_day) >= self.today && !self.is_done(entry),
            None => told.last_day >= self.today && !was_done,
        };
        let (before, replaced_on) = matters.then(|| self.as_told(told)).flatten()?;
        let (turn, entry) = now.map_or_else(|| (Turn::Withdrawn, before.clone()), |entry| (Turn::Moved, entry.clone()));
        Some(Correction { belief: belief.clone(), turn, entry, before, corrected_on: Some(replaced_on), reopened: was_done })
    }

    fn is_done(&self, entry: &Entry<'_>) -> bool {
        self.memory.is_done(entry)
    }

    /// What an earlier calendar says to the practice as it is now, if that is what was told.
    fn as_told(&self, told: &Told) -> Option<(Entry<'a>, NaiveDate)> {
        let versions: &'a [Version] = self.versions.get(&told.occurrence.milestone().policy())?;
        versions.iter().find_map(|version| {
            let entries = agenda::of_calendars(&version.almanac, &self.practice, self.happened, self.today, NaiveDate::MIN);
            let same = find(&entries, told).find(|entry| entry.occurrence.last_day == told.last_day)?.clone();
            Some((same, version.replaced_on))
        })
    }
}

/// The practice with subscriptions that began long ago and end as said.
fn bounded(practice: &Practice, end: impl Fn(&Subscription) -> Option<NaiveDate>) -> Practice {
    let mut practice = practice.clone();
    for subscription in &mut practice.subscriptions {
        (subscription.since, subscription.end) = (None, end(subscription));
    }
    practice
}

/// Whether a correction has to leave at once: a reminder of the new day is due already, what was withdrawn could be acted on by now, or
/// the next working morning comes after the day that was told.
pub fn cannot_wait(rules: &Rules, now: Now, correction: &Correction<'_>) -> bool {
    let occurrence = &correction.entry.occurrence;
    let is_due = |lead: &Lead| rules.quiet.due_day(occurrence.milestone.kind.class(), occurrence.last_day, *lead) <= now.day;
    let leads = rules.leads.of(occurrence);
    let told = &correction.belief.told;
    occurrence.last_day <= now.day || leads.iter().any(is_due) || (now.day <= told.last_day && told.last_day < next_morning(rules, now))
}

/// One thing in a correction mail: the same change for all the care types that it concerns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Corrected<'a> {
    /// As it is now; where it was withdrawn, as it was.
    pub item: Item<'a>,
    /// As it was told.
    pub before: Occurrence<'a>,
    /// How that differs.
    pub turn: Turn,
    /// The civil day on which it was told.
    pub told_on: NaiveDate,
    /// The day on which the calendar changed, where it is known.
    pub corrected_on: Option<NaiveDate>,
    /// Whether the practice had marked it as handled.
    pub reopened: bool,
}

/// Puts corrections together, most urgent first and what is off last.
pub fn grouped<'a>(corrections: &[Correction<'a>], today: NaiveDate) -> Vec<Corrected<'a>> {
    let mut groups: BTreeMap<(OccurrenceId, Turn, NaiveDate, NaiveDate), Vec<&Correction<'a>>> = BTreeMap::new();
    for correction in corrections {
        let (was, now) = (&correction.belief.told, correction.told());
        groups.entry((now.occurrence, correction.turn, was.last_day, now.last_day)).or_default().push(correction);
    }
    let mut all: Vec<Corrected<'a>> = groups.into_values().filter_map(|group| together(&group, today)).collect();
    all.sort_by_key(|corrected| (corrected.turn == Turn::Withdrawn, digest::urgency(&corrected.item.occurrence, today)));
    all
}

fn together<'a>(group: &[&Correction<'a>], today: NaiveDate) -> Option<Corrected<'a>> {
    let first = group.first()?;
    let item = digest::from_entries(group.iter().map(|correction| correction.entry.clone()), today).into_iter().next()?;
    Some(Corrected {
        item,
        before: (*first.before.occurrence).clone(),
        turn: first.turn,
        told_on: group.iter().map(|correction| correction.belief.on).max()?,
        corrected_on: group.iter().filter_map(|correction| correction.corrected_on).max(),
        reopened: group.iter().any(|correction| correction.reopened),
    })
}
