//! Reading a TOML tree with the place of each key and value, collecting every problem instead of stopping at the first.

use std::cell::RefCell;
use std::ops::Range;

use chrono::NaiveDate;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::problems::{Problem, Problems, Text};

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
    let (document, errors) = DeTable::parse_recoverable(text.inner());
    let sink = RefCell::new(Problems::default());
    for error in errors {
        let problem = Problem::new(text, format!("not valid TOML: {}", error.message()));
        sink.borrow_mut().add(error.span().map_or(problem.clone(), |span| problem.at(span)));
    }
    let broken = sink.borrow().has_errors();
    let span = document.span();
    let table = Table { text, entries: document.get_ref(), span, taken: RefCell::default(), sink: &sink };
    let value = read(&table);
    let mut found = sink.into_inner();
    if broken {
        found.0.retain(|problem| problem.message().starts_with("not valid TOML"));
    }
    problems.extend(found);
    value
}

/// A table that is being read; keys nobody asked for are refused by [`Table::finish`].
pub struct Table<'t, 'p> {
    text: &'p Text,
    entries: &'t DeTable<'t>,
    span: Range<usize>,
    taken: RefCell<Vec<&'static str>>,
    sink: &'p RefCell<Problems>,
}

type Value<'t> = Spanned<DeValue<'t>>;

impl<'t, 'p> Table<'t, 'p> {
    /// Where the table stands.
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// Reports a problem at a place.
    pub fn report(&self, span: Range<usize>, message: impl Into<String>, hint: impl Into<String>) {
        self.sink.borrow_mut().add(Problem::new(self.text, message).at(span).hint(hint));
    }

    /// Reports a warning at a place.
    pub fn warn(&self, span: Range<usize>, message: impl Into<String>, hint: impl Into<String>) {
        self.sink.borrow_mut().add(Problem::new(self.text, message).at(span).hint(hint).as_warning());
    }

    fn get(&self, key: &'static str) -> Option<&'t Value<'t>> {
        let known = self.taken.borrow().contains(&key);
        if !known {
            self.taken.borrow_mut().push(key);
        }
        self.entries.iter().find(|(name, _)| name.get_ref() == key).map(|(_, value)| value)
    }

    /// Whether the key stands there, without asking for it.
    pub fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|(name, _)| name.get_ref() == key)
    }

    /// Where a key stands, or the table itself.
    pub fn key_span(&self, key: &str) -> Range<usize> {
        self.entries.iter().find(|(name, _)| name.get_ref() == key).map_or(self.span.clone(), |(name, _)| name.span())
    }

    fn wrong_type(&self, key: &str, value: &Value<'_>, wanted: &str) {
        let found = value.get_ref().type_str();
        self.report(value.span(), format!("`{key}` is a TOML {found}"), format!("write {wanted}"));
    }

    /// A text, if the key is there.
    pub fn string(&self, key: &'static str) -> Option<Placed<String>> {
        let value = self.get(key)?;
        match value.get_ref().as_str() {
            Some(text) if text.trim().is_empty() => {
                self.report(value.span(), format!("`{key}` is empty"), "fill it in, or leave the key out");
                None
            }
            Some(text) => Some(Placed { value: text.to_owned(), span: value.span() }),
            None => {
                self.wrong_type(key, value, "a text between quotes");
                None
            }
        }
    }

    /// A text that must be there.
    pub fn required(&self, key: &'static str) -> Option<Placed<String>> {
        let found = self.string(key);
        if !self.has(key) {
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
        table.map(|entries| self.child(entries, value.span()))
    }

    /// All tables of a list of tables; an inline list of tables is one too.
    pub fn tables(&self, key: &'static str) -> Vec<Table<'t, 'p>> {
        let Some(value) = self.get(key) else { return Vec::new() };
        let as_table = |item: &'t Value<'t>| match item.get_ref().as_table() {
            Some(entries) => Some(self.child(entries, item.span())),
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
            DeValue::String(text) => Any::Text(Placed { value: text.to_string(), span }),
            DeValue::Table(entries) => Any::Table(self.child(entries, span)),
            DeValue::Array(_) => Any::List(span),
            other => match day_of(other) {
                Some(day) => Any::Day(Placed { value: day, span }),
                None => Any::Other(Placed { value: other.type_str(), span }),
            },
        })
    }

    fn child(&self, entries: &'t DeTable<'t>, span: Range<usize>) -> Table<'t, 'p> {
        Table { text: self.text, entries, span, taken: RefCell::default(), sink: self.sink }
    }

    /// Refuses every key that nobody asked for, with the nearest known one.
    pub fn finish(&self) {
        let taken = self.taken.borrow();
        for (name, _) in self.entries.iter().filter(|(name, _)| !taken.contains(&name.get_ref().as_ref())) {
            let given = name.get_ref();
            let near = taken.iter().map(|known| (strsim::jaro_winkler(known, given), known)).max_by(|a, b| a.0.total_cmp(&b.0));
            let hint = match near {
                Some((likeness, known)) if likeness > 0.8 => format!("did you mean `{known}`?"),
                _ => format!("known here: {}", taken.join(", ")),
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
    Text(Placed<String>),
    /// A date without a time.
    Day(Placed<NaiveDate>),
    /// Between braces.
    Table(Table<'t, 'p>),
    /// Between brackets.
    List(Range<usize>),
    /// Anything else, by the name of its type.
    Other(Placed<&'static str>),
}
