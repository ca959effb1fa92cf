//! One milestone under one agreement, or under none where it does not depend on one.

use std::fmt::Write as _;
use std::sync::Arc;

use chrono::{Datelike, NaiveDate};

use crate::domain::milestones::Milestone;
use crate::domain::moments::{Granularity, Period, Point, Recurrence, When};
use crate::domain::names::{CareType, ModuleId};
use crate::domain::occurrences::Common;
use crate::domain::occurrences::needs::Needs;
use crate::domain::occurrences::series::Series;
use crate::domain::occurrences::sum::{Hanging, Sum, Way};
use crate::domain::policies::Policy;
use crate::domain::practices::Happened;
use crate::domain::scope::{Match, MatchedAgreement, MatchedModule, Start, agreements_in_scope};
use crate::domain::working_days::shift;

/// Where a milestone is worked out.
pub(super) struct Scene<'a, 'm> {
    policy: &'a Policy,
    milestone: &'a Milestone,
    sum: Sum<'a, 'm>,
    needs: Needs,
    agreement: Option<&'m MatchedAgreement<'a>>,
    one_of_several_agreements: bool,
    care_types: Arc<[CareType]>,
    modules: Vec<&'m MatchedModule<'a>>,
}

impl<'a, 'm> Scene<'a, 'm> {
    pub fn under(
        policy: &'a Policy,
        milestone: &'a Milestone,
        matched: &'m Match<'a>,
        agreement: Option<&'m MatchedAgreement<'a>>,
        needs: Needs,
        happened: &'m Happened,
    ) -> Self {
        let care_types: &[CareType] = agreement.map_or(&matched.care_types, |agreement| &agreement.care_types);
        let modules = matched.modules.iter().filter(|m| m.module.care_types.iter().any(|c| care_types.contains(c))).collect();
        let one_of_several_agreements = agreement.is_some() && agreements_in_scope(policy, milestone).len() > 1;
        let sum = Sum { policy, happened };
        Self { policy, milestone, sum, needs, agreement, one_of_several_agreements, care_types: care_types.into(), modules }
    }

    /// Adds its occurrences.
    pub fn play(&self, statutory_years: &[i32], found: &mut Vec<Series<'a>>) {
        match &self.milestone.moment.when {
            When::Once(point) => found.extend(self.hangings().into_iter().filter_map(|hanging| self.once(point, hanging))),
            When::Recurring(recurrence) => found.extend(self.recurring(recurrence, statutory_years)),
        }
    }

    /// Whether it has any.
    pub fn holds_any(&self, statutory_years: &[i32]) -> bool {
        match &self.milestone.moment.when {
            When::Once(point) => self.hangings().into_iter().any(|hanging| self.once(point, hanging).is_some()),
            When::Recurring(recurrence) => {
                let bounds = self.bounds(recurrence, &self.hangings(), statutory_years);
                bounds.is_some_and(|bounds| periods(recurrence, bounds, statutory_years).next().is_some())
            }
        }
    }

    /// Every combination of starts that the moment depends on.
    fn hangings(&self) -> Vec<Hanging<'a>> {
        let agreement = self.agreement.map(|matched| matched.agreement);
        let agreement_starts = self.when_needed(self.needs.agreement_start, || self.agreement_days());
        let module_starts = self.when_needed(self.needs.module_start, || self.module_days());
        let pair = |agreement_start| {
            module_starts.iter().map(move |module_start| Hanging { agreement, agreement_start, module_start: *module_start })
        };
        agreement_starts.iter().flat_map(|start| pair(*start)).collect()
    }

    fn when_needed(&self, needed: bool, days: impl Fn() -> Vec<NaiveDate>) -> Vec<Option<NaiveDate>> {
        if needed { days().into_iter().map(Some).collect() } else { vec![None] }
    }

    fn agreement_days(&self) -> Vec<NaiveDate> {
        let range = self.milestone.applies.start.filter(|_| self.milestone.applies.modules.is_empty());
        self.agreement.map(|matched| matched.start.days_within(range).collect()).unwrap_or_default()
    }

    fn module_days(&self) -> Vec<NaiveDate> {
        let range = self.milestone.applies.start;
        let mut days: Vec<NaiveDate> = self.modules.iter().flat_map(|matched| matched.start.days_within(range)).collect();
        days.sort_unstable();
        days.dedup();
        days
    }

    fn once(&self, point: &'a Point, hanging: Hanging<'a>) -> Option<Series<'a>> {
        let worked = self.sum.work(point, hanging)?;
        let first_day = match &self.milestone.moment.opens {
            Some(opens) => Some(self.sum.work(opens, hanging)?.period.first_day()),
            None => None,
        };
        let (granularity, awaits) = (worked.period.granularity(), worked.awaits);
        let common = Common {
            first_day,
            waits_for: awaits.anchor,
            counted_from: awaits.recorded,
            ..self.common(hanging, granularity, Way::Sum(worked.steps))
        };
        Some(Series::once(common, self.identity(hanging), worked.period))
    }

    /// With several or unknown starts a recurrence runs from the earliest, each period once.
    fn recurring(&self, recurrence: &'a Recurrence, statutory_years: &[i32]) -> Option<Series<'a>> {
        let hangings = self.hangings();
        let (first, last) = self.bounds(recurrence, &hangings, statutory_years)?;
        let hanging = Hanging { agreement: self.agreement.map(|matched| matched.agreement), ..Hanging::default() };
        let mut common = self.common(hanging, recurrence.unit, Way::Rule(&recurrence.rule, first, last));
        common.start = common.start.or(only_start(&hangings));
        let mut stem = self.identity(hanging);
        stem.push(if stem.len() == self.milestone.id.as_str().len() { '@' } else { '+' });
        Some(Series::recurring(common, stem, periods(recurrence, (first, last), statutory_years)))
    }

    fn bounds(&self, recurrence: &'a Recurrence, hangings: &[Hanging<'a>], statutory_years: &[i32]) -> Option<(NaiveDate, NaiveDate)> {
        let year_start = |year: i32| NaiveDate::from_ymd_opt(year, 1, 1);
        let worked = |point: &'a Point| hangings.iter().filter_map(|hanging| Some(self.sum.work(point, *hanging)?.period));
        let first = match &recurrence.first {
            Some(point) => worked(point).map(Period::first_day).min()?,
            None => year_start(statutory_years.iter().min()? - 1)?,
        };
        let last = match &recurrence.last {
            Some(point) => worked(point).map(Period::last_day).max()?,
            None => shift(year_start(*statutory_years.iter().max()?)?, -1),
        };
        Some((first, last))
    }

    fn common(&self, hanging: Hanging<'a>, stated: Granularity, way: Way<'a>) -> Common<'a> {
        Common {
            milestone: self.milestone,
            policy: self.policy,
            care_types: self.care_types.clone(),
            modules: self.modules_for(hanging.module_start),
            start: hanging.module_start.or(hanging.agreement_start).or_else(|| self.start_of_condition()),
            start_is_possible: self.hangs_on_possible_start(hanging),
            granularity: self.milestone.moment.precision.granularity(stated),
            first_day: None,
            way,
            waits_for: None,
            counted_from: None,
        }
    }

    /// With a condition on the start, the one known start that fulfils it.
    fn start_of_condition(&self) -> Option<NaiveDate> {
        let range = self.milestone.applies.start?;
        let starts: Vec<&Start<'a>> = if self.modules.is_empty() {
            self.agreement.iter().map(|a| &a.start).collect()
        } else {
            self.modules.iter().map(|m| &m.start).collect()
        };
        let mut days: Vec<NaiveDate> =
            starts.into_iter().filter(|start| start.is_known()).flat_map(|start| start.days_within(Some(range))).collect();
        days.dedup();
        if days.len() == 1 { days.pop() } else { None }
    }

    fn modules_for(&self, start: Option<NaiveDate>) -> Arc<[ModuleId]> {
        let range = self.milestone.applies.start;
        let hangs = |matched: &&&MatchedModule<'a>| start.is_none_or(|start| matched.start.days_within(range).any(|day| day == start));
        let mut ids: Vec<ModuleId> = self.modules.iter().filter(hangs).map(|matched| matched.module.id.clone()).collect();
        ids.dedup();
        ids.into()
    }

    fn hangs_on_possible_start(&self, hanging: Hanging<'a>) -> bool {
        let possible = |start: &Start<'_>, day: NaiveDate| !start.is_known() && start.days().contains(&day);
        let through_module = hanging.module_start.is_some_and(|day| {
            let mut hung = self.modules.iter().filter(|m| m.start.days().contains(&day)).peekable();
            hung.peek().is_some() && hung.all(|m| possible(&m.start, day))
        });
        let through_agreement = hanging.agreement_start.is_some_and(|day| self.agreement.is_some_and(|a| possible(&a.start, day)));
        through_module || through_agreement
    }

    /// The milestone's identity; where it has several occurrences, `@` with the agreement and the starts that set this one apart.
    fn identity(&self, hanging: Hanging<'a>) -> String {
        let mut id = self.milestone.id.to_string();
        let mut between = '@';
        let mut add = |part: &dyn std::fmt::Display| {
            let _ = write!(id, "{between}{part}");
            between = '+';
        };
        if let (Some(agreement), true) = (hanging.agreement, self.one_of_several_agreements) {
            add(&agreement.id);
        }
        if let Some(start) = hanging.agreement_start.filter(|start| !self.is_only_agreement_start(*start)) {
            add(&start);
        }
        if let Some(start) = hanging.module_start.filter(|start| !self.is_only_module_start(*start)) {
            add(&start);
        }
        id
    }

    fn is_only_agreement_start(&self, start: NaiveDate) -> bool {
        self.agreement.is_some_and(|matched| matched.agreement.starts == [start])
    }

    fn is_only_module_start(&self, start: NaiveDate) -> bool {
        let named = self.policy.modules_named(&self.milestone.applies.modules, &self.policy.care_types);
        named.iter().all(|module| module.starts == [start])
    }
}

/// The start that a recurrence hangs on, where there is just one.
fn only_start(hangings: &[Hanging<'_>]) -> Option<NaiveDate> {
    match hangings {
        [only] => only.module_start.or(only.agreement_start),
        _ => None,
    }
}

/// Without bounds of its own a recurrence occurs only in the years before the contract years in question.
fn periods(recurrence: &Recurrence, (first, last): (NaiveDate, NaiveDate), statutory_years: &[i32]) -> impl Iterator<Item = Period> {
    let wanted = move |period: &Period| recurrence.first.is_some() || statutory_years.contains(&(period.first_day().year() + 1));
    recurrence.rule.periods(recurrence.unit, first, last).filter(wanted)
}
