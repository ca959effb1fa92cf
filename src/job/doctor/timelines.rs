//! The calendars: whether they are sound, in use, looked after, and complete.

use crate::calendar_file;
use crate::domain::coverage::{coming_year, covered, gaps};
use crate::domain::freshness::ages;
use crate::job::doctor::{Finding, Patient, count, local};
use crate::problems::Problem;
use crate::store::Store;
use crate::store::calendars::hash;
use crate::store::error::StoreError;
use crate::store::practices::Since;

/// For so long a document is taken to say what it said; insurers change theirs within a season.
const OLD_DAYS: i64 = 183;

/// So many are named, the others counted.
const NAMED: usize = 5;

pub(in crate::job::doctor) fn calendars(patient: &Patient<'_>) -> Vec<Finding> {
    let files = match &patient.files {
        Ok(files) => files,
        Err(error) => return vec![Finding::failed(error.clone(), "mend [calendars] folder; until then those loaded before stay in use")],
    };
    let (_, problems) = calendar_file::read(files);
    let mut findings: Vec<Finding> = problems.errors().take(NAMED).map(problem).collect();
    let errors = problems.errors().count();
    if errors > NAMED {
        findings.push(Finding::failed(format!("and {} more", errors - NAMED), "deadlines calendars check"));
    }
    if errors == 0 {
        findings.push(Finding::fine(format!("{} without problems", count(files.len() as u64, "file"))));
        findings.extend(
            patient.readable_store().map(|store| {
                in_use(store, &hash(files)).unwrap_or_else(|error| Finding::failed(error.to_string(), "look at the database"))
            }),
        );
    }
    findings
}

fn problem(problem: &Problem) -> Finding {
    Finding::failed(problem.in_one_line(), "deadlines calendars check; until it is mended those loaded before stay in use")
}

fn in_use(store: &Store, hash: &str) -> Result<Finding, StoreError> {
    if let Some(waiting) = store.set_aside()? {
        let says = format!(
            "a load waits since {}, because {} would get a correction",
            local(waiting.at),
            count(waiting.contacts.into(), "contact")
        );
        return Ok(Finding::warning(says, "deadlines calendars diff shows it, calendars load --confirm releases it"));
    }
    Ok(match store.calendar_hash()? {
        None => Finding::skipped("none are loaded yet: the first start loads them"),
        Some(loaded) if loaded == hash => Finding::fine("they are the ones in use"),
        Some(_) => {
            Finding::warning("others are in use", "deadlines calendars diff shows what would change, calendars load takes them over")
        }
    })
}

pub(in crate::job::doctor) fn age(patient: &Patient<'_>) -> Vec<Finding> {
    let Some(almanac) = patient.almanac() else { return vec![Finding::skipped("there are no timelines to look at")] };
    let ages = ages(&almanac, patient.today());
    let advice = "hold the file against its source, and set `checked` in its [source] to that day";
    let old = |age: &crate::domain::freshness::Age<'_>| match age.days {
        None => Some(format!("{} does not say when it was checked", age.policy.id)),
        Some(days) if days > OLD_DAYS => Some(format!("{} was checked {days} days ago", age.policy.id)),
        Some(_) => None,
    };
    let findings: Vec<Finding> = ages.iter().filter_map(old).map(|says| Finding::warning(says, advice)).collect();
    if !findings.is_empty() {
        return findings;
    }
    let oldest = ages.iter().filter_map(|age| age.days).max().unwrap_or(0);
    vec![Finding::fine(format!(
        "{} in force, the oldest checked {} ago",
        count(ages.len() as u64, "timeline"),
        count(oldest.unsigned_abs(), "day")
    ))]
}

pub(in crate::job::doctor) fn coverage(patient: &Patient<'_>) -> Vec<Finding> {
    let Some(almanac) = patient.almanac() else { return vec![Finding::skipped("there are no timelines to look at")] };
    let (today, year) = (patient.today(), coming_year(patient.today()));
    let known = covered(&almanac).values().filter(|years| years.contains(&year)).count();
    let says = format!("for {year} there are timelines for {} of insurer and care type", count(known as u64, "pair"));
    let practices = match patient.readable_store().map_or(Ok(Vec::new()), |store| store.practices(Since::OrImport)) {
        Ok(practices) => practices,
        Err(error) => return vec![Finding::failed(error.to_string(), "look at the database")],
    };
    let missing: Vec<_> = practices.iter().flat_map(|practice| gaps(&almanac, practice, today)).collect();
    if missing.is_empty() {
        return vec![Finding::fine(says)];
    }
    let overdue = if missing.iter().any(|gap| gap.is_overdue(today)) { "overdue" } else { "due by 1 April" };
    let lacking = format!("{} without a timeline for {year}, {overdue}", count(missing.len() as u64, "subscription"));
    vec![
        Finding::fine(says),
        Finding::warning(lacking, "deadlines coverage names them; those practices get no reminders of what is not known"),
    ]
}
