//! The service: one minutely tick, signals, and nothing that has to be remembered between two turns.

pub mod drift;
pub mod editions;
pub mod exposition;
pub mod heartbeat;
pub mod holder;
pub mod lock;
pub mod manager;
pub mod masked;
pub mod metrics;
pub mod observers;
pub mod schedule;
pub mod service;
pub mod signals;
pub mod upkeep;
pub mod watch;
pub mod words;

use std::path::PathBuf;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::info;

use crate::calendar_file::File;
use crate::clock::Clock;
use crate::config::Config;
use crate::daemon::manager::Manager;
use crate::daemon::service::Service;
use crate::job::load::LoadError;
use crate::store::error::StoreError;

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
    // One is enough for the network: what blocks has threads of its own, and to wake another costs more than what it would do.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().map_err(start)?;
    runtime.block_on(serve(sources, config, clock))
}

fn start(error: impl std::fmt::Display) -> DaemonError {
    DaemonError::Start(error.to_string())
}

async fn serve(sources: Sources, config: &Config, clock: Clock) -> Result<(), DaemonError> {
    let (stop, manager) = (CancellationToken::new(), Manager::default());
    let (events, inbox) = mpsc::channel(16);
    signals::listen(events.clone(), stop.clone(), manager.clone()).map_err(start)?;
    let mut service = Service::new(sources, config, clock, stop.clone(), manager.clone()).await?;
    let _ = events.try_send(Event::Tick);
    let schedule = schedule::keep(events, stop.clone());
    info!(event = "started", database = %config.database.display(), "ready");
    manager.ready("looking at what is due");
    manager.allow(config.mail.smtp.message_timeout);
    service.turn_until_stopped(inbox).await;
    let _ = schedule.await;
    info!(event = "stopped", "stopped; nothing is in hand");
    Ok(())
}
