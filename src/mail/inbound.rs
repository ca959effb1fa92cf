//! Mail that comes back, read: what it is, and which of our tokens stand in it. Pure, and odd input is only ever [`Content::Other`].
//!
//! Nothing here is to be believed yet: a token counts once it has been verified against the keys ([`crate::mail::signed`]).

pub mod origin;
pub mod report;

use mail_parser::{Message, MessageParser};

use crate::mail::inbound::origin::Origin;
use crate::mail::inbound::report::Report;
use crate::mail::signed::{Purpose, Token};

/// The line in front of a message in the spool that names the envelope's recipient.
pub const RECIPIENT_LINE: &str = "X-Deadlines-Recipient: ";

/// Where mail systems write the address that a message was delivered to; the one that our own spool writes comes first.
const RECIPIENT_HEADERS: [&str; 6] = ["x-deadlines-recipient", "x-original-to", "delivered-to", "envelope-to", "x-envelope-to", "to"];

/// No honest message names more.
const MOST_TOKENS: usize = 20;

/// A message that came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming {
    /// The tokens in the addresses that it was sent to.
    pub sent_to: Vec<Token>,
    /// Who or what wrote it, as far as its header says.
    pub origin: Origin,
    /// What it is.
    pub content: Content,
}

/// What a message is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// A delivery report (RFC 3464), one entry for each recipient that it speaks of.
    Reports(Vec<Report>),
    /// A request with a token in its subject.
    Request(Request, Token),
    /// A subject that asks for something without a token of ours: a person, or a forger.
    Unsigned(Request),
    /// Anything else.
    Other,
}

/// What a subject can ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// `afmelden`: no more mail.
    Unsubscribe,
    /// `aanmelden`: mail again.
    Subscribe,
    /// `afgehandeld`: the practice did it.
    Done,
}

impl Request {
    const ALL: [Self; 3] = [Self::Unsubscribe, Self::Subscribe, Self::Done];

    /// The word in the subject.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unsubscribe => "afmelden",
            Self::Subscribe => "aanmelden",
            Self::Done => "afgehandeld",
        }
    }

    /// What its token must be for.
    fn purpose(self) -> Purpose {
        match self {
            Self::Unsubscribe => Purpose::Unsubscribe,
            Self::Subscribe => Purpose::Subscribe,
            Self::Done => Purpose::Done,
        }
    }
}

/// Reads a message as it lies in the spool. Without a header it is nothing in particular.
pub fn read(spooled: &[u8]) -> Incoming {
    let (recipient, message) = unwrap(spooled);
    let Some(parsed) = MessageParser::default().parse(message) else {
        return Incoming { sent_to: tokens_in(recipient.as_deref().unwrap_or_default()), origin: Origin::Person, content: Content::Other };
    };
    let mut header = header(&parsed);
    header.extend(recipient.map(|address| ("x-deadlines-recipient".to_owned(), address)));
    let content = match report::read(&parsed) {
        Some(reports) => Content::Reports(reports),
        None => parsed.subject().map_or(Content::Other, request),
    };
    Incoming { sent_to: sent_to(&header), origin: origin::of(&header, &parsed), content }
}

/// Takes off the recipient's line of the spool, and a line that Unix mail boxes put between messages.
fn unwrap(spooled: &[u8]) -> (Option<String>, &[u8]) {
    let line_end = |bytes: &[u8]| bytes.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |at| at + 1);
    let (recipient, mut message) = match spooled.strip_prefix(RECIPIENT_LINE.as_bytes()) {
        Some(rest) => {
            let (line, rest) = rest.split_at(line_end(rest));
            (Some(String::from_utf8_lossy(line).trim().to_owned()), rest)
        }
        None => (None, spooled),
    };
    if message.starts_with(b"From ") {
        message = message.split_at(line_end(message)).1;
    }
    (recipient, message)
}

/// Names in lower case, values as they came.
fn header(message: &Message<'_>) -> Vec<(String, String)> {
    message.headers_raw().map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned())).collect()
}

fn sent_to(header: &[(String, String)]) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    for name in RECIPIENT_HEADERS {
        for token in header.iter().filter(|(known, _)| known == name).flat_map(|(_, value)| tokens_in(value)) {
            if tokens.len() < MOST_TOKENS && !tokens.contains(&token) {
                tokens.push(token);
            }
        }
    }
    tokens
}

/// What stands between a `+` and an `@` and can be read as a token.
fn tokens_in(value: &str) -> Vec<Token> {
    let details = value.split('@').filter_map(|before| before.rsplit_once('+')).map(|(_, detail)| detail);
    details.filter_map(Token::parse).take(MOST_TOKENS).collect()
}

/// The first word of a subject that asks for something, and the token behind it.
fn request(subject: &str) -> Content {
    let words: Vec<String> =
        subject.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).take(50).map(str::to_lowercase).collect();
    for (at, word) in words.iter().enumerate() {
        let Some(request) = Request::ALL.into_iter().find(|request| request.as_str() == word) else { continue };
        let token = words.get(at + 1).and_then(|next| Token::parse(next)).filter(|token| token.purpose() == request.purpose());
        return token.map_or(Content::Unsigned(request), |token| Content::Request(request, token));
    }
    Content::Other
}
