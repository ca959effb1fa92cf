//! Notices: what the operator has to hear.

use chrono::{DateTime, Utc};

/// What a notice is about, in the order of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoticeKind {
    /// Practices' mail is held, because the database was restored or copied.
    Copy,
    /// No mail leaves any more.
    LaneHeld,
    /// A practice without a working address has something open.
    Unreachable,
    /// A mail was refused for good, or could not be composed.
    Failed,
    /// A mail that a server had accepted did not arrive.
    Bounced,
    /// An address takes no mail.
    DeadAddress,
    /// A mail, or a part of it, came too late to be sent.
    Expired,
    /// Nobody knows whether a mail arrived.
    Uncertain,
    /// A deadline passed without a reminder.
    Passed,
    /// A practice could not be planned.
    Parked,
    /// New configuration or calendar files were refused.
    Refused,
    /// A load waits for the operator.
    SetAside,
    /// Mail came in that only a person can answer.
    Unread,
    /// A subscribed insurer and care type has no timeline for the coming year.
    Gap,
}

impl NoticeKind {
    /// All of them, in the order of the report.
    pub const ALL: [Self; 14] = [
        Self::Copy,
        Self::LaneHeld,
        Self::Unreachable,
        Self::Failed,
        Self::Bounced,
        Self::DeadAddress,
        Self::Expired,
        Self::Uncertain,
        Self::Passed,
        Self::Parked,
        Self::Refused,
        Self::SetAside,
        Self::Unread,
        Self::Gap,
    ];

    /// The word in the database and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Copy => "copy",
            Self::LaneHeld => "lane-held",
            Self::Unreachable => "unreachable",
            Self::Failed => "failed",
            Self::Bounced => "bounced",
            Self::DeadAddress => "dead-address",
            Self::Expired => "expired",
            Self::Uncertain => "uncertain",
            Self::Passed => "passed",
            Self::Parked => "parked",
            Self::Refused => "refused",
            Self::SetAside => "set-aside",
            Self::Unread => "unread",
            Self::Gap => "gap",
        }
    }

    /// Reads the word; `None` for any other.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// Whether it cannot wait for the morning.
    pub fn is_urgent(self) -> bool {
        matches!(self, Self::Copy | Self::LaneHeld | Self::Unreachable)
    }
}

/// Something that the operator has to hear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// When it was noticed.
    pub at: DateTime<Utc>,
    /// What it is about.
    pub kind: NoticeKind,
    /// Whom or what it concerns: a practice, an address, a mail.
    pub subject: String,
    /// One or more lines.
    pub text: String,
}
