//! Upkeep: who was erased stays erased, and what was kept for long enough goes.

use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use tracing::{error, info, warn};

use crate::job::database::Database;
use crate::job::erasure;
use crate::job::office::Office;
use crate::job::prune::prune_daily;
use crate::store::Store;

/// At start: a database that was put back by other means than `deadlines restore` holds who was erased since.
pub fn erase_again(store: &mut Store, database: &Path, now: DateTime<Utc>) {
    match erasure::apply(store, database, now) {
        Ok(0) => {}
        Ok(erased) => warn!(event = "erased-again", erased, "the database held who was erased before: erased again"),
        Err(error) => error!(event = "erasure-failed", %error, "who was erased may be in the database; it is tried again each day"),
    }
}

/// Once a day; nothing most of the time.
pub async fn prune(database: &Database, office: &Arc<Office>, now: DateTime<Utc>) {
    let office = office.clone();
    match database.run(move |store| prune_daily(store, &office.retention, &office.spool, now)).await {
        Err(error) => error!(event = "prune-failed", %error, "what was kept for long enough stays; it is tried again in a minute"),
        Ok(pruned) if pruned.is_nothing() => {}
        Ok(pruned) => info!(event = "pruned", %pruned, "what was kept for long enough is gone"),
    }
}
