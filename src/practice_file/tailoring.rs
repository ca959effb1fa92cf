//! Drafts of what a practice asks for itself, into the domain: wishes, salutations, quiet days, dates of its own.

use std::collections::{BTreeSet, HashMap};

use crate::domain::milestones::{Class, Kind};
use crate::domain::names::{PracticeId, check_identity};
use crate::domain::own_dates::{OwnDate, OwnDates, Repeat};
use crate::domain::quiet::{LONGEST_QUIET_DAYS, Quiet, Stretch, WEEKDAYS, parse_weekday};
use crate::domain::routing::Want;
use crate::practice_file::drafts::{OwnDraft, QuietDraft};
use crate::practice_file::practices::{Desk, display_name};
use crate::toml_reader::Placed;

/// What a contact wants to hear of.
pub fn wants(desk: &mut Desk<'_>, given: Option<&Vec<Placed<String>>>, place: &std::ops::Range<usize>) -> BTreeSet<Want> {
    let Some(given) = given else { return BTreeSet::new() };
    if given.is_empty() {
        desk.report(place.clone(), "`wants` names nothing", "leave it out for a contact that wants everything");
    }
    given.iter().filter_map(|word| want(desk, word)).collect()
}

fn want(desk: &mut Desk<'_>, given: &Placed<String>) -> Option<Want> {
    let want = Want::parse(given.value.trim());
    if want.is_none() {
        let words = || Class::ALL.iter().map(|class| class.as_str()).chain(Kind::ALL.iter().map(|kind| kind.as_str()));
        let near = words().map(|word| (strsim::jaro_winkler(word, &given.value), word)).max_by(|a, b| a.0.total_cmp(&b.0));
        let near = near.filter(|(likeness, _)| *likeness > 0.8).map(|(_, word)| format!("did you mean `{word}`? ")).unwrap_or_default();
        let classes = Class::ALL.map(Class::as_str).join(", ");
        desk.report(given.span.clone(), format!("`{}` is nothing to want", given.value), format!("{near}a class ({classes}) or a kind"));
    }
    want
}

/// How a mail begins: one line, without the comma that comes after it.
pub fn salutation(desk: &mut Desk<'_>, given: &Placed<String>) -> Option<String> {
    let line = display_name(desk, given)?;
    let line = line.trim_end_matches(',').trim_end();
    (!line.is_empty()).then(|| line.to_owned())
}

/// Quiet days; too many of them on end are refused.
pub fn quiet(desk: &mut Desk<'_>, draft: &QuietDraft) -> Quiet {
    let mut quiet = Quiet::default();
    for (from, to) in &draft.stretches {
        if from.value > to.value {
            desk.report(
                to.span.clone(),
                format!("it ends on {}, before it begins on {}", to.value, from.value),
                "the last day comes second",
            );
        } else {
            quiet.stretches.insert(Stretch { from: from.value, to: to.value });
        }
    }
    for weekday in &draft.weekdays {
        match parse_weekday(weekday.value.trim()) {
            Some(number) => drop(quiet.weekdays.insert(number)),
            None => {
                let known = WEEKDAYS.map(|(word, _)| word).join(", ");
                let hint = format!("one of {known}; no mail goes out in weekends anyway");
                desk.report(weekday.span.clone(), format!("`{}` is no working day", weekday.value), hint);
            }
        }
    }
    too_long(desk, draft, &quiet);
    quiet
}

fn too_long(desk: &mut Desk<'_>, draft: &QuietDraft, quiet: &Quiet) {
    let some_day = chrono::NaiveDate::from_ymd_opt(2024, 6, 3).unwrap_or_default();
    let Some(from) = quiet.too_long(some_day) else { return };
    let stretch = draft.stretches.iter().find(|(first, _)| first.value == from).map(|(first, _)| first.span.clone());
    let place = stretch.or_else(|| draft.weekdays.first().map(|weekday| weekday.span.clone())).unwrap_or_default();
    let message = format!("more than {LONGEST_QUIET_DAYS} days on end without a day for mail");
    desk.report(place, message, "leave a working day between: what comes up meanwhile could be said on none");
}

/// Dates of a practice's own.
pub fn own_dates(desk: &mut Desk<'_>, practice: &PracticeId, drafts: &[OwnDraft]) -> OwnDates {
    let mut known = HashMap::new();
    let mut dates = Vec::new();
    for draft in drafts {
        let Some(date) = own_date(desk, draft) else { continue };
        if let Some(first) = known.insert(date.id.clone(), draft.id.span.clone()) {
            let message = format!("the own date `{}` stands on line {} already", date.id, desk.line_of(&first));
            desk.report(draft.id.span.clone(), message, "give each its own id");
            continue;
        }
        dates.push(date);
    }
    OwnDates::new(practice, dates)
}

fn own_date(desk: &mut Desk<'_>, draft: &OwnDraft) -> Option<OwnDate> {
    let id = draft.id.value.trim();
    if let Err(error) = check_identity(id) {
        desk.report(draft.id.span.clone(), format!("`{id}` is no id"), error.to_string());
        return None;
    }
    let title = display_name(desk, &draft.title)?;
    let note = draft.note.as_ref().and_then(|note| display_name(desk, note));
    let repeats = draft.repeats.as_ref().and_then(|given| {
        let repeat = Repeat::parse(&given.value);
        if repeat.is_none() {
            let hint = "write months or years: \"3m\", \"1y\", \"5y\"; at most fifty years";
            desk.report(given.span.clone(), format!("\"{}\" is no repetition", given.value), hint);
        }
        repeat
    });
    Some(OwnDate { id: id.to_owned(), title, due: draft.due, repeats, leads: draft.leads.clone(), note, since: None })
}
