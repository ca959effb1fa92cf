//! What a practice file says, before it is held against anything: the shape that TOML and CSV share, every value with its place.

use std::ops::Range;

use chrono::NaiveDate;

use crate::domain::leads::{Lead, OwnLeads};
use crate::domain::own_dates::Due;
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
    /// How mails begin.
    pub salutation: Option<Placed<String>>,
    /// Lead times, understood as far as the form goes.
    pub leads: OwnLeads,
    /// Quiet days, understood as far as the form goes.
    pub quiet: QuietDraft,
    /// Dates of its own.
    pub own: Vec<OwnDraft>,
    /// On which ground its data are used.
    pub ground: GroundDraft,
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
    /// How mails to it begin.
    pub salutation: Option<Placed<String>>,
    /// What it wants to hear of; `None`: nothing is said.
    pub wants: Option<Vec<Placed<String>>>,
}

impl ContactDraft {
    /// An address of which nothing else is said.
    pub fn new(email: Placed<String>) -> Self {
        Self { email, name: None, role: None, salutation: None, wants: None }
    }
}

/// The ground on which its data are used.
#[derive(Debug, Clone, Default)]
pub struct GroundDraft {
    /// Which.
    pub basis: Option<Placed<String>>,
    /// Since when.
    pub day: Option<Placed<NaiveDate>>,
    /// Where that is written.
    pub source: Option<Placed<String>>,
}

/// Quiet days.
#[derive(Debug, Clone, Default)]
pub struct QuietDraft {
    /// Stretches from a day to a day.
    pub stretches: Vec<(Placed<NaiveDate>, Placed<NaiveDate>)>,
    /// Days of each week, by their words.
    pub weekdays: Vec<Placed<String>>,
}

/// A date of the practice's own.
#[derive(Debug, Clone)]
pub struct OwnDraft {
    /// Identity.
    pub id: Placed<String>,
    /// One line.
    pub title: Placed<String>,
    /// When.
    pub due: Due,
    /// After how long it comes back.
    pub repeats: Option<Placed<String>>,
    /// How long before.
    pub leads: Option<Vec<Lead>>,
    /// What else is to be said.
    pub note: Option<Placed<String>>,
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
