//! What a configuration came to, key by key: the value in use, and where it came from.

use std::fmt;

use toml::de::{DeTable, DeValue};
use toml::{Spanned, Value};

use crate::problems::Text;

/// How the value of a key is written in an environment variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// As it is.
    Text,
    /// As in TOML: a number, `true`, or a list between brackets.
    Toml,
}

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Nobody set it.
    Default,
    /// A line of the file.
    File {
        /// Its name.
        name: String,
        /// Counted from 1.
        line: usize,
    },
    /// An environment variable.
    Variable(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { name, line } => write!(f, "{name}:{line}"),
            Self::Variable(name) => write!(f, "environment {name}"),
        }
    }
}

/// One key, as it came out.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    /// The key with its tables: `mail.smtp.host`.
    pub path: String,
    /// How a variable writes it.
    pub shape: Shape,
    /// What is in use; `None` where it is not set and has no default.
    pub value: Option<Value>,
    /// Where it came from.
    pub origin: Origin,
}

impl Setting {
    /// The key without its tables.
    pub fn name(&self) -> &str {
        self.path.rsplit_once('.').map_or(&*self.path, |(_, name)| name)
    }

    /// The tables that it stands in: `mail.smtp`.
    pub fn table(&self) -> &str {
        self.path.rsplit_once('.').map_or("", |(table, _)| table)
    }
}

/// A value that replaces the file's.
#[derive(Debug, Clone)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// The key that it sets: `mail.smtp.host`.
    pub path: String,
    /// How it is written.
    pub shape: Shape,
    /// What it says.
    pub text: Text,
}

impl Variable {
    /// Puts the value into the tree, with the place at which the variable's text begins.
    pub(in crate::toml_reader) fn lay_over<'t>(&'t self, tree: &mut DeTable<'t>, start: usize) {
        let end = start + self.text.inner().len();
        let mut tables = self.path.split('.').peekable();
        let mut table = tree;
        while let Some(key) = tables.next() {
            if tables.peek().is_none() {
                table.remove(key);
                table.insert(Spanned::new(start..end, key.into()), self.value(start));
                return;
            }
            if !table.contains_key(key) {
                table.insert(Spanned::new(start..end, key.into()), Spanned::new(start..end, DeValue::Table(DeTable::new())));
            }
            // Where the file has something else than a table, the file is refused for it.
            let Some(DeValue::Table(inner)) = table.get_mut(key).map(Spanned::get_mut) else { return };
            table = inner;
        }
    }

    fn value(&self, start: usize) -> Spanned<DeValue<'_>> {
        let said: &str = self.text.inner();
        match (self.shape, DeValue::parse(said)) {
            (Shape::Toml, Ok(value)) => shifted(value, start),
            _ => Spanned::new(start..start + said.len(), DeValue::String(said.into())),
        }
    }
}

fn shifted(value: Spanned<DeValue<'_>>, by: usize) -> Spanned<DeValue<'_>> {
    let span = value.span();
    let mut inner = value.into_inner();
    if let DeValue::Array(items) = &mut inner {
        for item in items.iter_mut() {
            let taken = std::mem::replace(item, Spanned::new(0..0, DeValue::Boolean(false)));
            *item = shifted(taken, by);
        }
    }
    Spanned::new(span.start + by..span.end + by, inner)
}
