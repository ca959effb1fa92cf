//! `deadlines list`: what lies ahead, as a table, JSON, CSV or a calendar.

mod by_address;
pub mod for_practice;
mod json;
pub mod record;
mod spreadsheet;
pub mod table;

use std::borrow::Cow;
use std::io::Write;
use std::mem::ManuallyDrop;

use clap::{Args, ValueEnum};

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::filter::{Filters, Found};
use crate::cli::output;
use crate::domain::almanac::Almanac;
use crate::ics;

/// List milestones, in order of their last day
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  deadlines list --insurer cz                              what lies ahead at CZ
  deadlines list --insurer zk,zz --care-type fysio --all   the past too
  deadlines list --practice fysio-leiden --kind deadline   what one practice must do
  deadlines list --from 2023-09-01 --to 2023-12-31 --json  one autumn, for a program
  deadlines --as-of 2023-10-01 list --insurer cz --format ics > cz.ics

A * marks a weekend or public holiday; no date is ever moved because of it.")]
pub struct List {
    #[command(flatten)]
    filters: Filters,
    /// How it is written
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Short for --format json
    #[arg(long, conflicts_with = "format")]
    json: bool,
}

/// How a list is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Table,
    /// An array, for programs
    Json,
    /// For a spreadsheet
    Csv,
    /// For a calendar program (RFC 5545), with alarms
    Ics,
}

impl List {
    /// Runs the command.
    pub fn run(self, context: &Context) -> Result<(), Failure> {
        // The program ends with them: to free a long list piece by piece would take a tenth of its time.
        let almanac = ManuallyDrop::new(self.filters.almanac(context)?);
        let practice = self.filters.practice(context)?;
        let found = ManuallyDrop::new(self.filters.find(context, &almanac, practice.as_ref())?);
        match if self.json { Format::Json } else { self.format } {
            Format::Table => return print_table(context, &almanac, &found),
            Format::Json => json::write(&found.occurrences, &mut output::plain())?,
            Format::Csv => spreadsheet::write(&found.occurrences, output::results())?,
            Format::Ics => write!(output::results(), "{}", calendar(context, &almanac, &found))?,
        }
        found.empty_sentence().iter().chain(&found.gaps).for_each(|sentence| output::note(sentence));
        Ok(())
    }
}

fn print_table(context: &Context, almanac: &Almanac, found: &Found<'_>) -> Result<(), Failure> {
    let styled = output::is_styled();
    let mut out = output::page(styled);
    match found.empty_sentence() {
        Some(sentence) => writeln!(out, "{sentence}")?,
        None => table::draw(&mut *out, almanac, &found.occurrences, context.today(), output::width(), styled)?,
    }
    if !found.gaps.is_empty() {
        writeln!(out)?;
    }
    for sentence in &found.gaps {
        writeln!(out, "! {sentence}")?;
    }
    Ok(out.flush()?)
}

fn calendar(context: &Context, almanac: &Almanac, found: &Found<'_>) -> String {
    let rules = context.rules();
    let rules = found.practice.map_or(Cow::Borrowed(&rules), |practice| rules.of(practice));
    let style = ics::Style { rules: &rules, stamp: context.clock.now(), sequence: 0 };
    ics::calendar(almanac, &found.occurrences, &style)
}
