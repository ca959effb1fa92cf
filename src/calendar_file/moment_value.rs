//! Moments as a file writes them: a day, a period between quotes, a relative day or a recurrence.

use std::ops::Range;

use crate::domain::moments::{Anchor, Direction, Granularity, Moment, Period, Point, Precision, Recurrence, Relative, Unit, When};
use crate::domain::recurrence::Rule;
use crate::toml_reader::{Any, Table};

const PERIOD_HINT: &str = "write a date (2025-11-10), \"2024-10\", \"2024-Q1\" or \"2024\"";

/// Reads the moment of a milestone from its keys `on`, `by`, `before` and `from`.
pub fn moment(table: &Table<'_, '_>) -> Option<(Moment, Range<usize>)> {
    let keys: Vec<&'static str> = ["on", "by", "before", "from"].into_iter().filter(|key| table.has(key)).collect();
    match keys.as_slice() {
        [] => {
            table.report(
                table.span(),
                "the milestone has no moment",
                "add one of `on`, `by`, `before`, `from`, or `from` and `by` for a window",
            );
            None
        }
        ["on"] => single(table, "on", Precision::On),
        ["by"] => single(table, "by", Precision::By),
        ["before"] => single(table, "before", Precision::Before),
        ["from"] => single(table, "from", Precision::From),
        ["by", "from"] => window(table),
        several => {
            let hint = "only `from` and `by` go together, as a window";
            table.report(table.key_span(several[1]), format!("`{}` do not go together", several.join("` and `")), hint);
            several.iter().for_each(|key| drop(table.any(key)));
            None
        }
    }
}

fn single(table: &Table<'_, '_>, key: &'static str, precision: Precision) -> Option<(Moment, Range<usize>)> {
    let span = table.key_span(key);
    let when = when(table, key)?;
    Some((Moment::new(precision, when), span))
}

fn window(table: &Table<'_, '_>) -> Option<(Moment, Range<usize>)> {
    let opens = when(table, "from");
    let closes = when(table, "by");
    match (opens?, closes?) {
        (When::Once(opens), When::Once(closes)) => {
            let moment = Moment { precision: Precision::Window, when: When::Once(closes), opens: Some(opens) };
            Some((moment, table.key_span("by")))
        }
        _ => {
            table.report(table.key_span("by"), "a window cannot recur", "write the recurrence under `by` alone");
            None
        }
    }
}

fn when(table: &Table<'_, '_>, key: &'static str) -> Option<When> {
    match table.any(key)? {
        Any::Day(day) => Some(When::Once(Point::Stated(Period::day(day.value)))),
        Any::Text(text) => period(table, text.value, text.span).map(|period| When::Once(Point::Stated(period))),
        Any::Table(inner) if inner.has("every") => recurrence(&inner).map(When::Recurring),
        Any::Table(inner) => relative(&inner).map(|relative| When::Once(Point::Relative(relative))),
        Any::List(span) => {
            table.report(span, format!("`{key}` holds one moment, not a list"), "write one milestone for each day, or a recurrence");
            None
        }
        Any::Other(other) => {
            table.report(other.span, format!("`{key}` is a TOML {}, not a moment", other.value), PERIOD_HINT);
            None
        }
    }
}

fn period(table: &Table<'_, '_>, text: &str, span: Range<usize>) -> Option<Period> {
    let period = Period::parse(text);
    match period {
        Some(period) if period.granularity() == Granularity::Day => {
            table.report(span, "a date needs no quotes", format!("write {text}"));
            None
        }
        None => {
            table.report(span, format!("\"{text}\" is no month, quarter or year"), PERIOD_HINT);
            None
        }
        known => known,
    }
}

fn relative(table: &Table<'_, '_>) -> Option<Relative> {
    let anchored: Vec<&'static str> = ["before", "after", "at"].into_iter().filter(|key| table.has(key)).collect();
    let [key] = anchored.as_slice() else {
        table.report(
            table.span(),
            "a relative day needs exactly one of `before`, `after` and `at`",
            "for example { before = \"portaal-open\", working_days = 5 }",
        );
        return None;
    };
    let anchor = table.required_text(key);
    let amount = amount(table, *key == "at");
    table.finish();
    let (amount, unit) = amount?;
    let direction = if *key == "before" { Direction::Before } else { Direction::After };
    Some(Relative { anchor: Anchor::parse(anchor?.value), direction, amount, unit })
}

fn amount(table: &Table<'_, '_>, at: bool) -> Option<(u32, Unit)> {
    let units = [("days", Unit::Days), ("weeks", Unit::Weeks), ("months", Unit::Months), ("working_days", Unit::WorkingDays)];
    let given: Vec<_> = units.into_iter().filter_map(|(key, unit)| table.number(key).map(|number| (number, unit))).collect();
    match given.as_slice() {
        [] if at => Some((0, Unit::Days)),
        [(number, unit)] if !at && (1..=3650).contains(&number.value) => Some((number.value, *unit)),
        [(number, _)] if !at => {
            table.report(number.span.clone(), "the distance must be from 1 to 3650", "for the day itself write { at = \"…\" }");
            None
        }
        _ => {
            let hint = if at { "`at` takes no distance" } else { "give exactly one of `days`, `weeks`, `months`, `working_days`" };
            table.report(table.span(), "the distance is not clear", hint);
            None
        }
    }
}

fn recurrence(table: &Table<'_, '_>) -> Option<Recurrence> {
    let every = table.required_text("every");
    let unit = table.text("unit");
    let first = point(table, "first");
    let last = point(table, "last");
    table.finish();
    let every = every?;
    let rule = match Rule::parse(every.value) {
        Ok(rule) => Some(rule),
        Err(error) => {
            table.report(every.span, error.to_string(), error.hint());
            None
        }
    };
    let unit = match unit {
        None => Some(Granularity::Day),
        Some(word) => Granularity::parse(word.value).or_else(|| {
            table.report(word.span, format!("unknown unit `{}`", word.value), "one of day, month, quarter, year");
            None
        }),
    };
    if table.has("first") != table.has("last") {
        table.report(table.span(), "a recurrence needs both `first` and `last`", "say from when to when it holds");
        return None;
    }
    Some(Recurrence { rule: rule?, unit: unit?, first, last })
}

/// A bound: a period, an anchor by its name, or a relative day.
fn point(table: &Table<'_, '_>, key: &'static str) -> Option<Point> {
    match table.any(key)? {
        Any::Day(day) => Some(Point::Stated(Period::day(day.value))),
        Any::Text(text) => Some(match Period::parse(text.value) {
            Some(period) => Point::Stated(period),
            None => {
                Point::Relative(Relative { anchor: Anchor::parse(text.value), direction: Direction::After, amount: 0, unit: Unit::Days })
            }
        }),
        Any::Table(inner) => relative(&inner).map(Point::Relative),
        Any::List(span) | Any::Other(crate::toml_reader::Placed { span, .. }) => {
            table.report(
                span,
                format!("`{key}` is no bound"),
                "write a date, a period, an anchor such as \"agreement-end\", or a relative day",
            );
            None
        }
    }
}
