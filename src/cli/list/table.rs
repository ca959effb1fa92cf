//! The table: one line for each row where there is room, a block for each row where there is not.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt::Write as _;
use std::io::{self, Write};
use std::sync::Arc;

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
use crate::domain::moments::{Granularity, Precision};
use crate::domain::occurrences::{Common, Occurrence};
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
    let page = Page::of(almanac, occurrences, today);
    let columns = Columns::of(&page);
    match width {
        Some(width) if columns.width() > width => out.write_all(blocks(&page, width, styled).as_bytes())?,
        _ => columns.draw(out, &page, styled)?,
    }
    write!(out, "\n{}", footer(occurrences))
}

/// What the rows show. There can be hundreds of thousands, which have far fewer days and words between them.
struct Page<'a> {
    occurrences: &'a [Occurrence<'a>],
    days: Vec<Day>,
    words: Vec<Words<'a>>,
    /// For each occurrence the numbers of its day and its words.
    rows: Vec<(u32, u32)>,
    widest_id: u32,
}

/// What the rows of one day have in common.
struct Day {
    last_day: NaiveDate,
    manner: Manner,
    cells: [String; 2],
    widths: [u32; 2],
}

/// How a day is said.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Manner {
    first_day: Option<NaiveDate>,
    granularity: Granularity,
    precision: Precision,
    target: bool,
}

/// What the rows of one series have in common.
struct Words<'a> {
    insurer: &'a str,
    scope: Cow<'a, str>,
    kind: Kind,
    title: &'a str,
    widths: [u32; 4],
    /// Where the part of the identity begins that is shown.
    id_begin: usize,
    manner: Manner,
}

struct Row<'p> {
    day: &'p Day,
    words: &'p Words<'p>,
    id: &'p str,
}

impl<'a> Page<'a> {
    fn of(almanac: &'a Almanac, occurrences: &'a [Occurrence<'a>], today: NaiveDate) -> Self {
        let names = SharedNames::of(almanac);
        let mut page = Self { occurrences, days: Vec::new(), words: Vec::new(), rows: Vec::with_capacity(occurrences.len()), widest_id: 0 };
        let mut known: HashMap<*const Common<'_>, u32> = HashMap::new();
        for occurrence in occurrences {
            let words = *known.entry(Arc::as_ptr(&occurrence.common)).or_insert_with(|| {
                page.words.push(Words::of(almanac, &names, occurrence));
                number_of_last(&page.words)
            });
            let Words { manner, id_begin, .. } = page.words[words as usize];
            // In order of day, so that nearly each row has the words for its day from the row before.
            if page.days.last().is_none_or(|day| (day.last_day, day.manner) != (occurrence.last_day, manner)) {
                page.days.push(Day::of(occurrence, manner, today));
            }
            page.rows.push((number_of_last(&page.days), words));
            page.widest_id = page.widest_id.max(width(&occurrence.id.as_str()[id_begin..]));
        }
        page
    }

    fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().zip(self.occurrences).map(|((day, words), occurrence)| {
            let (day, words) = (&self.days[*day as usize], &self.words[*words as usize]);
            Row { day, words, id: &occurrence.id.as_str()[words.id_begin..] }
        })
    }
}

fn number_of_last<T>(all: &[T]) -> u32 {
    u32::try_from(all.len() - 1).unwrap_or(u32::MAX)
}

impl Day {
    fn of(occurrence: &Occurrence<'_>, manner: Manner, today: NaiveDate) -> Self {
        let mut when = words::when(occurrence);
        if words::is_free(occurrence) {
            when.push('*');
        }
        if occurrence.milestone.target {
            when.push_str(" (aim)");
        }
        let cells = [when, words::distance(occurrence, today)];
        let widths = cells.each_ref().map(|cell| width(cell));
        Self { last_day: occurrence.last_day, manner, cells, widths }
    }
}

impl<'a> Words<'a> {
    fn of(almanac: &'a Almanac, names: &SharedNames<'_>, occurrence: &'a Occurrence<'a>) -> Self {
        let milestone = occurrence.milestone;
        let manner = Manner {
            first_day: occurrence.first_day,
            granularity: occurrence.granularity,
            precision: occurrence.precision(),
            target: milestone.target,
        };
        let mut words = Self {
            insurer: party(almanac, occurrence.policy),
            scope: scope(occurrence),
            kind: milestone.kind,
            title: &milestone.title,
            widths: [0; 4],
            id_begin: names.begin_of_short_id(occurrence),
            manner,
        };
        words.widths = words.cells().map(width);
        words
    }

    fn cells(&self) -> [&str; 4] {
        [self.insurer, &self.scope, self.kind.as_str(), self.title]
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
        let locals = almanac.policies.iter().flat_map(|policy| &policy.milestones).map(|milestone| milestone.id.local());
        Self(locals.filter(|local| !met.insert(*local)).collect())
    }

    /// Where the last part of the identity begins if that is enough for `show`, else where the whole does.
    fn begin_of_short_id(&self, occurrence: &Occurrence<'_>) -> usize {
        let local = occurrence.policy.id.as_str().len() + "/".len();
        if self.0.contains(&occurrence.milestone.id.as_str()[local..]) { 0 } else { local }
    }
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

/// How the cells of a row are drawn that are not plain.
struct Look {
    class: Style,
    title: Style,
    id: Style,
}

impl Look {
    fn of(kind: Kind, styled: bool) -> Self {
        let plain = Style::new();
        if !styled {
            return Self { class: plain, title: plain, id: plain };
        }
        Self { class: ansi(kind.class()).on_default(), title: plain.bold(), id: AnsiColor::BrightBlack.on_default() }
    }
}

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
        let mut text = self.header(styled);
        let (mut left, mut left_of) = (String::new(), None);
        for (row, (day, number)) in page.rows().zip(&page.rows) {
            let look = Look::of(row.words.kind, styled);
            if left_of.replace((*day, look.class)) != Some((*day, look.class)) {
                left.clear();
                self.cells(&mut left, 0, row.day.cells.each_ref().map(String::as_str), row.day.widths, [look.class, Style::new()]);
            }
            text.push('\n');
            text.push_str(&left);
            text.push_str(&words[*number as usize]);
            push_styled(&mut text, row.id, look.id);
            if text.len() >= A_GOOD_PIECE {
                out.write_all(text.as_bytes())?;
                text.clear();
            }
        }
        out.write_all(text.as_bytes())
    }

    fn header(&self, styled: bool) -> String {
        let bold = if styled { Style::new().bold() } else { Style::new() };
        let mut text = String::new();
        let [cells @ .., last] = HEADER;
        self.cells(&mut text, 0, cells, cells.map(width), [bold; 6]);
        push_styled(&mut text, last, bold);
        text
    }

    fn words(&self, words: &Words<'_>, styled: bool) -> String {
        let (plain, look) = (Style::new(), Look::of(words.kind, styled));
        let mut text = String::new();
        self.cells(&mut text, 2, words.cells(), words.widths, [plain, plain, look.class, look.title]);
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
