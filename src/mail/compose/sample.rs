//! Values that templates are tried with when they are loaded: everything present, and as little as can be.
//!
//! A name that a template misspells shows itself only where it is used, so one sample has every optional value and the other has none.

use serde::Serialize;

use crate::mail::compose::correction::{CorrectedView, CorrectionView};
use crate::mail::compose::farewell::{FarewellView, OpenView};
use crate::mail::compose::headline::Headline;
use crate::mail::compose::key::MailKind;
use crate::mail::compose::message::CALENDAR_FILE;
use crate::mail::compose::overview::how::RhythmView;
use crate::mail::compose::overview::unknowns::PartyView;
use crate::mail::compose::overview::view::{MonthView, OverviewView, RowView};
use crate::mail::compose::report::{ReportLine, ReportSection, ReportView};
use crate::mail::compose::view::{DigestView, ItemView, LeafView, SectionView, TestView, UnsubscribeView};

/// The values of one kind of mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Sample {
    /// For `digest/`.
    Digest(Box<DigestView>),
    /// For `correction/`.
    Correction(Box<CorrectionView>),
    /// For `welcome/` and `season/`.
    Overview(Box<OverviewView>),
    /// For `farewell/`.
    Farewell(FarewellView),
    /// For `test/`.
    Test(TestView),
    /// For `report/`.
    Report(ReportView),
}

/// All samples, each with the kind of mail whose templates must render with it.
pub fn samples() -> Vec<(MailKind, Sample)> {
    vec![
        (MailKind::Digest, Sample::Digest(Box::new(full_digest()))),
        (MailKind::Digest, Sample::Digest(Box::new(bare_digest()))),
        (MailKind::Correction(1), Sample::Correction(Box::new(full_correction()))),
        (MailKind::Correction(1), Sample::Correction(Box::new(bare_correction()))),
        (MailKind::Welcome, Sample::Overview(Box::new(full_overview(None)))),
        (MailKind::Welcome, Sample::Overview(Box::new(bare_overview()))),
        (MailKind::Season, Sample::Overview(Box::new(full_overview(Some("spring"))))),
        (MailKind::Season, Sample::Overview(Box::new(bare_overview()))),
        (MailKind::Farewell, Sample::Farewell(full_farewell())),
        (MailKind::Farewell, Sample::Farewell(FarewellView { own: false, open: Vec::new(), more: 0, ..full_farewell() })),
        (
            MailKind::Test,
            Sample::Test(TestView { operator: text("Beroepsvereniging"), sent: text("maandag 30 oktober 2023, 07:00:00 uur") }),
        ),
        (MailKind::Report, Sample::Report(full_report())),
        (MailKind::Report, Sample::Report(bare_report())),
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
        salutation: some("Beste Marieke,"),
        others: 2,
        planned: some("vrijdag 27 oktober 2023"),
        sections: vec![SectionView {
            label: some("Advies, zelf uitgerekend"),
            leaf: Some(leaf()),
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
        salutation: None,
        practice: text("Fysiotherapie Leiden"),
        email: text("info@fysio-leiden.example"),
        today: text("maandag 30 oktober 2023"),
        planned: None,
        sections: vec![bare_section()],
        look_yourself: Vec::new(),
        gaps: Vec::new(),
        operator: text("Beroepsvereniging"),
        unsubscribe: stop(),
    }
}

fn full_correction() -> CorrectionView {
    let full = CorrectedView {
        leaf: Some(leaf()),
        distance: some("nog 7 dagen"),
        warning: some("valt op een zondag; laatste werkdag daarvoor: vrijdag 3 november 2023"),
        passed: some("Deze dag is al voorbij."),
        reopened: some("Dit was gemeld als afgehandeld."),
        withdrawn: false,
        item: full_item(),
        ..bare_corrected()
    };
    CorrectionView {
        salutation: some("Beste Marieke,"),
        others: 1,
        corrections: vec![full, bare_corrected()],
        look_yourself: vec![text("Wacht niet op een mail van VECOZO: log zelf in.")],
        ..bare_correction()
    }
}

fn bare_correction() -> CorrectionView {
    let DigestView { headline, practice, email, operator, unsubscribe, .. } = bare_digest();
    let (corrections, look_yourself) = (vec![bare_corrected()], Vec::new());
    CorrectionView {
        headline,
        turn: "vervallen",
        others: 0,
        salutation: None,
        practice,
        email,
        corrections,
        look_yourself,
        calendar: CALENDAR_FILE,
        operator,
        unsubscribe,
    }
}

fn bare_corrected() -> CorrectedView {
    CorrectedView {
        class: "deadline",
        turn: "vervallen",
        heading: text("Vervallen"),
        leaf: None,
        distance: None,
        warning: None,
        was: text("uiterlijk maandag 6 november 2023"),
        now: text("vervallen"),
        reason: text("Onze planning is op maandag 30 oktober 2023 gecorrigeerd."),
        passed: None,
        reopened: None,
        withdrawn: true,
        item: bare_item(),
    }
}

fn stop() -> UnsubscribeView {
    UnsubscribeView { address: text("stop@example.org"), subject: text("afmelden"), link: text("mailto:stop@example.org") }
}

fn full_overview(season: Option<&'static str>) -> OverviewView {
    let party = |text_of: &str| PartyView { party: text("CZ fysiotherapie"), text: text(text_of) };
    OverviewView {
        season,
        deadlines: 1,
        first_day: some("ma 6 november"),
        salutation: some("Beste Marieke,"),
        first: Some(bare_digest().headline),
        months: vec![MonthView { name: text("November 2023"), rows: vec![row("deadline", vec![text("Valt op een zondag")])] }],
        recurring: vec![row("duty", Vec::new())],
        unknown: vec![party("Voor 2024 is hier nog geen planning bekend.")],
        look_yourself: vec![text("Wacht niet op een mail van VECOZO: log zelf in.")],
        calendar: Some(CALENDAR_FILE),
        ..bare_overview()
    }
}

fn bare_overview() -> OverviewView {
    OverviewView {
        salutation: None,
        practice: text("Fysiotherapie Leiden"),
        email: text("info@fysio-leiden.example"),
        today: text("maandag 30 oktober 2023"),
        until: text("29 oktober 2024"),
        year: 2024,
        season: None,
        deadlines: 0,
        first_day: None,
        first: None,
        months: Vec::new(),
        recurring: Vec::new(),
        nothing_known: true,
        unknown: Vec::new(),
        subscriptions: vec![PartyView { party: text("CZ fysiotherapie"), text: text("gecontracteerd") }],
        rhythm: vec![RhythmView { what: text("Uiterste dag"), when: text("op de dag zelf") }],
        send_from: text("07:00"),
        look_yourself: Vec::new(),
        calendar: None,
        operator: text("Beroepsvereniging"),
        unsubscribe: stop(),
    }
}

fn row(class: &'static str, notes: Vec<String>) -> RowView {
    let (id, when) = (text("cz/paramedische-zorg-2024/ondertekenen"), text("uiterlijk ma 6 november"));
    RowView { id, class, when, title: text("Besluit over de overeenkomst"), party: text("CZ, fysiotherapie"), notes }
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

fn leaf() -> LeafView {
    LeafView { day: text("6"), month: text("november") }
}

fn bare_section() -> SectionView {
    let heading = text("Uiterlijk maandag 6 november 2023");
    SectionView { class: "deadline", label: None, heading, leaf: None, distance: None, warning: None, items: vec![bare_item()] }
}

fn full_item() -> ItemView {
    ItemView {
        term: some("4 weken na het aanbod; eerder als het aanbod eerder kwam"),
        who: some("De tekenbevoegde volgens het Handelsregister"),
        place: some("VECOZO, Zorginkoopportaal"),
        action: some("Besluit over het aanbod."),
        consequence: some("Het aanbod vervalt."),
        note: some("Deze dag telt zelf nog mee."),
        goes_to: some("Alle adressen van de praktijk: het is nog niet als gedaan gemeld"),
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
        goes_to: None,
        source: text("Zorginkoopbeleid Paramedische zorg 2024, 3.1 Tijdpad"),
        handled: text("mailto:antwoord@example.org?subject=afgehandeld"),
    }
}

fn full_report() -> ReportView {
    let line = ReportLine { subject: text("fysio-leiden"), text: vec![text("Contractaanbod ondertekenen, by 2025-11-10")] };
    let section = ReportSection { heading: text("1 practice cannot be reached"), advice: text("Call them."), lines: vec![line], more: 3 };
    ReportView { urgent: true, sections: vec![section], standing: vec![text("2 addresses are dead.")], ..bare_report() }
}

fn bare_report() -> ReportView {
    ReportView {
        urgent: false,
        summary: text("1 practice cannot be reached"),
        today: text("3 November 2025"),
        sections: Vec::new(),
        standing: Vec::new(),
        operator: text("Beroepsvereniging"),
    }
}
