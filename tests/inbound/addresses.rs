//! Unsubscribing and coming back.

use deadlines::job::inbound::Outcome;
use deadlines::store::outbox::State;
use insta::assert_snapshot;

use crate::desk::{Desk, practice, sample, subject};
use crate::world::Letter;

const INFO: &str = "info@klank.example";
const MEREL: &str = "merel@klank.example";

fn whole(letter: &Letter) -> String {
    let text = letter.text.replace("\r\n", "\n");
    let hide = |line: &str| match line.split_once(' ') {
        Some((word @ ("afmelden" | "aanmelden"), token)) if !token.contains(' ') => format!("{word} [token]"),
        _ => line.to_owned(),
    };
    let lines: Vec<String> = text.trim_end().lines().map(hide).collect();
    format!("Aan: {}\nOnderwerp: {}\n\n{}", letter.to, letter.subject, lines.join("\n"))
}

fn addressees(letters: &[Letter]) -> Vec<&str> {
    letters.iter().map(|letter| letter.to.as_str()).collect()
}

/// The mails so far, the first one's unsubscribe used.
fn unsubscribed(emails: &[&str]) -> (Desk, Vec<Letter>) {
    let mut desk = Desk::told(emails);
    let told = desk.world.mails();
    assert_eq!(desk.answer(&subject(&told[0].text, "afmelden")), Outcome::Unsubscribed);
    (desk, told)
}

#[test]
fn who_unsubscribes_hears_what_is_open_and_so_do_the_others() {
    let (mut desk, _) = unsubscribed(&[INFO, MEREL]);
    desk.world.tick();
    let mails = desk.world.mails();
    assert_eq!(addressees(&mails), [INFO, MEREL]);
    assert_snapshot!("farewell", whole(&mails[0]));
    assert_snapshot!("contact_left", whole(&mails[1]));
    assert_eq!(desk.notices(), [], "somebody still reads");
    desk.world.set("2025-11-07 07:00");
    desk.world.tick();
    assert_eq!(addressees(&desk.world.mails()), [MEREL]);
}

#[test]
fn the_last_one_who_unsubscribes_is_told_to_the_operator_once() {
    let (mut desk, told) = unsubscribed(&[INFO]);
    desk.world.tick();
    let mails = desk.world.mails();
    assert_snapshot!("farewell_of_the_last", whole(&mails[0]));
    let notices = desk.notices();
    assert_eq!(notices.len(), 1);
    assert!(notices[0].text.starts_with("Praktijk klank: info@klank.example unsubscribed; what is open:\n"));
    assert_eq!(desk.answer(&subject(&told[0].text, "afmelden")), Outcome::Again);
    desk.world.set("2025-11-07 07:00");
    desk.world.tick();
    assert_eq!((desk.world.mails(), desk.notices()), (Vec::new(), notices));
}

#[test]
fn the_way_back_works_and_what_was_due_meanwhile_goes_at_once() {
    let (mut desk, _) = unsubscribed(&[INFO]);
    desk.world.tick();
    let way_back = subject(&desk.world.mails()[0].text.replace("\r\n", "\n"), "aanmelden");
    desk.world.set("2025-11-07 07:00");
    desk.world.tick();
    assert_eq!(desk.answer(&format!("Re: {}", way_back.to_uppercase())), Outcome::Subscribed);
    assert_eq!(desk.answer(&way_back), Outcome::Again);
    desk.world.tick();
    let mails = desk.world.mails();
    assert_eq!(addressees(&mails), [INFO]);
    assert!(mails[0].subject.contains("nog 3 dagen"), "{}", mails[0].subject);
    assert_eq!(desk.notices().len(), 1, "it was so for four days");
}

#[test]
fn who_comes_back_before_the_farewell_left_gets_none() {
    let (mut desk, _) = unsubscribed(&[INFO]);
    desk.world.write(|work| work.resubscribe(&"klank".into(), INFO).unwrap());
    desk.world.tick();
    assert_eq!(desk.world.mails(), []);
    assert_eq!(desk.mail_to(INFO).state, State::Cancelled);
}

#[test]
fn an_import_does_not_bring_an_address_back_in_any_spelling() {
    let (mut desk, _) = unsubscribed(&[INFO, MEREL]);
    desk.world.tick();
    desk.world.mails();
    desk.world.import(&practice("klank", &[MEREL]));
    desk.world.import(&practice("klank", &["Info@Klank.example", MEREL]));
    desk.world.set("2025-11-07 07:00");
    desk.world.tick();
    assert_eq!(addressees(&desk.world.mails()), [MEREL]);
}

#[test]
fn it_holds_for_one_practice_alone() {
    let mut desk = Desk::told(&[INFO]);
    let first = desk.world.mails().remove(0);
    desk.world.import(&practice("zuster", &[INFO]));
    desk.answer(&subject(&first.text, "afmelden"));
    desk.world.tick();
    let mails = desk.world.mails();
    let subjects: Vec<&str> = mails.iter().map(|mail| mail.subject.split(':').next().unwrap()).collect();
    assert_eq!(subjects.len(), 2);
    assert!(subjects.contains(&"Afgemeld"), "{subjects:?}");
    assert!(mails.iter().any(|mail| mail.text.contains("Praktijk zuster") && mail.subject.contains("nog 7 dagen")));
}

#[test]
fn a_mail_service_may_press_the_link_for_its_reader_but_no_machine_answers() {
    let mut desk = Desk::told(&[INFO, MEREL]);
    let told = desk.world.mails();
    let asked = subject(&told[0].text, "afmelden");
    let verp = desk.verp(&desk.mail_to(INFO));
    assert_eq!(desk.becomes(&sample("vacation", &verp, INFO, &asked)), Outcome::Automatic);
    assert_eq!(desk.becomes(&sample("gmail-unsubscribe", "", INFO, &asked)), Outcome::Unsubscribed);
}

#[test]
fn nobody_unsubscribes_somebody_else() {
    let mut desk = Desk::told(&[INFO, MEREL]);
    let text = desk.world.mails().remove(0).text;
    let good = subject(&text, "afmelden");
    let done = subject(&text, "afgehandeld");
    let (_, token) = good.split_once(' ').unwrap();
    let forged = deadlines::mail::signed::unsubscribe(&deadlines::mail::signed::Keys::for_show(), "klank", INFO);
    assert_eq!(desk.answer(&format!("afmelden {forged}")), Outcome::Forged);
    assert_eq!(desk.answer(&format!("aanmelden {token}")), Outcome::Unread);
    assert_eq!(desk.answer(&done.replace("afgehandeld", "afmelden")), Outcome::Unread);
    assert_eq!(desk.answer("afmelden klank"), Outcome::Unread);
    desk.world.set("2025-11-07 07:00");
    desk.world.tick();
    assert_eq!(addressees(&desk.world.mails()), [INFO, MEREL]);
}

#[test]
fn a_second_one_who_leaves_on_the_same_day_is_heard_of_too() {
    let third = "balie@klank.example";
    let mut desk = Desk::told(&[INFO, MEREL, third]);
    let told = desk.world.mails();
    for letter in &told[..2] {
        desk.answer(&subject(&letter.text, "afmelden"));
        desk.world.tick();
    }
    let mails = desk.world.mails();
    assert_eq!(addressees(&mails), [INFO, MEREL, third, MEREL, third]);
    assert!(mails[4].text.starts_with("info@klank.example en merel@klank.example zijn afgemeld"), "{}", mails[4].text);
}
