//! What the days on which planning looks again were worked out from. While that is the same, a start need not look at everyone anew: those
//! days stand in the database, and calendars that change mark everyone themselves.

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use crate::domain::decide::Rules;
use crate::store::Store;
use crate::store::error::StoreError;

/// The job, as its last run is recorded.
const LOOK_AT_EVERYONE: &str = "look-at-everyone";

/// Has planning look at everyone where it would now work with other rules, or in another program, than when it last did so. Says whether.
///
/// # Errors
/// When the database cannot be used.
pub fn look_at_everyone_if_changed(store: &mut Store, rules: &Rules, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let basis = format!("with rules and program {}", fingerprint(rules));
    if store.runs()?.iter().any(|run| run.job == LOOK_AT_EVERYONE && run.detail == basis) {
        return Ok(false);
    }
    let work = store.begin(now)?;
    work.look_at_everyone()?;
    work.record_run(LOOK_AT_EVERYONE, &basis)?;
    work.commit()?;
    Ok(true)
}

/// A program that was installed anew may work something out differently, whatever its version says.
fn fingerprint(rules: &Rules) -> String {
    let file = std::env::current_exe().and_then(std::fs::metadata);
    let program = file.map(|file| (file.len(), file.modified().ok())).ok();
    let digest = Sha256::digest(format!("{rules:?} {} {program:?}", env!("CARGO_PKG_VERSION")));
    format!("{digest:x}").chars().take(12).collect()
}
