//! What a practice asks for itself, in CSV cells: `6w`-lists, `2026-07-20..2026-08-09; friday`, and
//! `bhv by 2027-03-01 "BHV-certificaat verloopt" repeats 1y leads 6w 2w note "…"`.

use std::ops::Range;

use crate::domain::leads::{Lead, joined};
use crate::domain::own_dates::{Due, OwnDate};
use crate::domain::quiet::parse_weekday;
use crate::practice_file::contact_list::{quoted, unescaped, unquoted};
use crate::practice_file::csv_cells::Cell;
use crate::practice_file::csv_text::parse_day;
use crate::practice_file::drafts::{OwnDraft, QuietDraft};
use crate::toml_reader::Placed;

/// What is wrong in a cell: where, what, and what to write.
pub type Wrong = (Range<usize>, String, &'static str);

/// Quiet days, separated by semicolons.
pub fn quiet(cell: &Cell) -> (QuietDraft, Vec<Wrong>) {
    let (mut draft, mut wrong) = (QuietDraft::default(), Vec::new());
    for part in cell.parts() {
        let (from, to) = part.value.split_once("..").unwrap_or((&part.value, &part.value));
        let placed = |value| Placed { value, span: part.span.clone() };
        match (parse_day(from.trim()), parse_day(to.trim())) {
            (Some(from), Some(to)) => draft.stretches.push((placed(from), placed(to))),
            _ if parse_weekday(&part.value).is_some() || !part.value.contains(|c: char| c.is_ascii_digit()) => draft.weekdays.push(part),
            _ => wrong.push((part.span, format!("`{}` is not a quiet day", part.value), "write 2026-07-20..2026-08-09 or friday")),
        }
    }
    (draft, wrong)
}

/// Dates of the practice's own, separated by semicolons.
pub fn own_dates(cell: &Cell) -> (Vec<OwnDraft>, Vec<Wrong>) {
    let (mut drafts, mut wrong) = (Vec::new(), Vec::new());
    let value = cell.value.as_str();
    let ends = unquoted(value, ';').unwrap_or_default();
    let mut start = 0;
    for end in ends.into_iter().chain([value.len()]) {
        if !value[start..end].trim().is_empty() {
            match own_date(cell, start..end) {
                Some(draft) => drafts.push(draft),
                None => {
                    let part = cell.part(start..end);
                    let hint = "write: id by 2027-03-01 \"Title\", then if need be: repeats 1y, leads 6w 2w, note \"…\"";
                    wrong.push((part.span, format!("`{}` is not understood", part.value), hint));
                }
            }
        }
        start = end + 1;
    }
    (drafts, wrong)
}

fn own_date(cell: &Cell, range: Range<usize>) -> Option<OwnDraft> {
    let mut tokens = tokens(cell, range)?.into_iter().peekable();
    let id = tokens.next()?.plain()?;
    let word = tokens.next()?.plain()?;
    let day = parse_day(&tokens.next()?.plain()?.value)?;
    let due = match word.value.as_str() {
        "by" => Due::By(day),
        "on" => Due::On(day),
        _ => return None,
    };
    let title = tokens.next()?.text;
    let mut draft = OwnDraft { id, title, due, repeats: None, leads: None, note: None };
    while let Some(key) = tokens.next() {
        match key.plain()?.value.as_str() {
            "repeats" => draft.repeats = Some(tokens.next()?.plain()?),
            "note" => draft.note = Some(tokens.next()?.text),
            "leads" => {
                let mut leads = Vec::new();
                while let Some(lead) = tokens.peek().and_then(|token| Lead::parse(&token.text.value)) {
                    leads.push(lead);
                    tokens.next();
                }
                draft.leads = Some(leads).filter(|leads| !leads.is_empty());
                draft.leads.as_ref()?;
            }
            _ => return None,
        }
    }
    Some(draft)
}

/// A word, or a text between quotes.
struct Token {
    text: Placed<String>,
    is_quoted: bool,
}

impl Token {
    fn plain(self) -> Option<Placed<String>> {
        (!self.is_quoted).then_some(self.text)
    }
}

fn tokens(cell: &Cell, range: Range<usize>) -> Option<Vec<Token>> {
    let mut found = Vec::new();
    let mut at = range.start;
    while at < range.end {
        let rest = &cell.value[at..range.end];
        let blank = rest.len() - rest.trim_start().len();
        if blank > 0 {
            at += blank;
            continue;
        }
        let length =
            if rest.starts_with('"') { 2 + closing_quote(rest.get(1..)?)? } else { rest.find(char::is_whitespace).unwrap_or(rest.len()) };
        let piece = cell.part(at..at + length);
        let is_quoted = rest.starts_with('"');
        let text = if is_quoted { Placed { value: unescaped(rest.get(1..length - 1)?)?, span: piece.span } } else { piece };
        found.push(Token { text, is_quoted });
        at += length;
    }
    Some(found)
}

fn closing_quote(text: &str) -> Option<usize> {
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some(at),
            '\\' => drop(characters.next()),
            _ => {}
        }
    }
    None
}

/// Writes own dates as [`own_dates`] understands them.
pub fn write_own(dates: &[OwnDate]) -> String {
    dates.iter().map(write_date).collect::<Vec<_>>().join("; ")
}

fn write_date(date: &OwnDate) -> String {
    let head = format!("{} {} {} {}", date.id, date.due.word(), date.due.day(), quoted(&date.title));
    let repeats = date.repeats.map(|repeats| format!(" repeats {repeats}")).unwrap_or_default();
    let leads = date.leads.as_ref().map(|leads| format!(" leads {}", joined(leads))).unwrap_or_default();
    let note = date.note.as_ref().map(|note| format!(" note {}", quoted(note))).unwrap_or_default();
    head + &repeats + &leads + &note
}
