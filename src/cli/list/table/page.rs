//! What a table shows: the rows, and what they have in common.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

use chrono::NaiveDate;
use unicode_width::UnicodeWidthStr;

use crate::cli::filter::joined;
use crate::cli::list::by_address::ByAddress;
use crate::cli::list::record::{settings, standings};
use crate::cli::words;
use crate::domain::almanac::Almanac;
use crate::domain::milestones::{Kind, Setting, Standing};
use crate::domain::moments::{Granularity, Precision};
use crate::domain::occurrences::{Common, Occurrence};
use crate::domain::policies::{Origin, Policy};

/// From how many care types on a row says "all 7 care types" instead of naming them.
const MANY_CARE_TYPES: usize = 4;

/// What the rows show. There can be hundreds of thousands, which have far fewer days and words between them.
pub(super) struct Page<'a> {
    occurrences: &'a [Occurrence<'a>],
    /// Each day as it comes up.
    pub(super) days: Vec<Day>,
    /// Each series as it comes up.
    pub(super) words: Vec<Words<'a>>,
    /// For each occurrence the numbers of its day and its words.
    pub(super) rows: Vec<(u32, u32)>,
    pub(super) widest_id: u32,
}

/// What the rows of one day have in common.
pub(super) struct Day {
    pub(super) last_day: NaiveDate,
    manner: Manner,
    pub(super) cells: [String; 2],
    pub(super) widths: [u32; 2],
    /// What the marker means, where there is one.
    pub(super) free_day: Option<String>,
}

/// How a day is said.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Manner {
    first_day: Option<NaiveDate>,
    granularity: Granularity,
    precision: Precision,
    target: bool,
}

/// What the rows of one series have in common.
pub(super) struct Words<'a> {
    insurer: &'a str,
    scope: Cow<'a, str>,
    pub(super) kind: Kind,
    title: &'a str,
    pub(super) widths: [u32; 4],
    /// Where the part of the identity begins that is shown.
    id_begin: usize,
    manner: Manner,
}

/// One row.
pub(super) struct Row<'p> {
    pub(super) day: &'p Day,
    pub(super) words: &'p Words<'p>,
    pub(super) id: &'p str,
}

impl<'a> Page<'a> {
    /// In the order of the occurrences.
    pub(super) fn of(almanac: &'a Almanac, occurrences: &'a [Occurrence<'a>], today: NaiveDate) -> Self {
        let names = SharedNames::of(almanac);
        let mut page = Self { occurrences, days: Vec::new(), words: Vec::new(), rows: Vec::with_capacity(occurrences.len()), widest_id: 0 };
        let mut known: ByAddress<Common<'_>, u32> = ByAddress::default();
        for occurrence in occurrences {
            let words = *known.entry(Arc::as_ptr(&occurrence.common)).or_insert_with(|| {
                page.words.push(Words::of(almanac, &names, occurrence));
                number_of_last(&page.words)
            });
            let Words { manner, id_begin, .. } = page.words[words as usize];
            // In order of day, so that nearly each row has the words for its day from the row before.
            if page.days.last().is_none_or(|day| (day.last_day, day.manner) != (occurrence.last_day, manner)) {
                page.days.push(Day::of(occurrence, manner, today));
            }
            page.rows.push((number_of_last(&page.days), words));
            // No text has more columns than bytes.
            if occurrence.id.length() - id_begin > page.widest_id as usize {
                page.widest_id = page.widest_id.max(width(&occurrence.id.as_str()[id_begin..]));
            }
        }
        page
    }

    /// All of them.
    pub(super) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().zip(self.occurrences).map(|((day, words), occurrence)| {
            let (day, words) = (&self.days[*day as usize], &self.words[*words as usize]);
            Row { day, words, id: &occurrence.id.as_str()[words.id_begin..] }
        })
    }
}

fn number_of_last<T>(all: &[T]) -> u32 {
    u32::try_from(all.len() - 1).unwrap_or(u32::MAX)
}

impl Day {
    fn of(occurrence: &Occurrence<'_>, manner: Manner, today: NaiveDate) -> Self {
        let mut when = words::when(occurrence);
        let free_day = words::free_day(occurrence);
        if free_day.is_some() {
            when.push('*');
        }
        if occurrence.milestone.target {
            when.push_str(" (aim)");
        }
        let cells = [when, words::distance(occurrence, today)];
        let widths = cells.each_ref().map(|cell| width(cell));
        Self { last_day: occurrence.last_day, manner, cells, widths, free_day }
    }
}

impl<'a> Words<'a> {
    fn of(almanac: &'a Almanac, names: &SharedNames<'_>, occurrence: &'a Occurrence<'a>) -> Self {
        let milestone = occurrence.milestone;
        let manner = Manner {
            first_day: occurrence.first_day,
            granularity: occurrence.granularity,
            precision: occurrence.precision(),
            target: milestone.target,
        };
        let mut words = Self {
            insurer: party(almanac, occurrence.policy),
            scope: scope(occurrence),
            kind: milestone.kind,
            title: &milestone.title,
            widths: [0; 4],
            id_begin: names.begin_of_short_id(occurrence),
            manner,
        };
        words.widths = words.cells().map(width);
        words
    }

    /// From the party to the title.
    pub(super) fn cells(&self) -> [&str; 4] {
        [self.insurer, &self.scope, self.kind.as_str(), self.title]
    }
}

fn party<'a>(almanac: &'a Almanac, policy: &'a Policy) -> &'a str {
    match policy.origin() {
        Origin::Insurer(insurer) => almanac.insurer_name(insurer),
        Origin::Law => "by law",
        Origin::Practice => "own date",
    }
}

/// Care types, the modules because of which it concerns them, and in brackets what else must hold.
fn scope<'a>(occurrence: &'a Occurrence<'_>) -> Cow<'a, str> {
    let care_types = &occurrence.care_types;
    let conditions = conditions(occurrence);
    if let ([only], true, true) = (&care_types[..], occurrence.modules.is_empty(), conditions.is_empty()) {
        return only.as_str().into();
    }
    let of_policy = occurrence.policy.care_types.len();
    let mut scope = if care_types.len() >= MANY_CARE_TYPES && (care_types.len() == of_policy || of_policy == 0) {
        format!("all {} care types", care_types.len())
    } else {
        joined(care_types)
    };
    if !occurrence.modules.is_empty() {
        scope.extend([": ", &joined(&occurrence.modules)]);
    }
    if !conditions.is_empty() {
        scope.extend([" (", &joined(&conditions), ")"]);
    }
    scope.into()
}

/// Standing, setting and traits where not everybody is meant.
fn conditions<'a>(occurrence: &Occurrence<'a>) -> Vec<&'a str> {
    let (standing, setting) = (standings(occurrence), settings(occurrence));
    let mut conditions: Vec<&str> = Vec::new();
    if standing.len() < Standing::ALL.len() {
        conditions.extend(standing.iter().map(|standing| standing.as_str()));
    }
    if setting.len() < Setting::ALL.len() {
        conditions.extend(setting.iter().map(|setting| setting.as_str()));
    }
    conditions.extend(occurrence.milestone.applies.traits.iter().map(String::as_str));
    conditions
}

/// Last parts of identities that several milestones share.
struct SharedNames<'a>(HashSet<&'a str>);

impl<'a> SharedNames<'a> {
    fn of(almanac: &'a Almanac) -> Self {
        let mut met = HashSet::new();
        Self(almanac.milestone_names().filter(|name| !met.insert(*name)).collect())
    }

    /// Where the last part of the identity begins if that is enough for `show`, else where the whole does.
    fn begin_of_short_id(&self, occurrence: &Occurrence<'_>) -> usize {
        let local = occurrence.policy.id.as_str().len() + "/".len();
        if self.0.contains(&occurrence.milestone.id.as_str()[local..]) { 0 } else { local }
    }
}

/// How many columns a text takes in a terminal; nearly all are plain ASCII, where that is its length.
pub(super) fn width(text: &str) -> u32 {
    // Looking at every byte, whatever the first ones are, is done sixteen at a time.
    let is_plain = text.bytes().fold(true, |is_plain, byte| is_plain & (b' '..=b'~').contains(&byte));
    let columns = if is_plain { text.len() } else { UnicodeWidthStr::width(text) };
    u32::try_from(columns).unwrap_or(u32::MAX)
}
