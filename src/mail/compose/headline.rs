//! The most urgent thing in one line: with whom, what, and when.

use chrono::NaiveDate;
use serde::Serialize;

use crate::domain::almanac::Almanac;
use crate::domain::digest::Item;
use crate::domain::dutch;
use crate::domain::milestones::{Class, Kind};
use crate::domain::names::CareType;
use crate::domain::occurrences::Occurrence;
use crate::domain::policies::Origin;
use crate::domain::working_days::shift;
use crate::mail::compose::address::clean;
use crate::mail::compose::when::{When, when};

/// More care types than this are counted in a subject, not named.
const MOST_CARE_TYPES_NAMED: usize = 2;

/// One line about one item, as a subject and as the first line of a mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Headline {
    /// `CZ fysiotherapie`.
    pub party: String,
    /// `besluit uiterlijk ma 6 november (nog 7 dagen)`.
    pub short: String,
    /// `besluit uiterlijk maandag 6 november 2023, nog 7 dagen`.
    pub long: String,
}

impl Headline {
    /// For one item, seen from a day.
    pub fn new(almanac: &Almanac, item: &Item<'_>, today: NaiveDate) -> Self {
        let occurrence = &item.occurrence;
        let When { short, sentence, .. } = when(occurrence, today);
        let title = clean(&occurrence.milestone.title);
        let what = what(occurrence);
        let (short, long) = match occurrence.milestone.kind.class() {
            Class::Advice => (format!("advies {short}: {title}"), format!("{title} (advies), {sentence}")),
            _ if occurrence.milestone.target => (format!("{what}, {short}"), format!("{what}, {sentence}")),
            _ => (format!("{what} {short}"), format!("{what} {sentence}")),
        };
        Self { party: party(almanac, item), short, long }
    }

    /// For an item that is off: as it stood, without a distance that no longer counts.
    pub fn as_it_was(almanac: &Almanac, item: &Item<'_>) -> Self {
        let occurrence = &item.occurrence;
        let from_afar = when(occurrence, shift(occurrence.last_day, -2));
        let what = what(occurrence);
        let short = from_afar.short.split(" (").next().unwrap_or_default();
        Self { party: party(almanac, item), short: format!("{what} {short}"), long: format!("{what} {}", from_afar.heading) }
    }
}

/// The insurer first: that is what a reader looks for. What the law gives concerns all of them.
fn party(almanac: &Almanac, item: &Item<'_>) -> String {
    let insurer = match item.occurrence.policy.origin() {
        Origin::Insurer(insurer) => clean(almanac.insurer_name(insurer)),
        Origin::Law => return "Zorgverzekeraars".to_owned(),
        Origin::Practice => return "Eigen datum".to_owned(),
    };
    let care_types = care_types(item);
    match care_types.len() {
        0 => insurer,
        n if n > MOST_CARE_TYPES_NAMED => format!("{insurer} ({n} zorgsoorten)"),
        _ => format!("{insurer} {}", care_type_names(almanac, &care_types)),
    }
}

/// The care types of an item; what the law gives has only those through which it came.
pub fn care_types(item: &Item<'_>) -> Vec<CareType> {
    if !item.occurrence.care_types.is_empty() || item.occurrence.policy.origin() == Origin::Practice {
        return item.occurrence.care_types.to_vec();
    }
    let mut care_types: Vec<CareType> = item.through.iter().map(|(_, care_type)| care_type.clone()).collect();
    care_types.sort();
    care_types.dedup();
    care_types
}

/// `fysiotherapie en logopedie`.
pub fn care_type_names(almanac: &Almanac, care_types: &[CareType]) -> String {
    let names: Vec<String> = care_types.iter().map(|care_type| clean(almanac.care_type_name(care_type)).to_lowercase()).collect();
    dutch::list(&names)
}

fn what(occurrence: &Occurrence<'_>) -> String {
    if occurrence.milestone.kind == Kind::OwnDate {
        return clean(&occurrence.milestone.title);
    }
    let of_module = !occurrence.modules.is_empty();
    let words = match (occurrence.milestone.kind, occurrence.start_is_possible) {
        (Kind::ContractStart, true) if of_module => "module kan ingaan",
        (Kind::ContractStart, false) if of_module => "module gaat in",
        (Kind::ContractEnd, _) if of_module => "module eindigt",
        (Kind::ContractStart, true) => "overeenkomst kan ingaan",
        (kind, _) => words(kind),
    };
    words.to_owned()
}

/// What happens or has to be done, in the fewest words that go before "uiterlijk", "vanaf" and "op". Neutral: a decision, never a signature.
pub fn words(kind: Kind) -> &'static str {
    match kind {
        Kind::QuestionnaireDue => "vragenlijst",
        Kind::QuestionCutoff => "vragen stellen",
        Kind::SigningDeadline => "besluit",
        Kind::ApplicationDue => "aanvragen",
        Kind::RegistrationDue => "aansluiting of registratie",
        Kind::VisitationDue => "visitatie afronden",
        Kind::ProposalDue => "indienen",
        Kind::ApplicationOpen => "aanvragen mogelijk",
        Kind::PolicyPublication => "inkoopbeleid openbaar",
        Kind::PolicyAmendment => "aanvulling op het inkoopbeleid",
        Kind::RecognisedListPublication => "erkende lijst openbaar",
        Kind::IndexPublication => "index bekend",
        Kind::TariffPublication => "tarieven bekend",
        Kind::InsuredTermsPublication => "polisvoorwaarden openbaar",
        Kind::QuestionnaireOpen => "vragenlijst open",
        Kind::PortalOpen => "portaal open",
        Kind::PortalClosed => "portaal gesloten",
        Kind::Offer => "aanbod verwacht",
        Kind::Decision => "bericht over voorwaarden verwacht",
        Kind::AgreementsRecorded => "afspraken vastgelegd",
        Kind::ContractedCarePublication => "gecontracteerd aanbod openbaar",
        Kind::DataDelivery => "data aanleveren",
        Kind::PeerReview => "intercollegiaal overleg",
        Kind::Visitation => "visitatie",
        Kind::DevelopmentPlan => "ontwikkeling en scholing",
        Kind::PatientExperience => "patiëntervaringen meten",
        Kind::AnnualReview => "resultaten bespreken",
        Kind::ContractStart => "overeenkomst gaat in",
        Kind::ContractEnd => "overeenkomst eindigt",
        Kind::TariffGroupReview => "peilmoment tariefgroep",
        Kind::Preparation => "advies",
        Kind::OwnDate => "eigen datum",
    }
}
