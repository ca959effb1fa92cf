//! `deadlines show`: one milestone, and how its day came about.

mod find;
mod moment;
mod page;

use std::borrow::Cow;
use std::io::Write;

use chrono::NaiveDate;
use clap::Args;
use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::list::record::Record;
use crate::cli::output;
use crate::domain::occurrences::Occurrence;
use crate::domain::practices::Practice;
use crate::domain::working_days::{is_working_day, working_day_on_or_before};
use crate::store::Store;
use crate::store::practices::Since;

/// Show one milestone: moment, how it was worked out, source, who is told when
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  deadlines show cz/paramedische-zorg-2024/fysiotherapie-vragen
  deadlines show fysiotherapie-vragen                              the last part, where only one has it
  deadlines show valpreventie-aanvragen@2026-03-01                 one occurrence of several
  deadlines show fysiotherapie-vragen --json                       for a program")]
pub struct Show {
    /// Identity of a milestone, or of one occurrence with @
    #[arg(value_name = "ID")]
    id: String,
    /// An object, for programs
    #[arg(long)]
    json: bool,
}

impl Show {
    /// Runs the command.
    pub fn run(self, context: &Context) -> Result<(), Failure> {
        let almanac = context.almanac()?;
        let store = context.store_to_look_at()?;
        let practices = with_own_date(&store, &self.id)?;
        let shown = find::find(&almanac, &practices, &self.id, context.today())?;
        if self.json {
            return output::json(&object(context, &shown));
        }
        let history = match shown.occurrences.first() {
            Some(first) => store.changes_of(if shown.is_one_of_several { first.id.as_str() } else { first.milestone.id.as_str() })?,
            None => Vec::new(),
        };
        write!(output::results(), "{}", page::page(context, &almanac, &shown, &history))?;
        Ok(())
    }
}

/// A milestone with its occurrences, never none.
#[derive(Debug)]
pub struct Shown<'a> {
    /// In order of the last day.
    pub occurrences: Vec<Occurrence<'a>>,
    /// Whether one occurrence was asked for.
    pub is_one_of_several: bool,
    /// Whose own date it is, if anybody's.
    pub practice: Option<&'a Practice>,
}

/// The practices that have an own date of this name.
fn with_own_date(store: &Store, given: &str) -> Result<Vec<Practice>, Failure> {
    let local = given.trim().split('@').next().unwrap_or_default().rsplit('/').next().unwrap_or_default();
    let practices = store.practices_with_own_date(local)?.into_iter();
    Ok(practices.map(|id| store.practice(&id, Since::AsWritten)).collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

/// What `show --json` prints: the fields of the list, and what explains them.
#[derive(Debug, Serialize)]
struct Object<'a> {
    moment: String,
    who: Option<&'static str>,
    place: Option<&'a str>,
    action: Option<&'a str>,
    consequence: Option<&'a str>,
    standing_meaning: Vec<Meaning<'a>>,
    published: Option<String>,
    checked: Option<String>,
    occurrences: Vec<Explained<'a>>,
}

#[derive(Debug, Serialize)]
struct Meaning<'a> {
    standing: &'static str,
    means: &'a str,
}

#[derive(Debug, Serialize)]
struct Explained<'a> {
    #[serde(flatten)]
    record: Record<'a>,
    steps: Vec<Step>,
    is_working_day: bool,
    last_working_day: String,
    reminders: Vec<Reminder>,
}

#[derive(Debug, Serialize)]
struct Step {
    what: String,
    day: String,
}

/// A lead and the day on which it goes out.
#[derive(Debug, Serialize)]
struct Reminder {
    lead: String,
    day: String,
}

fn object<'a>(context: &Context, shown: &'a Shown<'_>) -> Option<Object<'a>> {
    let first = shown.occurrences.first()?;
    let (milestone, policy) = (first.milestone, first.policy);
    let guidance = &milestone.guidance;
    Some(Object {
        moment: moment::as_written(&milestone.moment),
        who: guidance.who.map(|who| who.as_str()),
        place: guidance.place.as_deref(),
        action: guidance.action.as_deref(),
        consequence: guidance.consequence.as_deref(),
        standing_meaning: policy.standing.iter().map(|(standing, means)| Meaning { standing: standing.as_str(), means }).collect(),
        published: policy.source.published.map(|day| day.to_string()),
        checked: policy.source.checked.map(|day| day.to_string()),
        occurrences: shown.occurrences.iter().map(|occurrence| explained(context, shown, occurrence)).collect(),
    })
}

fn explained<'a>(context: &Context, shown: &Shown<'_>, occurrence: &'a Occurrence<'_>) -> Explained<'a> {
    let reminders = reminders(context, shown, occurrence).into_iter();
    Explained {
        record: Record::of(occurrence),
        steps: occurrence.steps().iter().map(|step| Step { what: step.what.to_string(), day: step.day.to_string() }).collect(),
        is_working_day: is_working_day(occurrence.last_day),
        last_working_day: working_day_on_or_before(occurrence.last_day).to_string(),
        reminders: reminders.map(|(lead, day)| Reminder { lead, day: day.to_string() }).collect(),
    }
}

/// Which leads go out when, for a practice that it concerns.
pub fn reminders(context: &Context, shown: &Shown<'_>, occurrence: &Occurrence<'_>) -> Vec<(String, NaiveDate)> {
    let kind = occurrence.milestone.kind;
    let usual = context.rules();
    let rules = shown.practice.map_or(Cow::Borrowed(&usual), |practice| usual.of(practice));
    let due_day = |lead| rules.quiet.due_day(kind.class(), occurrence.last_day, lead);
    rules.leads_of(occurrence).into_iter().map(|lead| (lead.to_string(), due_day(lead))).collect()
}
