//! Foreign words with the addresses in them made unreadable: a mail server may quote the recipient, and logs are kept and read by others.

/// The same text with `…@` for what stands before the `@` of each address.
pub fn masked(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('@') {
        let (before, after) = rest.split_at(at);
        let kept = before.trim_end_matches(is_of_local_part);
        result.push_str(kept);
        if kept.len() < before.len() {
            result.push('…');
        }
        result.push('@');
        rest = after.strip_prefix('@').unwrap_or(after);
    }
    result + rest
}

/// What an address may hold before its `@` without quotes (RFC 5322, atext), a dot, and letters of other scripts (RFC 6531).
fn is_of_local_part(c: char) -> bool {
    c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_unreadable_and_the_rest_is_as_it_was() {
        let said = "550 5.1.1 <jan.jansen+cz@praktijk.example>: no such user; mailto:é@x.nl, (a@b.nl) @ 10:00";
        assert_eq!(masked(said), "550 5.1.1 <…@praktijk.example>: no such user; mailto:…@x.nl, (…@b.nl) @ 10:00");
        assert_eq!(masked("nothing here"), "nothing here");
        assert_eq!(masked("a@b@c"), "…@…@c");
    }
}
