//! What a mail was to tell and did not is decided anew, whatever kept it from telling.

#![expect(clippy::unwrap_used, reason = "to panic is to fail the test")]

use chrono::TimeDelta;
use deadlines::mail::transport::Fault;
use deadlines::store::outbox::State;

use crate::world::{World, calendar, day, milestone, occurrence, practice};

/// Two things to tell, in a mail that waits, on Monday 3 November 2025 at seven.
fn waiting(practices: &str) -> World {
    let mut world = World::of("2025-11-03 07:00", &both("2025-11-10"), practices);
    world.plan();
    world
}

fn both(first: &str) -> String {
    milestone("eerste", "signing-deadline", &format!("by = {first}")) + &milestone("tweede", "signing-deadline", "by = 2025-11-10")
}

fn with_addresses(addresses: [&str; 2]) -> String {
    let contacts = addresses.map(|address| format!("{{ email = \"{address}\" }}")).join(", ");
    practice("klank").replace("{ email = \"info@klank.example\" }", &contacts)
}

fn snooze(world: &World, id: &str, until: &str) {
    let (occurrence, until) = (occurrence(id).as_str().into(), day(until));
    world.write(move |work| work.record_snooze(&"klank".into(), &occurrence, &"logopedie".into(), until).unwrap());
}

/// When each mail arrived, to whom, and what it told.
fn told(world: &mut World) -> Vec<(String, String, Vec<&'static str>)> {
    world.mails().into_iter().map(|mail| (mail.at.clone(), mail.to.clone(), mail.tells(&["eerste", "tweede"]))).collect()
}

fn to_klank(at: &str, titles: &[&'static str]) -> (String, String, Vec<&'static str>) {
    (at.to_owned(), "info@klank.example".to_owned(), titles.to_vec())
}

/// Planning again and again makes nothing of it.
fn is_at_rest(world: &mut World) {
    let before = world.outbox(&[]);
    for _ in 0..3 {
        world.write(|work| work.look_at_everyone().unwrap());
        world.tick();
        world.advance(TimeDelta::minutes(1));
    }
    assert_eq!(world.outbox(&[]), before);
}

#[test]
fn an_address_that_is_corrected_while_its_mail_waits() {
    let mut world = waiting(&practice("klank"));
    world.import(&practice("klank").replace("info@", "post@"));
    world.drain();
    assert_eq!(told(&mut world), [("2025-11-03 07:00".to_owned(), "post@klank.example".to_owned(), vec!["eerste", "tweede"])]);
    is_at_rest(&mut world);
}

#[test]
fn an_address_that_is_corrected_after_a_colleague_was_told() {
    let mut world = waiting(&with_addresses(["fuot@klank.example", "balie@klank.example"]));
    world.memory.refuse_next(Fault::Transient, "451 try later");
    world.deliver();
    assert_eq!(world.states(), [State::Deferred, State::Sent]);
    world.import(&with_addresses(["fout@klank.example", "balie@klank.example"]));
    world.drain();
    let to: Vec<String> = told(&mut world).into_iter().map(|(_, to, _)| to).collect();
    assert_eq!(to, ["balie@klank.example", "fout@klank.example"]);
    is_at_rest(&mut world);
}

#[test]
fn a_mark_that_is_taken_back_after_its_mail_was_dropped() {
    let mut world = waiting(&practice("klank"));
    world.done("klank", "eerste", "2025-11-10");
    world.done("klank", "tweede", "2025-11-10");
    world.tick();
    assert_eq!(world.states(), [State::Cancelled]);
    world.undo("klank", "eerste");
    world.play("2025-11-06");
    assert_eq!(told(&mut world), [to_klank("2025-11-04 07:00", &["eerste"])]);
    is_at_rest(&mut world);
}

#[test]
fn a_mark_that_is_taken_back_after_the_mail_left_without_it() {
    let mut world = waiting(&practice("klank"));
    world.done("klank", "eerste", "2025-11-10");
    world.tick();
    world.undo("klank", "eerste");
    world.play("2025-11-06");
    assert_eq!(told(&mut world), [to_klank("2025-11-03 07:00", &["tweede"]), to_klank("2025-11-04 07:00", &["eerste"])]);
}

#[test]
fn a_practice_that_is_removed_and_comes_back_while_its_mail_waits() {
    let mut world = waiting(&practice("klank"));
    world.write(|work| assert!(work.remove_practice(&"klank".into()).unwrap()));
    world.tick();
    world.import(&practice("klank"));
    world.play("2025-11-06");
    assert_eq!(told(&mut world), [to_klank("2025-11-04 07:00", &["eerste", "tweede"])]);
}

#[test]
fn a_day_that_moves_and_moves_back_before_anything_was_told() {
    let mut world = waiting(&practice("klank"));
    world.load(calendar(&both("2025-12-31")));
    world.tick();
    world.load(calendar(&both("2025-11-10")));
    world.play("2025-11-06");
    assert_eq!(told(&mut world), [to_klank("2025-11-03 07:00", &["tweede"]), to_klank("2025-11-04 07:00", &["eerste"])]);
    is_at_rest(&mut world);
}

#[test]
fn what_is_let_rest_while_its_mail_waits_comes_when_it_has_rested() {
    for wait in [false, true] {
        let mut world = waiting(&practice("klank"));
        snooze(&world, "eerste", "2025-11-05");
        if wait {
            snooze(&world, "tweede", "2025-11-06");
        }
        world.play("2025-11-06");
        let second = to_klank(if wait { "2025-11-06 07:00" } else { "2025-11-03 07:00" }, &["tweede"]);
        let mut wanted = [to_klank("2025-11-05 07:00", &["eerste"]), second];
        wanted.sort();
        assert_eq!(told(&mut world), wanted);
        is_at_rest(&mut world);
    }
}

#[test]
fn what_the_operator_gave_up_stays_given_up() {
    let mut world = waiting(&practice("klank"));
    let id = world.outbox(&[])[0].id;
    world.write(move |work| assert!(work.cancel(id).unwrap()));
    is_at_rest(&mut world);
    world.play("2025-11-07");
    assert_eq!(told(&mut world), [to_klank("2025-11-07 07:00", &["eerste", "tweede"])]);
}

#[test]
fn what_failed_or_is_held_waits_for_the_operator_and_is_not_decided_anew() {
    for held in [false, true] {
        let mut world = waiting(&practice("klank"));
        let id = world.outbox(&[])[0].id;
        if held {
            world.write(move |work| assert!(work.hold(id, "wait").unwrap()));
        } else {
            world.memory.refuse_next(Fault::Permanent, "554 no");
            world.deliver();
        }
        is_at_rest(&mut world);
        world.write(move |work| assert_eq!(work.retry(Some(id)).unwrap(), 1));
        world.tick();
        assert_eq!(told(&mut world).len(), 1);
        is_at_rest(&mut world);
    }
}
