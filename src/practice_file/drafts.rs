//! What a practice file says, before it is held against anything: the shape that TOML and CSV share, every value with its place.

use std::ops::Range;

use chrono::NaiveDate;

use crate::toml_reader::Placed;

/// One practice. What a reader has reported already is left out.
#[derive(Debug, Clone)]
pub struct PracticeDraft {
    /// Identity.
    pub id: Option<Placed<String>>,
    /// Name.
    pub name: Option<Placed<String>>,
    /// AGB code, as text.
    pub agb: Option<Placed<String>>,
    /// Contacts.
    pub contacts: Vec<ContactDraft>,
    /// Subscriptions.
    pub subscriptions: Vec<SubscriptionDraft>,
    /// Where the practice stands.
    pub place: Range<usize>,
}

/// One contact.
#[derive(Debug, Clone)]
pub struct ContactDraft {
    /// Address.
    pub email: Placed<String>,
    /// Display name.
    pub name: Option<Placed<String>>,
    /// Role.
    pub role: Option<Placed<String>>,
}

/// One subscription.
#[derive(Debug, Clone)]
pub struct SubscriptionDraft {
    /// Any spelling of an insurer.
    pub insurer: Option<Placed<String>>,
    /// Any spelling of a care type.
    pub care_type: Option<Placed<String>>,
    /// Standing.
    pub standing: Option<Placed<String>>,
    /// Start of the agreement.
    pub start: Option<Placed<NaiveDate>>,
    /// Modules.
    pub modules: Vec<ModuleDraft>,
    /// Setting.
    pub setting: Option<Placed<String>>,
    /// Traits.
    pub traits: Vec<Placed<String>>,
    /// Last day.
    pub end: Option<Placed<NaiveDate>>,
    /// Subscribed on.
    pub since: Option<Placed<NaiveDate>>,
}

/// One module of a subscription.
#[derive(Debug, Clone)]
pub struct ModuleDraft {
    /// Any spelling of a module.
    pub id: Placed<String>,
    /// Its start.
    pub start: Option<Placed<NaiveDate>>,
}
