//! The service: one minutely tick, signals, and nothing that has to be remembered between two turns.

pub mod drift;
pub mod lock;
pub mod schedule;
pub mod signals;

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::calendar_file::File;
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::almanac::Almanac;
use crate::job::database::Database;
use crate::job::deliver::{Round, deliver};
use crate::job::fence;
use crate::job::load::{LoadError, Loaded, load};
use crate::job::office::Office;
use crate::job::plan::plan;
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
    /// Of the load that `almanac` came from.
    calendar_hash: Option<String>,
    office: Arc<Office>,
    machine: String,
    clock: Clock,
    stop: CancellationToken,
}

impl Service {
    async fn new(sources: Sources, config: &Config, clock: Clock, stop: CancellationToken) -> Result<Self, DaemonError> {
        let office = office(config)?;
        let mut store = Store::open(&config.database)?;
        let machine = fence::machine(config.machine.as_deref());
        tell_fence(fence::pass(&mut store, &machine, clock.now())?);
        let work = store.begin(clock.now())?;
        let interrupted = work.recover_interrupted()?;
        work.look_at_everyone()?;
        work.commit()?;
        if interrupted > 0 {
            warn!(
                event = "recovered",
                mails = interrupted,
                "mails were in hand when the service last stopped; they go again with the same Message-ID"
            );
        }
        let database = Database::new(store);
        let almanac = starting_almanac(&sources, config, &database, clock).await?;
        let calendar_hash = database.run(|store| store.calendar_hash()).await?;
        Ok(Self { sources, database, almanac: Arc::new(almanac), calendar_hash, office: Arc::new(office), machine, clock, stop })
    }

    /// Each turn does, in this order:
    ///
    /// 1. on a reload, read configuration and calendars again, keeping the old ones where the new are bad;
    /// 2. take over calendars that somebody else has loaded into the database;
    /// 3. plan for the practices with something due or changed;
    /// 4. deliver what is due.
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
            self.plan().await;
            self.deliver().await;
        }
    }

    /// `deadlines calendars load` works beside a running service: what the database holds is what counts.
    async fn take_over_calendars(&mut self) {
        let (known, now) = (self.calendar_hash.clone(), self.clock.now());
        match self.database.run(move |store| newer_almanac(store, known.as_deref(), now)).await {
            Ok(None) => {}
            Ok(Some((almanac, hash))) => {
                (self.almanac, self.calendar_hash) = (Arc::new(almanac), hash);
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
                    info!(event = "planned", practices = planned.practices, mails = planned.mails, "planned");
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
                "delivered"
            ),
        }
    }

    async fn reload(&mut self) {
        match self.read_again().await {
            Ok(()) => info!(event = "reloaded", "configuration and calendars were read again"),
            Err(reason) => error!(event = "reload-refused", reason, "the old configuration and calendars stay in use"),
        }
    }

    async fn read_again(&mut self) -> Result<(), String> {
        let config = (self.sources.config)()?;
        let office = office(&config).map_err(|error| error.to_string())?;
        let (files, origin) = (self.sources.calendars)(&config)?;
        let (almanac, changes) = load_into(&self.database, files, origin, self.clock).await.map_err(|error| error.to_string())?;
        look_at_everyone(&self.database, self.clock).await.map_err(|error| error.to_string())?;
        (self.almanac, self.office) = (Arc::new(almanac), Arc::new(office));
        self.machine = fence::machine(config.machine.as_deref());
        self.calendar_hash = self.database.run(|store| store.calendar_hash()).await.map_err(|error| error.to_string())?;
        info!(event = "calendars-loaded", changes, "calendars are in use");
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
async fn starting_almanac(sources: &Sources, config: &Config, database: &Database, clock: Clock) -> Result<Almanac, DaemonError> {
    let loaded = match (sources.calendars)(config) {
        Ok((files, origin)) => load_into(database, files, origin, clock).await.map_err(DaemonError::Calendars),
        Err(reason) => Err(DaemonError::Setup(reason)),
    };
    let refused = match loaded {
        Ok((almanac, _)) => return Ok(almanac),
        Err(error) => error,
    };
    match database.run(|store| crate::job::load::almanac(store)).await {
        Ok(Some(almanac)) => {
            error!(event = "calendars-refused", reason = %refused, "the calendars loaded before stay in use");
            Ok(almanac)
        }
        _ => Err(refused),
    }
}

/// The database's almanac and hash, where it is another one than is in use; planning then has to look at everyone with it.
fn newer_almanac(
    store: &mut Store,
    known: Option<&str>,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<Option<(Almanac, Option<String>)>, LoadError> {
    let hash = store.calendar_hash()?;
    if hash.as_deref() == known {
        return Ok(None);
    }
    let Some(almanac) = crate::job::load::almanac(store)? else { return Ok(None) };
    let work = store.begin(now)?;
    work.look_at_everyone()?;
    work.commit()?;
    Ok(Some((almanac, hash)))
}

/// Loads the files and gives the almanac that the database holds afterwards, with the number of changes.
async fn load_into(database: &Database, files: Vec<File>, origin: String, clock: Clock) -> Result<(Almanac, usize), LoadError> {
    let now = clock.now();
    database
        .run(move |store| {
            let changes = match load(store, &files, &origin, now)? {
                Loaded::Unchanged => 0,
                Loaded::Changed(changes) => changes.len(),
            };
            Ok((crate::job::load::almanac(store)?.unwrap_or_default(), changes))
        })
        .await
}
