//! Values that templates are tried with when they are loaded: everything present, and as little as can be.
//!
//! A name that a template misspells shows itself only where it is used, so one sample has every optional value and the other has none.

use serde::Serialize;

use crate::mail::compose::farewell::{FarewellView, OpenView};
use crate::mail::compose::headline::Headline;
use crate::mail::compose::key::MailKind;
use crate::mail::compose::view::{DigestView, ItemView, SectionView, TestView, UnsubscribeView};

/// The values of one kind of mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Sample {
    /// For `digest/`.
    Digest(Box<DigestView>),
    /// For `farewell/`.
    Farewell(FarewellView),
    /// For `test/`.
    Test(TestView),
}

/// All samples, each with the kind of mail whose templates must render with it.
pub fn samples() -> Vec<(MailKind, Sample)> {
    vec![
        (MailKind::Digest, Sample::Digest(Box::new(full_digest()))),
        (MailKind::Digest, Sample::Digest(Box::new(bare_digest()))),
        (MailKind::Farewell, Sample::Farewell(full_farewell())),
        (MailKind::Farewell, Sample::Farewell(FarewellView { own: false, open: Vec::new(), more: 0, ..full_farewell() })),
        (
            MailKind::Test,
            Sample::Test(TestView { operator: text("Beroepsvereniging"), sent: text("maandag 30 oktober 2023, 07:00:00 uur") }),
        ),
    ]
}

fn text(text: &str) -> String {
    text.to_owned()
}

fn some(value: &str) -> Option<String> {
    Some(text(value))
}

fn full_digest() -> DigestView {
    DigestView {
        others: 2,
        planned: some("vrijdag 27 oktober 2023"),
        sections: vec![SectionView {
            label: some("Advies, zelf uitgerekend"),
            distance: some("nog 7 dagen"),
            warning: some("valt op een zondag; laatste werkdag daarvoor: vrijdag 3 november 2023"),
            items: vec![full_item(), bare_item()],
            ..bare_section()
        }],
        look_yourself: vec![text("Wacht niet op een mail van VECOZO: log zelf in.")],
        gaps: vec![text("Van CZ fysiotherapie is voor 2024 nog geen planning bekend.")],
        ..bare_digest()
    }
}

fn bare_digest() -> DigestView {
    DigestView {
        headline: Headline {
            party: text("CZ fysiotherapie"),
            short: text("besluit uiterlijk ma 6 november"),
            long: text("besluit uiterlijk"),
        },
        others: 0,
        practice: text("Fysiotherapie Leiden"),
        email: text("info@fysio-leiden.example"),
        today: text("maandag 30 oktober 2023"),
        planned: None,
        sections: vec![bare_section()],
        look_yourself: Vec::new(),
        gaps: Vec::new(),
        operator: text("Beroepsvereniging"),
        unsubscribe: UnsubscribeView {
            address: text("stop@example.org"),
            subject: text("afmelden"),
            link: text("mailto:stop@example.org"),
        },
    }
}

fn full_farewell() -> FarewellView {
    FarewellView {
        own: true,
        practice: text("Fysiotherapie Leiden"),
        email: text("info@fysio-leiden.example"),
        gone: vec![text("info@fysio-leiden.example")],
        somebody_reads: false,
        open: vec![OpenView {
            party: text("CZ, fysiotherapie"),
            title: text("Besluit over de overeenkomst"),
            when: text("uiterlijk maandag 6 november 2023, nog 7 dagen"),
        }],
        more: 2,
        operator: text("Beroepsvereniging"),
        answer: bare_digest().unsubscribe,
    }
}

fn bare_section() -> SectionView {
    let heading = text("Uiterlijk maandag 6 november 2023");
    SectionView { class: "deadline", label: None, heading, distance: None, warning: None, items: vec![bare_item()] }
}

fn full_item() -> ItemView {
    ItemView {
        term: some("4 weken na het aanbod; eerder als het aanbod eerder kwam"),
        who: some("De tekenbevoegde volgens het Handelsregister"),
        place: some("VECOZO, Zorginkoopportaal"),
        action: some("Besluit over het aanbod."),
        consequence: some("Het aanbod vervalt."),
        note: some("Deze dag telt zelf nog mee."),
        ..bare_item()
    }
}

fn bare_item() -> ItemView {
    ItemView {
        id: text("cz/paramedische-zorg-2024/fysiotherapie-ondertekenen"),
        party: text("CZ, fysiotherapie"),
        title: text("Besluit over de overeenkomst"),
        term: None,
        who: None,
        place: None,
        action: None,
        consequence: None,
        note: None,
        source: text("Zorginkoopbeleid Paramedische zorg 2024, 3.1 Tijdpad"),
        handled: text("mailto:antwoord@example.org?subject=afgehandeld"),
    }
}
