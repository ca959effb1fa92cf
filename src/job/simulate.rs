//! Simulate: a season played through the real planner, outbox and delivery, with a clock that is set by hand and mail that stays in memory.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use tokio_util::sync::CancellationToken;

use crate::clock::{self, Clock};
use crate::domain::almanac::Almanac;
use crate::domain::decide::DecisionKey;
use crate::domain::names::PracticeId;
use crate::domain::practices::Practice;
use crate::domain::working_days::shift;
use crate::job::database::Database;
use crate::job::deliver::{Round, deliver};
use crate::job::office::Office;
use crate::job::plan::plan;
use crate::job::progress::Progress;
use crate::mail::memory::MemoryBox;
use crate::mail::transport::Transport;
use crate::store::Store;
use crate::store::error::StoreError;
use crate::store::outbox::State;

/// A mail of a simulated season.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimulatedMail {
    /// When it would leave.
    pub at: DateTime<Utc>,
    /// For which practice.
    pub practice: PracticeId,
    /// To which address.
    pub email: String,
    /// What kind of mail: `digest`, `urgent`, `welcome` or `season`.
    pub kind: String,
    /// Its subject.
    pub subject: String,
    /// What it tells.
    pub told: Vec<DecisionKey>,
    /// The whole message (RFC 5322).
    pub bytes: Vec<u8>,
}

/// A season: its first and last day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Season {
    /// First day.
    pub from: NaiveDate,
    /// Last day.
    pub to: NaiveDate,
}

/// Plays a season and gives every mail in the order in which it would leave.
///
/// Each day is looked at once, when the morning's mail leaves; `tell` hears of each day that has been played.
///
/// # Errors
/// Only when memory runs out.
pub async fn simulate(
    almanac: Arc<Almanac>,
    practices: &[Practice],
    office: Office,
    season: Season,
    tell: impl Fn(NaiveDate),
) -> Result<Vec<SimulatedMail>, StoreError> {
    let memory = MemoryBox::default();
    let office = Arc::new(Office { transport: Transport::Memory(memory.clone()), couriers: 1, ..office });
    let database = Database::new(store_with(practices, season.from)?);
    let mut mails = Vec::new();
    let mut day = season.from;
    while day <= season.to {
        let clock = Clock::Fixed(clock::instant(day, office.rules.send_from));
        let round = Round {
            database: database.clone(),
            almanac: almanac.clone(),
            office: office.clone(),
            clock,
            stop: CancellationToken::new(),
            pause: CancellationToken::new(),
            progress: Progress::default(),
        };
        play(&round).await?;
        mails.extend(collect(&round, &memory).await?);
        tell(day);
        day = shift(day, 1);
    }
    Ok(mails)
}

fn store_with(practices: &[Practice], first_day: NaiveDate) -> Result<Store, StoreError> {
    let mut store = Store::in_memory()?;
    let work = store.begin(clock::instant(first_day, chrono::NaiveTime::MIN))?;
    for practice in practices {
        work.put_practice(practice, first_day)?;
    }
    work.commit()?;
    Ok(store)
}

async fn play(round: &Round) -> Result<(), StoreError> {
    let (almanac, office, now) = (round.almanac.clone(), round.office.clone(), round.clock.now());
    round.database.run(move |store| plan(store, &almanac, &office.rules, now)).await?;
    deliver(round).await?;
    Ok(())
}

/// Takes what the memory transport received since the last time, with what the outbox knows of it.
async fn collect(round: &Round, memory: &MemoryBox) -> Result<Vec<SimulatedMail>, StoreError> {
    let received = memory.take();
    if received.is_empty() {
        return Ok(Vec::new());
    }
    let now = round.clock.now();
    let gather = move |store: &mut Store| -> Result<Vec<SimulatedMail>, StoreError> {
        let sent = store.mails_sent_at(now)?;
        let told = store.told_by(&sent.iter().map(|mail| mail.id).collect::<Vec<_>>())?;
        let with_bytes = |outgoing: crate::mail::transport::Outgoing| {
            let mail = sent.iter().find(|mail| mail.state == State::Sent && mail.message_id.as_deref() == Some(&outgoing.message_id))?;
            Some(SimulatedMail {
                at: now,
                practice: mail.practice.clone(),
                email: mail.email.clone(),
                kind: mail.kind.clone(),
                subject: mail.subject.clone().unwrap_or_default(),
                told: told.get(&mail.id).cloned().unwrap_or_default(),
                bytes: outgoing.bytes,
            })
        };
        Ok(received.into_iter().filter_map(with_bytes).collect())
    };
    round.database.run(gather).await
}
