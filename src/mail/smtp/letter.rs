//! A message in the shape that the wire wants: envelope addresses checked, lines ended and dots stuffed.

use lettre::Address;

use crate::mail::smtp::classify::Stage;
use crate::mail::smtp::reply::Trouble;
use crate::mail::transport::{Fault, Outgoing};

/// An envelope and a message, ready to be written.
#[derive(Debug)]
pub struct Letter {
    /// The sender; none is the null sender.
    pub from: Option<Address>,
    /// The recipient, its domain in ASCII.
    pub to: Address,
    /// The message as it follows 354: dot-stuffed, with its final dot.
    pub wire: Vec<u8>,
    /// Whether the message has bytes beyond ASCII and needs 8BITMIME (RFC 6152).
    pub is_eight_bit: bool,
}

impl Letter {
    /// Checks the addresses and encodes the message.
    ///
    /// # Errors
    /// [`Fault::Address`] for a recipient that is none, [`Fault::Operator`] for such a sender, which we chose.
    pub fn prepare(mail: &Outgoing) -> Result<Self, Trouble> {
        let from = match mail.return_path.as_str() {
            "" => None,
            text => Some(address(text).ok_or_else(|| Trouble::ours(Stage::Mail, Fault::Operator, "the return path is not an address"))?),
        };
        let to = address(&mail.recipient)
            .ok_or_else(|| Trouble::ours(Stage::Recipient, Fault::Address, "the recipient is not an e-mail address"))?;
        Ok(Self { from, to, wire: encode(&mail.bytes), is_eight_bit: !mail.bytes.is_ascii() })
    }

    /// Whether a local part is beyond ASCII and needs SMTPUTF8 (RFC 6531).
    pub fn needs_utf8(&self) -> bool {
        [self.from.as_ref(), Some(&self.to)].into_iter().flatten().any(|address| !address.user().is_ascii())
    }
}

/// An address with an ASCII domain (RFC 5891); none if it is no address or could break a command.
fn address(text: &str) -> Option<Address> {
    if text.chars().any(char::is_control) {
        return None;
    }
    let address: Address = text.parse().ok()?;
    if address.domain().is_ascii() {
        return Some(address);
    }
    let domain = idna::domain_to_ascii(address.domain()).ok()?;
    Address::new(address.user(), domain).ok()
}

/// A message for the DATA phase (RFC 5321 section 4.5.2): a dot before each leading dot, and the final dot.
///
/// A bare CR or LF becomes a full line end: some servers end the message at them, and what follows would be commands.
pub fn encode(message: &[u8]) -> Vec<u8> {
    if needs_no_change(message) {
        return [message, b".\r\n"].concat();
    }
    let mut wire = Vec::with_capacity(message.len() + message.len() / 64 + 16);
    // Lines that need no change are copied together, as most of a mail is.
    let mut copied = 0;
    let mut rest = message;
    while !rest.is_empty() {
        let at = message.len() - rest.len();
        if rest.starts_with(b".") {
            wire.extend_from_slice(&message[copied..at]);
            wire.push(b'.');
            copied = at;
        }
        let (line, after) = split_line(rest);
        let (end, next) = (at + line.len(), message.len() - after.len());
        if &message[end..next] != b"\r\n" {
            wire.extend_from_slice(&message[copied..end]);
            wire.extend_from_slice(b"\r\n");
            copied = next;
        }
        rest = after;
    }
    wire.extend_from_slice(&message[copied..]);
    wire.extend_from_slice(b".\r\n");
    wire
}

/// Whether all lines end as they should and none begins with a dot, as in most mails. Looked at byte by byte without stopping, which a compiler
/// makes sixteen at a time of: taking a mail apart line by line costs as much as half of what the store does for it.
fn needs_no_change(message: &[u8]) -> bool {
    let follows = |(&first, &second): (&u8, &u8)| ((first == b'\r') == (second == b'\n')) & !((first == b'\n') & (second == b'.'));
    let starts_well = message.first().is_some_and(|first| !b".\n".contains(first));
    starts_well && message.ends_with(b"\r\n") && message.iter().zip(&message[1..]).fold(true, |all, pair| all & follows(pair))
}

/// The first line without its end, and what follows.
fn split_line(text: &[u8]) -> (&[u8], &[u8]) {
    let Some(end) = memchr::memchr2(b'\r', b'\n', text) else { return (text, &[]) };
    let (line, rest) = text.split_at(end);
    (line, rest.strip_prefix(b"\r\n").unwrap_or(&rest[1..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What a server makes of it.
    fn decode(wire: &[u8]) -> Vec<u8> {
        let body = wire.strip_suffix(b".\r\n").unwrap();
        let lines = body.split_inclusive(|&byte| byte == b'\n');
        lines.flat_map(|line| line.strip_prefix(b".").unwrap_or(line)).copied().collect()
    }

    #[test]
    fn dots_and_line_ends() {
        for (message, wire) in [
            ("", ".\r\n"),
            ("a\r\n", "a\r\n.\r\n"),
            ("a", "a\r\n.\r\n"),
            (".\r\n", "..\r\n.\r\n"),
            ("a\r\n.\r\n..b\r\n\r\n", "a\r\n..\r\n...b\r\n\r\n.\r\n"),
            ("a.\r\n b.c\r\n", "a.\r\n b.c\r\n.\r\n"),
            ("a\n.\nb\r.\r\r\n", "a\r\n..\r\nb\r\n..\r\n\r\n.\r\n"),
        ] {
            assert_eq!(String::from_utf8(encode(message.as_bytes())).unwrap(), wire, "{message:?}");
        }
    }

    proptest! {
        #[test]
        fn lines_come_back_and_nothing_ends_early(lines in proptest::collection::vec("[.a-z ]{0,4}", 0..20)) {
            let message = lines.iter().map(|line| format!("{line}\r\n")).collect::<String>();
            let wire = encode(message.as_bytes());
            prop_assert_eq!(decode(&wire), message.as_bytes());
            let text = format!("\r\n{}", String::from_utf8(wire).unwrap());
            prop_assert_eq!(text.find("\r\n.\r\n"), Some(text.len() - 5));
        }

        #[test]
        fn no_bare_line_ends_leave(message in proptest::collection::vec(prop_oneof![Just(b'\r'), Just(b'\n'), Just(b'.'), any::<u8>()], 0..60)) {
            let text: Vec<u8> = [b"\r\n".as_slice(), &encode(&message)].concat();
            for (at, pair) in text.windows(2).enumerate() {
                prop_assert_eq!(pair[0] == b'\r', pair[1] == b'\n', "at {}", at);
            }
            prop_assert_eq!(text.windows(5).position(|five| five == b"\r\n.\r\n"), Some(text.len() - 5));
        }
    }

    #[test]
    fn addresses() {
        let to = |text: &str| address(text).map(|address| address.to_string());
        assert_eq!(to("info@praktijk.example").as_deref(), Some("info@praktijk.example"));
        assert_eq!(to("info@fysiotherapië.example").as_deref(), Some("info@xn--fysiotherapi-dfb.example"));
        assert_eq!(to("zoë@praktijk.example").as_deref(), Some("zoë@praktijk.example"));
        for text in [
            "",
            "x",
            "x@",
            "@x",
            "a b@c.example",
            "a@b.example>\r\nDATA",
            "a@b.example\n",
            "<a@b.example>",
            "\"a\r\nb\"@c.example",
            "a@b.example> SIZE=1",
        ] {
            assert_eq!(to(text), None, "{text:?}");
        }
    }
}
