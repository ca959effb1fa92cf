//! Starts held against those that the policies list. None is refused: a practice may know better than a document.

use chrono::NaiveDate;

use crate::domain::names::{InsurerId, ModuleId};
use crate::domain::policies::{Agreement, Policy};
use crate::domain::practices::Subscription;
use crate::practice_file::drafts::SubscriptionDraft;
use crate::practice_file::practices::Desk;
use crate::toml_reader::Placed;

/// Warns where no agreement fits the setting, and where the agreement's start is not a listed one.
pub fn check(desk: &mut Desk<'_>, policies: &[&Policy], subscription: &Subscription, draft: &SubscriptionDraft) {
    let agreements = agreements(policies, subscription);
    if agreements.is_empty() {
        if let Some(place) = draft.setting.as_ref().or(draft.care_type.as_ref()).filter(|_| !policies.is_empty()) {
            let Subscription { insurer, care_type, setting, .. } = subscription;
            let message = format!("{} has no agreement for {care_type} as {}", desk.almanac.insurer_name(insurer), setting.as_str());
            desk.warn(place.span.clone(), message, "it is kept; check `care_type` and `setting`");
        }
        return;
    }
    if let Some(start) = &draft.start {
        let listed = agreements.iter().flat_map(|agreement| agreement.starts.clone()).collect();
        let what = format!("its agreement for {}", subscription.care_type);
        warn_unless_listed(desk, (&subscription.insurer, &what), start, listed, first_day(&agreements));
    }
}

/// Warns where a module's start is not a listed one.
pub fn check_module(
    desk: &mut Desk<'_>,
    policies: &[&Policy],
    subscription: &Subscription,
    id: &ModuleId,
    start: Option<&Placed<NaiveDate>>,
) {
    let Some(start) = start else { return };
    let named = |policy: &&Policy| {
        let modules = policy.modules_named(std::slice::from_ref(id), std::slice::from_ref(&subscription.care_type));
        modules.into_iter().flat_map(|module| module.starts.clone()).collect::<Vec<_>>()
    };
    let listed: Vec<NaiveDate> = policies.iter().flat_map(named).collect();
    let what = format!("module {id}");
    warn_unless_listed(desk, (&subscription.insurer, &what), start, listed, first_day(&agreements(policies, subscription)));
}

fn agreements<'a>(policies: &[&'a Policy], subscription: &Subscription) -> Vec<&'a Agreement> {
    policies.iter().filter_map(|policy| policy.agreement_for(&subscription.care_type, subscription.setting)).collect()
}

fn first_day(agreements: &[&Agreement]) -> Option<NaiveDate> {
    agreements.iter().map(|agreement| agreement.term.first).min()
}

/// A start before every known term belongs to an earlier policy, and is not odd.
fn warn_unless_listed(
    desk: &mut Desk<'_>,
    (insurer, what): (&InsurerId, &str),
    start: &Placed<NaiveDate>,
    mut listed: Vec<NaiveDate>,
    first_day: Option<NaiveDate>,
) {
    if listed.is_empty() || listed.contains(&start.value) || first_day.is_some_and(|first| start.value < first) {
        return;
    }
    listed.sort_unstable();
    let before = listed.iter().rfind(|day| **day < start.value);
    let after = listed.iter().find(|day| **day > start.value);
    let near: Vec<String> = [before, after].into_iter().flatten().map(NaiveDate::to_string).collect();
    let message = format!("{} does not list {} as a start of {what}", desk.almanac.insurer_name(insurer), start.value);
    desk.warn(start.span.clone(), message, format!("the nearest listed: {}; it is kept as written", near.join(" and ")));
}
