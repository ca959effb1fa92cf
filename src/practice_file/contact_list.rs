//! The contacts of a practice in one CSV cell: `Name <email> (signatory); email`.

use std::ops::Range;

use crate::domain::practices::Contact;
use crate::practice_file::csv_cells::Cell;
use crate::practice_file::drafts::ContactDraft;

/// Takes a cell apart.
///
/// # Errors
/// The place of a quote that is never closed.
pub fn read(cell: &Cell) -> Result<Vec<ContactDraft>, Range<usize>> {
    let value = cell.value.as_str();
    let mut drafts = Vec::new();
    let mut start = 0;
    let ends = unquoted(value, ';').map_err(|at| cell.part(at..value.len()).span)?;
    for end in ends.into_iter().chain([value.len()]) {
        if !value[start..end].trim().is_empty() {
            drafts.push(contact(cell, start, &value[start..end]));
        }
        start = end + 1;
    }
    Ok(drafts)
}

/// Where a character stands outside quotes; the place of a quote that is never closed otherwise.
fn unquoted(text: &str, wanted: char) -> Result<Vec<usize>, usize> {
    let mut found = Vec::new();
    let mut opened = None;
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match (character, opened) {
            ('\\', Some(_)) => drop(characters.next()),
            ('"', None) => opened = Some(at),
            ('"', Some(_)) => opened = None,
            (other, None) if other == wanted => found.push(at),
            _ => {}
        }
    }
    opened.map_or(Ok(found), Err)
}

fn contact(cell: &Cell, start: usize, piece: &str) -> ContactDraft {
    let placed = |range: Range<usize>| cell.part(start + range.start..start + range.end);
    let unclosed = piece.trim_end().strip_suffix(')');
    let (rest, role) = match unclosed.and_then(|inner| Some((inner.rfind('(')?, inner.len()))) {
        Some((open, close)) => (piece[..open].trim_end(), Some(placed(open + 1..close))),
        None => (piece.trim_end(), None),
    };
    let opened = unquoted(rest, '<').ok().and_then(|places| places.first().copied()).filter(|_| rest.ends_with('>'));
    match opened {
        Some(open) => {
            let name = placed(0..open).map(|name| plain_name(&name));
            let name = Some(name).filter(|name| !name.value.is_empty());
            ContactDraft { email: placed(open + 1..rest.len() - 1), name, role }
        }
        None => ContactDraft { email: placed(0..rest.len()), name: None, role },
    }
}

/// A name that is quoted as a whole, without its quotes and backslashes; any other as it is.
fn plain_name(name: &str) -> String {
    let inner = name.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    inner.and_then(unescaped).unwrap_or_else(|| name.to_owned())
}

/// `None` where a quote inside closes what looked like one.
fn unescaped(inner: &str) -> Option<String> {
    let mut plain = String::new();
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => return None,
            '\\' => plain.extend(characters.next()),
            other => plain.push(other),
        }
    }
    Some(plain)
}

/// Writes contacts as [`read`] understands them; the drafts it gives say the same.
pub fn write(contacts: &[Contact]) -> String {
    let written: Vec<String> = contacts.iter().map(write_contact).collect();
    written.join("; ")
}

fn write_contact(contact: &Contact) -> String {
    let address = match &contact.name {
        Some(name) => format!("{} <{}>", quoted_name(name), contact.email),
        None => contact.email.clone(),
    };
    match contact.role {
        Some(role) => format!("{address} ({})", role.as_str()),
        None => address,
    }
}

fn quoted_name(name: &str) -> String {
    if name.contains(['"', '\\', ';', '<', '>']) {
        format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
    } else {
        name.to_owned()
    }
}
