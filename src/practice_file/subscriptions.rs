//! Drafts into subscriptions: names are resolved, modules looked up, days held against each other.

use std::collections::HashMap;
use std::ops::Range;

use crate::domain::almanac::{UnknownName, unknown};
use crate::domain::milestones::{Setting, Standing, TRAITS};
use crate::domain::names::{CareType, InsurerId, ModuleId, check_identity, folded};
use crate::domain::policies::Policy;
use crate::domain::practices::{HeldModule, Subscription};
use crate::practice_file::drafts::{ModuleDraft, SubscriptionDraft};
use crate::practice_file::practices::Desk;
use crate::practice_file::starts;
use crate::toml_reader::Placed;

/// The subscriptions of one practice.
pub fn resolve(desk: &mut Desk<'_>, drafts: &[SubscriptionDraft]) -> Vec<Subscription> {
    let mut known = HashMap::new();
    let mut subscriptions = Vec::new();
    for draft in drafts {
        let Some(subscription) = subscription(desk, draft) else { continue };
        let place = draft.insurer.as_ref().map(|given| given.span.clone()).unwrap_or_default();
        let key = (subscription.insurer.clone(), subscription.care_type.clone(), subscription.setting);
        match known.get(&key) {
            Some(first) => twice(desk, &subscription, first, place),
            None => drop(known.insert(key, place)),
        }
        subscriptions.push(subscription);
    }
    subscriptions
}

fn twice(desk: &mut Desk<'_>, subscription: &Subscription, first: &Range<usize>, place: Range<usize>) {
    let Subscription { insurer, care_type, setting, .. } = subscription;
    let line = desk.line_of(first);
    let message = format!("the subscription to {insurer} for {care_type} ({}) stands on line {line} already", setting.as_str());
    desk.report(place, message, "leave one out, and name all modules in the other");
}

fn subscription(desk: &mut Desk<'_>, draft: &SubscriptionDraft) -> Option<Subscription> {
    let almanac = desk.almanac;
    let insurer = draft.insurer.as_ref().and_then(|given| named(desk, given, almanac.find_insurer(&given.value)));
    let care_type = draft.care_type.as_ref().and_then(|given| named(desk, given, almanac.find_care_type(&given.value)));
    let standing = word(desk, "standing", draft.standing.as_ref(), Standing::parse, &Standing::ALL.map(Standing::as_str));
    let setting = word(desk, "setting", draft.setting.as_ref(), Setting::parse, &Setting::ALL.map(Setting::as_str));
    let traits = traits(desk, &draft.traits);
    days_in_order(desk, draft);
    let mut subscription = Subscription::new(insurer?, care_type?);
    subscription.standing = standing;
    subscription.setting = setting.unwrap_or(Setting::Practice);
    subscription.traits = traits;
    [subscription.start, subscription.end, subscription.since] =
        [&draft.start, &draft.end, &draft.since].map(|day| day.as_ref().map(|day| day.value));
    let policies = policies_for(desk, &subscription, draft);
    subscription.modules = modules(desk, &policies, &subscription, &draft.modules);
    starts::check(desk, &policies, &subscription, draft);
    Some(subscription)
}

/// The known list goes into the hint, so that the message stays one line.
fn named<T>(desk: &mut Desk<'_>, given: &Placed<String>, found: Result<T, UnknownName>) -> Option<T> {
    let (message, hint) = match found {
        Ok(name) => return Some(name),
        Err(UnknownName::Unknown { what, given, known, near }) => (
            format!("{what} \"{given}\" is not in the timelines"),
            near.map(|near| format!("did you mean `{near}`? ")).unwrap_or_default() + &format!("known: {known}"),
        ),
        Err(UnknownName::Label { label, insurer, year, id }) => (
            format!("{label} was a label of {insurer} in {year}, not an insurer to contract with"),
            format!("write \"{id}\" if the agreement is with {insurer}"),
        ),
    };
    desk.report(given.span.clone(), message, hint);
    None
}

fn word<T>(
    desk: &mut Desk<'_>,
    what: &'static str,
    given: Option<&Placed<String>>,
    parse: impl Fn(&str) -> Option<T>,
    known: &[&str],
) -> Option<T> {
    let given = given?;
    let parsed = parse(given.value.trim());
    if parsed.is_none() {
        unknown_word(desk, what, given, known);
    }
    parsed
}

fn unknown_word(desk: &mut Desk<'_>, what: &'static str, given: &Placed<String>, known: &[&str]) {
    let near = match unknown(what, &given.value, known.iter().copied(), known.iter().map(|word| (*word, *word))) {
        UnknownName::Unknown { near: Some(near), .. } => format!("did you mean `{near}`? "),
        _ => String::new(),
    };
    desk.report(given.span.clone(), format!("unknown {what} `{}`", given.value), format!("{near}known: {}", known.join(", ")));
}

fn traits(desk: &mut Desk<'_>, given: &[Placed<String>]) -> Vec<String> {
    let known = |text: &str| TRAITS.contains(&text).then(|| text.to_owned());
    let mut traits: Vec<String> = Vec::new();
    for held in given.iter().filter_map(|given| word(desk, "trait", Some(given), known, &TRAITS)) {
        if !traits.contains(&held) {
            traits.push(held);
        }
    }
    traits
}

fn days_in_order(desk: &mut Desk<'_>, draft: &SubscriptionDraft) {
    let Some(end) = &draft.end else { return };
    if let Some(start) = draft.start.as_ref().filter(|start| end.value < start.value) {
        let message = format!("it ends on {}, before it starts on {}", end.value, start.value);
        desk.report(end.span.clone(), message, "`end` is the last day of an agreement that ended early; leave it out otherwise");
    }
    for (module, start) in draft.modules.iter().filter_map(|module| Some((module, module.start.as_ref()?))) {
        if start.value > end.value {
            let message = format!("`{}` starts on {}, after the subscription ends on {}", module.id.value, start.value, end.value);
            desk.report(start.span.clone(), message, "leave the module out, or correct one of the days");
        }
    }
}

/// The policies that say something about this insurer and care type; a warning where there are none.
fn policies_for<'a>(desk: &mut Desk<'a>, subscription: &Subscription, draft: &SubscriptionDraft) -> Vec<&'a Policy> {
    let Subscription { insurer, care_type, .. } = subscription;
    let concerned = |policy: &&Policy| policy.insurer.as_ref() == Some(insurer) && policy.care_types.contains(care_type);
    let policies: Vec<&Policy> = desk.almanac.policies.iter().filter(concerned).collect();
    if let (true, Some(place)) = (policies.is_empty(), &draft.care_type) {
        let message = format!("no timeline of {} for {care_type} is loaded", desk.almanac.insurer_name(insurer));
        let checked = if draft.modules.is_empty() { "" } else { ", and its modules cannot be checked" };
        desk.warn(place.span.clone(), message, format!("it is kept; its deadlines are unknown until there is one{checked}"));
    }
    policies
}

fn modules(desk: &mut Desk<'_>, policies: &[&Policy], subscription: &Subscription, drafts: &[ModuleDraft]) -> Vec<HeldModule> {
    let mut held: Vec<HeldModule> = Vec::new();
    for draft in drafts {
        let Some(id) = module(desk, policies, subscription, &draft.id) else { continue };
        if held.iter().any(|other| other.id == id) {
            desk.report(draft.id.span.clone(), format!("module `{id}` stands here twice"), "leave one of them out");
            continue;
        }
        starts::check_module(desk, policies, subscription, &id, draft.start.as_ref());
        held.push(HeldModule { id, start: draft.start.as_ref().map(|start| start.value) });
    }
    held
}

fn module(desk: &mut Desk<'_>, policies: &[&Policy], subscription: &Subscription, given: &Placed<String>) -> Option<ModuleId> {
    if policies.is_empty() {
        return unchecked_module(desk, given);
    }
    let wanted = folded(&given.value);
    let for_care_type = policies.iter().flat_map(|policy| &policy.modules).filter(|m| m.care_types.contains(&subscription.care_type));
    let mut known: Vec<&str> = Vec::new();
    for module in for_care_type {
        if folded(module.id.as_str()) == wanted || folded(&module.name) == wanted {
            return Some(module.id.clone());
        }
        if !known.contains(&module.id.as_str()) {
            known.push(module.id.as_str());
        }
    }
    unknown_module(desk, (&subscription.insurer, &subscription.care_type), given, &known);
    None
}

fn unchecked_module(desk: &mut Desk<'_>, given: &Placed<String>) -> Option<ModuleId> {
    let checked = check_identity(&given.value);
    if let Err(error) = &checked {
        desk.report(given.span.clone(), format!("`{}` is no module id", given.value), error.to_string());
    }
    checked.ok().map(|()| ModuleId::new(given.value.as_str()))
}

fn unknown_module(desk: &mut Desk<'_>, (insurer, care_type): (&InsurerId, &CareType), given: &Placed<String>, known: &[&str]) {
    let insurer = desk.almanac.insurer_name(insurer);
    let message = format!("{insurer} has no module `{}` for {care_type}", given.value);
    let hint = match known {
        [] => format!("{insurer} has no modules for {care_type} at all: leave it out"),
        known => format!("for {care_type} it has: {}", known.join(", ")),
    };
    desk.report(given.span.clone(), message, hint);
}
