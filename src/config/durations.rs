//! Durations as people write them: a number and a unit, or several.

use std::time::Duration;

const UNITS: [(char, u64); 5] = [('w', 604_800), ('d', 86_400), ('h', 3600), ('m', 60), ('s', 1)];

/// Reads `30s`, `2m`, `1h 30m`, `1d12h` or `2w`, the larger unit first. Calendar months have no length, so they are none.
///
/// ```
/// use std::time::Duration;
/// use deadlines::config::durations::parse;
/// assert_eq!(parse("1h 30m"), Some(Duration::from_secs(5400)));
/// assert_eq!(parse("2w"), Some(Duration::from_secs(14 * 86_400)));
/// assert_eq!(parse("30"), None);
/// assert_eq!(parse("30m 1h"), None);
/// ```
pub fn parse(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    let mut seconds: u64 = 0;
    let mut smaller_than = u64::MAX;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, after) = rest.split_at(digits);
        let unit = after.chars().next()?;
        let (_, length) = UNITS.iter().find(|(name, length)| *name == unit && *length < smaller_than)?;
        seconds = seconds.checked_add(number.parse::<u64>().ok()?.checked_mul(*length)?)?;
        smaller_than = *length;
        rest = after.get(unit.len_utf8()..)?.trim_start();
    }
    (smaller_than < u64::MAX).then(|| Duration::from_secs(seconds))
}

/// Writes it as [`parse`] reads it; parts of a second are left out.
///
/// ```
/// use std::time::Duration;
/// use deadlines::config::durations::format;
/// assert_eq!(format(Duration::from_secs(5400)), "1h 30m");
/// assert_eq!(format(Duration::ZERO), "0s");
/// ```
pub fn format(duration: Duration) -> String {
    let mut rest = duration.as_secs();
    let mut parts = Vec::new();
    for (unit, length) in UNITS {
        if rest >= length {
            parts.push(format!("{}{unit}", rest / length));
            rest %= length;
        }
    }
    if parts.is_empty() { "0s".to_owned() } else { parts.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_else_is_a_duration() {
        for text in
            ["", " ", "s", "30", "1.5h", "-2m", "1h1h", "1 month", "2 m", "99999999999999999999s", "30000000000000000w", "½h", "1h x"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        for seconds in [0, 1, 59, 60, 61, 3600, 86_399, 86_400, 604_800, 694_861] {
            let duration = Duration::from_secs(seconds);
            assert_eq!(parse(&format(duration)), Some(duration), "{seconds}");
        }
    }
}
