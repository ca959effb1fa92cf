//! The table: one line for each row where there is room, a block for each row where there is not.

mod page;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use chrono::NaiveDate;
use comfy_table::presets::NOTHING;
use comfy_table::{Cell, Color, ColumnConstraint, ContentArrangement, Table, Width as ColumnWidth};

use crate::cli::list::table::page::{Page, Words, width};
use crate::domain::almanac::Almanac;
use crate::domain::milestones::Class;
use crate::domain::occurrences::Occurrence;

/// Draws the occurrences within `width` columns; without a width each row takes one line, however long. `styled` adds colours.
pub fn draw(
    out: &mut dyn Write,
    almanac: &Almanac,
    occurrences: &[Occurrence<'_>],
    today: NaiveDate,
    width: Option<usize>,
    styled: bool,
) -> io::Result<()> {
    let page = Page::of(almanac, occurrences, today);
    let columns = Columns::of(&page);
    match width {
        Some(width) if columns.width() > width => out.write_all(blocks(&page, width, styled).as_bytes())?,
        _ => columns.draw(out, &page, styled)?,
    }
    write!(out, "\n{}", footer(&page))
}

const HEADER: [&str; 7] = ["Last day", "Away", "Insurer", "For", "Kind", "What", "Id"];

/// The space between two columns.
const GAP: usize = 2;

/// Put between two cells at once, not one by one.
const SPACES: &str = "                                ";

/// How much is drawn before it is handed over.
const A_GOOD_PIECE: usize = 1 << 16;

/// How wide each column must be for one line a row.
struct Columns([u32; 7]);

impl Columns {
    fn of(page: &Page<'_>) -> Self {
        let mut widths = HEADER.map(width);
        let mut widen = |first: usize, cells: &[u32]| {
            for (widest, width) in widths[first..].iter_mut().zip(cells) {
                *widest = (*widest).max(*width);
            }
        };
        page.days.iter().for_each(|day| widen(0, &day.widths));
        page.words.iter().for_each(|words| widen(2, &words.widths));
        widen(6, &[page.widest_id]);
        Self(widths)
    }

    fn width(&self) -> usize {
        self.0.iter().map(|width| *width as usize + GAP).sum::<usize>() - GAP
    }

    /// What rows have in common is drawn once; a row puts it together.
    fn draw(&self, out: &mut dyn Write, page: &Page<'_>, styled: bool) -> io::Result<()> {
        let words: Vec<String> = page.words.iter().map(|words| self.words(words, styled)).collect();
        let grey = if styled { AnsiColor::BrightBlack.on_default() } else { Style::new() };
        let mut text = self.header(styled);
        let (mut left, mut left_of) = (String::new(), None);
        for (row, (day, number)) in page.rows().zip(&page.rows) {
            let class = styled.then(|| row.words.kind.class());
            if left_of.replace((*day, class)) != Some((*day, class)) {
                left.clear();
                self.cells(&mut left, 0, row.day.cells.each_ref().map(String::as_str), row.day.widths, [look(class), Style::new()]);
            }
            text.push('\n');
            text.push_str(&left);
            text.push_str(&words[*number as usize]);
            push_styled(&mut text, row.id, grey);
            if text.len() >= A_GOOD_PIECE {
                out.write_all(text.as_bytes())?;
                text.clear();
            }
        }
        out.write_all(text.as_bytes())
    }

    fn header(&self, styled: bool) -> String {
        let bold = bold(styled);
        let mut text = String::new();
        let [cells @ .., last] = HEADER;
        self.cells(&mut text, 0, cells, cells.map(width), [bold; 6]);
        push_styled(&mut text, last, bold);
        text
    }

    fn words(&self, words: &Words<'_>, styled: bool) -> String {
        let (plain, class) = (Style::new(), look(styled.then(|| words.kind.class())));
        let mut text = String::new();
        self.cells(&mut text, 2, words.cells(), words.widths, [plain, plain, class, bold(styled)]);
        text
    }

    /// Cells from the column `first` on, each with the space up to the next.
    fn cells<const N: usize>(&self, text: &mut String, first: usize, cells: [&str; N], widths: [u32; N], styles: [Style; N]) {
        for (((cell, style), width), room) in cells.into_iter().zip(styles).zip(widths).zip(&self.0[first..]) {
            push_styled(text, cell, style);
            let mut gap = (room - width) as usize + GAP;
            while gap > 0 {
                let some = gap.min(SPACES.len());
                text.push_str(&SPACES[..some]);
                gap -= some;
            }
        }
    }
}

fn bold(styled: bool) -> Style {
    if styled { Style::new().bold() } else { Style::new() }
}

/// The colour of a class, if any.
fn look(class: Option<Class>) -> Style {
    class.map_or(Style::new(), |class| ansi(class).on_default())
}

fn push_styled(text: &mut String, cell: &str, style: Style) {
    if style.is_plain() || cell.is_empty() {
        text.push_str(cell);
    } else {
        let _ = write!(text, "{style}{cell}{style:#}");
    }
}

fn plain_table() -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Disabled).enforce_styling().style_text_only();
    table
}

/// Two columns; what does not fit beside the day stands below the title.
fn blocks(page: &Page<'_>, width: usize, styled: bool) -> String {
    let width = width.max(40);
    let left = page.days.iter().flat_map(|day| day.widths).max().map_or(0, |widest| widest as usize).min(width / 3) + 2;
    let mut table = plain_table();
    table.set_content_arrangement(ContentArrangement::Dynamic).set_width(u16::try_from(width).unwrap_or(u16::MAX));
    for row in page.rows() {
        let ([when, distance], [insurer, scope, kind, title]) = (&row.day.cells, row.words.cells());
        let day = Cell::new(format!("{when}\n{distance}"));
        let day = if styled { day.fg(colour(row.words.kind.class())) } else { day };
        let what = format!("{title}\n{insurer} · {scope} · {kind}\n{}", broken(row.id, width - left));
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
fn footer(page: &Page<'_>) -> String {
    let free: BTreeSet<(NaiveDate, &String)> = page.days.iter().filter_map(|day| Some((day.last_day, day.free_day.as_ref()?))).collect();
    let mut text = free.iter().map(|(_, sentence)| format!("* {sentence}\n")).collect::<String>();
    if !text.is_empty() {
        text.insert(0, '\n');
    }
    text
}
