//! Signed tokens: what comes back by mail is believed only where this service wrote it.
//!
//! A token is a purpose (one byte), a payload and a MAC: HMAC-SHA256 (RFC 2104) cut to 80 bits, written in lower-case base32 (RFC 4648,
//! section 6) without padding, so that mail systems that fold case do not break it. The MAC also covers what the token only points to, such as
//! the practice and address of a mail's row: where a row got another content (a database that was restored from a backup counts its rows
//! anew), old tokens no longer fit it. Pure: keys are given.

use std::fmt;

use chrono::NaiveDate;
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// How many bytes of the MAC a token carries: 80 bits, which nobody guesses through a mail server.
const MAC_BYTES: usize = 10;

/// How long the longest token is that names a mail: one byte, eight of the row and the MAC.
pub const LONGEST_MAIL_TOKEN: usize = (1 + 8 + MAC_BYTES) * 8 / 5 + 1;

/// Longer texts are no tokens of ours; keeps odd input cheap.
const LONGEST_TOKEN: usize = 400;

/// One key: 32 random bytes.
pub type Key = [u8; 32];

/// The keys of a service: the first signs, all verify.
#[derive(Clone, PartialEq, Eq)]
pub struct Keys {
    first: Key,
    older: Vec<Key>,
}

impl Keys {
    /// The key that signs, and older ones that still verify.
    pub fn new(first: Key, older: Vec<Key>) -> Self {
        Self { first, older }
    }

    /// For mails that nobody gets: previews, simulations. What it signs no service believes.
    pub fn for_show() -> Self {
        Self::new([0; 32], Vec::new())
    }

    fn sign(&self, purpose: Purpose, payload: &[u8], about: &[&str]) -> String {
        let mut bytes = vec![purpose as u8];
        bytes.extend_from_slice(payload);
        let mac = mac(&self.first, &bytes, about).finalize().into_bytes();
        bytes.extend(mac.iter().take(MAC_BYTES));
        base32(&bytes)
    }
}

/// Never shows a key.
impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys({})", 1 + self.older.len())
    }
}

/// What a token may be used for. The numbers are written into mails and never change their meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Purpose {
    /// Names the mail that a delivery report is about.
    Bounce = 1,
    /// No more mail to an address about a practice.
    Unsubscribe = 2,
    /// Mail to it again.
    Subscribe = 3,
    /// The practice handled an occurrence.
    Done = 4,
}

impl Purpose {
    fn read(byte: u8) -> Option<Self> {
        [Self::Bounce, Self::Unsubscribe, Self::Subscribe, Self::Done].into_iter().find(|purpose| *purpose as u8 == byte)
    }
}

/// A mail in the outbox: its row and the key that it is known by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MailRow<'a> {
    /// The row; 0 stands for a mail that is only looked at.
    pub id: i64,
    /// For which practice.
    pub practice: &'a str,
    /// To which address.
    pub email: &'a str,
    /// For which day.
    pub day: NaiveDate,
    /// What kind of mail.
    pub kind: &'a str,
}

impl MailRow<'_> {
    /// The row's bytes without leading noughts, so that tokens are short.
    fn payload(&self) -> Vec<u8> {
        self.id.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect()
    }
}

/// Tells whether a secret is still the same, to those who have the key; says nothing about it to anybody else.
pub fn fingerprint(keys: &Keys, secret: &str) -> String {
    let mac = mac(&keys.first, b"fingerprint", &[secret]).finalize().into_bytes();
    base32(&mac)
}

/// The token in a mail's return path.
pub fn bounce(keys: &Keys, mail: &MailRow<'_>) -> String {
    keys.sign(Purpose::Bounce, &mail.payload(), &about_mail(mail, &mail.day.to_string()))
}

/// The token by which a reader says that an occurrence is handled for the last day that the mail told.
pub fn done(keys: &Keys, mail: &MailRow<'_>, occurrence: &str, last_day: NaiveDate) -> String {
    let (day, last_day) = (mail.day.to_string(), last_day.to_string());
    let about = [&about_mail(mail, &day)[..], &[occurrence, &last_day]].concat();
    keys.sign(Purpose::Done, &mail.payload(), &about)
}

/// The token that stops mail to an address about a practice. It names the practice itself, so that it works for as long as the keys do.
pub fn unsubscribe(keys: &Keys, practice: &str, email: &str) -> String {
    keys.sign(Purpose::Unsubscribe, practice.as_bytes(), &[&email.to_lowercase()])
}

/// The token that takes an unsubscription back.
pub fn subscribe(keys: &Keys, practice: &str, email: &str) -> String {
    keys.sign(Purpose::Subscribe, practice.as_bytes(), &[&email.to_lowercase()])
}

/// A name for something that says nothing of it to who lacks the key: 128 bits of a MAC, as hexadecimal digits.
pub fn pseudonym(keys: &Keys, what: &str, value: &str) -> String {
    let mac = mac(&keys.first, b"pseudonym", &[what, value]).finalize().into_bytes();
    mac.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

fn about_mail<'a>(mail: &MailRow<'a>, day: &'a str) -> [&'a str; 4] {
    [mail.practice, mail.email, day, mail.kind]
}

/// A token as it came in: readable, but not to be believed before one of its `is_` questions says yes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    purpose: Purpose,
    signed: Vec<u8>,
    mac: Vec<u8>,
}

impl Token {
    /// Reads a token, whatever its case; `None` for everything else.
    pub fn parse(text: &str) -> Option<Self> {
        let mut signed = Some(text).filter(|text| text.len() <= LONGEST_TOKEN).and_then(unbase32)?;
        let purpose = Purpose::read(*signed.first()?)?;
        let mac = signed.split_off(signed.len().checked_sub(MAC_BYTES).filter(|at| *at >= 1)?);
        Some(Self { purpose, signed, mac })
    }

    /// What it says that it is for.
    pub fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// The row of the mail that it points to.
    pub fn mail(&self) -> Option<i64> {
        let payload = self.signed.get(1..).filter(|payload| payload.len() <= 8)?;
        let mut bytes = [0; 8];
        bytes[8 - payload.len()..].copy_from_slice(payload);
        Some(i64::from_be_bytes(bytes))
    }

    /// The practice that it names.
    pub fn practice(&self) -> Option<&str> {
        std::str::from_utf8(self.signed.get(1..)?).ok()
    }

    /// Whether we wrote it into the return path of this mail.
    pub fn is_bounce_of(&self, keys: &Keys, mail: &MailRow<'_>) -> bool {
        self.purpose == Purpose::Bounce && self.names(mail) && self.fits(keys, &about_mail(mail, &mail.day.to_string()))
    }

    /// Whether we wrote it beside this occurrence in this mail.
    pub fn is_done_of(&self, keys: &Keys, mail: &MailRow<'_>, occurrence: &str, last_day: NaiveDate) -> bool {
        let (day, last_day) = (mail.day.to_string(), last_day.to_string());
        let about = [&about_mail(mail, &day)[..], &[occurrence, &last_day]].concat();
        self.purpose == Purpose::Done && self.names(mail) && self.fits(keys, &about)
    }

    /// Whether we wrote it for this address of the practice that it names.
    pub fn is_about_address(&self, keys: &Keys, email: &str) -> bool {
        matches!(self.purpose, Purpose::Unsubscribe | Purpose::Subscribe) && self.fits(keys, &[&email.to_lowercase()])
    }

    fn names(&self, mail: &MailRow<'_>) -> bool {
        self.signed.get(1..) == Some(mail.payload().as_slice())
    }

    /// Compares in constant time.
    fn fits(&self, keys: &Keys, about: &[&str]) -> bool {
        let all = std::iter::once(&keys.first).chain(&keys.older);
        all.into_iter().any(|key| mac(key, &self.signed, about).verify_truncated_left(&self.mac).is_ok())
    }
}

/// Each part goes in with its length, so that no two lists of parts are alike.
fn mac(key: &Key, signed: &[u8], about: &[&str]) -> Hmac<Sha256> {
    // RFC 2104 fills a short key up to a block of the hash with noughts.
    let mut block = [0; 64];
    block[..key.len()].copy_from_slice(key);
    let mut mac = <Hmac<Sha256> as Mac>::new(&block.into());
    for part in std::iter::once(signed).chain(about.iter().map(|part| part.as_bytes())) {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac
}

const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

fn base32(bytes: &[u8]) -> String {
    let bit = |at: usize| bytes.get(at / 8).is_some_and(|byte| byte >> (7 - at % 8) & 1 == 1);
    let digit = |at: usize| (0..5).fold(0, |value, offset| value << 1 | usize::from(bit(at + offset)));
    (0..bytes.len() * 8).step_by(5).map(|at| char::from(ALPHABET[digit(at)])).collect()
}

/// Refuses other characters and left-over bits that are not nought, so that each token has one spelling, case aside.
fn unbase32(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 5 / 8);
    let (mut held, mut bits) = (0_u32, 0);
    for byte in text.bytes() {
        let digit = ALPHABET.iter().position(|known| *known == byte.to_ascii_lowercase())?;
        held = held << 5 | u32::try_from(digit).ok()?;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(held >> bits).ok()?);
            held &= (1 << bits) - 1;
        }
    }
    (held == 0 && bits < 5).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: i64) -> MailRow<'static> {
        let day = NaiveDate::from_ymd_opt(2023, 10, 30).unwrap_or_default();
        MailRow { id, practice: "fysio-leiden", email: "info@fysio-leiden.example", day, kind: "digest" }
    }

    fn keys(first: u8, older: &[u8]) -> Keys {
        Keys::new([first; 32], older.iter().map(|byte| [*byte; 32]).collect())
    }

    #[test]
    fn base32_as_rfc_4648_writes_it() {
        for (plain, written) in [("", ""), ("f", "my"), ("fo", "mzxq"), ("foo", "mzxw6"), ("foob", "mzxw6yq"), ("foobar", "mzxw6ytboi")] {
            assert_eq!(base32(plain.as_bytes()), written);
            assert_eq!(unbase32(&written.to_uppercase()).as_deref(), Some(plain.as_bytes()));
        }
        for odd in ["m", "mz1", "mé", "mz======", "mzxr", "aaa"] {
            assert_eq!(unbase32(odd), None, "{odd}");
        }
    }

    #[test]
    fn a_token_names_its_mail_whatever_the_row_and_the_case() {
        for id in [0, 1, 127, 128, 255, 256, 65_535, 1 << 40, i64::MAX - 1, i64::MAX] {
            let written = bounce(&keys(1, &[]), &row(id));
            assert!(written.len() <= LONGEST_MAIL_TOKEN, "{}", written.len());
            let token = Token::parse(&written.to_uppercase()).filter(|token| token.is_bounce_of(&keys(1, &[]), &row(id)));
            assert_eq!(token.and_then(|token| token.mail()), Some(id));
        }
    }

    #[test]
    fn a_token_fits_nothing_else() {
        let ours = keys(1, &[]);
        let token = Token::parse(&bounce(&ours, &row(7))).into_iter().next();
        let fits = |keys: &Keys, row: &MailRow<'_>| token.as_ref().is_some_and(|token| token.is_bounce_of(keys, row));
        assert!(fits(&ours, &row(7)));
        assert!(!fits(&ours, &row(8)));
        assert!(!fits(&ours, &MailRow { email: "other@fysio-leiden.example", ..row(7) }));
        assert!(!fits(&ours, &MailRow { practice: "fysio-delft", ..row(7) }));
        assert!(!fits(&keys(2, &[]), &row(7)));
        assert!(fits(&keys(2, &[1]), &row(7)));
        assert!(!fits(&Keys::for_show(), &row(7)));
        assert!(token.as_ref().is_some_and(|token| !token.is_done_of(&ours, &row(7), "a", row(7).day)));
    }

    #[test]
    fn each_changed_character_is_noticed() {
        let ours = keys(1, &[]);
        let written = unsubscribe(&ours, "fysio-leiden", "Info@fysio-leiden.example");
        let holds = |text: &str| {
            Token::parse(text).is_some_and(|token| {
                token.is_about_address(&ours, "info@fysio-leiden.example")
                    && (token.purpose(), token.practice()) == (Purpose::Unsubscribe, Some("fysio-leiden"))
            })
        };
        assert!(holds(&written));
        for at in 0..written.len() {
            let other = if written.as_bytes()[at] == b'a' { "b" } else { "a" };
            let mut forged = written.clone();
            forged.replace_range(at..=at, other);
            assert!(!holds(&forged), "{forged}");
        }
        assert!(!holds(&subscribe(&ours, "fysio-leiden", "info@fysio-leiden.example")));
    }
}
