//! What leaves the house: one message to one recipient, how it travels, and what came of it.

use std::fmt;
use std::path::PathBuf;

use crate::mail::directory::DirectoryCourier;
use crate::mail::memory::MemoryBox;
use crate::mail::smtp::{Login, SmtpCourier, SmtpSettings};

/// One message for one recipient, ready to leave.
///
/// One recipient each, because one refused recipient would fail the whole message for the others.
#[derive(Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// The Message-ID, the same on every attempt.
    pub message_id: String,
    /// The envelope sender, where delivery reports go; empty for the null sender (RFC 5321 section 4.5.5).
    pub return_path: String,
    /// The envelope recipient; its domain may be international.
    pub recipient: String,
    /// A complete RFC 5322 message, lines ended by CRLF, not dot-stuffed.
    pub bytes: Vec<u8>,
}

/// Leaves out addresses and text, so that no log line can hold them.
impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing").field("message_id", &self.message_id).field("bytes", &self.bytes.len()).finish_non_exhaustive()
    }
}

/// What came of one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The server took responsibility for the message (RFC 5321 section 4.2.5).
    Accepted {
        /// Who took it: `host:port`, a folder, or `memory`.
        server: String,
        /// The reply code: 250, the only one that counts as accepted.
        code: u16,
        /// What it said, on one line; often its queue id.
        text: String,
    },
    /// It did not, or nobody knows (`Fault::Uncertain`).
    Refused(Refusal),
}

/// Why a message did not go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What it means for the message, its address and its lane.
    pub fault: Fault,
    /// Who refused: `host:port`, a folder, or `memory`.
    pub server: String,
    /// The reply code, if the server answered one.
    pub code: Option<u16>,
    /// The enhanced status code (RFC 3463), if the server gave one: `5.1.1`.
    pub enhanced: Option<String>,
    /// What was said or what happened: one line, no control characters. A server may quote the address in it.
    pub text: String,
}

/// What a refusal means, so that the caller knows what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// No connection was ready for mail: name lookup, TCP, TLS, greeting, EHLO or AUTH failed for now, or MAIL got no answer. The message had no part in it.
    Unreachable,
    /// A later attempt with this message may work: 4yz, or a connection that was lost or silent after MAIL was answered and before the final dot.
    Transient,
    /// The server wants less: 421, 450, 451, 454 or words about rates. Slow down, do not count it as an attempt.
    Throttled,
    /// The server does not want this message, now or later.
    Permanent,
    /// The recipient's address does not exist or takes no mail.
    Address,
    /// Something that the operator must mend: authentication, policy, certificate, settings. Other messages would fare the same.
    Operator,
    /// The final dot was written and no valid answer came: the server may have accepted the message.
    Uncertain,
}

impl Fault {
    /// The word for it in output and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Fault::Unreachable => "unreachable",
            Fault::Transient => "transient",
            Fault::Throttled => "throttled",
            Fault::Permanent => "permanent",
            Fault::Address => "address",
            Fault::Operator => "operator",
            Fault::Uncertain => "uncertain",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What a check without sending has seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Where: `host:port`, a folder, or `memory`.
    pub server: String,
    /// The name that the server gave in its answer to EHLO.
    pub name: Option<String>,
    /// The TLS version, if the connection was encrypted: `TLSv1_3`.
    pub tls: Option<String>,
    /// The SASL mechanism that the credentials were accepted with (RFC 4954).
    pub authenticated: Option<String>,
    /// The extensions that the server offered, as it wrote them.
    pub extensions: Vec<String>,
}

impl Seen {
    /// What can be said of a transport that is no mail server.
    pub(crate) fn local(server: String) -> Self {
        Self { server, name: None, tls: None, authenticated: None, extensions: Vec::new() }
    }
}

/// How mail leaves.
#[derive(Debug, Clone)]
pub enum Transport {
    /// To a mail server.
    Smtp(SmtpSettings),
    /// Into a folder, one `.eml` a message.
    Directory(PathBuf),
    /// Into memory, for tests and simulations.
    Memory(MemoryBox),
}

impl Transport {
    /// Why nothing can leave, where that is known without an attempt.
    pub fn impediment(&self) -> Option<&str> {
        match self {
            Transport::Smtp(SmtpSettings { login: Login::WithoutPassword(reason), .. }) => Some(reason),
            _ => None,
        }
    }

    /// A courier for one worker; couriers share nothing but the memory box.
    pub fn courier(&self) -> Courier {
        Courier {
            kind: match self {
                Transport::Smtp(settings) => Kind::Smtp(Box::new(SmtpCourier::new(settings.clone()))),
                Transport::Directory(folder) => Kind::Directory(DirectoryCourier::new(folder.clone())),
                Transport::Memory(memory) => Kind::Memory(memory.clone()),
            },
        }
    }
}

/// One worker's way out. Owns at most one connection and uses it for many messages.
#[derive(Debug)]
pub struct Courier {
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Smtp(Box<SmtpCourier>),
    Directory(DirectoryCourier),
    Memory(MemoryBox),
}

impl Courier {
    /// Attempts one message once, within the transport's time limit.
    ///
    /// Dropping the future drops its connection too: a half-used one is never used again. The message may then have been
    /// accepted, so the caller must treat it as uncertain.
    pub async fn deliver(&mut self, mail: &Outgoing) -> Answer {
        match &mut self.kind {
            Kind::Smtp(courier) => courier.deliver(mail).await,
            Kind::Directory(courier) => courier.deliver(mail).await,
            Kind::Memory(memory) => memory.deliver(mail),
        }
    }

    /// Looks whether mail could leave, without sending any: connects anew, encrypts, says EHLO, authenticates and quits.
    ///
    /// # Errors
    /// The refusal that a message would have met.
    pub async fn check(&mut self) -> Result<Seen, Refusal> {
        match &mut self.kind {
            Kind::Smtp(courier) => courier.check().await,
            Kind::Directory(courier) => courier.check().await,
            Kind::Memory(_) => Ok(Seen::local("memory".to_owned())),
        }
    }

    /// Ends the connection politely (QUIT), if there is one. The courier can be used again and then connects anew.
    pub async fn close(&mut self) {
        if let Kind::Smtp(courier) = &mut self.kind {
            courier.close().await;
        }
    }
}

/// At most this many characters of a server's text are kept.
const TEXT_LIMIT: usize = 400;

/// A foreign text as one line: control characters become spaces, runs of spaces one, and the end is cut.
pub(crate) fn one_line(text: &str) -> String {
    let spaced: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let words: Vec<&str> = spaced.split_whitespace().collect();
    words.join(" ").chars().take(TEXT_LIMIT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_becomes_one_clean_line() {
        assert_eq!(one_line(" a\r\n\tb\u{1b}[31m\0c "), "a b [31m c");
        assert_eq!(one_line(&"x".repeat(1000)).len(), TEXT_LIMIT);
    }

    #[test]
    fn debug_shows_neither_address_nor_text() {
        let mail = Outgoing {
            message_id: "<1@example>".into(),
            return_path: "secret@example".into(),
            recipient: "secret@example".into(),
            bytes: b"secret".to_vec(),
        };
        assert_eq!(format!("{mail:?}"), r#"Outgoing { message_id: "<1@example>", bytes: 6, .. }"#);
    }
}
