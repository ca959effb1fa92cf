//! The database and what waits in it.

use chrono::TimeDelta;

use crate::job::doctor::{Finding, Patient, count, local};
use crate::store::Store;
use crate::store::error::StoreError;
use crate::store::lane::LaneState;
use crate::store::schema::known_version;

/// How long mail may be due before something is wrong.
const TOO_LONG: TimeDelta = TimeDelta::hours(1);

const RESTORE: &str = "stop the service, keep this file, and restore the last backup";

pub(in crate::job::doctor) fn database(patient: &Patient<'_>) -> Vec<Finding> {
    let path = patient.config.database.display();
    match &patient.store {
        Ok(None) => vec![Finding::skipped(format!("{path} is not there yet: it is made at the first start"))],
        Err(error) => vec![Finding::failed(error.to_string(), advice(error))],
        Ok(Some(store)) => look(store).unwrap_or_else(|error| vec![Finding::failed(error.to_string(), RESTORE)]),
    }
}

fn advice(error: &StoreError) -> &'static str {
    match error {
        StoreError::At { source, .. } => advice(source),
        StoreError::Damaged(_) => RESTORE,
        _ => "run the doctor as the service's user; if that may not read it either, mend the owner of the file and its folder",
    }
}

fn look(store: &Store) -> Result<Vec<Finding>, StoreError> {
    let mut findings: Vec<Finding> = store.faults()?.into_iter().map(|fault| Finding::failed(fault, RESTORE)).collect();
    for (table, rows) in store.broken_references()? {
        findings.push(Finding::failed(format!("{} of {table} refer to what is not there", count(rows, "row")), RESTORE));
    }
    if findings.is_empty() {
        findings.push(Finding::fine("pages, indexes, rows and references are sound"));
    }
    findings.push(version(store.version()?));
    Ok(findings)
}

fn version(found: u32) -> Finding {
    let known = known_version();
    match found.cmp(&known) {
        std::cmp::Ordering::Equal => Finding::fine(format!("its version is {found}, this program's")),
        std::cmp::Ordering::Less => Finding::warning(
            format!("its version is {found}, this program's is {known}"),
            "nothing to do: the next start brings it up; other checks wait for that. To go back to the older program needs a backup from before",
        ),
        std::cmp::Ordering::Greater => Finding::failed(
            format!("its version is {found}, this program knows {known}"),
            "install the newer deadlines again, or restore a backup from before the upgrade",
        ),
    }
}

pub(in crate::job::doctor) fn outbox(patient: &Patient<'_>) -> Vec<Finding> {
    let Some(store) = patient.readable_store() else { return vec![Finding::skipped("there is no database to look at")] };
    waiting(store, patient).unwrap_or_else(|error| vec![Finding::failed(error.to_string(), RESTORE)])
}

fn waiting(store: &Store, patient: &Patient<'_>) -> Result<Vec<Finding>, StoreError> {
    let lane = store.lane()?;
    let reason = lane.reason.unwrap_or_default();
    let (since, failed, unreachable) = (local(lane.since), store.failures_to_mend()?, store.unreachable_practices()?.len() as u64);
    let too_late = store.oldest_due(patient.now)?.filter(|due| patient.now - *due > TOO_LONG);
    let found = [
        (lane.state == LaneState::Held)
            .then(|| Finding::failed(format!("no mail leaves since {since}: {reason}"), "mend it, then deadlines outbox release")),
        (lane.state == LaneState::Resting)
            .then(|| Finding::warning(format!("mail rests since {since}: {reason}"), "it goes on by itself; deadlines status says when")),
        too_late.map(|due| {
            Finding::failed(format!("mail has been due since {}", local(due)), "deadlines outbox list shows it; does the service run?")
        }),
        (failed > 0).then(|| {
            Finding::warning(format!("{} failed", count(failed, "mail")), "deadlines outbox list --state failed, then outbox retry")
        }),
        (unreachable > 0)
            .then(|| Finding::warning(format!("{} cannot be reached", count(unreachable, "practice")), "deadlines status names them")),
    ];
    let found: Vec<Finding> = found.into_iter().flatten().collect();
    Ok(if found.is_empty() { vec![Finding::fine("nothing is late, held or failed")] } else { found })
}
