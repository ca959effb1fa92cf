//! When something is, in the words of a heading, a sentence and a subject line.

use chrono::{Datelike, NaiveDate};

use crate::domain::dutch;
use crate::domain::milestones::Class;
use crate::domain::moments::{Granularity, Period, Precision};
use crate::domain::occurrences::Occurrence;
use crate::domain::working_days::{holiday, is_weekend, is_working_day, shift, working_day_on_or_before};

/// From this many days on, what is left of a period is counted in weeks.
const DAYS_THAT_READ_AS_WEEKS: i64 = 21;
/// What is left of a period is worth saying in its last twelve weeks, the longest lead of a duty.
const DAYS_WORTH_COUNTING: i64 = 84;

/// The moment of an occurrence in Dutch, seen from a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct When {
    /// `uiterlijk maandag 6 november 2023`.
    pub heading: String,
    /// `nog 7 dagen`; none where the heading says it or where it would invent a day.
    pub distance: Option<String>,
    /// `uiterlijk maandag 6 november 2023, nog 7 dagen`.
    pub sentence: String,
    /// `uiterlijk ma 6 november (nog 7 dagen)`.
    pub short: String,
}

/// Puts the moment of an occurrence into words.
pub fn when(occurrence: &Occurrence<'_>, today: NaiveDate) -> When {
    match (occurrence.first_day, occurrence.granularity) {
        (Some(first), _) => window(occurrence, first, today),
        (None, Granularity::Day) => day(preposition(occurrence, today), occurrence.last_day, today),
        (None, _) => period(occurrence, today),
    }
}

/// The moment for a table, without a distance: `uiterlijk ma 6 november`, `vr 1 mei t/m wo 1 juli`, `in oktober 2024`.
pub fn brief(occurrence: &Occurrence<'_>, today: NaiveDate) -> String {
    let last = short_date(occurrence.last_day, today);
    match (occurrence.first_day, occurrence.granularity) {
        (Some(first), _) => format!("{} t/m {last}", short_date(first, today)),
        (None, Granularity::Day) => format!("{} {last}", preposition(occurrence, today)),
        (None, _) => period(occurrence, today).heading,
    }
}

/// A contract starts and ends on a day, whatever key the file uses; what is open or public is so from a day on.
fn preposition(occurrence: &Occurrence<'_>, today: NaiveDate) -> &'static str {
    let class = occurrence.milestone.kind.class();
    let is_past = occurrence.last_day < today;
    match occurrence.precision() {
        _ if occurrence.milestone.target => "streefdatum",
        Precision::On | Precision::By if class == Class::Term => "op",
        Precision::By | Precision::Before | Precision::Window => "uiterlijk",
        Precision::On if class != Class::Event => "op",
        Precision::On | Precision::From if is_past => "sinds",
        Precision::On | Precision::From => "vanaf",
    }
}

fn day(preposition: &str, day: NaiveDate, today: NaiveDate) -> When {
    let full = dutch::full_date(day);
    let Some(near) = near(day, today) else {
        let distance = dutch::distance_to(today, day);
        return When {
            heading: format!("{preposition} {full}"),
            sentence: format!("{preposition} {full}, {distance}"),
            short: format!("{preposition} {} ({distance})", short_date(day, today)),
            distance: Some(distance),
        };
    };
    let preposition = if preposition == "op" { "" } else { preposition };
    let in_heading = if preposition == "vanaf" && day == today { "" } else { preposition };
    When {
        heading: format!("{in_heading} {near}, {full}").trim_start().to_owned(),
        distance: None,
        sentence: format!("{preposition} {near}, {full}").trim_start().to_owned(),
        short: format!("{preposition} {near} ({})", short_date(day, today)).trim_start().to_owned(),
    }
}

fn near(day: NaiveDate, today: NaiveDate) -> Option<&'static str> {
    match day.signed_duration_since(today).num_days() {
        0 => Some("vandaag"),
        1 => Some("morgen"),
        _ => None,
    }
}

/// With the year only where it is not this year's.
pub fn short_date(day: NaiveDate, today: NaiveDate) -> String {
    if day.year() == today.year() { dutch::short_date(day) } else { format!("{} {}", dutch::short_date(day), day.year()) }
}

fn window(occurrence: &Occurrence<'_>, first: NaiveDate, today: NaiveDate) -> When {
    let last = occurrence.last_day;
    let first_in_full = if first.year() == last.year() { without_year(first) } else { dutch::full_date(first) };
    let heading = format!("van {first_in_full} t/m {}", dutch::period(last, occurrence.granularity));
    let distance = match first.signed_duration_since(today).num_days() {
        1 => "opent morgen".to_owned(),
        days if days > 1 => format!("opent over {days} dagen"),
        _ if last == today => "vandaag is de laatste dag".to_owned(),
        _ => dutch::distance_to(today, last),
    };
    let short = if first > today {
        format!("van {} t/m {}", short_date(first, today), short_date(last, today))
    } else {
        day("t/m", last, today).short
    };
    When { sentence: format!("{heading}, {distance}"), heading, distance: Some(distance), short }
}

fn without_year(day: NaiveDate) -> String {
    format!("{} {} {}", dutch::weekday(day), day.day(), dutch::month(day))
}

/// A month, quarter or year is named as the document names it; no day is invented.
fn period(occurrence: &Occurrence<'_>, today: NaiveDate) -> When {
    let class = occurrence.milestone.kind.class();
    let preposition = match occurrence.precision() {
        _ if occurrence.milestone.target => "streven: in",
        Precision::From => "vanaf",
        Precision::By if matches!(class, Class::Deadline | Class::Event | Class::Advice) => "uiterlijk in",
        _ => "in",
    };
    let heading = format!("{preposition} {}", dutch::period(occurrence.last_day, occurrence.granularity));
    let distance = distance_to_period(occurrence, today);
    let with = |open: &str, close: &str| distance.as_ref().map_or_else(|| heading.clone(), |d| format!("{heading}{open}{d}{close}"));
    When { sentence: with(", ", ""), short: with(" (", ")"), heading: heading.clone(), distance }
}

fn distance_to_period(occurrence: &Occurrence<'_>, today: NaiveDate) -> Option<String> {
    let granularity = occurrence.granularity;
    let now = Period::holding(today, granularity);
    let then = Period::holding(occurrence.last_day, granularity);
    let (this, next, previous, unit) = match granularity {
        Granularity::Day => return None,
        Granularity::Month => ("deze", "volgende", "vorige", "maand"),
        Granularity::Quarter => ("dit", "volgend", "vorig", "kwartaal"),
        Granularity::Year => ("dit", "volgend", "vorig", "jaar"),
    };
    if then == now {
        let left = now.last_day().signed_duration_since(today).num_days();
        let counts = occurrence.milestone.kind.class() != Class::Event && left <= DAYS_WORTH_COUNTING;
        return Some(if counts { what_is_left(left, &format!("{this} {unit}")) } else { format!("{this} {unit}") });
    }
    let follows = |earlier: Period, later: Period| shift(earlier.last_day(), 1) == later.first_day();
    match (follows(now, then), follows(then, now)) {
        (true, _) => Some(format!("{next} {unit}")),
        (_, true) => Some(format!("{previous} {unit}")),
        _ => None,
    }
}

fn what_is_left(days: i64, of: &str) -> String {
    match days {
        0 => format!("vandaag is de laatste dag van {of}"),
        1 => format!("nog 1 dag {of}"),
        days if days < DAYS_THAT_READ_AS_WEEKS => format!("nog {days} dagen {of}"),
        days => format!("nog {} weken {of}", days / 7),
    }
}

/// Says that a last day falls in a weekend or on a holiday, and which working day comes before it. The day itself never moves.
pub fn rest_day_warning(occurrence: &Occurrence<'_>, today: NaiveDate) -> Option<String> {
    let day = occurrence.last_day;
    let somebody_has_to_act = matches!(occurrence.milestone.kind.class(), Class::Deadline | Class::Advice | Class::Duty);
    if !somebody_has_to_act || occurrence.granularity != Granularity::Day || is_working_day(day) {
        return None;
    }
    let what = match holiday(day) {
        Some(holiday) => format!("valt op {}", holiday.dutch()),
        None if is_weekend(day) => format!("valt op een {}", dutch::weekday(day)),
        None => return None,
    };
    let working_day = working_day_on_or_before(day);
    let (was, near) = (if working_day < today { " was" } else { "" }, near(working_day, today).map(|near| format!("{near}, ")));
    Some(format!("{what}; laatste werkdag daarvoor{was}: {}{}", near.unwrap_or_default(), dutch::full_date(working_day)))
}
