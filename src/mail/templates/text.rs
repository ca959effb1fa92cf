//! Filters for text templates: lines that a reader of plain text gets whole.

use minijinja::value::Value;
use unicode_width::UnicodeWidthStr;

/// Lines of plain text stay within this many columns; quoting readers add a few of their own (RFC 3676 advises 78 at most).
const COLUMNS: usize = 76;
/// Where the second column of a table begins.
const SECOND_COLUMN: usize = 30;
/// Where the values of a row begin.
const VALUE_COLUMN: usize = 11;

/// `  Wie      De tekenbevoegde`: a label and a value whose further lines stay under it, with a line break; nothing where there is no value.
pub fn row(value: &Value, label: &str) -> String {
    let Some(text) = value.as_str() else { return String::new() };
    let (mut lines, under) = (format!("  {label:<width$}", width = VALUE_COLUMN - 2), format!("\n{:VALUE_COLUMN$}", ""));
    wrap_into(&mut lines, text, COLUMNS - VALUE_COLUMN, &under);
    lines.push('\n');
    lines
}

/// A row of two columns, with a line break: what and when of an overview, each wrapped in its own column.
///
/// The right column holds `title`, `party` and each of `notes`, each on a line of its own. A `class` of `deadline` is marked with a star.
pub fn beside(left: &str, title: &str, party: Option<String>, notes: Option<Vec<String>>, class: Option<String>) -> String {
    let mark = if class.as_deref() == Some("deadline") { "* " } else { "  " };
    let left = wrapped(left, SECOND_COLUMN - 4);
    let parts = std::iter::once(title.to_owned()).chain(party).chain(notes.unwrap_or_default());
    let right: Vec<String> = parts.flat_map(|part| wrapped(&part, COLUMNS - SECOND_COLUMN)).collect();
    let mut lines = String::new();
    for number in 0..left.len().max(right.len()) {
        let (when, what) = (left.get(number).map_or("", String::as_str), right.get(number).map_or("", String::as_str));
        let (mark, pad) = (if number == 0 { mark } else { "  " }, (SECOND_COLUMN - 2).saturating_sub(when.width()));
        lines.push_str(format!("{mark}{when}{:pad$}{what}", "").trim_end());
        lines.push('\n');
    }
    lines
}

/// A text on lines of at most 76 columns.
pub fn fill(text: &str) -> String {
    let mut lines = String::with_capacity(text.len());
    wrap_into(&mut lines, text, COLUMNS, "\n");
    lines
}

fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let mut lines = String::with_capacity(text.len());
    wrap_into(&mut lines, text, columns, "\n");
    lines.lines().map(str::to_owned).collect()
}

/// Breaks between words alone: a web address stays whole.
fn wrap_into(lines: &mut String, text: &str, columns: usize, line_end: &str) {
    let mut filled = None;
    for word in text.split_whitespace() {
        // Most words are ASCII, and looking characters up is most of the work on a mail's text.
        let width = if word.is_ascii() { word.len() } else { word.width() };
        let with_word = filled.map_or(width, |filled| filled + 1 + width);
        let fits = filled.is_none() || with_word <= columns;
        lines.push_str(match filled {
            None => "",
            Some(_) if fits => " ",
            Some(_) => line_end,
        });
        lines.push_str(word);
        filled = Some(if fits { with_word } else { width });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_hangs_under_its_label() {
        let value = Value::from("Besluit over het aanbod; ondertekenen én bevestigen zijn twee stappen in het portaal.");
        let expected = "  Doen     Besluit over het aanbod; ondertekenen én bevestigen zijn twee\n           stappen in het portaal.\n";
        assert_eq!(row(&value, "Doen"), expected);
        assert_eq!(row(&Value::from(()), "Doen"), "");
    }

    #[test]
    fn two_columns_wrap_beside_each_other() {
        let row = beside("uiterlijk do 1 januari 2026", "Ondertekenen", Some("CZ".to_owned()), None, Some("deadline".to_owned()));
        assert_eq!(row, "* uiterlijk do 1 januari      Ondertekenen\n  2026                        CZ\n");
    }

    #[test]
    fn a_word_longer_than_a_line_stays_whole() {
        let address = "x".repeat(90);
        assert_eq!(fill(&format!("Zie {address} nu")), format!("Zie\n{address}\nnu"));
    }
}
