//! Filters for text templates: lines that a reader of plain text gets whole.

use minijinja::value::Value;
use unicode_width::UnicodeWidthStr;

/// Lines of plain text stay within this many columns; quoting readers add a few of their own (RFC 3676 advises 78 at most).
const COLUMNS: usize = 76;
/// Where the values of a row begin.
const VALUE_COLUMN: usize = 11;

/// `  Wie      De tekenbevoegde`: a label and a value whose further lines stay under it, with a line break; nothing where there is no value.
pub fn row(value: &Value, label: &str) -> String {
    let Some(text) = value.as_str() else { return String::new() };
    let lines = wrapped(text, COLUMNS - VALUE_COLUMN);
    let under = format!("\n{:VALUE_COLUMN$}", "");
    format!("  {label:<width$}{}\n", lines.join(&under), width = VALUE_COLUMN - 2)
}

/// A text on lines of at most 76 columns.
pub fn fill(text: &str) -> String {
    wrapped(text, COLUMNS).join("\n")
}

/// Breaks between words alone: a web address stays whole.
fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut().filter(|line| line.width() + 1 + word.width() <= columns) {
            Some(line) => {
                line.push(' ');
                line.push_str(word);
            }
            None => lines.push(word.to_owned()),
        }
    }
    lines
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
    fn a_word_longer_than_a_line_stays_whole() {
        let address = "x".repeat(90);
        assert_eq!(fill(&format!("Zie {address} nu")), format!("Zie\n{address}\nnu"));
    }
}
