//! Milestones: one thing that happens or must be done in a policy.

use chrono::NaiveDate;

use crate::domain::moments::Moment;
use crate::domain::names::{CareType, MilestoneId, ModuleId};

/// What a milestone is to a practice; lead times hang on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// The practice must or may act by then.
    Deadline,
    /// Somebody else does something, or something opens.
    Event,
    /// Comes back through the term.
    Duty,
    /// A contract boundary.
    Term,
    /// Worked out by us from a processing time in a policy.
    Advice,
}

impl Class {
    /// All of them, most urgent first.
    pub const ALL: [Self; 5] = [Self::Deadline, Self::Event, Self::Duty, Self::Term, Self::Advice];

    /// The word in configuration and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Deadline => "deadline",
            Self::Event => "event",
            Self::Duty => "duty",
            Self::Term => "term",
            Self::Advice => "advice",
        }
    }

    /// Reads the word; `None` for any other.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.as_str() == text)
    }
}

macro_rules! kinds {
    ($($variant:ident $text:literal $class:ident $doc:literal;)*) => {
        /// What sort of thing happens; its class follows from it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind { $(#[doc = $doc] $variant,)* }

        impl Kind {
            /// All kinds, in the order of the design.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The word in files and JSON.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// The class that lead times hang on.
            pub fn class(self) -> Class {
                match self { $(Self::$variant => Class::$class,)* }
            }
        }
    };
}

kinds! {
    QuestionnaireDue "questionnaire-due" Deadline "The questionnaire must be in.";
    QuestionCutoff "question-cutoff" Deadline "Last day to ask about the offer.";
    SigningDeadline "signing-deadline" Deadline "Last day to sign.";
    ApplicationDue "application-due" Deadline "Last day to apply.";
    RegistrationDue "registration-due" Deadline "Must be registered with a register or network.";
    VisitationDue "visitation-due" Deadline "A visitation must have been passed.";
    ProposalDue "proposal-due" Deadline "A proposal must be in.";
    ApplicationOpen "application-open" Event "Applying becomes possible.";
    PolicyPublication "policy-publication" Event "The policy is published.";
    PolicyAmendment "policy-amendment" Event "The policy is changed.";
    RecognisedListPublication "recognised-list-publication" Event "A list of recognised bureaus, registers or networks appears.";
    IndexPublication "index-publication" Event "An index value appears.";
    TariffPublication "tariff-publication" Event "Tariffs are made known.";
    InsuredTermsPublication "insured-terms-publication" Event "The terms for the insured appear.";
    QuestionnaireOpen "questionnaire-open" Event "The questionnaire can be filled in.";
    PortalOpen "portal-open" Event "The contracting portal opens.";
    PortalClosed "portal-closed" Event "The contracting portal is closed.";
    Offer "offer" Event "An agreement or module is offered.";
    Decision "decision" Event "The insurer says whether conditions are met.";
    AgreementsRecorded "agreements-recorded" Event "Agreements are put on record.";
    ContractedCarePublication "contracted-care-publication" Event "Contracted care is shown to the insured.";
    DataDelivery "data-delivery" Duty "Data must be delivered.";
    PeerReview "peer-review" Duty "Peer review meetings must be held.";
    Visitation "visitation" Duty "A visitation must take place.";
    DevelopmentPlan "development-plan" Duty "A development plan must be made or kept.";
    PatientExperience "patient-experience" Duty "Patient experience must be measured.";
    AnnualReview "annual-review" Duty "Results must be discussed or tested.";
    ContractStart "contract-start" Term "An agreement or module starts.";
    ContractEnd "contract-end" Term "Last day of an agreement or module.";
    TariffGroupReview "tariff-group-review" Term "Reference day for the tariff group.";
    Preparation "preparation" Advice "Worked out by us from a processing time.";
    OwnDate "own-date" Deadline "A date of the practice's own; in no calendar.";
}

impl Kind {
    /// Reads the word; `None` for any other.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == text)
    }
}

/// Who has to do it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Actor {
    /// The practice.
    Provider,
    /// The insurer.
    Insurer,
    /// A register, network or professional body.
    ThirdParty,
}

impl Actor {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Provider, Self::Insurer, Self::ThirdParty];

    /// The word in files and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Provider => "provider",
            Self::Insurer => "insurer",
            Self::ThirdParty => "third-party",
        }
    }

    /// Reads the word; `None` for any other.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|actor| actor.as_str() == text)
    }

    /// Who acts where the file does not say: insurers make events, practices the rest.
    pub fn usual_for(class: Class) -> Self {
        if class == Class::Event { Self::Insurer } else { Self::Provider }
    }
}

/// Who in the practice can do it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Who {
    /// The *tekenbevoegde*, as registered at the Chamber of Commerce.
    Signatory,
    /// Anybody in the practice.
    Anyone,
}

impl Who {
    /// The word in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Signatory => "signatory",
            Self::Anyone => "anyone",
        }
    }

    /// Reads the word; `None` for any other.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Signatory, Self::Anyone].into_iter().find(|who| who.as_str() == text)
    }
}

/// Whether the practice had an agreement with this insurer for this care type the year before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// It had.
    Contracted,
    /// It exists, and had none.
    Uncontracted,
    /// It just starts.
    New,
}

impl Standing {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Contracted, Self::Uncontracted, Self::New];

    /// The word in files and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Contracted => "contracted",
            Self::Uncontracted => "uncontracted",
            Self::New => "new",
        }
    }

    /// Reads the word; `None` for any other.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|standing| standing.as_str() == text)
    }
}

/// An independent practice, or an institution or hospital.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Setting {
    /// *Vrijgevestigd*.
    Practice,
    /// *Instelling of ziekenhuis*.
    Institution,
}

impl Setting {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Practice, Self::Institution];

    /// The word in files and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Practice => "practice",
            Self::Institution => "institution",
        }
    }

    /// Reads the word; `None` for any other.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|setting| setting.as_str() == text)
    }
}

/// The traits that policies distinguish by.
pub const TRAITS: [&str; 3] = ["in-talks", "outside-zz-region", "large-with-real-estate"];

/// What a start must lie between; both days count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StartRange {
    /// Not earlier than this.
    pub from: Option<NaiveDate>,
    /// Not later than this.
    pub by: Option<NaiveDate>,
}

impl StartRange {
    /// Whether `start` lies within.
    pub fn holds(self, start: NaiveDate) -> bool {
        self.from.is_none_or(|from| start >= from) && self.by.is_none_or(|by| start <= by)
    }
}

/// To whom a milestone applies; empty means everyone whom the policy concerns.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Applies {
    /// Any of these care types.
    pub care_types: Vec<CareType>,
    /// Any of these modules, held.
    pub modules: Vec<ModuleId>,
    /// Any of these standings.
    pub standing: Vec<Standing>,
    /// Any of these settings.
    pub setting: Vec<Setting>,
    /// All of these traits, held.
    pub traits: Vec<String>,
    /// Where the start of the matched module, or of the agreement, must lie.
    pub start: Option<StartRange>,
}

/// What the reader has to know to act.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Guidance {
    /// Who can do it.
    pub who: Option<Who>,
    /// Where it is done.
    pub place: Option<String>,
    /// What to do.
    pub action: Option<String>,
    /// What happens otherwise.
    pub consequence: Option<String>,
    /// What is unclear, or how it was read.
    pub note: Option<String>,
}

/// One thing that happens or must be done in a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Milestone {
    /// Its identity, with the policy; never contains a date.
    pub id: MilestoneId,
    /// What sort of thing.
    pub kind: Kind,
    /// One line, Dutch.
    pub title: String,
    /// When.
    pub moment: Moment,
    /// Who acts.
    pub actor: Actor,
    /// How.
    pub guidance: Guidance,
    /// To whom.
    pub applies: Applies,
    /// The document calls the date an aim.
    pub target: bool,
    /// Where it is written.
    pub section: String,
}
