//! What makes a mail the mail that it is: its key and its Message-ID.

use chrono::{DateTime, NaiveDate};
use chrono_tz::Tz;
use sha2::{Digest as _, Sha256};

use crate::domain::names::PracticeId;

/// The first correction of a day, as the outbox calls it; further ones have it in front of a number.
pub const CORRECTION: &str = "correction";

/// What sort of mail; names its folder of templates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MailKind {
    /// The reminder of one day.
    Digest,
    /// A further reminder on one day, for what cannot wait; counted from 1.
    Urgent(u32),
    /// Sets right what was told before; counted from 1 on one day.
    Correction(u32),
    /// Greets a contact with what lies ahead for a year.
    Welcome,
    /// What a contracting season brings.
    Season,
    /// To an address that unsubscribed: what was open, and the way back.
    Farewell,
    /// To the other addresses of its practice.
    ContactLeft,
    /// Shows an operator that mail arrives.
    Test,
    /// What the operator has to hear, once a day.
    Report,
    /// What the operator has to hear at once.
    Alert,
}

impl MailKind {
    /// The word in the key and in the outbox.
    pub fn word(self) -> String {
        match self {
            Self::Digest => "digest".to_owned(),
            Self::Urgent(0 | 1) => "urgent".to_owned(),
            Self::Urgent(turn) => format!("urgent-{turn}"),
            Self::Correction(0 | 1) => CORRECTION.to_owned(),
            Self::Correction(turn) => format!("{CORRECTION}-{turn}"),
            Self::Welcome => "welcome".to_owned(),
            Self::Season => "season".to_owned(),
            Self::Farewell => "farewell".to_owned(),
            Self::ContactLeft => "contact-left".to_owned(),
            Self::Test => "test".to_owned(),
            Self::Report => "report".to_owned(),
            Self::Alert => "alert".to_owned(),
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

    /// Reads the word of a correction; `None` for any other.
    pub fn of_correction(word: &str) -> Option<Self> {
        let rest = word.strip_prefix(CORRECTION)?;
        if rest.is_empty() { Some(Self::Correction(1)) } else { rest.strip_prefix('-')?.parse().ok().map(Self::Correction) }
    }

    /// Reads the kind of a mail in the outbox: the word, and behind a `+` which further mail of that kind on that day it is.
    ///
    /// ```
    /// use deadlines::mail::compose::key::MailKind;
    /// assert_eq!(MailKind::parse("digest"), Some((MailKind::Digest, 0)));
    /// assert_eq!(MailKind::parse("alert+2"), Some((MailKind::Alert, 2)));
    /// assert_eq!(MailKind::parse("letter"), None);
    /// ```
    pub fn parse(text: &str) -> Option<(Self, u32)> {
        let (word, copy) = text.split_once('+').map_or((text, Some(0)), |(word, copy)| (word, copy.parse().ok()));
        let others = [Self::Welcome, Self::Season, Self::Farewell, Self::ContactLeft, Self::Test, Self::Report, Self::Alert];
        let plain = || others.into_iter().find(|kind| kind.word() == word);
        Self::of_reminder(word).or_else(|| Self::of_correction(word)).or_else(plain).zip(copy)
    }

    /// The name of the folder of templates.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Digest | Self::Urgent(_) => "digest",
            Self::Correction(_) => "correction",
            Self::Welcome => "welcome",
            Self::Season => "season",
            Self::Farewell | Self::ContactLeft => "farewell",
            Self::Test => "test",
            Self::Report | Self::Alert => "report",
        }
    }
}

/// The key of a mail: there is one of a kind and copy for a contact of a practice on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MailKey<'a> {
    /// What sort of mail.
    pub kind: MailKind,
    /// Which further mail of that kind on that day: a mail that tells anew what an unanswered one told is another mail.
    pub copy: u32,
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
    let kind = if key.copy == 0 { key.kind.word() } else { format!("{}+{}", key.kind.word(), key.copy) };
    format!("{}@{list_domain}", hashed(&["message-id", &kind, key.practice.as_str(), key.email, &day], 32))
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
    let nibbles = hasher.finalize().into_iter().flat_map(|byte| [byte >> 4, byte & 15]);
    nibbles.take(digits).filter_map(|nibble| char::from_digit(u32::from(nibble), 16)).collect()
}
