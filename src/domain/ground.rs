//! On which ground the data of a practice are used (GDPR, article 6(1)), since when, and where that is written.

use chrono::NaiveDate;

/// The grounds of article 6(1), points (a) to (f).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// (a): it agreed.
    Consent,
    /// (b): a contract with it, such as a membership.
    Contract,
    /// (c): a law obliges the operator.
    LegalObligation,
    /// (d): somebody's life is at stake.
    VitalInterests,
    /// (e): a task in the public interest.
    PublicTask,
    /// (f): an interest of the operator that outweighs the practice's.
    LegitimateInterests,
}

impl Basis {
    /// All of them, in the order of the article.
    pub const ALL: [Self; 6] =
        [Self::Consent, Self::Contract, Self::LegalObligation, Self::VitalInterests, Self::PublicTask, Self::LegitimateInterests];

    /// The word in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Consent => "consent",
            Self::Contract => "contract",
            Self::LegalObligation => "legal-obligation",
            Self::VitalInterests => "vital-interests",
            Self::PublicTask => "public-task",
            Self::LegitimateInterests => "legitimate-interests",
        }
    }

    /// Reads the word; `None` for any other.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|basis| basis.as_str() == text)
    }
}

/// A ground as it was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ground {
    /// Which.
    pub basis: Basis,
    /// Since when.
    pub day: NaiveDate,
    /// Where that is written: a form, a contract, a register.
    pub source: String,
}
