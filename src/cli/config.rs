//! `deadlines config`: whether the configuration can be used, and what it came to.

use std::io::Write;

use clap::{Args, Subcommand};
use serde_json::json;
use unicode_width::UnicodeWidthStr;

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output;
use crate::config::environment::variable_of;
use crate::toml_reader::settings::{Origin, Setting};

/// Beyond this a value's origin is not put into line with the others.
const WIDEST: usize = 60;

/// Check the configuration, and show what it came to
#[derive(Debug, Subcommand)]
pub enum Configuration {
    Check(Check),
    Show(Show),
}

/// Check the configuration file and the environment; all problems at once
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  deadlines config check
  deadlines --config new.toml config check

Exit code 0: it can be used; 3: it cannot, and each problem is named. Whether what it names is there and works, deadlines doctor tells.")]
pub struct Check {}

/// Show each key with the value in use, and where it came from
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  deadlines config show
  deadlines config show --all               also the keys that are not set
  DEADLINES__MAIL__SMTP__HOST=relay.example.org deadlines config show

A variable is DEADLINES__ and the key in capitals, with __ for each dot and _ for each hyphen. Texts and durations stand in it as they are, numbers, true, false
and lists as in the file: DEADLINES__LEADS__DEADLINE='[\"2w\", \"2d\"]'. A variable goes before the file. Relative paths count from the folder of the file.")]
pub struct Show {
    /// Also the keys that are not set
    #[arg(long)]
    all: bool,
    /// As JSON
    #[arg(long)]
    json: bool,
}

impl Configuration {
    /// Runs the command.
    pub fn run(self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::Check(check) => check.run(context),
            Self::Show(show) => show.run(context),
        }
    }
}

impl Check {
    /// That the command runs at all says that each key was understood; here, that they go together.
    fn run(self, context: &Context) -> Result<(), Failure> {
        if let Err(Failure::Failed(message)) = context.office() {
            return Err(Failure::DataSentence(message));
        }
        let count = |is: fn(&Origin) -> bool| context.settings.iter().filter(|setting| is(&setting.origin)).count();
        let (file, environment) =
            (count(|origin| matches!(origin, Origin::File { .. })), count(|origin| matches!(origin, Origin::Variable(_))));
        let name = context.config_file.as_ref().map_or("no configuration file".to_owned(), |path| path.display().to_string());
        writeln!(
            output::results(),
            "{name}: no problems; set in the file: {file}, in the environment: {environment}, all others have their defaults"
        )?;
        Ok(())
    }
}

impl Show {
    fn run(self, context: &Context) -> Result<(), Failure> {
        let shown: Vec<&Setting> = context.settings.iter().filter(|setting| self.all || setting.value.is_some()).collect();
        if self.json {
            return output::json(&shown.iter().map(|setting| as_json(setting)).collect::<Vec<_>>());
        }
        let lines: Vec<(String, String)> = shown.iter().map(|setting| line(setting)).collect();
        let width = lines.iter().map(|(line, _)| line.width()).filter(|width| *width <= WIDEST).max().unwrap_or(0);
        let mut out = output::results();
        for (line, origin) in lines {
            let gap = " ".repeat(width.saturating_sub(line.width()));
            writeln!(out, "{line}{gap}  # {origin}")?;
        }
        Ok(())
    }
}

/// Each line can stand in a configuration file as it is.
fn line(setting: &Setting) -> (String, String) {
    match &setting.value {
        Some(value) => (format!("{} = {value}", setting.path), setting.origin.to_string()),
        None => (format!("# {} =", setting.path), "not set".to_owned()),
    }
}

fn as_json(setting: &Setting) -> serde_json::Value {
    let origin = match &setting.origin {
        Origin::Default => json!({ "kind": "default" }),
        Origin::File { name, line } => json!({ "kind": "file", "file": name, "line": line }),
        Origin::Variable(name) => json!({ "kind": "environment", "variable": name }),
    };
    json!({ "key": setting.path, "value": setting.value, "origin": origin, "variable": variable_of(&setting.path) })
}
