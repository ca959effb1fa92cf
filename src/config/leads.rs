//! `[leads]`: how long before.

use toml::Value;

use crate::config::read::{finish, set_parsed};
use crate::domain::leads::{Lead, Leads};
use crate::domain::milestones::Kind;
use crate::toml_reader::Table;
use crate::toml_reader::settings::Shape;

pub(in crate::config) fn read(table: &Table<'_, '_>, leads: &mut Leads) {
    let classes: [(&'static str, &mut Vec<Lead>); 7] = [
        ("deadline", &mut leads.deadline),
        ("event", &mut leads.event),
        ("duty_month", &mut leads.duty_month),
        ("duty_quarter", &mut leads.duty_quarter),
        ("duty_year", &mut leads.duty_year),
        ("term", &mut leads.term),
        ("advice", &mut leads.advice),
    ];
    for (key, field) in classes {
        if let Some(list) = lead_list(table, key) {
            *field = list;
        }
        settle(table, key, Some(field));
    }
    for (key, field) in [("also", &mut leads.also), ("instead", &mut leads.instead)] {
        let inner = table.section(key);
        for kind in Kind::ALL {
            field.extend(lead_list(&inner, kind.as_str()).map(|list| (*kind, list)));
            settle(&inner, kind.as_str(), field.get(kind));
        }
        finish(&inner);
    }
    let mut escalation = Some(leads.escalation);
    let parse = |text: &str| Lead::parse(text).ok_or(("is no lead time", "write days or weeks: \"2d\", \"1w\""));
    set_parsed(table, "escalation", parse, &mut escalation);
    leads.escalation = escalation.unwrap_or(leads.escalation);
    finish(table);
}

fn settle(table: &Table<'_, '_>, key: &'static str, leads: Option<&Vec<Lead>>) {
    let texts = |leads: &Vec<Lead>| Value::Array(leads.iter().map(|lead| lead.to_string().into()).collect());
    table.settle(key, Shape::Toml, leads.map(texts));
}

fn lead_list(table: &Table<'_, '_>, key: &'static str) -> Option<Vec<Lead>> {
    // Asked for even where it is not there, so that it is known.
    let given = table.strings(key);
    if !table.has(key) {
        return None;
    }
    let mut list = Vec::new();
    for lead in given {
        match Lead::parse(&lead.value) {
            Some(lead) => list.push(lead),
            None => table.report(
                lead.span,
                format!("\"{}\" is no lead time", lead.value),
                "write days or weeks: \"2d\", \"4w\", \"0d\"; at most two years",
            ),
        }
    }
    Some(list)
}
