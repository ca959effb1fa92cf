//! Delivery reports (RFC 3464): what became of a mail after the server had taken it.

use mail_parser::{Message, MessagePart, MimeHeaders};

use crate::mail::smtp::classify::is_about_address;
use crate::mail::transport::one_line;

/// Our mails have one recipient; a forwarder may name a few more.
const MOST_RECIPIENTS: usize = 20;

/// What a report says of one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// What became of the mail.
    pub action: Action,
    /// The enhanced status code (RFC 3463), the most telling one in the report; empty if there is none.
    pub status: String,
    /// The reply code of the server that refused, if one is quoted.
    pub code: Option<u16>,
    /// What that server said: one line, cut.
    pub diagnostic: String,
    /// Who refused, or who reports it.
    pub server: String,
    /// The address that it speaks of: where the mail ended, else as it was sent.
    pub recipient: Option<String>,
}

/// What became of the mail (RFC 3464, section 2.3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Given up.
    Failed,
    /// Still being tried.
    Delayed,
    /// Delivered, expanded, or handed to a system that sends no reports.
    Relayed,
}

impl Action {
    fn read(word: &str, status: &str) -> Option<Self> {
        match word {
            "failed" => Some(Self::Failed),
            "delayed" => Some(Self::Delayed),
            "relayed" | "delivered" | "expanded" => Some(Self::Relayed),
            _ => match status.bytes().next()? {
                b'5' => Some(Self::Failed),
                b'4' => Some(Self::Delayed),
                b'2' => Some(Self::Relayed),
                _ => None,
            },
        }
    }
}

impl Report {
    /// Whether it says that the address itself takes no mail, and speaks of that address: a mail box behind a forwarding address may be gone
    /// while the others behind it are not.
    pub fn kills(&self, email: &str) -> bool {
        self.action == Action::Failed
            && is_about_address(&self.status)
            && self.recipient.as_ref().is_none_or(|named| comparable(named) == comparable(email))
    }
}

/// Case aside, the domain in ASCII.
fn comparable(email: &str) -> String {
    let lower = email.to_lowercase();
    match lower.rsplit_once('@') {
        Some((local, domain)) => format!("{local}@{}", idna::domain_to_ascii(domain).unwrap_or_else(|_| domain.to_owned())),
        None => lower,
    }
}

/// What a message reports; `None` where it is no delivery report.
pub fn read(message: &Message<'_>) -> Option<Vec<Report>> {
    let reports = message.parts.iter().filter(|part| is_delivery_status(part));
    let all: Vec<Report> = reports.flat_map(|part| groups(&String::from_utf8_lossy(part.contents()))).take(MOST_RECIPIENTS).collect();
    (!all.is_empty()).then_some(all)
}

fn is_delivery_status(part: &MessagePart<'_>) -> bool {
    let of_part = part.content_type();
    of_part.is_some_and(|kind| {
        let subtype = kind.subtype().unwrap_or_default().to_ascii_lowercase();
        kind.ctype().eq_ignore_ascii_case("message") && ["delivery-status", "global-delivery-status"].contains(&subtype.as_str())
    })
}

type Fields = Vec<(String, String)>;

/// The first group is about the message, each further one about a recipient.
fn groups(text: &str) -> Vec<Report> {
    let text = text.replace("\r\n", "\n");
    let groups: Vec<Fields> = text.split("\n\n").map(fields).filter(|fields| !fields.is_empty()).collect();
    let reporter = groups.iter().find_map(|fields| typed(fields, "reporting-mta")).unwrap_or_default();
    groups.iter().filter_map(|fields| report(fields, &reporter)).collect()
}

/// Names in lower case; a line that begins with white space goes on with the one before (RFC 5322, section 2.2.3).
fn fields(group: &str) -> Fields {
    let mut fields = Fields::new();
    for line in group.lines() {
        match (line.starts_with([' ', '\t']), fields.last_mut(), line.split_once(':')) {
            (true, Some((_, value)), _) => {
                value.push(' ');
                value.push_str(line.trim());
            }
            (false, _, Some((name, value))) => fields.push((name.trim().to_ascii_lowercase(), value.trim().to_owned())),
            _ => {}
        }
    }
    fields
}

fn value<'f>(fields: &'f Fields, name: &str) -> Option<&'f str> {
    fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

/// A value behind its type: `dns; mx.example`.
fn typed(fields: &Fields, name: &str) -> Option<String> {
    let value = value(fields, name)?;
    let bare = value.split_once(';').map_or(value, |(_, bare)| bare);
    Some(one_line(bare.trim().trim_start_matches('<').trim_end_matches('>'))).filter(|bare| !bare.is_empty())
}

fn report(fields: &Fields, reporter: &str) -> Option<Report> {
    let recipient = ["final-recipient", "original-recipient"].iter().find_map(|name| typed(fields, name));
    let word = value(fields, "action").unwrap_or_default().to_ascii_lowercase();
    if word.is_empty() && recipient.is_none() {
        return None;
    }
    let diagnostic = typed(fields, "diagnostic-code").unwrap_or_default();
    let status = telling_status(value(fields, "status").and_then(status_in), status_in(&diagnostic));
    let action = Action::read(word.split([' ', '(', ';']).next().unwrap_or_default(), &status)?;
    let server = typed(fields, "remote-mta").unwrap_or_else(|| reporter.to_owned());
    let code = diagnostic.get(..3).and_then(|code| code.parse().ok()).filter(|code| (200..600).contains(code));
    Some(Report { action, status, code, diagnostic, server, recipient })
}

/// `5.0.0` says nothing; what the server said may.
fn telling_status(stated: Option<String>, quoted: Option<String>) -> String {
    match (stated, quoted) {
        (Some(stated), Some(quoted)) if stated.ends_with(".0.0") && stated.get(..1) == quoted.get(..1) => quoted,
        (Some(stated), _) => stated,
        (None, quoted) => quoted.unwrap_or_default(),
    }
}

/// The first enhanced status code in a text.
fn status_in(text: &str) -> Option<String> {
    let words = text.split(|c: char| !c.is_ascii_digit() && c != '.');
    words.map(|word| word.trim_matches('.')).find(|word| is_status(word)).map(str::to_owned)
}

fn is_status(word: &str) -> bool {
    let parts: Vec<&str> = word.split('.').collect();
    let number = |part: &str| (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    parts.len() == 3 && matches!(parts[0], "2" | "4" | "5") && parts.iter().all(|part| number(part))
}
