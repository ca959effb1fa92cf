//! A wall clock that was ahead and is set right again: nothing stays silent for it.

#[path = "support/world.rs"]
mod world;

use world::{World, day, milestone, practice, practice_since, subscription};

#[test]
fn what_passed_under_a_clock_that_was_ahead_is_told_when_it_is_due() {
    let milestones = milestone("tekenen", "signing-deadline", "by = 2025-11-10");
    let mut world = World::of("2025-10-01 09:00", &milestones, &practice("klank"));
    world.tick();
    world.set("2026-03-01 09:00");
    let ahead = world.tick();
    assert_eq!(ahead.planned.passed.len(), 1, "it looks as if it had passed");
    world.set("2025-10-01 09:05");
    world.play("2025-11-12");
    let times = ["2025-10-13 07:00", "2025-10-27 07:00", "2025-11-03 07:00", "2025-11-07 07:00", "2025-11-10 07:00"];
    assert_eq!(world.times(), times);
}

#[test]
fn what_was_refused_under_a_clock_that_was_ahead_is_tried_again_at_once() {
    let milestones = milestone("tekenen", "signing-deadline", "by = 2025-11-10");
    let mut world = World::of("2025-10-20 09:00", &milestones, &practice("klank"));
    world.set("2025-11-03 09:00");
    world.memory.refuse_next(deadlines::mail::transport::Fault::Transient, "later");
    world.tick();
    world.set("2025-10-20 09:05");
    world.tick();
    assert_eq!(world.times(), ["2025-10-20 09:05"]);
}

#[test]
fn a_day_whose_mail_left_under_a_clock_that_was_ahead_takes_nothing_more() {
    let milestones =
        milestone("tekenen", "signing-deadline", "by = 2025-11-10") + &milestone("vragen", "question-cutoff", "by = 2025-11-11");
    let mut world = World::of("2025-11-03 09:00", &milestones, &practice("klank"));
    world.tick();
    // The mail of the fourth leaves.
    world.set("2025-11-04 09:00");
    world.tick();
    world.set("2025-11-03 12:00");
    world.import(&(practice_since("klank", "since = 2020-01-01") + &subscription("dietetiek", "since = 2020-01-01")));
    world.play("2025-11-05");
    let key = world.store(|store| {
        let mails: Vec<i64> = store.mails(&[deadlines::store::outbox::State::Sent], None).unwrap().iter().map(|mail| mail.id).collect();
        store.told_by(&mails).unwrap().into_values().flatten().collect::<Vec<_>>()
    });
    let told =
        |local: &str, care_type: &str| key.iter().any(|k| k.occurrence.as_str().ends_with(local) && k.care_type.as_str() == care_type);
    assert!(told("tekenen", "dietetiek") && told("vragen", "dietetiek"), "{key:?}");
    assert!(key.iter().all(|key| key.last_day >= day("2025-11-10")));
}
