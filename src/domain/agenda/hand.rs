//! Working out what concerns a subscription.

use std::collections::HashMap;
use std::ptr::from_ref;
use std::sync::Arc;

use chrono::{Datelike, NaiveDate};

use crate::domain::agenda::{Entry, in_order};
use crate::domain::almanac::Almanac;
use crate::domain::milestones::{Kind, Milestone};
use crate::domain::names::CareType;
use crate::domain::occurrences::needs::Needs;
use crate::domain::occurrences::{Occurrence, occurrences};
use crate::domain::policies::Policy;
use crate::domain::practices::{Happened, Subscription};
use crate::domain::scope::{Match, Start, match_subscription};

/// The occurrences of a milestone for those whom it reaches in the same way. Different subscriptions share most of theirs.
pub(super) type Times<'a> = HashMap<Reach, Vec<Arc<Occurrence<'a>>>>;

/// All of a match on which the occurrences of a milestone depend. What stands in the almanac stays where it is, so its address stands for it.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Reach {
    milestone: usize,
    care_types: Vec<CareType>,
    modules: Vec<(usize, Option<NaiveDate>)>,
    agreements: Vec<(usize, Option<NaiveDate>)>,
}

impl Reach {
    fn of(policy: &Policy, milestone: &Milestone, matched: &Match<'_>) -> Self {
        let known = |start: &Start<'_>| start.is_known().then(|| start.days().first().copied()).flatten();
        let agreements = if Needs::of(policy, &milestone.moment).agreement { matched.agreements.as_slice() } else { &[] };
        Self {
            milestone: from_ref(milestone).addr(),
            care_types: matched.care_types.to_vec(),
            modules: matched.modules.iter().map(|held| (from_ref(held.module).addr(), known(&held.start))).collect(),
            agreements: agreements.iter().map(|under| (from_ref(under.agreement).addr(), known(&under.start))).collect(),
        }
    }
}

/// Works out subscriptions, for contract years and what happened; `times` are those of the same years and happenings.
pub(super) struct Hand<'w, 'a> {
    pub(super) almanac: &'a Almanac,
    pub(super) years: &'w [i32],
    pub(super) happened: &'w Happened,
    pub(super) times: &'w mut Times<'a>,
}

impl<'a> Hand<'_, 'a> {
    /// In order, so that putting those of several subscriptions in order is little work.
    pub(super) fn subscription(&mut self, subscription: &Subscription) -> Vec<Entry<'a>> {
        let mut all = Vec::new();
        let almanac = self.almanac;
        for policy in almanac.policies.iter().filter(|policy| policy.insurer.as_ref() == Some(&subscription.insurer)) {
            self.add_policy(policy, subscription, |_| true, &mut all);
        }
        let own = all.len();
        for policy in almanac.policies.iter().filter(|policy| policy.insurer.is_none()) {
            let (said, mut statutory) = (&all[..own], Vec::new());
            // What the law gives is silent where the insurer's own policy states the same kind for that year.
            let stated = |kind: Kind, year: i32| {
                said.iter().any(|entry| entry.occurrence.milestone.kind == kind && entry.occurrence.last_day.year() == year)
            };
            let speaks = |occurrence: &Occurrence<'_>| !stated(occurrence.milestone.kind, occurrence.last_day.year());
            self.add_policy(policy, subscription, speaks, &mut statutory);
            all.append(&mut statutory);
        }
        in_order(&mut all);
        all
    }

    fn add_policy(
        &mut self,
        policy: &'a Policy,
        subscription: &Subscription,
        holds: impl Fn(&Occurrence<'_>) -> bool,
        all: &mut Vec<Entry<'a>>,
    ) {
        for milestone in &policy.milestones {
            let Ok(matched) = match_subscription(policy, milestone, subscription) else { continue };
            let entry = |occurrence: &Arc<Occurrence<'a>>| Entry {
                occurrence: occurrence.clone(),
                insurer: subscription.insurer.clone(),
                care_type: subscription.care_type.clone(),
            };
            all.extend(self.times(policy, milestone, &matched).iter().filter(|occurrence| holds(occurrence)).map(entry));
        }
    }

    fn times(&mut self, policy: &'a Policy, milestone: &'a Milestone, matched: &Match<'a>) -> &[Arc<Occurrence<'a>>] {
        let (happened, years) = (self.happened, self.years);
        let work_out = || occurrences(policy, milestone, matched, happened, years).into_iter().map(Arc::new).collect();
        self.times.entry(Reach::of(policy, milestone, matched)).or_insert_with(work_out)
    }
}
