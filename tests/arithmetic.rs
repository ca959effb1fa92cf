//! Properties of the date arithmetic, for any day between 1990 and 2090.

#![expect(clippy::unwrap_used, reason = "to panic is to fail the test")]

use chrono::{Datelike, NaiveDate};
use deadlines::domain::moments::{Anchor, Direction, Granularity, Period, Precision, Relative, Unit};
use deadlines::domain::recurrence::Rule;
use deadlines::domain::working_days::{
    Holiday, holiday, is_working_day, shift, working_day_on_or_after, working_day_on_or_before, working_days_after, working_days_before,
};
use proptest::prelude::*;

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

fn any_day() -> impl Strategy<Value = NaiveDate> {
    (0_i64..36_525).prop_map(|days| shift(day(1990, 1, 1), days))
}

fn any_granularity() -> impl Strategy<Value = Granularity> {
    prop::sample::select(vec![Granularity::Day, Granularity::Month, Granularity::Quarter, Granularity::Year])
}

fn relative(direction: Direction, amount: u32, unit: Unit) -> Relative {
    Relative { anchor: Anchor::ModuleStart, direction, amount, unit }
}

proptest! {
    #[test]
    fn before_a_day_is_the_day_before_by_that_day(at in any_day()) {
        let stated = Period::day(at);
        prop_assert_eq!(Precision::Before.last_day(stated), shift(Precision::By.last_day(stated), -1));
    }

    #[test]
    fn before_a_period_ends_right_before_it(at in any_day(), granularity in any_granularity()) {
        let stated = Period::holding(at, granularity);
        prop_assert!(stated.first_day() <= at && at <= stated.last_day());
        prop_assert_eq!(shift(Precision::Before.last_day(stated), 1), stated.first_day());
        prop_assert_eq!(Period::holding(stated.last_day(), granularity), stated);
        prop_assert_ne!(Period::holding(shift(stated.last_day(), 1), granularity), stated);
    }

    #[test]
    fn a_period_reads_back_as_it_is_written(at in any_day(), granularity in any_granularity()) {
        let stated = Period::holding(at, granularity);
        prop_assert_eq!(Period::parse(&stated.to_string()), Some(stated));
    }

    #[test]
    fn working_days_invert_from_a_working_day(at in any_day(), count in 0_u32..40) {
        let working = working_day_on_or_after(at);
        prop_assert_eq!(working_days_before(working_days_after(working, count), count), working);
        prop_assert_eq!(working_days_after(working_days_before(working, count), count), working);
    }

    #[test]
    fn working_days_before_leave_that_many_after_it(at in any_day(), count in 0_u32..40) {
        let found = working_days_before(at, count);
        prop_assert!(is_working_day(found));
        let between = (1..).map(|n| shift(found, n)).take_while(|d| *d <= at).filter(|d| is_working_day(*d)).count();
        prop_assert_eq!(between, count as usize);
        // The last such day: one working day later there is one too few.
        let next = working_day_on_or_after(shift(found, 1));
        let fewer = (1..).map(|n| shift(next, n)).take_while(|d| *d <= at).filter(|d| is_working_day(*d)).count();
        prop_assert!(next > at || fewer < count as usize);
    }

    #[test]
    fn a_working_day_is_never_far(at in any_day()) {
        prop_assert!(working_day_on_or_before(at) <= at && shift(working_day_on_or_before(at), 5) > at);
        prop_assert!(working_day_on_or_after(at) >= at);
    }

    #[test]
    fn the_last_day_of_a_month_less_some_days_stays_in_that_month(at in any_day(), days in 0_u32..28) {
        let month = Period::holding(at, Granularity::Month);
        let start_of_next = shift(month.last_day(), 1);
        let asked = relative(Direction::Before, days + 1, Unit::Days).from_day(start_of_next);
        prop_assert!(asked >= month.first_day() && asked <= month.last_day());
        prop_assert_eq!(asked, shift(month.last_day(), -i64::from(days)));
    }

    #[test]
    fn a_day_is_written_as_iso_8601_has_it(at in any_day()) {
        prop_assert_eq!(Period::day(at).to_string(), at.to_string());
    }

    #[test]
    fn months_keep_the_day_or_take_the_last(at in any_day(), months in 1_u32..36) {
        for direction in [Direction::Before, Direction::After] {
            let moved = relative(direction, months, Unit::Months).from_day(at);
            let last = Period::holding(moved, Granularity::Month).last_day();
            prop_assert_eq!(moved.day(), at.day().min(last.day()));
        }
    }

    #[test]
    fn a_recurrence_never_leaves_its_bounds(
        first in any_day(),
        length in 0_i64..1500,
        rule in prop::sample::select(vec!["FREQ=MONTHLY", "FREQ=MONTHLY;BYMONTHDAY=1", "FREQ=MONTHLY;BYMONTHDAY=-1", "FREQ=YEARLY", "FREQ=WEEKLY;BYDAY=MO", "FREQ=MONTHLY;INTERVAL=3", "FREQ=YEARLY;BYMONTH=11;BYMONTHDAY=1"]),
        unit in any_granularity(),
    ) {
        let last = shift(first, length);
        let rule = Rule::parse(rule).unwrap();
        let days: Vec<NaiveDate> = rule.days(first, last).collect();
        prop_assert!(days.iter().all(|d| *d >= first && *d <= last));
        prop_assert!(days.windows(2).all(|pair| pair[0] < pair[1]));
        let periods: Vec<Period> = rule.periods(unit, first, last).collect();
        prop_assert!(periods.iter().all(|p| p.last_day() >= first && p.first_day() <= last));
        prop_assert!(periods.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn a_recurrence_is_the_same_whatever_window_it_is_asked_through(first in any_day(), length in 0_i64..1500, cut in 0_i64..1500) {
        let rule = Rule::parse("FREQ=MONTHLY;BYMONTHDAY=1").unwrap();
        let (last, cut) = (shift(first, length), shift(first, cut.min(length)));
        let mut halves: Vec<NaiveDate> = rule.days(first, cut).collect();
        halves.extend(rule.days(shift(cut, 1), last));
        prop_assert_eq!(halves, rule.days(first, last).collect::<Vec<_>>());
    }
}

#[test]
fn easter_and_its_days_in_known_years() {
    for (easter_monday, year) in [(day(2023, 4, 10), 2023), (day(2024, 4, 1), 2024), (day(2025, 4, 21), 2025), (day(2038, 4, 26), 2038)] {
        assert_eq!(holiday(easter_monday), Some(Holiday::EasterMonday), "{year}");
        assert_eq!(holiday(shift(easter_monday, -3)), Some(Holiday::GoodFriday), "{year}");
        assert_eq!(holiday(shift(easter_monday, 38)), Some(Holiday::Ascension), "{year}");
        assert_eq!(holiday(shift(easter_monday, 49)), Some(Holiday::WhitMonday), "{year}");
    }
}

#[test]
fn kings_day_moves_off_a_sunday() {
    assert_eq!(holiday(day(2025, 4, 26)), Some(Holiday::KingsDay));
    assert_eq!(holiday(day(2025, 4, 27)), None);
    assert_eq!(holiday(day(2026, 4, 27)), Some(Holiday::KingsDay));
}

#[test]
fn the_arithmetic_that_was_worked_out_by_hand() {
    let before = |at, amount, unit| relative(Direction::Before, amount, unit).from_day(at);
    let after = |at, amount, unit| relative(Direction::After, amount, unit).from_day(at);
    assert_eq!(after(day(2023, 9, 30), 4, Unit::Weeks), day(2023, 10, 28));
    assert_eq!(after(day(2023, 9, 18), 4, Unit::Weeks), day(2023, 10, 16));
    assert_eq!(before(day(2024, 1, 1), 1, Unit::Months), day(2023, 12, 1));
    assert_eq!(before(day(2024, 7, 1), 1, Unit::Months), day(2024, 6, 1));
    assert_eq!(before(day(2026, 1, 1), 15, Unit::Days), day(2025, 12, 17));
    assert_eq!(before(day(2026, 3, 1), 15, Unit::Days), day(2026, 2, 14));
    assert_eq!(before(day(2027, 12, 1), 15, Unit::Days), day(2027, 11, 16));
    assert_eq!(before(day(2023, 9, 29), 5, Unit::WorkingDays), day(2023, 9, 22));
    assert_eq!(before(day(2025, 11, 10), 5, Unit::WorkingDays), day(2025, 11, 3));
    assert_eq!(before(day(2023, 11, 6), 10, Unit::WorkingDays), day(2023, 10, 23));
    assert_eq!(before(day(2023, 12, 31), 10, Unit::WorkingDays), day(2023, 12, 13));
    assert_eq!(Precision::Before.last_day(Period::day(day(2023, 11, 1))), day(2023, 10, 31));
}

#[test]
fn every_other_year_starts_with_the_period_that_holds_the_first_day() {
    let rule = Rule::parse("FREQ=YEARLY;INTERVAL=2").unwrap();
    let years: Vec<String> = rule.periods(Granularity::Year, day(2024, 4, 1), day(2028, 12, 31)).map(|year| year.to_string()).collect();
    assert_eq!(years, ["2024", "2026", "2028"]);
}

#[test]
fn rules_that_cannot_be_meant_are_refused() {
    for text in ["FREQ=MONTHLY;COUNT=3", "FREQ=YEARLY;UNTIL=20250101", "FREQ=HOURLY", "MONTHLY", "FREQ=SOMETIMES", ""] {
        assert!(Rule::parse(text).is_err(), "{text}");
    }
}
