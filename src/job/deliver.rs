//! Deliver: claim, compose, hand over, record. No transaction is open while the network is spoken to.
//!
//! ```text
//! claim + compose + keep the bytes   one transaction: from here on the mail is *sending*
//! hand over                          the network; a process that dies here leaves *uncertain* behind
//! record the answer                  one transaction: *sent*, with what was told, or *deferred*, *failed*, *uncertain*
//! ```

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::domain::almanac::Almanac;
use crate::domain::decide::DecisionKey;
use crate::job::compose::{NotReady, compose};
use crate::job::database::Database;
use crate::job::office::Office;
use crate::mail::transport::{Answer, Courier, Fault, Outgoing, Refusal};
use crate::store::Store;
use crate::store::error::StoreError;
use crate::store::outbox::{Attempt, Mail, State};

/// How many due mails are looked up at once.
const BATCH: u32 = 500;

/// What a round of delivery did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Delivered {
    /// Accepted by the server.
    pub sent: usize,
    /// Refused for now.
    pub deferred: usize,
    /// Refused for good, or impossible to compose.
    pub failed: usize,
    /// Nobody knows.
    pub uncertain: usize,
    /// Nothing left to say.
    pub dropped: usize,
}

impl Delivered {
    fn add(&mut self, other: Self) {
        self.sent += other.sent;
        self.deferred += other.deferred;
        self.failed += other.failed;
        self.uncertain += other.uncertain;
        self.dropped += other.dropped;
    }

    /// Whether anything happened.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// Everything that a worker needs.
#[derive(Debug, Clone)]
pub struct Round {
    /// Where mails wait.
    pub database: Database,
    /// What is true.
    pub almanac: Arc<Almanac>,
    /// How mails look and leave.
    pub office: Arc<Office>,
    /// What time it is.
    pub clock: Clock,
    /// Says when to stop after the mail in hand.
    pub stop: CancellationToken,
}

/// Delivers everything that is due, until nothing is, the server wants no more, or it is told to stop.
///
/// # Errors
/// When the database cannot be used. A mail in hand whose answer is not known then stays *sending*, and is *uncertain* in the next round.
pub async fn deliver(round: &Round) -> Result<Delivered, StoreError> {
    let mut total = Delivered::default();
    loop {
        let now = round.clock.now();
        let due = round.database.run(move |store| store.due_mails(now, BATCH)).await?;
        if due.is_empty() || round.stop.is_cancelled() {
            return Ok(total);
        }
        let batch = due.len();
        let (done, lane_is_held) = deliver_batch(round, due).await?;
        total.add(done);
        let moved = done.sent + done.deferred + done.failed + done.uncertain + done.dropped;
        if lane_is_held || moved == 0 || batch < BATCH as usize {
            return Ok(total);
        }
    }
}

/// Several couriers take from one queue. An answer that concerns all mail (authentication, throttling) ends the round for all of them.
async fn deliver_batch(round: &Round, due: Vec<i64>) -> Result<(Delivered, bool), StoreError> {
    let couriers = (round.office.couriers as usize).min(due.len()).max(1);
    let queue = Arc::new(Mutex::new(VecDeque::from(due)));
    let lane = round.stop.child_token();
    let mut workers = tokio::task::JoinSet::new();
    for _ in 0..couriers {
        workers.spawn(work(round.clone(), queue.clone(), lane.clone()));
    }
    let mut total = Ok(Delivered::default());
    while let Some(finished) = workers.join_next().await {
        match finished {
            Ok(Ok(done)) => total.iter_mut().for_each(|total| total.add(done)),
            // The other couriers finish the mail in hand: its answer would be lost with them.
            Ok(Err(error)) => {
                lane.cancel();
                total = Err(error);
            }
            Err(failed) => std::panic::resume_unwind(failed.into_panic()),
        }
    }
    Ok((total?, lane.is_cancelled()))
}

async fn work(round: Round, queue: Arc<Mutex<VecDeque<i64>>>, lane: CancellationToken) -> Result<Delivered, StoreError> {
    let mut courier = round.office.transport.courier();
    let mut total = Delivered::default();
    while !lane.is_cancelled() {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        let Some(id) = next else { break };
        total.add(deliver_one(&round, &mut courier, id, &lane).await?);
    }
    courier.close().await;
    Ok(total)
}

async fn deliver_one(round: &Round, courier: &mut Courier, id: i64, lane: &CancellationToken) -> Result<Delivered, StoreError> {
    let now = round.clock.now();
    let (almanac, office) = (round.almanac.clone(), round.office.clone());
    let prepared = round.database.run(move |store| prepare(store, &almanac, &office, id, now)).await?;
    let (mail, outgoing, told) = match prepared {
        Prepared::Ready(ready) => *ready,
        Prepared::Broken => return Ok(Delivered { failed: 1, ..Delivered::default() }),
        Prepared::Dropped => return Ok(Delivered { dropped: 1, ..Delivered::default() }),
        Prepared::Gone => return Ok(Delivered::default()),
    };
    let answer = courier.deliver(&outgoing).await;
    if concerns_all_mail(&answer) {
        lane.cancel();
    }
    record_in_time(round, mail, told, answer).await
}

/// How often an answer is tried to be recorded while the disk is full or the database locked.
const RECORD_AGAIN_AFTER: std::time::Duration = std::time::Duration::from_secs(2);

/// Records the answer. While the database cannot be written it is kept and tried again: forgotten, an accepted mail would go twice.
async fn record_in_time(round: &Round, mail: Mail, told: Vec<DecisionKey>, answer: Answer) -> Result<Delivered, StoreError> {
    let known = Arc::new((mail, told, answer));
    loop {
        let (now, known) = (round.clock.now(), known.clone());
        let recorded = round.database.run(move |store| record(store, &known.0, &known.1, &known.2, now)).await;
        match recorded {
            Err(error) if error.may_pass() && !round.stop.is_cancelled() => {
                tracing::error!(event = "record-failed", %error, "the mail server's answer is kept until it can be recorded");
                let _ = tokio::time::timeout(RECORD_AGAIN_AFTER, round.stop.cancelled()).await;
            }
            recorded => return recorded,
        }
    }
}

fn concerns_all_mail(answer: &Answer) -> bool {
    matches!(answer, Answer::Refused(Refusal { fault: Fault::Operator | Fault::Throttled, .. }))
}

enum Prepared {
    Ready(Box<(Mail, Outgoing, Vec<DecisionKey>)>),
    Broken,
    Dropped,
    Gone,
}

/// Prepares a mail; one whose rows make no sense is parked, so that it holds nobody else up.
fn prepare(store: &mut Store, almanac: &Almanac, office: &Office, id: i64, now: DateTime<Utc>) -> Result<Prepared, StoreError> {
    match claim_and_compose(store, almanac, office, id, now) {
        Err(error) if error.concerns_one_row() => {
            let work = store.begin(now)?;
            work.park(id, &error.to_string())?;
            work.commit()?;
            Ok(Prepared::Broken)
        }
        prepared => prepared,
    }
}

/// Claims a mail and composes it, in one transaction. What was handed over without an answer goes again unchanged.
fn claim_and_compose(store: &mut Store, almanac: &Almanac, office: &Office, id: i64, now: DateTime<Utc>) -> Result<Prepared, StoreError> {
    let work = store.begin(now)?;
    let Some(mail) = work.claim(id)? else { return Ok(Prepared::Gone) };
    let return_path = office.sender.from.email.to_string();
    let unanswered = mail.bytes.clone().zip(mail.message_id.clone());
    let prepared = match unanswered {
        Some((bytes, message_id)) => {
            let told = work.digest(&mail.practice, mail.day, &mail.kind)?;
            let outgoing = Outgoing { message_id, return_path, recipient: mail.email.clone(), bytes };
            Prepared::Ready(Box::new((mail, outgoing, told)))
        }
        None => match compose(&work, almanac, office, &mail)? {
            Ok(ready) => {
                let composed = ready.composed;
                work.keep_composed(id, &composed.message_id, &composed.subject, &composed.bytes)?;
                let recipient = composed.recipient.to_string();
                let outgoing = Outgoing { message_id: composed.message_id, return_path, recipient, bytes: composed.bytes };
                Prepared::Ready(Box::new((mail, outgoing, ready.told)))
            }
            Err(NotReady::Cancelled(reason)) => close(&work, id, State::Cancelled, reason, Prepared::Dropped)?,
            Err(NotReady::Expired(reason)) => close(&work, id, State::Expired, reason, Prepared::Dropped)?,
            Err(NotReady::Broken(reason)) => close(&work, id, State::Failed, &reason, Prepared::Broken)?,
        },
    };
    work.commit()?;
    Ok(prepared)
}

fn close(work: &crate::store::Work<'_>, id: i64, state: State, reason: &str, prepared: Prepared) -> Result<Prepared, StoreError> {
    work.close(id, state, reason)?;
    Ok(prepared)
}

fn record(store: &mut Store, mail: &Mail, told: &[DecisionKey], answer: &Answer, now: DateTime<Utc>) -> Result<Delivered, StoreError> {
    let work = store.begin(now)?;
    let attempt = attempt(answer, now);
    let mut done = Delivered::default();
    match answer {
        Answer::Accepted { .. } => {
            work.record_sent(mail, told, &attempt)?;
            done.sent = 1;
        }
        Answer::Refused(refusal) => {
            let (state, wait) = after_refusal(refusal.fault, mail);
            // A refusal for now says nothing of the attempt that nobody answered: the same bytes go until an answer to them is recorded.
            let state = if state == State::Deferred && mail.bytes.is_some() { State::Uncertain } else { state };
            work.record_refused(mail.id, state, now + wait, &attempt)?;
            match state {
                State::Failed => done.failed = 1,
                State::Uncertain => done.uncertain = 1,
                _ => done.deferred = 1,
            }
        }
    }
    work.commit()?;
    Ok(done)
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

/// What becomes of a refused mail, and how long it rests (RFC 5321, section 4.5.4.1).
fn after_refusal(fault: Fault, mail: &Mail) -> (State, TimeDelta) {
    match fault {
        Fault::Permanent | Fault::Address => (State::Failed, TimeDelta::zero()),
        Fault::Uncertain => (State::Uncertain, backoff(mail)),
        Fault::Transient => (State::Deferred, backoff(mail)),
        Fault::Throttled => (State::Deferred, TimeDelta::minutes(5)),
        Fault::Operator => (State::Deferred, TimeDelta::minutes(15)),
    }
}

/// Growing from two minutes to four hours, spread by up to a fifth so that mails deferred together do not come back together.
fn backoff(mail: &Mail) -> TimeDelta {
    const MINUTES: [i64; 7] = [2, 5, 15, 30, 60, 120, 240];
    let step = usize::try_from(mail.attempts).unwrap_or(usize::MAX).min(MINUTES.len() - 1);
    let seconds = MINUTES[step] * 60;
    let spread = mail.id.wrapping_mul(2_654_435_761).rem_euclid(seconds / 5);
    TimeDelta::seconds(seconds + spread)
}
