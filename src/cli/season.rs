//! Playing and showing a simulated season; `simulate` and `demo` share it.

pub mod pages;

use std::io::Write;
use std::sync::Arc;

use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::failure::Failure;
use crate::cli::grid::grid;
use crate::cli::output;
use crate::clock;
use crate::domain::almanac::Almanac;
use crate::domain::practices::Practice;
use crate::job::office::Office;
use crate::job::simulate::{Season, SimulatedMail, simulate};

/// Plays a season, with a progress bar where somebody watches.
pub fn play(almanac: &Arc<Almanac>, practices: &[Practice], office: Office, season: Season) -> Result<Vec<SimulatedMail>, Failure> {
    let days = season.to.signed_duration_since(season.from).num_days().max(0).unsigned_abs() + 1;
    let bar = ProgressBar::new(days);
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} days  {msg}").unwrap_or_else(|_| ProgressStyle::default_bar());
    bar.set_style(style);
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| Failure::failed("cannot start", error))?;
    let tell = |day: chrono::NaiveDate| {
        bar.set_message(day.to_string());
        bar.inc(1);
    };
    let mails = runtime.block_on(simulate(almanac.clone(), practices, office, season, tell));
    bar.finish_and_clear();
    Ok(mails?)
}

/// Who got what when.
pub fn print(mails: &[SimulatedMail]) -> Result<(), Failure> {
    let row = |mail: &SimulatedMail| {
        [clock::civil_day(mail.at).format("%a %-d %b %Y").to_string(), mail.practice.to_string(), mail.email.clone(), mail.subject.clone()]
    };
    writeln!(output::results(), "{}", grid(["on", "practice", "to", "subject"], mails.iter().map(row)))?;
    Ok(())
}

/// The same for programs, with what each mail tells.
pub fn print_json(mails: &[SimulatedMail], almanac: &Almanac) -> Result<(), Failure> {
    let told = |mail: &SimulatedMail| -> Vec<serde_json::Value> {
        let item = |key: &crate::domain::decide::DecisionKey| {
            let milestone = key.occurrence.as_str().split('@').next().unwrap_or_default();
            let found = almanac.milestone(&milestone.into());
            serde_json::json!({
                "id": milestone, "occurrence": key.occurrence.as_str(), "insurer": found.and_then(|(policy, _)| policy.insurer.as_ref().map(|i| i.as_str().to_owned())),
                "care_type": key.care_type.as_str(), "kind": found.map(|(_, m)| m.kind.as_str()), "class": found.map(|(_, m)| m.kind.class().as_str()),
                "last_day": key.last_day, "lead": key.lead.to_string(), "title": found.map(|(_, m)| m.title.clone()),
            })
        };
        mail.told.iter().map(item).collect()
    };
    let all: Vec<serde_json::Value> = mails
        .iter()
        .map(|mail| serde_json::json!({ "on": clock::civil_day(mail.at), "practice": mail.practice.as_str(), "to": mail.email, "kind": mail.kind, "subject": mail.subject, "items": told(mail) }))
        .collect();
    writeln!(output::results(), "{}", serde_json::to_string_pretty(&all).unwrap_or_default())?;
    Ok(())
}
