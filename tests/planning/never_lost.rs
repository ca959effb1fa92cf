//! Whatever a practice asks for, no deadline goes unheard: shown for random wishes, lead times and quiet days.

use std::collections::BTreeSet;

use chrono::{Days, NaiveDate, NaiveTime};
use deadlines::domain::agenda;
use deadlines::domain::almanac::Almanac;
use deadlines::domain::decide::verdict::{Quieted, Verdict};
use deadlines::domain::decide::{Decision, Memory, Now, Rules, decide, next_due};
use deadlines::domain::leads::{Lead, LeadPlace, Leads, OwnLeads};
use deadlines::domain::milestones::{Class, Kind};
use deadlines::domain::overview::Wanted;
use deadlines::domain::own_dates::{Due, OwnDate, OwnDates};
use deadlines::domain::practices::{Contact, Happened, Practice};
use deadlines::domain::quiet::{Quiet, Stretch};
use deadlines::domain::routing::{Want, routes};
use deadlines::domain::working_days::is_working_day;
use proptest::prelude::*;

fn start() -> NaiveDate {
    "2026-01-05".parse().expect("a day")
}

fn after(days: u64) -> NaiveDate {
    start() + Days::new(days)
}

fn quiet() -> impl Strategy<Value = Quiet> {
    let stretch = (0..150_u64, 0..60_u64).prop_map(|(from, length)| Stretch { from: after(from), to: after(from + length) });
    let weekdays = prop::collection::btree_set(0..5_u8, 0..=5);
    (prop::collection::btree_set(stretch, 0..4), weekdays).prop_map(|(stretches, weekdays)| Quiet { stretches, weekdays })
}

fn contacts() -> impl Strategy<Value = Vec<Contact>> {
    let want =
        prop_oneof![prop::sample::select(Class::ALL.to_vec()).prop_map(Want::Class), prop::sample::select(Kind::ALL).prop_map(Want::Kind)];
    prop::collection::vec(prop::collection::btree_set(want, 0..3), 1..4).prop_map(|all| {
        let contact = |(number, wants): (usize, BTreeSet<Want>)| Contact { wants, ..Contact::new(format!("a{number}@klank.example")) };
        all.into_iter().enumerate().map(contact).collect()
    })
}

/// Own dates go the way of all deadlines, and need no calendar.
fn practice() -> impl Strategy<Value = Practice> {
    let leads = prop::collection::vec((0_u32..60).prop_map(Lead), 1..4);
    let dates = prop::collection::vec(0..200_u64, 1..4);
    (contacts(), quiet(), leads, dates).prop_map(|(contacts, quiet, leads, dates)| {
        let id = "klank".into();
        let date = |(number, days): (usize, u64)| OwnDate {
            id: format!("datum-{number}"),
            title: "Iets".to_owned(),
            due: Due::By(after(days)),
            repeats: None,
            leads: None,
            note: None,
            since: None,
        };
        let own = OwnDates::new(&id, dates.into_iter().enumerate().map(date).collect());
        let leads = OwnLeads([(LeadPlace::Deadline, leads)].into());
        Practice { contacts, quiet, leads, own, ..Practice::new(id, "De Klank") }
    })
}

/// Every morning and afternoon of the year through `decide`, except while the service is off: what was sent on which day to whom.
fn sent<'e, 'a>(
    rules: &Rules,
    practice: &Practice,
    entries: &'e [agenda::Entry<'a>],
    off: (u64, u64),
) -> Vec<(NaiveDate, Decision<'e, 'a>, BTreeSet<String>)> {
    let mut memory = Memory::default();
    let mut all = Vec::new();
    for number in (0..260).filter(|number| !(off.0..off.0 + off.1).contains(number)) {
        for hour in [7, 15] {
            let now = Now { day: after(number), time: NaiveTime::from_hms_opt(hour, 0, 0).expect("a time") };
            for decision in decide(rules, now, entries, &memory).into_iter().filter(Decision::settles) {
                memory.settled.insert(decision.key());
                if decision.verdict == Verdict::Send {
                    let routes = routes(&practice.contacts, decision.entry.occurrence.milestone, decision.stage);
                    let hears =
                        practice.contacts.iter().zip(routes).filter(|(_, why)| why.hears()).map(|(contact, _)| contact.email.clone());
                    all.push((now.day, decision.clone(), hears.collect()));
                }
            }
            if let Some(next) = next_due(rules, now, entries, &memory) {
                assert!(next >= now.day, "planning would never look again");
            }
        }
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn no_deadline_goes_unheard_by_anybody(practice in practice(), off in (0..200_u64, 0..20_u64)) {
        let almanac = Almanac::default();
        let general = Rules { leads: Leads::default(), send_from: NaiveTime::from_hms_opt(7, 0, 0).unwrap(), overviews: Wanted::default(), quiet: Quiet::default() };
        let rules = general.of(&practice);
        let entries = agenda::entries(&almanac, &practice, &Happened::new(), start(), start());
        let sent = sent(&rules, &practice, &entries, off);
        let everybody: BTreeSet<String> = practice.contacts.iter().map(|contact| contact.email.clone()).collect();
        for entry in &entries {
            let last_day = entry.occurrence.last_day;
            let told: Vec<_> = sent.iter().filter(|(_, decision, _)| decision.entry.occurrence.id == entry.occurrence.id).collect();
            prop_assert!(told.iter().all(|(day, ..)| *day <= last_day), "told too late");
            // The one excuse: the service was off on the last day itself.
            if last_day >= after(off.0) && last_day < after(off.0 + off.1) {
                continue;
            }
            prop_assert!(!told.is_empty(), "{} by {last_day} was never told", entry.occurrence.id);
            let heard: BTreeSet<String> = told.iter().flat_map(|(.., hears)| hears.clone()).collect();
            prop_assert_eq!(&heard, &everybody, "{} by {} was not heard by all", &entry.occurrence.id, last_day);
        }
        for (day, decision, _) in &sent {
            if is_working_day(*day) && practice.quiet.holds(*day) {
                prop_assert_eq!(decision.quieted, Quieted::CannotWait, "sent on {}, a quiet day, without a word", day);
                let next = practice.quiet.sending_day_on_or_after(*day + Days::new(1));
                prop_assert!(next > decision.entry.occurrence.last_day, "sent on {}, a quiet day, without need", day);
            }
        }
    }
}
