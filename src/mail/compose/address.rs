//! What may stand in a header: addresses, domains and texts from outside.

use lettre::Address;
use lettre::message::Mailbox;

/// Longer display names and subjects help nobody; a header line holds 998 characters at most (RFC 5322, section 2.1.1).
const LONGEST_TEXT: usize = 200;

/// Why an address or domain cannot be used. Does not repeat it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadAddress {
    /// Mail servers take such an address only with SMTPUTF8 (RFC 6531), which is not asked of them.
    #[error("the part before the @ has other characters than ASCII")]
    LocalPartNotAscii,
    /// The domain cannot be written in ASCII (RFC 5891).
    #[error("the domain is not a valid international domain name")]
    Domain,
    /// Anything else.
    #[error("it is not a mail address")]
    Malformed,
}

/// Reads an address; an international domain becomes its ASCII form.
///
/// # Errors
/// [`BadAddress`].
///
/// ```
/// use deadlines::mail::compose::address::parse_address;
/// assert_eq!(parse_address("info@diëtiste.example").unwrap().to_string(), "info@xn--ditiste-sya.example");
/// ```
pub fn parse_address(text: &str) -> Result<Address, BadAddress> {
    let (local, domain) = text.rsplit_once('@').ok_or(BadAddress::Malformed)?;
    if !local.is_ascii() {
        return Err(BadAddress::LocalPartNotAscii);
    }
    let domain = if domain.is_ascii() { domain.to_owned() } else { idna::domain_to_ascii(domain).map_err(|_| BadAddress::Domain)? };
    Address::new(local, domain).map_err(|_| BadAddress::Malformed)
}

/// Reads a domain such as List-Id and Message-ID need: letters, digits, hyphens and dots.
///
/// # Errors
/// [`BadAddress::Domain`].
pub fn parse_domain(text: &str) -> Result<String, BadAddress> {
    let domain = idna::domain_to_ascii(text).map_err(|_| BadAddress::Domain)?;
    let label_holds = |label: &str| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if domain.len() <= 253 && domain.split('.').all(label_holds) { Ok(domain) } else { Err(BadAddress::Domain) }
}

/// A text on one line: control characters and what turns the reading direction are gone, white space is single.
///
/// ```
/// use deadlines::mail::compose::address::clean;
/// assert_eq!(clean("Praktijk\r\nBcc: x@example.org "), "Praktijk Bcc: x@example.org");
/// ```
pub fn clean(text: &str) -> String {
    if is_clean(text) {
        return text.to_owned();
    }
    let spaced: String = text.chars().map(|c| if is_unprintable(c) { ' ' } else { c }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Nearly every text is, and most texts of a mail are asked.
fn is_clean(text: &str) -> bool {
    let mut before = ' ';
    for c in text.chars() {
        if is_unprintable(c) || (c.is_whitespace() && (c != ' ' || before == ' ')) {
            return false;
        }
        before = c;
    }
    before != ' '
}

fn is_unprintable(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// A text as a header may carry it: clean, not too long, and without what a reader would decode as RFC 2047.
pub fn header_text(text: &str) -> String {
    let text = clean(text).replace("=?", "= ?");
    if text.chars().count() <= LONGEST_TEXT {
        return text;
    }
    let cut: String = text.chars().take(LONGEST_TEXT - 1).collect();
    format!("{}…", cut.trim_end())
}

/// A mailbox whose name the mail library can take: it panics on line breaks.
pub fn mailbox(name: Option<&str>, address: Address) -> Mailbox {
    let name = name.map(header_text).filter(|name| !name.is_empty());
    Mailbox::new(name, address)
}
