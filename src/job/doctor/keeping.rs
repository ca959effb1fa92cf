//! Whether what happened can be undone, and what was erased stays so.

use chrono::TimeDelta;

use crate::job::backup::BACKUP;
use crate::job::doctor::{Finding, Patient, count, local};
use crate::job::erasure::{Erased, list_of};

/// A timer makes one each night; after so long it has stopped.
const TOO_OLD: TimeDelta = TimeDelta::days(3);

pub(in crate::job::doctor) fn backup(patient: &Patient<'_>) -> Vec<Finding> {
    let Some(store) = patient.readable_store() else { return vec![Finding::skipped("there is no database to back up yet")] };
    let advice = "deadlines backup --into FOLDER, or systemctl enable --now deadlines-backup.timer";
    let last = match store.runs() {
        Err(error) => return vec![Finding::failed(error.to_string(), "see the database above")],
        Ok(runs) => runs.into_iter().find(|run| run.job == BACKUP),
    };
    match last {
        None => vec![Finding::warning("this database was never backed up with deadlines backup", advice)],
        Some(run) if patient.now - run.at > TOO_OLD => vec![Finding::warning(format!("the last was made on {}", local(run.at)), advice)],
        Some(run) => vec![Finding::fine(format!("the last was made on {}: {}", local(run.at), run.detail))],
    }
}

/// The GDPR (article 5(2)) asks for it; mail goes out without it all the same.
pub(in crate::job::doctor) fn grounds(patient: &Patient<'_>) -> Vec<Finding> {
    let Some(store) = patient.readable_store() else { return vec![Finding::skipped("there are no practices yet")] };
    let counted = store.practice_ids().and_then(|ids| Ok((ids.len(), store.practices_without_ground()?)));
    match counted {
        Err(error) => vec![Finding::failed(error.to_string(), "see the database above")],
        Ok((0, _)) => vec![Finding::skipped("there are no practices yet")],
        Ok((_, 0)) => vec![Finding::fine("each practice has one on record")],
        Ok((_, without)) => {
            let advice = "`ground` in the practice file, or deadlines practice add --ground";
            vec![Finding::warning(format!("{} without one on record", count(without, "practice")), advice)]
        }
    }
}

pub(in crate::job::doctor) fn erasures(patient: &Patient<'_>) -> Vec<Finding> {
    match Erased::of(&patient.config.database) {
        Err(error) => vec![Finding::failed(error.to_string(), "without it a restored backup brings back who was erased")],
        Ok(erased) if erased.is_empty() => vec![Finding::fine("nobody was erased")],
        Ok(_) => vec![Finding::fine(format!("{} can be read", list_of(&patient.config.database).display()))],
    }
}
