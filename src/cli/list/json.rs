//! JSON: an array of records, indented.

use std::collections::hash_map::Entry;
use std::io::{self, Write};
use std::sync::Arc;

use crate::cli::list::by_address::ByAddress;
use crate::cli::list::record::Record;
use crate::domain::moments::Period;
use crate::domain::occurrences::sum::Way;
use crate::domain::occurrences::{Common, Occurrence};

/// How much is made before it is handed over.
const A_GOOD_PIECE: usize = 1 << 16;

/// Writes an element for each occurrence.
pub fn write(occurrences: &[Occurrence<'_>], out: &mut dyn Write) -> io::Result<()> {
    let mut series: ByAddress<Common<'_>, Frame> = ByAddress::default();
    let mut text = b"[".to_vec();
    let mut before: &[u8] = b"\n";
    for occurrence in occurrences {
        text.extend_from_slice(before);
        before = b",\n";
        if matches!(occurrence.way, Way::Rule(..)) {
            let frame = match series.entry(Arc::as_ptr(&occurrence.common)) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => new.insert(Frame::of(occurrence)?),
            };
            frame.fill(&mut text, occurrence);
        } else {
            text.extend_from_slice(element(occurrence)?.as_bytes());
        }
        if text.len() >= A_GOOD_PIECE {
            out.write_all(&text)?;
            text.clear();
        }
    }
    text.extend_from_slice(if occurrences.is_empty() { b"]\n" } else { b"\n]\n" });
    out.write_all(&text)?;
    out.flush()
}

/// As it stands in an array.
fn element(occurrence: &Occurrence<'_>) -> io::Result<String> {
    let array = serde_json::to_string_pretty(&[Record::of(occurrence)])?;
    Ok(array.trim_start_matches("[\n").trim_end_matches("\n]").to_owned())
}

/// What the elements of a series have in common: all but an identity and two days, which hold nothing that JSON would escape. To make it once
/// takes a fifth of the time that a long list needs otherwise.
struct Frame([String; 4]);

impl Frame {
    const GAPS: [&'static str; 3] = ["occurrence", "last_day", "stated"];

    fn of(occurrence: &Occurrence<'_>) -> io::Result<Self> {
        let whole = element(occurrence)?;
        let mut rest = whole.as_str();
        let before_gaps = Self::GAPS.map(|field| {
            // Within a text a line break is escaped: this is found where the field stands, and nowhere else.
            let name = format!("\n    \"{field}\": \"");
            let begin = rest.find(&name).map_or(rest.len(), |at| at + name.len());
            let before = rest[..begin].to_owned();
            rest = &rest[begin..];
            rest = &rest[rest.find('"').unwrap_or(rest.len())..];
            before
        });
        let [first, second, third] = before_gaps;
        Ok(Self([first, second, third, rest.to_owned()]))
    }

    fn fill(&self, text: &mut Vec<u8>, occurrence: &Occurrence<'_>) {
        let Self([first, second, third, last]) = self;
        text.extend_from_slice(first.as_bytes());
        text.extend_from_slice(occurrence.id.as_str().as_bytes());
        text.extend_from_slice(second.as_bytes());
        Period::day(occurrence.last_day).push_to(text);
        text.extend_from_slice(third.as_bytes());
        occurrence.period.push_to(text);
        text.extend_from_slice(last.as_bytes());
    }
}
