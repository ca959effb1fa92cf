//! The clerk: the one who writes while mail is delivered. Couriers bring it answers and take their next mails; whatever came together is
//! written together, in one transaction, because making a transaction durable costs more than what stands in it.
//!
//! ```text
//! courier 1 ── answer, next? ─▶ ┐            ┌─ record the answers
//! courier 2 ── answer, next? ─▶ ├─ one turn ─┤  claim and compose as many mails ─▶ commit ─▶ a mail for each courier
//! courier 3 ────────── next? ─▶ ┘            └─ (those who come meanwhile wait for the next turn)
//! ```
//!
//! A turn waits for company where the last commit took longer than what was written in it, for no longer than half of the difference: where the
//! disk is slow, two that write together are both sooner than one after the other. Where it is fast nobody waits: while some are served,
//! others are with the mail server.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::domain::agenda::Agendas;
use crate::job::deliver::hands::Hands;
use crate::job::deliver::one_mail::{Claimed, Drafted, Prepared, keep, prepare, record};
use crate::job::deliver::{Delivered, Round};
use crate::job::progress::Worker;
use crate::mail::transport::Answer;
use crate::store::error::StoreError;
use crate::store::lane::LaneState;
use crate::store::{Store, Work};

/// How often answers are tried to be recorded while the disk is full or the database locked.
const RECORD_AGAIN_AFTER: Duration = Duration::from_secs(2);

/// No turn waits longer for company, however slow the disk is.
const LONGEST_PATIENCE: Duration = Duration::from_millis(5);

/// For how long that goes on once the service is told to stop; systemd kills it after 90 seconds.
const LAST_TRIES: Duration = Duration::from_secs(60);

/// A mail that was handed over, with what came of it.
pub type Answered = (Claimed, Answer);

/// A courier at the clerk's desk.
#[derive(Debug)]
pub struct Visit {
    /// What became of its last mail; `None` at its first visit.
    pub answered: Option<Answered>,
    /// Steps whenever the clerk has tried to serve it.
    pub worker: Arc<Worker>,
    /// Where it waits for its next mail; nothing: it is done.
    pub next: oneshot::Sender<Option<Claimed>>,
}

/// What is left to hand out, and what was done.
#[derive(Debug)]
pub struct Clerk {
    round: Round,
    due: VecDeque<i64>,
    /// How many couriers come back to the desk.
    couriers: usize,
    patience: Duration,
    is_closed: bool,
    done: Delivered,
    failure: Option<StoreError>,
}

impl Clerk {
    /// With the mails that are due, for so many couriers.
    pub fn new(round: Round, due: Vec<i64>, couriers: usize) -> Self {
        let (patience, done) = (Duration::ZERO, Delivered::default());
        Self { round, due: VecDeque::from(due), couriers, patience, is_closed: false, done, failure: None }
    }

    /// Works until every courier is done, on a thread that may block. Says what was done, and whether the lane let nothing more through.
    ///
    /// # Errors
    /// When the database cannot be used. A mail in hand then stays *sending*.
    pub fn work(mut self, desk: Receiver<Visit>) -> Result<(Delivered, bool), StoreError> {
        let round = self.round.clone();
        std::thread::scope(|scope| {
            let mut hands = Hands::new(scope, self.couriers);
            let mut agendas = Agendas::of(&round.almanac);
            while let Ok(first) = desk.recv() {
                let visits = self.gather(first, &desk);
                self.serve(visits, &round, &mut agendas, &mut hands);
            }
        });
        self.failure.map_or(Ok((self.done, self.is_closed)), Err)
    }

    /// Those who are at the desk, and who comes while it is worth waiting.
    fn gather(&self, first: Visit, desk: &Receiver<Visit>) -> Vec<Visit> {
        let until = Instant::now() + self.patience;
        let mut visits = vec![first];
        while visits.len() < self.couriers {
            match desk.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(next) => visits.push(next),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
            }
        }
        visits
    }

    fn serve<'a>(&mut self, mut visits: Vec<Visit>, round: &'a Round, agendas: &mut Agendas<'a>, hands: &mut Hands<'a>) {
        let wants: Vec<bool> = visits.iter().map(|visit| self.may_go_on(visit)).collect();
        let wanted = wants.iter().filter(|wants| **wants).count();
        let answered: Vec<Answered> = visits.iter_mut().filter_map(|visit| visit.answered.take()).collect();
        let mut turn = self.turn(round, agendas, hands, &answered, wanted);
        visits.iter().for_each(|visit| visit.worker.step());
        let mut since_stop = Duration::ZERO;
        while let Err(error) = &turn
            && !answered.is_empty()
            && error.may_pass()
            && since_stop < LAST_TRIES
        {
            // Kept and tried again: forgotten, an accepted mail would go twice. What is claimed next can wait for the batch after this one.
            tracing::error!(event = "record-failed", %error, "the mail server's answers are kept until they can be recorded");
            std::thread::sleep(RECORD_AGAIN_AFTER);
            since_stop += if self.round.stop.is_cancelled() { RECORD_AGAIN_AFTER } else { Duration::ZERO };
            self.is_closed = true;
            turn = self.turn(round, agendas, hands, &answered, 0);
            visits.iter().for_each(|visit| visit.worker.step());
        }
        let mut ready = self.take_in(turn).into_iter();
        for (visit, wants) in visits.into_iter().zip(wants) {
            let next = if wants { ready.next() } else { None };
            self.couriers -= usize::from(next.is_none());
            // A courier that went away leaves its mail *sending*, as if the process had ended.
            let _ = visit.next.send(next);
        }
    }

    /// In a round that is to end, each courier still delivers its first mail.
    fn may_go_on(&self, visit: &Visit) -> bool {
        let is_paused = visit.answered.is_some() && self.round.pause.is_cancelled();
        !self.is_closed && !is_paused && !self.round.stop.is_cancelled()
    }

    fn turn<'a>(
        &mut self,
        round: &'a Round,
        agendas: &mut Agendas<'a>,
        hands: &mut Hands<'a>,
        answered: &[Answered],
        wanted: usize,
    ) -> Result<Turn, StoreError> {
        let due = &mut self.due;
        round.database.with(|store| turn(store, round, (agendas, hands), answered, due, wanted))
    }

    fn take_in(&mut self, turn: Result<Turn, StoreError>) -> Vec<Claimed> {
        match turn {
            Ok(turn) => {
                self.patience = (turn.commit_took.saturating_sub(turn.work_took) / 2).min(LONGEST_PATIENCE);
                self.done.add(turn.done);
                self.failure = self.failure.take().or(turn.failure);
                self.is_closed |= !turn.lane_is_open || self.failure.is_some();
                turn.ready
            }
            Err(error) => {
                self.is_closed = true;
                self.failure.get_or_insert(error);
                Vec::new()
            }
        }
    }
}

/// What came of one transaction.
struct Turn {
    ready: Vec<Claimed>,
    done: Delivered,
    lane_is_open: bool,
    work_took: Duration,
    commit_took: Duration,
    /// An answer that could not be recorded, and not because of the database: its mail stays *sending*.
    failure: Option<StoreError>,
}

fn turn<'a>(
    store: &mut Store,
    round: &'a Round,
    (agendas, hands): (&mut Agendas<'a>, &mut Hands<'a>),
    answered: &[Answered],
    due: &mut VecDeque<i64>,
    wanted: usize,
) -> Result<Turn, StoreError> {
    let (begun, now) = (Instant::now(), round.clock.now());
    let mut work = store.begin(now)?;
    let mut turn = Turn::new();
    match record_all(&work, answered) {
        Ok(done) => turn.done = done,
        Err(error) if error.concerns_one_row() => {
            drop(work);
            work = store.begin(now)?;
            record_each(&work, answered, &mut turn)?;
        }
        Err(error) => return Err(error),
    }
    turn.lane_is_open = answered.is_empty() || work.lane()?.state == LaneState::Open;
    while turn.lane_is_open && turn.failure.is_none() && turn.ready.len() < wanted && !due.is_empty() {
        let prepared = prepare_some(&work, round, (agendas, hands), due, &mut turn, wanted);
        // Whatever came of it: what is given and not taken back would be kept in the next transaction.
        let written = hands.finish();
        prepared?;
        for written in written {
            turn.count(keep(&work, &round.office, written)?);
        }
    }
    turn.work_took = begun.elapsed();
    work.commit()?;
    turn.commit_took = begun.elapsed() - turn.work_took;
    Ok(turn)
}

/// Claims as many as are wanted. What has to be written is given to the hands.
fn prepare_some<'a>(
    work: &Work<'_>,
    round: &'a Round,
    (agendas, hands): (&mut Agendas<'a>, &mut Hands<'a>),
    due: &mut VecDeque<i64>,
    turn: &mut Turn,
    wanted: usize,
) -> Result<(), StoreError> {
    let mut given = 0;
    while turn.ready.len() + given < wanted
        && let Some(id) = due.pop_front()
    {
        if let Some(draft) = turn.count(prepare(work, agendas, &round.office, id)?) {
            hands.give(draft);
            given += 1;
        }
    }
    Ok(())
}

impl Turn {
    fn new() -> Self {
        let (done, none) = (Delivered::default(), Duration::ZERO);
        Self { ready: Vec::new(), done, lane_is_open: true, work_took: none, commit_took: none, failure: None }
    }

    /// Gives back what has to be written yet.
    fn count<'a>(&mut self, prepared: Prepared<'a>) -> Option<Drafted<'a>> {
        match prepared {
            Prepared::Drafted(drafted) => return Some(*drafted),
            Prepared::Ready(claimed) => self.ready.push(*claimed),
            Prepared::Broken => self.done.failed += 1,
            Prepared::Dropped => self.done.dropped += 1,
            Prepared::Gone => {}
        }
        None
    }
}

/// At the beginning of a transaction and without savepoints, which would copy each page before it is changed.
fn record_all(work: &Work<'_>, answered: &[Answered]) -> Result<Delivered, StoreError> {
    let mut done = Delivered::default();
    for (claimed, answer) in answered {
        done.add(record(work, &claimed.mail, &claimed.told, answer)?);
    }
    Ok(done)
}

/// One answer whose rows make no sense leaves those of the others alone.
fn record_each(work: &Work<'_>, answered: &[Answered], turn: &mut Turn) -> Result<(), StoreError> {
    for (claimed, answer) in answered {
        match work.apart(|| record(work, &claimed.mail, &claimed.told, answer)) {
            Ok(done) => turn.done.add(done),
            Err(error) if error.concerns_one_row() => turn.failure = Some(error),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
