//! Practices, their contacts and their subscriptions.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use crate::domain::ground::Ground;
use crate::domain::leads::OwnLeads;
use crate::domain::milestones::{Setting, Standing};
use crate::domain::names::{CareType, InsurerId, MilestoneId, ModuleId, PracticeId};
use crate::domain::own_dates::OwnDates;
use crate::domain::quiet::Quiet;
use crate::domain::routing::Want;

/// An AGB code: text of exactly eight digits; leading zeros are real.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Agb(String);

/// Why a text is not an AGB code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadAgb {
    /// A spreadsheet ate the leading zero.
    #[error("seven digits: a leading zero was probably lost, write \"0{0}\"")]
    LostZero(String),
    /// Anything else.
    #[error("an AGB code is text of exactly eight digits")]
    Malformed,
}

impl Agb {
    /// Accepts exactly eight digits.
    ///
    /// ```
    /// use deadlines::domain::practices::Agb;
    /// assert!(Agb::parse("04000000").is_ok());
    /// assert!(Agb::parse("4000000").unwrap_err().to_string().contains("04000000"));
    /// ```
    pub fn parse(text: &str) -> Result<Self, BadAgb> {
        let digits = text.bytes().all(|b| b.is_ascii_digit());
        match (digits, text.len()) {
            (true, 8) => Ok(Self(text.to_owned())),
            (true, 7) => Err(BadAgb::LostZero(text.to_owned())),
            _ => Err(BadAgb::Malformed),
        }
    }

    /// The eight digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An address of a practice. The address itself was parsed by the mail library when it came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// RFC 5321 mailbox.
    pub email: String,
    /// Who reads it.
    pub name: Option<String>,
    /// What that person may do; `None` is anybody.
    pub role: Option<Role>,
    /// How a mail begins, such as `Beste Marieke`; `None` is as the practice has it.
    pub salutation: Option<String>,
    /// What it wants to hear of; nothing stated is everything. [`crate::domain::routing`] says what it hears besides.
    pub wants: BTreeSet<Want>,
}

impl Contact {
    /// An address of which nothing else is known: it hears everything.
    pub fn new(email: impl Into<String>) -> Self {
        Self { email: email.into(), name: None, role: None, salutation: None, wants: BTreeSet::new() }
    }
}

/// What a contact may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// May sign for the practice.
    Signatory,
}

impl Role {
    /// The word in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Signatory => "signatory",
        }
    }

    /// Reads the word; `None` for any other.
    pub fn parse(text: &str) -> Option<Self> {
        (text == "signatory").then_some(Self::Signatory)
    }
}

/// A module that a practice holds or wants.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HeldModule {
    /// Which.
    pub id: ModuleId,
    /// When it starts or started; `None` is unknown and hides nothing.
    pub start: Option<NaiveDate>,
}

/// An insurer and care type that a practice wants reminders for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Subscription {
    /// With whom.
    pub insurer: InsurerId,
    /// For what.
    pub care_type: CareType,
    /// `None` is unknown and matches every condition.
    pub standing: Option<Standing>,
    /// When the agreement starts or started.
    pub start: Option<NaiveDate>,
    /// Held or wanted.
    pub modules: Vec<HeldModule>,
    /// Practice, unless said otherwise.
    pub setting: Setting,
    /// Special conditions that hold.
    pub traits: Vec<String>,
    /// Where it ended early: nothing after it.
    pub end: Option<NaiveDate>,
    /// Subscribed on; nothing before it.
    pub since: Option<NaiveDate>,
}

impl Subscription {
    /// A subscription of which only insurer and care type are known.
    pub fn new(insurer: InsurerId, care_type: CareType) -> Self {
        Self {
            insurer,
            care_type,
            standing: None,
            start: None,
            modules: Vec::new(),
            setting: Setting::Practice,
            traits: Vec::new(),
            end: None,
            since: None,
        }
    }
}

/// A practice with everything that reminders depend on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Practice {
    /// Chosen by the operator; stable.
    pub id: PracticeId,
    /// As it calls itself.
    pub name: String,
    /// Its AGB code, if known.
    pub agb: Option<Agb>,
    /// Where mail goes.
    pub contacts: Vec<Contact>,
    /// What it wants to hear.
    pub subscriptions: Vec<Subscription>,
    /// How mails to it begin, such as `Beste collega`; `None`: with what has to be done.
    pub salutation: Option<String>,
    /// Its lead times in place of the operator's.
    pub leads: OwnLeads,
    /// When it wants no mail that can wait.
    pub quiet: Quiet,
    /// Dates of its own, beside the insurers'.
    pub own: OwnDates,
    /// On which ground its data are used, if that is recorded.
    pub ground: Option<Ground>,
}

impl Practice {
    /// A practice of which only identity and name are known.
    pub fn new(id: PracticeId, name: impl Into<String>) -> Self {
        Self {
            own: OwnDates::none(),
            id,
            name: name.into(),
            agb: None,
            contacts: Vec::new(),
            subscriptions: Vec::new(),
            salutation: None,
            leads: OwnLeads::default(),
            quiet: Quiet::default(),
            ground: None,
        }
    }

    /// How a mail to one of its contacts begins.
    pub fn salutation_for<'p>(&'p self, contact: &'p Contact) -> Option<&'p str> {
        contact.salutation.as_deref().or(self.salutation.as_deref())
    }
}

/// The days on which milestones happened to one practice.
pub type Happened = BTreeMap<MilestoneId, NaiveDate>;
