//! A policy file: header, agreements, modules, milestones and examples.

mod lots;

use std::ops::Range;

use chrono::NaiveDate;

use crate::calendar_file::milestone_table::{self, Places};
use crate::calendar_file::{File, generated};
use crate::domain::almanac::Almanac;
use crate::domain::milestones::{Milestone, Setting, Standing, TRAITS};
use crate::domain::names::{CareType, InsurerId, ModuleId, PolicyId, check_identity};
use crate::domain::policies::{Agreement, Example, ExampleScope, Form, Module, Policy, Source, Starts, Term};
use crate::domain::recurrence::Rule;
use crate::problems::{Problem, Problems, Text};
use crate::toml_reader::{Any, Placed, Table, read_document};

/// A policy with the places of its parts, for the checks that look at the whole.
#[derive(Debug, Clone)]
pub struct Sheet {
    /// The policy.
    pub policy: Policy,
    /// The text that it was read from.
    pub text: Text,
    /// For each milestone that the file writes out, where its parts stand.
    pub milestones: Vec<Places>,
    /// For each agreement.
    pub agreements: Vec<Range<usize>>,
    /// For each module.
    pub modules: Vec<Range<usize>>,
    /// For each example.
    pub examples: Vec<Range<usize>>,
}

/// Reads one policy file against the names that are known.
pub fn read(file: &File, names: &Almanac, problems: &mut Problems) -> Option<Sheet> {
    lots::read(file, names).or_else(|| whole(file, names, problems))
}

fn whole(file: &File, names: &Almanac, problems: &mut Problems) -> Option<Sheet> {
    let errors_before = problems.errors().count();
    let sheet = read_document(file.text(), problems, |document| {
        let head = head(file, names, document);
        let parts = parts(file, names, document);
        document.finish();
        Some(sheet(file, names, head?, parts))
    });
    if problems.errors().count() > errors_before { None } else { sheet }
}

/// What a file says once.
struct Head {
    insurer: Option<InsurerId>,
    title: String,
    care_types: Vec<CareType>,
    source: Source,
    standing: Vec<(Standing, String)>,
}

/// What a file says again and again, and beside each kind the places.
#[derive(Default)]
struct Parts {
    agreements: (Vec<Agreement>, Vec<Range<usize>>),
    modules: (Vec<Module>, Vec<Range<usize>>),
    milestones: (Vec<Milestone>, Vec<Places>),
    examples: (Vec<Example>, Vec<Range<usize>>),
}

fn head(file: &File, names: &Almanac, document: &Table<'_, '_>) -> Option<Head> {
    check_path(file, document);
    let insurer = insurer(file, names, document);
    let title = document.required("title");
    let care_types = policy_care_types(names, document, insurer.is_some());
    let source = source(document);
    let standing = standing(document);
    Some(Head { insurer, title: title?.value, care_types, source: source?, standing })
}

fn parts(file: &File, names: &Almanac, document: &Table<'_, '_>) -> Parts {
    let id = PolicyId::new(file.policy_id());
    Parts {
        agreements: document.tables("agreement").iter().filter_map(|table| agreement(table, names)).unzip(),
        modules: document.tables("module").iter().filter_map(module).unzip(),
        milestones: document.tables("milestone").iter().filter_map(|table| milestone_table::read(&id, table)).unzip(),
        examples: document.tables("example").iter().filter_map(example).unzip(),
    }
}

fn sheet(file: &File, names: &Almanac, head: Head, parts: Parts) -> Sheet {
    let id = PolicyId::new(file.policy_id());
    let Head { insurer, title, care_types, source, standing } = head;
    let (agreements, agreement_places) = parts.agreements;
    let (modules, module_places) = parts.modules;
    let (mut milestones, places) = parts.milestones;
    let (examples, example_places) = parts.examples;
    milestones.extend(generated::milestones(&id, &agreements, &modules, names));
    let policy = Policy { id, insurer, title, care_types, source, standing, agreements, modules, milestones, examples };
    Sheet {
        policy,
        text: file.text().clone(),
        milestones: places,
        agreements: agreement_places,
        modules: module_places,
        examples: example_places,
    }
}

/// A policy's identity is its path, so the path must be one.
fn check_path(file: &File, document: &Table<'_, '_>) {
    for part in file.policy_id().split('/') {
        if let Err(error) = check_identity(part) {
            document.report(0..0, format!("the file name part `{part}` is no identity"), error.to_string());
        }
    }
}

fn insurer(file: &File, names: &Almanac, document: &Table<'_, '_>) -> Option<InsurerId> {
    let Some(folder) = file.folder() else {
        if document.has("insurer") {
            document.report(
                document.key_span("insurer"),
                "a file outside an insurer's folder holds what is statutory",
                "move it to calendars/<insurer>/",
            );
        }
        return None;
    };
    let given = document.required("insurer")?;
    if names.insurer(&InsurerId::new(given.value.as_str())).is_none() {
        let known: Vec<&str> = names.insurers.iter().map(|insurer| insurer.id.as_str()).collect();
        document.report(
            given.span.clone(),
            format!("insurer `{}` does not stand in insurers.toml", given.value),
            format!("known: {}", known.join(", ")),
        );
    }
    if given.value != folder {
        document.report(given.span, format!("the file lies in the folder of `{folder}`"), "an insurer's files lie in its own folder");
    }
    Some(InsurerId::new(given.value))
}

fn policy_care_types(names: &Almanac, document: &Table<'_, '_>, needed: bool) -> Vec<CareType> {
    let given = document.strings("care_types");
    if needed && given.is_empty() {
        document.missing("care_types");
    }
    if !needed {
        return names.care_types.iter().map(|entry| entry.id.clone()).collect();
    }
    given.into_iter().filter_map(|placed| known_care_type(names, document, placed)).collect()
}

fn known_care_type(names: &Almanac, table: &Table<'_, '_>, given: Placed<String>) -> Option<CareType> {
    let care_type = CareType::new(given.value.as_str());
    if names.care_types.iter().any(|entry| entry.id == care_type) {
        return Some(care_type);
    }
    let known: Vec<&str> = names.care_types.iter().map(|entry| entry.id.as_str()).collect();
    table.report(
        given.span,
        format!("care type `{}` does not stand in care-types.toml", given.value),
        format!("known: {}", known.join(", ")),
    );
    None
}

fn source(document: &Table<'_, '_>) -> Option<Source> {
    let Some(table) = document.table("source") else {
        if !document.has("source") {
            document.report(document.span(), "`[source]` is missing", "name the document: [source] document = \"…\"");
        }
        return None;
    };
    let title = table.required("document");
    let [published, checked] = ["published", "checked"].map(|key| table.day(key).map(|day| day.value));
    table.finish();
    Some(Source { document: title?.value, published, checked })
}

fn standing(document: &Table<'_, '_>) -> Vec<(Standing, String)> {
    let Some(table) = document.table("standing") else { return Vec::new() };
    let meaning = |key: &'static str, standing| table.string(key).map(|text| (standing, text.value));
    let meanings =
        [meaning("contracted", Standing::Contracted), meaning("uncontracted", Standing::Uncontracted), meaning("new", Standing::New)];
    table.finish();
    meanings.into_iter().flatten().collect()
}

fn agreement(table: &Table<'_, '_>, names: &Almanac) -> Option<(Agreement, Range<usize>)> {
    let id = part_identity(table);
    let name = table.string("name");
    let care_types: Vec<CareType> = part_care_types(table);
    let setting = table.string("setting").and_then(|word| known_setting(table, word));
    let term = term(table);
    let starts = starts(table);
    let section = table.required("section");
    let note = table.string("note").map(|text| text.value);
    table.finish();
    let id = id?;
    let named: Vec<String> = care_types.iter().map(|care_type| names.care_type_name(care_type).to_lowercase()).collect();
    let name = name.map_or_else(|| format!("Overeenkomst {}", crate::domain::dutch::list(&named)), |name| name.value);
    let agreement =
        Agreement { id: id.value, name, care_types, setting, term: term?, starts: starts?.days(), section: section?.value, note };
    Some((agreement, id.span))
}

fn part_identity(table: &Table<'_, '_>) -> Option<Placed<String>> {
    let id = table.required("id")?;
    if let Err(error) = check_identity(&id.value) {
        table.report(id.span.clone(), format!("`{}` is no identity", id.value), error.to_string());
    }
    Some(id)
}

fn part_care_types(table: &Table<'_, '_>) -> Vec<CareType> {
    let given = table.strings("care_types");
    if given.is_empty() {
        table.missing("care_types");
    }
    given.into_iter().map(|placed| CareType::new(placed.value)).collect()
}

fn known_setting(table: &Table<'_, '_>, word: Placed<String>) -> Option<Setting> {
    let setting = Setting::parse(&word.value);
    if setting.is_none() {
        table.report(word.span, format!("unknown setting `{}`", word.value), "practice or institution");
    }
    setting
}

fn term(table: &Table<'_, '_>) -> Option<Term> {
    let Some(inner) = table.table("term") else {
        if !table.has("term") {
            table.missing("term");
        }
        return None;
    };
    let (first, last) = (required_day(&inner, "first"), required_day(&inner, "last"));
    inner.finish();
    let (first, last) = (first?, last?);
    if last < first {
        inner.report(inner.span(), "the term ends before it begins", "swap `first` and `last`");
    }
    Some(Term { first, last })
}

fn required_day(table: &Table<'_, '_>, key: &'static str) -> Option<NaiveDate> {
    if !table.has(key) {
        table.missing(key);
    }
    table.day(key).map(|day| day.value)
}

fn starts(table: &Table<'_, '_>) -> Option<Starts> {
    if !table.has("starts") {
        table.missing("starts");
        return None;
    }
    match table.any("starts")? {
        Any::Table(inner) => starts_rule(&inner),
        Any::List(span) => {
            let days: Vec<NaiveDate> = table.days("starts").into_iter().map(|day| day.value).collect();
            if days.is_empty() {
                table.report(span, "`starts` names no day", "list the days on which it can start");
            }
            Some(Starts::Days(days))
        }
        _ => {
            table.report(
                table.key_span("starts"),
                "`starts` is no list of days and no recurrence",
                "write [2026-01-01] or { every = …, first = …, last = … }",
            );
            None
        }
    }
}

fn starts_rule(table: &Table<'_, '_>) -> Option<Starts> {
    let every = table.required("every");
    let (first, last) = (required_day(table, "first"), required_day(table, "last"));
    table.finish();
    let every = every?;
    match Rule::parse(&every.value) {
        Ok(rule) => Some(Starts::Every { rule, first: first?, last: last? }),
        Err(error) => {
            table.report(every.span, error.to_string(), error.hint());
            None
        }
    }
}

fn module(table: &Table<'_, '_>) -> Option<(Module, Range<usize>)> {
    let id = part_identity(table);
    let name = table.required("name");
    let care_types = part_care_types(table);
    let form = table.required("form").and_then(|word| {
        let form = Form::ALL.into_iter().find(|form| form.as_str() == word.value);
        if form.is_none() {
            table.report(word.span, format!("unknown form `{}`", word.value), "one of module, addendum, agreement, tariff-group");
        }
        form
    });
    let setting = table.string("setting").and_then(|word| known_setting(table, word));
    let starts = starts(table);
    let section = table.required("section");
    let note = table.string("note").map(|text| text.value);
    table.finish();
    let id = id?;
    let module = Module {
        id: ModuleId::new(id.value),
        name: name?.value,
        care_types,
        form: form?,
        setting,
        starts: starts?.days(),
        section: section?.value,
        note,
    };
    Some((module, id.span))
}

fn example(table: &Table<'_, '_>) -> Option<(Example, Range<usize>)> {
    let on = required_day(table, "on");
    if !table.has("milestones") {
        table.missing("milestones");
    }
    let milestones = table.strings("milestones").into_iter().map(|placed| placed.value).collect();
    let scope = ExampleScope {
        care_type: table.string("care_type").map(|placed| CareType::new(placed.value)),
        modules: table.strings("modules").into_iter().map(|placed| ModuleId::new(placed.value)).collect(),
        standing: table.string("standing").and_then(|word| Standing::parse(&word.value)),
        setting: table.string("setting").and_then(|word| known_setting(table, word)),
        start: table.day("start").map(|day| day.value),
        module_start: table.day("module_start").map(|day| day.value),
        traits: table.strings("traits").into_iter().filter(|word| TRAITS.contains(&word.value.as_str())).map(|word| word.value).collect(),
    };
    table.finish();
    Some((Example { on: on?, milestones, scope }, table.span()))
}

/// A problem in a sheet at a place.
pub fn problem(sheet: &Sheet, place: Range<usize>, message: impl Into<String>, hint: impl Into<String>) -> Problem {
    Problem::new(&sheet.text, message).at(place).hint(hint)
}
