//! `deadlines coverage`: what has a timeline, and what has none. Silence is not safety.

use std::collections::BTreeSet;
use std::io::Write;

use chrono::NaiveDate;
use clap::Args;
use comfy_table::presets::NOTHING;
use comfy_table::{Attribute, Cell, Color, ContentArrangement, Table};
use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::filter::gap_sentence;
use crate::cli::{output, words};
use crate::domain::almanac::Almanac;
use crate::domain::coverage::{Gap, coming_year, covered, gaps};
use crate::domain::names::{CareType, InsurerId};
use crate::domain::practices::Practice;

/// Say which insurer and care type has no timeline for the coming contract year
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  deadlines coverage                      what is known, and which subscriptions are not watched
  deadlines --as-of 2024-02-01 coverage   the same, seen from another day
  deadlines coverage --json               for a program

By law a policy is public on 1 April of the year before; later than that it is overdue.")]
pub struct Coverage {
    /// An object, for programs
    #[arg(long)]
    json: bool,
}

/// What `coverage --json` prints.
#[derive(Debug, Serialize)]
struct Report {
    as_of: String,
    contract_year: i32,
    due: String,
    overdue: bool,
    timelines: Vec<Timeline>,
    subscriptions_without_timeline: Vec<Unwatched>,
}

#[derive(Debug, Serialize)]
struct Timeline {
    insurer: String,
    care_type: String,
    years: Vec<i32>,
    covers_contract_year: bool,
    #[serde(skip)]
    insurer_name: String,
}

#[derive(Debug, Serialize)]
struct Unwatched {
    practice: String,
    insurer: String,
    care_type: String,
    #[serde(skip)]
    insurer_name: String,
}

impl Coverage {
    /// Runs the command.
    pub fn run(self, context: &Context) -> Result<(), Failure> {
        let almanac = context.almanac()?;
        let practices = context.practices()?;
        let report = report(&almanac, &practices, context.today());
        if self.json {
            return output::json(&report);
        }
        write!(output::results(), "{}", page(&report, practices.len(), context.today()))?;
        Ok(())
    }
}

fn report(almanac: &Almanac, practices: &[Practice], today: NaiveDate) -> Report {
    let contract_year = coming_year(today);
    let due = NaiveDate::from_ymd_opt(contract_year - 1, 4, 1).unwrap_or(today);
    let timeline = |((insurer, care_type), years): ((InsurerId, CareType), BTreeSet<i32>)| Timeline {
        insurer: insurer.to_string(),
        care_type: care_type.to_string(),
        covers_contract_year: years.contains(&contract_year),
        years: years.into_iter().collect(),
        insurer_name: almanac.insurer_name(&insurer).to_owned(),
    };
    let unwatched = |practice: &Practice, gap: &Gap| Unwatched {
        practice: practice.id.to_string(),
        insurer: gap.insurer.to_string(),
        care_type: gap.care_type.to_string(),
        insurer_name: almanac.insurer_name(&gap.insurer).to_owned(),
    };
    let of_practice = |practice| gaps(almanac, practice, today).iter().map(|gap| unwatched(practice, gap)).collect::<Vec<_>>();
    Report {
        as_of: today.to_string(),
        contract_year,
        due: due.to_string(),
        overdue: today > due,
        timelines: covered(almanac).into_iter().map(timeline).collect(),
        subscriptions_without_timeline: practices.iter().flat_map(of_practice).collect(),
    }
}

fn page(report: &Report, practices: usize, today: NaiveDate) -> String {
    let year = report.contract_year;
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Disabled).enforce_styling().style_text_only();
    let coming = format!("For {year}");
    table.set_header(["Insurer", "Care type", "Contract years", &coming].map(|name| Cell::new(name).add_attribute(Attribute::Bold)));
    for timeline in &report.timelines {
        let (status, colour) = if timeline.covers_contract_year { ("known", Color::DarkGreen) } else { ("none", Color::DarkRed) };
        table.add_row([
            Cell::new(&timeline.insurer_name),
            Cell::new(&timeline.care_type),
            Cell::new(spans(&timeline.years)),
            Cell::new(status).fg(colour),
        ]);
    }
    table.column_iter_mut().for_each(|column| {
        column.set_padding((0, 2));
    });
    let rows: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    format!("{}\n\n{}\n", rows.join("\n"), subscriptions(report, practices, today))
}

/// The subscriptions that get no reminders for the coming contract year.
fn subscriptions(report: &Report, practices: usize, today: NaiveDate) -> String {
    let year = report.contract_year;
    let due = report.due.parse().unwrap_or(today);
    let overdue = if report.overdue { "overdue since" } else { "due by" };
    let law = format!("Policies for {year} are {overdue} {}.", words::date(due));
    let unwatched = &report.subscriptions_without_timeline;
    match (practices, unwatched.len()) {
        (0, _) => format!("{law}\nNo practices are stored, so there are no subscriptions to hold against this."),
        (_, 0) => format!("{law}\nEvery subscription has a timeline for {year}."),
        (_, count) => {
            let lines: Vec<String> = unwatched.iter().map(|row| unwatched_line(row, year, today)).collect();
            format!("{law}\n{} without a timeline:\n{}", words::counted(count.try_into().unwrap_or(0), "subscription"), lines.join("\n"))
        }
    }
}

fn unwatched_line(row: &Unwatched, year: i32, today: NaiveDate) -> String {
    format!("  {}: {}", row.practice, gap_sentence(&row.insurer_name, &row.care_type, year, today))
}

/// `2021-2024`, `2021, 2023-2024`.
fn spans(years: &[i32]) -> String {
    let mut spans: Vec<(i32, i32)> = Vec::new();
    for year in years {
        match spans.last_mut() {
            Some((_, last)) if *last + 1 == *year => *last = *year,
            _ => spans.push((*year, *year)),
        }
    }
    let span = |(first, last): &(i32, i32)| if first == last { first.to_string() } else { format!("{first}-{last}") };
    spans.iter().map(span).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar_file::{embedded, read};
    use crate::domain::names::PracticeId;
    use crate::domain::practices::Subscription;

    #[test]
    fn subscriptions_without_a_timeline_are_named() {
        let (almanac, _) = read(&embedded::files());
        let subscriptions = vec![Subscription::new("cz".into(), "logopedie".into()), Subscription::new("cz".into(), "dietetiek".into())];
        let practice = Practice { subscriptions, ..Practice::new(PracticeId::from("praktijk"), "") };
        let today = NaiveDate::from_ymd_opt(2025, 5, 1).unwrap();
        let told = subscriptions_of(&almanac, practice, today);
        assert!(told.contains("praktijk: CZ logopedie: no timeline for 2026, overdue since 1 April 2025"), "{told}");
        assert!(!told.contains("dietetiek"), "{told}");
    }

    fn subscriptions_of(almanac: &Almanac, practice: Practice, today: NaiveDate) -> String {
        subscriptions(&report(almanac, &[practice], today), 1, today)
    }

    #[test]
    fn years_are_put_together() {
        assert_eq!(spans(&[2021, 2023, 2024, 2025]), "2021, 2023-2025");
    }
}
