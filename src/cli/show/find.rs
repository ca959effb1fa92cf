//! Finding a milestone by what an operator typed.

use chrono::NaiveDate;

use crate::cli::failure::Failure;
use crate::cli::show::Shown;
use crate::domain::almanac::{Almanac, policy_occurrences};
use crate::domain::milestones::Milestone;
use crate::domain::occurrences::Occurrence;
use crate::domain::policies::Policy;
use crate::domain::practices::Happened;

/// How many identities are suggested.
const SUGGESTIONS: usize = 5;

/// The milestone or occurrence with this identity, or with this end of one.
///
/// # Errors
/// An identity that fits nothing, with the nearest ones; an end that fits several, with all of them.
pub fn find<'a>(almanac: &'a Almanac, given: &str, today: NaiveDate) -> Result<Shown<'a>, Failure> {
    let given = given.trim();
    let (wanted, suffix) = given.split_once('@').map_or((given, None), |(id, suffix)| (id, Some(suffix)));
    let (policy, milestone) = milestone(almanac, wanted)?;
    let mut occurrences = policy_occurrences(policy, &Happened::new(), &almanac.contract_years(today));
    occurrences.retain(|occurrence| occurrence.milestone.id == milestone.id);
    if occurrences.is_empty() {
        return Err(Failure::Usage(format!("{} has no occurrence at all", milestone.id)));
    }
    match suffix {
        None => Ok(Shown { occurrences, is_one_of_several: false }),
        Some(suffix) => one(occurrences, &format!("{}@{suffix}", milestone.id)),
    }
}

fn one<'a>(occurrences: Vec<Occurrence<'a>>, wanted: &str) -> Result<Shown<'a>, Failure> {
    let (chosen, others): (Vec<_>, Vec<_>) = occurrences.into_iter().partition(|occurrence| occurrence.id.as_str() == wanted);
    if !chosen.is_empty() {
        return Ok(Shown { occurrences: chosen, is_one_of_several: true });
    }
    let known = others.iter().map(|occurrence| format!("  {}", occurrence.id)).collect::<Vec<_>>().join("\n");
    Err(Failure::Usage(format!("no occurrence \"{wanted}\"; there are:\n{known}")))
}

fn milestone<'a>(almanac: &'a Almanac, wanted: &str) -> Result<(&'a Policy, &'a Milestone), Failure> {
    let all = || almanac.policies.iter().flat_map(|policy| policy.milestones.iter().map(move |milestone| (policy, milestone)));
    let ends = |id: &str| id == wanted || id.strip_suffix(wanted).is_some_and(|rest| rest.ends_with('/'));
    if let Some(exact) = all().find(|(_, milestone)| milestone.id.as_str() == wanted) {
        return Ok(exact);
    }
    let fitting: Vec<_> = all().filter(|(_, milestone)| !wanted.is_empty() && ends(milestone.id.as_str())).collect();
    match fitting.as_slice() {
        [only] => Ok(*only),
        [] => Err(unknown(wanted, all().map(|(_, milestone)| milestone))),
        several => {
            let ids = several.iter().map(|(_, milestone)| format!("  {}", milestone.id)).collect::<Vec<_>>().join("\n");
            Err(Failure::Usage(format!("\"{wanted}\" is several milestones; which one?\n{ids}")))
        }
    }
}

fn unknown<'a>(wanted: &str, all: impl Iterator<Item = &'a Milestone>) -> Failure {
    let local = wanted.rsplit('/').next().unwrap_or(wanted);
    let likeness =
        |milestone: &Milestone| strsim::jaro_winkler(milestone.id.local(), local).max(strsim::jaro_winkler(milestone.id.as_str(), wanted));
    let mut near: Vec<(f64, &Milestone)> = all.map(|milestone| (likeness(milestone), milestone)).collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0));
    let ids = near.iter().take(SUGGESTIONS).map(|(_, milestone)| format!("  {}", milestone.id)).collect::<Vec<_>>().join("\n");
    Failure::Usage(format!("no milestone \"{wanted}\"; the nearest are:\n{ids}"))
}
