//! Working out one day, step by step: what it counts from, and how far.

use std::fmt;

use chrono::NaiveDate;

use crate::domain::dutch;
use crate::domain::milestones::Milestone;
use crate::domain::moments::{Anchor, Period, Point, Relative, When};
use crate::domain::names::MilestoneId;
use crate::domain::own_dates::OWN_SOURCE;
use crate::domain::policies::{Agreement, Policy};
use crate::domain::practices::Happened;
use crate::domain::recurrence::Rule;

/// One step of a sum, for a reader who wants to check it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step<'a> {
    /// What was taken or counted.
    pub what: What<'a>,
    /// What it gave.
    pub day: NaiveDate,
}

/// What is taken or counted in a step; displayed in Dutch. Few are ever read, so that words are found only for those.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What<'a> {
    /// As the document prints it.
    Stated(Period),
    /// The day on which the agreement starts.
    AgreementStart,
    /// The last day of the agreement.
    AgreementEnd,
    /// The day on which the module starts.
    ModuleStart,
    /// The day that the practice recorded for a milestone.
    Recorded(&'a Milestone),
    /// The day of another milestone.
    Milestone(&'a Milestone),
    /// So far from it.
    Distance(&'a Relative),
    /// By a rule from the first to the last of two days.
    Rule(&'a Rule, NaiveDate, NaiveDate),
    /// The day before a stated period.
    Before(Period),
    /// A date of the practice's own.
    Own,
}

impl fmt::Display for What<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stated(period) => write!(f, "in het document: {period}"),
            Self::AgreementStart => f.write_str("ingang van de overeenkomst"),
            Self::AgreementEnd => f.write_str("laatste dag van de overeenkomst"),
            Self::ModuleStart => f.write_str("ingang van de module"),
            Self::Recorded(milestone) => write!(f, "{}: vastgelegd door de praktijk", milestone.title),
            Self::Milestone(milestone) => write!(f, "{} ({})", milestone.title, milestone.id.local()),
            Self::Distance(relative) => f.write_str(&dutch::distance(relative)),
            Self::Rule(rule, first, last) => write!(f, "{}, vanaf {first} tot en met {last}", rule.as_str()),
            Self::Before(period) => write!(f, "vóór {period}: die dag telt niet meer mee"),
            Self::Own => write!(f, "{OWN_SOURCE} van de praktijk"),
        }
    }
}

/// How an occurrence was worked out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way<'a> {
    /// By a sum.
    Sum(Vec<Step<'a>>),
    /// By a rule from the first to the last of two days.
    Rule(&'a Rule, NaiveDate, NaiveDate),
}

/// What one occurrence hangs on.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Hanging<'a> {
    pub agreement: Option<&'a Agreement>,
    pub agreement_start: Option<NaiveDate>,
    pub module_start: Option<NaiveDate>,
}

/// A point that was worked out.
pub(super) struct Worked<'a> {
    pub period: Period,
    pub steps: Vec<Step<'a>>,
    pub awaits: Awaits,
}

/// What a day that was worked out knows of the practice's own days.
#[derive(Default)]
pub(super) struct Awaits {
    /// Whose own day can still be recorded.
    pub anchor: Option<MilestoneId>,
    /// The own day that it counts from.
    pub recorded: Option<NaiveDate>,
}

/// What every point of a policy is worked out from.
#[derive(Clone, Copy)]
pub(super) struct Sum<'a, 'm> {
    pub policy: &'a Policy,
    pub happened: &'m Happened,
}

impl<'a> Sum<'a, '_> {
    /// `None` where it hangs on something that is not there.
    pub fn work(self, point: &'a Point, hanging: Hanging<'a>) -> Option<Worked<'a>> {
        // A checked policy has no circles; the depth is bounded all the same.
        self.work_within(point, hanging, self.policy.milestones.len())
    }

    fn work_within(self, point: &'a Point, hanging: Hanging<'a>, depth: usize) -> Option<Worked<'a>> {
        match point {
            Point::Stated(period) => {
                let step = Step { what: What::Stated(*period), day: period.last_day() };
                Some(Worked { period: *period, steps: vec![step], awaits: Awaits::default() })
            }
            Point::Relative(relative) => self.work_relative(relative, hanging, depth),
        }
    }

    fn work_relative(self, relative: &'a Relative, hanging: Hanging<'a>, depth: usize) -> Option<Worked<'a>> {
        let (from, mut steps, awaits) = self.anchor(&relative.anchor, hanging, depth)?;
        let day = relative.from_day(from);
        if relative.amount > 0 {
            steps.push(Step { what: What::Distance(relative), day });
        }
        Some(Worked { period: Period::day(day), steps, awaits })
    }

    fn anchor(self, anchor: &'a Anchor, hanging: Hanging<'a>, depth: usize) -> Option<(NaiveDate, Vec<Step<'a>>, Awaits)> {
        let own = |what, day: NaiveDate| Some((day, vec![Step { what, day }], Awaits::default()));
        match anchor {
            Anchor::AgreementStart => own(What::AgreementStart, hanging.agreement_start?),
            Anchor::AgreementEnd => own(What::AgreementEnd, hanging.agreement?.term.last),
            Anchor::ModuleStart => own(What::ModuleStart, hanging.module_start?),
            Anchor::Milestone(local) => self.milestone_anchor(local, hanging, depth.checked_sub(1)?),
        }
    }

    /// An anchor counts from its last day, whatever its own scope; a day that the practice recorded comes first.
    fn milestone_anchor(self, local: &str, hanging: Hanging<'a>, depth: usize) -> Option<(NaiveDate, Vec<Step<'a>>, Awaits)> {
        let anchor = self.policy.milestone(local)?;
        if let Some(day) = self.happened.get(&anchor.id) {
            let step = Step { what: What::Recorded(anchor), day: *day };
            return Some((*day, vec![step], Awaits { anchor: None, recorded: Some(*day) }));
        }
        let When::Once(point) = &anchor.moment.when else { return None };
        let worked = self.work_within(point, hanging, depth)?;
        let day = anchor.moment.precision.last_day(worked.period);
        let mut steps = worked.steps;
        steps.push(Step { what: What::Milestone(anchor), day });
        let recorded = worked.awaits.recorded;
        // Where an earlier day in the chain was recorded, the anchor between still can be.
        Some((day, steps, Awaits { anchor: worked.awaits.anchor.or_else(|| Some(anchor.id.clone())), recorded }))
    }
}
