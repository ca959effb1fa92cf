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
use crate::job::load::{Consent, Edition, LoadError, Loaded, edition, load, look_again_if_new};
use crate::job::office::Office;
use crate::job::plan::plan;
use crate::store::Store;
use crate::store::error::StoreError;

/// What can make the service turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// A minute has begun, or the service has just started.
    Tick,
    /// Read configuration and calendars again.
    Reload,
}

/// Everything that is read from outside, so that a reload can read it again.
pub struct Sources {
    /// Reads the configuration; the text says what is wrong with it.
    pub config: Box<dyn Fn() -> Result<Config, String> + Send>,
    /// Reads the calendar files that a configuration names, and says where they came from.
    pub calendars: Box<dyn Fn(&Config) -> Result<(Vec<File>, String), String> + Send>,
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
    /// The hash of the calendars that `almanac` was read from.
    edition: String,
    /// Whether planning has been told of the almanac and rules in use.
    is_settled: bool,
    office: Arc<Office>,
    clock: Clock,
    stop: CancellationToken,
}

impl Service {
    async fn new(sources: Sources, config: &Config, clock: Clock, stop: CancellationToken) -> Result<Self, DaemonError> {
        let office = office(config)?;
        let mut store = Store::open(&config.database)?;
        let work = store.begin(clock.now())?;
        let interrupted = work.recover_interrupted()?;
        work.commit()?;
        if interrupted > 0 {
            warn!(
                event = "recovered",
                mails = interrupted,
                "mails were in hand when the service last stopped; they go again with the same Message-ID"
            );
        }
        let database = Database::new(store);
        let Edition { almanac, hash: edition } = starting_edition(&sources, config, &database, clock).await?;
        let (almanac, office) = (Arc::new(almanac), Arc::new(office));
        Ok(Self { sources, database, almanac, edition, is_settled: false, office, clock, stop })
    }

    /// Each turn does, in this order:
    ///
    /// 1. on a reload, read configuration and calendars again, keeping the old ones where the new are bad;
    /// 2. take calendars into use that a command loaded, between two rounds of delivery and never during one;
    /// 3. plan for the practices with something due or changed, corrections included;
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
            self.take_loaded().await;
            if self.settle().await {
                self.plan().await;
            }
            self.deliver().await;
        }
    }

    /// Calendars that another process loaded.
    async fn take_loaded(&mut self) {
        let held = self.edition.clone();
        let newer = self.database.run(move |store| match store.calendar_hash()? {
            Some(hash) if hash != held => edition(store),
            _ => Ok(None),
        });
        match newer.await {
            Ok(None) => {}
            Ok(Some(newer)) => {
                info!(event = "calendars-taken", "calendars that were loaded by a command are in use");
                self.use_edition(newer);
            }
            Err(error) => error!(event = "calendars-unreadable", %error, "the calendars read before stay in use"),
        }
    }

    fn use_edition(&mut self, edition: Edition) {
        (self.almanac, self.edition, self.is_settled) = (Arc::new(edition.almanac), edition.hash, false);
    }

    /// Whether planning can go on: practices are looked at again wherever calendars or rules are new.
    async fn settle(&mut self) -> bool {
        if !self.is_settled {
            let (hash, office, now) = (self.edition.clone(), self.office.clone(), self.clock.now());
            match self.database.run(move |store| look_again_if_new(store, &hash, &office.rules, now)).await {
                Ok(_) => self.is_settled = true,
                Err(error) => error!(event = "plan-failed", %error, "planning failed; it is tried again in a minute"),
            }
        }
        self.is_settled
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

    async fn deliver(&self) {
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
        let edition = load_into(&self.database, &config, files, origin, self.clock).await.map_err(|error| error.to_string())?;
        self.office = Arc::new(office);
        self.use_edition(edition);
        Ok(())
    }
}

fn office(config: &Config) -> Result<Office, DaemonError> {
    let (office, problems) = Office::new(config).map_err(|error| DaemonError::Setup(error.to_string()))?;
    for problem in problems {
        error!(event = "template-refused", %problem, "the compiled-in template is used instead");
    }
    Ok(office)
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
