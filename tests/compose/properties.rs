//! What holds for every mail, whatever the names in it.

use chrono::TimeZone;
use chrono_tz::Europe::Amsterdam;
use deadlines::domain::milestones::Standing;
use deadlines::domain::practices::Contact;
use deadlines::mail::compose::address::header_text;
use deadlines::mail::compose::calendar::CalendarFacts;
use deadlines::mail::compose::key::{MailKey, MailKind, message_id};
use deadlines::mail::compose::{ComposeError, Composed, Digest, Remarks, TestMail, digest, test_mail};
use deadlines::mail::templates::Templates;
use mail_parser::{HeaderName, MessageParser};
use proptest::prelude::*;

use crate::policies::shipped;
use crate::world::{Scene, day, keys, practice, row, rules, sender, subscription};

const HEADERS: [&str; 12] = [
    "From",
    "Reply-To",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "Content-Language",
    "List-Id",
    "List-Unsubscribe",
    "MIME-Version",
    "Content-Type",
];

/// Any text, and texts that try to become a header.
fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[ -~éë\\r\\n\\t]{0,1200}",
        "[a-z]{1,5}(\\r\\n|\\n|\\r|\\u{2028}|\\u{0}|\\u{85})(Bcc|Subject|X-A): [a-z@.]{1,9}",
        Just("=?utf-8?q?=0D=0ABcc:_x@example.org?=".to_owned()),
        Just("\u{202e}neila \"aap\" <a@b.example>, \\ ;".to_owned()),
    ]
}

fn written(practice_name: &str, contact_name: &str, title: &str, insurer: &str) -> Composed {
    let mut almanac = shipped();
    for milestone in almanac.policies.iter_mut().flat_map(|policy| &mut policy.milestones) {
        milestone.title = title.to_owned();
        milestone.guidance.action = Some(title.to_owned());
    }
    almanac.insurers.iter_mut().for_each(|known| known.name = insurer.to_owned());
    let subscriptions = vec![subscription("zilveren-kruis", "fysiotherapie", Standing::Contracted, &[])];
    let practice = practice("fysio-leiden", practice_name, subscriptions);
    let contact = Contact { name: Some(contact_name.to_owned()), ..Contact::new("info@fysio-leiden.example") };
    let about = ["toegang-vecozo@2025-09-22"];
    Scene::new(&practice, "2025-09-15", &about).compose_with(&almanac, &Templates::compiled_in(), &contact)
}

/// CRLF alone, ASCII alone, no line longer than RFC 5322 allows.
fn assert_wire_format(bytes: &[u8]) {
    assert!(bytes.is_ascii() && !bytes.contains(&0));
    let text = std::str::from_utf8(bytes).unwrap();
    assert!(text.ends_with("\r\n"));
    for line in text.split("\r\n") {
        assert!(!line.contains(['\r', '\n']), "a bare line break in {line:?}");
        assert!(line.len() <= 998, "{} characters", line.len());
    }
}

fn header_names(bytes: &[u8]) -> Vec<&str> {
    let text = std::str::from_utf8(bytes).unwrap();
    let (head, _) = text.split_once("\r\n\r\n").unwrap();
    head.split("\r\n").filter(|line| !line.starts_with([' ', '\t'])).map(|line| line.split(':').next().unwrap()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn no_field_becomes_a_header(practice in hostile(), contact in hostile(), title in hostile(), insurer in hostile()) {
        let mail = written(&practice, &contact, &title, &insurer);
        assert_wire_format(&mail.bytes);
        prop_assert_eq!(header_names(&mail.bytes), HEADERS);
        let parsed = MessageParser::default().parse(&mail.bytes).unwrap();
        prop_assert_eq!(parsed.subject().unwrap(), mail.subject.as_str());
        let to = parsed.to().unwrap().as_list().unwrap();
        prop_assert_eq!(to.len(), 1);
        prop_assert_eq!(to[0].address().unwrap(), "info@fysio-leiden.example");
        prop_assert_eq!(to[0].name().unwrap_or(""), header_text(&contact));
        prop_assert_eq!(parsed.text_body.len(), 1);
        prop_assert_eq!(parsed.html_body.len(), 1);
        prop_assert_eq!(parsed.attachment_count(), 1);
        let calendar = parsed.attachment(0).unwrap().contents();
        let calendar = std::str::from_utf8(calendar).unwrap().replace("\r\n", "\u{1}");
        prop_assert!(!calendar.contains(['\r', '\n']));
        prop_assert_eq!(calendar.split('\u{1}').filter(|line| *line == "BEGIN:VEVENT").count(), 1);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn no_name_of_the_senders_becomes_a_header(from in hostile(), answers in hostile(), operator in hostile()) {
        let named = |name: &str, email: &str| lettre::message::Mailbox::new(Some(name.to_owned()), email.parse().unwrap());
        let us = deadlines::mail::compose::Sender {
            from: named(&from, "herinnering@paramedici.example"),
            reply_to: Some(named(&answers, "ledenservice@paramedici.example")),
            operator_name: operator.clone(),
            ..sender()
        };
        let now = Amsterdam.with_ymd_and_hms(2023, 7, 30, 7, 0, 3).unwrap();
        let mail = test_mail(&Templates::compiled_in(), &us, &TestMail { to: "beheer@paramedici.example", now }).unwrap();
        assert_wire_format(&mail.bytes);
        let parsed = MessageParser::default().parse(&mail.bytes).unwrap();
        let expected: Vec<&str> = HEADERS.into_iter().filter(|name| *name != "List-Unsubscribe").collect();
        prop_assert_eq!(header_names(&mail.bytes), expected);
        prop_assert_eq!(parsed.from().unwrap().first().unwrap().name().unwrap_or(""), header_text(&from));
        prop_assert_eq!(parsed.reply_to().unwrap().first().unwrap().name().unwrap_or(""), header_text(&answers));
        prop_assert_eq!(parsed.from().unwrap().first().unwrap().address(), Some("herinnering@paramedici.example"));
        prop_assert_eq!(parsed.subject().unwrap(), mail.subject.as_str());
        prop_assert!(!mail.subject.contains(char::is_control));
    }
}

#[test]
fn the_same_input_gives_the_same_bytes_and_a_retry_the_same_message_id() {
    let subscriptions = vec![subscription("zilveren-kruis", "fysiotherapie", Standing::Contracted, &[])];
    let practice = practice("fysio-leiden", "Fysiotherapie Leiden", subscriptions);
    let scene = Scene::new(&practice, "2025-11-03", &["ondertekenen@2025-11-10"]);
    let first = scene.compose(&shipped());
    assert_eq!(first.bytes, scene.compose(&shipped()).bytes);
    let retried = Scene { today: "2025-11-04", ..scene }.compose(&shipped());
    assert_eq!(first.message_id, retried.message_id);
    assert_ne!(first.bytes, retried.bytes);
}

#[test]
fn the_message_id_follows_from_the_key_alone() {
    let practice = "fysio-leiden".into();
    let key = MailKey { kind: MailKind::Digest, copy: 0, practice: &practice, email: "info@fysio-leiden.example", day: day("2023-10-30") };
    let id = message_id(&key, "paramedici.example");
    assert_eq!(id, "9acc68d570834a5e798afa2407bcd911@paramedici.example");
    assert_ne!(id, message_id(&MailKey { day: day("2023-10-31"), ..key }, "paramedici.example"));
    assert_ne!(id, message_id(&MailKey { email: "owner@fysio-leiden.example", ..key }, "paramedici.example"));
}

#[test]
fn an_independent_parser_reads_the_headers() {
    let mail = written("Fysiotherapie Leiden", "Ilse d'Hôtel, balie", "Toegang regelen", "Zilveren Kruis");
    let parsed = MessageParser::default().parse(&mail.bytes).unwrap();
    assert_eq!(parsed.message_id(), Some(mail.message_id.as_str()));
    assert_eq!(parsed.date().unwrap().to_rfc3339(), "2025-09-15T07:00:03+02:00");
    assert_eq!(parsed.header_raw("Auto-Submitted").unwrap().trim(), "auto-generated");
    assert_eq!(parsed.from().unwrap().first().unwrap().address(), Some("herinnering@paramedici.example"));
    assert_eq!(parsed.reply_to().unwrap().first().unwrap().name(), Some("Ledenservice"));
    assert_eq!(parsed.to().unwrap().first().unwrap().name(), Some("Ilse d'Hôtel, balie"));
    assert_eq!(parsed.header_raw(HeaderName::ListId).unwrap().trim(), "Contracttermijnen <contracttermijnen.paramedici.example>");
    let unsubscribe = parsed.header_raw(HeaderName::ListUnsubscribe).unwrap();
    assert!(unsubscribe.trim().starts_with("<mailto:stop@paramedici.example?subject=afmelden%20"), "{unsubscribe}");
    assert_eq!(parsed.body_html(0).unwrap().replace("\r\n", "\n").trim_end(), mail.html.trim_end());
}

#[test]
fn the_documentation_has_the_relay_sign_every_header() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/sender-domain.md")).unwrap();
    let signed: Vec<&str> = text.lines().find_map(|line| line.strip_prefix("SignHeaders ")).unwrap().trim().split(',').collect();
    for header in HEADERS {
        assert!(text.contains(&format!("`{header}`")) && signed.contains(&header), "{header}");
    }
}

#[test]
fn an_international_domain_goes_out_in_ascii_and_a_bad_address_is_refused() {
    let now = Amsterdam.with_ymd_and_hms(2023, 10, 30, 7, 0, 3).unwrap();
    let templates = Templates::compiled_in();
    let sent = test_mail(&templates, &sender(), &TestMail { to: "info@diëtiste.example", now }).unwrap();
    assert_eq!(sent.recipient.to_string(), "info@xn--ditiste-sya.example");
    for bad in ["", "geen adres", "ïnfo@fysio.example", "a@b\r\nBcc: c@d.example", "a@"] {
        let refused = test_mail(&templates, &sender(), &TestMail { to: bad, now });
        assert!(matches!(refused, Err(ComposeError::Recipient(_))), "{bad}");
    }
    let broken = deadlines::mail::compose::Sender { list_domain: "not a domain>".to_owned(), ..sender() };
    assert!(matches!(test_mail(&templates, &broken, &TestMail { to: "a@b.example", now }), Err(ComposeError::Sender { .. })));
}

#[test]
fn a_mail_about_nothing_is_refused() {
    let almanac = shipped();
    let practice = practice("leeg", "Lege praktijk", Vec::new());
    let now = Amsterdam.with_ymd_and_hms(2023, 10, 30, 7, 0, 3).unwrap();
    let today = day("2023-10-30");
    let nothing = Digest {
        kind: MailKind::Digest,
        copy: 0,
        almanac: &almanac,
        practice: &practice,
        contact: &practice.contacts[0],
        items: &[],
        gaps: &[],
        today,
        planned: today,
        now,
        remarks: &Remarks::new(),
        calendar: CalendarFacts { rules: &rules(), changes: &Default::default() },
        row: row(&practice.contacts[0], today),
        keys: &keys(),
    };
    assert!(matches!(digest(&Templates::compiled_in(), &sender(), &nothing), Err(ComposeError::Nothing)));
}
