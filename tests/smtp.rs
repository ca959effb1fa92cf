//! The SMTP courier against a server that does everything wrong that a server can do.

#[path = "support/smtp_server.rs"]
mod smtp_server;

use std::time::Duration;

use deadlines::mail::smtp::{Login, Security, SmtpSettings};
use deadlines::mail::transport::{Answer, Courier, Fault, Outgoing, Refusal, Transport};
use secrecy::SecretString;
use smtp_server::SmtpServer;
use smtp_server::script::{Act, At, Script};
use tokio::task::JoinSet;

/// Long enough for a dialogue on a busy machine, short enough to wait for.
const SHORT: Duration = Duration::from_millis(400);

const TLS_OFFER: [&str; 3] = ["PIPELINING", "STARTTLS", "AUTH PLAIN"];

fn settings(server: &SmtpServer, security: Security) -> SmtpSettings {
    SmtpSettings { extra_root_pem: Some(server.root_pem()), ..SmtpSettings::new("127.0.0.1", server.port(), security) }
}

fn with_password(server: &SmtpServer, security: Security) -> SmtpSettings {
    SmtpSettings { login: Login::As { user: "user".to_owned(), password: SecretString::from("password") }, ..settings(server, security) }
}

fn courier(server: &SmtpServer, security: Security) -> Courier {
    Transport::Smtp(settings(server, security)).courier()
}

fn mail(number: usize) -> Outgoing {
    Outgoing {
        message_id: format!("<{number}@test.example>"),
        return_path: format!("bounce+{number}@test.example"),
        recipient: format!("praktijk{number}@test.example"),
        bytes: format!("Message-ID: <{number}@test.example>\r\nSubject: {number}\r\n\r\nregel\r\n.\r\n..punt\r\n").into_bytes(),
    }
}

fn refused(answer: Answer) -> Refusal {
    match answer {
        Answer::Refused(refusal) => refusal,
        Answer::Accepted { code, text, .. } => panic!("accepted with {code} {text}"),
    }
}

fn accepted(answer: Answer) -> (u16, String) {
    match answer {
        Answer::Accepted { code, text, .. } => (code, text),
        Answer::Refused(refusal) => panic!("{refusal:?}"),
    }
}

fn assert_received(server: &SmtpServer, numbers: &[usize]) {
    let received = server.received();
    let ids: Vec<_> = received.iter().map(|mail| mail.recipient.as_str()).collect();
    assert_eq!(ids, numbers.iter().map(|number| mail(*number).recipient).collect::<Vec<_>>());
    for (got, number) in received.iter().zip(numbers) {
        let sent = mail(*number);
        assert_eq!((&got.return_path, &got.bytes), (&sent.return_path, &sent.bytes));
    }
}

/// One fault on the first connection: what the first message meets. The second goes over a fresh connection and is right.
async fn meets(name: &'static str, script: Script, change: impl Fn(&mut SmtpSettings), arrived: &[usize]) -> Refusal {
    let server = SmtpServer::start([script]);
    let mut settings = settings(&server, Security::None);
    change(&mut settings);
    let mut courier = Transport::Smtp(settings).courier();
    let refusal = refused(courier.deliver(&mail(1)).await);
    assert_eq!(accepted(courier.deliver(&mail(2)).await).0, 250, "{name}");
    assert_eq!(server.connections(), 2, "{name}");
    assert_received(&server, arrived);
    assert!(!refusal.text.is_empty() && !refusal.text.contains(char::is_control), "{name}: {:?}", refusal.text);
    assert_eq!(refusal.server, format!("127.0.0.1:{}", server.port()));
    refusal
}

#[tokio::test]
async fn a_mail_arrives_byte_for_byte() {
    for extensions in [&["PIPELINING", "SIZE 1000"][..], &[]] {
        let server = SmtpServer::start([Script::new().offering(extensions)]);
        let mut courier = courier(&server, Security::None);
        assert_eq!(accepted(courier.deliver(&mail(1)).await), (250, "queued as 4711".to_owned()));
        courier.close().await;
        assert_received(&server, &[1]);
        assert_eq!(server.heard().last().unwrap().line, "QUIT");
        let size = server.heard().iter().any(|heard| heard.line.contains("SIZE="));
        assert_eq!(size, !extensions.is_empty());
    }
}

/// Where, what the server answers there, and what the caller is told: fault, code and enhanced code.
type Row = (At, &'static str, Fault, Option<u16>, Option<&'static str>);

#[tokio::test]
async fn refusals_at_every_command() {
    let rows: [Row; 22] = [
        (At::Greeting, "554 no SMTP here", Fault::Operator, Some(554), None),
        (At::Greeting, "421 4.3.2 too busy", Fault::Throttled, Some(421), Some("4.3.2")),
        (At::Greeting, "250 hello", Fault::Unreachable, Some(250), None),
        (At::Ehlo, "550 go away", Fault::Operator, Some(550), None),
        (At::Ehlo, "452 later", Fault::Unreachable, Some(452), None),
        (At::Mail, "550 5.7.1 not you", Fault::Operator, Some(550), Some("5.7.1")),
        (At::Mail, "530 5.7.0 authenticate first", Fault::Operator, Some(530), Some("5.7.0")),
        (At::Mail, "552 5.3.4 too big", Fault::Permanent, Some(552), Some("5.3.4")),
        (At::Mail, "421 4.7.0 later", Fault::Throttled, Some(421), Some("4.7.0")),
        (At::Rcpt, "550 5.1.1 no such user", Fault::Address, Some(550), Some("5.1.1")),
        (At::Rcpt, "550 no such user", Fault::Address, Some(550), None),
        (At::Rcpt, "550 5.2.2 full", Fault::Permanent, Some(550), Some("5.2.2")),
        (At::Rcpt, "450 4.2.0 greylisted", Fault::Throttled, Some(450), Some("4.2.0")),
        (At::Rcpt, "452 4.2.2 full", Fault::Transient, Some(452), Some("4.2.2")),
        (At::Data, "554 5.5.1 no", Fault::Permanent, Some(554), Some("5.5.1")),
        (At::Data, "452 no room", Fault::Transient, Some(452), None),
        (At::Data, "250 no", Fault::Transient, Some(250), None),
        (At::Final, "554 5.6.0 no", Fault::Permanent, Some(554), Some("5.6.0")),
        (At::Final, "554-two\r\n554 lines", Fault::Permanent, Some(554), None),
        (At::Final, "452 4.3.1 no room", Fault::Transient, Some(452), Some("4.3.1")),
        (At::Final, "354 go on", Fault::Uncertain, Some(354), None),
        (At::Final, "251 odd", Fault::Uncertain, Some(251), None),
    ];
    for (at, answer, fault, code, enhanced) in rows {
        for extensions in [&["PIPELINING"][..], &[]] {
            let script = Script::new().offering(extensions).at(at, Act::Answer(answer));
            let refusal = meets(answer, script, |_| (), &[2]).await;
            assert_eq!((refusal.fault, refusal.code, refusal.enhanced.as_deref()), (fault, code, enhanced), "{at:?} {answer}");
        }
    }
}

/// What it means that the server says nothing proper there.
fn fault_of_silence(at: At) -> Fault {
    match at {
        At::Final => Fault::Uncertain,
        At::Rcpt | At::Data => Fault::Transient,
        _ => Fault::Unreachable,
    }
}

#[tokio::test]
async fn a_server_that_hangs_ends_in_time() {
    let mut rows = JoinSet::new();
    for at in [At::Greeting, At::Ehlo, At::Mail, At::Rcpt, At::Data, At::Final] {
        rows.spawn(async move {
            let limit = |settings: &mut SmtpSettings| settings.message_timeout = SHORT;
            let refusal = meets("hang", Script::new().at(at, Act::Hang), limit, &[2]).await;
            let fault = fault_of_silence(at);
            assert_eq!((refusal.fault, refusal.code), (fault, None), "{at:?}");
            assert!(refusal.text.contains("no answer within 400ms"), "{}", refusal.text);
        });
    }
    rows.spawn(async {
        let limit = |settings: &mut SmtpSettings| settings.connect_timeout = SHORT;
        let refusal = meets("connect", Script::new().at(At::Ehlo, Act::Hang), limit, &[2]).await;
        assert_eq!(refusal.text, "no answer within 400ms: stopped at EHLO");
    });
    while let Some(row) = rows.join_next().await {
        row.unwrap();
    }
}

#[tokio::test]
async fn a_server_that_hangs_up_accepted_nothing_until_the_final_dot() {
    for at in [At::Greeting, At::Ehlo, At::Mail, At::Rcpt, At::Data] {
        let refusal = meets("close", Script::new().at(at, Act::Close), |_| (), &[2]).await;
        assert_eq!((refusal.fault, refusal.code), (fault_of_silence(at), None), "{at:?}");
    }
    let refusal = meets("close", Script::new().at(At::Final, Act::Close), |_| (), &[2]).await;
    assert_eq!((refusal.fault, refusal.code), (Fault::Uncertain, None));
    let refusal = meets("accept and close", Script::new().at(At::Final, Act::AcceptAndClose), |_| (), &[1, 2]).await;
    assert_eq!(refusal.fault, Fault::Uncertain, "it was accepted, and nobody heard");
}

#[tokio::test]
async fn what_a_server_says_before_it_hangs_up_counts() {
    let rows = [
        (At::Rcpt, "550 5.1.1 no", Fault::Address),
        (At::Data, "421 4.7.0 closing", Fault::Throttled),
        (At::Final, "554 5.7.1 no", Fault::Operator),
        (At::Final, "421 4.3.0 closing", Fault::Throttled),
    ];
    for (at, answer, fault) in rows {
        let refusal = meets(answer, Script::new().at(at, Act::AnswerAndClose(answer)), |_| (), &[2]).await;
        assert_eq!(refusal.fault, fault, "{at:?} {answer}");
    }
}

#[tokio::test]
async fn garbage_is_never_an_acceptance() {
    let garbage: [&'static [u8]; 4] = [b"\x00\xff\xfe\r\n", b"HTTP/1.1 200 OK\r\n\r\n", b"250-ok\r\n354 or not\r\n", &[b'2'; 100_000]];
    for at in [At::Greeting, At::Ehlo, At::Mail, At::Rcpt, At::Data, At::Final] {
        for bytes in garbage {
            let refusal = meets("garbage", Script::new().at(at, Act::Bytes(bytes)), |_| (), &[2]).await;
            let fault = fault_of_silence(at);
            assert_eq!((refusal.fault, refusal.code), (fault, None), "{at:?} {}", refusal.text);
        }
    }
}

#[tokio::test]
async fn a_reply_too_many_is_not_taken_for_the_next_one() {
    let script = Script::new().offering(&[]).at(At::Data, Act::Bytes(b"354 go on\r\n250 accepted already\r\n"));
    let refusal = meets("early 250", script, |_| (), &[2]).await;
    assert_eq!(refusal.fault, Fault::Transient);
    let server = SmtpServer::start([Script::new().at(At::Idle, Act::Answer("250 accepted once more"))]);
    let mut courier = courier(&server, Security::None);
    accepted(courier.deliver(&mail(1)).await);
    refused(courier.deliver(&mail(2)).await);
    accepted(courier.deliver(&mail(3)).await);
    assert_received(&server, &[1, 3]);
}

#[tokio::test]
async fn a_connection_closed_while_it_rested_is_replaced_unseen() {
    let goodbye = "421 4.4.2 idle for too long";
    let clear = (Security::None, Script::new());
    for (security, script) in [clear, (Security::ImplicitTls, Script::new().implicit_tls())] {
        for act in [Act::Close, Act::AnswerAndClose(goodbye), Act::Answer(goodbye)] {
            let server = SmtpServer::start_with(script.clone(), [script.clone().at(At::Idle, act)]);
            let mut courier = courier(&server, security);
            for number in 1..=3 {
                accepted(courier.deliver(&mail(number)).await);
            }
            assert_received(&server, &[1, 2, 3]);
            assert_eq!(server.connections(), 2);
        }
    }
    let server = SmtpServer::start([Script::new().at_nth(2, At::Mail, Act::Close), Script::new().at(At::Mail, Act::Close)]);
    let mut courier = courier(&server, Security::None);
    accepted(courier.deliver(&mail(1)).await);
    assert_eq!(refused(courier.deliver(&mail(2)).await).fault, Fault::Unreachable, "replaced once, not for ever");
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn only_a_connection_that_had_answered_nothing_is_tried_again() {
    let script = Script::new().offering(&[]).at_nth(2, At::Rcpt, Act::Close);
    let server = SmtpServer::start([script]);
    let mut courier = courier(&server, Security::None);
    accepted(courier.deliver(&mail(1)).await);
    assert_eq!(refused(courier.deliver(&mail(2)).await).fault, Fault::Transient);
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn giving_up_waiting_never_leaves_a_half_used_connection() {
    let script = Script::new().at_nth(2, At::Final, Act::Hang);
    let server = SmtpServer::start([script, Script::new().at(At::Final, Act::Answer("554 no"))]);
    let mut courier = courier(&server, Security::None);
    accepted(courier.deliver(&mail(1)).await);
    assert!(tokio::time::timeout(SHORT, courier.deliver(&mail(2))).await.is_err());
    assert_eq!(refused(courier.deliver(&mail(3)).await).code, Some(554));
    accepted(courier.deliver(&mail(4)).await);
    assert_received(&server, &[1, 4]);
    assert_eq!(server.connections(), 3);
}

#[tokio::test]
async fn two_hundred_mails_take_one_connection() {
    let server = SmtpServer::start([]);
    let mut courier = courier(&server, Security::None);
    for number in 0..200 {
        accepted(courier.deliver(&mail(number)).await);
    }
    courier.close().await;
    assert_received(&server, &(0..200).collect::<Vec<_>>());
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn both_kinds_of_tls_deliver_with_authentication() {
    let implicit = (Security::ImplicitTls, Script::new().implicit_tls());
    for (security, script) in [implicit, (Security::StartTls, Script::new().start_tls())] {
        let server = SmtpServer::start([script]);
        let mut courier = Transport::Smtp(with_password(&server, security)).courier();
        for number in 1..=2 {
            accepted(courier.deliver(&mail(number)).await);
        }
        assert_received(&server, &[1, 2]);
        assert!(server.received().iter().all(|mail| mail.encrypted && mail.connection == 1));
        let auth = server.heard().into_iter().find(|heard| heard.line.starts_with("AUTH")).unwrap();
        assert_eq!((auth.line.as_str(), auth.encrypted), ("AUTH PLAIN AHVzZXIAcGFzc3dvcmQ=", true));
    }
}

#[tokio::test]
async fn login_serves_where_plain_is_not_offered() {
    let server = SmtpServer::start([Script::new().offering(&["AUTH LOGIN"]), Script::new().offering(&["AUTH GSSAPI"])]);
    let mut courier = Transport::Smtp(with_password(&server, Security::None)).courier();
    assert_eq!(courier.check().await.unwrap().authenticated.as_deref(), Some("LOGIN"));
    let lines: Vec<_> = server.heard().into_iter().map(|heard| heard.line).collect();
    assert_eq!(lines[1..4], ["AUTH LOGIN", "dXNlcg==", "cGFzc3dvcmQ="]);
    assert_eq!(courier.check().await.unwrap_err().fault, Fault::Operator);
}

#[tokio::test]
async fn refused_credentials_are_the_operators() {
    for (answer, fault) in [("535 5.7.8 wrong", Fault::Operator), ("454 4.7.0 later", Fault::Throttled), ("334 ", Fault::Unreachable)] {
        let server = SmtpServer::start([Script::new().at(At::Auth, Act::Answer(answer))]);
        let settings = with_password(&server, Security::None);
        assert!(!format!("{settings:?}").contains("password\""), "the password is not shown");
        let mut courier = Transport::Smtp(settings).courier();
        assert_eq!(refused(courier.deliver(&mail(1)).await).fault, fault, "{answer}");
        accepted(courier.deliver(&mail(2)).await);
        assert_received(&server, &[2]);
    }
}

#[tokio::test]
async fn without_starttls_nothing_is_said_in_clear() {
    let rows = [
        (Script::new(), Fault::Operator),
        (Script::new().start_tls().at(At::StartTls, Act::Answer("502 5.5.1 no")), Fault::Operator),
        (Script::new().start_tls().at(At::StartTls, Act::Answer("452 later")), Fault::Unreachable),
        (Script::new().start_tls().at(At::StartTls, Act::Bytes(b"220 go\r\n250 injected\r\n")), Fault::Unreachable),
        (Script::new().start_tls().at(At::Handshake, Act::Close), Fault::Unreachable),
        (Script::new().start_tls().at(At::Handshake, Act::Bytes(b"this is no TLS\r\n")), Fault::Unreachable),
    ];
    for (script, fault) in rows {
        let server = SmtpServer::start([script.clone()]);
        let mut courier = Transport::Smtp(with_password(&server, Security::StartTls)).courier();
        let refusal = refused(courier.deliver(&mail(1)).await);
        assert_eq!(refusal.fault, fault, "{script:?}: {refusal:?}");
        let said: Vec<_> = server.heard().into_iter().map(|heard| heard.line).collect();
        assert!(said.iter().all(|line| line.starts_with("EHLO") || line == "STARTTLS"), "{said:?}");
        assert!(server.received().is_empty());
    }
}

#[tokio::test]
async fn broken_tls_is_the_lanes_and_a_bad_certificate_the_operators() {
    for act in [Act::Close, Act::Bytes(b"220 plain text\r\n"), Act::Hang] {
        let script = Script::new().implicit_tls();
        let server = SmtpServer::start_with(script.clone(), [script.at(At::Handshake, act.clone())]);
        let connect_timeout = Duration::from_secs(2);
        let mut courier = Transport::Smtp(SmtpSettings { connect_timeout, ..settings(&server, Security::ImplicitTls) }).courier();
        assert_eq!(refused(courier.deliver(&mail(1)).await).fault, Fault::Unreachable, "{act:?}");
        accepted(courier.deliver(&mail(2)).await);
        assert_received(&server, &[2]);
    }
    let script = Script::new().implicit_tls();
    let server = SmtpServer::start_with(script, []);
    for (host, extra_root_pem) in [("127.0.0.1", None), ("localhost", Some(server.root_pem()))] {
        let settings = SmtpSettings { host: host.into(), extra_root_pem, ..settings(&server, Security::ImplicitTls) };
        let refusal = refused(Transport::Smtp(settings).courier().deliver(&mail(1)).await);
        assert_eq!(refusal.fault, Fault::Operator, "{refusal:?}");
        assert!(refusal.text.contains("certificate of"), "{}", refusal.text);
    }
    assert!(server.received().is_empty());
}

#[tokio::test]
async fn settings_that_cannot_work_are_the_operators() {
    let server = SmtpServer::start([]);
    let clear = SmtpSettings { host: "mail.example.nl".into(), ..settings(&server, Security::None) };
    let roots = SmtpSettings { extra_root_pem: Some("/nonexistent/roots.pem".into()), ..settings(&server, Security::StartTls) };
    for settings in [clear, roots] {
        let mut courier = Transport::Smtp(settings).courier();
        assert_eq!(refused(courier.deliver(&mail(1)).await).fault, Fault::Operator);
        assert_eq!(courier.check().await.unwrap_err().fault, Fault::Operator);
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn no_server_and_no_name_are_the_lanes() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    for host in ["127.0.0.1", "no-such-host.invalid"] {
        let mut courier = Transport::Smtp(SmtpSettings::new(host, port, Security::StartTls)).courier();
        let refusal = refused(courier.deliver(&mail(1)).await);
        assert_eq!((refusal.fault, refusal.code), (Fault::Unreachable, None));
        assert!(refusal.text.starts_with("cannot "), "{}", refusal.text);
    }
}

#[tokio::test]
async fn envelopes_of_all_kinds() {
    let server = SmtpServer::start([Script::new(), Script::new().offering(&["SMTPUTF8"])]);
    let mut courier = courier(&server, Security::None);
    let to = |recipient: &str| Outgoing { recipient: recipient.into(), return_path: String::new(), ..mail(1) };
    accepted(courier.deliver(&to("info@fysiotherapië.example")).await);
    assert_eq!(refused(courier.deliver(&to("zoë@praktijk.example")).await).fault, Fault::Permanent);
    accepted(courier.deliver(&to("zoë@praktijk.example")).await);
    assert_eq!(refused(courier.deliver(&to("a@b.example>\r\nDATA")).await).fault, Fault::Address);
    let sender = Outgoing { return_path: "nobody".into(), ..mail(1) };
    assert_eq!(refused(courier.deliver(&sender).await).fault, Fault::Operator);
    let eight_bit = Outgoing { bytes: "Subject: x\r\n\r\né\r\n".into(), ..mail(1) };
    assert_eq!(refused(courier.deliver(&eight_bit).await).fault, Fault::Permanent, "8BITMIME is not offered");
    let envelopes: Vec<_> = server.received().into_iter().map(|mail| (mail.return_path, mail.recipient)).collect();
    let expected = ["info@xn--fysiotherapi-dfb.example", "zoë@praktijk.example"].map(|to| (String::new(), to.to_owned()));
    assert_eq!(envelopes, expected);
}

#[tokio::test]
async fn a_check_looks_and_sends_nothing() {
    let server = SmtpServer::start([Script::new().offering(&TLS_OFFER), Script::new().offering(&TLS_OFFER).at(At::Ehlo, Act::Close)]);
    let mut courier = Transport::Smtp(with_password(&server, Security::StartTls)).courier();
    let seen = courier.check().await.unwrap();
    assert_eq!((seen.name.as_deref(), seen.tls.as_deref()), (Some("test.example"), Some("TLSv1_3")));
    assert_eq!((seen.authenticated.as_deref(), seen.extensions), (Some("PLAIN"), vec!["PIPELINING".into(), "AUTH PLAIN".into()]));
    assert_eq!(server.heard().last().unwrap().line, "QUIT");
    assert!(server.heard().iter().all(|heard| !heard.line.starts_with("MAIL")));
    assert_eq!(courier.check().await.unwrap_err().fault, Fault::Unreachable);
}
