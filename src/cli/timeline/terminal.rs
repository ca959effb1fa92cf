//! The timeline in the terminal: a column is one week, or as many weeks as the width asks for.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};
use chrono::{Datelike, NaiveDate};
use unicode_width::UnicodeWidthStr;

use crate::cli::timeline::Span;
use crate::cli::timeline::marks::{Extent, Item, Mark, Row};
use crate::cli::words;
use crate::domain::working_days::shift;

/// The widest that the names of care types may be.
const LONGEST_NAME: usize = 24;

/// The glyph of a span of days that ends in a mark.
const SPAN: char = '╌';

/// Draws the rows within `width` columns.
pub fn draw(rows: &[Row], span: Span, width: usize) -> String {
    let name_width = rows.iter().map(|row| row.care_type.width() + 2).chain([10]).max().unwrap_or(10).min(LONGEST_NAME);
    let scale = Scale::fit(span, width.max(40).saturating_sub(name_width + 1));
    let mut picture = String::new();
    let margin = " ".repeat(name_width + 1);
    let _ = writeln!(picture, "{margin}{}", scale.years().trim_end());
    if scale.shows_months() {
        let _ = writeln!(picture, "{margin}{}", scale.months().trim_end());
    }
    let mut insurer = "";
    for row in rows {
        if row.insurer != insurer {
            let heading = Style::new().bold();
            let ticks = scale.ticks();
            let _ = writeln!(picture, "{heading}{}{heading:#}{ticks}", padded(&row.insurer, name_width + 1));
            insurer = &row.insurer;
        }
        let name = if row.care_type.is_empty() { "  all care types" } else { &format!("  {}", row.care_type) };
        let _ = writeln!(picture, "{} {}", padded(name, name_width), scale.line(&row.items).trim_end());
    }
    let _ = write!(picture, "\n{}", legend(rows, &scale, width));
    picture
}

fn padded(text: &str, width: usize) -> String {
    let mut kept: String = text.to_owned();
    if kept.width() > width {
        while kept.width() >= width {
            kept.pop();
        }
        kept.push('…');
    }
    let space = width.saturating_sub(kept.width());
    format!("{kept}{}", " ".repeat(space))
}

/// How days become columns.
struct Scale {
    first: NaiveDate,
    weeks: i64,
    columns: usize,
    today: Option<usize>,
}

impl Scale {
    /// As few weeks in a column as fit.
    fn fit(span: Span, room: usize) -> Self {
        let first = shift(span.first, -i64::from(span.first.weekday().num_days_from_monday()));
        let all_weeks = span.last.signed_duration_since(first).num_days() / 7 + 1;
        let room = i64::try_from(room.max(10)).unwrap_or(10);
        let weeks = (all_weeks + room - 1) / room;
        let columns = usize::try_from((all_weeks + weeks - 1) / weeks).unwrap_or(1);
        let mut scale = Self { first, weeks, columns, today: None };
        scale.today = (first <= span.today && span.today <= span.last).then(|| scale.column(span.today));
        scale
    }

    fn column(&self, day: NaiveDate) -> usize {
        let column = day.signed_duration_since(self.first).num_days().div_euclid(7 * self.weeks);
        usize::try_from(column.max(0)).unwrap_or(0).min(self.columns.saturating_sub(1))
    }

    fn day(&self, column: usize) -> NaiveDate {
        shift(self.first, i64::try_from(column).unwrap_or(0) * 7 * self.weeks)
    }

    /// Writes a name at each column that is the first of a new period, where there is room.
    fn names(&self, name: impl Fn(NaiveDate) -> String) -> String {
        let mut line: Vec<char> = vec![' '; self.columns];
        let (mut free_from, mut before) = (0, String::new());
        let named_at = |column: usize| name(shift(self.day(column), 7 * self.weeks - 1));
        for column in 0..self.columns {
            let named = named_at(column);
            let end = column + named.chars().count();
            let is_whole = column > 0 || (column..end.min(self.columns)).all(|below| named_at(below) == named);
            if named != before && column >= free_from && end <= self.columns && is_whole {
                line.splice(column..end, named.chars());
                free_from = end + 1;
            }
            before = named;
        }
        line.into_iter().collect()
    }

    fn years(&self) -> String {
        self.names(|day| day.year().to_string())
    }

    /// Months need some columns each to be told apart.
    fn shows_months(&self) -> bool {
        self.weeks <= 2
    }

    fn months(&self) -> String {
        self.names(|day| day.format("%b").to_string())
    }

    /// A tick where a month begins, or a year where months are too narrow.
    fn ticks(&self) -> String {
        let begins = |column: usize| {
            let day = shift(self.day(column), 7 * self.weeks - 1);
            (day.year(), if self.shows_months() { day.month() } else { 0 })
        };
        let tick = |column: usize| if column == 0 || begins(column) != begins(column - 1) { '┬' } else { '─' };
        let style = Style::new().dimmed();
        format!("{style}{}{style:#}", (0..self.columns).map(tick).collect::<String>())
    }

    fn line(&self, items: &[Item]) -> String {
        let mut cells: Vec<Option<Cell>> = vec![None; self.columns];
        for item in items {
            let (first, last) = (self.column(item.first), self.column(item.last));
            for cell in &mut cells[first..last] {
                cell.get_or_insert(Cell::Span);
            }
            let seen = match cells[last] {
                Some(Cell::Mark(mark)) => mark.min(item.mark),
                _ => item.mark,
            };
            cells[last] = Some(Cell::Mark(seen));
        }
        cells.iter().enumerate().map(|(column, cell)| self.glyph(column, *cell)).collect()
    }

    fn glyph(&self, column: usize, cell: Option<Cell>) -> String {
        match cell {
            Some(Cell::Mark(mark)) => coloured(mark),
            Some(Cell::Span) => SPAN.to_string(),
            None if self.today == Some(column) => "│".to_owned(),
            None => "·".to_owned(),
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Cell {
    Span,
    Mark(Mark),
}

fn coloured(mark: Mark) -> String {
    let style = style(mark);
    format!("{style}{}{style:#}", glyph(mark))
}

/// The shape alone tells the marks apart.
fn glyph(mark: Mark) -> char {
    match mark {
        Mark::Sign => '◆',
        Mark::Ask => '?',
        Mark::Act => '▲',
        Mark::Advice => '+',
        Mark::Move => '○',
        Mark::Term => '┃',
        Mark::Duty => '▪',
        Mark::Publication => '□',
    }
}

fn style(mark: Mark) -> Style {
    let colour = match mark {
        Mark::Sign | Mark::Ask | Mark::Act => AnsiColor::Red,
        Mark::Advice => AnsiColor::Green,
        Mark::Move | Mark::Publication => AnsiColor::Cyan,
        Mark::Term => AnsiColor::Magenta,
        Mark::Duty => AnsiColor::Yellow,
    };
    let style = Style::new().fg_color(Some(colour.into()));
    if mark == Mark::Sign { style.bold() } else { style }
}

fn legend(rows: &[Row], scale: &Scale, width: usize) -> String {
    let used = |mark: &Mark| rows.iter().flat_map(|row| &row.items).any(|item| item.mark == *mark);
    let mut entries: Vec<(String, String)> =
        Mark::ALL.into_iter().filter(used).map(|mark| (coloured(mark), mark.legend().to_owned())).collect();
    if rows.iter().flat_map(|row| &row.items).any(|item| item.extent != Extent::Day) {
        entries.push((SPAN.to_string(), "no day is stated, or a window".to_owned()));
    }
    if scale.today.is_some() {
        entries.push(("│".to_owned(), "today".to_owned()));
    }
    let unit = if scale.weeks == 1 { "one week".to_owned() } else { words::counted(scale.weeks, "week") };
    format!("{}A column is {unit}.\nWhere marks fall together, the first of this legend is seen.\n", in_lines(&entries, width))
}

fn in_lines(entries: &[(String, String)], width: usize) -> String {
    let (mut text, mut used) = (String::new(), 0);
    for (glyph, meaning) in entries {
        let taken = meaning.width() + 2;
        if used > 0 && used + 3 + taken > width {
            text.push('\n');
            used = 0;
        }
        if used > 0 {
            text.push_str("   ");
            used += 3;
        }
        let _ = write!(text, "{glyph} {meaning}");
        used += taken;
    }
    text.push('\n');
    text
}
