//! Secrets have no place in the configuration or the environment: they are refused unseen, and never stand in a message.

use crate::toml_reader::Table;

/// Keys under which people write secrets.
const WORDS: [&str; 7] = ["password", "passwd", "passphrase", "pass", "secret", "token", "api_key"];

/// Where a password belongs.
pub const WHERE_IT_BELONGS: &str =
    "write it into a file of its own that only the service can read (mode 0600), and name that file in [mail.smtp]: password_file = \"…\"";

/// Whether a key is the name of a secret.
pub fn is_secret(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    WORDS.iter().any(|word| key == *word || key.ends_with(&format!("_{word}")))
}

/// Refuses secrets in a table, whatever it is.
pub(in crate::config) fn refuse(table: &Table<'_, '_>) {
    for word in table.take_unknown(is_secret) {
        table.report(table.key_span(&word), format!("`{word}` is a secret: it may not stand in the configuration"), WHERE_IT_BELONGS);
    }
}

/// The same text of the same length, with stars for each secret: this is what may be shown. Rather too much is blanked than too little.
pub(in crate::config) fn blank(content: &str) -> String {
    let mut blanked = String::with_capacity(content.len());
    let mut rest = content;
    while let Some(sign) = rest.find('=') {
        let (before, after) = rest.split_at(sign + 1);
        blanked.push_str(before);
        let (value, after) = after.split_at(if ends_in_secret(&before[..sign]) { value_length(after) } else { 0 });
        blanked.extend(value.chars().map(hidden));
        rest = after;
    }
    blanked + rest
}

fn ends_in_secret(before: &str) -> bool {
    let name = before.trim_end().trim_end_matches(['"', '\'']);
    name.rsplit(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).next().is_some_and(is_secret)
}

/// Line ends stay, so that places keep their lines; other characters become as many stars as they have bytes.
fn hidden(c: char) -> String {
    if matches!(c, ' ' | '\n' | '\r') { c.to_string() } else { "*".repeat(c.len_utf8()) }
}

/// To the quotes that close a text of several lines, else to the end of the line.
fn value_length(after: &str) -> usize {
    let value = after.trim_start_matches([' ', '\t']);
    let start = after.len() - value.len();
    let within = ["\"\"\"", "'''"].into_iter().find_map(|quotes| value.strip_prefix(quotes).map(|inner| (quotes, inner)));
    match within {
        Some((quotes, inner)) => start + 3 + inner.find(quotes).map_or(inner.len(), |end| end + 3),
        None => start + value.find('\n').unwrap_or(value.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_way_of_writing_a_secret_shows_it() {
        let ways = [
            "password = \"geheim\"",
            "password='geheim' # comment",
            "\"password\" = \"ge\\\"heim\"",
            "mail.smtp.password = \"geheim",
            "smtp = { host = \"h\", password = \"geheim\" }",
            "SMTP_PASSWORD = geheim",
            "password = \"\"\"\ngeheim\nmore geheim\"\"\"\nhost = \"h\"",
            "# api_key = geheim",
            "a = \"http://h/?token=geheim\"",
            "password = \"gehéim\"",
        ];
        for way in ways {
            let blanked = blank(way);
            assert!(!blanked.contains("heim"), "{blanked}");
            assert_eq!((blanked.len(), blanked.matches('\n').count()), (way.len(), way.matches('\n').count()), "{blanked}");
        }
        assert_eq!(blank("password_file = \"smtp-password\"\nhost = \"h\""), "password_file = \"smtp-password\"\nhost = \"h\"");
    }
}
