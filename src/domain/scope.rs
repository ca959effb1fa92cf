//! To whom a milestone applies, and why not.

use chrono::NaiveDate;

use crate::domain::milestones::{Applies, Milestone, Setting, Standing, StartRange};
use crate::domain::names::CareType;
use crate::domain::policies::{Agreement, Module, Policy};
use crate::domain::practices::Subscription;

/// A possible start of something, and whether the practice said so itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// The day is settled for this practice.
    Known(NaiveDate),
    /// Any of these, earliest first.
    Possible(Vec<NaiveDate>),
}

impl Start {
    /// The days that remain within a range.
    pub fn days_within(&self, range: Option<StartRange>) -> Vec<NaiveDate> {
        let holds = |day: &NaiveDate| range.is_none_or(|range| range.holds(*day));
        match self {
            Self::Known(day) => Some(*day).into_iter().filter(holds).collect(),
            Self::Possible(days) => days.iter().copied().filter(holds).collect(),
        }
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
    pub start: Start,
}

/// An agreement that matched, with the care types in question and its start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatchedAgreement<'a> {
    /// The agreement.
    pub agreement: &'a Agreement,
    /// Those of its care types that are in question.
    pub care_types: Vec<CareType>,
    /// When it starts.
    pub start: Start,
}

/// How a milestone reaches someone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match<'a> {
    /// For these care types.
    pub care_types: Vec<CareType>,
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
pub fn care_types_of(policy: &Policy, applies: &Applies) -> Vec<CareType> {
    let all = if applies.care_types.is_empty() { &policy.care_types } else { &applies.care_types };
    let mut concerned = all.clone();
    if !applies.modules.is_empty() {
        let modules = policy.modules_named(&applies.modules, all);
        concerned.retain(|care_type| modules.iter().any(|module| module.care_types.contains(care_type)));
    }
    concerned
}

/// The settings that a milestone concerns.
pub fn settings_of(applies: &Applies) -> Vec<Setting> {
    if applies.setting.is_empty() { Setting::ALL.to_vec() } else { applies.setting.clone() }
}

/// How a milestone reaches people at large: every care type, module and start.
pub fn match_everyone<'a>(policy: &'a Policy, milestone: &Milestone) -> Match<'a> {
    let care_types = care_types_of(policy, &milestone.applies);
    let settings = settings_of(&milestone.applies);
    let modules = policy.modules_named(&milestone.applies.modules, &care_types);
    let in_scope = |agreement: &&Agreement| agreement.setting.is_none_or(|only| settings.contains(&only));
    Match {
        modules: modules.into_iter().map(|module| MatchedModule { module, start: Start::Possible(module.starts.clone()) }).collect(),
        agreements: policy.agreements.iter().filter(in_scope).filter_map(|agreement| everyones(agreement, &care_types)).collect(),
        care_types,
    }
}

fn everyones<'a>(agreement: &'a Agreement, care_types: &[CareType]) -> Option<MatchedAgreement<'a>> {
    let common: Vec<CareType> = agreement.care_types.iter().filter(|c| care_types.contains(c)).cloned().collect();
    (!common.is_empty()).then(|| MatchedAgreement { agreement, care_types: common, start: Start::Possible(agreement.starts.clone()) })
}

/// How a milestone reaches one subscription, or the first reason why it does not.
pub fn match_subscription<'a>(policy: &'a Policy, milestone: &Milestone, subscription: &Subscription) -> Result<Match<'a>, Mismatch> {
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
        && matched.start.days_within(Some(range)).is_empty()
    {
        return Err(Mismatch::Start);
    }
    Ok(Match { care_types: vec![subscription.care_type.clone()], modules, agreements })
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

fn agreement_start(agreement: &Agreement, subscription: &Subscription) -> Start {
    if let Some(own) = subscription.start.filter(|start| agreement.term.holds(*start)) {
        return Start::Known(own);
    }
    let first_listed = agreement.starts.first().copied().unwrap_or(agreement.term.first);
    match standing_for(Some(agreement), subscription) {
        Some(Standing::Contracted) => Start::Known(first_listed),
        _ => Start::Possible(agreement.starts.clone()),
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
            Some(start) if start.is_known() && start.days_within(applies.start).is_empty() => refusal = Mismatch::Start,
            Some(start) => matched.push(MatchedModule { module, start }),
        }
    }
    if matched.is_empty() { Err(refusal) } else { Ok(matched) }
}

/// `None`: it starts only after the agreement has ended.
fn module_start(module: &Module, own: Option<NaiveDate>, agreement: Option<&Agreement>) -> Option<Start> {
    let anything = Start::Possible(module.starts.clone());
    let (Some(own), Some(agreement)) = (own, agreement) else {
        return Some(own.map_or(anything, Start::Known));
    };
    if own > agreement.term.last {
        return None;
    }
    Some(if agreement.term.holds(own) { Start::Known(own) } else { anything })
}
