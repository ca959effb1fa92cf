//! What makes a mail the mail that it is: its key and its Message-ID.

use chrono::{DateTime, NaiveDate};
use chrono_tz::Tz;
use sha2::{Digest as _, Sha256};

use crate::domain::names::PracticeId;

/// What sort of mail; names its folder of templates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MailKind {
    /// The reminder of one day.
    Digest,
    /// A further reminder on one day, for what cannot wait; counted from 1.
    Urgent(u32),
    /// To an address that unsubscribed: what was open, and the way back.
    Farewell,
    /// To the other addresses of its practice.
    ContactLeft,
    /// Shows an operator that mail arrives.
    Test,
}

impl MailKind {
    /// The word in the key and in the outbox.
    pub fn word(self) -> String {
        match self {
            Self::Digest => "digest".to_owned(),
            Self::Urgent(0 | 1) => "urgent".to_owned(),
            Self::Urgent(turn) => format!("urgent-{turn}"),
            Self::Farewell => "farewell".to_owned(),
            Self::ContactLeft => "contact-left".to_owned(),
            Self::Test => "test".to_owned(),
        }
    }

    /// Reads the word of a reminder; `None` for any other.
    pub fn of_reminder(word: &str) -> Option<Self> {
        match (word, word.strip_prefix("urgent-")) {
            ("digest", _) => Some(Self::Digest),
            ("urgent", _) => Some(Self::Urgent(1)),
            (_, turn) => turn?.parse().ok().map(Self::Urgent),
        }
    }

    /// The name of the folder of templates.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Digest | Self::Urgent(_) => "digest",
            Self::Farewell | Self::ContactLeft => "farewell",
            Self::Test => "test",
        }
    }
}

/// The key of a mail: there is one of a kind for a contact of a practice on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MailKey<'a> {
    /// What sort of mail.
    pub kind: MailKind,
    /// For which practice.
    pub practice: &'a PracticeId,
    /// To which contact.
    pub email: &'a str,
    /// The day for which it was planned, in Amsterdam.
    pub day: NaiveDate,
}

/// The Message-ID of a mail, without angle brackets: the same at every attempt, so that readers drop a copy.
pub fn message_id(key: &MailKey<'_>, list_domain: &str) -> String {
    let day = key.day.to_string();
    format!("{}@{list_domain}", hashed(&["message-id", &key.kind.word(), key.practice.as_str(), key.email, &day], 32))
}

/// The Message-ID of a test mail: each test is a mail of its own.
pub fn test_message_id(email: &str, now: DateTime<Tz>, list_domain: &str) -> String {
    let instant = now.timestamp_micros().to_string();
    format!("{}@{list_domain}", hashed(&["message-id", &MailKind::Test.word(), email, &instant], 32))
}

/// A MIME boundary that follows from the Message-ID, because the mail library's own are random.
pub fn boundary(message_id: &str, part: &str) -> String {
    hashed(&["boundary", part, message_id], 40)
}

/// The first hexadecimal digits of the SHA-256 of all parts; each part ends with a NUL, so that no two lists of parts are alike.
fn hashed(parts: &[&str], digits: usize) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part.as_bytes());
        hasher.update([0]);
    }
    let hex: String = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    hex.chars().take(digits).collect()
}
