//! What a mail server's answer means.

use std::fmt;

use crate::mail::transport::Fault;

/// How far a dialogue has come, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Settings, name lookup and TCP.
    Connect,
    /// The TLS handshake, implicit or after STARTTLS.
    Tls,
    /// The server's greeting.
    Greeting,
    /// EHLO.
    Hello,
    /// STARTTLS, until the server agreed.
    StartTls,
    /// AUTH with all its steps.
    Auth,
    /// MAIL: from here on it is about one message.
    Mail,
    /// RCPT.
    Recipient,
    /// DATA, until the server asked for the message.
    Data,
    /// The message is being written; its final dot is not.
    Body,
    /// The final dot is written; only the reply is missing.
    Final,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Stage::Connect => "connecting",
            Stage::Tls => "the TLS handshake",
            Stage::Greeting => "the greeting",
            Stage::Hello => "EHLO",
            Stage::StartTls => "STARTTLS",
            Stage::Auth => "AUTH",
            Stage::Mail => "MAIL",
            Stage::Recipient => "RCPT",
            Stage::Data => "DATA",
            Stage::Body => "the message",
            Stage::Final => "the final dot",
        })
    }
}

/// About the recipient's address: no such mailbox, no such domain, bad syntax, moved, no mail taken (RFC 3463, RFC 7505), disabled.
const ADDRESS: [&str; 6] = ["5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"];

/// About the sender's address (RFC 3463 section 3.2): the same for every message.
const SENDER: [&str; 2] = ["5.1.7", "5.1.8"];

/// What servers write when they want less. Narrow on purpose: "too many hops" and "size limit exceeded" are about one message.
const RATE: [&str; 20] = [
    "rate limit",
    "rate-limit",
    "ratelimit",
    "rate exceeded",
    "sending rate",
    "at a rate",
    "throttl",
    "slow down",
    "too fast",
    "too much mail",
    "too many connections",
    "too many concurrent",
    "too many sessions",
    "too many messages",
    "too many mails",
    "too many emails",
    "too many requests",
    "sending limit",
    "sending quota",
    "daily limit",
];

/// What an answer that is not the wanted one means (RFC 5321 section 4.2, RFC 3463, RFC 4954 section 6).
///
/// `code` is the reply code, `enhanced` the status code if its class agrees with `code`, `text` the rest.
///
/// ```
/// use deadlines::mail::smtp::classify::{Stage, classify};
/// use deadlines::mail::transport::Fault;
///
/// assert_eq!(classify(Stage::Recipient, 550, Some("5.1.1"), "no such user"), Fault::Address);
/// assert_eq!(classify(Stage::Final, 554, None, "looks like spam"), Fault::Permanent);
/// ```
pub fn classify(stage: Stage, code: u16, enhanced: Option<&str>, text: &str) -> Fault {
    match code {
        432 | 530 | 534 | 535 | 538 => Fault::Operator,
        421 | 450 | 451 | 454 => Fault::Throttled,
        400..=499 if is_about_rate(text) => Fault::Throttled,
        400..=499 if stage < Stage::Mail => Fault::Unreachable,
        400..=499 => Fault::Transient,
        500..=599 => classify_permanent(stage, code, enhanced, text),
        // Neither yes nor no: after the final dot it may have meant yes.
        _ if stage == Stage::Final => Fault::Uncertain,
        _ if stage < Stage::Mail => Fault::Unreachable,
        _ => Fault::Transient,
    }
}

fn classify_permanent(stage: Stage, code: u16, enhanced: Option<&str>, text: &str) -> Fault {
    match enhanced {
        // Before RCPT the server has not seen the address.
        Some(status) if stage >= Stage::Recipient && ADDRESS.contains(&status) => Fault::Address,
        Some(status) if status.starts_with("5.7.") || SENDER.contains(&status) => Fault::Operator,
        _ if is_about_rate(text) => Fault::Throttled,
        _ if stage < Stage::Mail => Fault::Operator,
        None if stage == Stage::Recipient && matches!(code, 550 | 553) => Fault::Address,
        _ => Fault::Permanent,
    }
}

fn is_about_rate(text: &str) -> bool {
    let text = text.to_lowercase();
    RATE.iter().any(|words| text.contains(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rows: &[(Stage, u16, Option<&str>, &str, Fault)]) {
        for &(stage, code, enhanced, text, fault) in rows {
            assert_eq!(classify(stage, code, enhanced, text), fault, "{stage} {code} {enhanced:?} {text}");
        }
    }

    #[test]
    fn temporary_answers() {
        check(&[
            (Stage::Greeting, 421, None, "busy", Fault::Throttled),
            (Stage::Mail, 421, Some("4.7.0"), "later", Fault::Throttled),
            (Stage::Recipient, 450, Some("4.2.0"), "greylisted", Fault::Throttled),
            (Stage::Recipient, 451, None, "", Fault::Throttled),
            (Stage::Auth, 454, Some("4.7.0"), "temporary authentication failure", Fault::Throttled),
            (Stage::Hello, 452, None, "", Fault::Unreachable),
            (Stage::Recipient, 452, Some("4.2.2"), "mailbox full", Fault::Transient),
            (Stage::Final, 452, None, "Too many messages from you, slow down", Fault::Throttled),
            (Stage::Final, 452, Some("4.3.1"), "insufficient storage", Fault::Transient),
            (Stage::Auth, 432, Some("4.7.12"), "password transition needed", Fault::Operator),
        ]);
    }

    #[test]
    fn answers_about_the_address() {
        for status in ADDRESS {
            for stage in [Stage::Recipient, Stage::Data, Stage::Final] {
                check(&[(stage, 550, Some(status), "", Fault::Address)]);
            }
            check(&[(Stage::Mail, 550, Some(status), "", Fault::Permanent)]);
        }
        check(&[
            (Stage::Recipient, 550, None, "no such user", Fault::Address),
            (Stage::Recipient, 553, None, "mailbox name not allowed", Fault::Address),
            (Stage::Recipient, 551, None, "user not local", Fault::Permanent),
            (Stage::Recipient, 552, Some("5.2.2"), "mailbox full", Fault::Permanent),
            (Stage::Recipient, 550, Some("5.2.2"), "over quota", Fault::Permanent),
            (Stage::Recipient, 550, Some("5.1.11"), "", Fault::Permanent),
            (Stage::Recipient, 550, Some("5.1.1"), "too many messages to unknown users", Fault::Address),
            (Stage::Mail, 550, None, "", Fault::Permanent),
        ]);
    }

    #[test]
    fn answers_for_the_operator() {
        for code in [530, 534, 535, 538] {
            check(&[(Stage::Auth, code, None, "", Fault::Operator), (Stage::Mail, code, Some("5.7.0"), "", Fault::Operator)]);
        }
        check(&[
            (Stage::Recipient, 554, Some("5.7.1"), "relay access denied", Fault::Operator),
            (Stage::Final, 550, Some("5.7.26"), "unauthenticated sender", Fault::Operator),
            (Stage::Mail, 553, Some("5.1.8"), "sender's domain not found", Fault::Operator),
            (Stage::Greeting, 554, None, "no SMTP service here", Fault::Operator),
            (Stage::Hello, 550, None, "go away", Fault::Operator),
            (Stage::StartTls, 502, None, "not implemented", Fault::Operator),
            (Stage::Auth, 504, Some("5.5.4"), "unrecognized type", Fault::Operator),
        ]);
    }

    #[test]
    fn answers_about_the_message() {
        check(&[
            (Stage::Mail, 552, Some("5.3.4"), "message size exceeds limit", Fault::Permanent),
            (Stage::Data, 554, Some("5.5.1"), "no valid recipients", Fault::Permanent),
            (Stage::Final, 554, None, "transaction failed", Fault::Permanent),
            (Stage::Final, 554, Some("5.4.6"), "too many hops", Fault::Permanent),
            (Stage::Final, 550, None, "rejected", Fault::Permanent),
            (Stage::Final, 550, Some("5.4.5"), "Daily sending quota exceeded", Fault::Throttled),
            (Stage::Recipient, 550, None, "rate limit reached", Fault::Throttled),
        ]);
    }

    #[test]
    fn answers_that_are_neither() {
        for code in [199, 220, 251, 354, 600, 999] {
            check(&[(Stage::Hello, code, None, "", Fault::Unreachable)]);
            check(&[(Stage::Mail, code, None, "", Fault::Transient), (Stage::Final, code, None, "", Fault::Uncertain)]);
        }
    }
}
