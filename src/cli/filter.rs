//! Which occurrences are asked for: the filters that `list` and `timeline` share.

use std::fmt::{Display, Write as _};

use chrono::{Months, NaiveDate};
use clap::Args;

use crate::cli::context::{Context, parse_day};
use crate::cli::failure::Failure;
use crate::cli::known::Known;
use crate::cli::list::for_practice;
use crate::cli::words;
use crate::domain::almanac::{Almanac, UnknownName, unknown};
use crate::domain::coverage;
use crate::domain::milestones::{Class, Kind};
use crate::domain::names::{CareType, InsurerId, ModuleId, folded};
use crate::domain::occurrences::Occurrence;
use crate::domain::practices::{Happened, Practice};

/// The filters as they are typed; several values by repeating an option, or with commas.
#[derive(Debug, Clone, Args)]
pub struct Filters {
    /// Only these insurers; case, spaces and hyphens do not count: cz, ZK, "Zorg en Zekerheid"
    #[arg(long, value_name = "INSURER", value_delimiter = ',', value_parser = Known::insurers(), hide_possible_values = true)]
    insurer: Vec<String>,
    /// Only these care types: fysiotherapie, fysio, Diëtetiek
    #[arg(long, value_name = "CARE TYPE", value_delimiter = ',', value_parser = Known::care_types(), hide_possible_values = true)]
    care_type: Vec<String>,
    /// Only what belongs to these modules
    #[arg(long, value_name = "MODULE", value_delimiter = ',')]
    module: Vec<String>,
    /// Only what concerns this practice, for the care types, modules and starts that it has
    #[arg(long, value_name = "PRACTICE")]
    practice: Option<String>,
    /// Only these kinds or classes: signing-deadline, event, "question cutoff"
    #[arg(long, value_name = "KIND", value_delimiter = ',', value_parser = Known::kinds(), hide_possible_values = true)]
    kind: Vec<String>,
    /// With a last day from this day on; a day in the past shows the past
    #[arg(long, value_name = "DATE", value_parser = parse_day)]
    from: Option<NaiveDate>,
    /// With a last day up to and including this day
    #[arg(long, value_name = "DATE", value_parser = parse_day)]
    to: Option<NaiveDate>,
    /// Past ones too
    #[arg(long)]
    all: bool,
}

/// The filters as they were understood.
#[derive(Debug)]
pub struct Selection {
    /// Empty means all, and what the law gives.
    pub insurers: Vec<InsurerId>,
    /// Empty means all.
    pub care_types: Vec<CareType>,
    /// Empty means all, and what belongs to no module.
    pub modules: Vec<ModuleId>,
    /// Empty means all.
    pub kinds: Vec<Kind>,
    /// Nothing that ends before it.
    pub from: Option<NaiveDate>,
    /// Nothing that ends after it.
    pub to: Option<NaiveDate>,
    /// How to see what ends earlier.
    pub past_hint: &'static str,
}

/// What a question gave.
#[derive(Debug)]
pub struct Found<'a> {
    /// In order of the last day.
    pub occurrences: Vec<Occurrence<'a>>,
    /// How many fit but end before the days asked about.
    pub earlier: usize,
    /// How many fit but end after them.
    pub later: usize,
    /// The care types that were asked for; empty means all.
    pub care_types: Vec<CareType>,
    /// What is not covered by a timeline, one sentence each.
    pub gaps: Vec<String>,
    /// The days asked about.
    pub asked: (Option<NaiveDate>, Option<NaiveDate>),
    /// How to see what ends earlier.
    past_hint: &'static str,
    /// The practice that was asked for.
    pub practice: Option<&'a Practice>,
}

impl Filters {
    /// The practice that they name, with the days that it recorded.
    pub fn practice(&self, context: &Context) -> Result<Option<(Practice, Happened)>, Failure> {
        self.practice.as_ref().map(|name| context.practice(name)).transpose()
    }

    /// The timelines that they ask about. A module's name is looked for in all of them, and a practice may subscribe to any.
    pub fn almanac(&self, context: &Context) -> Result<Almanac, Failure> {
        let is_of_insurers_alone = self.module.is_empty() && self.practice.is_none();
        context.almanac_of(if is_of_insurers_alone { &self.insurer } else { &[] })
    }

    /// The same, but for no more than twelve months where neither `--to` nor `--all` says how far.
    #[must_use]
    pub fn for_a_year(mut self, today: NaiveDate) -> Self {
        if !self.all {
            self.to = self.to.or_else(|| self.from.unwrap_or(today).checked_add_months(Months::new(12)));
        }
        self
    }

    /// Understands the names and finds what fits.
    ///
    /// # Errors
    /// Unknown names, a combination that no timeline knows and days in the wrong order are mistakes of usage: an empty answer would look
    /// like "no deadlines".
    pub fn find<'a>(
        &self,
        context: &Context,
        almanac: &'a Almanac,
        practice: Option<&'a (Practice, Happened)>,
    ) -> Result<Found<'a>, Failure> {
        let today = context.today();
        let selection = self.understand(almanac, today)?;
        let (fitting, gaps) = match practice {
            Some((practice, happened)) => {
                let occurrences = for_practice::occurrences(almanac, practice, happened, &selection, today)?;
                (occurrences, for_practice::gaps(almanac, practice, &selection, today))
            }
            None => {
                selection.check_combination(almanac)?;
                let mut found = almanac.occurrences_of(today, |policy| selection.is_asked(policy.insurer.as_ref()));
                found.retain(|occurrence| selection.fits(occurrence));
                (found, selection.gaps(almanac, today))
            }
        };
        let found = selection.within_days(fitting, gaps);
        Ok(Found { practice: practice.map(|(practice, _)| practice), ..found })
    }

    fn understand(&self, almanac: &Almanac, today: NaiveDate) -> Result<Selection, Failure> {
        if let (Some(from), Some(to)) = (self.from, self.to)
            && from > to
        {
            return Err(Failure::Usage(format!("--from {from} lies after --to {to}")));
        }
        let kinds: Vec<Vec<Kind>> = each(&self.kind, kinds)?;
        Ok(Selection {
            insurers: each(&self.insurer, |given| almanac.find_insurer(given))?,
            care_types: each(&self.care_type, |given| almanac.find_care_type(given))?,
            modules: each(&self.module, |given| almanac.find_module(given))?,
            kinds: kinds.concat(),
            from: self.from.or((!self.all).then_some(today)),
            to: self.to,
            past_hint: if self.from.is_some() { "begin earlier with --from" } else { "add --all to see the past" },
        })
    }
}

fn each<T>(given: &[String], find: impl Fn(&str) -> Result<T, UnknownName>) -> Result<Vec<T>, Failure> {
    given.iter().map(|text| find(text.trim()).map_err(|error| Failure::Usage(said(&error)))).collect()
}

/// An unknown insurer may have deadlines all the same.
fn said(error: &UnknownName) -> String {
    match error {
        UnknownName::Unknown { what: "insurer", .. } => format!("{error}\nThis says nothing about its deadlines: ask the insurer."),
        _ => error.to_string(),
    }
}

/// A kind, or all kinds of a class.
fn kinds(given: &str) -> Result<Vec<Kind>, UnknownName> {
    let wanted = folded(given);
    if let Some(kind) = Kind::ALL.iter().find(|kind| folded(kind.as_str()) == wanted) {
        return Ok(vec![*kind]);
    }
    let plural = |class: Class| if class == Class::Duty { "duties".to_owned() } else { format!("{}s", class.as_str()) };
    let named = |class: &Class| wanted == class.as_str() || wanted == plural(*class);
    if let Some(class) = Class::ALL.into_iter().find(named) {
        return Ok(Kind::ALL.iter().copied().filter(|kind| kind.class() == class).collect());
    }
    let words = || Class::ALL.iter().map(|class| class.as_str()).chain(Kind::ALL.iter().map(|kind| kind.as_str()));
    Err(unknown("kind", given, words(), words().map(|word| (word, word))))
}

impl Selection {
    /// Whether an occurrence fits, leaving days aside. `insurer` is the one through which it reaches the reader, if any.
    pub fn reaches(&self, occurrence: &Occurrence<'_>, insurer: Option<&InsurerId>) -> bool {
        self.is_asked(insurer) && self.fits(occurrence)
    }

    /// The same where the insurer is one that was asked for.
    fn fits(&self, occurrence: &Occurrence<'_>) -> bool {
        let anything = self.care_types.is_empty() && self.modules.is_empty() && self.kinds.is_empty();
        // A look at what an occurrence has in common with others takes longer than to ask whether one has to look.
        anything || self.picks(occurrence)
    }

    fn picks(&self, occurrence: &Occurrence<'_>) -> bool {
        any_of(&self.care_types, &occurrence.care_types)
            && any_of(&self.modules, &occurrence.modules)
            && any_of(&self.kinds, &[occurrence.milestone.kind])
    }

    fn is_asked(&self, insurer: Option<&InsurerId>) -> bool {
        self.insurers.is_empty() || insurer.is_some_and(|insurer| self.insurers.contains(insurer))
    }

    fn within_days<'a>(&self, mut occurrences: Vec<Occurrence<'a>>, gaps: Vec<String>) -> Found<'a> {
        let (mut earlier, mut later) = (0, 0);
        occurrences.retain(|occurrence| {
            let is_earlier = self.from.is_some_and(|from| occurrence.last_day < from);
            let is_later = self.to.is_some_and(|to| occurrence.last_day > to);
            earlier += usize::from(is_earlier);
            later += usize::from(is_later);
            !is_earlier && !is_later
        });
        Found {
            occurrences,
            earlier,
            later,
            care_types: self.care_types.clone(),
            gaps,
            asked: (self.from, self.to),
            past_hint: self.past_hint,
            practice: None,
        }
    }

    /// An insurer that has no timeline for a care type, or no such module, must not look like one without deadlines.
    fn check_combination(&self, almanac: &Almanac) -> Result<(), Failure> {
        for insurer in &self.insurers {
            let known = || coverage::covered(almanac).into_keys().filter(|(covered, _)| covered == insurer).map(|(_, care_type)| care_type);
            if !self.care_types.is_empty() && !known().any(|care_type| self.care_types.contains(&care_type)) {
                let known: Vec<String> = known().map(|care_type| care_type.to_string()).collect();
                return Err(Failure::Usage(format!(
                    "{} has no timeline here for {}; known: {}\nThis says nothing about its deadlines: ask the insurer.",
                    almanac.insurer_name(insurer),
                    joined(&self.care_types),
                    known.join(", "),
                )));
            }
        }
        self.check_modules(almanac)
    }

    fn check_modules(&self, almanac: &Almanac) -> Result<(), Failure> {
        let policies = almanac.policies.iter();
        let asked =
            policies.filter(|policy| self.insurers.is_empty() || policy.insurer.as_ref().is_some_and(|i| self.insurers.contains(i)));
        let modules: Vec<_> = asked.flat_map(|policy| &policy.modules).filter(|m| any_of(&self.care_types, &m.care_types)).collect();
        if self.modules.is_empty() || modules.iter().any(|module| self.modules.contains(&module.id)) {
            return Ok(());
        }
        let mut known: Vec<String> = modules.iter().map(|module| format!("{} ({})", module.id, joined(&module.care_types))).collect();
        known.dedup();
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        Err(Failure::Usage(format!("no timeline has the module {} there; known: {known}", joined(&self.modules))))
    }

    /// Where an insurer was named: the care types for which nothing is known of the coming contract year.
    fn gaps(&self, almanac: &Almanac, today: NaiveDate) -> Vec<String> {
        let year = coverage::coming_year(today);
        let known = coverage::covered(almanac);
        let of_insurer = |insurer: &InsurerId| {
            let open = known.iter().filter(|((covered, care_type), years)| {
                covered == insurer && any_of(&self.care_types, std::slice::from_ref(care_type)) && !years.contains(&year)
            });
            let care_types: Vec<CareType> = open.map(|((_, care_type), _)| care_type.clone()).collect();
            (!care_types.is_empty()).then(|| gap_sentence(almanac.insurer_name(insurer), &joined(&care_types), year, today))
        };
        self.insurers.iter().filter_map(of_insurer).collect()
    }
}

/// `CZ logopedie: no timeline for 2027, overdue since 1 April 2026`.
pub fn gap_sentence(insurer: &str, care_types: &str, year: i32, today: NaiveDate) -> String {
    let due = NaiveDate::from_ymd_opt(year - 1, 4, 1).unwrap_or(today);
    let since = if today > due { "overdue since" } else { "due by" };
    format!("{insurer} {care_types}: no timeline for {year}, {since} {}", words::date(due))
}

fn any_of<T: PartialEq>(wanted: &[T], held: &[T]) -> bool {
    wanted.is_empty() || held.iter().any(|one| wanted.contains(one))
}

/// Identities in a sentence.
pub fn joined<T: Display>(names: &[T]) -> String {
    let mut sentence = String::new();
    for (number, name) in names.iter().enumerate() {
        let comma = if number == 0 { "" } else { ", " };
        let _ = write!(sentence, "{comma}{name}");
    }
    sentence
}

impl Found<'_> {
    /// Why nothing is shown, and how to see what there is; `None` where something is shown.
    pub fn empty_sentence(&self) -> Option<String> {
        if !self.occurrences.is_empty() {
            return None;
        }
        if self.earlier + self.later == 0 {
            return Some("No milestone in the timelines fits these filters, past or future.".to_owned());
        }
        let lie = |count: usize| format!("{count} {}", if count == 1 { "milestone lies" } else { "milestones lie" });
        let elsewhere = match (self.earlier, self.later) {
            (earlier, 0) => format!("{} before that: {}.", lie(earlier), self.past_hint),
            (0, later) => format!("{} after that: end later with --to.", lie(later)),
            (earlier, later) => format!("{} before and {later} after that: {}, or end later with --to.", lie(earlier), self.past_hint),
        };
        let asked = match self.asked {
            (Some(from), Some(to)) => format!("between {} and {}", words::day(from), words::day(to)),
            (Some(from), None) => format!("on or after {}", words::day(from)),
            (None, Some(to)) => format!("on or before {}", words::day(to)),
            (None, None) => "at all".to_owned(),
        };
        Some(format!("Nothing is known that ends {asked}; {elsewhere}"))
    }
}
