//! Machines' answers, persons' letters and bytes that are no mail.

use deadlines::job::inbound::Outcome;
use deadlines::mail::inbound::{Content, read};
use deadlines::mail::signed::Token;
use proptest::prelude::*;

use crate::desk::{Desk, sample};

const INFO: &str = "info@klank.example";

#[test]
fn answering_machines_are_counted_and_no_more() {
    let mut desk = Desk::told(&[INFO]);
    for name in ["out-of-office", "vacation", "read-receipt"] {
        assert_eq!(desk.report(name, INFO), Outcome::Automatic, "{name}");
    }
    assert_eq!((desk.notices(), desk.files("odd")), (Vec::new(), 0));
}

#[test]
fn what_a_person_writes_is_kept_for_the_operator() {
    let mut desk = Desk::told(&[INFO]);
    assert_eq!(desk.report("person", INFO), Outcome::Unread);
    assert_eq!(desk.report("person", INFO), Outcome::Unread);
    assert_eq!(desk.files("odd"), 2);
    let notices = desk.notices();
    assert_eq!(notices.len(), 1, "one a day");
    assert!(notices[0].text.ends_with("var/spool/odd"), "{}", notices[0].text);
}

#[test]
fn huge_and_broken_messages_stop_nobody() {
    let mut desk = Desk::told(&[INFO, "merel@klank.example"]);
    let report = sample("postfix-unknown", &desk.verp(&desk.mail_to(INFO)), INFO, "");
    let mut cut = report.clone();
    cut.truncate(report.len() / 3);
    let mut huge = report.clone();
    huge.resize(3_000_000, b'x');
    let deep = "Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n".repeat(20_000).into_bytes();
    for message in [cut, deep, vec![0; 100_000], vec![0xff; 1000], b"\n\n\n".to_vec(), b"From ".to_vec(), Vec::new(), huge] {
        desk.hand_in(&message);
    }
    std::os::unix::fs::symlink("/etc/hostname", desk.spool().join("000500.eml")).unwrap();
    std::fs::create_dir(desk.spool().join("000501.eml")).unwrap();
    let received = desk.receive();
    assert_eq!(received.0.get(&Outcome::Bounced), Some(&1), "{received}");
    assert_eq!(received.0.get(&Outcome::Broken), Some(&2), "{received}");
    assert_eq!(desk.files(""), 0);
    assert!(desk.receive().0.is_empty());
}

#[test]
fn drafts_of_the_pipe_are_left_alone() {
    let mut desk = Desk::told(&[INFO]);
    desk.hand_in(b"Subject: x\n\n");
    std::fs::rename(desk.spool().join("000001.eml"), desk.spool().join(".1.eml")).unwrap();
    assert!(desk.receive().0.is_empty());
    assert_eq!(desk.files(""), 1);
}

/// Bytes, and reports with a piece cut out, doubled or spoilt.
fn messages() -> impl Strategy<Value = Vec<u8>> {
    let names =
        prop::sample::select(vec!["postfix-unknown", "exchange-not-found", "gmail-no-such-user", "out-of-office", "gmail-unsubscribe"]);
    let spoilt = (names, any::<prop::sample::Index>(), any::<prop::sample::Index>(), prop::collection::vec(any::<u8>(), 0..40)).prop_map(
        |(name, a, b, noise)| {
            let mut bytes = sample(name, "bounces+aqdvwaev65rakmfg6xvq@example.org", INFO, "afmelden ajths43jn4wwyzljmrsw5");
            let (a, b) = (a.index(bytes.len()), b.index(bytes.len()));
            bytes.splice(a.min(b)..a.max(b), noise);
            bytes
        },
    );
    prop_oneof![prop::collection::vec(any::<u8>(), 0..600), spoilt]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_it_panic(message in messages()) {
        let incoming = read(&message);
        prop_assert!(!matches!(incoming.content, Content::Reports(reports) if reports.len() > 20));
    }

    #[test]
    fn no_text_makes_a_token_that_lies(text in "\\PC{0,60}") {
        if let Some(token) = Token::parse(&text) {
            prop_assert!(!token.is_about_address(&deadlines::mail::signed::Keys::new([7; 32], Vec::new()), INFO));
        }
    }
}
