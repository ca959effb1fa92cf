//! The table: one line for each row where there is room, a block for each row where there is not.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use chrono::NaiveDate;
use comfy_table::presets::NOTHING;
use comfy_table::{Cell, Color, ColumnConstraint, ContentArrangement, Table, Width as ColumnWidth};
use unicode_width::UnicodeWidthStr;

use crate::cli::filter::joined;
use crate::cli::list::record::{settings, standings};
use crate::cli::words;
use crate::domain::almanac::Almanac;
use crate::domain::milestones::{Class, Setting, Standing};
use crate::domain::occurrences::Occurrence;
use crate::domain::policies::{Origin, Policy};

/// From how many care types on a row says "all 7 care types" instead of naming them.
const MANY_CARE_TYPES: usize = 4;

/// Draws the occurrences within `width` columns; without a width each row takes one line, however long.
pub fn draw(almanac: &Almanac, occurrences: &[Occurrence<'_>], today: NaiveDate, width: Option<usize>) -> String {
    let names = LocalNames::of(almanac);
    let rows: Vec<Row> = occurrences.iter().map(|occurrence| Row::of(almanac, &names, occurrence, today)).collect();
    let columns = Columns::of(&rows);
    let drawn = match width {
        Some(width) if columns.width() > width => blocks(&rows, width),
        _ => columns.draw(&rows),
    };
    format!("{drawn}\n{}", footer(occurrences))
}

/// What a row shows.
struct Row {
    when: String,
    distance: String,
    insurer: String,
    scope: String,
    kind: &'static str,
    title: String,
    id: String,
    class: Class,
}

impl Row {
    fn of(almanac: &Almanac, names: &LocalNames<'_>, occurrence: &Occurrence<'_>, today: NaiveDate) -> Self {
        let milestone = occurrence.milestone;
        let marker = if words::free_day(occurrence).is_some() { "*" } else { "" };
        let target = if milestone.target { " (aim)" } else { "" };
        Self {
            when: format!("{}{marker}{target}", words::when(occurrence)),
            distance: words::distance(occurrence, today),
            insurer: party(almanac, occurrence.policy).to_owned(),
            scope: scope(occurrence),
            kind: milestone.kind.as_str(),
            title: milestone.title.clone(),
            id: names.short_id(occurrence),
            class: milestone.kind.class(),
        }
    }

    fn cells(&self) -> [&str; 7] {
        [&self.when, &self.distance, &self.insurer, &self.scope, self.kind, &self.title, &self.id]
    }
}

fn party<'a>(almanac: &'a Almanac, policy: &'a Policy) -> &'a str {
    match policy.origin() {
        Origin::Insurer(insurer) => almanac.insurer_name(insurer),
        Origin::Law => "by law",
        Origin::Practice => "own date",
    }
}

/// Care types, the modules because of which it concerns them, and in brackets what else must hold.
fn scope(occurrence: &Occurrence<'_>) -> String {
    let care_types = &occurrence.care_types;
    let of_policy = occurrence.policy.care_types.len();
    let care_types = if care_types.len() >= MANY_CARE_TYPES && (care_types.len() == of_policy || of_policy == 0) {
        format!("all {} care types", care_types.len())
    } else {
        joined(care_types)
    };
    let modules = if occurrence.modules.is_empty() { String::new() } else { format!(": {}", joined(&occurrence.modules)) };
    let conditions = conditions(occurrence);
    let conditions = if conditions.is_empty() { String::new() } else { format!(" ({})", conditions.join(", ")) };
    format!("{care_types}{modules}{conditions}")
}

/// Standing, setting and traits where not everybody is meant.
fn conditions<'a>(occurrence: &Occurrence<'a>) -> Vec<&'a str> {
    let (standing, setting) = (standings(occurrence), settings(occurrence));
    let mut conditions: Vec<&str> = Vec::new();
    if standing.len() < Standing::ALL.len() {
        conditions.extend(standing.iter().map(|standing| standing.as_str()));
    }
    if setting.len() < Setting::ALL.len() {
        conditions.extend(setting.iter().map(|setting| setting.as_str()));
    }
    conditions.extend(occurrence.milestone.applies.traits.iter().map(String::as_str));
    conditions
}

/// How often each last part of an identity occurs.
struct LocalNames<'a>(HashMap<&'a str, usize>);

impl<'a> LocalNames<'a> {
    fn of(almanac: &'a Almanac) -> Self {
        let mut counted = HashMap::new();
        for milestone in almanac.policies.iter().flat_map(|policy| &policy.milestones) {
            *counted.entry(milestone.id.local()).or_default() += 1;
        }
        Self(counted)
    }

    /// The last part of the identity where that is enough for `show`, else the whole.
    fn short_id(&self, occurrence: &Occurrence<'_>) -> String {
        let local = occurrence.milestone.id.local();
        let id = occurrence.id.as_str();
        let cut = occurrence.milestone.id.as_str().len() - local.len();
        if self.0.get(local) == Some(&1) { id[cut..].to_owned() } else { id.to_owned() }
    }
}

const HEADER: [&str; 7] = ["Last day", "Away", "Insurer", "For", "Kind", "What", "Id"];

/// The space between two columns.
const GAP: usize = 2;

/// How wide each column must be for one line a row.
struct Columns([usize; 7]);

impl Columns {
    fn of(rows: &[Row]) -> Self {
        let mut widths = HEADER.map(UnicodeWidthStr::width);
        for row in rows {
            for (width, cell) in widths.iter_mut().zip(row.cells()) {
                *width = (*width).max(cell.width());
            }
        }
        Self(widths)
    }

    fn width(&self) -> usize {
        self.0.iter().sum::<usize>() + GAP * (HEADER.len() - 1)
    }

    fn draw(&self, rows: &[Row]) -> String {
        let plain = Style::new();
        let mut text = self.line(HEADER.map(|name| (name, plain.bold())));
        for row in rows {
            let (class, [when, distance, insurer, scope, kind, title, id]) = (ansi(row.class).on_default(), row.cells());
            let grey = AnsiColor::BrightBlack.on_default();
            text.push('\n');
            text += &self.line([
                (when, class),
                (distance, plain),
                (insurer, plain),
                (scope, plain),
                (kind, class),
                (title, plain.bold()),
                (id, grey),
            ]);
        }
        text
    }

    /// Without trailing spaces.
    fn line(&self, cells: [(&str, Style); 7]) -> String {
        let mut line = String::new();
        let mut gap = 0;
        for ((cell, style), width) in cells.into_iter().zip(self.0) {
            if !cell.is_empty() {
                let _ = write!(line, "{:gap$}{style}{cell}{style:#}", "");
                gap = 0;
            }
            gap += width - cell.width() + GAP;
        }
        line
    }
}

fn plain_table() -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Disabled).enforce_styling().style_text_only();
    table
}

/// Two columns; what does not fit beside the day stands below the title.
fn blocks(rows: &[Row], width: usize) -> String {
    let width = width.max(40);
    let left = rows.iter().flat_map(|row| [row.when.width(), row.distance.width()]).max().unwrap_or(0).min(width / 3) + 2;
    let mut table = plain_table();
    table.set_content_arrangement(ContentArrangement::Dynamic).set_width(u16::try_from(width).unwrap_or(u16::MAX));
    for row in rows {
        let day = Cell::new(format!("{}\n{}", row.when, row.distance)).fg(colour(row.class));
        let what = format!("{}\n{} · {} · {}\n{}", row.title, row.insurer, row.scope, row.kind, broken(&row.id, width - left));
        table.add_row([day, Cell::new(what)]);
    }
    if let Some(first) = table.column_mut(0) {
        first.set_constraint(ColumnConstraint::Absolute(ColumnWidth::Fixed(u16::try_from(left).unwrap_or(u16::MAX))));
    }
    trimmed(&mut table)
}

/// An identity that is too long for its line goes on at the `@`.
fn broken(id: &str, room: usize) -> String {
    if id.width() <= room { id.to_owned() } else { id.replacen('@', "\n@", 1) }
}

/// Without the padding at the left edge, and without trailing spaces.
fn trimmed(table: &mut Table) -> String {
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    if let Some(last) = table.column_count().checked_sub(1).and_then(|last| table.column_mut(last)) {
        last.set_padding((0, 0));
    }
    table.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

/// The colour of a class; the kind says the same in words.
fn colour(class: Class) -> Color {
    match class {
        Class::Deadline => Color::DarkRed,
        Class::Event => Color::DarkCyan,
        Class::Duty => Color::DarkYellow,
        Class::Term => Color::DarkMagenta,
        Class::Advice => Color::DarkGreen,
    }
}

/// The same colour where no table is drawn.
fn ansi(class: Class) -> AnsiColor {
    match class {
        Class::Deadline => AnsiColor::Red,
        Class::Event => AnsiColor::Cyan,
        Class::Duty => AnsiColor::Yellow,
        Class::Term => AnsiColor::Magenta,
        Class::Advice => AnsiColor::Green,
    }
}

/// What the marker means, day by day.
fn footer(occurrences: &[Occurrence<'_>]) -> String {
    let free: BTreeSet<(NaiveDate, String)> =
        occurrences.iter().filter_map(|occurrence| Some((occurrence.last_day, words::free_day(occurrence)?))).collect();
    let mut text = free.iter().map(|(_, sentence)| format!("* {sentence}\n")).collect::<String>();
    if !text.is_empty() {
        text.insert(0, '\n');
    }
    text
}
