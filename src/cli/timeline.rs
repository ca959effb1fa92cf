//! `deadlines timeline`: a season as a picture.

mod marks;
mod svg;
mod terminal;

use std::io::Write;

use chrono::NaiveDate;
use clap::{Args, ValueEnum};

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::filter::{Filters, Found};
use crate::cli::output;
use crate::domain::working_days::shift;

/// Draw the season: one row for each insurer and care type, weeks along the top
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  deadlines timeline --insurer cz                                   the coming twelve months
  deadlines timeline --insurer cz --from 2023-04-01 --to 2023-12-31
  deadlines timeline --care-type fysio --kind deadline --all        every deadline that is known
  deadlines timeline --insurer cz --format svg > season.svg

Without --to or --all it shows twelve months.")]
pub struct Timeline {
    #[command(flatten)]
    filters: Filters,
    /// How it is drawn
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// How a timeline is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// In the terminal
    Text,
    /// As a picture, for a page or a mail
    Svg,
}

/// The days that a picture spans; both are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// First day.
    pub first: NaiveDate,
    /// Last day.
    pub last: NaiveDate,
    /// Today, which is marked where it lies within.
    pub today: NaiveDate,
}

impl Timeline {
    /// Runs the command.
    pub fn run(self, context: &Context) -> Result<(), Failure> {
        let almanac = self.filters.almanac(context)?;
        let filters = self.filters.for_a_year(context.today());
        let practice = filters.practice(context)?;
        let found = filters.find(context, &almanac, practice.as_ref())?;
        let Some(span) = span(&found, context.today()) else {
            let sentence = found.empty_sentence().unwrap_or_default();
            output::note(&sentence);
            found.gaps.iter().for_each(|gap| output::note(&format!("! {gap}")));
            return Ok(());
        };
        let rows = marks::rows(&almanac, &found.occurrences, &found.care_types);
        let drawn = match self.format {
            Format::Text => terminal::draw(&rows, span, output::width().unwrap_or(100)),
            Format::Svg => svg::draw(&rows, span),
        };
        write!(output::results(), "{drawn}")?;
        found.gaps.iter().for_each(|gap| output::note(&format!("! {gap}")));
        Ok(())
    }
}

/// How far beyond what was found a picture may reach: empty centuries are not drawn.
const MOST_EMPTY_DAYS: i64 = 366;

/// The days asked about, or those that hold everything found; `None` where nothing was.
fn span(found: &Found<'_>, today: NaiveDate) -> Option<Span> {
    let earliest = found.occurrences.iter().map(|occurrence| occurrence.last_day).min()?;
    let latest = found.occurrences.iter().map(|occurrence| occurrence.last_day).max()?;
    let first = found.asked.0.map_or(earliest, |asked| asked.max(shift(earliest, -MOST_EMPTY_DAYS)));
    let last = found.asked.1.map_or(latest, |asked| asked.min(shift(latest, MOST_EMPTY_DAYS)));
    Some(Span { first, last, today })
}
