//! How a reader answers: a link that opens an empty mail whose subject carries a signed token.

use chrono::NaiveDate;
use lettre::Address;

use crate::domain::names::{OccurrenceId, PracticeId};
use crate::mail::inbound::Request;
use crate::mail::signed::{self, Keys, MailRow};

/// How a contact unsubscribes by mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsubscribe {
    /// Where the mail goes.
    pub address: String,
    /// What its subject must be: `afmelden` and a token.
    pub subject: String,
    /// Both as a link (RFC 6068).
    pub link: String,
}

impl Unsubscribe {
    /// For one contact of one practice.
    pub fn new(keys: &Keys, address: &Address, practice: &PracticeId, email: &str) -> Self {
        Self::asking(Request::Unsubscribe, address, &signed::unsubscribe(keys, practice.as_str(), email))
    }

    /// The way back: `aanmelden` and a token.
    pub fn way_back(keys: &Keys, address: &Address, practice: &PracticeId, email: &str) -> Self {
        Self::asking(Request::Subscribe, address, &signed::subscribe(keys, practice.as_str(), email))
    }

    fn asking(request: Request, address: &Address, token: &str) -> Self {
        let subject = format!("{} {token}", request.as_str());
        Self { address: address.to_string(), link: mailto(address, &subject), subject }
    }
}

/// How a contact says that something in a mail is handled.
#[derive(Debug, Clone, Copy)]
pub struct Handled<'a> {
    /// What signs the tokens.
    pub keys: &'a Keys,
    /// Where the mail goes.
    pub address: &'a Address,
    /// The mail that tells it.
    pub mail: MailRow<'a>,
}

impl Handled<'_> {
    /// The link beside one occurrence: good for the last day that the mail tells, and for no other.
    pub fn link(&self, occurrence: &OccurrenceId, last_day: NaiveDate) -> String {
        let token = signed::done(self.keys, &self.mail, occurrence.as_str(), last_day);
        mailto(self.address, &format!("{} {token}", Request::Done.as_str()))
    }
}

fn mailto(address: &Address, subject: &str) -> String {
    format!("mailto:{}?subject={}", percent_encoded(address.as_ref()), percent_encoded(subject))
}

/// RFC 3986, section 2: everything but unreserved characters and the `@` of an address.
fn percent_encoded(text: &str) -> String {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let mut encoded = String::with_capacity(text.len() + 8);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~@".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.extend(['%', char::from(DIGITS[usize::from(byte >> 4)]), char::from(DIGITS[usize::from(byte & 15)])]);
        }
    }
    encoded
}
