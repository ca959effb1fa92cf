//! Plan: look at the practices with something due or changed, decide, and queue their mail.
//!
//! Level-triggered: a missed run costs time, never a mail. Run twice it changes nothing, because each settled decision is a unique row.

use std::borrow::Cow;
use std::cell::LazyCell;

use chrono::{DateTime, Datelike, NaiveDate, Utc};

use crate::clock;
use crate::domain::agenda::{Agendas, Entry};
use crate::domain::almanac::Almanac;
use crate::domain::decide::pressing::{Horizon, Pressing, pressing};
use crate::domain::decide::verdict::{Reason, Verdict};
use crate::domain::decide::{Decision, Rules, cannot_wait};
use crate::domain::names::{OccurrenceId, PracticeId};
use crate::domain::notices::NoticeKind;
use crate::domain::practices::Practice;
use crate::domain::reopen::worth_from;
use crate::domain::routing::{Why, hearers, routes};
use crate::domain::working_days::shift;
use crate::job::correct::{Case, Past, queue_corrections};
use crate::job::reopen::reopen;
use crate::job::{overview, reach};
use crate::mail::compose::key::MailKind;
use crate::store::agenda::Carrier;
use crate::store::error::StoreError;
use crate::store::outbox::State;
use crate::store::{Store, Work};

/// How many practices share a transaction: enough to spread the cost of making it durable, few enough to keep others waiting briefly.
pub const BATCH: u32 = 250;

/// The daily mail, as the outbox calls it.
pub const DIGEST: &str = "digest";

/// The job, as its last run is recorded.
const PLAN: &str = "plan";

/// What a run did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Planned {
    /// How many practices were looked at.
    pub practices: usize,
    /// How many mails were queued.
    pub mails: usize,
    /// How many corrections were queued beside them.
    pub corrections: usize,
    /// Deadlines that passed without a reminder: practice, occurrence, last day.
    pub passed: Vec<(PracticeId, OccurrenceId, NaiveDate)>,
    /// Practices that could not be planned, with the reason. Nobody else was held up.
    pub parked: Vec<(PracticeId, String)>,
}

impl Planned {
    fn summary(&self) -> String {
        let corrections = if self.corrections > 0 { format!(", {} corrections", self.corrections) } else { String::new() };
        format!("{} practices looked at, {} mails queued{corrections}", self.practices, self.mails)
    }
}

/// Plans for everybody at whom planning has to look now.
///
/// # Errors
/// When the database cannot be written. What was planned before that stays.
pub fn plan(store: &mut Store, almanac: &Almanac, rules: &Rules, now: DateTime<Utc>) -> Result<Planned, StoreError> {
    let mut planned = Planned::default();
    let mut known = Known { past: Past::default(), agendas: Agendas::of(almanac), horizon: Horizon::of(rules) };
    undo_a_clock_that_was_ahead(store, now)?;
    loop {
        let ids = store.practices_to_look_at(now, BATCH)?;
        if ids.is_empty() {
            break;
        }
        let work = store.begin(now)?;
        for id in &ids {
            plan_one(&work, almanac, rules, id, &mut known, &mut planned)?;
        }
        work.commit()?;
    }
    if planned.practices > 0 {
        let work = store.begin(now)?;
        work.record_run(PLAN, &planned.summary())?;
        work.commit()?;
    }
    Ok(planned)
}

/// The last planning was at an instant that is still to come: the clock was ahead and was set right. What was put off until after that instant
/// would stay silent for as long as the clock was ahead.
fn undo_a_clock_that_was_ahead(store: &mut Store, now: DateTime<Utc>) -> Result<(), StoreError> {
    if store.runs()?.iter().any(|run| run.job == PLAN && run.at > now) {
        let work = store.begin(now)?;
        work.forget_what_is_to_come()?;
        work.look_at_everyone()?;
        work.record_run(PLAN, "the clock was set back: everyone is looked at again")?;
        work.commit()?;
    }
    Ok(())
}

/// What was read or worked out for one practice and serves the next.
struct Known<'a> {
    past: Past,
    agendas: Agendas<'a>,
    /// That of the operator's rules.
    horizon: Horizon,
}

fn plan_one<'a>(
    work: &Work<'_>,
    almanac: &'a Almanac,
    rules: &Rules,
    id: &PracticeId,
    known: &mut Known<'a>,
    planned: &mut Planned,
) -> Result<(), StoreError> {
    planned.practices += 1;
    match plan_practice(work, almanac, rules, id, known, planned) {
        Ok(()) => Ok(()),
        Err(error) if !error.concerns_one_row() => Err(error),
        Err(error) => {
            planned.parked.push((id.clone(), error.to_string()));
            work.notice(NoticeKind::Parked, id.as_str(), &clock::civil_day(work.now).to_string(), &error.to_string())?;
            work.look_at(id, Some(work.now + chrono::TimeDelta::days(1)))
        }
    }
}

fn plan_practice<'a>(
    work: &Work<'_>,
    almanac: &'a Almanac,
    rules: &Rules,
    id: &PracticeId,
    known: &mut Known<'a>,
    planned: &mut Planned,
) -> Result<(), StoreError> {
    let Some(mut practice) = work.practice(id)? else { return Ok(()) };
    let may_be_sent = reach::keep_working_contacts(work, &mut practice)?;
    let rules = rules.of(&practice);
    let horizon = match &rules {
        Cow::Borrowed(_) => Cow::Borrowed(&known.horizon),
        Cow::Owned(own) => Cow::Owned(Horizon::of(own)),
    };
    let rules = &*rules;
    // Queued before the day's digest, so that a newcomer reads the welcome first.
    let (overviews, next_overview) = overview::plan(work, rules, &practice)?;
    planned.mails += overviews;
    let now = clock::planning_now(work.now);
    let (mut memory, unsaid) = work.memory_and_unsaid(id, worth_from(now.day))?;
    let happened = work.happened(id)?;
    let agenda = known.agendas.agenda(&practice, &happened, now.day, now.day).with_own(&practice, now.day, now.day);
    // Of a practice with a few hundred entries, mostly a few are looked at.
    let entries = LazyCell::new(|| agenda.in_order());
    if !unsaid.is_empty() {
        reopen(work, id, unsaid, &entries, &mut memory, now.day)?;
    }
    let told = work.last_told(id)?;
    if !told.is_empty() {
        let case = Case { almanac, practice: &practice, happened: &happened, memory: &memory, entries: &entries, today: now.day };
        planned.corrections += queue_corrections(work, rules, &case, &told, &mut known.past)?;
    }
    let Pressing { mut decisions, next_look } = pressing((rules, &horizon), now, &agenda, &memory);
    if !may_be_sent {
        reach::tell_unreachable(work, &practice, &entries, &memory)?;
        // What cannot be sent is not settled: once an address works, it is caught up with.
        decisions.retain(|decision| decision.verdict != Verdict::Send);
    }
    let sending: Vec<&Entry<'_>> = decisions.iter().filter(|d| d.verdict == Verdict::Send).map(|d| d.entry).collect();
    let readers = readers(&practice, &decisions);
    let slot = if sending.is_empty() { None } else { Some(slot(work, rules, (id, &readers), &sending)?) };
    for decision in &decisions {
        let hearers = hearers(&practice.contacts, decision.entry.occurrence.milestone, decision.stage);
        let (day, kind) = slot.as_ref().map_or((now.day, DIGEST), |slot| (slot.day, slot.kind.as_str()));
        settle(work, id, decision, Carrier { day, kind, contacts: hearers.as_deref() }, planned)?;
    }
    if let Some(slot) = slot {
        for email in &readers {
            work.queue(id, email, slot.day, &slot.kind, slot.due_at)?;
            planned.mails += 1;
        }
    }
    if !may_be_sent {
        return work.look_at(id, Some(clock::instant(shift(now.day, 1), rules.send_from)));
    }
    // With the new year the law's milestones of one more contract year come into view.
    let new_year = NaiveDate::from_ymd_opt(now.day.year() + 1, 1, 1);
    let next = next_look.into_iter().chain(next_overview).chain(new_year).min();
    work.look_at(id, next.map(|day| clock::instant(day, rules.send_from).max(work.now + chrono::TimeDelta::seconds(1))))
}

/// The addresses to which something of what is sent goes: who hears nothing of it gets no mail.
fn readers<'p>(practice: &'p Practice, decisions: &[Decision<'_, '_>]) -> Vec<&'p str> {
    let sent = decisions.iter().filter(|decision| decision.verdict == Verdict::Send);
    let routes: Vec<Vec<Why>> = sent.map(|d| routes(&practice.contacts, d.entry.occurrence.milestone, d.stage)).collect();
    let hears = |place: usize| routes.iter().any(|routes| routes.get(place).is_some_and(|why| why.hears()));
    practice.contacts.iter().enumerate().filter(|(place, _)| hears(*place)).map(|(_, contact)| contact.email.as_str()).collect()
}

fn settle(
    work: &Work<'_>,
    id: &PracticeId,
    decision: &Decision<'_, '_>,
    carrier: Carrier<'_>,
    planned: &mut Planned,
) -> Result<(), StoreError> {
    let key = decision.key();
    let new = work.settle(id, &key, decision.verdict, carrier)?;
    let passed = (id.clone(), key.occurrence, key.last_day);
    let is_told = || is_for_the_operator(work, id, decision);
    if new && decision.verdict == Verdict::Skip(Reason::Passed) && !planned.passed.contains(&passed) && is_told()? {
        work.notice(
            NoticeKind::Passed,
            id.as_str(),
            &format!("{} {} {}", passed.1, key.care_type, passed.2),
            &format!("{} ({}), by {}", decision.entry.occurrence.milestone.title, passed.1, passed.2),
        )?;
        planned.passed.push(passed);
    }
    Ok(())
}

/// What had passed before a practice was imported, with an early `since`, nobody could have told it.
fn is_for_the_operator(work: &Work<'_>, id: &PracticeId, decision: &Decision<'_, '_>) -> Result<bool, StoreError> {
    let entry = decision.entry;
    let imported = work.imported_on(id, &entry.insurer, &entry.care_type)?;
    Ok(imported.is_none_or(|day| entry.occurrence.last_day >= day))
}

/// The mail that takes what is due now.
struct Slot {
    day: NaiveDate,
    kind: String,
    due_at: DateTime<Utc>,
}

/// A practice, and those of its addresses for which something is sent.
type Readers<'r> = (&'r PracticeId, &'r [&'r str]);

/// Today's digest; once that has left, a further mail for what cannot wait, else the digest of the next morning for mail.
fn slot(work: &Work<'_>, rules: &Rules, readers: Readers<'_>, sending: &[&Entry<'_>]) -> Result<Slot, StoreError> {
    let now = clock::planning_now(work.now);
    if !has_left(work, readers, now.day, DIGEST)? {
        return Ok(Slot { day: now.day, kind: DIGEST.to_owned(), due_at: work.now });
    }
    if sending.iter().any(|entry| cannot_wait(rules, now, entry)) {
        return Ok(Slot { day: now.day, kind: urgent(work, readers, now.day)?, due_at: work.now });
    }
    let mut day = rules.quiet.sending_day_on_or_after(shift(now.day, 1));
    // Under a clock that was ahead, the mail of a day to come has left already.
    while has_left(work, readers, day, DIGEST)? {
        day = rules.quiet.sending_day_on_or_after(shift(day, 1));
    }
    Ok(Slot { day, kind: DIGEST.to_owned(), due_at: clock::instant(day, rules.send_from) })
}

/// The first urgent mail of a day that can still take something.
fn urgent(work: &Work<'_>, readers: Readers<'_>, day: NaiveDate) -> Result<String, StoreError> {
    let mut turn = 1;
    while has_left(work, readers, day, &MailKind::Urgent(turn).word())? {
        turn += 1;
    }
    Ok(MailKind::Urgent(turn).word())
}

/// Whether a mail can no longer take anything more: composed at sending, it can until then.
fn has_left(work: &Work<'_>, (practice, emails): Readers<'_>, day: NaiveDate, kind: &str) -> Result<bool, StoreError> {
    for email in emails {
        let state = work.state_of(practice, email, day, kind)?;
        if !matches!(state, None | Some(State::Queued | State::Deferred)) {
            return Ok(true);
        }
    }
    Ok(false)
}
