//! Finding a milestone by what an operator typed.

use chrono::NaiveDate;

use crate::cli::failure::Failure;
use crate::cli::identity;
use crate::cli::show::Shown;
use crate::domain::almanac::{Almanac, policy_occurrences};
use crate::domain::names::{MilestoneId, OccurrenceId};
use crate::domain::practices::{Happened, Practice};

/// How many identities are suggested.
const SUGGESTIONS: usize = 5;

/// The milestone or occurrence with this identity, or with this end of one.
///
/// # Errors
/// An identity that fits nothing, with the nearest ones; an end that fits several, with all of them.
///
/// `practices` are those among whose own dates it is looked for.
pub fn find<'a>(almanac: &'a Almanac, practices: &'a [Practice], given: &str, today: NaiveDate) -> Result<Shown<'a>, Failure> {
    let own_ids = practices.iter().flat_map(|practice| practice.own.iter()).map(|(_, milestone)| &milestone.id);
    let Some(id) = identity::whole(given, almanac.milestone_ids().chain(own_ids))? else { return Err(unknown(almanac, given.trim())) };
    let milestone = OccurrenceId::from(id.as_str()).milestone();
    let practice = practices.iter().find(|practice| practice.own.iter().any(|(_, own)| own.id == milestone));
    let mut occurrences = match (practice, almanac.milestone(&milestone)) {
        (Some(practice), _) => practice.own.occurrences(today, NaiveDate::MIN),
        (None, Some((policy, _))) => policy_occurrences(policy, &Happened::new(), &almanac.contract_years(today)),
        (None, None) => Vec::new(),
    };
    occurrences.retain(|occurrence| occurrence.milestone.id == milestone);
    if occurrences.is_empty() {
        return Err(Failure::Usage(format!("{milestone} has no occurrence at all")));
    }
    let shown = Shown { occurrences, is_one_of_several: false, practice };
    if id == milestone.as_str() { Ok(shown) } else { one(shown, &id) }
}

fn one<'a>(shown: Shown<'a>, wanted: &str) -> Result<Shown<'a>, Failure> {
    let (chosen, others): (Vec<_>, Vec<_>) = shown.occurrences.into_iter().partition(|occurrence| occurrence.id.as_str() == wanted);
    if !chosen.is_empty() {
        return Ok(Shown { occurrences: chosen, is_one_of_several: true, practice: shown.practice });
    }
    let known = others.iter().map(|occurrence| format!("  {}", occurrence.id)).collect::<Vec<_>>().join("\n");
    Err(Failure::Usage(format!("no occurrence \"{wanted}\"; there are:\n{known}")))
}

fn unknown(almanac: &Almanac, given: &str) -> Failure {
    let wanted = given.split('@').next().unwrap_or(given);
    let local = wanted.rsplit('/').next().unwrap_or(wanted);
    let likeness = |id: &MilestoneId| strsim::jaro_winkler(id.local(), local).max(strsim::jaro_winkler(id.as_str(), wanted));
    let mut near: Vec<(f64, &MilestoneId)> = almanac.milestone_ids().map(|id| (likeness(id), id)).collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0));
    let ids = near.iter().take(SUGGESTIONS).map(|(_, id)| format!("  {id}")).collect::<Vec<_>>().join("\n");
    Failure::Usage(format!("no milestone \"{wanted}\"; the nearest are:\n{ids}"))
}
