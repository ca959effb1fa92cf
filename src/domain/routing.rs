//! Routing: who of a practice hears what, and why. A pure function of the contacts, the milestone and how near its last day is.
//!
//! The rules, the first that fits decides:
//!
//! 1. An open deadline in its last days ([`Stage::LastCall`]) is heard by every contact.
//! 2. What only a signatory can do is heard by every signatory, whatever else that contact wants.
//! 3. A contact hears what it wants; one that states nothing wants everything, signing included.
//! 4. What then nobody would hear is heard by every contact.
//!
//! So a practice whose contacts state nothing hears everything everywhere, and no wish ever makes something unheard.

use std::fmt;

use chrono::NaiveDate;

use crate::domain::leads::{Lead, Leads};
use crate::domain::milestones::{Class, Kind, Milestone, Who};
use crate::domain::practices::{Contact, Role};

/// A class or a kind of milestones that a contact wants to hear of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Want {
    /// All kinds of a class.
    Class(Class),
    /// One kind.
    Kind(Kind),
}

impl Want {
    /// Reads the word of a class or a kind; `None` for any other.
    pub fn parse(text: &str) -> Option<Self> {
        Class::parse(text).map(Self::Class).or_else(|| Kind::parse(text).map(Self::Kind))
    }

    /// The word in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Class(class) => class.as_str(),
            Self::Kind(kind) => kind.as_str(),
        }
    }

    fn holds(self, kind: Kind) -> bool {
        match self {
            Self::Class(class) => kind.class() == class,
            Self::Kind(wanted) => kind == wanted,
        }
    }
}

/// How near the last day is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// There is time.
    Usual,
    /// A deadline of which no later reminder may help: everybody hears it.
    LastCall,
}

/// The stage of a reminder: a deadline's shortest leads, and whatever is told in its last days.
pub fn stage(leads: &Leads, class: Class, (last_day, lead): (NaiveDate, Lead), today: NaiveDate) -> Stage {
    let left = last_day.signed_duration_since(today).num_days();
    let is_near = lead <= leads.escalation || left <= i64::from(leads.escalation.0);
    if class == Class::Deadline && is_near { Stage::LastCall } else { Stage::Usual }
}

/// Why a contact hears something, or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Why {
    /// It is a deadline's last call.
    LastCall,
    /// Only a signatory can do it, and this is one.
    Signs,
    /// It states no wishes, so it hears everything.
    Everything,
    /// It asked for this sort of thing.
    Wanted,
    /// Nobody else of the practice would hear it.
    NobodyElse,
    /// It asked for other things.
    WantsOther,
}

impl Why {
    /// Whether the contact hears it.
    pub fn hears(self) -> bool {
        self != Self::WantsOther
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LastCall => "hears it: the last days, and nothing was marked as done",
            Self::Signs => "hears it: signs for the practice",
            Self::Everything => "hears it: wants everything",
            Self::Wanted => "hears it: wants this",
            Self::NobodyElse => "hears it: nobody else would",
            Self::WantsOther => "does not hear it: wants other things",
        })
    }
}

/// For each contact, in order, whether it hears of a milestone and why.
pub fn routes(contacts: &[Contact], milestone: &Milestone, stage: Stage) -> Vec<Why> {
    let usual: Vec<Why> = contacts.iter().map(|contact| usual(contact, milestone)).collect();
    let nobody = !usual.iter().any(|why| why.hears());
    let of = |why: Why| match (why.hears(), stage, nobody) {
        (true, ..) => why,
        (false, Stage::LastCall, _) => Why::LastCall,
        (false, Stage::Usual, true) => Why::NobodyElse,
        (false, Stage::Usual, false) => why,
    };
    usual.into_iter().map(of).collect()
}

fn usual(contact: &Contact, milestone: &Milestone) -> Why {
    if contact.role == Some(Role::Signatory) && is_signing(milestone) {
        Why::Signs
    } else if contact.wants.is_empty() {
        Why::Everything
    } else if contact.wants.iter().any(|want| want.holds(milestone.kind)) {
        Why::Wanted
    } else {
        Why::WantsOther
    }
}

/// Whether what was decided for some addresses, or for all, is for this one: one of them, or in their place where none of them is left.
pub fn is_for(hearers: Option<&[String]>, email: &str, contacts: &[Contact]) -> bool {
    let Some(hearers) = hearers else { return true };
    let is_hearer = |email: &str| hearers.iter().any(|hearer| hearer.eq_ignore_ascii_case(email));
    is_hearer(email) || !contacts.iter().any(|contact| is_hearer(&contact.email))
}

/// What a reader has to be told about where something goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remark {
    /// To every address, because nothing was marked as done: some do not hear it otherwise.
    ToEverybody,
    /// To this address, because no other hears it.
    NobodyElse,
}

/// What the reader at `email` has to be told beside the thing itself; mostly nothing.
pub fn remark(contacts: &[Contact], email: &str, milestone: &Milestone, stage: Stage) -> Option<Remark> {
    let routes = routes(contacts, milestone, stage);
    if routes.contains(&Why::LastCall) {
        return Some(Remark::ToEverybody);
    }
    let own = contacts.iter().zip(routes).find(|(contact, _)| contact.email == email);
    own.filter(|(_, why)| *why == Why::NobodyElse).map(|_| Remark::NobodyElse)
}

/// Whether only a signatory can do it.
pub fn is_signing(milestone: &Milestone) -> bool {
    milestone.guidance.who == Some(Who::Signatory) || milestone.kind == Kind::SigningDeadline
}

/// The addresses that hear of a milestone; `None` where all of them do.
pub fn hearers(contacts: &[Contact], milestone: &Milestone, stage: Stage) -> Option<Vec<String>> {
    if contacts.iter().all(|contact| contact.wants.is_empty()) {
        return None;
    }
    let routes = routes(contacts, milestone, stage);
    if routes.iter().all(|why| why.hears()) {
        return None;
    }
    Some(contacts.iter().zip(routes).filter(|(_, why)| why.hears()).map(|(contact, _)| contact.email.clone()).collect())
}
