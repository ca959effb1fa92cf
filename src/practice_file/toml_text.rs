//! `[[practice]]` tables into drafts.

use crate::domain::practices::Agb;
use crate::practice_file::drafts::{ContactDraft, GroundDraft, ModuleDraft, PracticeDraft, SubscriptionDraft};
use crate::practice_file::{agb_code, toml_tailoring};
use crate::problems::{Problem, Problems, Text};
use crate::toml_reader::{Any, Placed, Table, read_document};

/// Reads the whole file; nothing is given where it is no valid TOML.
pub fn read(text: &Text, problems: &mut Problems) -> Vec<PracticeDraft> {
    let mut syntax_holds = true;
    let drafts = read_document(text, problems, |document| {
        let drafts: Vec<PracticeDraft> = document.tables("practice").iter().map(|table| practice(text, table)).collect();
        document.finish();
        drafts
    });
    for problem in problems.0.iter_mut().filter(|problem| problem.message().starts_with("not valid TOML")) {
        syntax_holds = false;
        explain_bare_agb(text, problem);
    }
    if syntax_holds { drafts } else { Vec::new() }
}

/// `agb = 04000000` is no TOML at all, and the parser cannot know why somebody wrote it.
fn explain_bare_agb(text: &Text, problem: &mut Problem) {
    let Some(place) = problem.place() else { return };
    let before = text.inner().get(..place.start).unwrap_or_default();
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = text.inner().get(line_start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
    let Some((key, value)) = line.split_once('=') else { return };
    let code = value.split('#').next().unwrap_or_default().trim();
    if key.trim() == "agb" && code.bytes().all(|b| b.is_ascii_digit()) {
        *problem = problem.clone().hint(format!("an AGB code is text: write agb = \"{code}\", with quotes"));
    }
}

fn practice(text: &Text, table: &Table<'_, '_>) -> PracticeDraft {
    let draft = PracticeDraft {
        id: table.required("id"),
        name: table.required("name"),
        agb: agb(text, table),
        contacts: contacts(table),
        salutation: table.string("salutation"),
        leads: toml_tailoring::leads(table),
        quiet: toml_tailoring::quiet(table),
        own: toml_tailoring::own_dates(table),
        ground: GroundDraft { basis: table.string("ground"), day: table.day("ground_day"), source: table.string("ground_source") },
        subscriptions: table.tables("subscription").iter().map(subscription).collect(),
        place: table.span(),
    };
    table.finish();
    draft
}

fn agb(text: &Text, table: &Table<'_, '_>) -> Option<Placed<String>> {
    match table.any("agb")? {
        Any::Text(given) => return Some(given.map(str::to_owned)),
        Any::Other(found) => {
            let digits = text.inner().get(found.span.clone()).unwrap_or_default();
            table.report(found.span, format!("`agb` is a TOML {}, not text", found.value), number_hint(digits));
        }
        _ => table.report(table.key_span("agb"), "`agb` is not text", "write eight digits between quotes"),
    }
    None
}

fn number_hint(digits: &str) -> String {
    match (Agb::parse(digits), agb_code::repaired(digits)) {
        (Ok(_), _) => format!("write it between quotes: agb = \"{digits}\""),
        (Err(_), Some(code)) => format!("seven digits: a leading zero was probably lost; write agb = \"{code}\", with quotes"),
        (Err(_), None) => "write eight digits between quotes".to_owned(),
    }
}

fn contacts(table: &Table<'_, '_>) -> Vec<ContactDraft> {
    let tables = table.tables("contacts");
    let names_none = match table.any("contacts") {
        None => true,
        Some(Any::List(_)) => tables.is_empty(),
        Some(_) => false,
    };
    if names_none {
        let hint = "add contacts = [ { email = \"…\" } ]";
        table.report(table.key_span("contacts"), "the practice has no contacts: nobody would get its mail", hint);
    }
    tables.iter().filter_map(contact).collect()
}

fn contact(table: &Table<'_, '_>) -> Option<ContactDraft> {
    let (email, name, role) = (table.required("email"), table.string("name"), table.string("role"));
    let (salutation, wants) = (table.string("salutation"), table.has("wants").then(|| table.strings("wants")));
    table.finish();
    Some(ContactDraft { email: email?, name, role, salutation, wants })
}

fn subscription(table: &Table<'_, '_>) -> SubscriptionDraft {
    let draft = SubscriptionDraft {
        insurer: table.required("insurer"),
        care_type: table.required("care_type"),
        standing: table.string("standing"),
        start: table.day("start"),
        modules: table.tables("modules").iter().filter_map(module).collect(),
        setting: table.string("setting"),
        traits: table.strings("traits"),
        end: table.day("end"),
        since: table.day("since"),
    };
    table.finish();
    draft
}

fn module(table: &Table<'_, '_>) -> Option<ModuleDraft> {
    let (id, start) = (table.required("id"), table.day("start"));
    table.finish();
    Some(ModuleDraft { id: id?, start })
}
