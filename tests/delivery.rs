//! The outbox: what the server says, what a crash leaves behind, and what is parked so that others get their mail.

#![expect(clippy::unwrap_used, reason = "to panic is to fail the test")]

#[path = "delivery/refused_rows.rs"]
mod refused_rows;
#[path = "support/smtp_server.rs"]
mod smtp_server;
#[path = "delivery/steps.rs"]
mod steps;
#[path = "support/world.rs"]
mod world;

use chrono::{DateTime, TimeDelta, Utc};
use deadlines::mail::smtp::{Security, SmtpSettings};
use deadlines::mail::transport::{Fault, Transport};
use deadlines::store::outbox::{Attempt, Mail, State};
use smtp_server::SmtpServer;
use smtp_server::script::{Act, At, Script};
use world::{Letter, World, calendar, milestone, practice};

/// Practices with one mail each in the outbox, on Monday 3 November 2025 at seven.
fn queued(practices: &[&str]) -> World {
    let practices: String = practices.iter().map(|id| practice(id)).collect();
    let mut world = World::of("2025-11-03 07:00", &milestone("tekenen", "signing-deadline", "by = 2025-11-10"), &practices);
    world.plan();
    world
}

fn only(world: &World) -> Mail {
    let mut mails = world.outbox(&[]);
    assert_eq!(mails.len(), 1);
    mails.remove(0)
}

/// What is kept of the only mail to go again.
fn kept(world: &World) -> Option<Vec<u8>> {
    let mail = only(world);
    mail.is_unanswered.then(|| world.write(move |work| work.unanswered(mail.id).unwrap()))
}

fn recipients(letters: &[Letter]) -> Vec<&str> {
    letters.iter().map(|letter| letter.to.as_str()).collect()
}

fn attempts(world: &World, id: i64) -> Vec<(String, String)> {
    let attempts = world.store(move |store| store.attempts(id).unwrap());
    attempts.into_iter().map(|attempt| (attempt.outcome, attempt.text)).collect()
}

fn accepted(now: DateTime<Utc>) -> Attempt {
    Attempt { at: now, outcome: "accepted".into(), server: "test".into(), code: Some(250), enhanced: None, text: "ok".into() }
}

#[test]
fn a_temporary_refusal_is_tried_again_with_growing_delay_and_the_same_message_id() {
    let mut world = queued(&["klank"]);
    let mut ids = Vec::new();
    let mut waits = Vec::new();
    for attempt in 1..=9 {
        world.memory.refuse_next(Fault::Transient, "later");
        let before = world.now();
        assert_eq!(world.deliver().deferred, 1);
        let mail = only(&world);
        assert_eq!((mail.state, mail.attempts, mail.reason.as_deref()), (State::Deferred, attempt, Some("later")));
        ids.extend(mail.message_id);
        waits.push((mail.due_at - before).num_minutes());
        world.advance(mail.due_at - before - TimeDelta::seconds(1));
        assert!(world.deliver().is_nothing(), "not a second earlier");
        world.advance(TimeDelta::seconds(1));
    }
    let least = [2, 5, 15, 30, 60, 120, 240, 240, 240];
    assert!(waits.iter().zip(least).all(|(wait, least)| (least..=least + least / 5).contains(wait)), "{waits:?}");
    world.deliver();
    ids.extend(world.mails().into_iter().map(|letter| letter.message_id));
    ids.dedup();
    assert_eq!((ids.len(), only(&world).state), (1, State::Sent));
    let id = only(&world).id;
    assert_eq!(attempts(&world, id).len(), 10);
}

#[test]
fn mails_deferred_together_do_not_come_back_together() {
    let mut world = queued(&["klank", "toon", "stem", "maat"]);
    (0..4).for_each(|_| world.memory.refuse_next(Fault::Transient, "later"));
    assert_eq!(world.deliver().deferred, 4);
    let mut due: Vec<_> = world.outbox(&[]).iter().map(|mail| mail.due_at).collect();
    due.dedup();
    assert!(due.len() > 1);
}

#[test]
fn a_mail_that_comes_late_names_the_distance_of_today() {
    let mut world = queued(&["klank"]);
    world.set("2025-11-06 10:00");
    world.deliver();
    let text = &world.mails()[0].text;
    assert!(text.contains("nog 4 dagen") && !text.contains("nog 7 dagen"), "{text}");
}

#[test]
fn a_permanent_refusal_parks_the_mail_and_retry_puts_it_back() {
    for fault in [Fault::Permanent, Fault::Address] {
        let mut world = queued(&["klank", "toon"]);
        world.memory.refuse_next(fault, "nobody here");
        let delivered = world.deliver();
        assert_eq!((delivered.failed, delivered.sent), (1, 1));
        world.advance(TimeDelta::days(1));
        assert!(world.deliver().is_nothing());
        assert_eq!(recipients(&world.mails()), ["info@toon.example"]);
        let failed = world.outbox(&[State::Failed])[0].id;
        assert_eq!(attempts(&world, failed), [(fault.as_str().to_owned(), "nobody here".to_owned())]);
        if fault == Fault::Address {
            // What nobody heard was planned anew; once the address works again, the next morning's mail says it.
            world.write(|work| work.revive("info@klank.example").unwrap());
            world.set("2025-11-05 07:00");
            world.tick();
        } else {
            world.write(|work| work.retry(None).unwrap());
            world.deliver();
            assert_eq!(world.states(), [State::Sent, State::Sent]);
        }
        assert_eq!(recipients(&world.mails()), ["info@klank.example"]);
    }
}

#[test]
fn what_nobody_knows_goes_again_with_the_same_bytes_even_after_further_refusals() {
    let mut world = queued(&["klank"]);
    let server = SmtpServer::start([Script::new().at(At::Final, Act::AcceptAndClose)]);
    world.leave_by(Transport::Smtp(SmtpSettings::new("127.0.0.1", server.port(), Security::None)));
    assert_eq!(world.deliver().uncertain, 1);
    let first = server.received().remove(0);
    assert_eq!((only(&world).state, kept(&world).as_ref()), (State::Uncertain, Some(&first.bytes)));
    world.leave_by(Transport::Memory(world.memory.clone()));
    for fault in [Fault::Transient, Fault::Throttled, Fault::Uncertain] {
        world.set(&world::local(only(&world).due_at + TimeDelta::minutes(1)));
        world.memory.refuse_next(fault, "not now");
        world.deliver();
        assert_eq!(only(&world).state, State::Uncertain, "{fault}: no answer to the first attempt");
    }
    world.set(&world::local(only(&world).due_at + TimeDelta::minutes(1)));
    world.deliver();
    let letters = world.mails();
    assert_eq!((letters.len(), &letters[0].bytes), (1, &first.bytes));
    assert_eq!((only(&world).state, kept(&world)), (State::Sent, None));
}

#[test]
fn a_crash_after_the_hand_over_resends_the_same_bytes_under_the_same_message_id() {
    let mut world = queued(&["klank"]);
    let id = only(&world).id;
    world.write(move |work| {
        assert!(work.claim(id).unwrap().is_some());
        work.keep_composed(id, "kept@example.org", "Bewaard", b"Subject: Bewaard\r\n\r\nbewaard\r\n", &[]).unwrap();
    });
    world.advance(TimeDelta::minutes(5));
    assert!(world.tick().delivered.is_nothing(), "nobody else may touch what is in hand");
    world.restart();
    assert_eq!(only(&world).state, State::Uncertain);
    world.tick();
    let letters = world.mails();
    assert_eq!((letters[0].message_id.as_str(), letters[0].text.trim()), ("kept@example.org", "bewaard"));
    assert_eq!((letters.len(), only(&world).state, only(&world).attempts), (1, State::Sent, 2));
}

#[test]
fn a_crash_between_claim_and_composing_queues_again() {
    let mut world = queued(&["klank"]);
    let id = only(&world).id;
    world.write(move |work| assert!(work.claim(id).unwrap().is_some()));
    world.restart();
    assert_eq!(only(&world).state, State::Queued);
    world.drain();
    assert_eq!(world.mails().len(), 1);
}

#[test]
fn a_crash_before_the_claim_is_committed_changes_nothing() {
    let world = queued(&["klank"]);
    let (id, now) = (only(&world).id, world.now());
    world.store(move |store| {
        let work = store.begin(now).unwrap();
        assert!(work.claim(id).unwrap().is_some());
        work.keep_composed(id, "x@example.org", "x", b"x", &[]).unwrap();
    });
    let mail = only(&world);
    assert_eq!((mail.state, mail.attempts, mail.is_unanswered), (State::Queued, 0, false));
}

#[test]
fn a_crash_after_the_plan_loses_nothing_and_doubles_nothing() {
    let mut world = World::of("2025-11-03 07:00", &milestone("tekenen", "signing-deadline", "by = 2025-11-10"), &practice("klank"));
    world.restart();
    world.plan();
    world.restart();
    world.tick();
    world.restart();
    world.tick();
    assert_eq!(world.mails().len(), 1);
}

#[test]
fn of_two_claims_one_wins() {
    let world = queued(&["klank"]);
    let id = only(&world).id;
    let claims = world.write(move |work| [work.claim(id).unwrap().is_some(), work.claim(id).unwrap().is_some()]);
    assert_eq!(claims, [true, false]);
}

#[test]
fn a_mail_cannot_be_claimed_before_its_time() {
    let mut world = queued(&["klank"]);
    world.memory.refuse_next(Fault::Transient, "later");
    world.deliver();
    let id = only(&world).id;
    assert!(world.write(move |work| work.claim(id).unwrap().is_none()));
}

#[test]
fn several_couriers_send_each_mail_once() {
    let ids: Vec<String> = (0..60).map(|n| format!("praktijk-{n}")).collect();
    let mut world = World::with_config("2025-11-03 07:00", "[mail.smtp]\nconnections = 8\n");
    world.load(calendar(&milestone("tekenen", "signing-deadline", "by = 2025-11-10")));
    world.import(&ids.iter().map(|id| practice(id)).collect::<String>());
    let server = SmtpServer::start([]);
    world.leave_by(Transport::Smtp(SmtpSettings::new("127.0.0.1", server.port(), Security::None)));
    assert_eq!(world.tick().delivered.sent, 60);
    let mut to: Vec<String> = server.received().into_iter().map(|mail| mail.recipient).collect();
    to.sort();
    to.dedup();
    assert_eq!((to.len(), server.received().len()), (60, 60));
    assert!((2..=8).contains(&server.connections()), "one connection serves many mails: {}", server.connections());
}

#[test]
fn nothing_leaves_sent() {
    let mut world = queued(&["klank"]);
    world.deliver();
    let sent = only(&world);
    let mail = sent.clone();
    world.advance(TimeDelta::days(3));
    world.write(move |work| {
        let id = mail.id;
        let attempt = accepted(work.now);
        assert!(work.claim(id).unwrap().is_none());
        assert_eq!(work.retry(Some(id)).unwrap(), 0);
        assert_eq!(work.recover_interrupted().unwrap(), 0);
        work.keep_composed(id, "other@example.org", "other", b"other", &[]).unwrap();
        work.close(id, State::Cancelled, "no").unwrap();
        let _ = work.record_refused(id, State::Deferred, work.now, &attempt);
        work.queue(&mail.practice, &mail.email, mail.day, &mail.kind, work.now).unwrap();
        work.remove_practice(&mail.practice).unwrap();
    });
    assert_eq!(only(&world), sent);
    world.drain();
    assert_eq!(world.mails().len(), 1);
}

#[test]
fn what_got_no_answer_keeps_its_bytes_through_hold_and_retry() {
    let mut world = queued(&["klank"]);
    world.memory.refuse_next(Fault::Uncertain, "silence");
    world.deliver();
    let (id, bytes) = (only(&world).id, kept(&world));
    world.write(move |work| assert!(work.hold(id, "later").unwrap()));
    world.advance(TimeDelta::hours(1));
    assert!(world.deliver().is_nothing());
    world.write(move |work| assert!(work.release(id).unwrap()));
    assert_eq!((only(&world).state, kept(&world)), (State::Uncertain, bytes.clone()));
    world.memory.refuse_next(Fault::Permanent, "no");
    world.deliver();
    assert_eq!((only(&world).state, kept(&world)), (State::Failed, bytes.clone()));
    world.write(move |work| assert_eq!(work.retry(Some(id)).unwrap(), 1));
    world.deliver();
    assert_eq!(Some(&world.mails()[0].bytes), bytes.as_ref());
}

#[test]
fn what_an_accepted_mail_told_is_what_its_bytes_say_whatever_the_ledger_had_of_it() {
    let other = "INSERT INTO told SELECT practice, email, 'cz/proef/anders', care_type, last_day, mail, at, 0, NULL, 1 FROM told";
    for before in ["", "DELETE FROM told", other] {
        let mut world = queued(&["klank"]);
        world.memory.refuse_next(Fault::Uncertain, "silence");
        world.deliver();
        world.poison(before);
        world.set(&world::local(only(&world).due_at + TimeDelta::minutes(1)));
        world.deliver();
        let id = only(&world).id;
        let told = world.store(move |store| store.told_in(id).unwrap());
        let told: Vec<_> = told.iter().map(|(told, uncertain)| (told.occurrence.as_str(), *uncertain)).collect();
        assert_eq!((only(&world).state, told), (State::Sent, vec![("cz/proef/tekenen", false)]), "{before}");
    }
}

#[test]
fn a_poisoned_subscription_parks_its_practice_alone() {
    let start = "UPDATE subscription SET start = 'gisteren' WHERE practice = 'stuk'";
    let standing = "UPDATE subscription SET standing = 'onzin' WHERE practice = 'stuk'";
    let done = "INSERT INTO done VALUES ('stuk', 'x', 'logopedie', 'morgen', 0)";
    let contact = "UPDATE contact SET role = 'baas' WHERE practice = 'stuk'";
    for poison in [start, standing, done, contact] {
        let practices = practice("goed") + &practice("stuk") + &practice("ook-goed");
        let mut world = World::of("2025-11-03 07:00", &milestone("tekenen", "signing-deadline", "by = 2025-11-10"), &practices);
        world.poison(poison);
        let tick = world.tick();
        let parked: Vec<&str> = tick.planned.parked.iter().map(|(id, _)| id.as_str()).collect();
        assert_eq!((parked, world.mails().len()), (vec!["stuk"], 2), "{poison}");
        assert!(world.tick().planned.parked.is_empty(), "named once a day, not every minute");
        world.advance(TimeDelta::days(1));
        assert_eq!(world.tick().planned.parked.len(), 1, "{poison}");
    }
}

#[test]
fn a_practice_that_is_mended_is_planned_again() {
    let mut world = World::of("2025-11-03 07:00", &milestone("tekenen", "signing-deadline", "by = 2025-11-10"), &practice("stuk"));
    world.poison("UPDATE subscription SET standing = 'onzin'");
    world.tick();
    world.import(&practice("stuk"));
    world.tick();
    assert_eq!(world.mails().len(), 1);
}

#[test]
fn what_is_poisoned_after_it_was_queued_is_parked_and_the_others_get_their_mail() {
    let standing = "UPDATE subscription SET standing = 'onzin' WHERE practice = 'goed-1'";
    let done = "INSERT INTO done VALUES ('goed-1', 'x', 'logopedie', 'morgen', 0)";
    let decision = "UPDATE decision SET last_day = 'ooit' WHERE practice = 'goed-1'";
    let mail = "UPDATE outbox SET day = 'ooit' WHERE practice = 'goed-1'";
    for poison in [standing, done, decision, mail] {
        let mut world = queued(&["goed-1", "goed-2", "goed-3"]);
        world.poison(poison);
        let delivered = world.deliver();
        assert_eq!((delivered.failed, delivered.sent), (1, 2), "{poison}");
        assert_eq!(recipients(&world.mails()), ["info@goed-2.example", "info@goed-3.example"], "{poison}");
        assert!(world.deliver().is_nothing(), "{poison}");
    }
}

#[test]
fn a_template_that_breaks_over_one_practice_parks_that_mail_alone() {
    let template = "{% if practice == \"klank\" %}{{ nergens }}{% endif %}{{ headline.party }}\n";
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("digest")).unwrap();
    std::fs::write(folder.path().join("digest/subject.txt"), template).unwrap();
    let mut world = World::with_config("2025-11-03 07:00", &format!("[mail]\ntemplates = {:?}\n", folder.path()));
    world.load(calendar(&milestone("tekenen", "signing-deadline", "by = 2025-11-10")));
    world.import(&(practice("klank") + &practice("toon")));
    let delivered = world.tick().delivered;
    assert_eq!((delivered.failed, delivered.sent), (1, 1));
    let failed = world.outbox(&[State::Failed]).remove(0);
    assert!(failed.reason.as_deref().is_some_and(|reason| reason.contains("subject.txt")), "{:?}", failed.reason);
    assert_eq!(world.mails()[0].subject, "CZ logopedie", "the operator's template is in use");
}

#[test]
fn the_ledger_tells_who_was_told_what() {
    let mut world = queued(&["klank"]);
    world.memory.refuse_next(Fault::Transient, "later");
    world.deliver();
    let id = only(&world).id;
    assert!(world.store(move |store| store.told_by(&[id]).unwrap())[&id].is_empty(), "refused is not told");
    world.drain();
    let told = world.store(move |store| store.told_by(&[id]).unwrap()).remove(&id).unwrap();
    let told: Vec<_> = told.iter().map(|key| (key.occurrence.as_str(), key.last_day.to_string())).collect();
    assert_eq!(told, [("cz/proef/tekenen", "2025-11-10".to_owned())]);
    assert_eq!(world.outbox(&[State::Sent])[0].state_since, world.now());
}

#[test]
fn a_clock_that_jumps_back_neither_doubles_nor_loses() {
    let mut world = queued(&["klank"]);
    world.deliver();
    world.set("2025-10-30 09:00");
    world.tick();
    world.set("2025-11-03 09:00");
    world.tick();
    assert_eq!(world.mails().len(), 1);
    world.play("2025-11-10");
    assert_eq!(world.times(), ["2025-11-07 07:00", "2025-11-10 07:00"]);
}
