//! Overviews: what a practice is told of a whole year or season at once, beside its daily reminders.
//!
//! A *welcome* greets a contact once, when it comes in; a *season overview* goes to everybody on 1 April, by when insurers publish their
//! policies, and on 1 September, when the autumn of offers and signing begins. All days here are civil days in Amsterdam.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, Months, NaiveDate};

use crate::domain::agenda::Entry;
use crate::domain::almanac::Almanac;
use crate::domain::coverage::{self, Gap, coming_year, is_covered};
use crate::domain::decide::Memory;
use crate::domain::digest::{Item, from_entries};
use crate::domain::names::{CareType, InsurerId, MilestoneId};
use crate::domain::practices::{Practice, Subscription};
use crate::domain::working_days::{shift, working_day_on_or_after};

/// Month and day on which the two season overviews are due.
const SEASONS: [(u32, u32); 2] = [(4, 1), (9, 1)];

/// For how many days after its morning a season overview that could not leave is still worth sending.
const SEASON_WORTH_DAYS: i64 = 28;

/// Who was welcomed this many days before a season has just read the same.
const STILL_FRESH_DAYS: i64 = 14;

/// Which overviews the operator wants to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// The welcome.
    pub welcome: bool,
    /// The season overview.
    pub season: bool,
}

impl Default for Wanted {
    fn default() -> Self {
        Self { welcome: true, season: true }
    }
}

/// What an overview is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Occasion {
    /// A contact came in.
    Welcome,
    /// The season that begins on this day, always a 1 April or a 1 September.
    Season(NaiveDate),
}

/// How far a contact is with its overviews.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Greeted {
    /// Everything that it had, or was spared, with the day of the mail if there was one.
    pub occasions: BTreeMap<Occasion, Option<NaiveDate>>,
}

/// What has to be done about a contact's overviews now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Greeting {
    /// Send one, and remember that.
    Send(Occasion),
    /// Only remember that it is not to be sent.
    Spare(Occasion),
}

/// The season that is under way: its day and the working morning on which its overview goes out.
///
/// ```
/// use chrono::NaiveDate;
/// use deadlines::domain::overview::season;
/// let day = |text: &str| text.parse::<NaiveDate>().unwrap();
/// // Easter Monday: the overview waits for Tuesday, and until then the autumn's season counts.
/// assert_eq!(season(day("2024-04-01")), (day("2023-09-01"), day("2023-09-01")));
/// assert_eq!(season(day("2024-04-02")), (day("2024-04-01"), day("2024-04-02")));
/// ```
pub fn season(today: NaiveDate) -> (NaiveDate, NaiveDate) {
    let begun = seasons_of(today.year() - 1).chain(seasons_of(today.year())).filter(|(_, morning)| *morning <= today);
    begun.last().unwrap_or((today, today))
}

/// The working morning of the next season's overview, always after today.
pub fn next_season_morning(today: NaiveDate) -> Option<NaiveDate> {
    seasons_of(today.year()).chain(seasons_of(today.year() + 1)).map(|(_, morning)| morning).find(|morning| *morning > today)
}

fn seasons_of(year: i32) -> impl Iterator<Item = (NaiveDate, NaiveDate)> {
    let days = SEASONS.into_iter().filter_map(move |(month, day)| NaiveDate::from_ymd_opt(year, month, day));
    days.map(|day| (day, working_day_on_or_after(day)))
}

/// What is to be done about one contact's overviews. Level-triggered: what was done once is not asked for again.
///
/// A welcome says all that the season's overview would, so a contact that is welcomed in a season, or shortly before it, is spared that one.
pub fn greetings(wanted: Wanted, today: NaiveDate, greeted: &Greeted) -> Vec<Greeting> {
    let (season_day, morning) = season(today);
    let season = Occasion::Season(season_day);
    let season_is_new = !greeted.occasions.contains_key(&season);
    let Some(welcomed_on) = greeted.occasions.get(&Occasion::Welcome) else {
        let welcome = if wanted.welcome { Greeting::Send(Occasion::Welcome) } else { Greeting::Spare(Occasion::Welcome) };
        return [Some(welcome), season_is_new.then_some(Greeting::Spare(season))].into_iter().flatten().collect();
    };
    if !season_is_new || today >= shift(morning, SEASON_WORTH_DAYS) {
        return Vec::new();
    }
    let is_fresh = welcomed_on.is_some_and(|day| day > shift(morning, -STILL_FRESH_DAYS));
    vec![if wanted.season && !is_fresh { Greeting::Send(season) } else { Greeting::Spare(season) }]
}

/// Whether an overview that was queued earlier, to leave on `planned`, is still worth sending.
pub fn is_worth_sending(occasion: Occasion, planned: NaiveDate, today: NaiveDate) -> bool {
    match occasion {
        Occasion::Welcome => true,
        _ if today <= planned => true,
        Occasion::Season(day) => today < shift(working_day_on_or_after(day), SEASON_WORTH_DAYS),
    }
}

/// The subscriptions that have not ended: without one a practice gets no overview.
pub fn running(practice: &Practice, today: NaiveDate) -> impl Iterator<Item = &Subscription> {
    practice.subscriptions.iter().filter(move |subscription| subscription.end.is_none_or(|end| end >= today))
}

/// The last day that an overview looks at: a year ahead, or for a season the January in which the contracts begin.
pub fn horizon(occasion: Occasion, today: NaiveDate) -> NaiveDate {
    let in_a_year = today.checked_add_months(Months::new(12)).map_or(today, |day| shift(day, -1));
    match occasion {
        Occasion::Welcome => in_a_year,
        Occasion::Season(_) => NaiveDate::from_ymd_opt(coming_year(today), 1, 31).unwrap_or(in_a_year),
    }
}

/// What an overview lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ahead<'a> {
    /// What comes once in that time, in order of the last day.
    pub items: Vec<Item<'a>>,
    /// What comes back in that time, all periods of one thing together, in order of the first.
    pub recurring: Vec<Vec<Item<'a>>>,
}

impl<'a> Ahead<'a> {
    /// Everything in it.
    pub fn all(&self) -> impl Iterator<Item = &Item<'a>> {
        self.items.iter().chain(self.recurring.iter().flatten())
    }
}

/// What lies ahead of a practice: from today to the [`horizon`], without what it did, what happened, and the later ones of several possible starts.
pub fn ahead<'a>(entries: &[Entry<'a>], memory: &Memory, occasion: Occasion, today: NaiveDate) -> Ahead<'a> {
    let until = horizon(occasion, today);
    let open = |entry: &&Entry<'a>| (today..=until).contains(&entry.occurrence.last_day) && !is_settled(entry, memory);
    let mut seen_starts = BTreeSet::new();
    let kept = entries.iter().filter(open).filter(|entry| is_next_start(entry, &mut seen_starts)).cloned();
    let mut items = from_entries(kept, today);
    items.sort_by(|a, b| (a.occurrence.last_day, &a.occurrence.id).cmp(&(b.occurrence.last_day, &b.occurrence.id)));
    by_recurrence(items)
}

fn is_settled(entry: &Entry<'_>, memory: &Memory) -> bool {
    memory.happened.contains(&entry.occurrence.milestone.id) || memory.is_done(entry)
}

/// Entries come in order of the last day, so the first of several possible starts is the next one; a start's own recurrences all stay.
fn is_next_start(entry: &Entry<'_>, seen: &mut BTreeSet<(MilestoneId, CareType, InsurerId)>) -> bool {
    let recurs = entry.occurrence.comes_back();
    let key = (entry.occurrence.milestone.id.clone(), entry.care_type.clone(), entry.insurer.clone());
    !entry.occurrence.start_is_possible || recurs || seen.insert(key)
}

fn by_recurrence(items: Vec<Item<'_>>) -> Ahead<'_> {
    let mut ahead = Ahead { items: Vec::new(), recurring: Vec::new() };
    for item in items {
        if !item.occurrence.comes_back() {
            ahead.items.push(item);
            continue;
        }
        let same = |group: &&mut Vec<Item<'_>>| {
            group.first().is_some_and(|first| {
                first.occurrence.milestone.id == item.occurrence.milestone.id
                    && first.occurrence.care_types == item.occurrence.care_types
                    && first.occurrence.start == item.occurrence.start
            })
        };
        match ahead.recurring.iter_mut().find(same) {
            Some(group) => group.push(item),
            None => ahead.recurring.push(vec![item]),
        }
    }
    let (once, recurring) = ahead.recurring.into_iter().partition::<Vec<_>, _>(|group| group.len() == 1);
    ahead.recurring = recurring;
    ahead.items.extend(once.into_iter().flatten());
    ahead.items.sort_by(|a, b| (a.occurrence.last_day, &a.occurrence.id).cmp(&(b.occurrence.last_day, &b.occurrence.id)));
    ahead
}

/// What is not known: a subscribed insurer and care type, and the contract years without a timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// With whom.
    pub insurer: InsurerId,
    /// For what.
    pub care_type: CareType,
    /// This year and the coming one, or the coming one alone.
    pub years: Vec<i32>,
    /// By when the coming year's policy is public by law; `None` where only this year is unknown.
    pub coming: Option<Gap>,
}

/// What is not known of the practice's running subscriptions, each insurer and care type once. Silence is not safety.
pub fn unknown(almanac: &Almanac, practice: &Practice, today: NaiveDate) -> Vec<Unknown> {
    let mut found: BTreeMap<(InsurerId, CareType), Unknown> = BTreeMap::new();
    for subscription in running(practice, today) {
        let Subscription { insurer, care_type, setting, start, .. } = subscription;
        let has_begun = start.is_none_or(|start| start.year() <= today.year());
        let is_missed = has_begun && !is_covered(almanac, insurer, care_type, *setting, today.year());
        let this_year = is_missed.then_some(today.year());
        let coming = coverage::gap(almanac, subscription, today);
        let years: Vec<i32> = this_year.into_iter().chain(coming.as_ref().map(|gap| gap.year)).collect();
        if !years.is_empty() {
            let unknown = Unknown { insurer: insurer.clone(), care_type: care_type.clone(), years, coming };
            found.entry((insurer.clone(), care_type.clone())).or_insert(unknown);
        }
    }
    found.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn had(occasions: &[(Occasion, Option<&str>)]) -> Greeted {
        Greeted { occasions: occasions.iter().map(|(occasion, on)| (*occasion, on.map(day))).collect() }
    }

    #[test]
    fn a_new_contact_is_welcomed_once_and_spared_the_season_that_is_under_way() {
        let autumn = Occasion::Season(day("2025-09-01"));
        let first = greetings(Wanted::default(), day("2025-09-10"), &Greeted::default());
        assert_eq!(first, [Greeting::Send(Occasion::Welcome), Greeting::Spare(autumn)]);
        let after = had(&[(Occasion::Welcome, Some("2025-09-10")), (autumn, None)]);
        assert_eq!(greetings(Wanted::default(), day("2025-09-11"), &after), []);
        let next = greetings(Wanted::default(), day("2026-04-01"), &after);
        assert_eq!(next, [Greeting::Send(Occasion::Season(day("2026-04-01")))]);
    }

    #[test]
    fn who_was_just_welcomed_or_cannot_be_told_in_time_is_spared_the_season() {
        let spring = Occasion::Season(day("2026-04-01"));
        let fresh = had(&[(Occasion::Welcome, Some("2026-03-25"))]);
        assert_eq!(greetings(Wanted::default(), day("2026-04-01"), &fresh), [Greeting::Spare(spring)]);
        let spared = had(&[(Occasion::Welcome, None)]);
        assert_eq!(greetings(Wanted::default(), day("2026-04-20"), &spared), [Greeting::Send(spring)]);
        assert_eq!(greetings(Wanted::default(), day("2026-04-29"), &spared), []);
    }

    #[test]
    fn what_is_not_wanted_is_remembered_so_that_wanting_it_later_greets_only_newcomers() {
        let nothing = Wanted { welcome: false, season: false };
        let autumn = Occasion::Season(day("2025-09-01"));
        let first = greetings(nothing, day("2025-11-03"), &Greeted::default());
        assert_eq!(first, [Greeting::Spare(Occasion::Welcome), Greeting::Spare(autumn)]);
        let known = had(&[(Occasion::Welcome, None)]);
        assert_eq!(greetings(nothing, day("2025-09-01"), &known), [Greeting::Spare(autumn)]);
    }

    #[test]
    fn the_next_season_lies_ahead_on_every_day() {
        assert_eq!(next_season_morning(day("2024-03-31")), Some(day("2024-04-02")));
        assert_eq!(next_season_morning(day("2024-04-02")), Some(day("2024-09-02")));
        assert_eq!(next_season_morning(day("2024-12-31")), Some(day("2025-04-01")));
    }
}
