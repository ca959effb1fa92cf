//! Two simulated years of a service that is off, cut off from its mail server and set to wrong clocks, while calendars change and practices come.
//! A simple model, written day by day and in another way than the planner, says what each practice should have been told; the ledger must agree.
//!
//! `DEADLINES_YEARS_SEED=7 cargo test --test years` plays one seed alone.

#![expect(clippy::print_stdout, reason = "seeds, figures and what was skipped are for whoever reads the test's output")]

#[path = "support/dice.rs"]
mod dice;
#[path = "years/model.rs"]
mod model;
#[path = "years/world.rs"]
mod world;

use std::collections::{BTreeMap, BTreeSet};

use model::{Key, Model, Obligation, Tick};
use world::{Weather, World};

/// Days with nothing wrong, before which whatever went wrong earlier must have been made up for.
const QUIET_DAYS: i64 = 3;

#[test]
fn the_ledger_agrees_with_a_simple_model_over_two_years() {
    let one = std::env::var("DEADLINES_YEARS_SEED").ok().map(|text| text.parse().expect("DEADLINES_YEARS_SEED is a number"));
    let seeds = one.map_or_else(|| (1..=3).collect::<Vec<u64>>(), |seed| vec![seed]);
    let playing: Vec<_> = seeds.into_iter().map(|seed| (seed, std::thread::spawn(move || play(seed)))).collect();
    for (seed, playing) in playing {
        assert!(playing.join().is_ok(), "DEADLINES_YEARS_SEED={seed}");
    }
}

fn play(seed: u64) {
    let mut world = World::new(seed);
    let mut model = Model::default();
    while let Some(day) = world.next_day() {
        for tick in world.ticks(day) {
            model.tick(&world.calendar, &world.subscriptions, tick);
            world.tick(tick);
        }
        world.live(day, &mut model);
    }
    let told = world.told();
    let corrected = world.corrected();
    for correction in &corrected {
        assert!(
            world.was_true(&correction.key, correction.tick.number),
            "{} was told {:?} in a correction",
            correction.email,
            correction.key
        );
    }
    nobody_was_told_wrongly(&told, &model, &world);
    nobody_was_told_twice(&told, &world);
    everybody_was_told(&told, &corrected, &model, &world);
    println!("seed {seed}: {} mails told {} things; the model expected {}", world.accepted(), told.len(), model.obligations.len());
    assert!(told.len() > 300, "the years were too quiet to show anything");
}

/// One thing that one mail told one address.
struct Told {
    email: String,
    key: Key,
    lead: i64,
    /// The tick in which the server accepted it.
    tick: usize,
}

/// One day that a correction told one address.
struct Corrected {
    email: String,
    key: Key,
    tick: Tick,
}

/// Nothing but what the model expected, not before it did, and with the day that held when the mail left.
fn nobody_was_told_wrongly(told: &[Told], model: &Model, world: &World) {
    let expected: BTreeMap<(&Key, i64), usize> = model.obligations.iter().map(|o| ((&o.key, o.lead), o.tick)).collect();
    for told in told {
        let since = expected.get(&(&told.key, told.lead)).unwrap_or_else(|| panic!("{} was told {:?} {}", told.email, told.key, told.lead));
        assert!(*since <= told.tick, "{} was told {:?} too early", told.email, told.key);
        assert!(world.was_true(&told.key, told.tick), "{} was told {:?}, which was another day then", told.email, told.key);
    }
}

fn nobody_was_told_twice(told: &[Told], world: &World) {
    let mut seen = BTreeSet::new();
    for told in told {
        assert!(seen.insert((&told.email, &told.key, told.lead)), "{} was told {:?} {} twice", told.email, told.key, told.lead);
    }
    assert_eq!(world.message_ids().len(), world.accepted(), "a mail went twice");
}

/// What the model expected was told in time, wherever the weather allowed it.
fn everybody_was_told(told: &[Told], corrected: &[Corrected], model: &Model, world: &World) {
    let by_key: BTreeSet<(&str, &Key, i64)> = told.iter().map(|told| (told.email.as_str(), &told.key, told.lead)).collect();
    // What a correction said that day or since, a reminder does not repeat.
    let mut last_correction: BTreeMap<(&str, &Key), i64> = BTreeMap::new();
    for Corrected { email, key, tick } in corrected {
        let last = last_correction.entry((email, key)).or_default();
        *last = (*last).max(tick.day);
    }
    let mut at_all: BTreeSet<(&str, &Key)> = told.iter().map(|told| (told.email.as_str(), &told.key)).collect();
    at_all.extend(last_correction.keys());
    for obligation in &model.obligations {
        for email in world.addresses(&obligation.key.practice) {
            let corrected = last_correction.get(&(email.as_str(), &obligation.key)).is_some_and(|day| *day >= obligation.day);
            let told = corrected || by_key.contains(&(email.as_str(), &obligation.key, obligation.lead));
            assert!(told || !had_to_be_told(obligation, model, &world.weather), "{email} was not told {obligation:?}");
        }
    }
    for (key, first_due) in model.closed() {
        for email in world.addresses(&key.practice) {
            let quiet = (first_due..=key.last_day - QUIET_DAYS).any(|day| world.weather.is_quiet(day, day + QUIET_DAYS));
            let silent = !at_all.contains(&(email.as_str(), key));
            assert!(!(quiet && silent), "{email} never heard of {key:?}, and could have");
        }
    }
}

/// The same day where the next working morning comes too late, else by then; with quiet days before, so that nothing is left over.
fn had_to_be_told(obligation: &Obligation, model: &Model, weather: &Weather) -> bool {
    let by = obligation.by;
    by <= obligation.useful_until && weather.is_quiet(obligation.day - QUIET_DAYS, by) && !model.ceased(&obligation.key, obligation.day, by)
}
