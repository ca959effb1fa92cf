//! Delivery reports in the manner of those who write them.

use deadlines::domain::notices::NoticeKind;
use deadlines::job::inbound::Outcome;
use deadlines::mail::memory::MemoryBox;
use deadlines::mail::signed::{Keys, MailRow, bounce};
use deadlines::mail::transport::Transport;
use deadlines::store::outbox::State;

use crate::desk::{Desk, practice, sample};

const INFO: &str = "info@klank.example";
const MEREL: &str = "merel@klank.example";

fn dead(desk: &Desk, email: &'static str) -> Option<String> {
    desk.world.write(move |work| work.dead_address(email).unwrap().map(|dead| dead.reason))
}

#[test]
fn an_address_that_does_not_exist_is_written_to_no_more() {
    let samples = [
        (
            "postfix-unknown",
            "5.1.1 550 5.1.1 <info@klank.example>: Recipient address rejected: User unknown in virtual mailbox table",
            "5.1.1",
        ),
        (
            "exchange-not-found",
            "5.1.10 550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient info@klank.example not found by SMTP address lookup",
            "5.1.10",
        ),
        ("gmail-no-such-user", "5.1.1 550-5.1.1 The email account that you tried to reach does not exist. Please try 550-5.1.1", "5.1.1"),
    ];
    for (name, said, status) in samples {
        let mut desk = Desk::told(&[INFO, MEREL]);
        assert_eq!(desk.report(name, INFO), Outcome::Bounced, "{name}");
        let reason = dead(&desk, INFO).unwrap();
        assert!(reason.starts_with(said), "{name}: {reason}");
        assert_eq!(desk.outcomes_of(&desk.mail_to(INFO)), ["accepted ".to_owned(), format!("bounced {status}")]);
        let kinds: Vec<NoticeKind> = desk.notices().iter().map(|notice| notice.kind).collect();
        assert_eq!(kinds, [NoticeKind::DeadAddress], "the practice has another address");
        desk.world.mails();
        desk.world.set("2025-11-07 07:00");
        desk.world.tick();
        assert_eq!(desk.world.mails().iter().map(|mail| mail.to.clone()).collect::<Vec<_>>(), [MEREL]);
    }
}

#[test]
fn the_envelope_names_the_mail_in_64_characters_at_most() {
    let mut desk = Desk::told(&[INFO]);
    let memory = MemoryBox::default();
    desk.world.leave_by(Transport::Memory(memory.clone()));
    desk.world.set("2025-11-07 07:00");
    desk.world.tick();
    let left = memory.take().remove(0);
    assert_eq!(left.return_path, desk.verp(&desk.mail_to(INFO)));
    assert!(left.return_path.starts_with("bounces+") && left.return_path.ends_with("@example.org"), "{}", left.return_path);
    let mail = deadlines::store::outbox::Mail { id: i64::MAX, ..desk.mail_to(INFO) };
    let longest = desk.verp(&mail);
    assert!(longest.split('@').next().unwrap().len() <= 64, "{longest}");
}

#[test]
fn two_copies_of_a_report_count_once() {
    let mut desk = Desk::told(&[INFO, MEREL]);
    assert_eq!(desk.report("postfix-unknown", INFO), Outcome::Bounced);
    assert_eq!(desk.report("postfix-unknown", INFO), Outcome::Again);
    assert_eq!(desk.outcomes_of(&desk.mail_to(INFO)).len(), 2);
}

#[test]
fn a_copy_that_comes_after_the_operator_mended_it_does_not_kill_again() {
    let mut desk = Desk::told(&[INFO, MEREL]);
    desk.report("postfix-unknown", INFO);
    desk.world.write(|work| work.revive(INFO).unwrap());
    assert_eq!(desk.report("postfix-unknown", INFO), Outcome::Again);
    assert_eq!(dead(&desk, INFO), None);
}

#[test]
fn what_is_not_about_the_address_is_told_to_the_operator_and_no_more() {
    for (name, status) in [("exchange-full", "5.2.2"), ("postfix-forwarded", "5.1.1")] {
        let mut desk = Desk::told(&[INFO]);
        assert_eq!(desk.report(name, INFO), Outcome::Bounced, "{name}");
        assert_eq!(dead(&desk, INFO), None, "{name}");
        let notices = desk.notices();
        assert_eq!(notices.len(), 1);
        assert_eq!(notices[0].kind, NoticeKind::Bounced);
        assert!(notices[0].text.starts_with(&format!("to {INFO} for klank: {status}")), "{}", notices[0].text);
        assert_eq!(desk.outcomes_of(&desk.mail_to(INFO))[1], format!("bounced {status}"));
    }
}

#[test]
fn a_delay_is_recorded_and_no_more() {
    let mut desk = Desk::told(&[INFO]);
    assert_eq!(desk.report("postfix-delayed", INFO), Outcome::Reported);
    assert_eq!(desk.outcomes_of(&desk.mail_to(INFO)), ["accepted ", "delayed 4.4.1"]);
    assert_eq!((dead(&desk, INFO), desk.notices()), (None, Vec::new()));
}

#[test]
fn unsigned_and_forged_reports_are_counted_and_no_more() {
    let mut desk = Desk::told(&[INFO]);
    let mail = desk.mail_to(INFO);
    let row = |id: i64, email: &'static str| MailRow { id, practice: "klank", email, day: mail.day, kind: "digest" };
    let ours = deadlines::mail::key_file::open(&desk.key_file()).unwrap();
    let forged = [
        "bounces@example.org".to_owned(),
        format!("bounces+{}@example.org", bounce(&Keys::new([9; 32], Vec::new()), &row(mail.id, INFO))),
        format!("bounces+{}@example.org", bounce(&Keys::for_show(), &row(mail.id, INFO))),
        // Signed by us, but for a mail that this row no longer is: the database was restored, and its rows are counted anew.
        format!("bounces+{}@example.org", bounce(&ours, &row(mail.id, MEREL))),
        format!("bounces+{}@example.org", bounce(&ours, &row(mail.id + 1000, INFO))),
    ];
    for verp in &forged {
        assert_eq!(desk.becomes(&sample("postfix-unknown", verp, INFO, "")), Outcome::UnsignedReport, "{verp}");
    }
    assert_eq!((dead(&desk, INFO), desk.notices()), (None, Vec::new()));
    let counted = desk.world.store(|store| store.inbound_counts(crate::world::day("2025-11-03"))).unwrap();
    assert_eq!(counted, [("unsigned-report".to_owned(), 5)]);
}

#[test]
fn a_mail_system_may_fold_case() {
    let mut desk = Desk::told(&[INFO, MEREL]);
    let verp = desk.verp(&desk.mail_to(INFO)).to_uppercase();
    assert_eq!(desk.becomes(&sample("postfix-unknown", &verp, INFO, "")), Outcome::Bounced);
}

#[test]
fn the_pipe_may_name_the_recipient() {
    let mut desk = Desk::told(&[INFO, MEREL]);
    let verp = desk.verp(&desk.mail_to(INFO));
    let mut message = format!("X-Deadlines-Recipient: {verp}\nFrom MAILER-DAEMON Mon Nov  3 07:00:14 2025\n").into_bytes();
    message.extend(sample("postfix-unknown", "bounces@example.org", INFO, ""));
    assert_eq!(desk.becomes(&message), Outcome::Bounced);
}

#[test]
fn older_keys_verify() {
    let mut desk = Desk::told(&[INFO, MEREL]);
    let verp = desk.verp(&desk.mail_to(INFO));
    let old = std::fs::read_to_string(desk.key_file()).unwrap();
    std::fs::write(desk.key_file(), format!("{}\n{old}", "ab".repeat(32))).unwrap();
    assert_ne!(desk.verp(&desk.mail_to(INFO)), verp, "the first one signs");
    assert_eq!(desk.becomes(&sample("postfix-unknown", &verp, INFO, "")), Outcome::Bounced);
    std::fs::write(desk.key_file(), "ab".repeat(32)).unwrap();
    let merel = sample("postfix-unknown", &verp, INFO, "");
    assert_eq!(desk.becomes(&merel), Outcome::UnsignedReport);
}

#[test]
fn the_last_address_takes_the_reminder_with_it_and_a_new_one_gets_it() {
    let mut desk = Desk::told(&[INFO]);
    desk.report("postfix-unknown", INFO);
    let notices = desk.notices();
    assert_eq!(notices.iter().map(|notice| notice.kind).collect::<Vec<_>>(), [NoticeKind::DeadAddress, NoticeKind::Unreachable]);
    let open =
        "what is open:\nby 2025-11-10: cz logopedie, tekenen (cz/proef/tekenen)\nby 2026-11-10: cz logopedie, later (cz/proef/later)";
    assert!(notices[1].text.ends_with(open), "{}", notices[1].text);
    desk.world.mails();
    for now in ["2025-11-03 07:01", "2025-11-04 07:00", "2025-11-05 07:00"] {
        desk.world.set(now);
        assert_eq!(desk.world.tick().planned.mails, 0);
    }
    assert_eq!(desk.notices(), notices, "told once");
    desk.world.import(&practice("klank", &["nieuw@klank.example"]));
    desk.world.tick();
    let mails = desk.world.mails();
    assert_eq!(mails.iter().map(|mail| mail.to.as_str()).collect::<Vec<_>>(), ["nieuw@klank.example"]);
    assert!(mails[0].subject.contains("nog 5 dagen"), "{}", mails[0].subject);
    desk.world.advance(chrono::TimeDelta::minutes(1));
    desk.report("postfix-unknown", "nieuw@klank.example");
    assert_eq!(desk.notices().len(), 4, "it has come to that again");
}

#[test]
fn a_bounce_is_an_answer_for_a_mail_that_nobody_knew_of() {
    let mut desk = Desk::told(&[INFO, MEREL]);
    let id = desk.mail_to(INFO).id;
    desk.world.poison(&format!("INSERT INTO unanswered VALUES ({id}, x'00'); UPDATE outbox SET state = 'uncertain' WHERE id = {id}"));
    desk.report("postfix-unknown", INFO);
    assert_eq!(desk.mail_to(INFO).state, State::Failed);
}
