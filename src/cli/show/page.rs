//! One milestone on a page in the terminal.

use std::fmt::Write;

use chrono::NaiveDate;

use crate::cli::context::Context;
use crate::cli::filter::joined;
use crate::cli::list::record::{settings, standings};
use crate::cli::output;
use crate::cli::show::{Shown, moment, reminders};
use crate::cli::words;
use crate::domain::almanac::Almanac;
use crate::domain::milestones::{Milestone, Setting, Standing, StartRange, Who};
use crate::domain::occurrences::Occurrence;
use crate::store::calendars::PastChange;

/// From how many occurrences on only one is explained step by step.
const FEW: usize = 4;

/// The page, with a blank line between its parts.
pub fn page(context: &Context, almanac: &Almanac, shown: &Shown<'_>, history: &[PastChange]) -> String {
    let today = context.today();
    let Some(main) = main_occurrence(&shown.occurrences, today) else { return String::new() };
    let mut page = Page::new();
    page.heading(main.milestone, if shown.is_one_of_several { main.id.as_str() } else { main.milestone.id.as_str() });
    moment_part(&mut page, main, today, shown);
    scope_part(&mut page, almanac, main, shown);
    guidance_part(&mut page, main.milestone);
    source_part(&mut page, main);
    reminder_part(&mut page, context, main, shown);
    history_part(&mut page, history);
    page.text
}

/// What earlier loads of calendar files changed.
fn history_part(page: &mut Page, history: &[PastChange]) {
    if history.is_empty() {
        return;
    }
    page.blank();
    for past in history {
        let change = &past.change;
        let said = match (change.old_day, change.new_day) {
            (Some(old), Some(new)) => format!("moved from {old} to {new}"),
            (Some(old), None) => format!("withdrawn, was {old}"),
            (None, new) => format!("added{}", new.map(|day| format!(" on {day}")).unwrap_or_default()),
        };
        page.line(&crate::clock::civil_day(past.at).to_string(), &format!("{}: {said}", change.occurrence));
    }
}

/// The next one, else the last one.
fn main_occurrence<'s, 'a>(occurrences: &'s [Occurrence<'a>], today: NaiveDate) -> Option<&'s Occurrence<'a>> {
    occurrences.iter().find(|occurrence| occurrence.last_day >= today).or(occurrences.last())
}

struct Page {
    text: String,
    width: usize,
}

impl Page {
    fn new() -> Self {
        Self { text: String::new(), width: output::width().unwrap_or(100).clamp(40, 110) }
    }

    fn heading(&mut self, milestone: &Milestone, id: &str) {
        let bold = anstyle::Style::new().bold();
        let _ = writeln!(self.text, "{bold}{}{bold:#}\n{id}", milestone.title);
    }

    fn blank(&mut self) {
        self.text.push('\n');
    }

    /// A label, and its value broken between words.
    fn line(&mut self, label: &str, value: &str) {
        let mut label = label;
        for line in wrapped(value, self.width.saturating_sub(14)) {
            let _ = writeln!(self.text, "{label:<14}{line}");
            label = "";
        }
    }
}

fn wrapped(text: &str, width: usize) -> Vec<String> {
    use unicode_width::UnicodeWidthStr;
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        if let Some(line) = lines.last_mut() {
            if line.is_empty() || line.width() + 1 + word.width() <= width {
                line.push_str(if line.is_empty() { "" } else { " " });
                line.push_str(word);
            } else {
                lines.push(word.to_owned());
            }
        }
    }
    lines
}

fn moment_part(page: &mut Page, main: &Occurrence<'_>, today: NaiveDate, shown: &Shown<'_>) {
    page.blank();
    page.line("Written", &format!("{}{}", moment::as_written(&main.milestone.moment), comes_back(main.milestone, shown)));
    let several = shown.occurrences.len() > 1;
    for occurrence in &shown.occurrences {
        if !several || shown.occurrences.len() <= FEW || occurrence == main {
            explain(page, occurrence, today, several);
        }
    }
    if shown.occurrences.len() > FEW {
        let count = shown.occurrences.len();
        page.line("All", &format!("{count} occurrences; each is explained by `deadlines show ID@…`"));
        for occurrence in &shown.occurrences {
            page.line("", &format!("{:<24} {}", words::when(occurrence), suffix(occurrence)));
        }
    }
    if main.milestone.target {
        page.line("Aim", "the document calls this day an aim");
    }
}

/// After how long an own date comes back, as a practice file writes it.
fn comes_back(milestone: &Milestone, shown: &Shown<'_>) -> String {
    let mut dates = shown.practice.into_iter().flat_map(|practice| practice.own.iter());
    let repeats = dates.find(|(_, own)| own.id == milestone.id).and_then(|(date, _)| date.repeats);
    repeats.map(|after| format!(", repeats = \"{after}\"")).unwrap_or_default()
}

fn suffix<'o>(occurrence: &'o Occurrence<'_>) -> &'o str {
    &occurrence.id.as_str()[occurrence.milestone.id.as_str().len()..]
}

fn explain(page: &mut Page, occurrence: &Occurrence<'_>, today: NaiveDate, several: bool) {
    let which = if several { format!("   {}", suffix(occurrence)) } else { String::new() };
    page.line("When", &format!("{}, {}{which}", words::when(occurrence), words::distance(occurrence, today)));
    for (number, step) in occurrence.steps().iter().enumerate() {
        page.line(if number == 0 { "  worked out" } else { "" }, &format!("{}  {}", step.day, step.what));
    }
    if let Some(sentence) = words::free_day(occurrence) {
        page.line("  free day", &sentence);
    }
    if let Some(anchor) = &occurrence.waits_for {
        page.line("  depends on", &format!("{anchor}: a practice can record its own day for it"));
    }
}

fn scope_part(page: &mut Page, almanac: &Almanac, main: &Occurrence<'_>, shown: &Shown<'_>) {
    let (milestone, policy) = (main.milestone, main.policy);
    page.blank();
    if let Some(practice) = shown.practice {
        page.line("Practice", &format!("{} ({})", practice.name, practice.id));
        return;
    }
    let insurer = policy.insurer.as_ref().map_or("every insurer, by law", |insurer| almanac.insurer_name(insurer));
    page.line("Insurer", insurer);
    page.line("Kind", &format!("{} ({}), done by {}", milestone.kind.as_str(), milestone.kind.class().as_str(), milestone.actor.as_str()));
    page.line("Care types", &joined(&main.care_types));
    if !milestone.applies.modules.is_empty() {
        let named = policy.modules_named(&milestone.applies.modules, &main.care_types);
        let modules: Vec<String> = named.iter().map(|module| format!("{} ({})", module.id, module.name)).collect();
        page.line("Modules", &format!("held or wanted: {}", modules.join("; ")));
    }
    if let Some(range) = milestone.applies.start {
        page.line("Start", &start_words(range, milestone.applies.modules.is_empty()));
    }
    page.line("Standing", &all_or(&standings(main).iter().map(|s| s.as_str()).collect::<Vec<_>>(), Standing::ALL.len(), "any"));
    for (standing, means) in policy.standing.iter().filter(|(standing, _)| standings(main).contains(standing)) {
        page.line("", &format!("{}: {means}", standing.as_str()));
    }
    page.line(
        "Setting",
        &all_or(&settings(main).iter().map(|s| s.as_str()).collect::<Vec<_>>(), Setting::ALL.len(), "practice or institution"),
    );
    if !milestone.applies.traits.is_empty() {
        page.line("Traits", &format!("all of: {}", joined(&milestone.applies.traits)));
    }
}

fn all_or(words: &[&str], all: usize, everyone: &str) -> String {
    if words.len() == all { everyone.to_owned() } else { words.join(" or ") }
}

fn start_words(range: StartRange, of_agreement: bool) -> String {
    let what = if of_agreement { "of the agreement" } else { "of the module" };
    match (range.from, range.by) {
        (Some(from), Some(by)) => format!("{what}, from {} to {}", words::day(from), words::day(by)),
        (Some(from), None) => format!("{what}, from {} on", words::day(from)),
        (None, Some(by)) => format!("{what}, not later than {}", words::day(by)),
        (None, None) => format!("{what}, any day"),
    }
}

fn guidance_part(page: &mut Page, milestone: &Milestone) {
    let guidance = &milestone.guidance;
    let who = guidance.who.map(|who| match who {
        Who::Signatory => "the signatory (tekenbevoegde)".to_owned(),
        Who::Anyone => "anyone in the practice".to_owned(),
    });
    let lines = [
        ("Who", who),
        ("Where", guidance.place.clone()),
        ("Do", guidance.action.clone()),
        ("Otherwise", guidance.consequence.clone()),
        ("Note", guidance.note.clone()),
    ];
    if lines.iter().any(|(_, value)| value.is_some()) {
        page.blank();
    }
    for (label, value) in lines {
        if let Some(value) = value {
            page.line(label, &value);
        }
    }
}

fn source_part(page: &mut Page, main: &Occurrence<'_>) {
    let source = &main.policy.source;
    page.blank();
    page.line("Document", &source.document);
    if !main.milestone.section.is_empty() {
        page.line("Section", &main.milestone.section);
    }
    let published = source.published.map(|day| format!("published {}", words::day(day)));
    let checked = source.checked.map(|day| format!("checked {}", words::day(day)));
    let dates: Vec<String> = published.into_iter().chain(checked).collect();
    if !dates.is_empty() {
        page.line("", &dates.join(", "));
    }
}

fn reminder_part(page: &mut Page, context: &Context, main: &Occurrence<'_>, shown: &Shown<'_>) {
    page.blank();
    let reminders = reminders(context, shown, main);
    if reminders.is_empty() {
        page.line("Reminders", "none: no lead is configured for this kind");
        return;
    }
    let which = if shown.occurrences.len() > 1 { format!(", for {}", words::when(main)) } else { String::new() };
    let whose = shown.practice.map_or("each practice that it concerns", |practice| &practice.name);
    page.line("Reminders", &format!("to each contact of {whose}{which}"));
    for (lead, day) in reminders {
        page.line("", &format!("{lead:<3} {}", words::day(day)));
    }
}
