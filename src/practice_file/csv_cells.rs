//! The cells of a CSV file (RFC 4180) with their places, and the guard against formulas.

use std::ops::Range;

use csv_core::{ReadFieldResult, ReaderBuilder};

use crate::toml_reader::Placed;

/// One cell: what it says, and how that lies in the text.
#[derive(Debug, Clone)]
pub struct Cell {
    /// Without quotes and guard.
    pub value: String,
    /// With its quotes, in bytes.
    pub span: Range<usize>,
    quoted: bool,
    guard_bytes: usize,
}

impl Cell {
    fn new(value: String, span: Range<usize>, raw: &str) -> Self {
        let guard_bytes = usize::from(is_guarded(&value));
        Self { value: value[guard_bytes..].to_owned(), span, quoted: raw.starts_with('"'), guard_bytes }
    }

    /// A part of the value with its place, spaces around it left out; a range of [`Cell::value`], in bytes.
    pub fn part(&self, range: Range<usize>) -> Placed<String> {
        let part = self.value.get(range.clone()).unwrap_or_default();
        let value = part.trim().to_owned();
        let start = range.start + (part.len() - part.trim_start().len());
        let span = if value.is_empty() { self.span.clone() } else { self.place(start)..self.place(start + value.len()) };
        Placed { value, span }
    }

    /// The whole value with its place, spaces around it left out.
    pub fn whole(&self) -> Placed<String> {
        self.part(0..self.value.len())
    }

    /// The parts between semicolons; empty ones are left out.
    pub fn parts(&self) -> Vec<Placed<String>> {
        let mut start = 0;
        let mut parts = Vec::new();
        for piece in self.value.split(';') {
            parts.push(self.part(start..start + piece.len()));
            start += piece.len() + 1;
        }
        parts.retain(|part| !part.value.is_empty());
        parts
    }

    /// Inside quotes, a quote stands twice.
    fn place(&self, offset: usize) -> usize {
        let plain = self.span.start + self.guard_bytes + offset;
        let doubled = self.value.get(..offset).unwrap_or_default().matches('"').count();
        if self.quoted { plain + 1 + doubled } else { plain }
    }
}

/// A row, or the place of the quote with which a cell goes astray.
pub type Row = Result<Vec<Cell>, Range<usize>>;

/// All rows; blank lines are left out.
pub fn rows(content: &str) -> Vec<Row> {
    let separator = separator(content);
    let mut reader = ReaderBuilder::new().delimiter(separator).build();
    let mut output = vec![0; content.len() + 1];
    let (mut rows, mut cells) = (Vec::new(), Vec::new());
    let (mut start, mut at, mut written) = (0, 0, 0);
    loop {
        let (result, bytes_in, bytes_out) = reader.read_field(&content.as_bytes()[at..], &mut output[written..]);
        at += bytes_in;
        written += bytes_out;
        match result {
            ReadFieldResult::InputEmpty => {}
            ReadFieldResult::OutputFull | ReadFieldResult::End => break,
            ReadFieldResult::Field { record_end } => {
                start += if cells.is_empty() { line_ends(content, start..at) } else { 0 };
                cells.push(cell(content, start..at, separator, &output[..written]));
                (start, written) = (at, 0);
                if record_end {
                    rows.push(std::mem::take(&mut cells).into_iter().collect());
                }
            }
        }
    }
    rows
}

/// Dutch spreadsheets separate by semicolons; no column name contains either.
fn separator(content: &str) -> u8 {
    let header = content.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    if header.matches(';').count() > header.matches(',').count() { b';' } else { b',' }
}

/// Blank lines, and what is left of the line end before, are read with the first cell of a row.
fn line_ends(content: &str, consumed: Range<usize>) -> usize {
    let consumed = content.get(consumed).unwrap_or_default();
    consumed.len() - consumed.trim_start_matches(['\r', '\n']).len()
}

fn cell(content: &str, span: Range<usize>, separator: u8, value: &[u8]) -> Result<Cell, Range<usize>> {
    let start = span.start;
    let raw = content.get(span).unwrap_or_default();
    let raw = raw.strip_suffix(['\r', '\n', char::from(separator)]).unwrap_or(raw);
    let astray = raw.starts_with('"') && (!raw.ends_with('"') || raw.matches('"').count() % 2 == 1);
    if astray {
        return Err(start..start + 1);
    }
    Ok(Cell::new(String::from_utf8_lossy(value).into_owned(), start..start + raw.len(), raw))
}

/// A spreadsheet takes a cell that starts like this for a formula and works it out.
const FORMULA_STARTS: [char; 4] = ['=', '+', '-', '@'];

/// Puts an apostrophe before what a spreadsheet would take for a formula. Reading takes it off again.
///
/// ```
/// use deadlines::practice_file::csv_cells::guarded;
/// assert_eq!(guarded("=1+1"), "'=1+1");
/// assert_eq!(guarded("'s-Gravenhage Fysio"), "'s-Gravenhage Fysio");
/// ```
pub fn guarded(text: &str) -> String {
    if looks_like_formula(text) { format!("'{text}") } else { text.to_owned() }
}

fn is_guarded(text: &str) -> bool {
    text.strip_prefix('\'').is_some_and(looks_like_formula)
}

/// Apostrophes in front count along, so that what looks guarded itself comes back as it was.
fn looks_like_formula(text: &str) -> bool {
    text.trim_start_matches('\'').starts_with(FORMULA_STARTS)
}
