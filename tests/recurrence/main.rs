//! Recurrence rules (RFC 5545, section 3.3.10): what the RFC prints, what its words define, and what is refused.

#![expect(clippy::unwrap_used, reason = "to panic is to fail the test")]

mod definition;
mod many;
mod refused;
mod rfc_examples;

use chrono::NaiveDate;
use deadlines::domain::recurrence::Rule;

/// The days of a rule that is known to be right.
fn days(rule: &str, first: NaiveDate, last: NaiveDate) -> Vec<NaiveDate> {
    Rule::parse(rule).unwrap_or_else(|error| panic!("{rule}: {error}")).days(first, last).collect()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}
