//! What is said when an address unsubscribes: to that address, and to the others of its practice.

use chrono::{DateTime, NaiveDate};
use chrono_tz::Tz;
use serde::Serialize;

use crate::domain::almanac::Almanac;
use crate::domain::digest::Item;
use crate::domain::practices::{Contact, Practice};
use crate::mail::compose::address::clean;
use crate::mail::compose::answer::Unsubscribe;
use crate::mail::compose::key::{MailKey, MailKind, message_id};
use crate::mail::compose::message::{self, Envelope};
use crate::mail::compose::view::{UnsubscribeView, party_in_full};
use crate::mail::compose::when::when;
use crate::mail::compose::{ComposeError, Composed, Sender, list_domain, recipient, rendered, unsubscribe_address};
use crate::mail::signed::Keys;
use crate::mail::templates::Templates;

/// A list longer than this is no longer read.
const MOST_ITEMS: usize = 12;

/// Everything that the mail says.
#[derive(Debug, Clone, Copy)]
pub struct Farewell<'a> {
    /// [`MailKind::Farewell`] to the address that unsubscribed, [`MailKind::ContactLeft`] to the others.
    pub kind: MailKind,
    /// Names of insurers and care types.
    pub almanac: &'a Almanac,
    /// Which practice.
    pub practice: &'a Practice,
    /// To whom.
    pub contact: &'a Contact,
    /// Which addresses get no more mail because they asked for none.
    pub gone: &'a [String],
    /// Whether any address of the practice still gets reminders.
    pub somebody_reads: bool,
    /// What is open, most urgent first.
    pub items: &'a [Item<'a>],
    /// The civil day in Amsterdam on which it leaves.
    pub today: NaiveDate,
    /// The day for which it was planned.
    pub planned: NaiveDate,
    /// The Date header, in local time.
    pub now: DateTime<Tz>,
    /// What signs the tokens in it.
    pub keys: &'a Keys,
}

/// The values of the templates in `farewell/`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FarewellView {
    /// Whether it goes to the address that unsubscribed itself.
    pub own: bool,
    /// The name of the practice.
    pub practice: String,
    /// The address that it goes to.
    pub email: String,
    /// The addresses that unsubscribed.
    pub gone: Vec<String>,
    /// Whether any address of the practice still gets reminders.
    pub somebody_reads: bool,
    /// What is open, most urgent first.
    pub open: Vec<OpenView>,
    /// How much more is open.
    pub more: usize,
    /// The operator's name.
    pub operator: String,
    /// The way back for who unsubscribed, and how to stop for the others.
    pub answer: UnsubscribeView,
}

/// One thing that is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OpenView {
    /// `CZ, fysiotherapie`.
    pub party: String,
    /// One line.
    pub title: String,
    /// `uiterlijk maandag 6 november 2023, nog 7 dagen`.
    pub when: String,
}

/// Composes it.
///
/// # Errors
/// [`ComposeError`], where an address cannot be used or a template does not render.
pub fn farewell(templates: &Templates, sender: &Sender, farewell: &Farewell<'_>) -> Result<Composed, ComposeError> {
    let (practice, email) = (&farewell.practice.id, farewell.contact.email.as_str());
    let key = MailKey { kind: farewell.kind, copy: 0, practice, email, day: farewell.planned };
    let own = farewell.kind == MailKind::Farewell;
    let address = unsubscribe_address(sender)?;
    let unsubscribe = Unsubscribe::new(farewell.keys, &address, practice, email);
    let way_back = Unsubscribe::way_back(farewell.keys, &address, practice, email);
    let view = FarewellView::new(sender, farewell, if own { &way_back } else { &unsubscribe });
    let envelope = Envelope {
        sender,
        list_domain: list_domain(sender)?,
        recipient: recipient(email)?,
        recipient_name: farewell.contact.name.as_deref(),
        message_id: message_id(&key, &list_domain(sender)?),
        now: farewell.now,
        language: "nl",
        unsubscribe: (!own).then_some(&unsubscribe),
    };
    message::assemble(&envelope, rendered(templates, key.kind, &view)?)
}

impl FarewellView {
    fn new(sender: &Sender, farewell: &Farewell<'_>, answer: &Unsubscribe) -> Self {
        let open = |item: &Item<'_>| OpenView {
            party: party_in_full(farewell.almanac, item),
            title: clean(&item.occurrence.milestone.title),
            when: when(&item.occurrence, farewell.today).sentence,
        };
        Self {
            own: farewell.kind == MailKind::Farewell,
            practice: clean(&farewell.practice.name),
            email: clean(&farewell.contact.email),
            gone: farewell.gone.iter().map(|email| clean(email)).collect(),
            somebody_reads: farewell.somebody_reads,
            open: farewell.items.iter().take(MOST_ITEMS).map(open).collect(),
            more: farewell.items.len().saturating_sub(MOST_ITEMS),
            operator: clean(&sender.operator_name),
            answer: UnsubscribeView::new(answer),
        }
    }
}
