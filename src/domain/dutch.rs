//! Dutch for days, distances and lists, as a mail and a calendar write them.

use chrono::{Datelike, NaiveDate, Weekday};

use crate::domain::moments::{Direction, Granularity, Period, Relative, Unit};

const MONTHS: [&str; 12] =
    ["januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober", "november", "december"];

/// `maandag`.
pub fn weekday(day: NaiveDate) -> &'static str {
    match day.weekday() {
        Weekday::Mon => "maandag",
        Weekday::Tue => "dinsdag",
        Weekday::Wed => "woensdag",
        Weekday::Thu => "donderdag",
        Weekday::Fri => "vrijdag",
        Weekday::Sat => "zaterdag",
        Weekday::Sun => "zondag",
    }
}

/// `november`.
pub fn month(day: NaiveDate) -> &'static str {
    MONTHS[day.month0() as usize]
}

/// `10 november 2025`.
pub fn date(day: NaiveDate) -> String {
    format!("{} {} {}", day.day(), month(day), day.year())
}

/// `maandag 10 november 2025`.
pub fn full_date(day: NaiveDate) -> String {
    format!("{} {}", weekday(day), date(day))
}

/// `ma 10 november`, for a subject line.
pub fn short_date(day: NaiveDate) -> String {
    format!("{} {} {}", &weekday(day)[..2], day.day(), month(day))
}

/// A period in words: `maandag 10 november 2025`, `oktober 2024`, `het eerste kwartaal van 2024`, `2024`.
pub fn period(last_day: NaiveDate, granularity: Granularity) -> String {
    match granularity {
        Granularity::Day => full_date(last_day),
        Granularity::Month => format!("{} {}", month(last_day), last_day.year()),
        Granularity::Quarter => {
            let ordinal = ["eerste", "tweede", "derde", "vierde"][(last_day.month0() / 3) as usize];
            format!("het {ordinal} kwartaal van {}", last_day.year())
        }
        Granularity::Year => last_day.year().to_string(),
    }
}

/// A stated period in words.
pub fn stated_period(stated: Period) -> String {
    period(stated.last_day(), stated.granularity())
}

/// How far off a day is: `vandaag`, `morgen`, `nog 7 dagen`, `3 dagen geleden`.
pub fn distance_to(today: NaiveDate, day: NaiveDate) -> String {
    match day.signed_duration_since(today).num_days() {
        0 => "vandaag".to_owned(),
        1 => "morgen".to_owned(),
        -1 => "gisteren".to_owned(),
        n if n > 1 => format!("nog {n} dagen"),
        n => format!("{} dagen geleden", -n),
    }
}

/// A relative moment as a sum: `4 weken na aanbod`.
pub fn relative(relative: &Relative) -> String {
    let anchor = match relative.anchor.to_string().as_str() {
        "agreement-start" => "de ingang van de overeenkomst".to_owned(),
        "agreement-end" => "het einde van de overeenkomst".to_owned(),
        "module-start" => "de ingang van de module".to_owned(),
        milestone => milestone.to_owned(),
    };
    if relative.amount == 0 { format!("op {anchor}") } else { format!("{} {anchor}", distance(relative)) }
}

/// The distance alone: `4 weken na`.
pub fn distance(relative: &Relative) -> String {
    let unit = match (relative.unit, relative.amount) {
        (Unit::Days, 1) => "dag",
        (Unit::Days, _) => "dagen",
        (Unit::Weeks, 1) => "week",
        (Unit::Weeks, _) => "weken",
        (Unit::Months, 1) => "maand",
        (Unit::Months, _) => "maanden",
        (Unit::WorkingDays, 1) => "werkdag",
        (Unit::WorkingDays, _) => "werkdagen",
    };
    let way = if relative.direction == Direction::Before { "vóór" } else { "na" };
    format!("{} {unit} {way}", relative.amount)
}

/// `CZ, Zilveren Kruis en Zorg en Zekerheid`.
pub fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [head @ .., last] => format!("{} en {last}", head.join(", ")),
    }
}

/// The text with its first letter as a capital.
pub fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
