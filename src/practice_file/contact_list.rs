//! The contacts of a practice in one CSV cell: `Name <email> (signatory, wants deadline duty, "Beste Marieke"); email`.

use std::ops::Range;

use crate::domain::practices::Contact;
use crate::practice_file::csv_cells::Cell;
use crate::practice_file::drafts::ContactDraft;
use crate::toml_reader::Placed;

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
pub fn unquoted(text: &str, wanted: char) -> Result<Vec<usize>, usize> {
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
    let opening = unclosed.and_then(|inner| Some((unquoted(inner, '(').ok()?.last().copied()?, inner.len())));
    let (rest, remarks) = match opening {
        Some((open, close)) => (piece[..open].trim_end(), Some(open + 1..close)),
        None => (piece.trim_end(), None),
    };
    let opened = unquoted(rest, '<').ok().and_then(|places| places.first().copied()).filter(|_| rest.ends_with('>'));
    let mut draft = match opened {
        Some(open) => {
            let name = placed(0..open).map(|name| plain_name(&name));
            let name = Some(name).filter(|name| !name.value.is_empty());
            ContactDraft { name, ..ContactDraft::new(placed(open + 1..rest.len() - 1)) }
        }
        None => ContactDraft::new(placed(0..rest.len())),
    };
    for remark in remarks.map(|remarks| between_commas(piece, remarks)).unwrap_or_default() {
        add_remark(&mut draft, placed(remark));
    }
    draft
}

fn between_commas(piece: &str, remarks: Range<usize>) -> Vec<Range<usize>> {
    let mut start = remarks.start;
    let mut parts = Vec::new();
    let commas = unquoted(&piece[remarks.clone()], ',').unwrap_or_default();
    for end in commas.into_iter().map(|comma| remarks.start + comma).chain([remarks.end]) {
        parts.push(start..end);
        start = end + 1;
    }
    parts
}

/// `"Beste Marieke"` is a salutation, `wants …` a list; anything else has to be a role.
fn add_remark(draft: &mut ContactDraft, remark: Placed<String>) {
    if remark.value.starts_with('"') {
        draft.salutation = Some(remark.map(|text| plain_name(&text)));
    } else if let Some(words) = remark.value.strip_prefix("wants").filter(|rest| rest.is_empty() || rest.starts_with(' ')) {
        let word = |word: &str| Placed { value: word.to_owned(), span: remark.span.clone() };
        draft.wants = Some(words.split_whitespace().map(word).collect());
    } else {
        draft.role = Some(remark);
    }
}

/// A name that is quoted as a whole, without its quotes and backslashes; any other as it is.
fn plain_name(name: &str) -> String {
    let inner = name.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    inner.and_then(unescaped).unwrap_or_else(|| name.to_owned())
}

/// `None` where a quote inside closes what looked like one.
pub fn unescaped(inner: &str) -> Option<String> {
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
    let wants: Vec<&str> = contact.wants.iter().map(|want| want.as_str()).collect();
    let remarks: Vec<String> = [
        contact.role.map(|role| role.as_str().to_owned()),
        (!wants.is_empty()).then(|| format!("wants {}", wants.join(" "))),
        contact.salutation.as_deref().map(quoted),
    ]
    .into_iter()
    .flatten()
    .collect();
    if remarks.is_empty() { address } else { format!("{address} ({})", remarks.join(", ")) }
}

/// Between quotes, with a backslash before what would end it.
pub fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn quoted_name(name: &str) -> String {
    if name.contains(['"', '\\', ';', '<', '>']) { quoted(name) } else { name.to_owned() }
}
