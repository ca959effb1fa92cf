//! The clerk: the one who writes while mail is delivered. Couriers bring it answers and take their next mails; whatever came together is
//! written together, in one transaction, because making a transaction durable costs more than what stands in it.
//!
//! ```text
//! courier 1 ── answer, next? ─▶ ┐            ┌─ record the answers
//! courier 2 ── answer, next? ─▶ ├─ one turn ─┤  claim and compose as many mails ─▶ commit ─▶ a mail for each courier
//! courier 3 ────────── next? ─▶ ┘            └─ (those who come meanwhile wait for the next turn)
//! ```

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use crate::job::deliver::one_mail::{Claimed, Prepared, prepare, record};
use crate::job::deliver::{Delivered, Round};
use crate::mail::transport::Answer;
use crate::store::error::StoreError;
use crate::store::lane::LaneState;
use crate::store::{Store, Work};

/// How often an answer is tried to be recorded while the disk is full or the database locked.
const RECORD_AGAIN_AFTER: Duration = Duration::from_secs(2);

/// A mail that was handed over, with what came of it.
pub type Answered = (Claimed, Answer);

/// A courier at the clerk's desk.
#[derive(Debug)]
pub struct Visit {
    /// What became of its last mail.
    pub answered: Option<Answered>,
    /// Where it waits for its next one; nothing: it is done.
    pub next: oneshot::Sender<Option<Claimed>>,
}

/// What is left to hand out, and what was done.
#[derive(Debug)]
pub struct Clerk {
    round: Round,
    due: Arc<Mutex<VecDeque<i64>>>,
    is_closed: bool,
    done: Delivered,
    failure: Option<StoreError>,
}

impl Clerk {
    /// With the mails that are due.
    pub fn new(round: Round, due: Vec<i64>) -> Self {
        let due = Arc::new(Mutex::new(VecDeque::from(due)));
        Self { round, due, is_closed: false, done: Delivered::default(), failure: None }
    }

    /// Works until every courier is done. Says what was done, and whether the lane let nothing more through.
    ///
    /// # Errors
    /// When the database cannot be used. A mail in hand then stays *sending*.
    pub async fn work(mut self, mut desk: mpsc::Receiver<Visit>) -> Result<(Delivered, bool), StoreError> {
        while let Some(first) = desk.recv().await {
            let mut visits = vec![first];
            while let Ok(next) = desk.try_recv() {
                visits.push(next);
            }
            self.serve(visits).await;
        }
        self.failure.map_or(Ok((self.done, self.is_closed)), Err)
    }

    async fn serve(&mut self, mut visits: Vec<Visit>) {
        let answered: Arc<Vec<Answered>> = Arc::new(visits.iter_mut().filter_map(|visit| visit.answered.take()).collect());
        let wanted = if self.is_closed || self.round.stop.is_cancelled() { 0 } else { visits.len() };
        let mut turn = self.turn(answered.clone(), wanted).await;
        while let Err(error) = &turn
            && !answered.is_empty()
            && error.may_pass()
            && !self.round.stop.is_cancelled()
        {
            // Kept and tried again: forgotten, an accepted mail would go twice. What is claimed next can wait for the round after this one.
            tracing::error!(event = "record-failed", %error, "the mail server's answers are kept until they can be recorded");
            let _ = tokio::time::timeout(RECORD_AGAIN_AFTER, self.round.stop.cancelled()).await;
            self.is_closed = true;
            turn = self.turn(answered.clone(), 0).await;
        }
        let mut ready = self.take_in(turn).into_iter();
        for visit in visits {
            // A courier that went away leaves its mail *sending*, as if the process had ended.
            let _ = visit.next.send(ready.next());
        }
    }

    async fn turn(&self, answered: Arc<Vec<Answered>>, wanted: usize) -> Result<Turn, StoreError> {
        let (round, due) = (self.round.clone(), self.due.clone());
        let turn = move |store: &mut Store| turn(store, &round, &answered, &mut due.lock().unwrap_or_else(PoisonError::into_inner), wanted);
        self.round.database.run(turn).await
    }

    fn take_in(&mut self, turn: Result<Turn, StoreError>) -> Vec<Claimed> {
        match turn {
            Ok(turn) => {
                self.done.add(turn.done);
                self.is_closed |= !turn.lane_is_open;
                self.failure = self.failure.take().or(turn.failure);
                self.is_closed |= self.failure.is_some();
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
    /// An answer that could not be recorded, and not because of the database: its mail stays *sending*.
    failure: Option<StoreError>,
}

fn turn(store: &mut Store, round: &Round, answered: &[Answered], due: &mut VecDeque<i64>, wanted: usize) -> Result<Turn, StoreError> {
    let work = store.begin(round.clock.now())?;
    let mut turn = Turn { ready: Vec::new(), done: Delivered::default(), lane_is_open: true, failure: None };
    record_all(&work, answered, &mut turn)?;
    while turn.lane_is_open && turn.failure.is_none() && turn.ready.len() < wanted {
        let Some(id) = due.pop_front() else { break };
        match prepare(&work, &round.almanac, &round.office, id)? {
            Prepared::Ready(claimed) => turn.ready.push(*claimed),
            Prepared::Broken => turn.done.failed += 1,
            Prepared::Dropped => turn.done.dropped += 1,
            Prepared::Gone => {}
        }
    }
    work.commit()?;
    Ok(turn)
}

/// One answer whose rows make no sense leaves those of the others alone.
fn record_all(work: &Work<'_>, answered: &[Answered], turn: &mut Turn) -> Result<(), StoreError> {
    for (claimed, answer) in answered {
        match work.apart(|| record(work, &claimed.mail, &claimed.told, answer)) {
            Ok(done) => turn.done.add(done),
            Err(error) if error.concerns_one_row() => turn.failure = Some(error),
            Err(error) => return Err(error),
        }
    }
    if !answered.is_empty() {
        turn.lane_is_open = work.lane()?.state == LaneState::Open;
    }
    Ok(())
}
