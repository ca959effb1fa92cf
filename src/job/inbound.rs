//! Inbound: what the mail server left in the spool. Each message is one transaction, then its file goes; stopped in between, it is handled
//! again, and nothing of it counts twice but the count.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use crate::clock;
use crate::domain::agenda;
use crate::domain::almanac::Almanac;
use crate::domain::names::PracticeId;
use crate::domain::notices::NoticeKind;
use crate::job::office::{Office, row};
use crate::job::{farewell, reach, spool};
use crate::mail::inbound::origin::Origin;
use crate::mail::inbound::report::{Action, Report};
use crate::mail::inbound::{Content, Incoming, Request, read};
use crate::mail::signed::{Keys, Token};
use crate::store::error::StoreError;
use crate::store::inbound::BOUNCED;
use crate::store::outbox::{Attempt, Mail};
use crate::store::{Store, Work};

/// How many messages one turn takes, so that a flood does not hold up what goes out.
const MOST_PER_TURN: usize = 500;

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// A mail did not arrive.
    Bounced,
    /// A mail is late, or went on to where no reports come from.
    Reported,
    /// A report without a mail of ours that its address names: forged, or about something else.
    UnsignedReport,
    /// An address unsubscribed.
    Unsubscribed,
    /// An address came back.
    Subscribed,
    /// An occurrence is handled.
    Done,
    /// What it asks is so already.
    Again,
    /// It speaks of a day that has changed.
    Stale,
    /// A token that we did not write.
    Forged,
    /// A machine's answer.
    Automatic,
    /// For a person to read: set aside.
    Unread,
    /// It could not be handled: set aside.
    Broken,
}

impl Outcome {
    /// The word in counts.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bounced => "bounced",
            Self::Reported => "reported",
            Self::UnsignedReport => "unsigned-report",
            Self::Unsubscribed => "unsubscribed",
            Self::Subscribed => "subscribed",
            Self::Done => "done",
            Self::Again => "again",
            Self::Stale => "stale",
            Self::Forged => "forged",
            Self::Automatic => "automatic",
            Self::Unread => "unread",
            Self::Broken => "broken",
        }
    }

    fn is_set_aside(self) -> bool {
        matches!(self, Self::Unread | Self::Broken)
    }
}

/// How much of what was handled.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Received(pub BTreeMap<Outcome, usize>);

impl fmt::Display for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts: Vec<String> = self.0.iter().map(|(outcome, number)| format!("{} {number}", outcome.as_str())).collect();
        f.write_str(&counts.join(", "))
    }
}

/// Why a turn stopped early. What was not reached waits in the spool.
#[derive(Debug, thiserror::Error)]
pub enum InboundError {
    /// The database cannot be used for now.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A message cannot be taken out of the spool, or the spool not be read.
    #[error("the spool {path}: {source}")]
    Spool {
        /// Where.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// Handles what lies in the spool, oldest first.
///
/// # Errors
/// [`InboundError`]; a message that is itself the trouble is set aside instead.
pub fn receive(store: &mut Store, almanac: &Almanac, office: &Office, now: DateTime<Utc>) -> Result<Received, InboundError> {
    let failed = |path: &Path, source| InboundError::Spool { path: path.to_owned(), source };
    let mut received = Received::default();
    for path in spool::waiting(&office.spool, MOST_PER_TURN).map_err(|source| failed(&office.spool, source))? {
        let outcome = match understood(&path) {
            Some(incoming) => handle(store, almanac, office, &incoming, now)?,
            None => record(store.begin(now)?, &office.spool, Outcome::Broken)?,
        };
        let taken = if outcome.is_set_aside() { spool::set_aside(&office.spool, &path) } else { fs::remove_file(&path) };
        taken.map_err(|source| failed(&path, source))?;
        *received.0.entry(outcome).or_default() += 1;
    }
    Ok(received)
}

/// `None` where it cannot be read. A parser that panics over foreign bytes must not take the service with it, at each start anew.
fn understood(path: &Path) -> Option<Incoming> {
    let bytes = spool::read(path).ok()?;
    catch_unwind(AssertUnwindSafe(|| read(&bytes))).ok()
}

/// One transaction. Trouble that may pass stops the turn; trouble that this message makes, however often it is tried, sets it aside.
fn handle(store: &mut Store, almanac: &Almanac, office: &Office, incoming: &Incoming, now: DateTime<Utc>) -> Result<Outcome, StoreError> {
    let work = store.begin(now)?;
    match dispatch(&work, almanac, &office.keys, incoming) {
        Ok(outcome) => record(work, &office.spool, outcome),
        Err(error) if error.may_pass() => Err(error),
        Err(_) => {
            drop(work);
            record(store.begin(now)?, &office.spool, Outcome::Broken)
        }
    }
}

fn record(work: Work<'_>, spool: &Path, outcome: Outcome) -> Result<Outcome, StoreError> {
    let today = clock::civil_day(work.now);
    work.count_inbound(today, outcome.as_str())?;
    if outcome.is_set_aside() {
        let detail = format!("mail that only a person can answer lies in {}", spool.join("odd").display());
        work.notice(NoticeKind::Unread, &spool.display().to_string(), &today.to_string(), &detail)?;
    }
    work.commit().map(|()| outcome)
}

fn dispatch(work: &Work<'_>, almanac: &Almanac, keys: &Keys, incoming: &Incoming) -> Result<Outcome, StoreError> {
    match (&incoming.content, incoming.origin) {
        (Content::Reports(reports), _) => match named_mail(work, keys, &incoming.sent_to)? {
            Some(mail) => reported(work, almanac, &mail, reports),
            None => Ok(Outcome::UnsignedReport),
        },
        (_, Origin::Machine) => Ok(Outcome::Automatic),
        (Content::Request(Request::Unsubscribe, token), _) => unsubscribe(work, almanac, keys, token),
        (_, Origin::Program) => Ok(Outcome::Automatic),
        (Content::Request(Request::Subscribe, token), _) => subscribe(work, keys, token),
        (Content::Request(Request::Done, token), _) => done(work, almanac, keys, token),
        (Content::Unsigned(_) | Content::Other, _) => Ok(Outcome::Unread),
    }
}

/// The mail that the address of a report names, if we wrote that address.
fn named_mail(work: &Work<'_>, keys: &Keys, sent_to: &[Token]) -> Result<Option<Mail>, StoreError> {
    for token in sent_to {
        if let Some(mail) = token.mail().map(|id| work.mail(id)).transpose()?.flatten()
            && token.is_bounce_of(keys, &row(&mail))
        {
            return Ok(Some(mail));
        }
    }
    Ok(None)
}

fn reported(work: &Work<'_>, almanac: &Almanac, mail: &Mail, reports: &[Report]) -> Result<Outcome, StoreError> {
    let mut outcome = Outcome::Reported;
    for report in reports {
        let is_new = work.record_report(mail.id, &attempt(report, work.now))?;
        match (report.action, is_new) {
            (Action::Failed, true) => {
                did_not_arrive(work, almanac, mail, report)?;
                outcome = Outcome::Bounced;
            }
            (_, false) if outcome == Outcome::Reported => outcome = Outcome::Again,
            _ => {}
        }
    }
    Ok(outcome)
}

fn attempt(report: &Report, at: DateTime<Utc>) -> Attempt {
    let outcome = match report.action {
        Action::Failed => BOUNCED,
        Action::Delayed => "delayed",
        Action::Relayed => "relayed",
    };
    Attempt {
        at,
        outcome: outcome.to_owned(),
        server: report.server.clone(),
        code: report.code,
        enhanced: Some(report.status.clone()).filter(|status| !status.is_empty()),
        text: report.diagnostic.clone(),
    }
}

fn did_not_arrive(work: &Work<'_>, almanac: &Almanac, mail: &Mail, report: &Report) -> Result<(), StoreError> {
    let said = format!("{} {}", report.status, report.diagnostic);
    if !report.kills(&mail.email) {
        let detail = format!("to {} for {}: {said}", mail.email, mail.practice);
        work.notice(NoticeKind::Bounced, &format!("mail {}", mail.id), &said, &detail)?;
        return Ok(());
    }
    work.mark_dead(&mail.email, said.trim())?;
    // Also where it was known to be dead: what this mail told has not been heard either.
    for practice in work.practices_with(&mail.email)? {
        reach::address_lost(work, almanac, &practice, &mail.email, "the address takes no mail")?;
    }
    Ok(())
}

/// The practice and the address that a token speaks of, if we wrote it for one that the practice has or had.
fn subscriber(work: &Work<'_>, keys: &Keys, token: &Token) -> Result<Option<(PracticeId, String)>, StoreError> {
    let Some(practice) = token.practice().map(PracticeId::new) else { return Ok(None) };
    let ours = work.addresses_ever(&practice)?.into_iter().find(|email| token.is_about_address(keys, email));
    Ok(ours.map(|email| (practice, email)))
}

fn unsubscribe(work: &Work<'_>, almanac: &Almanac, keys: &Keys, token: &Token) -> Result<Outcome, StoreError> {
    let Some((id, email)) = subscriber(work, keys, token)? else { return Ok(Outcome::Forged) };
    if !work.unsubscribe(&id, &email)? {
        return Ok(Outcome::Again);
    }
    reach::address_lost(work, almanac, &id, &email, "the address unsubscribed")?;
    if let Some(practice) = work.practice(&id)? {
        farewell::queue(work, &practice, &email)?;
    }
    Ok(Outcome::Unsubscribed)
}

fn subscribe(work: &Work<'_>, keys: &Keys, token: &Token) -> Result<Outcome, StoreError> {
    let Some((id, email)) = subscriber(work, keys, token)? else { return Ok(Outcome::Forged) };
    if !work.resubscribe(&id, &email)? {
        return Ok(Outcome::Again);
    }
    Ok(Outcome::Subscribed)
}

/// Good for the day that the mail told; once that has changed, nothing happens, and the reminders for the new day go on.
fn done(work: &Work<'_>, almanac: &Almanac, keys: &Keys, token: &Token) -> Result<Outcome, StoreError> {
    let Some(mail) = token.mail().map(|id| work.mail(id)).transpose()?.flatten() else { return Ok(Outcome::Forged) };
    let told = work.carried_by(&mail)?;
    let meant: Vec<_> = told.iter().filter(|(occurrence, _, day)| token.is_done_of(keys, &row(&mail), occurrence.as_str(), *day)).collect();
    if meant.is_empty() {
        return Ok(Outcome::Forged);
    }
    let Some(practice) = work.practice(&mail.practice)? else { return Ok(Outcome::Stale) };
    let today = clock::civil_day(work.now);
    let entries = agenda::entries(almanac, &practice, &work.happened(&practice.id)?, today, today);
    let known = work.memory(&practice.id)?.done;
    let mut outcome = Outcome::Stale;
    for key @ (occurrence, care_type, day) in meant {
        let holds = |e: &agenda::Entry<'_>| e.occurrence.id == *occurrence && e.care_type == *care_type && e.occurrence.last_day == *day;
        match (entries.iter().any(holds), known.contains(key)) {
            (false, _) => {}
            (true, true) if outcome == Outcome::Stale => outcome = Outcome::Again,
            (true, true) => {}
            (true, false) => {
                work.record_done(&practice.id, occurrence, care_type, *day)?;
                outcome = Outcome::Done;
            }
        }
    }
    Ok(outcome)
}
