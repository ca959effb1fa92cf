//! The table: one line for each row where there is room, a block for each row where there is not.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};
use std::fmt::Write as _;
use std::io::{self, Write};
use std::rc::Rc;

use anstyle::{AnsiColor, Style};
use chrono::NaiveDate;
use comfy_table::presets::NOTHING;
use comfy_table::{Cell, Color, ColumnConstraint, ContentArrangement, Table, Width as ColumnWidth};
use unicode_width::UnicodeWidthStr;

use crate::cli::filter::joined;
use crate::cli::list::record::{settings, standings};
use crate::cli::words;
use crate::domain::almanac::Almanac;
use crate::domain::milestones::{Class, Kind, Setting, Standing};
use crate::domain::moments::Granularity;
use crate::domain::occurrences::Occurrence;
use crate::domain::policies::{Origin, Policy};

/// From how many care types on a row says "all 7 care types" instead of naming them.
const MANY_CARE_TYPES: usize = 4;

/// Draws the occurrences within `width` columns; without a width each row takes one line, however long. `styled` adds colours.
pub fn draw(
    out: &mut dyn Write,
    almanac: &Almanac,
    occurrences: &[Occurrence<'_>],
    today: NaiveDate,
    width: Option<usize>,
    styled: bool,
) -> io::Result<()> {
    let names = SharedNames::of(almanac);
    let rows = rows(almanac, &names, occurrences, today);
    let columns = Columns::of(&rows);
    match width {
        Some(width) if columns.width() > width => out.write_all(blocks(&rows, width, styled).as_bytes())?,
        _ => columns.draw(out, &rows, styled)?,
    }
    write!(out, "\n{}", footer(occurrences))
}

/// What a row shows.
struct Row<'a> {
    day: Rc<Day>,
    insurer: &'a str,
    scope: Cow<'a, str>,
    kind: Kind,
    title: &'a str,
    id: &'a str,
    // Half the room of a usize: there can be hundreds of thousands of rows.
    widths: [u32; 7],
}

/// What the rows of one day have in common.
struct Day {
    when: String,
    distance: String,
}

/// In order of day, so that nearly each row has the words for its day from the row before.
fn rows<'a>(almanac: &'a Almanac, names: &SharedNames<'_>, occurrences: &'a [Occurrence<'a>], today: NaiveDate) -> Vec<Row<'a>> {
    let said = |o: &Occurrence<'_>| (o.first_day, o.last_day, o.granularity, o.precision(), o.milestone.target);
    let mut rows: Vec<Row<'_>> = Vec::with_capacity(occurrences.len());
    for same in occurrences.chunk_by(|one, next| said(one) == said(next)) {
        let day = Rc::new(Day::of(&same[0], today));
        rows.extend(same.iter().map(|occurrence| Row::of(almanac, names, occurrence, day.clone())));
    }
    rows
}

impl Day {
    fn of(occurrence: &Occurrence<'_>, today: NaiveDate) -> Self {
        let mut when = words::when(occurrence);
        if words::is_free(occurrence) {
            when.push('*');
        }
        if occurrence.milestone.target {
            when.push_str(" (aim)");
        }
        Self { when, distance: words::distance(occurrence, today) }
    }
}

impl<'a> Row<'a> {
    fn of(almanac: &'a Almanac, names: &SharedNames<'_>, occurrence: &'a Occurrence<'a>, day: Rc<Day>) -> Self {
        let milestone = occurrence.milestone;
        let mut row = Self {
            day,
            insurer: party(almanac, occurrence.policy),
            scope: scope(occurrence),
            kind: milestone.kind,
            title: &milestone.title,
            id: names.short_id(occurrence),
            widths: [0; 7],
        };
        row.widths = row.cells().map(width);
        row
    }

    fn cells(&self) -> [&str; 7] {
        [&self.day.when, &self.day.distance, self.insurer, &self.scope, self.kind.as_str(), self.title, self.id]
    }
}

/// How many columns a text takes in a terminal; nearly all are plain ASCII, where that is its length.
fn width(text: &str) -> u32 {
    // Looking at every byte, whatever the first ones are, is done sixteen at a time.
    let is_plain = text.bytes().fold(true, |is_plain, byte| is_plain & (b' '..=b'~').contains(&byte));
    let columns = if is_plain { text.len() } else { UnicodeWidthStr::width(text) };
    u32::try_from(columns).unwrap_or(u32::MAX)
}

fn party<'a>(almanac: &'a Almanac, policy: &'a Policy) -> &'a str {
    match policy.origin() {
        Origin::Insurer(insurer) => almanac.insurer_name(insurer),
        Origin::Law => "by law",
        Origin::Practice => "own date",
    }
}

/// Care types, the modules because of which it concerns them, and in brackets what else must hold.
fn scope<'a>(occurrence: &'a Occurrence<'_>) -> Cow<'a, str> {
    let care_types = &occurrence.care_types;
    let conditions = conditions(occurrence);
    if let ([only], true, true) = (&care_types[..], occurrence.modules.is_empty(), conditions.is_empty()) {
        return only.as_str().into();
    }
    let of_policy = occurrence.policy.care_types.len();
    let mut scope = if care_types.len() >= MANY_CARE_TYPES && (care_types.len() == of_policy || of_policy == 0) {
        format!("all {} care types", care_types.len())
    } else {
        joined(care_types)
    };
    if !occurrence.modules.is_empty() {
        scope.extend([": ", &joined(&occurrence.modules)]);
    }
    if !conditions.is_empty() {
        scope.extend([" (", &joined(&conditions), ")"]);
    }
    scope.into()
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

/// Last parts of identities that several milestones share.
struct SharedNames<'a>(HashSet<&'a str>);

impl<'a> SharedNames<'a> {
    fn of(almanac: &'a Almanac) -> Self {
        let mut met = HashSet::new();
        Self(almanac.milestone_names().filter(|name| !met.insert(*name)).collect())
    }

    /// The last part of the identity where that is enough for `show`, else the whole.
    fn short_id<'o>(&self, occurrence: &'o Occurrence<'_>) -> &'o str {
        let (milestone, id) = (occurrence.milestone.id.as_str(), occurrence.id.as_str());
        let local = occurrence.policy.id.as_str().len() + "/".len();
        if self.0.contains(&milestone[local..]) { id } else { &id[local..] }
    }
}

const HEADER: [&str; 7] = ["Last day", "Away", "Insurer", "For", "Kind", "What", "Id"];

/// The space between two columns.
const GAP: usize = 2;

/// Put between two cells at once, not one by one.
const SPACES: &str = "                                ";

/// How wide each column must be for one line a row.
struct Columns([u32; 7]);

impl Columns {
    fn of(rows: &[Row<'_>]) -> Self {
        let mut widths = HEADER.map(width);
        for row in rows {
            for (widest, width) in widths.iter_mut().zip(row.widths) {
                *widest = (*widest).max(width);
            }
        }
        Self(widths)
    }

    fn width(&self) -> usize {
        self.0.iter().map(|width| *width as usize + GAP).sum::<usize>() - GAP
    }

    fn draw(&self, out: &mut dyn Write, rows: &[Row<'_>], styled: bool) -> io::Result<()> {
        let plain = Style::new();
        let (bold, grey) = if styled { (plain.bold(), AnsiColor::BrightBlack.on_default()) } else { (plain, plain) };
        let mut text = String::new();
        self.line(&mut text, HEADER, HEADER.map(width), [bold; 7]);
        for row in rows {
            let class = if styled { ansi(row.kind.class()).on_default() } else { plain };
            text.push('\n');
            out.write_all(text.as_bytes())?;
            text.clear();
            self.line(&mut text, row.cells(), row.widths, [class, plain, plain, plain, class, bold, grey]);
        }
        out.write_all(text.as_bytes())
    }

    /// Without trailing spaces.
    fn line(&self, text: &mut String, cells: [&str; 7], widths: [u32; 7], styles: [Style; 7]) {
        let mut gap: usize = 0;
        for (((cell, style), width), room) in cells.into_iter().zip(styles).zip(widths).zip(self.0) {
            if !cell.is_empty() {
                while gap > 0 {
                    let some = gap.min(SPACES.len());
                    text.push_str(&SPACES[..some]);
                    gap -= some;
                }
                if style.is_plain() {
                    text.push_str(cell);
                } else {
                    let _ = write!(text, "{style}{cell}{style:#}");
                }
            }
            gap += (room - width) as usize + GAP;
        }
    }
}

fn plain_table() -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Disabled).enforce_styling().style_text_only();
    table
}

/// Two columns; what does not fit beside the day stands below the title.
fn blocks(rows: &[Row<'_>], width: usize, styled: bool) -> String {
    let width = width.max(40);
    let left = rows.iter().flat_map(|row| &row.widths[..2]).max().map_or(0, |widest| *widest as usize).min(width / 3) + 2;
    let mut table = plain_table();
    table.set_content_arrangement(ContentArrangement::Dynamic).set_width(u16::try_from(width).unwrap_or(u16::MAX));
    for row in rows {
        let [when, distance, insurer, scope, kind, title, id] = row.cells();
        let day = Cell::new(format!("{when}\n{distance}"));
        let day = if styled { day.fg(colour(row.kind.class())) } else { day };
        let what = format!("{title}\n{insurer} · {scope} · {kind}\n{}", broken(id, width - left));
        table.add_row([day, Cell::new(what)]);
    }
    if let Some(first) = table.column_mut(0) {
        first.set_constraint(ColumnConstraint::Absolute(ColumnWidth::Fixed(u16::try_from(left).unwrap_or(u16::MAX))));
    }
    trimmed(&mut table)
}

/// An identity that is too long for its line goes on at the `@`.
fn broken(id: &str, room: usize) -> String {
    if width(id) as usize <= room { id.to_owned() } else { id.replacen('@', "\n@", 1) }
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
    let days = occurrences.chunk_by(|one, next| one.last_day == next.last_day);
    let stated = days.filter_map(|day| day.iter().find(|occurrence| occurrence.granularity == Granularity::Day));
    let free: BTreeSet<(NaiveDate, String)> = stated.filter_map(|o| Some((o.last_day, words::free_day(o)?))).collect();
    let mut text = free.iter().map(|(_, sentence)| format!("* {sentence}\n")).collect::<String>();
    if !text.is_empty() {
        text.insert(0, '\n');
    }
    text
}
