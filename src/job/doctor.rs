//! The doctor: what an operator would check, each as a small function that looks and never touches.

mod copies;
mod database;
mod dns;
mod keeping;
mod machine;
mod rights;
mod server;
mod settings;
mod timelines;

use std::path::Path;

use chrono::{DateTime, NaiveDate, Utc};

use crate::calendar_file::File;
use crate::clock;
use crate::config::Config;
use crate::domain::almanac::Almanac;
use crate::job::load;
use crate::store::Store;
use crate::store::error::StoreError;

/// How something fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// As it should be.
    Fine,
    /// It could not be looked at, or need not be.
    Skipped,
    /// Worth a look; nothing stands still because of it.
    Warning,
    /// Something does not work, or will not.
    Failed,
}

impl Verdict {
    /// The word in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fine => "fine",
            Self::Skipped => "skipped",
            Self::Warning => "warning",
            Self::Failed => "failed",
        }
    }
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How it fares.
    pub verdict: Verdict,
    /// What was seen.
    pub says: String,
    /// What to do about it.
    pub advice: Option<String>,
}

impl Finding {
    /// As it should be.
    pub fn fine(says: impl Into<String>) -> Self {
        Self { verdict: Verdict::Fine, says: says.into(), advice: None }
    }

    /// Not looked at, and why.
    pub fn skipped(says: impl Into<String>) -> Self {
        Self { verdict: Verdict::Skipped, says: says.into(), advice: None }
    }

    /// Worth a look.
    pub fn warning(says: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { verdict: Verdict::Warning, says: says.into(), advice: Some(advice.into()) }
    }

    /// Does not work.
    pub fn failed(says: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { verdict: Verdict::Failed, says: says.into(), advice: Some(advice.into()) }
    }
}

/// What the doctor is told of the place.
#[derive(Debug)]
pub struct Patient<'a> {
    /// What the operator set.
    pub config: &'a Config,
    /// The file that it came from.
    pub config_file: Option<&'a Path>,
    /// The calendar files that the configuration names.
    pub files: Result<Vec<File>, String>,
    /// The database, opened for a look; `None`: there is none yet.
    pub store: Result<Option<Store>, StoreError>,
    /// Which process holds the database's lock.
    pub holder: Result<Option<u32>, String>,
    /// Now.
    pub now: DateTime<Utc>,
}

impl Patient<'_> {
    fn today(&self) -> NaiveDate {
        clock::civil_day(self.now)
    }

    /// The database, where it is there, can be read and is of this program's version.
    fn readable_store(&self) -> Option<&Store> {
        let store = self.store.as_ref().ok()?.as_ref()?;
        (store.version().ok()? == crate::store::schema::known_version()).then_some(store)
    }

    /// The timelines that the service uses: those loaded, else those configured.
    fn almanac(&self) -> Option<Almanac> {
        let loaded = self.readable_store().and_then(|store| load::almanac(store).ok().flatten());
        loaded.or_else(|| self.files.as_ref().ok().map(|files| crate::calendar_file::read(files).0))
    }
}

/// What one look is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// This machine alone.
    Machine,
    /// Others on the network.
    Network,
}

/// One check: its name, what it needs, and how it is done.
pub struct Check {
    /// As it stands in output.
    pub name: &'static str,
    /// Whether others are spoken to.
    pub needs: Needs,
    look: fn(&Patient<'_>) -> Vec<Finding>,
}

const fn check(name: &'static str, needs: Needs, look: fn(&Patient<'_>) -> Vec<Finding>) -> Check {
    Check { name, needs, look }
}

/// All checks, in the order in which an operator would go.
pub const CHECKS: &[Check] = &[
    check("configuration", Needs::Machine, settings::configuration),
    check("credentials", Needs::Machine, settings::credentials),
    check("key", Needs::Machine, settings::key),
    check("database", Needs::Machine, database::database),
    check("backup", Needs::Machine, keeping::backup),
    check("erased", Needs::Machine, keeping::erasures),
    check("grounds", Needs::Machine, keeping::grounds),
    check("free space", Needs::Machine, machine::free_space),
    check("permissions", Needs::Machine, rights::permissions),
    check("clock", Needs::Machine, machine::the_clock),
    check("time zone", Needs::Machine, machine::time_zone),
    check("calendars", Needs::Machine, timelines::calendars),
    check("calendar age", Needs::Machine, timelines::age),
    check("coverage", Needs::Machine, timelines::coverage),
    check("service", Needs::Machine, copies::service),
    check("copies", Needs::Machine, copies::copies),
    check("outbox", Needs::Machine, database::outbox),
    check("mail server", Needs::Network, server::mail_server),
    check("SPF", Needs::Network, dns::spf),
    check("DKIM", Needs::Network, dns::dkim),
    check("DMARC", Needs::Network, dns::dmarc),
];

/// Does one check.
pub fn examine(check: &Check, patient: &Patient<'_>) -> Vec<Finding> {
    (check.look)(patient)
}

fn local(at: DateTime<Utc>) -> String {
    clock::local(at).format("%Y-%m-%d %H:%M").to_string()
}

fn count(number: u64, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}
