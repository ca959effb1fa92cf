//! Identities: what things are called in files, on the command line and in the database.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Wraps a text that has been checked already.
            pub fn new(text: impl Into<Arc<str>>) -> Self {
                Self(text.into())
            }
            /// The text as it stands in files and output.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }
        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.into())
            }
        }
    };
}

name!(
    /// The party that a practice contracts with, such as `zilveren-kruis`.
    InsurerId
);
name!(
    /// A *zorgsoort*, such as `logopedie`.
    CareType
);
name!(
    /// A module, addendum, plus agreement or tariff group; unique only within insurer and care type.
    ModuleId
);
name!(
    /// One policy, named after its file: `cz/paramedische-zorg-2024`, or `statutory`.
    PolicyId
);
name!(
    /// A milestone with its policy: `cz/paramedische-zorg-2024/ondertekenen`. Never contains a date.
    MilestoneId
);
name!(
    /// A practice, as the operator named it.
    PracticeId
);

impl MilestoneId {
    /// Joins a policy and the identity that is unique within it.
    pub fn within(policy: &PolicyId, local: &str) -> Self {
        Self::new([policy.as_str(), "/", local].concat())
    }

    /// The part after the policy.
    pub fn local(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }

    /// The part before it.
    pub fn policy(&self) -> PolicyId {
        PolicyId::from(self.0.rsplit_once('/').map_or("", |(policy, _)| policy))
    }
}

/// A milestone and, where it has several occurrences, `@` with the agreement, start or period.
///
/// A piece of a text that it may share with others: to give each a piece of memory of its own takes longer than to work out its day.
#[derive(Clone)]
pub struct OccurrenceId {
    text: Arc<str>,
    begin: u32,
    end: u32,
}

impl OccurrenceId {
    /// Wraps a text that has been checked already.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        let text = text.into();
        Self { begin: 0, end: u32::try_from(text.len()).unwrap_or(u32::MAX), text }
    }

    /// The piece of a text from one place up to another, in bytes.
    pub fn within(text: &Arc<str>, begin: u32, end: u32) -> Self {
        Self { text: text.clone(), begin, end }
    }

    /// The text as it stands in files and output.
    pub fn as_str(&self) -> &str {
        &self.text[self.begin as usize..self.end as usize]
    }

    /// How many bytes it has, without a look at them.
    pub fn length(&self) -> usize {
        (self.end - self.begin) as usize
    }

    /// The milestone that occurs: the part before the `@`.
    ///
    /// ```
    /// use deadlines::domain::names::OccurrenceId;
    /// let occurrence = OccurrenceId::from("cz/paramedische-zorg-2024/data@2024-02");
    /// assert_eq!(occurrence.milestone().as_str(), "cz/paramedische-zorg-2024/data");
    /// assert_eq!(occurrence.milestone().policy().as_str(), "cz/paramedische-zorg-2024");
    /// ```
    pub fn milestone(&self) -> MilestoneId {
        MilestoneId::from(self.as_str().split('@').next().unwrap_or_default())
    }
}

impl PartialEq for OccurrenceId {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for OccurrenceId {}

impl PartialOrd for OccurrenceId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for OccurrenceId {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl Hash for OccurrenceId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl fmt::Display for OccurrenceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for OccurrenceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl From<&str> for OccurrenceId {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

/// Why a text is not an identity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("only lower-case letters, digits and single hyphens between them")]
pub struct NotAnIdentity;

/// Accepts `kebab-case`: lower-case ASCII letters and digits, single hyphens between them.
///
/// ```
/// use deadlines::domain::names::check_identity;
/// assert!(check_identity("leren-door-inzicht").is_ok());
/// assert!(check_identity("Leren door inzicht").is_err());
/// ```
pub fn check_identity(text: &str) -> Result<(), NotAnIdentity> {
    let parts_hold = text.split('-').all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()));
    if parts_hold { Ok(()) } else { Err(NotAnIdentity) }
}

/// How forgiving comparison sees a name: case, spaces, hyphens and other punctuation do not count, nor do diacritics.
///
/// ```
/// use deadlines::domain::names::folded;
/// assert_eq!(folded("Zilveren Kruis"), folded("zilveren-kruis"));
/// assert_eq!(folded("Diëtetiek"), folded("dietetiek"));
/// ```
pub fn folded(text: &str) -> String {
    text.chars()
        .flat_map(char::to_lowercase)
        .map(plain_letter)
        .map(|c| if c == '&' { "en".to_owned() } else { c.to_string() })
        .collect::<String>()
        .chars()
        .filter(|c| c.is_alphanumeric())
        .collect()
}

fn plain_letter(c: char) -> char {
    match c {
        'à' | 'á' | 'â' | 'ä' => 'a',
        'è' | 'é' | 'ê' | 'ë' => 'e',
        'ì' | 'í' | 'î' | 'ï' => 'i',
        'ò' | 'ó' | 'ô' | 'ö' => 'o',
        'ù' | 'ú' | 'û' | 'ü' => 'u',
        'ç' => 'c',
        other => other,
    }
}
