//! Deliver: claim, compose, hand over, record. No transaction is open while the network is spoken to.
//!
//! ```text
//! claim + compose + keep the bytes   in a transaction: from here on the mail is *sending*, and what it tells is uncertain
//! hand over                          the network; a process that dies here leaves *uncertain* behind
//! record the answer                  in a transaction: what it means for the mail, its address and the lane ([`crate::job::ruling`])
//! ```
//!
//! A courier takes its next mail after the answer to the last one is on the disk, so a crash leaves at most one mail per connection uncertain.
//! The [`clerk`] writes for all couriers: those who wait at the same time share a transaction.

pub mod clerk;
pub mod hands;
pub mod one_mail;

use std::sync::Arc;
use std::sync::mpsc;

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::domain::almanac::Almanac;
use crate::job::database::Database;
use crate::job::deliver::clerk::{Clerk, Visit};
use crate::job::office::Office;
use crate::job::progress::{Progress, Worker};
use crate::mail::transport::Courier;
use crate::store::Store;
use crate::store::error::StoreError;
use crate::store::lane::{Lane, LaneState};

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
    /// As they were, because the lane was in trouble.
    pub put_back: usize,
}

impl Delivered {
    fn add(&mut self, other: Self) {
        self.sent += other.sent;
        self.deferred += other.deferred;
        self.failed += other.failed;
        self.uncertain += other.uncertain;
        self.dropped += other.dropped;
        self.put_back += other.put_back;
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
    /// Says when to stop for good after the mail in hand.
    pub stop: CancellationToken,
    /// Says when to end this round after the mails in hand; each courier delivers one, so that no stream of reloads keeps mail from leaving.
    pub pause: CancellationToken,
    /// Hears of each mail that was finished.
    pub progress: Progress,
}

/// Delivers everything that is due, until nothing is, the lane lets nothing through, the rate is used up, or it is told to stop.
///
/// # Errors
/// When the database cannot be used. A mail in hand then stays *sending* and is *uncertain* at the next start.
pub async fn deliver(round: &Round) -> Result<Delivered, StoreError> {
    let mut couriers = Vec::new();
    let delivered = deliver_batches(round, &mut couriers).await;
    for mut courier in couriers {
        courier.close().await;
    }
    delivered
}

/// The connections outlive a batch: one serves many mails.
async fn deliver_batches(round: &Round, couriers: &mut Vec<Courier>) -> Result<Delivered, StoreError> {
    let mut total = Delivered::default();
    while !round.stop.is_cancelled() {
        let (now, office) = (round.clock.now(), round.office.clone());
        let batch = round.database.run(move |store| next_batch(store, &office, now)).await?;
        round.progress.step();
        if batch.due.is_empty() {
            break;
        }
        while couriers.len() < batch.couriers.min(batch.due.len()) {
            couriers.push(round.office.transport.courier());
        }
        let (done, lane_is_closed) = deliver_batch(round, batch, couriers).await?;
        total.add(done);
        if lane_is_closed || done.is_nothing() || round.pause.is_cancelled() {
            break;
        }
    }
    Ok(total)
}

/// What may be attempted now.
struct Batch {
    due: Vec<i64>,
    couriers: usize,
}

fn next_batch(store: &mut Store, office: &Office, now: DateTime<Utc>) -> Result<Batch, StoreError> {
    let none = Batch { due: Vec::new(), couriers: 0 };
    let work = store.begin(now)?;
    work.wake_from_future()?;
    let mut lane = work.enter_lane(&office.way)?;
    if let Some(reason) = office.transport.impediment() {
        one_mail::hold_lane(&work, reason, "before any mail was tried")?;
        lane = work.lane()?;
    }
    let minute = now.duration_trunc(TimeDelta::minutes(1)).unwrap_or(now);
    let attempts = if office.rate.is_some() { work.attempts_since(minute)? } else { 0 };
    work.commit()?;
    if !lane.lets_through(now) {
        return Ok(none);
    }
    let (limit, couriers) = allowance(&lane, office, attempts);
    Ok(Batch { due: store.due_mails(now, limit)?, couriers })
}

/// How many mails, over how many connections. After a rest one mail goes ahead of the others.
fn allowance(lane: &Lane, office: &Office, attempts_this_minute: u32) -> (u32, usize) {
    let rate = office.rate.map_or(BATCH, |rate| (rate >> lane.slowness).max(1).saturating_sub(attempts_this_minute));
    if lane.state == LaneState::Resting {
        return (rate.min(1), 1);
    }
    let couriers = (office.couriers >> lane.slowness).max(1);
    (rate.min(BATCH), usize::try_from(couriers).unwrap_or(1))
}

/// Several couriers take from one clerk. An answer that closes the lane ends the batch for all of them.
async fn deliver_batch(round: &Round, batch: Batch, couriers: &mut Vec<Courier>) -> Result<(Delivered, bool), StoreError> {
    let (desk, visits) = mpsc::channel();
    let clerk = Clerk::new(round.clone(), batch.due, batch.couriers.min(couriers.len()));
    let clerk = tokio::task::spawn_blocking(move || clerk.work(visits));
    let mut workers = JoinSet::new();
    for courier in couriers.drain(..batch.couriers.min(couriers.len())) {
        workers.spawn(work(courier, desk.clone(), round.progress.worker()));
    }
    drop(desk);
    while let Some(finished) = workers.join_next().await {
        match finished {
            Ok(courier) => couriers.push(courier),
            Err(failed) => std::panic::resume_unwind(failed.into_panic()),
        }
    }
    clerk.await.unwrap_or_else(|failed| std::panic::resume_unwind(failed.into_panic()))
}

/// Hands mails over, one after the other: the next one comes when the answer to the last one is on the disk.
async fn work(mut courier: Courier, desk: mpsc::Sender<Visit>, worker: Worker) -> Courier {
    let worker = Arc::new(worker);
    let mut answered = None;
    loop {
        let (next, mail) = oneshot::channel();
        if desk.send(Visit { answered: answered.take(), worker: worker.clone(), next }).is_err() {
            return courier;
        }
        let Ok(Some(claimed)) = mail.await else { return courier };
        let answer = courier.deliver(&claimed.outgoing).await;
        worker.step();
        answered = Some((claimed, answer));
    }
}
