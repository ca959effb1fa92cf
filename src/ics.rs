//! Occurrences as a calendar (RFC 5545): all-day events in Dutch, with stable identities and alarms.
//!
//! Only moments are written that a document states: a month stays a month in the summary and stands on its last day.
//!
//! The text is our own: the libraries fold lines one octet too late, stamp alarms, and take longer than all the rest of a mail.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, NaiveTime, Timelike, Utc};

use crate::domain::almanac::Almanac;
use crate::domain::decide::Rules;
use crate::domain::dutch;
use crate::domain::leads::Lead;
use crate::domain::milestones::{Class, Who};
use crate::domain::moments::{Granularity, Precision};
use crate::domain::names::{CareType, OccurrenceId, PracticeId};
use crate::domain::occurrences::Occurrence;
use crate::domain::working_days::{holiday, is_working_day, shift, working_day_on_or_before};

/// How a calendar is written.
#[derive(Debug, Clone, Copy)]
pub struct Style<'a> {
    /// Alarms go off when reminders go out.
    pub rules: &'a Rules,
    /// When the calendar was made.
    pub stamp: DateTime<Utc>,
    /// Rises with each correction of an event.
    pub sequence: u32,
}

/// The calendar as text, lines folded and ended as RFC 5545 asks.
pub fn calendar(almanac: &Almanac, occurrences: &[Occurrence<'_>], style: &Style<'_>) -> String {
    let mut lines = head();
    let mut identities = BTreeSet::new();
    for occurrence in occurrences {
        let identity = identity(occurrence, &mut identities);
        let leads = style.rules.leads_of(occurrence);
        let own = OwnEvent { occurrence, identity: &identity, sequence: style.sequence, state: EventState::On };
        event(&mut lines, almanac, &own, &leads, style);
    }
    lines.end()
}

/// An occurrence as an event of one reader's own calendar.
#[derive(Debug, Clone, Copy)]
pub struct OwnEvent<'o, 'a> {
    /// What.
    pub occurrence: &'o Occurrence<'a>,
    /// The practice's own identity of the event: [`own_identity`].
    pub identity: &'o str,
    /// How often its day has changed. Where two files have the same, readers take the later stamp (RFC 5546, section 2.1.5).
    pub sequence: u32,
    /// Whether it still is.
    pub state: EventState,
}

/// Whether an event still is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventState {
    /// It is.
    On,
    /// It is withdrawn: a reader's calendar shows it as cancelled, or takes it out (RFC 5545, section 3.8.1.11).
    Off,
}

/// The identity of an occurrence in a practice's own calendar (RFC 5545, section 3.8.4.7): never changes, so that a later file updates the event.
///
/// The care type belongs to it because one occurrence can fall on different days for two of a practice's subscriptions.
pub fn own_identity(practice: &PracticeId, occurrence: &OccurrenceId, care_type: &CareType) -> String {
    format!("{occurrence}+{care_type}+{practice}@deadlines")
}

/// The calendar of one practice: the same events with identities and sequences of their own, and without the alarms that `today` is too late for.
pub fn own_calendar(almanac: &Almanac, events: &[OwnEvent<'_, '_>], today: NaiveDate, style: &Style<'_>) -> String {
    let mut lines = head();
    for own in events {
        let kind = own.occurrence.milestone.kind;
        let mut leads = style.rules.leads_of(own.occurrence);
        let is_ahead = |lead: &Lead| style.rules.quiet.due_day(kind.class(), own.occurrence.last_day, *lead) > today;
        leads.retain(|lead| own.state == EventState::On && is_ahead(lead));
        event(&mut lines, almanac, own, &leads, style);
    }
    lines.end()
}

fn head() -> Lines {
    let mut lines = Lines::default();
    lines.add("BEGIN", "VCALENDAR");
    lines.add("VERSION", "2.0");
    lines.add("PRODID", "-//deadlines//Contracteertermijnen//NL");
    lines.add("CALSCALE", "GREGORIAN");
    lines.add("METHOD", "PUBLISH");
    lines.add("NAME", "Contracteertermijnen");
    lines.add("X-WR-CALNAME", "Contracteertermijnen");
    lines
}

/// The occurrence's own identity; where two subscriptions give it different days, the second is told apart by its care types.
fn identity(occurrence: &Occurrence<'_>, taken: &mut BTreeSet<String>) -> String {
    let mut identity = format!("{}@deadlines", occurrence.id);
    if taken.contains(&identity) {
        let care_types: Vec<&str> = occurrence.care_types.iter().map(|care_type| care_type.as_str()).collect();
        identity = format!("{}+{}+{}@deadlines", occurrence.id, care_types.join("+"), occurrence.last_day);
    }
    taken.insert(identity.clone());
    identity
}

fn event(lines: &mut Lines, almanac: &Almanac, own: &OwnEvent<'_, '_>, leads: &[Lead], style: &Style<'_>) {
    let (occurrence, kind) = (own.occurrence, own.occurrence.milestone.kind);
    let summary = summary(almanac, occurrence);
    lines.add("BEGIN", "VEVENT");
    lines.add_text("DESCRIPTION", &description(almanac, occurrence));
    lines.add("DTEND;VALUE=DATE", &shift(occurrence.last_day, 1).format("%Y%m%d").to_string());
    lines.add("DTSTAMP", &style.stamp.format("%Y%m%dT%H%M%SZ").to_string());
    lines.add("DTSTART;VALUE=DATE", &occurrence.last_day.format("%Y%m%d").to_string());
    lines.add("SEQUENCE", &own.sequence.to_string());
    if own.state == EventState::Off {
        lines.add("STATUS", "CANCELLED");
    }
    lines.add_text("SUMMARY", &summary);
    lines.add("TRANSP", "TRANSPARENT");
    lines.add_text("UID", own.identity);
    lines.add("CATEGORIES", &format!("{},{}", kind.as_str(), kind.class().as_str()));
    for lead in leads {
        let day = style.rules.quiet.due_day(kind.class(), occurrence.last_day, *lead);
        lines.add("BEGIN", "VALARM");
        lines.add("ACTION", "DISPLAY");
        lines.add_text("DESCRIPTION", &summary);
        lines.add("TRIGGER", &trigger(occurrence.last_day, day, style.rules.send_from));
        lines.add_text("UID", &format!("{lead}+{}", own.identity));
        lines.add("END", "VALARM");
    }
    lines.add("END", "VEVENT");
}

/// The distance from midnight at the start of the event to the alarm, as a DURATION.
fn trigger(last_day: NaiveDate, day: NaiveDate, time: NaiveTime) -> String {
    let minutes = day.signed_duration_since(last_day).num_minutes() + i64::from(time.hour() * 60 + time.minute());
    let sign = if minutes < 0 { "-" } else { "" };
    let minutes = minutes.abs();
    let (days, hours, minutes) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
    let part = |amount: i64, letter: &str| if amount > 0 { format!("{amount}{letter}") } else { String::new() };
    let clock = match (hours, minutes) {
        (0, 0) if days > 0 => String::new(),
        (0, 0) => "T0S".to_owned(),
        // RFC 5545 allows minutes to be left out, but hours only if the time begins with minutes.
        (hours, minutes) => format!("T{}{}", part(hours, "H"), part(minutes, "M")),
    };
    format!("{sign}P{}{clock}", part(days, "D"))
}

/// The most octets in a line, without its end (RFC 5545, section 3.1).
const LINE_OCTETS: usize = 75;

/// Content lines, ended and folded (RFC 5545, section 3.1).
#[derive(Default)]
struct Lines {
    text: String,
    /// How many octets the line under way has.
    octets: usize,
}

impl Lines {
    /// A value that is no free text.
    fn add(&mut self, name: &str, value: &str) {
        self.begin(name);
        self.put(value);
        self.text.push_str("\r\n");
    }

    /// A TEXT value (section 3.3.11). Control characters have no place in one.
    fn add_text(&mut self, name: &str, value: &str) {
        self.begin(name);
        let mut rest = value;
        while let Some(at) = rest.find(|c: char| matches!(c, '\\' | ',' | ';') || c.is_control()) {
            let (before, after) = rest.split_at(at);
            self.put(before);
            let mut after = after.chars();
            match after.next() {
                Some('\n') => self.put("\\n"),
                Some(c @ ('\\' | ',' | ';')) => self.put(&format!("\\{c}")),
                Some('\t') => self.put("\t"),
                _ => {}
            }
            rest = after.as_str();
        }
        self.put(rest);
        self.text.push_str("\r\n");
    }

    fn begin(&mut self, name: &str) {
        self.octets = 0;
        self.put(name);
        self.put(":");
    }

    /// Breaks a line between characters; each further line begins with a space.
    fn put(&mut self, value: &str) {
        let mut rest = value;
        while self.octets + rest.len() > LINE_OCTETS {
            let (fits, more) = rest.split_at(rest.floor_char_boundary(LINE_OCTETS - self.octets));
            self.text.push_str(fits);
            self.text.push_str("\r\n ");
            (self.octets, rest) = (1, more);
        }
        self.text.push_str(rest);
        self.octets += rest.len();
    }

    fn end(mut self) -> String {
        self.add("END", "VCALENDAR");
        self.text
    }
}

fn summary(almanac: &Almanac, occurrence: &Occurrence<'_>) -> String {
    let title = &occurrence.milestone.title;
    let told = match occurrence.policy.insurer.as_ref() {
        Some(insurer) => format!("{}: {title}", almanac.insurer_name(insurer)),
        None => title.clone(),
    };
    match (occurrence.first_day, occurrence.granularity) {
        (Some(first_day), _) => format!("{told} (van {} tot en met {})", dutch::date(first_day), dutch::date(occurrence.last_day)),
        (None, Granularity::Day) => told,
        (None, granularity) => format!("{told} (in {})", dutch::period(occurrence.last_day, granularity)),
    }
}

fn description(almanac: &Almanac, occurrence: &Occurrence<'_>) -> String {
    let milestone = occurrence.milestone;
    let guidance = &milestone.guidance;
    let who = guidance.who.map(|who| match who {
        Who::Signatory => "de tekenbevoegde volgens het Handelsregister",
        Who::Anyone => "iedereen in de praktijk",
    });
    let lines = [
        Some(when(occurrence)),
        free_day(occurrence),
        (milestone.kind.class() == Class::Advice).then(|| "Advies, door ons uitgerekend; geen termijn uit het beleid.".to_owned()),
        milestone.target.then(|| "Het document noemt deze dag een streven.".to_owned()),
        Some(scope(almanac, occurrence)).filter(|scope| !scope.is_empty()).map(|scope| format!("Voor: {scope}")),
        who.map(|who| format!("Wie: {who}")),
        guidance.place.as_ref().map(|place| format!("Waar: {place}")),
        guidance.action.as_ref().map(|action| format!("Doen: {action}")),
        guidance.consequence.as_ref().map(|consequence| format!("Anders: {consequence}")),
        guidance.note.as_ref().map(|note| format!("Let op: {note}")),
        Some(source(occurrence)),
    ];
    lines.into_iter().flatten().collect::<Vec<_>>().join("\n")
}

fn source(occurrence: &Occurrence<'_>) -> String {
    let (document, section) = (&occurrence.policy.source.document, &occurrence.milestone.section);
    if section.is_empty() { format!("Bron: {document}") } else { format!("Bron: {document}, {section}") }
}

fn when(occurrence: &Occurrence<'_>) -> String {
    let last = dutch::period(occurrence.last_day, occurrence.granularity);
    match (occurrence.first_day, occurrence.granularity, occurrence.precision()) {
        (Some(first_day), ..) => format!("Van {} tot en met {last}", dutch::full_date(first_day)),
        (None, Granularity::Day, Precision::By | Precision::Before) => format!("Uiterlijk {last}"),
        (None, Granularity::Day, Precision::From) => format!("Vanaf {last}"),
        (None, Granularity::Day, _) => format!("Op {last}"),
        (None, _, Precision::From) => format!("Vanaf {last}"),
        (None, ..) => format!("In {last}"),
    }
}

fn free_day(occurrence: &Occurrence<'_>) -> Option<String> {
    let day = occurrence.last_day;
    if occurrence.granularity != Granularity::Day || is_working_day(day) {
        return None;
    }
    let falls_on = holiday(day).map_or(dutch::weekday(day), |holiday| holiday.dutch());
    Some(format!("Valt op {falls_on}; de laatste werkdag ervoor is {}.", dutch::full_date(working_day_on_or_before(day))))
}

fn scope(almanac: &Almanac, occurrence: &Occurrence<'_>) -> String {
    let care_types: Vec<String> = occurrence.care_types.iter().map(|c| almanac.care_type_name(c).to_lowercase()).collect();
    let named = occurrence.policy.modules_named(&occurrence.modules, &occurrence.care_types);
    let modules: BTreeSet<String> = named.into_iter().map(|module| format!("{} {}", module.form.dutch(), module.name)).collect();
    let modules: Vec<String> = modules.into_iter().collect();
    if modules.is_empty() { dutch::list(&care_types) } else { format!("{}; {}", dutch::list(&care_types), dutch::list(&modules)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alarms_count_from_midnight() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let seven = NaiveTime::from_hms_opt(7, 0, 0).unwrap();
        assert_eq!(trigger(day("2023-11-06"), day("2023-11-06"), seven), "PT7H");
        assert_eq!(trigger(day("2023-11-06"), day("2023-10-09"), seven), "-P27DT17H");
        assert_eq!(trigger(day("2023-11-12"), day("2023-11-13"), seven), "P1DT7H");
        assert_eq!(trigger(day("2023-11-06"), day("2023-11-05"), NaiveTime::MIN), "-P1D");
    }

    #[test]
    fn no_line_is_longer_than_75_octets_and_nothing_is_lost() {
        for length in 70..230 {
            let value: String = "één woord ".repeat(30).chars().take(length).collect();
            let mut lines = Lines::default();
            lines.add_text("SUMMARY", &value);
            let folded = lines.text;
            assert!(folded.split("\r\n").all(|line| line.len() <= LINE_OCTETS), "{folded}");
            assert_eq!(folded.replace("\r\n ", ""), format!("SUMMARY:{value}\r\n"));
        }
    }

    #[test]
    fn a_text_is_escaped_and_keeps_no_control_characters() {
        let mut lines = Lines::default();
        lines.add_text("SUMMARY", "a\\b, c; d\r\ne\tf\u{7}");
        assert_eq!(lines.text, "SUMMARY:a\\\\b\\, c\\; d\\ne\tf\r\n");
    }
}
