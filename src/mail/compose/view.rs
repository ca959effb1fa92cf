//! What templates get.
//!
//! The names of these fields are a promise to whoever writes templates. All texts are Dutch, on one line and free of control characters; a
//! field that may be absent is `none` and can be asked with `{% if item.note %}`. A name that does not exist is an error. Beside minijinja's
//! own filters, text templates have `row("Label")`, which writes a label and a wrapped value on lines of their own (nothing where the value
//! is absent), and `fill`, which wraps a text at 76 columns.
//!
//! `digest/subject.txt`, `digest/body.txt` and `digest/body.html` get a [`DigestView`], the templates in `test/` a [`TestView`], those in
//! `farewell/` a [`FarewellView`](crate::mail::compose::farewell::FarewellView), those in
//! `welcome/` and `season/` an [`OverviewView`](crate::mail::compose::overview::view::OverviewView), those in `report/` a
//! [`ReportView`](super::report::ReportView), in English.
//! `body.html` fills the blocks `title`, `content` and `footer` of `layout/mail.html`, which gets the same values.

use chrono::{DateTime, Datelike, NaiveDate};
use chrono_tz::Tz;
use serde::Serialize;

use crate::domain::almanac::Almanac;
use crate::domain::digest::Item;
use crate::domain::dutch;
use crate::domain::milestones::{Class, Milestone, Who};
use crate::domain::moments::Granularity;
use crate::domain::occurrences::Occurrence;
use crate::domain::policies::Policy;
use crate::domain::practices::{Contact, Practice};
use crate::domain::routing::Remark;
use crate::mail::compose::address::clean;
use crate::mail::compose::answer::{Handled, Unsubscribe};
use crate::mail::compose::facts::{gap_sentences, insurer_in_full, look_yourself, module_names, term};
use crate::mail::compose::headline::{Headline, care_type_names, care_types};
use crate::mail::compose::when::{rest_day_warning, when};
use crate::mail::compose::{Digest, Sender};

/// The values of the reminder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DigestView {
    /// The most urgent thing: `headline.party`, `headline.short` (for a subject), `headline.long` (for a sentence).
    pub headline: Headline,
    /// How many items there are beside that one.
    pub others: usize,
    /// `Beste Marieke,`; only where the practice asked for one.
    pub salutation: Option<String>,
    /// The name of the practice.
    pub practice: String,
    /// The address that it goes to.
    pub email: String,
    /// `maandag 30 oktober 2023`.
    pub today: String,
    /// The day for which it was planned, only where that is past.
    pub planned: Option<String>,
    /// The items by class and day, most urgent first.
    pub sections: Vec<SectionView>,
    /// Where to look without waiting for an invitation; sentences.
    pub look_yourself: Vec<String>,
    /// What has no timetable for the coming year; sentences.
    pub gaps: Vec<String>,
    /// The operator's name.
    pub operator: String,
    /// How to stop.
    pub unsubscribe: UnsubscribeView,
}

/// Items of one class with the same moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SectionView {
    /// `deadline`, `advice`, `duty`, `term` or `event`.
    pub class: &'static str,
    /// `Advies, zelf uitgerekend`; absent for what the insurer states.
    pub label: Option<String>,
    /// `Uiterlijk maandag 6 november 2023`.
    pub heading: String,
    /// The last day as a leaf of a calendar: `leaf.day`, `leaf.month`; absent where the document names no day.
    pub leaf: Option<LeafView>,
    /// `nog 7 dagen`; absent where the heading says it.
    pub distance: Option<String>,
    /// `valt op een zondag; laatste werkdag daarvoor: vrijdag 10 november 2023`.
    pub warning: Option<String>,
    /// At least one.
    pub items: Vec<ItemView>,
}

/// A day as a leaf of a calendar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeafView {
    /// `6`.
    pub day: String,
    /// `november`.
    pub month: String,
}

/// One thing to know or do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ItemView {
    /// The identity of the occurrence.
    pub id: String,
    /// `CZ, fysiotherapie, module Plus`.
    pub party: String,
    /// One line.
    pub title: String,
    /// How the last day was worked out and what could change it.
    pub term: Option<String>,
    /// Who must do it.
    pub who: Option<String>,
    /// Where it is done.
    pub place: Option<String>,
    /// What to do.
    pub action: Option<String>,
    /// What happens otherwise.
    pub consequence: Option<String>,
    /// What is unclear, or how it was read.
    pub note: Option<String>,
    /// The document and its section.
    pub source: String,
    /// Why it goes to more addresses than usual, or to this one; mostly absent.
    pub goes_to: Option<String>,
    /// A `mailto:` link that says it is handled.
    pub handled: String,
}

/// How to stop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnsubscribeView {
    /// Where the mail goes.
    pub address: String,
    /// What its subject must be.
    pub subject: String,
    /// Both as a `mailto:` link.
    pub link: String,
}

impl UnsubscribeView {
    /// The same, as templates get it.
    pub fn of(unsubscribe: &Unsubscribe) -> Self {
        Self { address: unsubscribe.address.clone(), subject: unsubscribe.subject.clone(), link: unsubscribe.link.clone() }
    }
}

impl DigestView {
    /// Everything that a reminder says; `None` where there is nothing to say.
    pub fn new(sender: &Sender, digest: &Digest<'_>, unsubscribe: &Unsubscribe, handled: &Handled<'_>) -> Option<Self> {
        let first = digest.items.first()?;
        Some(Self {
            headline: Headline::new(digest.almanac, first, digest.today),
            others: digest.items.len() - 1,
            salutation: salutation(digest.practice, digest.contact),
            practice: clean(&digest.practice.name),
            email: clean(&digest.contact.email),
            today: dutch::full_date(digest.today),
            planned: (digest.planned < digest.today).then(|| dutch::full_date(digest.planned)),
            sections: sections(digest, handled),
            look_yourself: look_yourself(digest.almanac, digest.items),
            gaps: gap_sentences(digest.almanac, digest.gaps, digest.today),
            operator: clean(&sender.operator_name),
            unsubscribe: UnsubscribeView::of(unsubscribe),
        })
    }
}

impl UnsubscribeView {
    /// As the templates get it.
    pub fn new(unsubscribe: &Unsubscribe) -> Self {
        let Unsubscribe { address, subject, link } = unsubscribe.clone();
        Self { address, subject, link }
    }
}

/// Neighbours of one class and moment share a heading; the order of the items stays.
fn sections(digest: &Digest<'_>, handled: &Handled<'_>) -> Vec<SectionView> {
    let mut sections: Vec<SectionView> = Vec::new();
    for item in digest.items {
        let mut section = section(digest.almanac, item, digest.today, handled);
        for view in &mut section.items {
            view.goes_to = digest.remarks.get(&item.occurrence.id).copied().map(goes_to);
        }
        let same =
            |last: &&mut SectionView| (last.class, &last.heading, &last.warning) == (section.class, &section.heading, &section.warning);
        match sections.last_mut().filter(same) {
            Some(last) => last.items.append(&mut section.items),
            None => sections.push(section),
        }
    }
    sections
}

fn section(almanac: &Almanac, item: &Item<'_>, today: NaiveDate, handled: &Handled<'_>) -> SectionView {
    let class = item.occurrence.milestone.kind.class();
    let moment = when(&item.occurrence, today);
    SectionView {
        class: class.as_str(),
        label: (class == Class::Advice).then(|| "Advies, zelf uitgerekend".to_owned()),
        heading: dutch::capitalised(&moment.heading),
        leaf: LeafView::of(&item.occurrence),
        distance: moment.distance,
        warning: rest_day_warning(&item.occurrence, today),
        items: vec![ItemView::new(almanac, item, handled)],
    }
}

impl LeafView {
    /// The last day, where the document names a day.
    pub fn of(occurrence: &Occurrence<'_>) -> Option<Self> {
        let day = occurrence.last_day;
        let is_day = occurrence.granularity == Granularity::Day;
        is_day.then(|| Self { day: day.day().to_string(), month: dutch::month(day).to_owned() })
    }
}

impl ItemView {
    /// For one item.
    pub fn new(almanac: &Almanac, item: &Item<'_>, handled: &Handled<'_>) -> Self {
        let milestone = item.occurrence.milestone;
        let guidance = &milestone.guidance;
        Self {
            id: item.occurrence.id.to_string(),
            party: party_in_full(almanac, item),
            title: clean(&milestone.title),
            term: term(&item.occurrence),
            who: guidance.who.map(who),
            place: cleaned(&guidance.place),
            action: cleaned(&guidance.action),
            consequence: cleaned(&guidance.consequence),
            note: cleaned(&guidance.note),
            source: source(item.occurrence.policy, milestone),
            goes_to: None,
            handled: handled.link(&item.occurrence.id, item.occurrence.last_day),
        }
    }
}

fn goes_to(remark: Remark) -> String {
    match remark {
        Remark::ToEverybody => "Alle adressen van de praktijk: het is nog niet als gedaan gemeld",
        Remark::NobodyElse => "U, omdat het aan geen ander adres van de praktijk gaat",
    }
    .to_owned()
}

/// The line with which a mail begins; a comma comes after what ends without punctuation.
pub fn salutation(practice: &Practice, contact: &Contact) -> Option<String> {
    let line = practice.salutation_for(contact).map(clean).filter(|line| !line.is_empty())?;
    Some(if line.ends_with(|c: char| c.is_alphanumeric()) { format!("{line},") } else { line })
}

fn cleaned(text: &Option<String>) -> Option<String> {
    text.as_deref().map(clean).filter(|text| !text.is_empty())
}

/// `CZ, fysiotherapie, module Plus`.
pub fn party_in_full(almanac: &Almanac, item: &Item<'_>) -> String {
    let parts = [insurer_in_full(almanac, item), care_type_names(almanac, &care_types(item)), module_names(item)];
    let said: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    said.join(", ")
}

fn who(who: Who) -> String {
    match who {
        Who::Signatory => "De tekenbevoegde volgens het Handelsregister".to_owned(),
        Who::Anyone => "Iemand uit de praktijk".to_owned(),
    }
}

/// The insurer stands above the item already, so its document needs the title alone.
fn source(policy: &Policy, milestone: &Milestone) -> String {
    let document = if policy.insurer.is_some() { &policy.title } else { &policy.source.document };
    let parts = [clean(document), clean(&milestone.section)];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

/// The values of the test mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TestView {
    /// The operator's name.
    pub operator: String,
    /// `maandag 30 oktober 2023, 07:00:00 uur`, in Amsterdam.
    pub sent: String,
}

impl TestView {
    /// For a test at a moment.
    pub fn new(sender: &Sender, now: DateTime<Tz>) -> Self {
        let sent = format!("{}, {} uur", dutch::full_date(now.date_naive()), now.format("%H:%M:%S"));
        Self { operator: clean(&sender.operator_name), sent }
    }
}
