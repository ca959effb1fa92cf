//! What every command starts from: the configuration, the clock and the timelines.

use std::path::{Path, PathBuf};

use chrono::{NaiveDate, NaiveTime};
use clap::Args;

use crate::calendar_file::{self, File, embedded, folder};
use crate::cli::failure::Failure;
use crate::clock::{self, Clock};
use crate::config::Config;
use crate::domain::almanac::Almanac;
use crate::domain::practices::{Happened, Practice};

/// Options that every command takes.
#[derive(Debug, Args)]
pub struct Everywhere {
    /// Configuration file [default: ./deadlines.toml, then the user's and the system's deadlines/config.toml]
    #[arg(long, global = true, value_name = "FILE", env = "DEADLINES_CONFIG")]
    config: Option<PathBuf>,
    /// Ask as if it were this day
    #[arg(long, global = true, value_name = "DATE", value_parser = parse_day)]
    as_of: Option<NaiveDate>,
}

/// Reads a day on the command line.
pub fn parse_day(text: &str) -> Result<NaiveDate, String> {
    text.parse().map_err(|_| "write a day as 2025-11-10".to_owned())
}

/// The configuration, the clock and where things are.
#[derive(Debug)]
pub struct Context {
    /// What the operator set.
    pub config: Config,
    /// The file that it came from; `None` for the defaults.
    pub config_file: Option<PathBuf>,
    /// Real, or fixed by `--as-of`.
    pub clock: Clock,
    /// Whether `--as-of` was given.
    pub as_of: Option<NaiveDate>,
}

impl Context {
    /// Finds and reads the configuration.
    pub fn new(everywhere: Everywhere) -> Result<Self, Failure> {
        let config_file = everywhere.config.or_else(usual_place);
        let config = match &config_file {
            Some(path) => read_config(path)?,
            None => Config::defaults(Path::new("")),
        };
        let noon = NaiveTime::from_hms_opt(12, 0, 0).unwrap_or_default();
        let clock = everywhere.as_of.map_or(Clock::Real, |day| Clock::Fixed(clock::instant(day, noon)));
        Ok(Self { config, config_file, clock, as_of: everywhere.as_of })
    }

    /// The civil day on which the question is asked.
    pub fn today(&self) -> NaiveDate {
        clock::civil_day(self.clock.now())
    }

    /// The calendar files as configured: a folder, or the compiled-in ones.
    pub fn calendar_files(&self) -> Result<Vec<File>, Failure> {
        match &self.config.calendars {
            Some(path) => folder::read(path).map_err(|error| Failure::Failed(error.to_string())),
            None => Ok(embedded::files()),
        }
    }

    /// The timelines that answers come from.
    pub fn almanac(&self) -> Result<Almanac, Failure> {
        let (almanac, problems) = calendar_file::read(&self.calendar_files()?);
        if problems.has_errors() { Err(Failure::Data(problems)) } else { Ok(almanac) }
    }

    /// A practice by its identity, with the days that it recorded.
    pub fn practice(&self, id: &str) -> Result<(Practice, Happened), Failure> {
        Err(Failure::Usage(format!("practice \"{id}\" is not in the database; it holds none")))
    }

    /// All practices, in order of identity.
    pub fn practices(&self) -> Result<Vec<Practice>, Failure> {
        Ok(Vec::new())
    }
}

fn usual_place() -> Option<PathBuf> {
    let user = std::env::var_os("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".config")));
    let places = [
        Some(PathBuf::from("deadlines.toml")),
        user.map(|folder| folder.join("deadlines/config.toml")),
        Some(PathBuf::from("/etc/deadlines/config.toml")),
    ];
    places.into_iter().flatten().find(|path| path.is_file())
}

fn read_config(path: &Path) -> Result<Config, Failure> {
    let content = std::fs::read_to_string(path)
        .map_err(|error| Failure::failed(format!("cannot read the configuration {}", path.display()), error))?;
    let base = path.parent().unwrap_or(Path::new(""));
    Config::parse(&path.display().to_string(), &content, base).map_err(Failure::Data)
}
