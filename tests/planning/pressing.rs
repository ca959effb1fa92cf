//! Planning looks at a few of a practice's entries: shown to be all that matter, for random practices, days and pasts.

use std::sync::LazyLock;

use chrono::{Days, NaiveDate, NaiveTime};
use deadlines::calendar_file::{self, embedded};
use deadlines::domain::agenda::{self, Agendas, Entry};
use deadlines::domain::almanac::Almanac;
use deadlines::domain::decide::pressing::{Horizon, pressing};
use deadlines::domain::decide::{Decision, Memory, Now, Rules, decide, next_look};
use deadlines::domain::leads::{Lead, LeadPlace, Leads, OwnLeads};
use deadlines::domain::milestones::Kind;
use deadlines::domain::overview::Wanted;
use deadlines::domain::own_dates::{Due, OwnDate, OwnDates};
use deadlines::domain::practices::{Happened, Practice};
use deadlines::domain::quiet::{Quiet, Stretch};
use deadlines::domain::working_days::is_working_day;
use deadlines::job::generate::practices::practice;
use proptest::prelude::*;

static ALMANAC: LazyLock<Almanac> = LazyLock::new(|| calendar_file::read_checked(&embedded::files()).0);

fn day(days: u64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2023, 3, 1).expect("a day") + Days::new(days)
}

fn quiet() -> impl Strategy<Value = Quiet> {
    let stretch = (0..900_u64, 0..60_u64).prop_map(|(from, length)| Stretch { from: day(from), to: day(from + length) });
    let quiet = (prop::collection::btree_set(stretch, 1..6), prop::collection::btree_set(0..5_u8, 0..3));
    prop_oneof![Just(Quiet::default()), quiet.prop_map(|(stretches, weekdays)| Quiet { stretches, weekdays })]
}

fn own_leads() -> impl Strategy<Value = OwnLeads> {
    let places = LeadPlace::OF_CLASSES.map(|(place, _)| place).to_vec();
    let place = prop_oneof![prop::sample::select(places), prop::sample::select(Kind::ALL).prop_map(LeadPlace::Also)];
    let leads = prop::collection::vec((0..200_u32).prop_map(Lead), 1..4);
    prop::collection::btree_map(place, leads, 0..4).prop_map(OwnLeads)
}

/// One of those that benchmarks use, some with quiet days, lead times and dates of their own.
fn any_practice() -> impl Strategy<Value = Practice> {
    let own_date = (0..900_u64, prop::option::of(prop::collection::vec((0..300_u32).prop_map(Lead), 1..3)));
    (0..400_u32, 0..700_u64, quiet(), own_leads(), prop::option::of(own_date)).prop_map(|(number, since, quiet, leads, own)| {
        let practice = practice(&ALMANAC, 7, number, day(since));
        let date = own.map(|(days, leads)| OwnDate {
            id: "huur".to_owned(),
            title: "Huur opzeggen".to_owned(),
            due: Due::By(day(days)),
            repeats: None,
            leads,
            note: None,
            since: None,
        });
        let own = OwnDates::new(&practice.id, date.into_iter().collect());
        Practice { quiet, leads, own, ..practice }
    })
}

/// What a practice may have done, and what may have been settled in an earlier turn.
fn memory(rules: &Rules, entries: &[Entry<'_>], earlier: Now, marks: &[(prop::sample::Index, u8)]) -> Memory {
    let mut memory = Memory::default();
    let settled = decide(rules, earlier, entries, &memory).into_iter().filter(Decision::settles).map(|decision| decision.key());
    memory.settled = settled.collect();
    for (place, mark) in marks.iter().filter(|_| !entries.is_empty()) {
        let entry = place.get(entries);
        let (occurrence, id, care_type) = (&entry.occurrence, entry.occurrence.id.clone(), entry.care_type.clone());
        match mark {
            0 => _ = memory.done.insert((id, care_type, occurrence.last_day)),
            1 => _ = memory.snoozed.insert((id, care_type), earlier.day + Days::new(20)),
            2 => _ = memory.happened.insert(occurrence.milestone.id.clone()),
            3 => _ = memory.series_done.insert((occurrence.milestone.id.clone(), care_type)),
            _ => memory.settled.retain(|key| key.occurrence != id),
        }
    }
    memory
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn nothing_that_matters_is_left_out(
        practice in any_practice(),
        (asked, before, hour) in (0..1000_u64, 0..40_u64, 0..24_u32),
        marks in prop::collection::vec((any::<prop::sample::Index>(), 0..6_u8), 0..4),
    ) {
        let leads = Leads::default();
        let general = Rules { leads, send_from: NaiveTime::from_hms_opt(7, 0, 0).unwrap(), overviews: Wanted::default(), quiet: Quiet::default() };
        let rules = general.of(&practice);
        let time = NaiveTime::from_hms_opt(hour, 0, 0).unwrap();
        let (earlier, now) = (Now { day: day(asked), time }, Now { day: day(asked + before), time });
        let happened = Happened::new();
        let entries = agenda::entries(&ALMANAC, &practice, &happened, now.day, now.day);
        let memory = memory(&rules, &entries, earlier, &marks);

        let mut agendas = Agendas::of(&ALMANAC);
        let agenda = agendas.agenda(&practice, &happened, now.day, now.day).with_own(&practice, now.day, now.day);
        prop_assert_eq!(&agenda.in_order(), &entries);
        let found = pressing((&rules, &Horizon::of(&rules)), now, &agenda, &memory);
        let (settled, open): (Vec<_>, Vec<_>) = decide(&rules, now, &entries, &memory).into_iter().partition(Decision::settles);
        prop_assert_eq!(&found.decisions, &settled);
        prop_assert_eq!(found.next_look, next_look(&rules, now, &open));
    }
}

#[test]
fn no_week_is_without_a_working_day() {
    let far = NaiveDate::from_ymd_opt(2400, 1, 1).unwrap();
    let mut working = NaiveDate::from_ymd_opt(1999, 12, 31).unwrap();
    for day in working.iter_days().take_while(|day| *day < far).filter(|day| is_working_day(*day)) {
        assert!((day - working).num_days() <= 6, "from {working} to {day}");
        working = day;
    }
}

#[test]
fn what_practices_have_in_common_is_what_each_has_alone() {
    let mut agendas = Agendas::of(&ALMANAC);
    let (happened, today) = (Happened::new(), day(200));
    for number in 0..400 {
        let practice = practice(&ALMANAC, 3, number, today);
        for subscription in &practice.subscriptions {
            let alone = Practice { subscriptions: vec![subscription.clone()], ..practice.clone() };
            let shared = agendas.entries(&alone, &happened, today, day(0));
            assert_eq!(shared, agenda::of_calendars(&ALMANAC, &alone, &happened, today, day(0)), "{subscription:?}");
        }
    }
}
