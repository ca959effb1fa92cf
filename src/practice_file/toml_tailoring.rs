//! What a practice asks for itself, in TOML: lead times, quiet days, dates of its own.

use crate::domain::leads::{Lead, LeadPlace, OwnLeads};
use crate::domain::milestones::Kind;
use crate::domain::own_dates::Due;
use crate::practice_file::drafts::{OwnDraft, QuietDraft};
use crate::toml_reader::{Placed, Table};

/// `[practice.leads]`, with `also` and `instead` like the operator's.
pub fn leads(practice: &Table<'_, '_>) -> OwnLeads {
    let mut own = OwnLeads::default();
    let Some(table) = practice.table("leads") else { return own };
    for (place, word) in LeadPlace::OF_CLASSES {
        place_of(&table, word, place, &mut own);
    }
    for (word, of) in [("also", LeadPlace::Also as fn(Kind) -> LeadPlace), ("instead", LeadPlace::Instead)] {
        let Some(kinds) = table.table(word) else { continue };
        for kind in Kind::ALL {
            place_of(&kinds, kind.as_str(), of(*kind), &mut own);
        }
        kinds.finish();
    }
    table.finish();
    own
}

fn place_of(table: &Table<'_, '_>, key: &'static str, place: LeadPlace, own: &mut OwnLeads) {
    let Some(list) = lead_list(table, key) else { return };
    if list.is_empty() && !place.may_be_empty() {
        table.report(table.key_span(key), format!("`{key}` would be without any reminder"), "give at least one lead time, or leave it out");
    } else {
        own.0.insert(place, list);
    }
}

fn lead_list(table: &Table<'_, '_>, key: &'static str) -> Option<Vec<Lead>> {
    if !table.has(key) {
        return None;
    }
    let read = |given: Placed<String>| {
        let lead = Lead::parse(&given.value);
        if lead.is_none() {
            let message = format!("\"{}\" is no lead time", given.value);
            table.report(given.span, message, "write days or weeks: \"2d\", \"4w\", \"0d\"; at most two years");
        }
        lead
    };
    Some(table.strings(key).into_iter().filter_map(read).collect())
}

/// `quiet = [ { from = 2026-07-20, to = 2026-08-09 }, { weekday = "friday" } ]`; without `to` one day.
pub fn quiet(practice: &Table<'_, '_>) -> QuietDraft {
    let mut draft = QuietDraft::default();
    for table in practice.tables("quiet") {
        let (from, to, weekday) = (table.day("from"), table.day("to"), table.string("weekday"));
        match (from, weekday) {
            (Some(from), None) => {
                let to = to.unwrap_or_else(|| from.clone());
                draft.stretches.push((from, to));
            }
            (None, Some(weekday)) if to.is_none() => draft.weekdays.push(weekday),
            _ if table.has("from") && !table.has("weekday") => {}
            _ => table.report(
                table.span(),
                "what is quiet is not clear",
                "write { from = 2026-07-20, to = 2026-08-09 } or { weekday = \"friday\" }",
            ),
        }
        table.finish();
    }
    draft
}

/// `[[practice.own]]`.
pub fn own_dates(practice: &Table<'_, '_>) -> Vec<OwnDraft> {
    practice.tables("own").iter().filter_map(own_date).collect()
}

fn own_date(table: &Table<'_, '_>) -> Option<OwnDraft> {
    let (id, title) = (table.required("id"), table.required("title"));
    let due = match (table.day("by"), table.day("on")) {
        (Some(by), None) => Some(Due::By(by.value)),
        (None, Some(on)) => Some(Due::On(on.value)),
        (Some(_), Some(on)) => {
            table.report(on.span, "both `by` and `on`", "`by`: that day still counts; `on`: it happens that day; leave one out");
            None
        }
        (None, None) => {
            if !table.has("by") && !table.has("on") {
                table.missing("by");
            }
            None
        }
    };
    let (repeats, leads, note) = (table.string("repeats"), lead_list(table, "leads"), table.string("note"));
    if leads.as_ref().is_some_and(Vec::is_empty) {
        table.report(table.key_span("leads"), "`leads` would be without any reminder", "give at least one lead time, or leave it out");
    }
    table.finish();
    Some(OwnDraft { id: id?, title: title?, due: due?, repeats, leads, note })
}
