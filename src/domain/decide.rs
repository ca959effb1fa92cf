//! Decide: for one practice, what goes out now and what does not, each with its reason.
//!
//! A pure function. The dry run and the explanation call [`decide`]; the service and the simulation call [`pressing`](pressing::pressing), which
//! decides in the same way and passes over what cannot matter now. It is level-triggered: it looks at what is due and was not settled yet,
//! however long ago it became due.

pub mod pressing;
pub mod verdict;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDate, NaiveTime};

use crate::domain::agenda::Entry;
use crate::domain::decide::verdict::{Quieted, Reason, Verdict};
use crate::domain::leads::{Lead, Leads};
use crate::domain::milestones::Class;
use crate::domain::names::{CareType, MilestoneId, OccurrenceId};
use crate::domain::occurrences::Occurrence;
use crate::domain::overview::Wanted;
use crate::domain::practices::Practice;
use crate::domain::quiet::Quiet;
use crate::domain::routing::{Stage, stage};
use crate::domain::working_days::{is_working_day, shift};

/// For how many days after it happened an event is still worth telling.
pub const EVENT_WORTH_DAYS: i64 = 14;

/// From how many days on quiet days are long: a reminder before them may be forgotten after them.
const LONG_QUIET_DAYS: i64 = 7;

/// A wall-clock moment in Amsterdam, as planning sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Now {
    /// The civil day.
    pub day: NaiveDate,
    /// The local time.
    pub time: NaiveTime,
}

/// How an operator wants reminders planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// How long before.
    pub leads: Leads,
    /// From which local time on a working day mail goes out.
    pub send_from: NaiveTime,
    /// Which overviews go out beside the reminders.
    pub overviews: Wanted,
    /// On which days nothing goes out that can wait; the operator has none, a practice may: [`Rules::of`].
    pub quiet: Quiet,
}

impl Rules {
    /// The rules as they hold for one practice, with its own lead times and quiet days.
    pub fn of(&self, practice: &Practice) -> Cow<'_, Self> {
        let wishes = practice.contacts.iter().any(|contact| !contact.wants.is_empty());
        let own_dates: Vec<_> =
            practice.own.iter().filter_map(|(date, milestone)| Some((milestone.id.clone(), date.leads.clone()?))).collect();
        if !wishes && own_dates.is_empty() && practice.leads.0.is_empty() && practice.quiet.is_empty() {
            return Cow::Borrowed(self);
        }
        let mut leads = self.leads.with(&practice.leads);
        leads.of_milestone.extend(own_dates);
        leads.adds_escalation = wishes;
        Cow::Owned(Self { leads, quiet: practice.quiet.clone(), ..self.clone() })
    }

    /// The leads for an occurrence, longest first. What long quiet days pull back before them is said once more right after them.
    pub fn leads_of(&self, occurrence: &Occurrence<'_>) -> Vec<Lead> {
        let mut leads = self.leads.of(occurrence);
        if occurrence.milestone.kind.class() == Class::Deadline && !self.quiet.stretches.is_empty() {
            let again: Vec<Lead> = leads.iter().filter_map(|lead| self.after_quiet(occurrence.last_day, *lead)).collect();
            leads.extend(again);
            leads.sort_unstable_by(|a, b| b.cmp(a));
            leads.dedup();
        }
        leads
    }

    fn after_quiet(&self, last_day: NaiveDate, lead: Lead) -> Option<Lead> {
        let day = shift(last_day, -i64::from(lead.0));
        let (before, after) = (self.quiet.sending_day_on_or_before(day), self.quiet.sending_day_on_or_after(day));
        let is_long = after.signed_duration_since(before).num_days() > LONG_QUIET_DAYS;
        let left = u32::try_from(last_day.signed_duration_since(after).num_days()).ok()?;
        is_long.then_some(Lead(left))
    }
}

/// What makes a decision unique: planning twice is harmless, and a moved day counts anew.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DecisionKey {
    // The first to be compared, because it is the quickest and mostly tells two keys apart.
    /// Its last day at the time of deciding.
    pub last_day: NaiveDate,
    /// Which occurrence.
    pub occurrence: OccurrenceId,
    /// For which of the practice's care types.
    pub care_type: CareType,
    /// Which lead.
    pub lead: Lead,
}

/// What a practice did, and what was settled before.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Memory {
    /// Decisions on record.
    pub settled: BTreeSet<DecisionKey>,
    /// Occurrences marked as handled, with the last day for which that holds.
    pub done: BTreeSet<(OccurrenceId, CareType, NaiveDate)>,
    /// Occurrences that rest until a day.
    pub snoozed: BTreeMap<(OccurrenceId, CareType), NaiveDate>,
    /// Milestones that happened already.
    pub happened: BTreeSet<MilestoneId>,
    /// Milestones of which the whole series is marked as handled.
    pub series_done: BTreeSet<(MilestoneId, CareType)>,
}

impl Memory {
    /// Whether the practice marked it as handled, for the day that it has.
    pub fn is_done(&self, entry: &Entry<'_>) -> bool {
        self.was_done(&entry.occurrence.id, &entry.care_type, entry.occurrence.last_day)
    }

    /// Whether the practice marked an occurrence as handled, for this day of it or with its whole series.
    pub fn was_done(&self, occurrence: &OccurrenceId, care_type: &CareType, last_day: NaiveDate) -> bool {
        // Mostly nothing was, and asking costs a key each time.
        let by_series = !self.series_done.is_empty() && self.series_done.contains(&(occurrence.milestone(), care_type.clone()));
        by_series || (!self.done.is_empty() && self.done.contains(&(occurrence.clone(), care_type.clone(), last_day)))
    }

    /// The leads of an entry that were settled for the day that it has.
    fn settled_leads(&self, entry: &Entry<'_>) -> Vec<Lead> {
        let first = key(entry, Lead(0));
        let is_of_entry =
            |key: &&DecisionKey| key.occurrence == first.occurrence && key.care_type == first.care_type && key.last_day == first.last_day;
        self.settled.range(first.clone()..).take_while(is_of_entry).map(|key| key.lead).collect()
    }
}

/// One decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision<'e, 'a> {
    /// On this entry of the practice's agenda.
    pub entry: &'e Entry<'a>,
    /// For this lead.
    pub lead: Lead,
    /// When it becomes due.
    pub due: NaiveDate,
    /// What was decided.
    pub verdict: Verdict,
    /// What quiet days did to it.
    pub quieted: Quieted,
    /// How near the last day is: who hears it depends on it.
    pub stage: Stage,
}

impl Decision<'_, '_> {
    /// Its unique key.
    pub fn key(&self) -> DecisionKey {
        key(self.entry, self.lead)
    }

    /// Whether it is settled by this run and never has to be taken again.
    pub fn settles(&self) -> bool {
        matches!(self.verdict, Verdict::Send | Verdict::Skip(Reason::Overtaken | Reason::Passed | Reason::Stale))
    }
}

fn key(entry: &Entry<'_>, lead: Lead) -> DecisionKey {
    let occurrence = &entry.occurrence;
    DecisionKey { occurrence: occurrence.id.clone(), care_type: entry.care_type.clone(), last_day: occurrence.last_day, lead }
}

/// All decisions for one practice at one moment, in order of the agenda, longest lead first.
pub fn decide<'e, 'a>(rules: &Rules, now: Now, entries: &'e [Entry<'a>], memory: &Memory) -> Vec<Decision<'e, 'a>> {
    let turn = Turn::new(rules, now, next_possible_starts(entries, now.day));
    let mut all = Vec::with_capacity(2 * entries.len());
    let mut with_due = Vec::new();
    for entry in entries {
        turn.decide(entry, memory, &mut with_due, &mut all);
    }
    all
}

type NextStarts<'e> = BTreeMap<(&'e MilestoneId, &'e CareType), NaiveDate>;

/// The nearest last day that is still ahead, for each milestone that hangs on an unknown start.
fn next_possible_starts<'e, 'a: 'e>(entries: impl IntoIterator<Item = &'e Entry<'a>>, today: NaiveDate) -> NextStarts<'e> {
    let mut next = NextStarts::new();
    for entry in entries.into_iter().filter(|entry| entry.occurrence.start_is_possible && entry.occurrence.last_day >= today) {
        let nearest = next.entry((&entry.occurrence.milestone.id, &entry.care_type)).or_insert(entry.occurrence.last_day);
        *nearest = (*nearest).min(entry.occurrence.last_day);
    }
    next
}

/// What is the same for all of a practice's entries.
struct Turn<'r, 'e> {
    rules: &'r Rules,
    now: Now,
    next_starts: NextStarts<'e>,
    /// Whether today's mail goes out by now.
    morning_has_come: bool,
    next_morning: NaiveDate,
}

impl<'r, 'e> Turn<'r, 'e> {
    fn new(rules: &'r Rules, now: Now, next_starts: NextStarts<'e>) -> Self {
        Self {
            rules,
            now,
            next_starts,
            morning_has_come: rules.quiet.is_sending_day(now.day) && now.time >= rules.send_from,
            next_morning: next_morning(rules, now),
        }
    }

    /// Adds the decisions on one entry. A practice has some hundred entries, so `with_due` is room that serves them all.
    fn decide<'a>(&self, entry: &'e Entry<'a>, memory: &Memory, with_due: &mut Vec<(Lead, NaiveDate)>, all: &mut Vec<Decision<'e, 'a>>) {
        let Self { rules, now, .. } = *self;
        let occurrence = &entry.occurrence;
        let class = occurrence.milestone.kind.class();
        let due_day = |lead| (lead, rules.quiet.due_day(class, occurrence.last_day, lead));
        with_due.clear();
        with_due.extend(rules.leads_of(occurrence).into_iter().map(due_day));
        let latest_due = with_due.iter().rev().find(|(_, due)| self.is_due(entry, *due)).map(|(lead, _)| *lead);
        let standstill = standstill(entry, memory, &self.next_starts, now.day);
        let settled = memory.settled_leads(entry);
        let verdict = |lead: Lead, due: NaiveDate| {
            if settled.contains(&lead) {
                return Verdict::Skip(Reason::Settled);
            }
            if let Some(reason) = standstill {
                return Verdict::Skip(reason);
            }
            let told_later = || settled.iter().any(|settled| *settled < lead);
            match latest_due {
                _ if !self.is_due(entry, due) => Verdict::Skip(Reason::NotYet(due)),
                _ if now.day > worth_until(rules, entry) => {
                    Verdict::Skip(if class == Class::Deadline { Reason::Passed } else { Reason::Stale })
                }
                Some(latest) if latest < lead || told_later() => Verdict::Skip(Reason::Overtaken),
                _ => Verdict::Send,
            }
        };
        let decision = |&(lead, due): &(Lead, NaiveDate)| {
            let verdict = verdict(lead, due);
            let quieted = quieted(rules, now, entry, (lead, due), verdict);
            let stage = stage(&rules.leads, class, (occurrence.last_day, lead), now.day);
            Decision { entry, lead, due, verdict, quieted, stage }
        };
        all.extend(with_due.iter().map(decision));
    }

    /// Mail goes out on the morning of a day for mail, unless the next one comes too late: then at once.
    fn is_due(&self, entry: &Entry<'_>, due: NaiveDate) -> bool {
        self.now.day >= due && (self.morning_has_come || comes_too_late(self.next_morning, entry))
    }
}

fn quieted(rules: &Rules, now: Now, entry: &Entry<'_>, (lead, due): (Lead, NaiveDate), verdict: Verdict) -> Quieted {
    if rules.quiet.is_empty() {
        return Quieted::No;
    }
    if verdict == Verdict::Send && is_working_day(now.day) && rules.quiet.holds(now.day) {
        return Quieted::CannotWait;
    }
    let usual = Quiet::default().due_day(entry.occurrence.milestone.kind.class(), entry.occurrence.last_day, lead);
    let is_open = matches!(verdict, Verdict::Send | Verdict::Skip(Reason::NotYet(_)));
    if is_open && usual != due { Quieted::Moved(usual) } else { Quieted::No }
}

/// The entries of which nothing is said today, whatever the lead.
pub fn quiet<'e, 'a>(entries: &'e [Entry<'a>], memory: &Memory, today: NaiveDate) -> Vec<(&'e Entry<'a>, Reason)> {
    let next_starts = next_possible_starts(entries, today);
    entries.iter().filter_map(|entry| standstill(entry, memory, &next_starts, today).map(|reason| (entry, reason))).collect()
}

/// What keeps an occurrence quiet whatever the lead.
fn standstill(entry: &Entry<'_>, memory: &Memory, next_starts: &NextStarts<'_>, today: NaiveDate) -> Option<Reason> {
    let occurrence = &entry.occurrence;
    if memory.happened.contains(&occurrence.milestone.id) {
        return Some(Reason::Happened);
    }
    if memory.is_done(entry) {
        let by_series = memory.series_done.contains(&(occurrence.milestone.id.clone(), entry.care_type.clone()));
        return Some(if by_series { Reason::SeriesDone } else { Reason::Done });
    }
    let asked_to_rest = !memory.snoozed.is_empty();
    let snoozed = asked_to_rest.then(|| memory.snoozed.get(&(occurrence.id.clone(), entry.care_type.clone()))).flatten();
    // A snooze never reaches past the last day when it is asked for; one that does was meant for a day that has moved since.
    if let Some(until) = snoozed.filter(|until| today < **until && **until <= occurrence.last_day) {
        return Some(Reason::Snoozed(*until));
    }
    let next = next_starts.get(&(&occurrence.milestone.id, &entry.care_type));
    let later = occurrence.start_is_possible && next.is_some_and(|next| occurrence.last_day > *next);
    later.then_some(Reason::LaterStart)
}

/// The last day on which an entry is worth telling. For an event that quiet days put off, that is the day to which they did at least.
pub fn worth_until(rules: &Rules, entry: &Entry<'_>) -> NaiveDate {
    let last_day = entry.occurrence.last_day;
    if entry.occurrence.milestone.kind.class() != Class::Event {
        return last_day;
    }
    shift(last_day, EVENT_WORTH_DAYS).max(rules.quiet.sending_day_on_or_after(last_day))
}

/// Whether an entry is no longer worth telling: its last day has passed, or for an event fourteen days since; quiet days aside.
pub fn too_late(entry: &Entry<'_>, today: NaiveDate) -> bool {
    let worth = if entry.occurrence.milestone.kind.class() == Class::Event { EVENT_WORTH_DAYS } else { 0 };
    today > shift(entry.occurrence.last_day, worth)
}

/// Whether the next morning for mail comes too late for an entry; an event can always wait.
pub fn cannot_wait(rules: &Rules, now: Now, entry: &Entry<'_>) -> bool {
    comes_too_late(next_morning(rules, now), entry)
}

fn comes_too_late(morning: NaiveDate, entry: &Entry<'_>) -> bool {
    entry.occurrence.milestone.kind.class() != Class::Event && morning > entry.occurrence.last_day
}

/// The day whose morning's mail comes next.
pub fn next_morning(rules: &Rules, now: Now) -> NaiveDate {
    let today_is_still_to_come = rules.quiet.is_sending_day(now.day) && now.time < rules.send_from;
    if today_is_still_to_come { now.day } else { rules.quiet.sending_day_on_or_after(shift(now.day, 1)) }
}

/// The first day on which something that is not settled yet becomes due; `None` when nothing ever will.
///
/// Until that day a practice need not be looked at. What cannot be known now (a possible start that becomes the next one, a snooze) counts
/// from the day on which it can change.
pub fn next_due(rules: &Rules, now: Now, entries: &[Entry<'_>], memory: &Memory) -> Option<NaiveDate> {
    next_look(rules, now, &decide(rules, now, entries, memory))
}

/// The same from decisions that were taken already. What is settled with them must not be among them any more.
pub fn next_look<'d, 'e: 'd, 'a: 'e>(
    rules: &Rules,
    now: Now,
    decisions: impl IntoIterator<Item = &'d Decision<'e, 'a>>,
) -> Option<NaiveDate> {
    let tomorrow = shift(now.day, 1);
    let pending = |decision: &Decision<'_, '_>| match decision.verdict {
        Verdict::Skip(Reason::NotYet(day)) => Some(if day > now.day || now.time < rules.send_from { day.max(now.day) } else { tomorrow }),
        Verdict::Skip(Reason::Snoozed(until)) => Some(until),
        Verdict::Skip(Reason::LaterStart) => Some(decision.due.max(tomorrow)),
        Verdict::Send => Some(now.day),
        Verdict::Skip(_) => None,
    };
    decisions.into_iter().filter_map(pending).min()
}

/// How far ahead something without a deadline is counted as open: as far as its longest usual lead.
const OPEN_AHEAD_DAYS: i64 = 84;

/// What a practice still has to do or to expect: deadlines however far off, the rest in its last twelve weeks, no events.
pub fn still_open<'e, 'a>(entries: &'e [Entry<'a>], memory: &Memory, today: NaiveDate) -> Vec<&'e Entry<'a>> {
    let next_starts = next_possible_starts(entries, today);
    let is_open = |entry: &&Entry<'_>| {
        let last_day = entry.occurrence.last_day;
        let in_view = match entry.occurrence.milestone.kind.class() {
            Class::Deadline => true,
            Class::Event => false,
            Class::Duty | Class::Term | Class::Advice => last_day <= shift(today, OPEN_AHEAD_DAYS),
        };
        in_view && last_day >= today && matches!(standstill(entry, memory, &next_starts, today), None | Some(Reason::Snoozed(_)))
    };
    entries.iter().filter(is_open).collect()
}
