//! Configuration: one struct for each section, defaults beside the fields, unknown keys refused, all problems at once.

pub mod doctor;
pub mod durations;
pub mod environment;
mod leads;
pub mod mail;
pub mod metrics;
mod read;
pub mod retention;
pub mod returning;
pub mod secrets;
pub mod smtp;

use std::path::{Path, PathBuf};

use chrono::NaiveTime;
use lettre::Address;
use tracing_subscriber::filter::{LevelFilter, Targets};

use crate::config::doctor::Doctor;
use crate::config::mail::Mail;
use crate::config::metrics::{Heartbeat, Metrics};
use crate::config::read::{finish, set, set_number, set_optional, set_optional_path, set_parsed, set_path, set_word};
use crate::config::retention::Retention;
use crate::domain::leads::Leads;
use crate::problems::{Problems, text};
use crate::toml_reader::Table;
use crate::toml_reader::read_settings;
use crate::toml_reader::settings::{Setting, Shape};

/// Everything that an operator can set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Where the state is kept.
    pub database: PathBuf,
    /// What the machine is called where `/etc/machine-id` does not tell it, as in containers.
    pub machine: Option<String>,
    /// Where calendar files lie; `None` means the compiled-in ones.
    pub calendars: Option<PathBuf>,
    /// How many contacts a load may correct without being confirmed.
    pub max_corrections: u32,
    /// Mail in general.
    pub mail: Mail,
    /// Who hears of trouble.
    pub operator: Operator,
    /// When reminders go out.
    pub sending: Sending,
    /// How long before.
    pub leads: Leads,
    /// How long what is kept is kept.
    pub retention: Retention,
    /// How much is logged.
    pub log: Log,
    /// Who reads figures.
    pub metrics: Metrics,
    /// Who hears a heartbeat.
    pub heartbeat: Heartbeat,
    /// What `deadlines doctor` needs to know.
    pub doctor: Doctor,
}

/// `[operator]`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Operator {
    /// Where reports and alerts go; `None`: nowhere.
    pub email: Option<String>,
}

/// `[sending]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sending {
    /// From which time in Amsterdam reminders go out on a working day.
    pub from: NaiveTime,
}

/// `[log]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// A filter as tracing-subscriber reads it.
    pub filter: String,
    /// Readable, or JSON lines.
    pub format: LogFormat,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Into the journal where standard error goes there, readable text elsewhere.
    Auto,
    /// Readable text.
    Text,
    /// JSON lines.
    Json,
    /// Into systemd's journal, each field by itself.
    Journal,
}

/// A configuration, and what each of its keys came to.
#[derive(Debug, Clone)]
pub struct Reading {
    /// What is in use.
    pub config: Config,
    /// Every key in the order of the example, those that are not set included.
    pub settings: Vec<Setting>,
}

impl Config {
    /// The defaults, with relative paths counted from `base`.
    pub fn defaults(base: &Path) -> Self {
        Self {
            database: base.join("var/deadlines.sqlite"),
            machine: None,
            calendars: None,
            max_corrections: 200,
            mail: Mail::defaults(base),
            operator: Operator::default(),
            sending: Sending { from: NaiveTime::from_hms_opt(7, 0, 0).unwrap_or_default() },
            leads: Leads::default(),
            retention: Retention::default(),
            log: Log { filter: "info,tokio_cron_scheduler=warn".to_owned(), format: LogFormat::Auto },
            metrics: Metrics::default(),
            heartbeat: Heartbeat::default(),
            doctor: Doctor::default(),
        }
    }

    /// Reads a configuration as it stands in a file; relative paths count from `base`, the folder of the file.
    ///
    /// # Errors
    /// Every problem of the file, each with its place.
    pub fn parse(name: &str, content: &str, base: &Path) -> Result<Self, Problems> {
        Self::read(name, content, base, &[]).map(|reading| reading.config)
    }

    /// Reads a configuration, and lays the environment's variables with the [prefix](environment::PREFIX) over it.
    ///
    /// # Errors
    /// Every problem of the file and the environment, each with its place.
    pub fn read(name: &str, content: &str, base: &Path, environment: &[(String, String)]) -> Result<Reading, Problems> {
        let mut problems = Problems::default();
        let keys = if environment.is_empty() { Vec::new() } else { Self::keys() };
        let variables = environment::variables(environment, &keys, &mut problems);
        let shown = text(name, secrets::blank(content));
        let (config, settings) = read_settings(content, &shown, &variables, &mut problems, |document| config(document, base));
        if problems.has_errors() { Err(problems) } else { Ok(Reading { config, settings }) }
    }

    /// Every key that there is, with its default.
    pub fn keys() -> Vec<Setting> {
        read_settings("", &text("", ""), &[], &mut Problems::default(), |document| config(document, Path::new(""))).1
    }
}

fn config(document: &Table<'_, '_>, base: &Path) -> Config {
    let mut config = Config::defaults(base);
    database(&document.section("database"), base, &mut config);
    calendars(&document.section("calendars"), base, &mut config);
    mail::read(&document.section("mail"), base, &mut config.mail);
    operator(&document.section("operator"), &mut config.operator);
    sending(&document.section("sending"), &mut config.sending);
    leads::read(&document.section("leads"), &mut config.leads);
    retention::read(&document.section("retention"), &mut config.retention);
    log(&document.section("log"), &mut config.log);
    metrics::read(&document.section("metrics"), base, &mut config.metrics);
    metrics::read_heartbeat(&document.section("heartbeat"), base, &mut config.heartbeat);
    doctor::read(&document.section("doctor"), &mut config.doctor);
    finish(document);
    config
}

fn database(table: &Table<'_, '_>, base: &Path, config: &mut Config) {
    set_path(table, "path", base, &mut config.database);
    set_optional(table, "machine", &mut config.machine);
    finish(table);
}

fn calendars(table: &Table<'_, '_>, base: &Path, config: &mut Config) {
    set_optional_path(table, "folder", base, &mut config.calendars);
    set_number(table, "max_corrections", 0..=u32::MAX, "0 confirms each load that corrects anybody", &mut config.max_corrections);
    finish(table);
}

fn operator(table: &Table<'_, '_>, operator: &mut Operator) {
    let address = |text: &str| match text.parse::<Address>() {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err((format!("is no mail address: {error}"), "write name@example.org")),
    };
    set_parsed(table, "email", address, &mut operator.email);
    finish(table);
}

fn sending(table: &Table<'_, '_>, sending: &mut Sending) {
    if let Some(given) = table.string("from") {
        match NaiveTime::parse_from_str(&given.value, "%H:%M") {
            Ok(time) => sending.from = time,
            Err(_) => table.report(given.span, format!("\"{}\" is no time of day", given.value), "write \"07:00\""),
        }
    }
    table.settle("from", Shape::Text, Some(sending.from.format("%H:%M").to_string().into()));
    finish(table);
}

/// A level, or a part of the program with its own. A name alone would be taken for a part, so that a misspelt level silenced all the others.
fn is_log_filter(part: &str) -> bool {
    let (target, level) = part.trim().rsplit_once('=').unwrap_or(("", part.trim()));
    let is_path = |target: &str| target.chars().all(|c| c.is_ascii_alphanumeric() || "_:-".contains(c));
    is_path(target) && level.parse::<LevelFilter>().is_ok() && part.parse::<Targets>().is_ok()
}

fn log(table: &Table<'_, '_>, log: &mut Log) {
    set(table, "filter", &mut log.filter);
    for part in log.filter.split(',').filter(|part| !is_log_filter(part)) {
        let problem = format!("`filter` cannot be read: \"{}\"", part.trim());
        table.report(
            table.key_span("filter"),
            problem,
            "write off, error, warn, info, debug or trace, or for each part: warn,deadlines=debug",
        );
    }
    let formats = [("auto", LogFormat::Auto), ("text", LogFormat::Text), ("json", LogFormat::Json), ("journal", LogFormat::Journal)];
    set_word(table, "format", &formats, &mut log.format);
    finish(table);
}
