//! To whom a milestone applies, and why not.

use std::borrow::Cow;

use chrono::NaiveDate;

use crate::domain::milestones::{Applies, Milestone, Setting, Standing, StartRange};
use crate::domain::names::CareType;
use crate::domain::policies::{Agreement, Module, Policy};
use crate::domain::practices::Subscription;

/// A possible start of something, and whether the practice said so itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start<'a> {
    /// The day is settled for this practice.
    Known(NaiveDate),
    /// Any of these, earliest first.
    Possible(&'a [NaiveDate]),
}

impl Start<'_> {
    /// The days that it can be.
    pub fn days(&self) -> &[NaiveDate] {
        match self {
            Self::Known(day) => std::slice::from_ref(day),
            Self::Possible(days) => days,
        }
    }

    /// The days that remain within a range.
    pub fn days_within(&self, range: Option<StartRange>) -> impl Iterator<Item = NaiveDate> {
        self.days().iter().copied().filter(move |day| range.is_none_or(|range| range.holds(*day)))
    }

    /// Whether the practice settled it.
    pub fn is_known(&self) -> bool {
        matches!(self, Self::Known(_))
    }
}

/// A module that matched, with its start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatchedModule<'a> {
    /// The module.
    pub module: &'a Module,
    /// When it starts.
    pub start: Start<'a>,
}

/// An agreement that matched, with the care types in question and its start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatchedAgreement<'a> {
    /// The agreement.
    pub agreement: &'a Agreement,
    /// Those of its care types that are in question.
    pub care_types: Vec<CareType>,
    /// When it starts.
    pub start: Start<'a>,
}

/// How a milestone reaches someone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match<'a> {
    /// For these care types.
    pub care_types: Cow<'a, [CareType]>,
    /// Because of these modules; empty where no module is named.
    pub modules: Vec<MatchedModule<'a>>,
    /// Under these agreements.
    pub agreements: Vec<MatchedAgreement<'a>>,
}

/// Why a milestone does not reach a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// Another insurer.
    #[error("it belongs to another insurer")]
    Insurer,
    /// Another care type.
    #[error("it is for other care types")]
    CareType,
    /// None of its modules is held.
    #[error("none of its modules is held or wanted")]
    Module,
    /// Another standing.
    #[error("it is for practices with another standing")]
    Standing,
    /// Another setting.
    #[error("it is for another setting")]
    Setting,
    /// A trait is missing.
    #[error("a trait that it asks for is not held")]
    Trait,
    /// The start lies elsewhere.
    #[error("it is for other start days")]
    Start,
    /// A module that starts only after this policy's agreement has ended.
    #[error("the module starts after this agreement has ended")]
    LaterModule,
}

/// The care types that a milestone concerns.
pub fn care_types_of<'a>(policy: &'a Policy, applies: &'a Applies) -> Cow<'a, [CareType]> {
    let all = if applies.care_types.is_empty() { &policy.care_types } else { &applies.care_types };
    if applies.modules.is_empty() {
        return Cow::Borrowed(all);
    }
    let modules = policy.modules_named(&applies.modules, all);
    let concerned = |care_type: &&CareType| modules.iter().any(|module| module.care_types.contains(care_type));
    all.iter().filter(concerned).cloned().collect()
}

/// The settings that a milestone concerns.
pub fn settings_of(applies: &Applies) -> &[Setting] {
    if applies.setting.is_empty() { &Setting::ALL } else { &applies.setting }
}

/// How a milestone reaches people at large: every care type, module and start.
pub fn match_everyone<'a>(policy: &'a Policy, milestone: &'a Milestone) -> Match<'a> {
    let care_types = care_types_of(policy, &milestone.applies);
    let modules = policy.modules_named(&milestone.applies.modules, &care_types);
    let everyones = |agreement: &'a Agreement| MatchedAgreement {
        agreement,
        care_types: agreement.care_types.iter().filter(|c| care_types.contains(c)).cloned().collect(),
        start: Start::Possible(&agreement.starts),
    };
    Match {
        modules: modules.into_iter().map(|module| MatchedModule { module, start: Start::Possible(&module.starts) }).collect(),
        agreements: agreements_of(policy, milestone, &care_types).map(everyones).collect(),
        care_types,
    }
}

/// The agreements under which a milestone reaches people at large.
pub fn agreements_in_scope<'a>(policy: &'a Policy, milestone: &Milestone) -> Vec<&'a Agreement> {
    agreements_of(policy, milestone, &care_types_of(policy, &milestone.applies)).collect()
}

fn agreements_of<'a>(policy: &'a Policy, milestone: &Milestone, care_types: &[CareType]) -> impl Iterator<Item = &'a Agreement> {
    let settings = settings_of(&milestone.applies);
    let in_scope = move |agreement: &&Agreement| {
        agreement.setting.is_none_or(|only| settings.contains(&only)) && agreement.care_types.iter().any(|c| care_types.contains(c))
    };
    policy.agreements.iter().filter(in_scope)
}

/// How a milestone reaches one subscription, or the first reason why it does not.
pub fn match_subscription<'a>(policy: &'a Policy, milestone: &'a Milestone, subscription: &Subscription) -> Result<Match<'a>, Mismatch> {
    let applies = &milestone.applies;
    if policy.insurer.as_ref().is_some_and(|insurer| *insurer != subscription.insurer) {
        return Err(Mismatch::Insurer);
    }
    if policy.insurer.is_some() && !care_types_of(policy, applies).contains(&subscription.care_type) {
        return Err(Mismatch::CareType);
    }
    let agreement = policy.agreement_for(&subscription.care_type, subscription.setting);
    check_standing(applies, agreement, subscription)?;
    if !applies.setting.is_empty() && !applies.setting.contains(&subscription.setting) {
        return Err(Mismatch::Setting);
    }
    if !applies.traits.iter().all(|wanted| subscription.traits.contains(wanted)) {
        return Err(Mismatch::Trait);
    }
    let modules = held_modules(policy, applies, agreement, subscription)?;
    let agreements: Vec<MatchedAgreement<'a>> = agreement
        .map(|agreement| MatchedAgreement {
            agreement,
            care_types: vec![subscription.care_type.clone()],
            start: agreement_start(agreement, subscription),
        })
        .into_iter()
        .collect();
    if let (Some(range), true, Some(matched)) = (applies.start, applies.modules.is_empty(), agreements.first())
        && matched.start.is_known()
        && matched.start.days_within(Some(range)).next().is_none()
    {
        return Err(Mismatch::Start);
    }
    Ok(Match { care_types: vec![subscription.care_type.clone()].into(), modules, agreements })
}

/// The standing that counts for an agreement: a start in an earlier term makes the practice `contracted`.
pub fn standing_for(agreement: Option<&Agreement>, subscription: &Subscription) -> Option<Standing> {
    match (agreement, subscription.start) {
        (Some(agreement), Some(start)) if start < agreement.term.first => Some(Standing::Contracted),
        _ => subscription.standing,
    }
}

fn check_standing(applies: &Applies, agreement: Option<&Agreement>, subscription: &Subscription) -> Result<(), Mismatch> {
    match standing_for(agreement, subscription) {
        Some(standing) if !applies.standing.is_empty() && !applies.standing.contains(&standing) => Err(Mismatch::Standing),
        _ => Ok(()),
    }
}

fn agreement_start<'a>(agreement: &'a Agreement, subscription: &Subscription) -> Start<'a> {
    if let Some(own) = subscription.start.filter(|start| agreement.term.holds(*start)) {
        return Start::Known(own);
    }
    let first_listed = agreement.starts.first().copied().unwrap_or(agreement.term.first);
    match standing_for(Some(agreement), subscription) {
        Some(Standing::Contracted) => Start::Known(first_listed),
        _ => Start::Possible(&agreement.starts),
    }
}

fn held_modules<'a>(
    policy: &'a Policy,
    applies: &Applies,
    agreement: Option<&Agreement>,
    subscription: &Subscription,
) -> Result<Vec<MatchedModule<'a>>, Mismatch> {
    if applies.modules.is_empty() {
        return Ok(Vec::new());
    }
    let named = policy.modules_named(&applies.modules, std::slice::from_ref(&subscription.care_type));
    let mut refusal = Mismatch::Module;
    let mut matched = Vec::new();
    for module in named {
        let Some(held) = subscription.modules.iter().find(|held| held.id == module.id) else { continue };
        if module.setting.is_some_and(|only| only != subscription.setting) {
            continue;
        }
        match module_start(module, held.start, agreement) {
            None => refusal = Mismatch::LaterModule,
            Some(start) if start.is_known() && start.days_within(applies.start).next().is_none() => refusal = Mismatch::Start,
            Some(start) => matched.push(MatchedModule { module, start }),
        }
    }
    if matched.is_empty() { Err(refusal) } else { Ok(matched) }
}

/// `None`: it starts only after the agreement has ended.
fn module_start<'a>(module: &'a Module, own: Option<NaiveDate>, agreement: Option<&Agreement>) -> Option<Start<'a>> {
    let anything = Start::Possible(&module.starts);
    let (Some(own), Some(agreement)) = (own, agreement) else {
        return Some(own.map_or(anything, Start::Known));
    };
    if own > agreement.term.last {
        return None;
    }
    Some(if agreement.term.holds(own) { Start::Known(own) } else { anything })
}
