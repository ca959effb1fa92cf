//! What is drawn in a row, before it is known whether in a terminal or as a picture.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::cli::words;
use crate::domain::almanac::Almanac;
use crate::domain::milestones::{Class, Kind};
use crate::domain::moments::{Granularity, Period};
use crate::domain::names::CareType;
use crate::domain::occurrences::Occurrence;
use crate::domain::policies::Origin;

/// A shape for a group of kinds, most urgent first: where two fall on one place, the first is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// Sign or refuse.
    Sign,
    /// Last day for questions.
    Ask,
    /// Apply, register, hand in.
    Act,
    /// Our advice.
    Advice,
    /// An offer, a decision, a portal or questionnaire that opens or closes.
    Move,
    /// An agreement or module starts, ends or is reviewed.
    Term,
    /// Comes back through the term.
    Duty,
    /// Something is published.
    Publication,
}

impl Mark {
    /// All of them, most urgent first.
    pub const ALL: [Self; 8] = [Self::Sign, Self::Ask, Self::Act, Self::Advice, Self::Move, Self::Term, Self::Duty, Self::Publication];

    /// The mark of a kind.
    pub fn of(kind: Kind) -> Self {
        match (kind.class(), kind) {
            (_, Kind::SigningDeadline) => Self::Sign,
            (_, Kind::QuestionCutoff) => Self::Ask,
            (Class::Deadline, _) => Self::Act,
            (Class::Advice, _) => Self::Advice,
            (Class::Term, _) => Self::Term,
            (Class::Duty, _) => Self::Duty,
            (_, Kind::Offer | Kind::Decision | Kind::PortalOpen | Kind::PortalClosed | Kind::QuestionnaireOpen | Kind::ApplicationOpen) => {
                Self::Move
            }
            (Class::Event, _) => Self::Publication,
        }
    }

    /// What the legend calls it.
    pub fn legend(self) -> &'static str {
        match self {
            Self::Sign => "sign or refuse by",
            Self::Ask => "last questions",
            Self::Act => "apply, register, hand in by",
            Self::Advice => "our advice",
            Self::Move => "offer, decision, portal",
            Self::Term => "contract starts or ends",
            Self::Duty => "recurring duty",
            Self::Publication => "publication",
        }
    }
}

/// How long something lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// A day.
    Day,
    /// Some time in a month, quarter or year: no day is stated.
    Period,
    /// From a day until the last day.
    Window,
}

/// One or more things of one row with the same mark and the same days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its shape.
    pub mark: Mark,
    /// The beginning of a window or of a month, quarter or year; the day itself otherwise.
    pub first: NaiveDate,
    /// The last day.
    pub last: NaiveDate,
    /// What lies between the two.
    pub extent: Extent,
    /// `by Mon 6 Nov 2023: …`, one line each.
    pub told: Vec<String>,
}

/// What stands in one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The insurer's name, or "by law".
    pub insurer: String,
    /// The care type; empty in the row of what the law gives.
    pub care_type: String,
    /// In order of the last day.
    pub items: Vec<Item>,
}

/// One row for each insurer and care type, and one for what the law gives; only care types that were asked for.
pub fn rows(almanac: &Almanac, occurrences: &[Occurrence<'_>], asked: &[CareType]) -> Vec<Row> {
    let mut rows: BTreeMap<(String, String), Vec<Item>> = BTreeMap::new();
    for occurrence in occurrences {
        for key in keys(almanac, occurrence, asked) {
            add(rows.entry(key).or_default(), occurrence);
        }
    }
    rows.into_iter().map(|((insurer, care_type), items)| Row { insurer, care_type, items }).collect()
}

fn keys(almanac: &Almanac, occurrence: &Occurrence<'_>, asked: &[CareType]) -> Vec<(String, String)> {
    let insurer = match occurrence.policy.origin() {
        Origin::Insurer(insurer) => insurer,
        Origin::Law => return vec![("by law".to_owned(), String::new())],
        Origin::Practice => return vec![("own dates".to_owned(), String::new())],
    };
    let name = almanac.insurer_name(insurer);
    let wanted = |care_type: &&CareType| asked.is_empty() || asked.contains(care_type);
    occurrence.care_types.iter().filter(wanted).map(|care_type| (name.to_owned(), care_type.to_string())).collect()
}

fn add(items: &mut Vec<Item>, occurrence: &Occurrence<'_>) {
    let mark = Mark::of(occurrence.milestone.kind);
    let last = occurrence.last_day;
    let (first, extent) = match (occurrence.first_day, occurrence.granularity) {
        (Some(first_day), _) => (first_day, Extent::Window),
        (None, Granularity::Day) => (last, Extent::Day),
        (None, granularity) => (Period::holding(last, granularity).first_day(), Extent::Period),
    };
    let modules: Vec<&str> = occurrence.modules.iter().map(|module| module.as_str()).collect();
    let modules = if modules.is_empty() { String::new() } else { format!(" [{}]", modules.join(", ")) };
    let told = format!("{}: {}{modules}", words::when(occurrence), occurrence.milestone.title);
    match items.iter_mut().find(|item| (item.mark, item.first, item.last) == (mark, first, last)) {
        Some(item) => item.told.push(told),
        None => items.push(Item { mark, first, last, extent, told: vec![told] }),
    }
}
