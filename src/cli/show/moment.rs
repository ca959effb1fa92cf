//! A moment as its calendar file writes it.

use crate::domain::moments::{Direction, Granularity, Moment, Period, Point, Precision, Recurrence, Relative, Unit, When};

/// `by = 2025-11-10`, `before = { after = "aanbod", weeks = 4 }`.
pub fn as_written(moment: &Moment) -> String {
    let key = if moment.precision == Precision::Window { "by" } else { moment.precision.as_str() };
    let value = match &moment.when {
        When::Once(once) => point(once),
        When::Recurring(recurring) => recurrence(recurring),
    };
    match &moment.opens {
        Some(opens) => format!("from = {}, {key} = {value}", point(opens)),
        None => format!("{key} = {value}"),
    }
}

fn point(point: &Point) -> String {
    match point {
        Point::Stated(period) => stated(*period),
        Point::Relative(relative) => self::relative(relative),
    }
}

fn stated(period: Period) -> String {
    if period.granularity() == Granularity::Day { period.to_string() } else { format!("\"{period}\"") }
}

fn relative(relative: &Relative) -> String {
    let anchor = &relative.anchor;
    let (way, unit) = match (relative.direction, relative.unit) {
        (Direction::Before, unit) => ("before", unit),
        (Direction::After, unit) => ("after", unit),
    };
    let unit = match unit {
        Unit::Days => "days",
        Unit::Weeks => "weeks",
        Unit::Months => "months",
        Unit::WorkingDays => "working_days",
    };
    if relative.amount == 0 {
        format!("{{ at = \"{anchor}\" }}")
    } else {
        format!("{{ {way} = \"{anchor}\", {unit} = {} }}", relative.amount)
    }
}

fn recurrence(recurrence: &Recurrence) -> String {
    let bound = |key: &str, bound: &Option<Point>| bound.as_ref().map(|bound| format!("{key} = {}", bare(bound)));
    let unit = (recurrence.unit != Granularity::Day).then(|| format!("unit = \"{}\"", recurrence.unit.as_str()));
    let every = format!("every = \"{}\"", recurrence.rule.as_str());
    let parts = [Some(every), unit, bound("first", &recurrence.first), bound("last", &recurrence.last)];
    format!("{{ {} }}", parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
}

/// A bound may be an anchor by itself.
fn bare(point: &Point) -> String {
    match point {
        Point::Relative(relative) if relative.amount == 0 => format!("\"{}\"", relative.anchor),
        other => self::point(other),
    }
}
