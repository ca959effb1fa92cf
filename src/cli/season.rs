//! Showing and writing a simulated season; `simulate` and `demo` share it.

use std::fmt::Write as _;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use indicatif::{ProgressBar, ProgressStyle};
use mail_parser::MessageParser;

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

/// Writes each mail as `.eml` and HTML, and an index page that leads to them.
pub fn write(mails: &[SimulatedMail], folder: &Path) -> Result<(), Failure> {
    let failed = |path: &Path, error: std::io::Error| Failure::failed(format!("cannot write {}", path.display()), error);
    std::fs::create_dir_all(folder).map_err(|error| failed(folder, error))?;
    let mut rows = String::new();
    for (number, mail) in mails.iter().enumerate() {
        let name = format!("{}-{:03}-{}", clock::civil_day(mail.at), number + 1, mail.practice);
        let eml = folder.join(format!("{name}.eml"));
        std::fs::write(&eml, &mail.bytes).map_err(|error| failed(&eml, error))?;
        let page = folder.join(format!("{name}.html"));
        std::fs::write(&page, html_of(&mail.bytes)).map_err(|error| failed(&page, error))?;
        let _ = writeln!(
            rows,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td><a href=\"{name}.html\">{}</a> (<a href=\"{name}.eml\">eml</a>)</td></tr>",
            clock::civil_day(mail.at),
            escaped(mail.practice.as_str()),
            escaped(&mail.email),
            escaped(&mail.subject)
        );
    }
    let index = folder.join("index.html");
    std::fs::write(&index, INDEX.replace("{rows}", &rows)).map_err(|error| failed(&index, error))
}

const INDEX: &str = "<!doctype html><html lang=\"nl\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>Een seizoen herinneringen</title>\
<style>:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem}\
td,th{padding:.3rem .8rem .3rem 0;text-align:left;vertical-align:top}</style><h1>Een seizoen herinneringen</h1>\
<table><thead><tr><th>Dag</th><th>Praktijk</th><th>Aan</th><th>Onderwerp</th></tr></thead><tbody>{rows}</tbody></table></html>\n";

fn html_of(bytes: &[u8]) -> String {
    MessageParser::default().parse(bytes).and_then(|message| message.body_html(0).map(|html| html.into_owned())).unwrap_or_default()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
