//! English for days and distances, as an operator's terminal shows them.

use chrono::{Datelike, NaiveDate};

use crate::domain::moments::{Granularity, Precision};
use crate::domain::occurrences::Occurrence;
use crate::domain::working_days::{holiday, is_working_day, working_day_on_or_before};

const MONTHS: [&str; 12] =
    ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

/// `Mon 6 Nov 2023`.
pub fn day(day: NaiveDate) -> String {
    let month = MONTHS[day.month0() as usize];
    format!("{} {} {} {}", day.weekday(), day.day(), &month[..3], day.year())
}

/// `1 April 2026`, in a sentence.
pub fn date(day: NaiveDate) -> String {
    format!("{} {} {}", day.day(), MONTHS[day.month0() as usize], day.year())
}

/// The last day as fine as the document says: `Mon 6 Nov 2023`, `October 2024`, `Q1 2024`, `2024`. No day is invented.
pub fn period(last_day: NaiveDate, granularity: Granularity) -> String {
    match granularity {
        Granularity::Day => day(last_day),
        Granularity::Month => last_day.format("%B %Y").to_string(),
        Granularity::Quarter => format!("Q{} {}", last_day.month0() / 3 + 1, last_day.year()),
        Granularity::Year => last_day.year().to_string(),
    }
}

/// When it is, with its precision in a word: `by Mon 6 Nov 2023`, `from Sat 4 Nov 2023`, `1 May to 1 July 2020`.
///
/// A day that no longer counts is not shown: `before 1 November` is `by` the day before it.
pub fn when(occurrence: &Occurrence<'_>) -> String {
    let last = period(occurrence.last_day, occurrence.granularity);
    let whole_period = occurrence.granularity != Granularity::Day;
    match (occurrence.first_day, occurrence.precision()) {
        (Some(first_day), _) => window(first_day, occurrence.last_day, occurrence.granularity),
        (None, Precision::By) if whole_period => last,
        (None, Precision::By | Precision::Before) => format!("by {last}"),
        (None, Precision::From) => format!("from {last}"),
        (None, Precision::On | Precision::Window) => last,
    }
}

fn window(first: NaiveDate, last: NaiveDate, granularity: Granularity) -> String {
    let same_year = first.year() == last.year();
    match (granularity, same_year) {
        (Granularity::Day, true) => format!("{} to {}", first.format("%-d %B"), date(last)),
        (Granularity::Day, false) => format!("{} to {}", date(first), date(last)),
        (Granularity::Month, true) => format!("{} to {}", first.format("%B"), period(last, granularity)),
        _ => format!("{} to {}", period(first, granularity), period(last, granularity)),
    }
}

/// How far off an occurrence is: `in 12 days`, `open, 12 days left`, `next month`, `3 years ago`.
pub fn distance(occurrence: &Occurrence<'_>, today: NaiveDate) -> String {
    match occurrence.first_day {
        Some(first_day) if today < first_day => format!("opens {}", days(today, first_day)),
        Some(_) if today <= occurrence.last_day => format!("open, {} left", left(today, occurrence.last_day)),
        _ => distance_to(today, occurrence.last_day, occurrence.granularity),
    }
}

fn left(today: NaiveDate, last_day: NaiveDate) -> String {
    counted(last_day.signed_duration_since(today).num_days(), "day")
}

/// How far off a period is that ends on `last_day`.
pub fn distance_to(today: NaiveDate, last_day: NaiveDate, granularity: Granularity) -> String {
    let months = months_between(today, last_day);
    match granularity {
        Granularity::Day => days(today, last_day),
        Granularity::Month if months.abs() < 24 => periods(months, "month"),
        Granularity::Quarter if months.abs() < 24 => periods(quarter(last_day) - quarter(today), "quarter"),
        Granularity::Month | Granularity::Quarter | Granularity::Year => periods(i64::from(last_day.year() - today.year()), "year"),
    }
}

fn quarter(day: NaiveDate) -> i64 {
    i64::from(day.year()) * 4 + i64::from(day.month0() / 3)
}

fn months_between(today: NaiveDate, day: NaiveDate) -> i64 {
    i64::from(day.year() - today.year()) * 12 + i64::from(day.month0()) - i64::from(today.month0())
}

fn periods(count: i64, unit: &str) -> String {
    match count {
        0 => format!("this {unit}"),
        1 => format!("next {unit}"),
        -1 => format!("last {unit}"),
        _ => either_way(count, unit),
    }
}

fn days(today: NaiveDate, day: NaiveDate) -> String {
    match day.signed_duration_since(today).num_days() {
        0 => "today".to_owned(),
        1 => "tomorrow".to_owned(),
        -1 => "yesterday".to_owned(),
        n if n.abs() < 60 => either_way(n, "day"),
        n if n.abs() < 730 => either_way((n * 12 + n.signum() * 183) / 365, "month"),
        n => either_way((n * 100) / 36_525, "year"),
    }
}

fn either_way(count: i64, unit: &str) -> String {
    let counted = counted(count.abs(), unit);
    if count < 0 { format!("{counted} ago") } else { format!("in {counted}") }
}

/// `1 day`, `12 days`.
pub fn counted(count: i64, unit: &str) -> String {
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

/// Whether a day was stated, and nobody works on it.
pub fn is_free(occurrence: &Occurrence<'_>) -> bool {
    occurrence.granularity == Granularity::Day && !is_working_day(occurrence.last_day)
}

/// For a day on which nobody works: why, and the last working day before it. `None` where no day was stated, and on working days.
pub fn free_day(occurrence: &Occurrence<'_>) -> Option<String> {
    let day = occurrence.last_day;
    if !is_free(occurrence) {
        return None;
    }
    let why = holiday(day).map_or("weekend", |holiday| holiday.english());
    Some(format!("{}, {why}: the last working day before it is {}", self::day(day), self::day(working_day_on_or_before(day))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn distances_grow_coarser_with_time() {
        let today = on("2023-10-25");
        let far = |text: &str| days(today, on(text));
        let told =
            ["2023-10-25", "2023-10-26", "2023-11-06", "2023-10-24", "2024-01-01", "2024-10-25", "2026-12-31", "2020-10-01"].map(far);
        assert_eq!(told, ["today", "tomorrow", "in 12 days", "yesterday", "in 2 months", "in 12 months", "in 3 years", "3 years ago"]);
    }

    #[test]
    fn a_month_stays_a_month() {
        let far = |text: &str, granularity| distance_to(on("2024-09-02"), on(text), granularity);
        assert_eq!(far("2024-10-31", Granularity::Month), "next month");
        assert_eq!(far("2024-03-31", Granularity::Quarter), "2 quarters ago");
        assert_eq!(far("2024-12-31", Granularity::Year), "this year");
        assert_eq!(period(on("2024-10-31"), Granularity::Month), "October 2024");
    }

    #[test]
    fn windows_name_the_year_once() {
        assert_eq!(window(on("2020-05-01"), on("2020-07-01"), Granularity::Day), "1 May to 1 July 2020");
        assert_eq!(window(on("2020-12-01"), on("2021-02-28"), Granularity::Month), "December 2020 to February 2021");
    }
}
