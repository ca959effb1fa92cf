//! Tables for people: they fit the terminal, and stand in one line a row where they need not.

use comfy_table::{ColumnConstraint, ContentArrangement, Table, Width, presets};
use unicode_width::UnicodeWidthStr;

use crate::cli::output;

/// The padding on both sides, and the border or what stands for it.
const BESIDE_A_COLUMN: usize = 3;

/// What the column with the most text can do with.
const ROOM_FOR_TEXT: usize = 12;

/// A table with a header.
pub fn grid<const N: usize>(header: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let mut table = Table::new();
    table.load_style(presets::UTF8_BORDERS_ONLY).set_content_arrangement(ContentArrangement::Dynamic);
    let mut columns = header.map(Column::of);
    table.set_header(header);
    for row in rows {
        for (column, cell) in columns.iter_mut().zip(&row) {
            column.add(cell);
        }
        table.add_row(row);
    }
    if let Some(width) = output::width() {
        table.set_width(u16::try_from(width).unwrap_or(u16::MAX));
        keep_words_whole(&mut table, columns, width);
    }
    table.to_string()
}

/// How much a column holds, in columns of the terminal.
struct Column {
    all: usize,
    longest_word: usize,
}

impl Column {
    fn of(header: &str) -> Self {
        let mut column = Self { all: 0, longest_word: 0 };
        column.add(header);
        column
    }

    fn add(&mut self, cell: &str) {
        self.all += cell.width();
        self.longest_word = cell.split_whitespace().map(UnicodeWidthStr::width).max().unwrap_or(0).max(self.longest_word);
    }
}

/// An identity, an address or a day in two pieces cannot be copied; what is broken, if it must be, is the column with the most text.
fn keep_words_whole<const N: usize>(table: &mut Table, mut columns: [Column; N], width: usize) {
    if let Some(text) = columns.iter_mut().max_by_key(|column| column.all) {
        text.longest_word = text.longest_word.min(ROOM_FOR_TEXT);
    }
    if columns.iter().map(|column| column.longest_word + BESIDE_A_COLUMN).sum::<usize>() < width {
        let padded = columns.map(|column| u16::try_from(column.longest_word + 2).unwrap_or(u16::MAX));
        table.set_constraints(padded.map(|least| ColumnConstraint::LowerBoundary(Width::Fixed(least))));
    }
}
