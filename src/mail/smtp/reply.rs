//! What a mail server says (RFC 5321 section 4.2), and what can go wrong in hearing it.

use std::fmt;
use std::io;
use std::time::Duration;

use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt};

use crate::mail::smtp::classify::{Stage, classify};
use crate::mail::transport::{Fault, Refusal, one_line};

/// Bytes in one line of a reply. The RFC says 512; real servers write more.
const LINE_LIMIT: u64 = 4096;

/// Lines in one reply.
const LINES_LIMIT: usize = 200;

/// One reply, of one or more lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The reply code, 200 to 599.
    pub code: u16,
    /// The enhanced status code (RFC 2034), if the first line has one whose class agrees with the code.
    pub enhanced: Option<String>,
    /// Everything else on one line, for people.
    pub text: String,
    /// The lines without their codes.
    pub lines: Vec<String>,
}

/// Why no reply came.
#[derive(Debug)]
pub enum Silence {
    /// The connection is gone.
    Lost(io::Error),
    /// What came is no SMTP.
    Garbled(String),
}

impl From<io::Error> for Silence {
    fn from(error: io::Error) -> Self {
        Silence::Lost(error)
    }
}

impl Reply {
    /// Reads one reply. Bare line feeds, missing texts and text that is not UTF-8 are forgiven.
    ///
    /// # Errors
    /// A connection that ended, lines without a code, lines that disagree on it, endless lines or endless replies.
    pub async fn read(wire: &mut (impl AsyncBufRead + Unpin)) -> Result<Self, Silence> {
        let mut lines = Vec::new();
        let mut first = None;
        while lines.len() < LINES_LIMIT {
            let line = read_line(wire).await?;
            let (code, last, text) = split(&line).ok_or_else(|| garbled(&line))?;
            if *first.get_or_insert(code) != code {
                return Err(garbled(&line));
            }
            lines.push(text.to_owned());
            if last {
                return Ok(Self::new(code, lines));
            }
        }
        Err(Silence::Garbled("the reply has no end".to_owned()))
    }

    fn new(code: u16, lines: Vec<String>) -> Self {
        let enhanced = lines.first().and_then(|line| enhanced(code, line)).map(str::to_owned);
        let status = enhanced.as_deref().unwrap_or_default();
        let texts: Vec<&str> = lines.iter().map(|line| line.strip_prefix(status).unwrap_or(line)).collect();
        let text = one_line(&texts.join(" "));
        Self { code, enhanced, text, lines }
    }

    /// Whether the server said no, now (4yz) or for good (5yz).
    pub fn is_negative(&self) -> bool {
        self.code >= 400
    }
}

async fn read_line(wire: &mut (impl AsyncBufRead + Unpin)) -> Result<String, Silence> {
    let mut bytes = Vec::new();
    wire.take(LINE_LIMIT).read_until(b'\n', &mut bytes).await?;
    let line = String::from_utf8_lossy(&bytes).into_owned();
    if bytes.ends_with(b"\n") {
        return Ok(line.trim_end_matches(['\r', '\n']).to_owned());
    }
    if bytes.len() as u64 == LINE_LIMIT {
        return Err(garbled(&line));
    }
    Err(Silence::Lost(io::Error::new(io::ErrorKind::UnexpectedEof, "the server closed the connection")))
}

/// Code, whether this is the last line, and text.
fn split(line: &str) -> Option<(u16, bool, &str)> {
    let (digits, rest) = line.split_at_checked(3)?;
    let is_code = digits.bytes().all(|byte| byte.is_ascii_digit());
    let code = digits.parse().ok().filter(|code| is_code && (200..600).contains(code))?;
    match rest.strip_prefix('-') {
        Some(text) => Some((code, false, text)),
        None if rest.is_empty() => Some((code, true, "")),
        None => Some((code, true, rest.strip_prefix(' ')?)),
    }
}

/// The enhanced status code that a line starts with (RFC 3463 section 2): class, subject and detail.
fn enhanced(code: u16, line: &str) -> Option<&str> {
    let word = line.split(' ').next()?;
    let parts: Vec<&str> = word.split('.').collect();
    let [class, subject, detail] = parts[..] else { return None };
    let is_number = |part: &str| (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    let agrees = class.parse() == Ok(code / 100) && is_number(subject) && is_number(detail);
    agrees.then_some(word)
}

fn garbled(line: &str) -> Silence {
    let excerpt: String = line.chars().take(60).collect();
    Silence::Garbled(format!("the server's answer is not SMTP: {:?}", one_line(&excerpt)))
}

/// Why an attempt ended without an acceptance, and where in the dialogue.
#[derive(Debug)]
pub struct Trouble {
    /// How far it had come.
    pub stage: Stage,
    cause: Cause,
    text: String,
}

#[derive(Debug)]
enum Cause {
    Answer { code: u16, enhanced: Option<String> },
    Lost,
    Garbled,
    TimedOut,
    Ours(Fault),
}

impl Trouble {
    /// The server answered something else than was wanted.
    pub fn answer(stage: Stage, reply: Reply) -> Self {
        Self { stage, cause: Cause::Answer { code: reply.code, enhanced: reply.enhanced }, text: reply.text }
    }

    /// The connection broke.
    pub fn lost(stage: Stage, error: &io::Error) -> Self {
        Self { stage, cause: Cause::Lost, text: one_line(&format!("connection lost at {stage}: {error}")) }
    }

    /// The server said something that makes no sense here.
    pub fn garbled(stage: Stage, what: impl fmt::Display) -> Self {
        Self { stage, cause: Cause::Garbled, text: one_line(&format!("at {stage}, {what}")) }
    }

    /// No reply.
    pub fn silence(stage: Stage, silence: Silence) -> Self {
        match silence {
            Silence::Lost(error) => Self::lost(stage, &error),
            Silence::Garbled(what) => Self::garbled(stage, what),
        }
    }

    /// The time was up.
    pub fn timed_out(stage: Stage, limit: Duration) -> Self {
        Self { stage, cause: Cause::TimedOut, text: format!("no answer within {limit:?}: stopped at {stage}") }
    }

    /// Found on our side, no answer of the server.
    pub fn ours(stage: Stage, fault: Fault, text: impl fmt::Display) -> Self {
        Self { stage, cause: Cause::Ours(fault), text: one_line(&text.to_string()) }
    }

    /// What it means.
    pub fn fault(&self) -> Fault {
        match &self.cause {
            Cause::Answer { code, enhanced } => classify(self.stage, *code, enhanced.as_deref(), &self.text),
            Cause::Ours(fault) => *fault,
            Cause::Lost | Cause::Garbled | Cause::TimedOut if self.stage == Stage::Final => Fault::Uncertain,
            Cause::Lost | Cause::Garbled | Cause::TimedOut if self.stage <= Stage::Mail => Fault::Unreachable,
            Cause::Lost | Cause::Garbled | Cause::TimedOut => Fault::Transient,
        }
    }

    /// Whether the server spoke proper SMTP to the end, so that it deserves a goodbye.
    pub fn is_answer(&self) -> bool {
        matches!(self.cause, Cause::Answer { .. })
    }

    /// On a connection that served before: whether the server had closed it, or closes it now (421), before it took anything
    /// of this message. Then nothing was attempted.
    pub fn is_stale_connection(&self) -> bool {
        self.stage == Stage::Mail && matches!(self.cause, Cause::Lost | Cause::Answer { code: 421, .. })
    }

    /// The same for the caller.
    pub fn refusal(self, server: String) -> Refusal {
        let fault = self.fault();
        let (code, enhanced) = match self.cause {
            Cause::Answer { code, enhanced } => (Some(code), enhanced),
            _ => (None, None),
        };
        Refusal { fault, server, code, enhanced, text: self.text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(text: &str) -> Result<Reply, String> {
        Reply::read(&mut text.as_bytes()).await.map_err(|silence| Trouble::silence(Stage::Mail, silence).text)
    }

    #[tokio::test]
    async fn replies_of_all_shapes() {
        let reply = read("250-5.1.1 a\r\n250 b\r\n").await.unwrap();
        assert_eq!((reply.code, reply.enhanced, reply.text.as_str()), (250, None, "5.1.1 a b"));
        let reply = read("550-5.1.1 no\r\n550 5.1.1 such user\r\n").await.unwrap();
        assert_eq!((reply.enhanced.as_deref(), reply.text.as_str()), (Some("5.1.1"), "no such user"));
        assert_eq!(read("250\r\n").await.unwrap().text, "");
        assert_eq!(read("250 ok\n").await.unwrap().text, "ok");
        assert_eq!(read("550 5.1.10.3 x\r\n").await.unwrap().enhanced, None);
        assert_eq!(read("550 5.1111.1 x\r\n").await.unwrap().enhanced, None);
        assert_eq!(read("450 \u{1b}[2J\u{7}\r\n").await.unwrap().text, "[2J");
    }

    #[tokio::test]
    async fn what_is_no_reply() {
        let endless = "250-x\r\n".repeat(300);
        let long = "2".repeat(10_000);
        for text in [
            "HTTP/1.1 400 Bad Request\r\n",
            "\r\n",
            "25\r\n",
            "250x\r\n",
            "1234 x\r\n",
            "650 x\r\n",
            "+50 x\r\n",
            "2é0 x\r\n",
            "250-a\r\n251 b\r\n",
            &endless,
            &long,
        ] {
            let error = read(text).await.unwrap_err();
            assert!(error.contains("not SMTP") || error.contains("no end"), "{text:?}: {error}");
        }
        for text in ["", "250 o", "250-a\r\n"] {
            assert!(read(text).await.unwrap_err().contains("closed the connection"), "{text:?}");
        }
    }

    #[test]
    fn only_what_follows_the_final_dot_is_uncertain() {
        let limit = Duration::from_secs(1);
        assert_eq!(Trouble::timed_out(Stage::Mail, limit).fault(), Fault::Unreachable);
        assert_eq!(Trouble::timed_out(Stage::Recipient, limit).fault(), Fault::Transient);
        assert_eq!(Trouble::timed_out(Stage::Body, limit).fault(), Fault::Transient);
        assert_eq!(Trouble::timed_out(Stage::Final, limit).fault(), Fault::Uncertain);
        assert_eq!(Trouble::garbled(Stage::Final, "x").fault(), Fault::Uncertain);
        assert_eq!(Trouble::lost(Stage::Final, &io::Error::other("x")).fault(), Fault::Uncertain);
    }
}
