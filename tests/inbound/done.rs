//! "Afgehandeld".

use deadlines::job::inbound::Outcome;

use crate::desk::{Desk, sample, subject};
use crate::world::{calendar, milestone};

const INFO: &str = "info@klank.example";

fn told() -> (Desk, String) {
    let mut desk = Desk::told(&[INFO]);
    let text = desk.world.mails().remove(0).text;
    (desk, subject(&text, "afgehandeld"))
}

#[test]
fn what_is_handled_is_silent_and_twice_is_once() {
    let (mut desk, handled) = told();
    assert_eq!(desk.answer(&handled), Outcome::Done);
    assert_eq!(desk.answer(&format!("RE: {}", handled.to_uppercase())), Outcome::Again);
    desk.world.play("2025-11-10");
    assert_eq!(desk.world.mails(), []);
}

#[test]
fn a_day_that_has_changed_is_not_handled_by_it() {
    let (mut desk, handled) = told();
    desk.world.load(calendar(&milestone("tekenen", "signing-deadline", "by = 2025-11-12")));
    assert_eq!(desk.answer(&handled), Outcome::Stale);
    desk.world.play("2025-11-12");
    let mails = desk.world.mails();
    assert!(mails.iter().any(|mail| mail.subject.contains("12 november")), "{mails:?}");
}

#[test]
fn it_is_good_for_its_day_alone_also_when_pressed_before_the_change() {
    let (mut desk, handled) = told();
    assert_eq!(desk.answer(&handled), Outcome::Done);
    desk.world.load(calendar(&milestone("tekenen", "signing-deadline", "by = 2025-11-12")));
    desk.world.play("2025-11-12");
    assert!(!desk.world.mails().is_empty());
}

#[test]
fn a_mail_whose_answer_was_never_recorded_can_be_answered() {
    let (mut desk, handled) = told();
    desk.world.poison("DELETE FROM told; UPDATE outbox SET state = 'uncertain'");
    assert_eq!(desk.answer(&handled), Outcome::Done);
}

#[test]
fn forged_and_automatic_ones_do_nothing() {
    let (mut desk, handled) = told();
    let mut forged = handled.clone();
    let last = if handled.ends_with('a') { 'b' } else { 'a' };
    forged.pop();
    forged.insert(forged.len() - 3, last);
    assert!(matches!(desk.answer(&forged), Outcome::Forged | Outcome::Unread));
    assert_eq!(desk.becomes(&sample("gmail-unsubscribe", "", "", &handled)), Outcome::Automatic);
    assert_eq!(desk.becomes(&sample("vacation", "bounces@example.org", "", &handled)), Outcome::Automatic);
    desk.world.poison("DELETE FROM told; DELETE FROM decision");
    assert_eq!(desk.answer(&handled), Outcome::Forged);
    assert!(desk.world.write(|work| work.memory(&"klank".into()).unwrap()).done.is_empty());
}

#[test]
fn a_practice_that_is_gone_is_no_trouble() {
    let (mut desk, handled) = told();
    desk.world.write(|work| work.remove_practice(&"klank".into()).unwrap());
    assert_eq!(desk.answer(&handled), Outcome::Stale);
}
