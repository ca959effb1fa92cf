//! One mail: what is written before it is handed over, and what after the answer.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use chrono::{DateTime, Utc};

use crate::clock;
use crate::domain::agenda::Agendas;
use crate::domain::corrections::Told;
use crate::domain::notices::NoticeKind;
use crate::job::compose::{Draft, NotReady, compose};
use crate::job::deliver::Delivered;
use crate::job::office::Office;
use crate::job::operator_mail::operator;
use crate::job::ruling::{LaneRuling, MailRuling, judge};
use crate::mail::compose::Composed;
use crate::mail::compose::key::MailKind;
use crate::mail::transport::{Answer, Fault, Outgoing, Refusal};
use crate::store::Work;
use crate::store::error::StoreError;
use crate::store::lane::{HeldBy, LaneRefusal};
use crate::store::outbox::{Attempt, Mail, State};

/// A claimed mail, ready to be handed over.
#[derive(Debug)]
pub struct Claimed {
    /// As it was when it was claimed.
    pub mail: Mail,
    /// What goes to the server.
    pub outgoing: Outgoing,
    /// What it tells.
    pub told: Vec<Told>,
}

/// A claimed mail that has to be written yet.
#[derive(Debug)]
pub struct Drafted<'a> {
    mail: Mail,
    draft: Draft<'a>,
}

/// The same once it was written, or could not be.
#[derive(Debug)]
pub struct Written {
    mail: Mail,
    told: Vec<Told>,
    composed: Result<Composed, NotReady>,
}

/// What came of preparing a mail.
#[derive(Debug)]
pub enum Prepared<'a> {
    /// It is claimed, and all is read that it says.
    Drafted(Box<Drafted<'a>>),
    /// It can be handed over.
    Ready(Box<Claimed>),
    /// It cannot be composed, and is parked.
    Broken,
    /// Nothing is left to say.
    Dropped,
    /// Somebody else has it, or it waits no more.
    Gone,
}

impl Drafted<'_> {
    /// Writes it. One that makes composing panic is parked like any other that cannot be composed: else it would do so at every start.
    pub fn write(self) -> Written {
        let Self { mail, draft } = self;
        let told = draft.told.clone();
        let composed = catch_unwind(AssertUnwindSafe(|| draft.write())).unwrap_or_else(|_| Err(unexpected()));
        Written { mail, told, composed }
    }
}

/// Claims a mail and reads what it says; one whose rows make no sense is parked, so that it holds nobody else up.
///
/// # Errors
/// When the database cannot be used.
pub fn prepare<'a>(work: &Work<'_>, agendas: &mut Agendas<'a>, office: &'a Office, id: i64) -> Result<Prepared<'a>, StoreError> {
    match work.apart(|| claim_and_draft(work, agendas, office, id)) {
        Err(error) if error.concerns_one_row() => {
            work.park(id, &error.to_string())?;
            work.notice(NoticeKind::Failed, &format!("mail {id}"), &work.now.to_rfc3339(), &error.to_string())?;
            Ok(Prepared::Broken)
        }
        prepared => prepared,
    }
}

/// What got no answer goes again unchanged, for as long as it is true.
fn claim_and_draft<'a>(work: &Work<'_>, agendas: &mut Agendas<'a>, office: &'a Office, id: i64) -> Result<Prepared<'a>, StoreError> {
    let Some(mail) = work.claim(id)? else { return Ok(Prepared::Gone) };
    if let Some(message_id) = mail.message_id.clone().filter(|_| mail.is_unanswered) {
        return again(work, agendas, office, mail, message_id);
    }
    match drafted(work, agendas, office, &mail)? {
        Ok(draft) => Ok(Prepared::Drafted(Box::new(Drafted { mail, draft }))),
        Err(reason) => give_up(work, &mail, reason),
    }
}

/// Keeps the bytes of a mail that was written, and from here on what it tells is uncertain.
///
/// # Errors
/// When the database cannot be written.
pub fn keep(work: &Work<'_>, office: &Office, written: Written) -> Result<Prepared<'static>, StoreError> {
    let Written { mail, told, composed } = written;
    let composed = match composed {
        Ok(composed) => composed,
        Err(reason) => return give_up(work, &mail, reason),
    };
    // Without a savepoint, which would copy each page that the bytes are written over.
    let kept = work.keep_composed(mail.id, &composed.message_id, &composed.subject, &composed.bytes, &told);
    match kept.and_then(|()| work.tell(&mail, &told)) {
        Ok(()) => Ok(ready(office, mail, told, composed.recipient.to_string(), composed.message_id, composed.bytes)),
        Err(error) if error.concerns_one_row() => {
            work.untell(mail.id)?;
            give_up(work, &mail, NotReady::Broken(error.to_string()))
        }
        Err(error) => Err(error),
    }
}

fn give_up(work: &Work<'_>, mail: &Mail, reason: NotReady) -> Result<Prepared<'static>, StoreError> {
    match reason {
        NotReady::Cancelled(reason) => close(work, mail, State::Cancelled, reason, Prepared::Dropped),
        NotReady::Expired(reason) => close(work, mail, State::Expired, reason, Prepared::Dropped),
        NotReady::Broken(reason) => {
            note(work, NoticeKind::Failed, mail, &reason)?;
            close(work, mail, State::Failed, &reason, Prepared::Broken)
        }
    }
}

fn again<'a>(
    work: &Work<'_>,
    agendas: &mut Agendas<'a>,
    office: &'a Office,
    mail: Mail,
    message_id: String,
) -> Result<Prepared<'static>, StoreError> {
    match repeat(work, agendas, office, &mail)? {
        Repeat::Unchanged => {
            let (bytes, told) = (work.unanswered(mail.id)?, work.says(mail.id)?);
            let recipient = mail.email.clone();
            Ok(ready(office, mail, told, recipient, message_id, bytes))
        }
        Repeat::Anew => {
            work.renew(&mail)?;
            note(work, NoticeKind::Uncertain, &mail, "handed over without an answer; what is true now goes in another mail")?;
            Ok(Prepared::Dropped)
        }
        Repeat::Never(reason) => {
            note(work, NoticeKind::Uncertain, &mail, reason)?;
            close(work, &mail, State::Expired, reason, Prepared::Dropped)
        }
    }
}

fn ready(office: &Office, mail: Mail, told: Vec<Told>, recipient: String, message_id: String, bytes: Vec<u8>) -> Prepared<'static> {
    let return_path = office.return_path_of(&mail);
    let outgoing = Outgoing { message_id, return_path, recipient, bytes };
    Prepared::Ready(Box::new(Claimed { mail, outgoing, told }))
}

fn drafted<'a>(
    work: &Work<'_>,
    agendas: &mut Agendas<'a>,
    office: &'a Office,
    mail: &Mail,
) -> Result<Result<Draft<'a>, NotReady>, StoreError> {
    let attempt = catch_unwind(AssertUnwindSafe(|| compose(work, agendas, office, mail)));
    attempt.unwrap_or_else(|_| Ok(Err(unexpected())))
}

fn unexpected() -> NotReady {
    NotReady::Broken("composing it failed unexpectedly; the log says where".to_owned())
}

/// Whether what got no answer may go again as it was.
enum Repeat {
    Unchanged,
    Anew,
    Never(&'static str),
}

/// Distances hold for one civil day; and what it told must be what would be told now.
fn repeat<'a>(work: &Work<'_>, agendas: &mut Agendas<'a>, office: &'a Office, mail: &Mail) -> Result<Repeat, StoreError> {
    if work.dead_address(&mail.email)?.is_some() {
        return Ok(Repeat::Never("handed over without an answer, and the address is dead; whether it arrived is unknown"));
    }
    // What is not a reminder says nothing that a day makes untrue; and a correction may already have told what it would be composed from.
    if mail.practice == operator() || MailKind::of_reminder(mail.base_kind()).is_none() {
        return Ok(Repeat::Unchanged);
    }
    let fresh = match drafted(work, agendas, office, mail)? {
        Ok(fresh) => fresh,
        Err(NotReady::Cancelled(_)) => {
            return Ok(Repeat::Never("handed over without an answer, and no longer true; whether it arrived is unknown"));
        }
        Err(NotReady::Expired(_)) => return Ok(Repeat::Never("handed over without an answer, and past; whether it arrived is unknown")),
        // It could be composed once: whatever keeps it from that now does not make its bytes wrong.
        Err(NotReady::Broken(_)) => return Ok(Repeat::Unchanged),
    };
    let before: BTreeSet<Told> = work.says(mail.id)?.into_iter().collect();
    let now: BTreeSet<Told> = fresh.told.into_iter().collect();
    let same_day = mail.composed_at.is_none_or(|at| clock::civil_day(at) == clock::civil_day(work.now));
    Ok(if same_day && (before.is_empty() || before == now) { Repeat::Unchanged } else { Repeat::Anew })
}

fn close(work: &Work<'_>, mail: &Mail, state: State, reason: &str, prepared: Prepared<'static>) -> Result<Prepared<'static>, StoreError> {
    work.close(mail.id, state, reason)?;
    Ok(prepared)
}

fn note(work: &Work<'_>, kind: NoticeKind, mail: &Mail, text: &str) -> Result<(), StoreError> {
    let whom = if mail.practice == operator() { "the operator".to_owned() } else { mail.practice.to_string() };
    work.notice(kind, &format!("mail {}", mail.id), &work.now.to_rfc3339(), &format!("to {} for {whom}: {text}", mail.email)).map(|_| ())
}

/// Writes down what an answer means.
///
/// # Errors
/// When the database cannot be written.
pub fn record(work: &Work<'_>, mail: &Mail, told: &[Told], answer: &Answer) -> Result<Delivered, StoreError> {
    let Answer::Refused(refusal) = answer else {
        work.lane_accepted()?;
        return record_mail(work, mail, told, &attempt(answer, work.now), &MailRuling::Sent);
    };
    let ruling = judge(&work.lane()?, &work.lane_refusals()?, mail, answer, work.now);
    let delivered = record_mail(work, mail, told, &attempt(answer, work.now), &ruling.mail)?;
    record_refusal(work, mail, refusal, &ruling.lane)?;
    Ok(delivered)
}

fn record_mail(work: &Work<'_>, mail: &Mail, told: &[Told], attempt: &Attempt, ruling: &MailRuling) -> Result<Delivered, StoreError> {
    let mut done = Delivered::default();
    if !mail.is_unanswered && !matches!(ruling, MailRuling::Sent | MailRuling::Uncertain(_)) {
        work.untell(mail.id)?;
    }
    match *ruling {
        MailRuling::Sent => {
            work.record_sent(mail, told, attempt)?;
            done.sent = 1;
        }
        MailRuling::PutBack(due_at) => {
            work.put_back(mail, due_at)?;
            // A server that was not reached had no part in it; what it said to a mail is kept with the mail.
            if attempt.outcome != Fault::Unreachable.as_str() {
                work.record_attempt(mail.id, attempt)?;
            }
            done.put_back = 1;
        }
        MailRuling::Throttled(due_at) => {
            work.put_back(mail, due_at)?;
            work.count_throttle(mail.id, attempt)?;
            done.put_back = 1;
        }
        MailRuling::Later(due_at) => {
            work.record_refused(mail.id, State::Deferred, due_at, attempt)?;
            done.deferred = 1;
        }
        MailRuling::Uncertain(due_at) => {
            work.record_refused(mail.id, State::Uncertain, due_at, attempt)?;
            done.uncertain = 1;
        }
        MailRuling::Failed => {
            work.record_refused(mail.id, State::Failed, work.now, attempt)?;
            done.failed = 1;
        }
    }
    Ok(done)
}

fn record_refusal(work: &Work<'_>, mail: &Mail, refusal: &Refusal, ruling: &LaneRuling) -> Result<(), StoreError> {
    match refusal.fault {
        Fault::Address => {
            work.mark_dead(&mail.email, &refusal.text)?;
            // What nobody heard because of it is planned again, for whoever comes in its place.
            for practice in work.practices_with(&mail.email)? {
                work.give_up_address(&practice, &mail.email, clock::civil_day(work.now), &refusal.text)?;
            }
        }
        Fault::Permanent => note(work, NoticeKind::Failed, mail, &refusal.text)?,
        _ => {}
    }
    if matches!(refusal.fault, Fault::Address | Fault::Permanent) {
        work.lane_refused(&LaneRefusal { email: mail.email.clone(), mail: mail.id, text: refusal.text.clone() })?;
    }
    if refusal.code.is_some() && matches!(ruling, LaneRuling::Nothing | LaneRuling::Refused | LaneRuling::Suspect) {
        work.lane_answered()?;
    }
    match ruling {
        LaneRuling::Works | LaneRuling::Nothing | LaneRuling::Refused => Ok(()),
        LaneRuling::Suspect => work.lane_suspect(mail.id),
        LaneRuling::Rest(until) => work.lane_rest(*until, &refusal.text).map(|_| ()),
        LaneRuling::Slow(until) => work.lane_slow(*until, &refusal.text).map(|_| ()),
        LaneRuling::Hold(reason) => hold(work, mail, reason),
    }
}

fn hold(work: &Work<'_>, mail: &Mail, reason: &str) -> Result<(), StoreError> {
    let refused: Vec<String> =
        work.lane_refusals()?.iter().map(|one| format!("mail {} to {}: {}", one.mail, one.email, one.text)).collect();
    let which = if refused.is_empty() { format!("met by mail {} to {}", mail.id, mail.email) } else { refused.join("\n") };
    hold_lane(work, reason, &which)
}

/// Holds the lane and tells the operator, unless it is held already.
///
/// # Errors
/// When the database cannot be written.
pub fn hold_lane(work: &Work<'_>, reason: &str, which: &str) -> Result<(), StoreError> {
    if !work.lane_hold(reason, HeldBy::Service)? {
        return Ok(());
    }
    work.notice(NoticeKind::LaneHeld, "the way to the mail server", &work.now.to_rfc3339(), &format!("{reason}\n{which}")).map(|_| ())
}

fn attempt(answer: &Answer, at: DateTime<Utc>) -> Attempt {
    match answer.clone() {
        Answer::Accepted { server, code, text } => {
            Attempt { at, outcome: "accepted".to_owned(), server, code: Some(code), enhanced: None, text }
        }
        Answer::Refused(refusal) => Attempt {
            at,
            outcome: refusal.fault.as_str().to_owned(),
            server: refusal.server,
            code: refusal.code,
            enhanced: refusal.enhanced,
            text: refusal.text,
        },
    }
}
