//! Occurrences: a milestone with its moment worked out.
//!
//! A milestone is worked out once per *hanging*: the agreement and the starts that its moment counts from, directly or through other
//! milestones. What a milestone does not hang on does not multiply it.

pub mod needs;
mod scene;
pub mod series;
pub mod sum;

use std::ops::Deref;
use std::sync::Arc;

use chrono::NaiveDate;

use crate::domain::dutch;
use crate::domain::milestones::{Kind, Milestone};
use crate::domain::moments::{Granularity, Period, Point, Precision, When};
use crate::domain::names::{CareType, MilestoneId, ModuleId, OccurrenceId};
use crate::domain::occurrences::needs::Needs;
use crate::domain::occurrences::scene::Scene;
use crate::domain::occurrences::series::{Series, in_order};
use crate::domain::occurrences::sum::{Step, Way, What};
use crate::domain::policies::Policy;
use crate::domain::practices::Happened;
use crate::domain::scope::{Match, match_everyone};

/// A milestone with its moment worked out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occurrence<'a> {
    /// What it has in common with the others of its series; an occurrence is read as if it stood in itself.
    pub common: Arc<Common<'a>>,
    /// Its identity; the milestone's, with `@` and what sets it apart where there are several.
    pub id: OccurrenceId,
    /// As the document states it or as it was worked out, before its precision is applied.
    pub period: Period,
    /// The last day that counts.
    pub last_day: NaiveDate,
}

/// What all occurrences have in common that hang on the same: there can be hundreds of thousands of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Common<'a> {
    /// The milestone.
    pub milestone: &'a Milestone,
    /// Its policy.
    pub policy: &'a Policy,
    /// For these care types.
    pub care_types: Arc<[CareType]>,
    /// Because of these modules.
    pub modules: Arc<[ModuleId]>,
    /// The start that they hang on.
    pub start: Option<NaiveDate>,
    /// Whether that start is only one of several possible ones.
    pub start_is_possible: bool,
    /// As fine as the document says.
    pub granularity: Granularity,
    /// The beginning of a window.
    pub first_day: Option<NaiveDate>,
    /// How they were worked out; [`Occurrence::steps`] tells it.
    pub way: Way<'a>,
    /// An anchor whose own day the practice can still record (`happened`).
    pub waits_for: Option<MilestoneId>,
    /// The day that the practice recorded, where it counts from that.
    pub counted_from: Option<NaiveDate>,
}

impl<'a> Deref for Occurrence<'a> {
    type Target = Common<'a>;

    fn deref(&self) -> &Common<'a> {
        &self.common
    }
}

impl<'a> Occurrence<'a> {
    /// What its moment's key makes of the stated day.
    pub fn precision(&self) -> Precision {
        self.milestone.moment.precision
    }

    /// As the document prints it, or how it is worked out.
    pub fn stated(&self) -> String {
        match &self.milestone.moment.when {
            When::Once(Point::Relative(relative)) => dutch::relative(relative),
            When::Once(Point::Stated(_)) | When::Recurring(_) => self.period.to_string(),
        }
    }

    /// How it was worked out, step by step.
    pub fn steps(&self) -> Vec<Step<'a>> {
        let mut steps = match &self.way {
            Way::Sum(steps) => steps.clone(),
            Way::Rule(rule, first, last) => vec![Step { what: What::Rule(rule, *first, *last), day: self.period.last_day() }],
        };
        if self.precision() == Precision::Before {
            steps.push(Step { what: What::Before(self.period), day: self.last_day });
        }
        steps
    }

    /// The first day on which it concerns someone: a window's opening, else its last day.
    pub fn opening_day(&self) -> NaiveDate {
        self.first_day.unwrap_or(self.last_day)
    }

    /// Whether it is one of a series: a recurring duty, or an own date that comes back.
    pub fn comes_back(&self) -> bool {
        let own_again = self.milestone.kind == Kind::OwnDate && self.id.as_str() != self.milestone.id.as_str();
        own_again || matches!(self.milestone.moment.when, When::Recurring(_))
    }

    /// Makes it one for the care types and modules of another too.
    pub fn absorb(&mut self, other: &Occurrence<'_>) {
        let common = Arc::make_mut(&mut self.common);
        common.care_types = joined(&common.care_types, &other.care_types);
        common.modules = joined(&common.modules, &other.modules);
    }
}

/// Each once.
fn joined<T: Clone + PartialEq>(known: &Arc<[T]>, others: &[T]) -> Arc<[T]> {
    if others.iter().all(|other| known.contains(other)) {
        return known.clone();
    }
    let mut all = known.to_vec();
    for other in others {
        if !all.contains(other) {
            all.push(other.clone());
        }
    }
    all.into()
}

/// All occurrences of a milestone for those whom `matched` describes, in order of their last day.
///
/// `statutory_years` are the contract years for which a recurrence without bounds occurs, in the year before each.
pub fn occurrences<'a>(
    policy: &'a Policy,
    milestone: &'a Milestone,
    matched: &Match<'a>,
    happened: &Happened,
    statutory_years: &[i32],
) -> Vec<Occurrence<'a>> {
    let mut series = Vec::new();
    add_series(policy, milestone, matched, happened, statutory_years, &mut series);
    in_order(series)
}

/// The same as series, put behind others.
pub fn add_series<'a>(
    policy: &'a Policy,
    milestone: &'a Milestone,
    matched: &Match<'a>,
    happened: &Happened,
    statutory_years: &[i32],
    found: &mut Vec<Series<'a>>,
) {
    scenes(policy, milestone, matched, happened).for_each(|scene| scene.play(statutory_years, found));
}

/// Whether a milestone occurs for anybody at all; `statutory_years` as above.
pub fn occurs(policy: &Policy, milestone: &Milestone, statutory_years: &[i32]) -> bool {
    let (matched, nothing) = (match_everyone(policy, milestone), Happened::new());
    scenes(policy, milestone, &matched, &nothing).any(|scene| scene.holds_any(statutory_years))
}

fn scenes<'a, 'm>(
    policy: &'a Policy,
    milestone: &'a Milestone,
    matched: &'m Match<'a>,
    happened: &'m Happened,
) -> impl Iterator<Item = Scene<'a, 'm>> {
    let needs = Needs::of(policy, &milestone.moment);
    let without = (!needs.agreement).then_some(None);
    let agreements = matched.agreements.iter().filter(move |_| needs.agreement).map(Some);
    without.into_iter().chain(agreements).map(move |agreement| Scene::under(policy, milestone, matched, agreement, needs, happened))
}
