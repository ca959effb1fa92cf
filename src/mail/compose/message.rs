//! From subject, text and HTML to the bytes that go over the wire.

use std::time::SystemTime;

use chrono::DateTime;
use chrono_tz::Tz;
use lettre::message::header::{ContentDisposition, ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Body, MessageBuilder, MultiPart, SinglePart};
use lettre::{Address, Message};

use crate::mail::compose::address::{header_text, mailbox};
use crate::mail::compose::answer::Unsubscribe;
use crate::mail::compose::key::boundary;
use crate::mail::compose::quoted;
use crate::mail::compose::{ComposeError, Composed, Sender};

/// The name of the list, in front of the domain (RFC 2919).
const LIST: &str = "contracttermijnen";

/// The name of an attached calendar.
pub const CALENDAR_FILE: &str = "contracttermijnen.ics";

const CALENDAR_TYPE: &str = "text/calendar; charset=utf-8; method=PUBLISH";

/// Whom it is from and to, and what tells it apart.
pub struct Envelope<'a> {
    /// From whom.
    pub sender: &'a Sender,
    /// Checked.
    pub list_domain: String,
    /// To whom.
    pub recipient: Address,
    /// Their name, as it came in.
    pub recipient_name: Option<&'a str>,
    /// Without angle brackets.
    pub message_id: String,
    /// The Date header.
    pub now: DateTime<Tz>,
    /// What it is written in (RFC 3282).
    pub language: &'static str,
    /// Where one can unsubscribe from it.
    pub unsubscribe: Option<&'a Unsubscribe>,
}

/// The rendered templates.
pub struct Parts {
    /// One line.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// HTML.
    pub html: String,
    /// A calendar to attach (RFC 5545).
    pub calendar: Option<String>,
}

/// Puts the mail together. The same input gives the same bytes.
///
/// # Errors
/// [`ComposeError::Build`], where the mail library refuses.
pub fn assemble(envelope: &Envelope<'_>, parts: Parts) -> Result<Composed, ComposeError> {
    let subject = header_text(&parts.subject);
    let mut message = headers(envelope, &subject).multipart(body(envelope, &parts))?;
    // The library's own Date knows UTC alone, and it replaces any other while it builds.
    message.headers_mut().insert_raw(raw("Date", envelope.now.to_rfc2822()));
    Ok(Composed {
        message_id: envelope.message_id.clone(),
        recipient: envelope.recipient.clone(),
        subject,
        text: parts.text,
        html: parts.html,
        bytes: message.formatted(),
    })
}

fn headers(envelope: &Envelope<'_>, subject: &str) -> MessageBuilder {
    let sender = envelope.sender;
    let mut builder = Message::builder().from(mailbox(sender.from.name.as_deref(), sender.from.email.clone()));
    if let Some(reply_to) = &sender.reply_to {
        builder = builder.reply_to(mailbox(reply_to.name.as_deref(), reply_to.email.clone()));
    }
    builder = builder
        .to(mailbox(envelope.recipient_name, envelope.recipient.clone()))
        .subject(subject)
        .date(SystemTime::UNIX_EPOCH)
        .message_id(Some(format!("<{}>", envelope.message_id)))
        .raw_header(raw("Auto-Submitted", "auto-generated".to_owned()))
        .raw_header(raw("Content-Language", envelope.language.to_owned()))
        .raw_header(raw("List-Id", format!("Contracttermijnen <{LIST}.{}>", envelope.list_domain)));
    match envelope.unsubscribe {
        Some(unsubscribe) => builder.raw_header(raw("List-Unsubscribe", format!("<{}>", unsubscribe.link))),
        None => builder,
    }
}

/// Names are ours alone: the library encodes values, not names.
fn raw(name: &'static str, value: String) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value)
}

fn body(envelope: &Envelope<'_>, parts: &Parts) -> MultiPart {
    let Some(calendar) = &parts.calendar else { return alternative(envelope, parts) };
    MultiPart::mixed()
        .boundary(boundary(&envelope.message_id, "mixed"))
        .multipart(alternative(envelope, parts))
        .singlepart(attached_calendar(calendar))
}

/// Plain first: a reader shows the last alternative that it can (RFC 2046, section 5.1.4).
fn alternative(envelope: &Envelope<'_>, parts: &Parts) -> MultiPart {
    MultiPart::alternative()
        .boundary(boundary(&envelope.message_id, "alternative"))
        .singlepart(quoted_printable(ContentType::TEXT_PLAIN, &parts.text))
        .singlepart(quoted_printable(ContentType::TEXT_HTML, &parts.html))
}

/// Says its method, without which some readers do not see a calendar in it (RFC 6047, section 2.4). Base64, because quoted-printable leaves
/// line ends to the reader, and a calendar's must be CRLF (RFC 5545, section 3.1).
fn attached_calendar(calendar: &str) -> SinglePart {
    let content_type = ContentType::parse(CALENDAR_TYPE).unwrap_or(ContentType::TEXT_PLAIN);
    SinglePart::builder()
        .header(content_type)
        .header(ContentDisposition::attachment(CALENDAR_FILE))
        .header(ContentTransferEncoding::Base64)
        .body(calendar.as_bytes().to_vec())
}

/// Keeps lines short and survives servers without 8BITMIME, and is still readable in a stored mail.
fn quoted_printable(content_type: ContentType, text: &str) -> SinglePart {
    let encoded = Body::dangerous_pre_encoded(quoted::encode(text), ContentTransferEncoding::QuotedPrintable);
    SinglePart::builder().header(content_type).body(encoded)
}
