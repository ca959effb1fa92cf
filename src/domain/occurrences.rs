//! Occurrences: a milestone with its moment worked out.
//!
//! A milestone is worked out once per *hanging*: the agreement and the starts that its moment counts from, directly or through other
//! milestones. What a milestone does not hang on does not multiply it.

pub mod needs;

use chrono::NaiveDate;

use crate::domain::dutch;
use crate::domain::milestones::{Kind, Milestone};
use crate::domain::moments::{Anchor, Granularity, Period, Point, Precision, Recurrence, Relative, When};
use crate::domain::names::{CareType, MilestoneId, ModuleId, OccurrenceId};
use crate::domain::occurrences::needs::Needs;
use crate::domain::policies::{Agreement, Policy};
use crate::domain::practices::Happened;
use crate::domain::scope::{Match, MatchedAgreement, MatchedModule, Start};
use crate::domain::working_days::shift;

/// One step of a sum, for a reader who wants to check it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What was taken or counted, Dutch.
    pub what: String,
    /// What it gave.
    pub day: NaiveDate,
}

/// A milestone with its moment worked out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occurrence<'a> {
    /// The milestone.
    pub milestone: &'a Milestone,
    /// Its policy.
    pub policy: &'a Policy,
    /// Its identity; the milestone's, with `@` and what sets it apart where there are several.
    pub id: OccurrenceId,
    /// For these care types.
    pub care_types: Vec<CareType>,
    /// Because of these modules.
    pub modules: Vec<ModuleId>,
    /// The start that it hangs on.
    pub start: Option<NaiveDate>,
    /// Whether that start is only one of several possible ones.
    pub start_is_possible: bool,
    /// As fine as the document says.
    pub granularity: Granularity,
    /// The beginning of a window.
    pub first_day: Option<NaiveDate>,
    /// The last day that counts.
    pub last_day: NaiveDate,
    /// As the document prints it, or how it is worked out.
    pub stated: String,
    /// How it was worked out.
    pub steps: Vec<Step>,
    /// An anchor whose own day the practice can still record (`happened`).
    pub waits_for: Option<MilestoneId>,
    /// The day that the practice recorded, where it counts from that.
    pub counted_from: Option<NaiveDate>,
}

impl Occurrence<'_> {
    /// What its moment's key makes of the stated day.
    pub fn precision(&self) -> Precision {
        self.milestone.moment.precision
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
}

/// What one occurrence hangs on.
#[derive(Debug, Clone, Copy, Default)]
struct Hanging<'a> {
    agreement: Option<&'a Agreement>,
    agreement_start: Option<NaiveDate>,
    module_start: Option<NaiveDate>,
}

/// A point that was worked out.
struct Worked {
    period: Period,
    steps: Vec<Step>,
    awaits: Awaits,
}

/// What a day that was worked out knows of the practice's own days.
#[derive(Default)]
struct Awaits {
    /// Whose own day can still be recorded.
    anchor: Option<MilestoneId>,
    /// The own day that it counts from.
    recorded: Option<NaiveDate>,
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
    let needs = Needs::of(policy, &milestone.moment);
    let mut found: Vec<Occurrence<'a>> = Vec::new();
    if needs.agreement {
        for agreement in &matched.agreements {
            let scene = Scene::under(policy, milestone, matched, Some(agreement), needs, happened);
            found.extend(scene.play(statutory_years));
        }
    } else {
        found.extend(Scene::under(policy, milestone, matched, None, needs, happened).play(statutory_years));
    }
    found.sort_by(|a, b| (a.last_day, &a.id).cmp(&(b.last_day, &b.id)));
    found
}

/// One milestone under one agreement (or under none, where it does not depend on one).
struct Scene<'a, 'm> {
    policy: &'a Policy,
    milestone: &'a Milestone,
    happened: &'m Happened,
    needs: Needs,
    agreement: Option<&'m MatchedAgreement<'a>>,
    one_of_several_agreements: bool,
    care_types: Vec<CareType>,
    modules: Vec<&'m MatchedModule<'a>>,
}

impl<'a, 'm> Scene<'a, 'm> {
    fn under(
        policy: &'a Policy,
        milestone: &'a Milestone,
        matched: &'m Match<'a>,
        agreement: Option<&'m MatchedAgreement<'a>>,
        needs: Needs,
        happened: &'m Happened,
    ) -> Self {
        let care_types = agreement.map_or(&matched.care_types, |agreement| &agreement.care_types).clone();
        let modules = matched.modules.iter().filter(|m| m.module.care_types.iter().any(|c| care_types.contains(c))).collect();
        let one_of_several_agreements = agreement.is_some() && agreements_in_scope(policy, milestone) > 1;
        Self { policy, milestone, happened, needs, agreement, one_of_several_agreements, care_types, modules }
    }

    fn play(&self, statutory_years: &[i32]) -> Vec<Occurrence<'a>> {
        if self.needs.agreement && self.agreement.is_none() {
            return Vec::new();
        }
        match &self.milestone.moment.when {
            When::Once(point) => self.hangings().into_iter().filter_map(|hanging| self.once(point, hanging)).collect(),
            When::Recurring(recurrence) => self.recurring(recurrence, statutory_years),
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
        self.agreement.map(|matched| matched.start.days_within(range)).unwrap_or_default()
    }

    fn module_days(&self) -> Vec<NaiveDate> {
        let range = self.milestone.applies.start;
        let mut days: Vec<NaiveDate> = self.modules.iter().flat_map(|matched| matched.start.days_within(range)).collect();
        days.sort_unstable();
        days.dedup();
        days
    }

    fn once(&self, point: &Point, hanging: Hanging<'a>) -> Option<Occurrence<'a>> {
        let worked = self.work(point, hanging, self.policy.milestones.len())?;
        let first_day = match &self.milestone.moment.opens {
            Some(opens) => Some(self.work(opens, hanging, self.policy.milestones.len())?.period.first_day()),
            None => None,
        };
        let mut occurrence = self.occurrence(worked.period, self.stated(point), self.suffix(hanging, None), hanging);
        occurrence.first_day = first_day;
        occurrence.steps = worked.steps;
        (occurrence.waits_for, occurrence.counted_from) = (worked.awaits.anchor, worked.awaits.recorded);
        self.add_precision_step(&mut occurrence, worked.period);
        Some(occurrence)
    }

    /// With several or unknown starts a recurrence runs from the earliest, each period once.
    fn recurring(&self, recurrence: &Recurrence, statutory_years: &[i32]) -> Vec<Occurrence<'a>> {
        let Some((first, last)) = self.bounds(recurrence, statutory_years) else { return Vec::new() };
        let hanging = Hanging { agreement: self.agreement.map(|matched| matched.agreement), ..Hanging::default() };
        let only_start = self.only_start();
        let of_period = |period: Period| {
            let mut occurrence = self.occurrence(period, period.to_string(), self.suffix(hanging, Some(period)), hanging);
            occurrence.steps =
                vec![Step { what: format!("{}, vanaf {first} tot en met {last}", recurrence.rule.as_str()), day: period.last_day() }];
            occurrence.start = occurrence.start.or(only_start);
            self.add_precision_step(&mut occurrence, period);
            occurrence
        };
        let wanted = |period: &Period| {
            use chrono::Datelike;
            recurrence.first.is_some() || statutory_years.contains(&(period.first_day().year() + 1))
        };
        recurrence.rule.periods(recurrence.unit, first, last).into_iter().filter(wanted).map(of_period).collect()
    }

    /// The start that a recurrence hangs on, where there is just one.
    fn only_start(&self) -> Option<NaiveDate> {
        match self.hangings().as_slice() {
            [only] => only.module_start.or(only.agreement_start),
            _ => None,
        }
    }

    fn bounds(&self, recurrence: &Recurrence, statutory_years: &[i32]) -> Option<(NaiveDate, NaiveDate)> {
        let year_start = |year: i32| NaiveDate::from_ymd_opt(year, 1, 1);
        let hangings = self.hangings();
        let earliest = |point: &Point| {
            hangings
                .iter()
                .filter_map(|hanging| self.work(point, *hanging, self.policy.milestones.len()))
                .map(|worked| worked.period.first_day())
                .min()
        };
        let latest = |point: &Point| {
            hangings
                .iter()
                .filter_map(|hanging| self.work(point, *hanging, self.policy.milestones.len()))
                .map(|worked| worked.period.last_day())
                .max()
        };
        let first = match &recurrence.first {
            Some(point) => earliest(point)?,
            None => year_start(statutory_years.iter().min()? - 1)?,
        };
        let last = match &recurrence.last {
            Some(point) => latest(point)?,
            None => shift(year_start(*statutory_years.iter().max()?)?, -1),
        };
        Some((first, last))
    }

    fn occurrence(&self, stated: Period, words: String, suffix: Option<String>, hanging: Hanging<'a>) -> Occurrence<'a> {
        let precision = self.milestone.moment.precision;
        let id = match suffix {
            Some(suffix) => OccurrenceId::new(format!("{}@{suffix}", self.milestone.id)),
            None => OccurrenceId::new(self.milestone.id.as_str()),
        };
        let start = hanging.module_start.or(hanging.agreement_start).or_else(|| self.start_of_condition());
        Occurrence {
            milestone: self.milestone,
            policy: self.policy,
            id,
            care_types: self.care_types.clone(),
            modules: self.modules_for(hanging.module_start),
            start,
            start_is_possible: self.hangs_on_possible_start(hanging),
            granularity: precision.granularity(stated),
            first_day: None,
            last_day: precision.last_day(stated),
            stated: words,
            steps: Vec::new(),
            waits_for: None,
            counted_from: None,
        }
    }

    /// With a condition on the start, the one known start that fulfils it.
    fn start_of_condition(&self) -> Option<NaiveDate> {
        let range = self.milestone.applies.start?;
        let starts: Vec<&Start> = if self.modules.is_empty() {
            self.agreement.iter().map(|a| &a.start).collect()
        } else {
            self.modules.iter().map(|m| &m.start).collect()
        };
        let mut days: Vec<NaiveDate> =
            starts.into_iter().filter(|start| start.is_known()).flat_map(|start| start.days_within(Some(range))).collect();
        days.dedup();
        if days.len() == 1 { days.pop() } else { None }
    }

    fn modules_for(&self, start: Option<NaiveDate>) -> Vec<ModuleId> {
        let range = self.milestone.applies.start;
        let hangs = |matched: &&&MatchedModule<'a>| start.is_none_or(|start| matched.start.days_within(range).contains(&start));
        let mut ids: Vec<ModuleId> = self.modules.iter().filter(hangs).map(|matched| matched.module.id.clone()).collect();
        ids.dedup();
        ids
    }

    fn hangs_on_possible_start(&self, hanging: Hanging<'a>) -> bool {
        let possible = |start: &Start, day: NaiveDate| !start.is_known() && start.days_within(None).contains(&day);
        let through_module = hanging.module_start.is_some_and(|day| {
            let hung: Vec<_> = self.modules.iter().filter(|m| m.start.days_within(None).contains(&day)).collect();
            !hung.is_empty() && hung.iter().all(|m| possible(&m.start, day))
        });
        let through_agreement = hanging.agreement_start.is_some_and(|day| self.agreement.is_some_and(|a| possible(&a.start, day)));
        through_module || through_agreement
    }

    /// What sets an occurrence apart: the agreement, start or period, where its milestone has several.
    fn suffix(&self, hanging: Hanging<'a>, period: Option<Period>) -> Option<String> {
        let mut parts = Vec::new();
        if let (Some(agreement), true) = (hanging.agreement, self.one_of_several_agreements) {
            parts.push(agreement.id.clone());
        }
        if let Some(start) = hanging.agreement_start.filter(|start| !self.is_only_agreement_start(*start)) {
            parts.push(start.to_string());
        }
        if let Some(start) = hanging.module_start.filter(|start| !self.is_only_module_start(*start)) {
            parts.push(start.to_string());
        }
        parts.extend(period.map(|period| period.to_string()));
        (!parts.is_empty()).then(|| parts.join("+"))
    }

    fn is_only_agreement_start(&self, start: NaiveDate) -> bool {
        self.agreement.is_some_and(|matched| matched.agreement.starts == [start])
    }

    fn is_only_module_start(&self, start: NaiveDate) -> bool {
        let named = self.policy.modules_named(&self.milestone.applies.modules, &self.policy.care_types);
        named.iter().all(|module| module.starts == [start])
    }

    fn stated(&self, point: &Point) -> String {
        match point {
            Point::Stated(period) => period.to_string(),
            Point::Relative(relative) => dutch::relative(relative),
        }
    }

    fn add_precision_step(&self, occurrence: &mut Occurrence<'a>, stated: Period) {
        if self.milestone.moment.precision == Precision::Before {
            let what = format!("vóór {stated}: die dag telt niet meer mee");
            occurrence.steps.push(Step { what, day: occurrence.last_day });
        }
    }

    fn work(&self, point: &Point, hanging: Hanging<'a>, depth: usize) -> Option<Worked> {
        match point {
            Point::Stated(period) => {
                let step = Step { what: format!("in het document: {period}"), day: period.last_day() };
                Some(Worked { period: *period, steps: vec![step], awaits: Awaits::default() })
            }
            Point::Relative(relative) => self.work_relative(relative, hanging, depth),
        }
    }

    fn work_relative(&self, relative: &Relative, hanging: Hanging<'a>, depth: usize) -> Option<Worked> {
        let (from, mut steps, awaits) = self.anchor(&relative.anchor, hanging, depth)?;
        let day = relative.from_day(from);
        if relative.amount > 0 {
            steps.push(Step { what: dutch::distance(relative), day });
        }
        Some(Worked { period: Period::day(day), steps, awaits })
    }

    fn anchor(&self, anchor: &Anchor, hanging: Hanging<'a>, depth: usize) -> Option<(NaiveDate, Vec<Step>, Awaits)> {
        let own = |what: &str, day: NaiveDate| Some((day, vec![Step { what: what.to_owned(), day }], Awaits::default()));
        match anchor {
            Anchor::AgreementStart => own("ingang van de overeenkomst", hanging.agreement_start?),
            Anchor::AgreementEnd => own("laatste dag van de overeenkomst", hanging.agreement?.term.last),
            Anchor::ModuleStart => own("ingang van de module", hanging.module_start?),
            Anchor::Milestone(local) => self.milestone_anchor(local, hanging, depth.checked_sub(1)?),
        }
    }

    /// An anchor counts from its last day, whatever its own scope; a day that the practice recorded comes first.
    fn milestone_anchor(&self, local: &str, hanging: Hanging<'a>, depth: usize) -> Option<(NaiveDate, Vec<Step>, Awaits)> {
        let anchor = self.policy.milestone(local)?;
        if let Some(day) = self.happened.get(&anchor.id) {
            let what = format!("{}: vastgelegd door de praktijk", anchor.title);
            return Some((*day, vec![Step { what, day: *day }], Awaits { anchor: None, recorded: Some(*day) }));
        }
        let When::Once(point) = &anchor.moment.when else { return None };
        let worked = self.work(point, hanging, depth)?;
        let day = anchor.moment.precision.last_day(worked.period);
        let mut steps = worked.steps;
        steps.push(Step { what: format!("{} ({local})", anchor.title), day });
        let recorded = worked.awaits.recorded;
        // Where an earlier day in the chain was recorded, the anchor between still can be.
        Some((day, steps, Awaits { anchor: worked.awaits.anchor.or_else(|| Some(anchor.id.clone())), recorded }))
    }
}

/// How many agreements a milestone reaches at large; decides whether the agreement is part of the identity.
fn agreements_in_scope(policy: &Policy, milestone: &Milestone) -> usize {
    crate::domain::scope::match_everyone(policy, milestone).agreements.len()
}
