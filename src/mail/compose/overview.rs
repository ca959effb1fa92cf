//! Overviews: the welcome and the season's, as whole mails with a calendar of everything in them.

pub mod how;
pub mod unknowns;
pub mod view;

use chrono::{DateTime, NaiveDate};
use chrono_tz::Tz;

use crate::domain::almanac::Almanac;
use crate::domain::decide::Rules;
use crate::domain::digest::Item;
use crate::domain::overview::{Ahead, Occasion, Unknown};
use crate::domain::practices::{Contact, Practice};
use crate::mail::compose::calendar::CalendarFacts;
use crate::mail::compose::key::{MailKey, MailKind, Unsubscribe, message_id};
use crate::mail::compose::message::{self, Envelope, Parts};
use crate::mail::compose::overview::view::OverviewView;
use crate::mail::compose::{ComposeError, Composed, Sender, list_domain, recipient, rendered, unsubscribe_address};
use crate::mail::templates::Templates;

/// Everything that an overview says.
#[derive(Debug, Clone, Copy)]
pub struct Overview<'a> {
    /// What it is for.
    pub occasion: Occasion,
    /// Names of insurers and care types.
    pub almanac: &'a Almanac,
    /// For whom.
    pub practice: &'a Practice,
    /// To whom.
    pub contact: &'a Contact,
    /// What lies ahead; may be nothing.
    pub ahead: &'a Ahead<'a>,
    /// What is not known.
    pub unknown: &'a [Unknown],
    /// When reminders go out; the mail explains it.
    pub rules: &'a Rules,
    /// The civil day in Amsterdam on which it leaves.
    pub today: NaiveDate,
    /// The day for which it was planned, part of the mail's key.
    pub planned: NaiveDate,
    /// The Date header, in local time.
    pub now: DateTime<Tz>,
    /// What the attached calendar needs to know.
    pub calendar: CalendarFacts<'a>,
}

/// The kind of mail for an occasion.
pub fn kind_of(occasion: Occasion) -> MailKind {
    match occasion {
        Occasion::Welcome => MailKind::Welcome,
        Occasion::Season(_) => MailKind::Season,
    }
}

/// Composes an overview for one contact.
///
/// # Errors
/// [`ComposeError`], where an address cannot be used or a template does not render.
pub fn compose(templates: &Templates, sender: &Sender, overview: &Overview<'_>) -> Result<Composed, ComposeError> {
    let kind = kind_of(overview.occasion);
    let key = MailKey { kind, copy: 0, practice: &overview.practice.id, email: &overview.contact.email, day: overview.planned };
    let unsubscribe = Unsubscribe::new(&unsubscribe_address(sender)?, key.practice, key.email);
    let envelope = Envelope {
        sender,
        list_domain: list_domain(sender)?,
        recipient: recipient(&overview.contact.email)?,
        recipient_name: overview.contact.name.as_deref(),
        message_id: message_id(&key, &list_domain(sender)?),
        now: overview.now,
        language: "nl",
        unsubscribe: Some(&unsubscribe),
    };
    let items: Vec<Item<'_>> = overview.ahead.all().cloned().collect();
    let calendar = overview.calendar.of(overview.almanac, key.practice, &items, overview.now);
    let view = OverviewView::new(sender, overview, &unsubscribe);
    message::assemble(&envelope, Parts { calendar, ..rendered(templates, kind, &view)? })
}
