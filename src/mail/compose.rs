//! Composing: the whole mail, bytes and all, from what was decided.
//!
//! A pure function of its arguments: the same input gives the same bytes, so a mail that has to be sent twice is the same mail. Each kind of
//! mail is a folder of templates; what they get is described in [`view`]. Reading order: this file, [`view`], [`headline`], [`when`],
//! [`message`].

pub mod address;
pub mod answer;
pub mod calendar;
pub mod correction;
pub mod facts;
pub mod farewell;
pub mod headline;
pub mod key;
pub mod message;
pub mod overview;
pub mod quoted;
pub mod report;
pub mod sample;
pub mod view;
pub mod when;

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate};
use chrono_tz::Tz;
use lettre::Address;
use lettre::message::Mailbox;

use crate::domain::almanac::Almanac;
use crate::domain::coverage::Gap;
use crate::domain::digest::Item;
use crate::domain::names::OccurrenceId;
use crate::domain::practices::{Contact, Practice};
use crate::domain::routing::Remark;
use crate::mail::compose::address::{BadAddress, clean, parse_address, parse_domain};
use crate::mail::compose::answer::{Handled, Unsubscribe};
use crate::mail::compose::calendar::CalendarFacts;
use crate::mail::compose::key::{MailKey, MailKind, message_id, test_message_id};
use crate::mail::compose::message::{Envelope, Parts};
use crate::mail::compose::view::{DigestView, TestView};
use crate::mail::signed::{Keys, MailRow};
use crate::mail::templates::{TemplateProblem, Templates};

/// Who sends; from the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    /// The From header.
    pub from: Mailbox,
    /// Where answers go, if not to `from`.
    pub reply_to: Option<Mailbox>,
    /// The domain of Message-ID and List-Id, such as `herinneringen.example`.
    pub list_domain: String,
    /// The address to which a mail unsubscribes; stands in List-Unsubscribe and the footer.
    pub unsubscribe: String,
    /// Where a reader says that something is handled; `None`: to `unsubscribe`.
    pub answers: Option<String>,
    /// The operator's name as practices know it; stands in the footer.
    pub operator_name: String,
}

/// Which things go to more addresses than usual, or to one for want of another.
pub type Remarks = BTreeMap<OccurrenceId, Remark>;

/// Everything that one reminder says.
#[derive(Debug, Clone, Copy)]
pub struct Digest<'a> {
    /// The daily digest, or a second mail for what cannot wait; part of the mail's key.
    pub kind: MailKind,
    /// Which further mail of that kind on that day; mostly 0.
    pub copy: u32,
    /// Names of insurers and care types.
    pub almanac: &'a Almanac,
    /// For whom.
    pub practice: &'a Practice,
    /// To whom.
    pub contact: &'a Contact,
    /// What is due, most urgent first; at least one.
    pub items: &'a [Item<'a>],
    /// What of the practice's subscriptions has no timetable for the coming year.
    pub gaps: &'a [Gap],
    /// The civil day in Amsterdam on which it leaves; distances count from it.
    pub today: NaiveDate,
    /// The day for which it was planned, part of the mail's key. A mail planned for an earlier day than `today` says that it is late.
    pub planned: NaiveDate,
    /// The Date header, in local time.
    pub now: DateTime<Tz>,
    /// What the reader is told about where things go.
    pub remarks: &'a Remarks,
    /// What the attached calendar needs to know.
    pub calendar: CalendarFacts<'a>,
    /// The mail in the outbox, which its answers name.
    pub row: MailRow<'a>,
    /// What signs the tokens in it.
    pub keys: &'a Keys,
}

/// A mail that shows an operator that mail arrives.
#[derive(Debug, Clone, Copy)]
pub struct TestMail<'a> {
    /// RFC 5321 mailbox.
    pub to: &'a str,
    /// The Date header, in local time; also makes its Message-ID, so that a second test is a second mail.
    pub now: DateTime<Tz>,
}

/// A mail, ready to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Composed {
    /// Without the angle brackets.
    pub message_id: String,
    /// The address to give to the mail server; ASCII, also where the domain is not.
    pub recipient: Address,
    /// Decoded.
    pub subject: String,
    /// The plain text, with `\n`.
    pub text: String,
    /// The HTML, with `\n`.
    pub html: String,
    /// Header and body as they go over the wire: CRLF, ASCII, no line over 998 characters.
    pub bytes: Vec<u8>,
}

/// Why a mail could not be composed. Names no address: it ends up in logs.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// A mail about nothing is never sent.
    #[error("there is nothing to write about")]
    Nothing,
    /// The recipient's address cannot stand in a mail.
    #[error("the recipient's address cannot be used in a mail: {0}")]
    Recipient(BadAddress),
    /// The configured unsubscribe address or list domain cannot stand in a mail.
    #[error("the configured {what} cannot be used in a mail: {reason}")]
    Sender {
        /// Which setting.
        what: &'static str,
        /// What is wrong with it.
        reason: BadAddress,
    },
    /// A template does not render.
    #[error(transparent)]
    Template(#[from] TemplateProblem),
    /// The mail library refused.
    #[error("the mail could not be put together")]
    Build(#[from] lettre::error::Error),
}

/// Composes the reminder of one day for one contact.
///
/// # Errors
/// [`ComposeError`], where there are no items, an address cannot be used or a template does not render.
pub fn digest(templates: &Templates, sender: &Sender, digest: &Digest<'_>) -> Result<Composed, ComposeError> {
    let key =
        MailKey { kind: digest.kind, copy: digest.copy, practice: &digest.practice.id, email: &digest.contact.email, day: digest.planned };
    let unsubscribe = Unsubscribe::new(digest.keys, &unsubscribe_address(sender)?, key.practice, key.email);
    let answers = answers_address(sender)?;
    let handled = Handled { keys: digest.keys, address: &answers, mail: digest.row };
    let view = DigestView::new(sender, digest, &unsubscribe, &handled).ok_or(ComposeError::Nothing)?;
    let envelope = Envelope {
        sender,
        list_domain: list_domain(sender)?,
        recipient: recipient(&digest.contact.email)?,
        recipient_name: digest.contact.name.as_deref(),
        message_id: message_id(&key, &list_domain(sender)?),
        now: digest.now,
        language: "nl",
        unsubscribe: Some(&unsubscribe),
    };
    let calendar = digest.calendar.of(digest.almanac, key.practice, digest.items, digest.now);
    message::assemble(&envelope, Parts { calendar, ..rendered(templates, key.kind, &view)? })
}

/// Composes a mail by which an operator sees that mail arrives, and how it looks.
///
/// # Errors
/// [`ComposeError`], where an address cannot be used or a template does not render.
pub fn test_mail(templates: &Templates, sender: &Sender, test: &TestMail<'_>) -> Result<Composed, ComposeError> {
    let envelope = Envelope {
        sender,
        list_domain: list_domain(sender)?,
        recipient: recipient(test.to)?,
        recipient_name: None,
        message_id: test_message_id(test.to, test.now, &list_domain(sender)?),
        now: test.now,
        language: "nl",
        unsubscribe: None,
    };
    message::assemble(&envelope, rendered(templates, MailKind::Test, &TestView::new(sender, test.now))?)
}

/// The three templates of a kind of mail, filled in. A subject is one line whatever its template does.
pub(in crate::mail::compose) fn rendered(
    templates: &Templates,
    kind: MailKind,
    view: &impl serde::Serialize,
) -> Result<Parts, ComposeError> {
    let values = Templates::values(view);
    let part = |name: &str| templates.fill_in(&format!("{}/{name}", kind.folder()), &values);
    Ok(Parts { subject: clean(&part("subject.txt")?), text: part("body.txt")?, html: part("body.html")?, calendar: None })
}

pub(in crate::mail::compose) fn recipient(email: &str) -> Result<Address, ComposeError> {
    parse_address(email).map_err(ComposeError::Recipient)
}

fn unsubscribe_address(sender: &Sender) -> Result<Address, ComposeError> {
    parse_address(&sender.unsubscribe).map_err(|reason| ComposeError::Sender { what: "unsubscribe address", reason })
}

fn answers_address(sender: &Sender) -> Result<Address, ComposeError> {
    let text = sender.answers.as_deref().unwrap_or(&sender.unsubscribe);
    parse_address(text).map_err(|reason| ComposeError::Sender { what: "address for answers", reason })
}

pub(in crate::mail::compose) fn list_domain(sender: &Sender) -> Result<String, ComposeError> {
    parse_domain(&sender.list_domain).map_err(|reason| ComposeError::Sender { what: "list domain", reason })
}
