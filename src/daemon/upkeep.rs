//! Upkeep: who was erased stays erased, and what was kept for long enough goes.

use std::path::Path;

use chrono::{DateTime, Utc};
use tracing::{error, info, warn};

use crate::daemon::service::Failed;
use crate::job::erasure;
use crate::job::prune::{PruneError, Pruned};
use crate::store::Store;

/// At start: a database that was put back by other means than `deadlines restore` holds who was erased since.
pub fn erase_again(store: &mut Store, database: &Path, now: DateTime<Utc>) {
    match erasure::apply(store, database, now) {
        Ok(0) => {}
        Ok(erased) => warn!(event = "erased-again", erased, "the database held who was erased before: erased again"),
        Err(error) => error!(event = "erasure-failed", %error, "who was erased may be in the database; it is tried again each day"),
    }
}

/// Says what pruning came to.
///
/// # Errors
/// That it failed.
pub fn say(pruned: Result<Pruned, PruneError>) -> Result<(), Failed> {
    match pruned {
        Err(error) => {
            error!(event = "prune-failed", %error, "what was kept for long enough stays; it is tried again in a minute");
            Err(Failed("what was kept for long enough could not be forgotten"))
        }
        Ok(pruned) => {
            if !pruned.is_nothing() {
                info!(event = "pruned", %pruned, "what was kept for long enough is gone");
            }
            Ok(())
        }
    }
}
