//! Who or what wrote a message, so that no machine's answer is taken for a person's.

use mail_parser::{Message, MimeHeaders};

/// Who or what wrote a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Nothing says that it was not a person.
    Person,
    /// A program for a person, not in answer to a mail (`Auto-Submitted: auto-generated`, RFC 3834): some mail services press an unsubscribe
    /// link like this for their reader.
    Program,
    /// An answering machine, a mailing list, or a server that wants no answer.
    Machine,
}

/// Headers that only answering machines and lists write.
const MACHINES_HEADERS: [&str; 8] = [
    "x-autoreply",
    "x-autorespond",
    "x-autoresponder",
    "x-auto-response-suppress",
    "x-mail-autoreply",
    "list-id",
    "list-unsubscribe",
    "list-post",
];

/// Reads it off the header; `header` has names in lower case.
pub fn of(header: &[(String, String)], message: &Message<'_>) -> Origin {
    let value = |name: &str| header.iter().find(|(known, _)| known == name).map(|(_, value)| value.to_ascii_lowercase());
    let precedence = value("precedence").unwrap_or_default();
    let in_bulk = ["bulk", "list", "junk", "auto_reply"].iter().any(|word| precedence.starts_with(word));
    let wants_no_answer = value("return-path").is_some_and(|path| path == "<>");
    if in_bulk || wants_no_answer || is_report(message) || header.iter().any(|(name, _)| MACHINES_HEADERS.contains(&name.as_str())) {
        return Origin::Machine;
    }
    let automatic = value("auto-submitted").unwrap_or_default();
    match automatic.split([';', ' ', '(']).next().unwrap_or_default() {
        "" | "no" => Origin::Person,
        "auto-generated" => Origin::Program,
        _ => Origin::Machine,
    }
}

/// Receipts for reading and complaints come as reports too (RFC 8098, RFC 5965).
fn is_report(message: &Message<'_>) -> bool {
    let of_root = message.root_part().content_type();
    of_root.is_some_and(|kind| {
        kind.ctype().eq_ignore_ascii_case("multipart") && kind.subtype().is_some_and(|sub| sub.eq_ignore_ascii_case("report"))
    })
}
