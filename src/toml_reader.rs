//! Reading a TOML tree with the place of each key and value, collecting every problem instead of stopping at the first.

mod notes;
pub mod settings;

use std::borrow::Cow;
use std::cell::RefCell;
use std::ops::Range;

use chrono::NaiveDate;
use toml::de::{DeString, DeTable, DeValue};
use toml::{Spanned, Value as TomlValue};

use crate::problems::{Problem, Problems, Text};
use crate::toml_reader::notes::Notes;
use crate::toml_reader::settings::{Setting, Shape, Variable};

/// A value with its place, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub span: Range<usize>,
}

impl<T> Placed<T> {
    /// Keeps the place and changes the value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Placed<U> {
        Placed { value: change(self.value), span: self.span }
    }
}

/// Reads a document; syntax errors become problems, and what could be read is given to `read`.
pub fn read_document<T>(text: &Text, problems: &mut Problems, read: impl FnOnce(&Table<'_, '_>) -> T) -> T {
    read_settings(text.inner(), text, &[], problems, read).0
}

/// The same with values laid over those of the document; also gives what each key came to that was [settled](Table::settle).
///
/// `text` is what may be shown of `content`: of the same length, with secrets blanked.
pub fn read_settings<T>(
    content: &str,
    text: &Text,
    variables: &[Variable],
    problems: &mut Problems,
    read: impl FnOnce(&Table<'_, '_>) -> T,
) -> (T, Vec<Setting>) {
    let (mut document, errors) = DeTable::parse_recoverable(content);
    let mut notes = Notes::about(text);
    for error in &errors {
        notes.syntax_error(error);
    }
    for variable in variables {
        let start = notes.append(&variable.text, &variable.name);
        variable.lay_over(document.get_mut(), start);
    }
    let span = document.span();
    let table = Table {
        path: (Cow::Borrowed(""), ""),
        entries: Some(document.get_ref()),
        span,
        taken: RefCell::new(Vec::with_capacity(USUAL_KEYS)),
        refused: RefCell::default(),
        notes: &notes,
    };
    let value = read(&table);
    let (mut found, settings) = notes.finish();
    if !errors.is_empty() {
        found.0.retain(|problem| problem.message().starts_with("not valid TOML"));
    }
    problems.extend(found);
    (value, settings)
}

/// So many keys are asked for in most tables.
const USUAL_KEYS: usize = 16;

/// A table that is being read; keys nobody asked for are refused by [`Table::finish`].
pub struct Table<'t, 'p> {
    /// The keys that lead to the table that it stands in, and its own.
    path: (Cow<'static, str>, &'static str),
    /// `None` for a table that is not there.
    entries: Option<&'t DeTable<'t>>,
    span: Range<usize>,
    taken: RefCell<Vec<&'static str>>,
    /// Unknown keys of which something was said already.
    refused: RefCell<Vec<String>>,
    notes: &'p Notes,
}

type Value<'t> = Spanned<DeValue<'t>>;

impl<'t, 'p> Table<'t, 'p> {
    /// Where the table stands.
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// Reports a problem at a place.
    pub fn report(&self, span: Range<usize>, message: impl Into<String>, hint: impl Into<String>) {
        self.notes.add(self.notes.problem(span, message, hint));
    }

    /// Reports a warning at a place.
    pub fn warn(&self, span: Range<usize>, message: impl Into<String>, hint: impl Into<String>) {
        self.notes.add(self.notes.problem(span, message, hint).map(Problem::as_warning));
    }

    fn get(&self, key: &'static str) -> Option<&'t Value<'t>> {
        self.taken.borrow_mut().push(key);
        self.entries?.get(key)
    }

    fn entry(&self, key: &str) -> Option<(&'t Spanned<DeString<'t>>, &'t Value<'t>)> {
        self.entries?.get_key_value(key)
    }

    /// Whether the key stands there, without asking for it.
    pub fn has(&self, key: &str) -> bool {
        self.entry(key).is_some()
    }

    /// Where a key stands, or the table itself.
    pub fn key_span(&self, key: &str) -> Range<usize> {
        self.entry(key).map_or(self.span.clone(), |(name, _)| name.span())
    }

    fn wrong_type(&self, key: &str, value: &Value<'_>, wanted: &str) {
        let found = value.get_ref().type_str();
        self.report(value.span(), format!("`{key}` is a TOML {found}"), format!("write {wanted}"));
    }

    /// A text, if the key is there.
    pub fn string(&self, key: &'static str) -> Option<Placed<String>> {
        self.text(key).map(|text| text.map(str::to_owned))
    }

    /// The same, not copied: for a text that is read further and not kept.
    pub fn text(&self, key: &'static str) -> Option<Placed<&'t str>> {
        let value = self.get(key)?;
        match value.get_ref().as_str() {
            Some(text) if text.trim().is_empty() => {
                self.report(value.span(), format!("`{key}` is empty"), "fill it in, or leave the key out");
                None
            }
            Some(text) => Some(Placed { value: text, span: value.span() }),
            None => {
                self.wrong_type(key, value, "a text between quotes");
                None
            }
        }
    }

    /// A text that must be there.
    pub fn required(&self, key: &'static str) -> Option<Placed<String>> {
        self.required_text(key).map(|text| text.map(str::to_owned))
    }

    /// The same, not copied.
    pub fn required_text(&self, key: &'static str) -> Option<Placed<&'t str>> {
        let found = self.text(key);
        if found.is_none() && !self.has(key) {
            self.missing(key);
        }
        found
    }

    /// Reports a missing key.
    pub fn missing(&self, key: &str) {
        self.report(self.span(), format!("`{key}` is missing"), format!("add `{key} = …`"));
    }

    /// A yes or no.
    pub fn boolean(&self, key: &'static str) -> Option<Placed<bool>> {
        let value = self.get(key)?;
        let flag = value.get_ref().as_bool();
        if flag.is_none() {
            self.wrong_type(key, value, "true or false");
        }
        flag.map(|flag| Placed { value: flag, span: value.span() })
    }

    /// A whole number that is not negative.
    pub fn number(&self, key: &'static str) -> Option<Placed<u32>> {
        let value = self.get(key)?;
        let number = value.get_ref().as_integer().and_then(|n| u32::from_str_radix(n.as_str(), n.radix()).ok());
        if number.is_none() {
            self.wrong_type(key, value, "a whole number, 0 or more");
        }
        number.map(|number| Placed { value: number, span: value.span() })
    }

    /// A civil day.
    pub fn day(&self, key: &'static str) -> Option<Placed<NaiveDate>> {
        let value = self.get(key)?;
        self.as_day(key, value)
    }

    fn as_day(&self, key: &str, value: &Value<'_>) -> Option<Placed<NaiveDate>> {
        let day = day_of(value.get_ref());
        if day.is_none() {
            let hint = "write a date without quotes and without a time, such as 2025-11-10";
            let found = value.get_ref().type_str();
            self.report(value.span(), format!("`{key}` is a TOML {found}, not a day"), hint);
        }
        day.map(|day| Placed { value: day, span: value.span() })
    }

    /// A list of days.
    pub fn days(&self, key: &'static str) -> Vec<Placed<NaiveDate>> {
        let Some(value) = self.get(key) else { return Vec::new() };
        self.list_of(key, value, "a list of dates").into_iter().filter_map(|item| self.as_day(key, item)).collect()
    }

    /// A list of texts; nothing if the key is not there.
    pub fn strings(&self, key: &'static str) -> Vec<Placed<String>> {
        let Some(value) = self.get(key) else { return Vec::new() };
        let as_text = |item: &'t Value<'t>| match item.get_ref().as_str() {
            Some(text) => Some(Placed { value: text.to_owned(), span: item.span() }),
            None => {
                self.wrong_type(key, item, "a text between quotes");
                None
            }
        };
        self.list_of(key, value, "a list of texts, such as [\"…\"]").into_iter().filter_map(as_text).collect()
    }

    fn list_of(&self, key: &str, value: &'t Value<'t>, wanted: &str) -> Vec<&'t Value<'t>> {
        match value.get_ref().as_array() {
            Some(items) => items.iter().collect(),
            None => {
                self.wrong_type(key, value, wanted);
                Vec::new()
            }
        }
    }

    /// A table, if the key is there.
    pub fn table(&self, key: &'static str) -> Option<Table<'t, 'p>> {
        let value = self.get(key)?;
        let table = value.get_ref().as_table();
        if table.is_none() {
            self.wrong_type(key, value, "a table");
        }
        table.map(|entries| self.child(key, Some(entries), value.span()))
    }

    /// A table, or an empty one where it is not there.
    pub fn section(&self, key: &'static str) -> Table<'t, 'p> {
        self.table(key).unwrap_or_else(|| self.child(key, None, self.span()))
    }

    /// All tables of a list of tables; an inline list of tables is one too.
    pub fn tables(&self, key: &'static str) -> Vec<Table<'t, 'p>> {
        let Some(value) = self.get(key) else { return Vec::new() };
        let as_table = |item: &'t Value<'t>| match item.get_ref().as_table() {
            Some(entries) => Some(self.child(key, Some(entries), item.span())),
            None => {
                self.wrong_type(key, item, "a table: names and values between braces, { … = … }");
                None
            }
        };
        self.list_of(key, value, &format!("one or more tables headed [[{key}]]")).into_iter().filter_map(as_table).collect()
    }

    /// What stands under a key, whatever it is.
    pub fn any(&self, key: &'static str) -> Option<Any<'t, 'p>> {
        let value = self.get(key)?;
        let span = value.span();
        Some(match value.get_ref() {
            DeValue::String(text) => Any::Text(Placed { value: text, span }),
            DeValue::Table(entries) => Any::Table(self.child(key, Some(entries), span)),
            DeValue::Array(_) => Any::List(span),
            other => match day_of(other) {
                Some(day) => Any::Day(Placed { value: day, span }),
                None => Any::Other(Placed { value: other.type_str(), span }),
            },
        })
    }

    fn child(&self, key: &'static str, entries: Option<&'t DeTable<'t>>, span: Range<usize>) -> Table<'t, 'p> {
        Table {
            path: (self.own_path(), key),
            entries,
            span,
            taken: RefCell::new(Vec::with_capacity(USUAL_KEYS)),
            refused: RefCell::default(),
            notes: self.notes,
        }
    }

    fn own_path(&self) -> Cow<'static, str> {
        let (above, key) = &self.path;
        if above.is_empty() { Cow::Borrowed(*key) } else { Cow::Owned(format!("{above}.{key}")) }
    }

    fn path_of(&self, key: &str) -> String {
        let own = self.own_path();
        if own.is_empty() { key.to_owned() } else { format!("{own}.{key}") }
    }

    /// Notes what a key came to: what the table says, or the default.
    pub fn settle(&self, key: &'static str, shape: Shape, value: Option<TomlValue>) {
        let origin = self.notes.origin(self.entry(key).map(|(name, _)| name.span()));
        self.notes.settings.borrow_mut().push(Setting { path: self.path_of(key), shape, value, origin });
    }

    /// Takes the keys that nobody asked for and that are meant: what is said of them is said by whoever takes them.
    pub fn take_unknown(&self, meant: impl Fn(&str) -> bool) -> Vec<String> {
        let names = self.entries.into_iter().flatten().map(|(name, _)| name.get_ref().to_string());
        let found: Vec<String> = names.filter(|name| !self.taken.borrow().contains(&&**name) && meant(name)).collect();
        self.refused.borrow_mut().extend(found.iter().cloned());
        found
    }

    /// Refuses every key that nobody asked for, with the nearest known one.
    pub fn finish(&self) {
        let (taken, refused) = (self.taken.borrow(), self.refused.borrow());
        let is_unknown = |name: &str| !taken.contains(&name) && !refused.iter().any(|other| other == name);
        let asked = || taken.iter().enumerate().filter(|(number, key)| !taken[..*number].contains(key)).map(|(_, key)| *key);
        for (name, _) in self.entries.into_iter().flatten().filter(|(name, _)| is_unknown(name.get_ref())) {
            let given = name.get_ref();
            let near = asked().map(|known| (strsim::jaro_winkler(known, given), known)).max_by(|a, b| a.0.total_cmp(&b.0));
            let hint = match near {
                Some((likeness, known)) if likeness > 0.8 => format!("did you mean `{known}`?"),
                _ => {
                    self.notes.stranger(given);
                    format!("known here: {}", asked().collect::<Vec<_>>().join(", "))
                }
            };
            self.report(name.span(), format!("unknown key `{given}`"), hint);
        }
    }
}

fn day_of(value: &DeValue<'_>) -> Option<NaiveDate> {
    let stamp = value.as_datetime()?;
    let date = stamp.date.filter(|_| stamp.time.is_none() && stamp.offset.is_none())?;
    NaiveDate::from_ymd_opt(i32::from(date.year), u32::from(date.month), u32::from(date.day))
}

/// A value of which the type decides the meaning.
pub enum Any<'t, 'p> {
    /// Between quotes.
    Text(Placed<&'t str>),
    /// A date without a time.
    Day(Placed<NaiveDate>),
    /// Between braces.
    Table(Table<'t, 'p>),
    /// Between brackets.
    List(Range<usize>),
    /// Anything else, by the name of its type.
    Other(Placed<&'static str>),
}
