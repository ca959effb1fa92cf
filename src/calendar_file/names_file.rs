//! `insurers.toml` and `care-types.toml`: who and what there is, with the spellings that are understood.

use std::collections::BTreeMap;

use crate::calendar_file::File;
use crate::domain::almanac::{Almanac, CareTypeEntry, Insurer, Label};
use crate::domain::names::{CareType, InsurerId, check_identity, folded};
use crate::domain::own_dates::OWN;
use crate::problems::{Problem, Problems};
use crate::toml_reader::{Table, read_document};

/// Reads both files; a missing one is a problem.
pub fn read(files: &[&File], problems: &mut Problems) -> Almanac {
    let mut almanac = Almanac::default();
    match files.iter().find(|file| file.path == "insurers.toml") {
        Some(file) => almanac.insurers = read_document(file.text(), problems, insurers),
        None => missing("insurers.toml", problems),
    }
    match files.iter().find(|file| file.path == "care-types.toml") {
        Some(file) => almanac.care_types = read_document(file.text(), problems, care_types),
        None => missing("care-types.toml", problems),
    }
    almanac.insurers.sort_by(|a, b| a.id.cmp(&b.id));
    almanac
}

fn missing(name: &str, problems: &mut Problems) {
    let text = crate::problems::text(name, "");
    problems.add(Problem::new(&text, format!("{name} is missing")).hint("copy it from the shipped calendars and change it"));
}

fn insurers(document: &Table<'_, '_>) -> Vec<Insurer> {
    let mut spellings = BTreeMap::new();
    let found = document.tables("insurer").iter().filter_map(|table| insurer(table, &mut spellings)).collect();
    document.finish();
    found
}

fn insurer(table: &Table<'_, '_>, spellings: &mut BTreeMap<String, String>) -> Option<Insurer> {
    let id = identity(table, spellings)?;
    let name = table.required("name").map_or_else(|| id.clone(), |name| name.value);
    let aliases = aliases(table, &id, spellings);
    let labels = table.tables("label").iter().filter_map(label).collect();
    let contact = table.string("contact").map(|text| text.value);
    table.finish();
    Some(Insurer { id: InsurerId::new(id), name, aliases, labels, contact })
}

fn label(table: &Table<'_, '_>) -> Option<Label> {
    let name = table.required("name");
    if !table.has("year") {
        table.missing("year");
    }
    let year = table.number("year");
    let note = table.string("note").map(|text| text.value);
    table.finish();
    Some(Label { name: name?.value, year: i32::try_from(year?.value).ok()?, note })
}

fn care_types(document: &Table<'_, '_>) -> Vec<CareTypeEntry> {
    let mut spellings = BTreeMap::new();
    let found = document.tables("care_type").iter().filter_map(|table| care_type(table, &mut spellings)).collect();
    document.finish();
    found
}

fn care_type(table: &Table<'_, '_>, spellings: &mut BTreeMap<String, String>) -> Option<CareTypeEntry> {
    let id = identity(table, spellings)?;
    let name = table.required("name").map_or_else(|| id.clone(), |name| name.value);
    let aliases = aliases(table, &id, spellings);
    table.finish();
    Some(CareTypeEntry { id: CareType::new(id), name, aliases })
}

fn identity(table: &Table<'_, '_>, spellings: &mut BTreeMap<String, String>) -> Option<String> {
    let id = table.required("id")?;
    if let Err(error) = check_identity(&id.value) {
        table.report(id.span.clone(), format!("`{}` is no identity", id.value), error.to_string());
    }
    if id.value == OWN {
        table.report(id.span.clone(), format!("`{OWN}` stands for practices' own dates"), "give it another id");
    }
    if spellings.insert(folded(&id.value), id.value.clone()).is_some() {
        table.report(id.span, format!("`{}` stands here twice", id.value), "give each its own id");
        return None;
    }
    Some(id.value)
}

/// An alias that means two things would send an operator to the wrong timeline.
fn aliases(table: &Table<'_, '_>, id: &str, spellings: &mut BTreeMap<String, String>) -> Vec<String> {
    let mut aliases = Vec::new();
    for alias in table.strings("aliases") {
        match spellings.get(&folded(&alias.value)) {
            Some(other) if other != id => {
                table.report(alias.span, format!("`{}` is understood as `{other}` already", alias.value), "leave it out here or there");
            }
            _ => {
                spellings.insert(folded(&alias.value), id.to_owned());
                aliases.push(alias.value);
            }
        }
    }
    aliases
}
