//! Addresses that are nobody's business: what a mail server says can quote them, and the log goes to more eyes than the database.

/// A text in which no mail address can be read any more; its domain stays, for whoever has to find the cause.
///
/// ```
/// use deadlines::domain::masking::masked;
/// assert_eq!(masked("450 <info@p1.example>: try later (a@b.example)"), "450 <…@p1.example>: try later (…@b.example)");
/// assert_eq!(masked("550 no such user @ all"), "550 no such user @ all");
/// ```
pub fn masked(text: &str) -> String {
    let mut masked = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('@') {
        let (before, after) = rest.split_at(at);
        let is_within = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
        let start = before.char_indices().rev().take_while(|(_, c)| is_within(*c)).last().map_or(at, |(start, _)| start);
        masked += &before[..start];
        masked += if start < at { "…@" } else { "@" };
        rest = &after[1..];
    }
    masked + rest
}
