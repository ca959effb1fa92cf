//! What every command starts from: the configuration, the clock and the timelines.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use chrono::{NaiveDate, NaiveTime};
use clap::Args;

use crate::calendar_file::{self, File, embedded, folder};
use crate::cli::failure::Failure;
use crate::clock::{self, Clock};
use crate::config::environment::PREFIX;
use crate::config::{Config, Reading};
use crate::domain::agenda::Entry;
use crate::domain::almanac::{Almanac, unknown};
use crate::domain::decide::{Memory, Now, Rules, decide};
use crate::domain::names::PracticeId;
use crate::domain::practices::{Happened, Practice};
use crate::domain::quiet::Quiet;
use crate::domain::working_days::shift;
use crate::job::load;
use crate::job::office::Office;
use crate::store::Store;
use crate::store::practices::Since;
use crate::toml_reader::settings::Setting;

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
    /// What each key came to.
    pub settings: Vec<Setting>,
    /// The file that it came from; `None` for the defaults.
    pub config_file: Option<PathBuf>,
    /// Real, or fixed by `--as-of`.
    pub clock: Clock,
    /// The folder that relative paths count from.
    pub base: PathBuf,
    /// Whether `--as-of` was given.
    pub as_of: Option<NaiveDate>,
}

impl Context {
    /// Finds and reads the configuration.
    pub fn new(everywhere: Everywhere) -> Result<Self, Failure> {
        let config_file = everywhere.config.or_else(usual_place);
        let base = config_file.as_deref().and_then(Path::parent).unwrap_or(Path::new("")).to_owned();
        let Reading { config, settings } = read_config(config_file.as_deref(), &base)?;
        let noon = NaiveTime::from_hms_opt(12, 0, 0).unwrap_or_default();
        let clock = everywhere.as_of.map_or(Clock::Real, |day| Clock::Fixed(clock::instant(day, noon)));
        Ok(Self { config, settings, config_file, clock, base, as_of: everywhere.as_of })
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

    /// The timelines that answers come from: those that the service has loaded, else the configured files.
    pub fn almanac(&self) -> Result<Almanac, Failure> {
        self.almanac_of(&[])
    }

    /// The same for a question about these insurers alone, as they were typed; none means all.
    pub fn almanac_of(&self, insurers: &[String]) -> Result<Almanac, Failure> {
        if self.has_database()? {
            // The database is closed again before its files are read, which takes the memory that it needed.
            let files = self.store()?.calendar_files()?;
            if let Some(almanac) = load::almanac_of(&files, insurers)? {
                return Ok(almanac);
            }
        }
        let files = self.calendar_files()?;
        // What is compiled in was checked by the tests of this very program.
        let is_compiled_in = self.config.calendars.is_none();
        let (almanac, problems) =
            if is_compiled_in { calendar_file::read_checked_of(&files, insurers) } else { calendar_file::read(&files) };
        if problems.has_errors() { Err(Failure::Data(problems.only_errors())) } else { Ok(almanac) }
    }

    /// The database; made if it is not there yet.
    pub fn store(&self) -> Result<Store, Failure> {
        Ok(Store::open(&self.config.database)?)
    }

    /// The database for a look: an empty one where none has been made yet, so that looking leaves nothing behind.
    pub fn store_to_look_at(&self) -> Result<Store, Failure> {
        if self.has_database()? { self.store() } else { Ok(Store::in_memory()?) }
    }

    /// Whether there is a database. One that this user may not see is not taken for none: "no mail is due" would be a lie.
    fn has_database(&self) -> Result<bool, Failure> {
        let database = &self.config.database;
        database.try_exists().map_err(|error| {
            let hint = "it is for the service's user alone, as in sudo -u deadlines deadlines status";
            Failure::Failed(format!("cannot look at {}: {error}; {hint}", database.display()))
        })
    }

    /// A practice of the database; an unknown one names the nearest.
    pub fn practice_in(&self, store: &Store, id: &str, since: Since) -> Result<Practice, Failure> {
        match store.practice(&PracticeId::new(id), since)? {
            Some(practice) => Ok(practice),
            None => {
                let ids = store.practice_ids()?;
                self.known_practice(id, ids.iter().map(PracticeId::as_str))?;
                Err(Failure::Usage(format!("practice \"{id}\" is not there")))
            }
        }
    }

    /// A practice of the database with the days that it recorded.
    pub fn practice(&self, id: &str) -> Result<(Practice, Happened), Failure> {
        let store = self.store_to_look_at()?;
        let practice = self.practice_in(&store, id, self.since())?;
        let happened = store.happened(&practice.id)?;
        Ok((practice, happened))
    }

    /// All practices of the database.
    pub fn practices(&self) -> Result<Vec<Practice>, Failure> {
        Ok(self.store_to_look_at()?.practices(self.since())?)
    }

    /// Refuses a practice that is not among those known.
    pub fn known_practice<'a>(&self, id: &str, known: impl Iterator<Item = &'a str> + Clone) -> Result<(), Failure> {
        if known.clone().any(|other| other == id) {
            return Ok(());
        }
        let count = known.clone().count();
        if count == 0 {
            return Err(Failure::Usage(format!(
                "practice \"{id}\" is not known; there are none yet: see deadlines practice import --help"
            )));
        }
        let shown = known.clone().take(20);
        let error = unknown("practice", id, shown, known.map(|id| (id, id)));
        Err(Failure::Usage(error.to_string().replace("is not in the timelines", "is not known")))
    }

    /// The same practice with only the contacts that mail reaches: who hears what depends on them.
    pub fn within_reach(&self, store: &Store, mut practice: Practice) -> Result<Practice, Failure> {
        let lost = store.lost_addresses(&practice)?;
        practice.contacts.retain(|contact| !lost.contains_key(&contact.email.to_lowercase()));
        Ok(practice)
    }

    /// When reminders go out, as configured.
    pub fn rules(&self) -> Rules {
        let (leads, send_from, overviews) = (self.config.leads.clone(), self.config.sending.from, self.config.mail.overviews);
        Rules { leads, send_from, overviews, quiet: Quiet::default() }
    }

    /// What composing and a test mail need, without keys; templates that do not work are named on standard error.
    pub fn office(&self) -> Result<Office, Failure> {
        let (office, problems) = Office::for_show(&self.config).map_err(|error| Failure::Failed(error.to_string()))?;
        for problem in problems {
            crate::cli::output::note(&format!("warning: {problem}; the compiled-in template is used instead"));
        }
        Ok(office)
    }

    /// The wall clock in Amsterdam, as planning sees it.
    pub fn planning_now(&self) -> Now {
        clock::planning_now(self.clock.now())
    }

    /// The local time now, if `day` is today; midnight on any other day.
    pub fn local_time_on(&self, day: NaiveDate) -> NaiveTime {
        let now = self.planning_now();
        if day == now.day { now.time } else { NaiveTime::MIN }
    }

    /// What a practice will have been told just before a moment: what is on record, and what the days until then would settle.
    pub fn memory_before(
        &self,
        store: &Store,
        rules: &Rules,
        practice: &PracticeId,
        entries: &[Entry<'_>],
        moment: Now,
    ) -> Result<Memory, Failure> {
        let mut memory = store.memory(practice)?;
        memory.settled.retain(|key| shift(key.last_day, -i64::from(key.lead.0)) < moment.day);
        let mut day = shift(moment.day, -400);
        while day < moment.day {
            let decisions = decide(rules, Now { day, time: rules.send_from }, entries, &memory);
            memory.settled.extend(decisions.iter().filter(|decision| decision.settles()).map(crate::domain::decide::Decision::key));
            day = shift(day, 1);
        }
        Ok(memory)
    }
}

/// Reads the configuration once more, for a reload.
pub fn config_from(file: Option<&Path>, base: &Path) -> Result<Config, String> {
    read_config(file, base).map(|reading| reading.config).map_err(|failure| failure.in_words())
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

fn read_config(file: Option<&Path>, base: &Path) -> Result<Reading, Failure> {
    let (name, content) = match file {
        None => (String::new(), String::new()),
        Some(path) => {
            let content = std::fs::read_to_string(path);
            let refused = |error| Failure::failed(format!("cannot read the configuration {}", path.display()), error);
            (path.display().to_string(), content.map_err(refused)?)
        }
    };
    Config::read(&name, &content, base, &environment()?).map_err(Failure::Data)
}

/// The variables that are meant for the configuration.
fn environment() -> Result<Vec<(String, String)>, Failure> {
    let meant = std::env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(PREFIX.as_bytes()));
    let text = |(name, value): (OsString, OsString)| match (name.into_string(), value.into_string()) {
        (Ok(name), Ok(value)) => Ok((name, value)),
        (Err(name), _) => Err(Failure::Usage(format!("the environment variable {} is not UTF-8", name.to_string_lossy()))),
        (Ok(name), Err(_)) => Err(Failure::Usage(format!("what the environment variable {name} holds is not UTF-8"))),
    };
    let mut named = meant.map(text).collect::<Result<Vec<_>, _>>()?;
    named.sort();
    Ok(named)
}
