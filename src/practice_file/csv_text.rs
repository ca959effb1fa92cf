//! CSV rows into drafts: one row for each subscription, what belongs to the practice repeated.

use std::collections::HashMap;
use std::ops::Range;

use chrono::NaiveDate;

use crate::domain::leads::OwnLeads;
use crate::practice_file::contact_list;
use crate::practice_file::csv_cells::{Cell, rows};
use crate::practice_file::csv_tailoring::{self, Wrong};
use crate::practice_file::drafts::{ContactDraft, GroundDraft, ModuleDraft, PracticeDraft, SubscriptionDraft};
use crate::problems::{Problem, Problems, Text};
use crate::toml_reader::Placed;

/// The columns, in the order of an export; a file may have them in any order.
pub const COLUMNS: [&str; 20] = [
    "id",
    "name",
    "agb",
    "contacts",
    "salutation",
    "leads",
    "quiet",
    "own",
    "ground",
    "ground_day",
    "ground_source",
    "insurer",
    "care_type",
    "standing",
    "start",
    "modules",
    "setting",
    "traits",
    "end",
    "since",
];

/// From which column on they say something of a subscription.
const OF_SUBSCRIPTION: usize = 11;

/// Those that every file has.
const NEEDED: [&str; 5] = ["id", "name", "contacts", "insurer", "care_type"];

/// Those that say something of the practice, beside its identity.
const REPEATED: [&str; 10] = ["name", "agb", "contacts", "salutation", "leads", "quiet", "own", "ground", "ground_day", "ground_source"];

/// Reads the whole file.
pub fn read(text: &Text, problems: &mut Problems) -> Vec<PracticeDraft> {
    let mut sheet = Sheet { text, problems, columns: HashMap::new(), width: 0, practices: Vec::new(), known: HashMap::new() };
    let mut rows = rows(text.inner()).into_iter();
    match rows.next() {
        None => return Vec::new(),
        Some(Err(place)) => sheet.unclosed(place),
        Some(Ok(header)) => sheet.header(&header),
    }
    if NEEDED.iter().all(|column| sheet.columns.contains_key(column)) {
        rows.for_each(|row| sheet.row(row));
    }
    sheet.practices.into_iter().map(|(draft, _)| draft).collect()
}

struct Sheet<'a> {
    text: &'a Text,
    problems: &'a mut Problems,
    columns: HashMap<&'static str, usize>,
    width: usize,
    practices: Vec<(PracticeDraft, Vec<Cell>)>,
    known: HashMap<String, usize>,
}

impl Sheet<'_> {
    fn report(&mut self, place: Range<usize>, message: impl Into<String>, hint: impl Into<String>) {
        self.problems.add(Problem::new(self.text, message).at(place).hint(hint));
    }

    fn unclosed(&mut self, place: Range<usize>) {
        self.report(place, "the quote before this cell has no partner", "end the cell with a quote, and write a quote inside it twice");
    }

    fn header(&mut self, header: &[Cell]) {
        self.width = header.len();
        let names: Vec<Placed<String>> = header.iter().map(Cell::whole).collect();
        if names.iter().any(|name| known_column(&name.value).is_some()) {
            names.into_iter().enumerate().for_each(|(index, name)| self.column(index, name));
        }
        let missing: Vec<&str> = NEEDED.into_iter().filter(|column| !self.columns.contains_key(column)).collect();
        if !missing.is_empty() {
            let message = format!("the first row does not name the needed columns: {} missing", missing.join(", "));
            self.report(extent(header), message, format!("it may name {}", COLUMNS.join(", ")));
        }
    }

    fn column(&mut self, index: usize, name: Placed<String>) {
        match known_column(&name.value) {
            None => self.report(name.span, format!("unknown column `{}`", name.value), nearest_column(&name.value)),
            Some(column) if self.columns.contains_key(column) => {
                self.report(name.span, format!("column `{column}` stands here twice"), "leave one of them out");
            }
            Some(column) => drop(self.columns.insert(column, index)),
        }
    }

    fn row(&mut self, row: Result<Vec<Cell>, Range<usize>>) {
        let cells = match row {
            Err(place) => return self.unclosed(place),
            Ok(cells) if cells.iter().all(|cell| cell.value.trim().is_empty()) => return,
            Ok(cells) => cells,
        };
        if cells.len() != self.width {
            let message = format!("{} cells, but the first row names {} columns", cells.len(), self.width);
            return self.report(extent(&cells), message, "put quotes around a cell that contains the separator");
        }
        let Some(id) = self.needed(&cells, "id") else { return };
        let index = match self.known.get(&id.value).copied() {
            Some(index) => {
                self.agree(index, &cells);
                index
            }
            None => self.practice(id, &cells),
        };
        if let Some(subscription) = self.subscription(&cells) {
            self.practices[index].0.subscriptions.push(subscription);
        }
    }

    fn cell<'c>(&self, cells: &'c [Cell], column: &str) -> Option<&'c Cell> {
        self.columns.get(column).and_then(|index| cells.get(*index))
    }

    /// What a cell says; `None` where it is empty or the file has no such column.
    fn said(&self, cells: &[Cell], column: &str) -> Option<Placed<String>> {
        self.cell(cells, column).map(Cell::whole).filter(|said| !said.value.is_empty())
    }

    fn needed(&mut self, cells: &[Cell], column: &str) -> Option<Placed<String>> {
        let said = self.said(cells, column);
        if said.is_none() {
            self.empty(cells, column, format!("`{column}` is empty"), "fill it in");
        }
        said
    }

    fn empty(&mut self, cells: &[Cell], column: &str, message: String, hint: &str) {
        let place = self.cell(cells, column).map_or_else(|| extent(cells), |cell| cell.span.clone());
        self.report(place, message, hint);
    }

    fn practice(&mut self, id: Placed<String>, cells: &[Cell]) -> usize {
        let index = self.practices.len();
        self.known.insert(id.value.clone(), index);
        let place = id.span.clone();
        let name = self.needed(cells, "name");
        let agb = self.said(cells, "agb");
        let contacts = self.contacts(cells);
        let (salutation, leads) = (self.said(cells, "salutation"), self.leads(cells));
        let quiet = self.taken(cells, "quiet", csv_tailoring::quiet);
        let own = self.taken(cells, "own", csv_tailoring::own_dates);
        let (basis, source) = (self.said(cells, "ground"), self.said(cells, "ground_source"));
        let ground = GroundDraft { basis, day: self.day_in(cells, "ground_day"), source };
        let draft =
            PracticeDraft { id: Some(id), name, agb, contacts, salutation, leads, quiet, own, ground, subscriptions: Vec::new(), place };
        self.practices.push((draft, cells.to_vec()));
        index
    }

    fn contacts(&mut self, cells: &[Cell]) -> Vec<ContactDraft> {
        let Some(cell) = self.cell(cells, "contacts").filter(|cell| !cell.value.trim().is_empty()) else {
            self.empty(cells, "contacts", "the practice has no contacts: nobody would get its mail".to_owned(), "fill in `contacts`");
            return Vec::new();
        };
        contact_list::read(cell).unwrap_or_else(|place| {
            let hint = "write \"Name\" <email>, with \\\" for a quote inside the name";
            self.report(place, "this quote has no partner", hint);
            Vec::new()
        })
    }

    fn leads(&mut self, cells: &[Cell]) -> OwnLeads {
        let Some(given) = self.said(cells, "leads") else { return OwnLeads::default() };
        OwnLeads::parse(&given.value).unwrap_or_else(|part| {
            self.report(given.span, format!("`{part}` is no lead time"), "write deadline = 6w 1w; also.portal-open = 2w");
            OwnLeads::default()
        })
    }

    /// What a cell is taken to say; what is wrong in it is reported.
    fn taken<T: Default>(&mut self, cells: &[Cell], column: &str, take: impl Fn(&Cell) -> (T, Vec<Wrong>)) -> T {
        let Some(cell) = self.cell(cells, column) else { return T::default() };
        let (taken, wrong) = take(cell);
        wrong.into_iter().for_each(|(place, message, hint)| self.report(place, message, hint));
        taken
    }

    /// What a later row of a practice repeats must be what its first row says; empty repeats it too.
    fn agree(&mut self, index: usize, cells: &[Cell]) {
        for column in REPEATED {
            let first = self.said(&self.practices[index].1, column);
            let Some(given) = self.said(cells, column) else { continue };
            let reported = first.is_none() && NEEDED.contains(&column);
            if reported || first.as_ref().is_some_and(|first| first.value == given.value) {
                continue;
            }
            let place = first.as_ref().map_or(self.practices[index].0.place.start, |first| first.span.start);
            let line = self.text.inner().get(..place).unwrap_or_default().matches('\n').count() + 1;
            let said = first.map_or("nothing".to_owned(), |first| format!("`{}`", first.value));
            let hint = "the rows of one practice say the same; a later row may leave it empty";
            self.report(given.span, format!("`{column}` differs from line {line}, which says {said}"), hint);
        }
    }

    fn subscription(&mut self, cells: &[Cell]) -> Option<SubscriptionDraft> {
        if !COLUMNS[OF_SUBSCRIPTION..].iter().any(|column| self.said(cells, column).is_some()) {
            return None;
        }
        Some(SubscriptionDraft {
            insurer: self.needed(cells, "insurer"),
            care_type: self.needed(cells, "care_type"),
            standing: self.said(cells, "standing"),
            start: self.day_in(cells, "start"),
            modules: self.modules(cells),
            setting: self.said(cells, "setting"),
            traits: self.cell(cells, "traits").map(Cell::parts).unwrap_or_default(),
            end: self.day_in(cells, "end"),
            since: self.day_in(cells, "since"),
        })
    }

    fn day_in(&mut self, cells: &[Cell], column: &str) -> Option<Placed<NaiveDate>> {
        let said = self.said(cells, column)?;
        self.day(said)
    }

    fn day(&mut self, given: Placed<String>) -> Option<Placed<NaiveDate>> {
        let day = parse_day(&given.value);
        if day.is_none() {
            self.report(given.span.clone(), format!("`{}` is not a day", given.value), "write 2024-01-31 or 31-1-2024");
        }
        day.map(|value| Placed { value, span: given.span })
    }

    fn modules(&mut self, cells: &[Cell]) -> Vec<ModuleDraft> {
        let parts = self.cell(cells, "modules").map(Cell::parts).unwrap_or_default();
        parts.into_iter().map(|part| self.module(part)).collect()
    }

    fn module(&mut self, part: Placed<String>) -> ModuleDraft {
        let Some((id, start)) = part.value.split_once('@') else { return ModuleDraft { id: part, start: None } };
        let (first, last) = (part.span.start, part.span.end);
        let start_place = last - start.trim_start().len()..last;
        let start = self.day(Placed { value: start.trim().to_owned(), span: start_place });
        ModuleDraft { id: Placed { value: id.trim().to_owned(), span: first..first + id.trim().len() }, start }
    }
}

/// From the first cell to the last.
fn extent(cells: &[Cell]) -> Range<usize> {
    cells.first().zip(cells.last()).map_or(0..0, |(first, last)| first.span.start..last.span.end)
}

fn known_column(given: &str) -> Option<&'static str> {
    COLUMNS.into_iter().find(|column| *column == given.to_lowercase())
}

fn nearest_column(given: &str) -> String {
    let likeness = |column: &str| strsim::jaro_winkler(column, &given.to_lowercase());
    let nearest = COLUMNS.into_iter().map(|column| (likeness(column), column)).max_by(|a, b| a.0.total_cmp(&b.0));
    match nearest {
        Some((likeness, column)) if likeness > 0.8 => format!("did you mean `{column}`?"),
        _ => format!("known here: {}", COLUMNS.join(", ")),
    }
}

/// `2024-01-31` or, as a Dutch spreadsheet writes it, `31-1-2024`.
///
/// ```
/// use deadlines::practice_file::csv_text::parse_day;
/// assert_eq!(parse_day("31-1-2024"), parse_day("2024-01-31"));
/// assert_eq!(parse_day("1/31/2024"), None);
/// assert_eq!(parse_day("31-01-24"), None);
/// ```
pub fn parse_day(text: &str) -> Option<NaiveDate> {
    let parts: Vec<&str> = text.split('-').collect();
    let [first, month, last] = parts[..] else { return None };
    let (year, day) = if first.len() == 4 { (first, last) } else { (last, first) };
    let digits = |part: &str, most: usize| (1..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    if year.len() != 4 || !digits(year, 4) || !digits(month, 2) || !digits(day, 2) {
        return None;
    }
    NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
}
