//! The service: one minutely tick, signals, and nothing that has to be remembered between two turns.

pub mod drift;
pub mod lock;
pub mod schedule;
pub mod signals;
pub mod watch;

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::calendar_file::File;
use crate::clock::Clock;
use crate::config::Config;
use crate::daemon::watch::Watch;
use crate::domain::almanac::Almanac;
use crate::job::basis::look_at_everyone_if_changed;
use crate::job::database::Database;
use crate::job::deliver::{Round, deliver};
use crate::job::fence;
use crate::job::inbound::receive;
use crate::job::load::{Consent, Edition, LoadError, Loaded, edition, load};
use crate::job::office::Office;
use crate::job::operator_mail::{note_refused, queue_for_operator};
use crate::job::plan::plan;
use crate::job::spool;
use crate::store::Store;
use crate::store::error::StoreError;
use crate::store::identity::Fence;

/// What can make the service turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// A minute has begun, or the service has just started.
    Tick,
    /// Read configuration and calendars again.
    Reload,
}

/// Calendar files and where they came from, or what is wrong.
pub type FilesFrom = Result<(Vec<File>, String), String>;

/// Everything that is read from outside, so that a reload can read it again.
pub struct Sources {
    /// Reads the configuration; the text says what is wrong with it.
    pub config: Box<dyn Fn() -> Result<Config, String> + Send>,
    /// Reads the calendar files that a configuration names, and says where they came from.
    pub calendars: Box<dyn Fn(&Config) -> FilesFrom + Send>,
}

/// Why the service could not start, or had to stop.
#[derive(Debug, thiserror::Error)]
pub enum DaemonError {
    /// The configuration or what it names cannot be used.
    #[error("{0}")]
    Setup(String),
    /// Calendar files have problems, and no good ones were loaded before.
    #[error("{0}")]
    Calendars(LoadError),
    /// The database cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Another copy runs.
    #[error("another deadlines already runs on {0}: stop it first, or name another database")]
    SecondCopy(PathBuf),
    /// The scheduler, the signals or the threads could not be set up.
    #[error("cannot start: {0}")]
    Start(String),
}

/// Runs until it is told to stop. The mail in hand is finished first.
///
/// # Errors
/// [`DaemonError`], when it cannot start.
pub fn run(sources: Sources, config: &Config, clock: Clock) -> Result<(), DaemonError> {
    let _lock = lock::take(&config.database)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().map_err(start)?;
    runtime.block_on(serve(sources, config, clock))
}

fn start(error: impl std::fmt::Display) -> DaemonError {
    DaemonError::Start(error.to_string())
}

async fn serve(sources: Sources, config: &Config, clock: Clock) -> Result<(), DaemonError> {
    let stop = CancellationToken::new();
    let (events, inbox) = mpsc::channel(16);
    signals::listen(events.clone(), stop.clone()).map_err(start)?;
    let mut service = Service::new(sources, config, clock, stop.clone()).await?;
    let _ = events.try_send(Event::Tick);
    let schedule = schedule::keep(events, stop.clone());
    info!(event = "started", database = %config.database.display(), "ready");
    service.turn_until_stopped(inbox).await;
    let _ = schedule.await;
    info!(event = "stopped", "stopped; nothing is in hand");
    Ok(())
}

/// What a turn works with.
struct Service {
    sources: Sources,
    database: Database,
    almanac: Arc<Almanac>,
    /// The hash of the files that `almanac` was read from.
    calendar_hash: String,
    office: Arc<Office>,
    machine: String,
    clock: Clock,
    stop: CancellationToken,
    watch: Watch,
}

impl Service {
    async fn new(sources: Sources, config: &Config, clock: Clock, stop: CancellationToken) -> Result<Self, DaemonError> {
        let office = office(config)?;
        let mut store = Store::open(&config.database)?;
        let machine = fence::machine(config.machine.as_deref());
        tell_fence(fence::pass(&mut store, &machine, clock.now())?);
        let work = store.begin(clock.now())?;
        let interrupted = work.recover_interrupted()?;
        work.commit()?;
        look_at_everyone_if_changed(&mut store, &office.rules, clock.now())?;
        if interrupted > 0 {
            warn!(
                event = "recovered",
                mails = interrupted,
                "mails were in hand when the service last stopped; they go again with the same Message-ID"
            );
        }
        let database = Database::new(store);
        let Edition { almanac, hash: calendar_hash } = starting_edition(&sources, config, &database, clock).await?;
        Ok(Self {
            sources,
            database,
            almanac: Arc::new(almanac),
            calendar_hash,
            office: Arc::new(office),
            machine,
            clock,
            stop,
            watch: Watch::default(),
        })
    }

    /// Each turn does, in this order:
    ///
    /// 1. on a reload, read configuration and calendars again, keeping the old ones where the new are bad;
    /// 2. take over calendars that somebody else has loaded into the database, between two rounds of delivery and never during one: what a
    ///    mail told is on record before planning asks who was told otherwise;
    /// 3. read what came in: reports, unsubscribes, answers;
    /// 4. plan for the practices with something due or changed, corrections included;
    /// 5. queue what the operator has to hear;
    /// 6. deliver what is due.
    async fn turn_until_stopped(&mut self, mut inbox: mpsc::Receiver<Event>) {
        loop {
            let event = tokio::select! {
                () = self.stop.cancelled() => break,
                event = inbox.recv() => event,
            };
            match event {
                None => break,
                Some(Event::Reload) => self.reload().await,
                Some(Event::Tick) => {}
            }
            self.take_over_calendars().await;
            self.receive().await;
            self.plan().await;
            self.tell_operator().await;
            self.deliver().await;
            self.watch.look(&self.database).await;
        }
    }

    async fn receive(&self) {
        let (almanac, office, now) = (self.almanac.clone(), self.office.clone(), self.clock.now());
        match self.database.run(move |store| receive(store, &almanac, &office, now)).await {
            Err(error) => error!(event = "inbound-failed", %error, "mail that came in waits in the spool; it is tried again in a minute"),
            Ok(received) if received.0.is_empty() => {}
            Ok(received) => info!(event = "received", %received, "mail that came in was handled"),
        }
    }

    /// `deadlines calendars load` works beside a running service: what the database holds is what counts.
    async fn take_over_calendars(&mut self) {
        let (known, now) = (self.calendar_hash.clone(), self.clock.now());
        match self.database.run(move |store| newer_edition(store, &known, now)).await {
            Ok(None) => {}
            Ok(Some(edition)) => {
                (self.almanac, self.calendar_hash) = (Arc::new(edition.almanac), edition.hash);
                info!(event = "calendars-loaded", "calendars were loaded by another process and are in use");
            }
            Err(error) => error!(event = "calendars-refused", reason = %error, "the calendars in use stay"),
        }
    }

    async fn plan(&self) {
        let (almanac, office, now) = (self.almanac.clone(), self.office.clone(), self.clock.now());
        match self.database.run(move |store| plan(store, &almanac, &office.rules, now)).await {
            Err(error) => error!(event = "plan-failed", %error, "planning failed; it is tried again in a minute"),
            Ok(planned) => {
                for (practice, occurrence, last_day) in &planned.passed {
                    warn!(event = "deadline-passed", %practice, %occurrence, %last_day, "passed without a reminder");
                }
                for (practice, reason) in &planned.parked {
                    error!(event = "practice-parked", %practice, reason, "cannot be planned; tried again tomorrow");
                }
                if planned.practices > 0 {
                    let (practices, mails, corrections) = (planned.practices, planned.mails, planned.corrections);
                    info!(event = "planned", practices, mails, corrections, "planned");
                }
            }
        }
    }

    /// A mail may leave once it is certain that this is no copy, and what an earlier round left in the middle is known to be uncertain.
    async fn may_deliver(&self) -> Result<(), StoreError> {
        let (machine, now) = (self.machine.clone(), self.clock.now());
        let ready = move |store: &mut Store| -> Result<Option<Fence>, StoreError> {
            if store.due_mails(now, 1)?.is_empty() && !store.has_mail_in_hand()? {
                return Ok(None);
            }
            let fence = fence::pass(store, &machine, now)?;
            let work = store.begin(now)?;
            work.recover_interrupted()?;
            work.commit()?;
            Ok(fence)
        };
        tell_fence(self.database.run(ready).await?);
        Ok(())
    }

    async fn tell_operator(&self) {
        let (almanac, office, now) = (self.almanac.clone(), self.office.clone(), self.clock.now());
        if let Err(error) = self.database.run(move |store| queue_for_operator(store, &almanac, &office, now)).await {
            error!(event = "report-failed", %error, "the operator's mail could not be queued; it is tried again in a minute");
        }
    }

    /// What the log says, the operator's report says too.
    async fn note_refused(&self, what: &'static str, reason: &str) {
        let (reason, now) = (reason.to_owned(), self.clock.now());
        if let Err(error) = self.database.run(move |store| note_refused(store, what, &reason, now)).await {
            error!(event = "note-failed", %error, "the operator's report will not say so");
        }
    }

    async fn deliver(&self) {
        if let Err(error) = self.may_deliver().await {
            error!(event = "deliver-failed", %error, "nothing is sent; it is tried again in a minute");
            return;
        }
        let round = Round {
            database: self.database.clone(),
            almanac: self.almanac.clone(),
            office: self.office.clone(),
            clock: self.clock,
            stop: self.stop.clone(),
        };
        match deliver(&round).await {
            Err(error) => error!(event = "deliver-failed", %error, "delivery stopped; it is tried again in a minute"),
            Ok(done) if done.is_nothing() => {}
            Ok(done) => info!(
                event = "delivered",
                sent = done.sent,
                deferred = done.deferred,
                failed = done.failed,
                uncertain = done.uncertain,
                dropped = done.dropped,
                put_back = done.put_back,
                "delivered"
            ),
        }
    }

    async fn reload(&mut self) {
        match self.read_again().await {
            Ok(()) => info!(event = "reloaded", "configuration and calendars were read again"),
            Err(reason) => {
                error!(event = "reload-refused", reason, "the old configuration and calendars stay in use");
                self.note_refused("reload", &reason).await;
            }
        }
    }

    async fn read_again(&mut self) -> Result<(), String> {
        let config = (self.sources.config)()?;
        let office = office(&config).map_err(|error| error.to_string())?;
        let (files, origin) = (self.sources.calendars)(&config)?;
        let edition = load_into(&self.database, &config, files, origin, self.clock).await.map_err(|error| error.to_string())?;
        look_at_everyone(&self.database, self.clock).await.map_err(|error| error.to_string())?;
        (self.almanac, self.calendar_hash, self.office) = (Arc::new(edition.almanac), edition.hash, Arc::new(office));
        self.machine = fence::machine(config.machine.as_deref());
        Ok(())
    }
}

fn tell_fence(fence: Option<Fence>) {
    if let Some(Fence { since, why }) = fence {
        error!(event = "fence", %since, why, "this looks like a restored or copied database: practices' mail is held until `deadlines outbox release --copy`");
    }
}

fn office(config: &Config) -> Result<Office, DaemonError> {
    let (office, problems) = Office::new(config).map_err(|error| DaemonError::Setup(error.to_string()))?;
    for problem in problems {
        error!(event = "template-refused", %problem, "the compiled-in template is used instead");
    }
    if let Err(error) = spool::prepare(&office.spool) {
        error!(event = "spool-refused", spool = %office.spool.display(), %error, "mail that comes back cannot be taken in");
    }
    Ok(office)
}

/// When a practice has to be looked at next was worked out from the leads and timelines of then: others make everybody's day anew.
async fn look_at_everyone(database: &Database, clock: Clock) -> Result<(), StoreError> {
    let now = clock.now();
    database
        .run(move |store| {
            let work = store.begin(now)?;
            work.look_at_everyone()?;
            work.commit()
        })
        .await
}

/// The configured calendars; where those are bad, the ones that were loaded before.
async fn starting_edition(sources: &Sources, config: &Config, database: &Database, clock: Clock) -> Result<Edition, DaemonError> {
    let loaded = match (sources.calendars)(config) {
        Ok((files, origin)) => load_into(database, config, files, origin, clock).await.map_err(DaemonError::Calendars),
        Err(reason) => Err(DaemonError::Setup(reason)),
    };
    let refused = match loaded {
        Ok(edition) => return Ok(edition),
        Err(error) => error,
    };
    match database.run(|store| edition(store)).await {
        Ok(Some(before)) => {
            error!(event = "calendars-refused", reason = %refused, "the calendars loaded before stay in use");
            let (reason, now) = (refused.to_string(), clock.now());
            database.run(move |store| note_refused(store, "start", &reason, now)).await?;
            Ok(before)
        }
        _ => Err(refused),
    }
}

/// Loads the files, or sets them aside, and gives the edition that the database holds afterwards.
async fn load_into(database: &Database, config: &Config, files: Vec<File>, origin: String, clock: Clock) -> Result<Edition, LoadError> {
    let (now, consent) = (clock.now(), Consent::UpTo(config.max_corrections));
    let exchange = move |store: &mut Store| -> Result<(Loaded, Edition), LoadError> {
        Ok((load(store, &files, &origin, consent, now)?, edition(store)?.unwrap_or_default()))
    };
    let (loaded, edition) = database.run(exchange).await?;
    match loaded {
        Loaded::Unchanged => {}
        Loaded::Changed(impact) => {
            info!(event = "calendars-loaded", changes = impact.changes.len(), contacts = impact.contacts, "calendars are in use");
        }
        Loaded::SetAside(impact) => error!(
            event = "calendars-set-aside",
            changes = impact.changes.len(),
            contacts = impact.contacts,
            max_corrections = config.max_corrections,
            "the calendars before stay in use: look with deadlines calendars diff, release with deadlines calendars load --confirm"
        ),
    }
    Ok(edition)
}

/// The database's edition, where it is another one than is in use; planning then has to look at everyone with it.
fn newer_edition(store: &mut Store, known: &str, now: chrono::DateTime<chrono::Utc>) -> Result<Option<Edition>, LoadError> {
    if store.calendar_hash()?.is_none_or(|hash| hash == known) {
        return Ok(None);
    }
    let Some(edition) = edition(store)? else { return Ok(None) };
    let work = store.begin(now)?;
    work.look_at_everyone()?;
    work.commit()?;
    Ok(Some(edition))
}
