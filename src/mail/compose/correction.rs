//! The correction: what was told before and holds no longer, with what holds instead.
//!
//! The templates in `correction/` get a [`CorrectionView`].

use chrono::{DateTime, NaiveDate};
use chrono_tz::Tz;
use serde::Serialize;

use crate::domain::almanac::Almanac;
use crate::domain::corrections::{Corrected, Turn};
use crate::domain::digest::Item;
use crate::domain::dutch;
use crate::domain::milestones::Class;
use crate::domain::occurrences::Occurrence;
use crate::domain::practices::{Contact, Practice};
use crate::domain::working_days::shift;
use crate::mail::compose::address::clean;
use crate::mail::compose::answer::{Handled, Unsubscribe};
use crate::mail::compose::calendar::CalendarFacts;
use crate::mail::compose::facts::look_yourself;
use crate::mail::compose::headline::Headline;
use crate::mail::compose::key::{MailKey, MailKind, message_id};
use crate::mail::compose::message::{self, CALENDAR_FILE, Envelope, Parts};
use crate::mail::compose::view::{ItemView, LeafView, UnsubscribeView, salutation};
use crate::mail::compose::when::{rest_day_warning, when};
use crate::mail::compose::{ComposeError, Composed, Sender, answers_address, list_domain, recipient, rendered, unsubscribe_address};
use crate::mail::signed::{Keys, MailRow};
use crate::mail::templates::Templates;

/// Everything that one correction says.
#[derive(Debug, Clone, Copy)]
pub struct CorrectionMail<'a> {
    /// Names of insurers and care types.
    pub almanac: &'a Almanac,
    /// Part of the mail's key.
    pub kind: MailKind,
    /// For whom.
    pub practice: &'a Practice,
    /// To whom.
    pub contact: &'a Contact,
    /// What is set right, in the order in which it is said; at least one.
    pub corrected: &'a [Corrected<'a>],
    /// The civil day in Amsterdam on which it leaves; distances count from it.
    pub today: NaiveDate,
    /// The day in the mail's key.
    pub day: NaiveDate,
    /// The Date header, in local time.
    pub now: DateTime<Tz>,
    /// The mail in the outbox, which its answers name.
    pub row: MailRow<'a>,
    /// What signs the tokens in it.
    pub keys: &'a Keys,
    /// What the attached calendar needs to know.
    pub calendar: CalendarFacts<'a>,
}

/// Composes a correction for one contact.
///
/// # Errors
/// [`ComposeError`], where there is nothing to correct, an address cannot be used or a template does not render.
pub fn correction(templates: &Templates, sender: &Sender, mail: &CorrectionMail<'_>) -> Result<Composed, ComposeError> {
    let key = MailKey { kind: mail.kind, copy: 0, practice: &mail.practice.id, email: &mail.contact.email, day: mail.day };
    let unsubscribe = Unsubscribe::new(mail.keys, &unsubscribe_address(sender)?, key.practice, key.email);
    let answers = answers_address(sender)?;
    let handled = Handled { keys: mail.keys, address: &answers, mail: mail.row };
    let view = CorrectionView::new(sender, mail, &unsubscribe, &handled).ok_or(ComposeError::Nothing)?;
    let envelope = Envelope {
        sender,
        list_domain: list_domain(sender)?,
        recipient: recipient(&mail.contact.email)?,
        recipient_name: mail.contact.name.as_deref(),
        message_id: message_id(&key, &list_domain(sender)?),
        now: mail.now,
        language: "nl",
        unsubscribe: Some(&unsubscribe),
    };
    let calendar = mail.calendar.of_corrections(mail.almanac, key.practice, mail.corrected, mail.now);
    message::assemble(&envelope, Parts { calendar, ..rendered(templates, key.kind, &view)? })
}

/// The values of the correction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CorrectionView {
    /// The first thing: `headline.party`, `headline.short` (for a subject), `headline.long` (for a sentence).
    pub headline: Headline,
    /// How the first thing changed: `vervroegd`, `uitgesteld`, `vervallen` or `geldt toch weer`.
    pub turn: &'static str,
    /// How many things there are beside that one.
    pub others: usize,
    /// `Beste Marieke,`; only where the practice asked for one.
    pub salutation: Option<String>,
    /// The name of the practice.
    pub practice: String,
    /// The address that it goes to.
    pub email: String,
    /// What is set right.
    pub corrections: Vec<CorrectedView>,
    /// Where to look without waiting for an invitation; sentences.
    pub look_yourself: Vec<String>,
    /// The name of the attached calendar, which sets a reader's own right.
    pub calendar: &'static str,
    /// The operator's name.
    pub operator: String,
    /// How to stop.
    pub unsubscribe: UnsubscribeView,
}

/// One thing that is set right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CorrectedView {
    /// `deadline`, `advice`, `duty`, `term` or `event`.
    pub class: &'static str,
    /// `vervroegd`, `uitgesteld`, `vervallen` or `geldt toch weer`.
    pub turn: &'static str,
    /// `Vervroegd: uiterlijk maandag 3 november 2025`; `Vervallen`.
    pub heading: String,
    /// The new last day as a leaf of a calendar; absent where the document names no day, and for what is off.
    pub leaf: Option<LeafView>,
    /// `nog 5 dagen`; absent where the heading says it or nothing is left.
    pub distance: Option<String>,
    /// `valt op een zondag; laatste werkdag daarvoor: vrijdag 10 november 2023`.
    pub warning: Option<String>,
    /// What was told, and when: `uiterlijk maandag 10 november 2025 (zo schreven wij u op maandag 13 oktober 2025)`.
    pub was: String,
    /// `uiterlijk maandag 3 november 2025, nog 5 dagen`; for what is off, a sentence that says so.
    pub now: String,
    /// Why it changed, and when.
    pub reason: String,
    /// That the new day is past already, and what is left to do.
    pub passed: Option<String>,
    /// That it had been marked as handled and is open again.
    pub reopened: Option<String>,
    /// Whether it is off; then only what, for whom and the source are worth showing.
    pub withdrawn: bool,
    /// The thing itself.
    pub item: ItemView,
}

impl CorrectionView {
    /// Everything that a correction says; `None` where there is nothing to say.
    pub fn new(sender: &Sender, mail: &CorrectionMail<'_>, unsubscribe: &Unsubscribe, handled: &Handled<'_>) -> Option<Self> {
        let first = mail.corrected.first()?;
        let still_on: Vec<Item<'_>> =
            mail.corrected.iter().filter(|corrected| corrected.turn != Turn::Withdrawn).map(|corrected| corrected.item.clone()).collect();
        Some(Self {
            headline: headline(mail.almanac, first, mail.today),
            turn: turn(first),
            others: mail.corrected.len() - 1,
            salutation: salutation(mail.practice, mail.contact),
            practice: clean(&mail.practice.name),
            email: clean(&mail.contact.email),
            corrections: mail.corrected.iter().map(|corrected| CorrectedView::new(mail.almanac, corrected, mail.today, handled)).collect(),
            look_yourself: look_yourself(mail.almanac, &still_on),
            calendar: CALENDAR_FILE,
            operator: clean(&sender.operator_name),
            unsubscribe: UnsubscribeView::of(unsubscribe),
        })
    }
}

fn headline(almanac: &Almanac, corrected: &Corrected<'_>, today: NaiveDate) -> Headline {
    if corrected.turn == Turn::Withdrawn {
        Headline::as_it_was(almanac, &corrected.item)
    } else {
        Headline::new(almanac, &corrected.item, today)
    }
}

fn turn(corrected: &Corrected<'_>) -> &'static str {
    match corrected.turn {
        Turn::Withdrawn => "vervallen",
        Turn::Restored => "geldt toch weer",
        Turn::Moved if corrected.item.occurrence.last_day < corrected.before.last_day => "vervroegd",
        Turn::Moved => "uitgesteld",
    }
}

impl CorrectedView {
    fn new(almanac: &Almanac, corrected: &Corrected<'_>, today: NaiveDate, handled: &Handled<'_>) -> Self {
        let occurrence = &corrected.item.occurrence;
        let withdrawn = corrected.turn == Turn::Withdrawn;
        let moment = when(occurrence, today);
        let turn = turn(corrected);
        Self {
            class: occurrence.milestone.kind.class().as_str(),
            turn,
            heading: dutch::capitalised(&if withdrawn { turn.to_owned() } else { format!("{turn}: {}", moment.heading) }),
            leaf: LeafView::of(occurrence).filter(|_| !withdrawn),
            distance: moment.distance.filter(|_| !withdrawn),
            warning: rest_day_warning(occurrence, today).filter(|_| !withdrawn),
            was: was(corrected),
            now: if withdrawn { "vervallen; deze dag staat niet meer in de planning voor uw praktijk".to_owned() } else { moment.sentence },
            reason: reason(corrected),
            passed: (!withdrawn).then(|| passed(occurrence, today)).flatten(),
            reopened: (corrected.reopened && !withdrawn)
                .then(|| "Dit was gemeld als afgehandeld. Omdat de dag is veranderd, krijgt u er weer herinneringen over.".to_owned()),
            withdrawn,
            item: ItemView::new(almanac, &corrected.item, handled),
        }
    }
}

/// As it was written then: without a distance, and without "today" or "tomorrow".
fn was(corrected: &Corrected<'_>) -> String {
    if corrected.turn == Turn::Restored {
        return format!("vervallen (zo schreven wij u op {})", dutch::full_date(corrected.told_on));
    }
    let from_afar = shift(corrected.before.last_day, -2);
    let moment = when(&corrected.before, from_afar).heading;
    format!("{moment} (zo schreven wij u op {})", dutch::full_date(corrected.told_on))
}

fn reason(corrected: &Corrected<'_>) -> String {
    match corrected.corrected_on {
        Some(day) => format!("Onze planning is op {} gecorrigeerd.", dutch::full_date(day)),
        None => "Onze planning is opnieuw gecorrigeerd.".to_owned(),
    }
}

/// A day that was told too late is past before anybody could act on it: that has to be said, not hidden in a distance.
fn passed(occurrence: &Occurrence<'_>, today: NaiveDate) -> Option<String> {
    let can_be_missed = matches!(occurrence.milestone.kind.class(), Class::Deadline | Class::Duty);
    let is_past = occurrence.last_day < today;
    (can_be_missed && is_past).then(|| "Deze dag is al voorbij. Vraag de verzekeraar wat er nog kan.".to_owned())
}
