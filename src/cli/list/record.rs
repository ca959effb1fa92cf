//! An occurrence as JSON and CSV promise it: field names and their order are kept.

use std::borrow::Cow;

use chrono::NaiveDate;
use serde::{Serialize, Serializer};

use crate::domain::milestones::{Setting, Standing};
use crate::domain::names::{CareType, ModuleId};
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
    #[serde(serialize_with = "words")]
    care_types: &'a [CareType],
    #[serde(serialize_with = "words")]
    modules: &'a [ModuleId],
    #[serde(serialize_with = "words")]
    standing: &'a [Standing],
    #[serde(serialize_with = "words")]
    setting: &'a [Setting],
    traits: &'a [String],
    start: Option<NaiveDate>,
    kind: &'static str,
    class: &'static str,
    actor: &'static str,
    precision: &'static str,
    granularity: &'static str,
    first_day: Option<NaiveDate>,
    last_day: NaiveDate,
    stated: String,
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
    from: Option<NaiveDate>,
    by: Option<NaiveDate>,
}

/// What stands in JSON as a word.
trait Word {
    fn word(&self) -> &str;
}

macro_rules! word {
    ($($name:ident)*) => {
        $(impl Word for $name {
            fn word(&self) -> &str {
                self.as_str()
            }
        })*
    };
}

word!(CareType ModuleId Standing Setting);

fn words<S: Serializer>(words: &[impl Word], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(words.iter().map(Word::word))
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
            care_types: &occurrence.care_types,
            modules: &occurrence.modules,
            standing: standings(occurrence),
            setting: settings(occurrence),
            traits: &milestone.applies.traits,
            start: occurrence.start,
            kind: milestone.kind.as_str(),
            class: milestone.kind.class().as_str(),
            actor: milestone.actor.as_str(),
            precision: occurrence.precision().as_str(),
            granularity: occurrence.granularity.as_str(),
            first_day: occurrence.first_day,
            last_day: occurrence.last_day,
            stated: occurrence.stated(),
            target: milestone.target,
            title: &milestone.title,
            note: milestone.guidance.note.as_deref(),
            source: Source { document: &policy.source.document, section: &milestone.section },
            start_condition: milestone.applies.start.map(|range| StartCondition { from: range.from, by: range.by }),
        }
    }

    /// The fields as a row of text; lists are joined by a space.
    pub fn columns(&self) -> [Cow<'_, str>; 25] {
        let text = |value: Option<&'a str>| Cow::Borrowed(value.unwrap_or_default());
        let day = |day: Option<NaiveDate>| day.map_or(Cow::Borrowed(""), |day| day.to_string().into());
        let condition = |pick: fn(&StartCondition) -> Option<NaiveDate>| day(self.start_condition.as_ref().and_then(pick));
        [
            self.id.into(),
            self.occurrence.into(),
            text(self.insurer),
            text(self.policy),
            spaced(self.care_types),
            spaced(self.modules),
            spaced(self.standing),
            spaced(self.setting),
            self.traits.join(" ").into(),
            day(self.start),
            self.kind.into(),
            self.class.into(),
            self.actor.into(),
            self.precision.into(),
            self.granularity.into(),
            day(self.first_day),
            day(Some(self.last_day)),
            self.stated.as_str().into(),
            if self.target { "true" } else { "false" }.into(),
            self.title.into(),
            text(self.note),
            self.source.document.into(),
            self.source.section.into(),
            condition(|condition| condition.from),
            condition(|condition| condition.by),
        ]
    }
}

fn spaced(words: &[impl Word]) -> Cow<'_, str> {
    match words {
        [only] => only.word().into(),
        several => several.iter().map(Word::word).collect::<Vec<_>>().join(" ").into(),
    }
}

/// All three where nothing is said.
pub fn standings<'a>(occurrence: &Occurrence<'a>) -> &'a [Standing] {
    let stated = &occurrence.milestone.applies.standing;
    if stated.is_empty() { &Standing::ALL } else { stated }
}

/// Both where nothing is said; of an occurrence under an agreement, that agreement's.
pub fn settings<'a>(occurrence: &Occurrence<'a>) -> &'a [Setting] {
    let stated = settings_of(&occurrence.milestone.applies);
    match agreement(occurrence, stated).map(|agreement| agreement.setting.as_slice()) {
        Some(only) if !only.is_empty() => only,
        _ => stated,
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
