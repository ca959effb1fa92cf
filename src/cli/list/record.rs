//! An occurrence as JSON and CSV promise it: field names and their order are kept.

use chrono::NaiveDate;
use serde::Serialize;

use crate::domain::milestones::{Setting, Standing};
use crate::domain::occurrences::Occurrence;
use crate::domain::occurrences::needs::Needs;
use crate::domain::policies::Agreement;
use crate::domain::scope::settings_of;

/// One element of the array that `list --json` prints.
#[derive(Debug, Serialize)]
pub struct Record<'a> {
    id: &'a str,
    occurrence: &'a str,
    insurer: Option<&'a str>,
    policy: Option<&'a str>,
    care_types: Vec<&'a str>,
    modules: Vec<&'a str>,
    standing: Vec<&'static str>,
    setting: Vec<&'static str>,
    traits: &'a [String],
    start: Option<String>,
    kind: &'static str,
    class: &'static str,
    actor: &'static str,
    precision: &'static str,
    granularity: &'static str,
    first_day: Option<String>,
    last_day: String,
    stated: &'a str,
    target: bool,
    title: &'a str,
    note: Option<&'a str>,
    source: Source<'a>,
    start_condition: Option<StartCondition>,
}

/// Where it is written.
#[derive(Debug, Serialize)]
struct Source<'a> {
    document: &'a str,
    section: &'a str,
}

/// Where the start of the module, or of the agreement, must lie.
#[derive(Debug, Serialize)]
struct StartCondition {
    from: Option<String>,
    by: Option<String>,
}

/// The columns of a CSV file, in the order of the fields.
pub const COLUMNS: [&str; 25] = [
    "id",
    "occurrence",
    "insurer",
    "policy",
    "care_types",
    "modules",
    "standing",
    "setting",
    "traits",
    "start",
    "kind",
    "class",
    "actor",
    "precision",
    "granularity",
    "first_day",
    "last_day",
    "stated",
    "target",
    "title",
    "note",
    "source_document",
    "source_section",
    "start_from",
    "start_by",
];

impl<'a> Record<'a> {
    /// Reads off an occurrence.
    pub fn of(occurrence: &'a Occurrence<'_>) -> Self {
        let (milestone, policy) = (occurrence.milestone, occurrence.policy);
        Self {
            id: milestone.id.as_str(),
            occurrence: occurrence.id.as_str(),
            insurer: policy.insurer.as_ref().map(|insurer| insurer.as_str()),
            policy: policy.insurer.as_ref().and_then(|_| policy.id.as_str().rsplit('/').next()),
            care_types: occurrence.care_types.iter().map(|care_type| care_type.as_str()).collect(),
            modules: occurrence.modules.iter().map(|module| module.as_str()).collect(),
            standing: standings(occurrence).into_iter().map(Standing::as_str).collect(),
            setting: settings(occurrence).into_iter().map(Setting::as_str).collect(),
            traits: &milestone.applies.traits,
            start: occurrence.start.map(iso),
            kind: milestone.kind.as_str(),
            class: milestone.kind.class().as_str(),
            actor: milestone.actor.as_str(),
            precision: occurrence.precision().as_str(),
            granularity: occurrence.granularity.as_str(),
            first_day: occurrence.first_day.map(iso),
            last_day: iso(occurrence.last_day),
            stated: &occurrence.stated,
            target: milestone.target,
            title: &milestone.title,
            note: milestone.guidance.note.as_deref(),
            source: Source { document: &policy.source.document, section: &milestone.section },
            start_condition: milestone.applies.start.map(|range| StartCondition { from: range.from.map(iso), by: range.by.map(iso) }),
        }
    }

    /// The fields as a row of text; lists are joined by a space.
    pub fn columns(&self) -> [String; 25] {
        let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
        let condition = |pick: fn(&StartCondition) -> &Option<String>| {
            self.start_condition.as_ref().and_then(|condition| pick(condition).clone()).unwrap_or_default()
        };
        [
            self.id.to_owned(),
            self.occurrence.to_owned(),
            text(self.insurer),
            text(self.policy),
            self.care_types.join(" "),
            self.modules.join(" "),
            self.standing.join(" "),
            self.setting.join(" "),
            self.traits.join(" "),
            text(self.start.as_deref()),
            self.kind.to_owned(),
            self.class.to_owned(),
            self.actor.to_owned(),
            self.precision.to_owned(),
            self.granularity.to_owned(),
            text(self.first_day.as_deref()),
            self.last_day.clone(),
            self.stated.to_owned(),
            self.target.to_string(),
            self.title.to_owned(),
            text(self.note),
            self.source.document.to_owned(),
            self.source.section.to_owned(),
            condition(|condition| &condition.from),
            condition(|condition| &condition.by),
        ]
    }
}

fn iso(day: NaiveDate) -> String {
    day.to_string()
}

/// All three where nothing is said.
pub fn standings(occurrence: &Occurrence<'_>) -> Vec<Standing> {
    let stated = &occurrence.milestone.applies.standing;
    if stated.is_empty() { Standing::ALL.to_vec() } else { stated.clone() }
}

/// Both where nothing is said; of an occurrence under an agreement, that agreement's.
pub fn settings(occurrence: &Occurrence<'_>) -> Vec<Setting> {
    let stated = settings_of(&occurrence.milestone.applies);
    match agreement(occurrence, &stated).and_then(|agreement| agreement.setting) {
        Some(only) => vec![only],
        None => stated,
    }
}

/// The agreement under which an occurrence was worked out; where several are possible its identity names the one.
fn agreement<'a>(occurrence: &Occurrence<'a>, settings: &[Setting]) -> Option<&'a Agreement> {
    let policy = occurrence.policy;
    if !Needs::of(policy, &occurrence.milestone.moment).agreement {
        return None;
    }
    let in_scope = |agreement: &&Agreement| {
        agreement.setting.is_none_or(|only| settings.contains(&only))
            && agreement.care_types.iter().any(|care_type| occurrence.care_types.contains(care_type))
    };
    let candidates: Vec<&Agreement> = policy.agreements.iter().filter(in_scope).collect();
    let suffix = occurrence.id.as_str().split_once('@').map_or("", |(_, suffix)| suffix);
    match candidates.as_slice() {
        [only] => Some(only),
        several => several.iter().copied().find(|agreement| suffix.split('+').next() == Some(agreement.id.as_str())),
    }
}
