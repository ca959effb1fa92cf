//! Dutch working days: Monday to Friday without the public holidays, for any year.

use chrono::{Datelike, Days, NaiveDate, Weekday};

/// A public holiday on which no reminder is sent and no day counts as a working day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holiday {
    /// 1 January.
    NewYear,
    /// The Friday before Easter.
    GoodFriday,
    /// The Sunday itself; a weekend already, named so that a mail can say so.
    EasterSunday,
    /// The day after Easter.
    EasterMonday,
    /// 27 April, or 26 April where the 27th is a Sunday.
    KingsDay,
    /// 5 May, each year.
    LiberationDay,
    /// Thirty-nine days after Easter.
    Ascension,
    /// Forty-nine days after Easter, a Sunday.
    WhitSunday,
    /// Fifty days after Easter.
    WhitMonday,
    /// 25 December.
    FirstChristmasDay,
    /// 26 December.
    SecondChristmasDay,
}

impl Holiday {
    /// The Dutch name, as a sentence uses it.
    pub fn dutch(self) -> &'static str {
        match self {
            Self::NewYear => "nieuwjaarsdag",
            Self::GoodFriday => "Goede Vrijdag",
            Self::EasterSunday => "eerste paasdag",
            Self::EasterMonday => "tweede paasdag",
            Self::KingsDay => "Koningsdag",
            Self::LiberationDay => "Bevrijdingsdag",
            Self::Ascension => "Hemelvaartsdag",
            Self::WhitSunday => "eerste pinksterdag",
            Self::WhitMonday => "tweede pinksterdag",
            Self::FirstChristmasDay => "eerste kerstdag",
            Self::SecondChristmasDay => "tweede kerstdag",
        }
    }

    /// The English name, for the operator's terminal.
    pub fn english(self) -> &'static str {
        match self {
            Self::NewYear => "New Year's Day",
            Self::GoodFriday => "Good Friday",
            Self::EasterSunday => "Easter Sunday",
            Self::EasterMonday => "Easter Monday",
            Self::KingsDay => "King's Day",
            Self::LiberationDay => "Liberation Day",
            Self::Ascension => "Ascension Day",
            Self::WhitSunday => "Whit Sunday",
            Self::WhitMonday => "Whit Monday",
            Self::FirstChristmasDay => "Christmas Day",
            Self::SecondChristmasDay => "Boxing Day",
        }
    }
}

/// Easter Sunday in the Gregorian calendar (Meeus, *Astronomical Algorithms*, chapter 8).
fn easter(year: i32) -> Option<NaiveDate> {
    let a = year.rem_euclid(19);
    let (b, c) = (year.div_euclid(100), year.rem_euclid(100));
    let (d, e) = (b / 4, b % 4);
    let g = (8 * b + 13) / 25;
    let h = (19 * a + b - d - g + 15) % 30;
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k) % 7;
    let m = (a + 11 * h + 19 * l) / 433;
    let month = (h + l - 7 * m + 90) / 25;
    let day = (h + l - 7 * m + 33 * month + 19) % 32;
    NaiveDate::from_ymd_opt(year, u32::try_from(month).ok()?, u32::try_from(day).ok()?)
}

/// The public holiday on `day`, if it is one. Where two fall together the fixed one is named.
pub fn holiday(day: NaiveDate) -> Option<Holiday> {
    fixed_holiday(day).or_else(|| movable_holiday(day))
}

fn fixed_holiday(day: NaiveDate) -> Option<Holiday> {
    match (day.month(), day.day()) {
        (1, 1) => Some(Holiday::NewYear),
        (4, 27) if day.weekday() != Weekday::Sun => Some(Holiday::KingsDay),
        (4, 26) if day.weekday() == Weekday::Sat => Some(Holiday::KingsDay),
        (5, 5) => Some(Holiday::LiberationDay),
        (12, 25) => Some(Holiday::FirstChristmasDay),
        (12, 26) => Some(Holiday::SecondChristmasDay),
        _ => None,
    }
}

fn movable_holiday(day: NaiveDate) -> Option<Holiday> {
    // From Good Friday on 20 March at the earliest to Whit Monday on 14 June at the latest; asked often enough to spare the reckoning.
    if !(3..=6).contains(&day.month()) {
        return None;
    }
    match day.signed_duration_since(easter(day.year())?).num_days() {
        -2 => Some(Holiday::GoodFriday),
        0 => Some(Holiday::EasterSunday),
        1 => Some(Holiday::EasterMonday),
        39 => Some(Holiday::Ascension),
        49 => Some(Holiday::WhitSunday),
        50 => Some(Holiday::WhitMonday),
        _ => None,
    }
}

/// Saturday or Sunday.
pub fn is_weekend(day: NaiveDate) -> bool {
    matches!(day.weekday(), Weekday::Sat | Weekday::Sun)
}

/// Monday to Friday and no public holiday.
pub fn is_working_day(day: NaiveDate) -> bool {
    !is_weekend(day) && holiday(day).is_none()
}

/// The last working day that is not after `day`.
pub fn working_day_on_or_before(day: NaiveDate) -> NaiveDate {
    walk(day, -1)
}

/// The first working day that is not before `day`.
pub fn working_day_on_or_after(day: NaiveDate) -> NaiveDate {
    walk(day, 1)
}

fn walk(mut day: NaiveDate, step: i64) -> NaiveDate {
    while !is_working_day(day) {
        day = shift(day, step);
    }
    day
}

/// The last working day for which `count` working days lie after it, up to and including `day` (DESIGN, section 3).
///
/// ```
/// use chrono::NaiveDate;
/// use deadlines::domain::working_days::working_days_before;
/// let friday = NaiveDate::from_ymd_opt(2023, 9, 29).unwrap();
/// assert_eq!(working_days_before(friday, 5), NaiveDate::from_ymd_opt(2023, 9, 22).unwrap());
/// ```
pub fn working_days_before(day: NaiveDate, count: u32) -> NaiveDate {
    let mut at = working_day_on_or_before(day);
    for _ in 0..count {
        at = working_day_on_or_before(shift(at, -1));
    }
    at
}

/// The `count`-th working day after `day`; `day` itself never counts.
pub fn working_days_after(day: NaiveDate, count: u32) -> NaiveDate {
    let mut at = day;
    for _ in 0..count {
        at = working_day_on_or_after(shift(at, 1));
    }
    at
}

/// `day` moved by whole days; stays where it is at the edge of the calendar that chrono can hold.
pub fn shift(day: NaiveDate, days: i64) -> NaiveDate {
    let distance = Days::new(days.unsigned_abs());
    let moved = if days < 0 { day.checked_sub_days(distance) } else { day.checked_add_days(distance) };
    moved.unwrap_or(day)
}
