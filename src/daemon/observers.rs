//! Those who watch from outside: who reads the figures, and who hears the heartbeat. Both hear of a turn after it ended.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use tracing::error;

use crate::config::Config;
use crate::daemon::heartbeat::{Heartbeat, is_progress};
use crate::daemon::metrics::Metrics;
use crate::domain::almanac::Almanac;
use crate::job::database::Database;
use crate::job::figures::{Memory, gather};

/// What each of them needs.
#[derive(Debug, Default)]
pub struct Observers {
    metrics: Metrics,
    heartbeat: Heartbeat,
    memory: Arc<Mutex<Memory>>,
}

/// The timelines in use, and what tells them from others.
#[derive(Debug, Clone)]
pub struct InUse {
    /// The timelines.
    pub almanac: Arc<Almanac>,
    /// The hash of the files that they were read from.
    pub hash: String,
}

impl Observers {
    /// Takes a configuration into use, at start and after a reload.
    pub async fn configure(&mut self, config: &Config) {
        self.metrics.configure(&config.metrics).await;
        self.heartbeat.configure(&config.heartbeat);
    }

    /// Tells them of a turn in which so many steps failed.
    pub async fn after_turn(&mut self, database: &Database, in_use: InUse, failed: usize, now: DateTime<Utc>) {
        if !self.metrics.are_wanted() && !self.heartbeat.is_wanted() {
            return;
        }
        let memory = self.memory.clone();
        let gathered = database.run(move |store| {
            let mut memory = memory.lock().unwrap_or_else(PoisonError::into_inner);
            gather(store, &in_use.almanac, &in_use.hash, &mut memory, now)
        });
        match gathered.await {
            Err(error) => {
                error!(event = "figures-failed", %error, "figures are old, and no heartbeat was sent; tried again after each turn")
            }
            Ok(figures) => {
                self.metrics.publish(&figures, failed);
                if is_progress(&figures, failed) {
                    self.heartbeat.beat();
                }
            }
        }
    }
}
