//! Editions of the calendars: which files the service takes into use, at its start, at a reload, and when somebody else has loaded them.

use tracing::{error, info};

use crate::calendar_file::File;
use crate::clock::Clock;
use crate::config::Config;
use crate::daemon::{DaemonError, Sources};
use crate::job::database::Database;
use crate::job::load::{Consent, Edition, LoadError, Loaded, edition, load};
use crate::job::operator_mail::note_refused;
use crate::store::Store;
use crate::store::error::StoreError;

/// When a practice has to be looked at next was worked out from the leads and timelines of then: others make everybody's day anew.
///
/// # Errors
/// When the database cannot be written.
pub async fn look_at_everyone(database: &Database, clock: Clock) -> Result<(), StoreError> {
    let now = clock.now();
    database
        .run(move |store| {
            let work = store.begin(now)?;
            work.look_at_everyone()?;
            work.commit()
        })
        .await
}

/// The configured calendars; where those are bad, the ones that were loaded before, with what is wrong.
///
/// # Errors
/// What is wrong, where none were loaded before.
pub async fn starting_edition(
    sources: &Sources,
    config: &Config,
    database: &Database,
    clock: Clock,
) -> Result<(Edition, Option<String>), DaemonError> {
    let loaded = match (sources.calendars)(config) {
        Ok((files, origin)) => load_into(database, config, files, origin, clock).await.map_err(DaemonError::Calendars),
        Err(reason) => Err(DaemonError::Setup(reason)),
    };
    let refused = match loaded {
        Ok(edition) => return Ok((edition, None)),
        Err(error) => error,
    };
    match database.run(|store| edition(store)).await {
        Ok(Some(before)) => {
            error!(event = "calendars-refused", reason = %refused, "the calendars loaded before stay in use");
            let (reason, now) = (refused.to_string(), clock.now());
            let noted = reason.clone();
            database.run(move |store| note_refused(store, "start", &noted, now)).await?;
            Ok((before, Some(reason)))
        }
        _ => Err(refused),
    }
}

/// Loads the files, or sets them aside, and gives the edition that the database holds afterwards.
///
/// # Errors
/// What is wrong with them, or with the database.
pub async fn load_into(database: &Database, config: &Config, files: Vec<File>, origin: String, clock: Clock) -> Result<Edition, LoadError> {
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
///
/// # Errors
/// When the database cannot be used.
pub fn newer_edition(store: &mut Store, known: &str, now: chrono::DateTime<chrono::Utc>) -> Result<Option<Edition>, LoadError> {
    if store.calendar_hash()?.is_none_or(|hash| hash == known) {
        return Ok(None);
    }
    let Some(edition) = edition(store)? else { return Ok(None) };
    let work = store.begin(now)?;
    work.look_at_everyone()?;
    work.commit()?;
    Ok(Some(edition))
}
