//! What a spreadsheet or an unquoted number does to an AGB code, and the hint that repairs it.

use crate::domain::practices::{Agb, BadAgb};

/// What to write instead of a text that is no AGB code.
pub fn hint(given: &str, error: &BadAgb) -> String {
    match (error, repaired(given)) {
        (BadAgb::LostZero(_), _) => error.to_string(),
        (BadAgb::Malformed, Some(code)) => {
            format!("a spreadsheet made a number of it: write \"{code}\", and format the column as text")
        }
        (BadAgb::Malformed, None) if is_scientific(given) => {
            "a spreadsheet shortened it: look the code up again, and format the column as text".to_owned()
        }
        (BadAgb::Malformed, None) => error.to_string(),
    }
}

/// The code that eight digits, or seven behind a lost zero, stood for, once decimals and separators are gone.
///
/// ```
/// use deadlines::practice_file::agb_code::repaired;
/// assert_eq!(repaired("4000000,00").as_deref(), Some("04000000"));
/// assert_eq!(repaired("4.000.000").as_deref(), Some("04000000"));
/// assert_eq!(repaired("04-000000").as_deref(), Some("04000000"));
/// assert_eq!(repaired("4E+06"), None);
/// ```
pub fn repaired(given: &str) -> Option<String> {
    let whole = [".0", ",0", ".00", ",00"].iter().find_map(|decimals| given.strip_suffix(decimals)).unwrap_or(given);
    let digits: String = whole.chars().filter(|c| !matches!(c, '.' | ',' | ' ' | '-' | '_' | '\'')).collect();
    let padded = if digits.len() == 7 { format!("0{digits}") } else { digits };
    Agb::parse(&padded).is_ok().then_some(padded)
}

fn is_scientific(given: &str) -> bool {
    given.contains(['e', 'E']) && given.starts_with(|c: char| c.is_ascii_digit())
}
