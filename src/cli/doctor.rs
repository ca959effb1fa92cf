//! `deadlines doctor`: everything that an operator would check, and what to do about it.

use std::io::Write;

use clap::Args;
use serde_json::json;

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::grid::grid;
use crate::cli::output;
use crate::daemon::holder;
use crate::job::doctor::{CHECKS, Finding, Needs, Patient, Verdict, examine};
use crate::store::Store;

/// Check configuration, database, machine, calendars, mail server and domain, and say what to do
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  deadlines doctor
  deadlines doctor --offline                speaks to no mail server and no name server
  sudo -u deadlines deadlines doctor --json

It changes nothing, and runs beside the service. The mail server is greeted and logged into; no mail is sent.

Exit code 0: nothing failed, though there may be warnings; 1: something failed.")]
pub struct Doctor {
    /// Speak to nobody on the network
    #[arg(long)]
    offline: bool,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// A finding and the check that found it.
type Found = (&'static str, Finding);

impl Doctor {
    /// Runs the command.
    pub fn run(self, context: &Context) -> Result<(), Failure> {
        let database = &context.config.database;
        let patient = Patient {
            config: &context.config,
            config_file: context.config_file.as_deref(),
            files: context.calendar_files().map_err(Failure::in_words),
            store: if database.exists() { Store::open_for_a_look(database).map(Some) } else { Ok(None) },
            holder: holder::of(database).map_err(|error| error.to_string()),
            now: context.clock.now(),
        };
        let mut found: Vec<Found> = Vec::new();
        for check in CHECKS {
            let findings = match check.needs {
                Needs::Network if self.offline => vec![Finding::skipped("not looked at: --offline")],
                _ => examine(check, &patient),
            };
            found.extend(findings.into_iter().map(|finding| (check.name, finding)));
        }
        self.report(&found)
    }

    /// What can be said where the configuration cannot be used.
    pub fn without_configuration(self, failure: Failure) -> Result<(), Failure> {
        let advice = "mend it first: everything else depends on it";
        let found: Vec<Found> = match failure {
            Failure::Data(problems) => {
                problems.errors().map(|problem| ("configuration", Finding::failed(problem.in_one_line(), advice))).collect()
            }
            other => vec![("configuration", Finding::failed(other.in_words(), advice))],
        };
        self.report(&found)
    }

    fn report(&self, found: &[Found]) -> Result<(), Failure> {
        let number = |verdict| found.iter().filter(|(_, finding)| finding.verdict == verdict).count();
        let (failed, warnings) = (number(Verdict::Failed), number(Verdict::Warning));
        if self.json {
            output::json(
                &json!({ "healthy": failed == 0, "failed": failed, "warnings": warnings, "checks": found.iter().map(as_json).collect::<Vec<_>>() }),
            )?;
        } else {
            writeln!(output::results(), "{}", grid(["check", "result", "what was seen, and what to do"], found.iter().map(row)))?;
        }
        match (failed, warnings) {
            (0, 0) => Ok(()),
            (0, warnings) => {
                output::note(&format!("{warnings} to look at, nothing failed"));
                Ok(())
            }
            (failed, _) => Err(Failure::Failed(format!("{failed} of {} failed", found.len()))),
        }
    }
}

fn as_json((check, finding): &Found) -> serde_json::Value {
    json!({ "check": check, "result": finding.verdict.as_str(), "says": finding.says, "advice": finding.advice })
}

fn row((check, finding): &Found) -> [String; 3] {
    let result = match finding.verdict {
        Verdict::Failed => finding.verdict.as_str().to_uppercase(),
        _ => finding.verdict.as_str().to_owned(),
    };
    let advice = finding.advice.as_ref().map(|advice| format!("\n→ {advice}")).unwrap_or_default();
    [(*check).to_owned(), result, format!("{}{advice}", finding.says)]
}
