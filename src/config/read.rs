//! Reading one key into its field. Each of these also notes what the key came to, for `config show` and for the names of environment variables.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::Value;

use crate::config::{durations, secrets};
use crate::toml_reader::Table;
use crate::toml_reader::settings::Shape;

/// A text.
pub fn set(table: &Table<'_, '_>, key: &'static str, field: &mut String) {
    if let Some(given) = table.string(key) {
        *field = given.value;
    }
    table.settle(key, Shape::Text, Some(field.as_str().into()));
}

/// A text that may be left out.
pub fn set_optional(table: &Table<'_, '_>, key: &'static str, field: &mut Option<String>) {
    if let Some(given) = table.string(key) {
        *field = Some(given.value);
    }
    table.settle(key, Shape::Text, field.as_deref().map(Value::from));
}

/// A text that means something, and may be left out. What it says of a text that it refuses is why, and what to write.
pub fn set_parsed<T: Display, E: Display>(
    table: &Table<'_, '_>,
    key: &'static str,
    parse: impl Fn(&str) -> Result<T, (E, &'static str)>,
    field: &mut Option<T>,
) {
    if let Some(given) = table.string(key) {
        match parse(&given.value) {
            Ok(value) => *field = Some(value),
            Err((reason, hint)) => table.report(given.span, format!("`{key}` {reason}"), hint),
        }
    }
    table.settle(key, Shape::Text, field.as_ref().map(|value| value.to_string().into()));
}

/// A path; a relative one counts from `base`.
pub fn set_path(table: &Table<'_, '_>, key: &'static str, base: &Path, field: &mut PathBuf) {
    if let Some(given) = table.string(key) {
        *field = base.join(given.value);
    }
    table.settle(key, Shape::Text, Some(field.display().to_string().into()));
}

/// A path that may be left out.
pub fn set_optional_path(table: &Table<'_, '_>, key: &'static str, base: &Path, field: &mut Option<PathBuf>) {
    if let Some(given) = table.string(key) {
        *field = Some(base.join(given.value));
    }
    table.settle(key, Shape::Text, field.as_ref().map(|path| path.display().to_string().into()));
}

/// Yes or no.
pub fn set_flag(table: &Table<'_, '_>, key: &'static str, field: &mut bool) {
    if let Some(given) = table.boolean(key) {
        *field = given.value;
    }
    table.settle(key, Shape::Toml, Some((*field).into()));
}

/// A whole number within bounds.
pub fn set_number(table: &Table<'_, '_>, key: &'static str, bounds: RangeInclusive<u32>, hint: &str, field: &mut u32) {
    if let Some(number) = number(table, key, &bounds, hint) {
        *field = number;
    }
    table.settle(key, Shape::Toml, Some(i64::from(*field).into()));
}

/// A whole number within bounds that may be left out.
pub fn set_optional_number(table: &Table<'_, '_>, key: &'static str, bounds: RangeInclusive<u32>, hint: &str, field: &mut Option<u32>) {
    *field = number(table, key, &bounds, hint).or(*field);
    table.settle(key, Shape::Toml, field.map(|number| i64::from(number).into()));
}

fn number(table: &Table<'_, '_>, key: &'static str, bounds: &RangeInclusive<u32>, hint: &str) -> Option<u32> {
    let given = table.number(key)?;
    if bounds.contains(&given.value) {
        return Some(given.value);
    }
    let limit = if *bounds.end() == u32::MAX {
        format!("at least {}", bounds.start())
    } else {
        format!("from {} to {}", bounds.start(), bounds.end())
    };
    table.report(given.span, format!("`{key}` must be {limit}"), hint);
    None
}

/// One of a few words.
pub fn set_word<T: Copy + PartialEq>(table: &Table<'_, '_>, key: &'static str, words: &[(&str, T)], field: &mut T) {
    if let Some(given) = table.string(key) {
        match words.iter().find(|(word, _)| *word == given.value) {
            Some((_, value)) => *field = *value,
            None => {
                let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
                table.report(given.span, format!("`{key}` cannot be \"{}\"", given.value), format!("one of {}", known.join(", ")));
            }
        }
    }
    let chosen = words.iter().find(|(_, value)| value == field).map(|(word, _)| (*word).into());
    table.settle(key, Shape::Text, chosen);
}

/// A duration within bounds, as people write it: `30s`, `1h 30m`, `2w`.
pub fn set_duration(table: &Table<'_, '_>, key: &'static str, bounds: RangeInclusive<Duration>, field: &mut Duration) {
    if let Some(given) = table.string(key) {
        match durations::parse(&given.value) {
            Some(value) if bounds.contains(&value) => *field = value,
            Some(_) => {
                let (least, most) = (durations::format(*bounds.start()), durations::format(*bounds.end()));
                table.report(
                    given.span,
                    format!("`{key}` must be from {least} to {most}"),
                    format!("the default is {}", durations::format(*field)),
                );
            }
            None => table.report(
                given.span,
                format!("`{key}` is no duration"),
                "write numbers with s, m, h, d or w: \"30s\", \"2m\", \"1h 30m\", \"2w\"",
            ),
        }
    }
    table.settle(key, Shape::Text, Some(durations::format(*field).into()));
}

/// Refuses what nobody asked for; a secret with a word on where it belongs.
pub fn finish(table: &Table<'_, '_>) {
    secrets::refuse(table);
    table.finish();
}
