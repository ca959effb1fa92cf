//! What the templates of overviews get.

use chrono::NaiveDate;
use serde::Serialize;

use crate::domain::almanac::Almanac;
use crate::domain::coverage::coming_year;
use crate::domain::digest::Item;
use crate::domain::dutch;
use crate::domain::milestones::Class;
use crate::domain::moments::{Granularity, Period};
use crate::domain::overview::{self, Occasion};
use crate::domain::working_days::shift;
use crate::mail::compose::Sender;
use crate::mail::compose::address::clean;
use crate::mail::compose::answer::Unsubscribe;
use crate::mail::compose::facts::{look_yourself, term};
use crate::mail::compose::headline::Headline;
use crate::mail::compose::message::CALENDAR_FILE;
use crate::mail::compose::overview::Overview;
use crate::mail::compose::overview::how::{RhythmView, rhythm};
use crate::mail::compose::overview::unknowns::{PartyView, subscription, unknowns};
use crate::mail::compose::view::{UnsubscribeView, party_in_full, salutation};
use crate::mail::compose::when::{brief, rest_day_warning, short_date};

/// The values of the welcome and of the season overview.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OverviewView {
    /// `Beste Marieke,`; only where the practice asked for one.
    pub salutation: Option<String>,
    /// The name of the practice.
    pub practice: String,
    /// The address that it goes to.
    pub email: String,
    /// `maandag 30 oktober 2023`.
    pub today: String,
    /// The last day that it looks at, `29 oktober 2024`.
    pub until: String,
    /// The contract year that the season is about, `2024`.
    pub year: i32,
    /// `spring` or `autumn`; absent in a welcome.
    pub season: Option<&'static str>,
    /// How many deadlines there are.
    pub deadlines: usize,
    /// `ma 6 november`: the day of the first deadline, for a subject; `oktober 2024` where it is no day.
    pub first_day: Option<String>,
    /// The first deadline.
    pub first: Option<Headline>,
    /// What comes once, month by month.
    pub months: Vec<MonthView>,
    /// What comes back.
    pub recurring: Vec<RowView>,
    /// Whether nothing of the practice's own insurers is in it, and something should be.
    pub nothing_known: bool,
    /// What is not known: insurers and care types with what is missing of them.
    pub unknown: Vec<PartyView>,
    /// For what the reminders are made: each insurer and care type with what is known of it.
    pub subscriptions: Vec<PartyView>,
    /// When what is reminded of.
    pub rhythm: Vec<RhythmView>,
    /// From when reminders leave on a working day, `07:00`.
    pub send_from: String,
    /// Where to look without waiting for an invitation; sentences.
    pub look_yourself: Vec<String>,
    /// The name of the attached calendar; absent where there is nothing in it.
    pub calendar: Option<&'static str>,
    /// The operator's name.
    pub operator: String,
    /// How to stop.
    pub unsubscribe: UnsubscribeView,
}

/// What ends in one month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MonthView {
    /// `November 2025`.
    pub name: String,
    /// At least one.
    pub rows: Vec<RowView>,
}

/// One thing of an overview.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RowView {
    /// The identity of the occurrence, the first one of what comes back.
    pub id: String,
    /// `deadline`, `advice`, `duty`, `term` or `event`.
    pub class: &'static str,
    /// `uiterlijk ma 6 november`, `elke maand, eerst in januari 2024`.
    pub when: String,
    /// One line.
    pub title: String,
    /// `CZ, fysiotherapie, module Plus`.
    pub party: String,
    /// What it hangs on, a free day, or that it is advice; sentences without a full stop.
    pub notes: Vec<String>,
}

impl OverviewView {
    /// Everything that an overview says.
    pub fn new(sender: &Sender, said: &Overview<'_>, unsubscribe: &Unsubscribe) -> Self {
        let (almanac, today) = (said.almanac, said.today);
        let all: Vec<Item<'_>> = said.ahead.all().cloned().collect();
        let deadlines: Vec<&Item<'_>> = said.ahead.items.iter().filter(|item| is_deadline(item)).collect();
        Self {
            salutation: salutation(said.practice, said.contact),
            practice: clean(&said.practice.name),
            email: clean(&said.contact.email),
            today: dutch::full_date(today),
            until: dutch::date(overview::horizon(said.occasion, today)),
            year: coming_year(today),
            season: season(said.occasion),
            deadlines: deadlines.len(),
            first_day: deadlines.first().map(|item| first_day(item, today)),
            first: deadlines.first().map(|item| Headline::new(almanac, item, today)),
            months: months(almanac, &said.ahead.items, today),
            recurring: said.ahead.recurring.iter().filter_map(|group| recurring(almanac, group)).collect(),
            nothing_known: !said.unknown.is_empty() && all.iter().all(|item| item.occurrence.policy.insurer.is_none()),
            unknown: unknowns(almanac, said.unknown, today),
            subscriptions: overview::running(said.practice, today).map(|running| subscription(almanac, running)).collect(),
            rhythm: rhythm(said.rules),
            send_from: said.rules.send_from.format("%H:%M").to_string(),
            look_yourself: look_yourself(almanac, &all),
            calendar: (!all.is_empty()).then_some(CALENDAR_FILE),
            operator: clean(&sender.operator_name),
            unsubscribe: UnsubscribeView {
                address: unsubscribe.address.clone(),
                subject: unsubscribe.subject.clone(),
                link: unsubscribe.link.clone(),
            },
        }
    }
}

fn season(occasion: Occasion) -> Option<&'static str> {
    use chrono::Datelike;
    match occasion {
        Occasion::Welcome => None,
        Occasion::Season(day) if day.month() < 7 => Some("spring"),
        Occasion::Season(_) => Some("autumn"),
    }
}

fn is_deadline(item: &Item<'_>) -> bool {
    item.occurrence.milestone.kind.class() == Class::Deadline
}

fn first_day(item: &Item<'_>, today: NaiveDate) -> String {
    match item.occurrence.granularity {
        Granularity::Day => short_date(item.occurrence.last_day, today),
        granularity => dutch::period(item.occurrence.last_day, granularity),
    }
}

fn months(almanac: &Almanac, items: &[Item<'_>], today: NaiveDate) -> Vec<MonthView> {
    let mut months: Vec<MonthView> = Vec::new();
    for item in items {
        let name = dutch::capitalised(&dutch::period(item.occurrence.last_day, Granularity::Month));
        let row = RowView::new(almanac, item, brief(&item.occurrence, today), notes(item, today));
        match months.last_mut().filter(|month| month.name == name) {
            Some(month) => month.rows.push(row),
            None => months.push(MonthView { name, rows: vec![row] }),
        }
    }
    months
}

impl RowView {
    fn new(almanac: &Almanac, item: &Item<'_>, when: String, notes: Vec<String>) -> Self {
        let milestone = item.occurrence.milestone;
        Self {
            id: item.occurrence.id.to_string(),
            class: milestone.kind.class().as_str(),
            when,
            title: clean(&milestone.title),
            party: party_in_full(almanac, item),
            notes,
        }
    }
}

/// An overview says how a day was worked out only where the practice can still change it.
fn notes(item: &Item<'_>, today: NaiveDate) -> Vec<String> {
    let occurrence = &item.occurrence;
    let advice = (occurrence.milestone.kind.class() == Class::Advice).then(|| "Advies, zelf uitgerekend".to_owned());
    let hangs = occurrence.start_is_possible || (is_deadline(item) && occurrence.waits_for.is_some());
    let term = hangs.then(|| term(occurrence)).flatten();
    let warning = rest_day_warning(occurrence, today).map(|warning| dutch::capitalised(&warning));
    [advice, term, warning].into_iter().flatten().collect()
}

fn recurring(almanac: &Almanac, group: &[Item<'_>]) -> Option<RowView> {
    let first = group.first()?;
    let rhythm = match first.occurrence.granularity {
        Granularity::Month if follow_each_other(group) => "elke maand",
        Granularity::Quarter if follow_each_other(group) => "elk kwartaal",
        Granularity::Year if follow_each_other(group) => "elk jaar",
        _ => "meer dan eens",
    };
    let begins = dutch::period(first.occurrence.last_day, first.occurrence.granularity);
    let on = if first.occurrence.granularity == Granularity::Day { "op" } else { "in" };
    Some(RowView::new(almanac, first, format!("{rhythm}, eerst {on} {begins}"), Vec::new()))
}

/// Whether no period is left out between the first and the second; a rule may take every other month.
fn follow_each_other(group: &[Item<'_>]) -> bool {
    let [first, second, ..] = group else { return false };
    let (first, second) = (&first.occurrence, &second.occurrence);
    Period::holding(shift(first.last_day, 1), first.granularity) == Period::holding(second.last_day, second.granularity)
}
