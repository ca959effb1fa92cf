//! One `[[milestone]]` of a calendar file.

use std::ops::Range;

use crate::calendar_file::moment_value;
use crate::domain::milestones::{Actor, Applies, Guidance, Kind, Milestone, Setting, Standing, StartRange, TRAITS, Who};
use crate::domain::names::{CareType, MilestoneId, ModuleId, PolicyId, check_identity};
use crate::toml_reader::{Placed, Table};

/// Where the parts of a milestone stand, for problems that show only later.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// The identity.
    pub id: Range<usize>,
    /// The key of its moment.
    pub moment: Range<usize>,
    /// The title.
    pub title: Range<usize>,
    /// The module names under `applies`.
    pub modules: Vec<Range<usize>>,
    /// The care types under `applies`.
    pub care_types: Vec<Range<usize>>,
    /// Where, action, consequence and note, as far as they are there.
    pub guidance: [Option<Range<usize>>; 4],
}

impl Places {
    /// All of them.
    pub fn all_mut(&mut self) -> impl Iterator<Item = &mut Range<usize>> {
        let Self { id, moment, title, modules, care_types, guidance } = self;
        [id, moment, title].into_iter().chain(modules).chain(care_types).chain(guidance.iter_mut().flatten())
    }
}

/// Reads a milestone; `None` when too little of it can be understood.
pub fn read(policy: &PolicyId, table: &Table<'_, '_>) -> Option<(Milestone, Places)> {
    let id = identity(table);
    let kind = kind(table);
    let title = table.required("title");
    let moment = moment_value::moment(table);
    let actor = word(table, "actor", Actor::parse, "provider, insurer, third-party");
    let mut places = Places::default();
    let guidance = guidance(table, &mut places);
    let applies = table.table("applies").map(|inner| applies(&inner, &mut places)).unwrap_or_default();
    let target = table.boolean("target").is_some_and(|flag| flag.value);
    let section = table.required("section");
    table.finish();
    let (id, title, (moment, moment_place), kind) = (id?, title?, moment?, kind?);
    places.id = id.span;
    places.title = title.span;
    places.moment = moment_place;
    let milestone = Milestone {
        id: MilestoneId::within(policy, id.value),
        kind,
        title: title.value,
        moment,
        actor: actor.unwrap_or_else(|| Actor::usual_for(kind.class())),
        guidance,
        applies,
        target,
        section: section?.value,
    };
    Some((milestone, places))
}

fn identity<'t>(table: &Table<'t, '_>) -> Option<Placed<&'t str>> {
    let id = table.required_text("id")?;
    if let Err(error) = check_identity(id.value) {
        table.report(id.span.clone(), format!("`{}` is no identity", id.value), error.to_string());
    }
    if matches!(id.value, "agreement-start" | "agreement-end" | "module-start") {
        table.report(id.span.clone(), format!("`{}` is an anchor of its own", id.value), "choose another id");
    }
    let year =
        |part: &str| part.len() == 4 && (part.starts_with("19") || part.starts_with("20")) && part.bytes().all(|b| b.is_ascii_digit());
    if id.value.split('-').any(year) {
        table.report(
            id.span.clone(),
            format!("`{}` contains a year", id.value),
            "an id stays when the date moves, so it never contains one",
        );
    }
    Some(id)
}

fn kind(table: &Table<'_, '_>) -> Option<Kind> {
    let kind = table.required_text("kind")?;
    let known = Kind::parse(kind.value);
    if known.is_none() {
        let near = Kind::ALL.iter().map(|k| (strsim::jaro_winkler(k.as_str(), kind.value), k.as_str())).max_by(|a, b| a.0.total_cmp(&b.0));
        let hint = near.map_or(String::new(), |(_, near)| format!("the nearest known kind is `{near}`"));
        table.report(kind.span, format!("unknown kind `{}`", kind.value), hint);
    }
    known
}

fn word<T>(table: &Table<'_, '_>, key: &'static str, parse: impl Fn(&str) -> Option<T>, known: &str) -> Option<T> {
    let given = table.text(key)?;
    let value = parse(given.value);
    if value.is_none() {
        table.report(given.span, format!("unknown `{key}`: {}", given.value), format!("one of {known}"));
    }
    value
}

fn words<T>(table: &Table<'_, '_>, key: &'static str, parse: impl Fn(&str) -> Option<T>, known: &str) -> Vec<T> {
    let mut values = Vec::new();
    for given in table.strings(key) {
        match parse(&given.value) {
            Some(value) => values.push(value),
            None => table.report(given.span, format!("unknown `{key}`: {}", given.value), format!("any of {known}")),
        }
    }
    values
}

fn guidance(table: &Table<'_, '_>, places: &mut Places) -> Guidance {
    let who = word(table, "who", Who::parse, "signatory, anyone");
    let texts = ["where", "action", "consequence", "note"].map(|key| table.string(key));
    places.guidance = texts.each_ref().map(|text| text.as_ref().map(|text| text.span.clone()));
    let [place, action, consequence, note] = texts.map(|text| text.map(|text| text.value));
    Guidance { who, place, action, consequence, note }
}

fn applies(table: &Table<'_, '_>, places: &mut Places) -> Applies {
    let care_types = table.strings("care_types");
    let modules = table.strings("modules");
    let standing = words(table, "standing", Standing::parse, "contracted, uncontracted, new");
    let setting = words(table, "setting", Setting::parse, "practice, institution");
    let traits = words(table, "traits", |text| TRAITS.contains(&text).then(|| text.to_owned()), &TRAITS.join(", "));
    let start = table.table("start").map(|inner| start_range(&inner));
    table.finish();
    places.care_types = care_types.iter().map(|placed| placed.span.clone()).collect();
    places.modules = modules.iter().map(|placed| placed.span.clone()).collect();
    Applies {
        care_types: care_types.into_iter().map(|placed| CareType::new(placed.value)).collect(),
        modules: modules.into_iter().map(|placed| ModuleId::new(placed.value)).collect(),
        standing,
        setting,
        traits,
        start,
    }
}

fn start_range(table: &Table<'_, '_>) -> StartRange {
    let range = StartRange { from: table.day("from").map(|day| day.value), by: table.day("by").map(|day| day.value) };
    table.finish();
    match range {
        StartRange { from: None, by: None } => table.report(table.span(), "`start` holds no condition", "give `from`, `by` or both"),
        StartRange { from: Some(from), by: Some(by) } if from > by => table.report(table.span(), "`from` lies after `by`", "swap them"),
        _ => {}
    }
    range
}
