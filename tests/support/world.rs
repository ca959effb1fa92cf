//! The program with everything but the world around it: a database in a folder of its own, a clock that is set by hand, mail that stays in
//! memory. What a test does here, the service does too: load, plan, deliver.

#![allow(dead_code, reason = "each test uses its own part")]
#![expect(clippy::unwrap_used, reason = "a helper of tests: to panic is to fail the test")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use deadlines::calendar_file::{File, embedded};
use deadlines::clock::{self, Clock};
use deadlines::config::Config;
use deadlines::domain::almanac::Almanac;
use deadlines::domain::overview::Wanted;
use deadlines::domain::working_days::shift;
use deadlines::job::database::Database;
use deadlines::job::deliver::{Delivered, Round, deliver};
use deadlines::job::load::{Consent, LoadError, Loaded, load};
use deadlines::job::office::Office;
use deadlines::job::operator_mail::queue_for_operator;
use deadlines::job::plan::{Planned, plan};
use deadlines::job::progress::Progress;
use deadlines::mail::memory::MemoryBox;
use deadlines::mail::transport::{Outgoing, Transport};
use deadlines::practice_file::{self, Format};
use deadlines::store::error::StoreError;
use deadlines::store::lane::Lane;
use deadlines::store::outbox::{Mail, State};
use deadlines::store::{Store, Work};
use tokio_util::sync::CancellationToken;

/// A policy of CZ for logopedie and dietetiek, made of these milestones; the names are the shipped ones.
pub fn calendar(milestones: &str) -> Vec<File> {
    let head =
        "insurer = \"cz\"\ntitle = \"Proefbeleid\"\ncare_types = [\"logopedie\", \"dietetiek\"]\n\n[source]\ndocument = \"Proef\"\n\n";
    with_names([("cz/proef.toml", format!("{head}{milestones}"))])
}

/// Files beside the shipped names of insurers and care types.
pub fn with_names(files: impl IntoIterator<Item = (&'static str, String)>) -> Vec<File> {
    let names = embedded::files().into_iter().filter(File::is_names);
    names.chain(files.into_iter().map(|(path, content)| File::new(path, content))).collect()
}

/// One milestone of a calendar; its title is its id. `moment` is a key with its value, and what else the table is to hold.
pub fn milestone(id: &str, kind: &str, moment: &str) -> String {
    format!("[[milestone]]\nid = \"{id}\"\nkind = \"{kind}\"\ntitle = \"{id}\"\nsection = \"1\"\n{moment}\n\n")
}

/// The identity of an occurrence of [`calendar`].
pub fn occurrence(id: &str) -> String {
    format!("cz/proef/{id}")
}

/// A practice with one address and a subscription to CZ logopedie since long ago.
pub fn practice(id: &str) -> String {
    practice_since(id, "since = 2020-01-01")
}

/// The same, with these lines in its subscription.
pub fn practice_since(id: &str, lines: &str) -> String {
    let head = format!("[[practice]]\nid = \"{id}\"\nname = \"{id}\"\ncontacts = [{{ email = \"info@{id}.example\" }}]\n");
    format!("{head}{}", subscription("logopedie", lines))
}

/// A further subscription to CZ for the practice above it.
pub fn subscription(care_type: &str, lines: &str) -> String {
    format!("[[practice.subscription]]\ninsurer = \"cz\"\ncare_type = \"{care_type}\"\n{lines}\n")
}

/// A wall clock in Amsterdam: `2025-11-03 07:00`.
pub fn at(local: &str) -> DateTime<Utc> {
    let wall = NaiveDateTime::parse_from_str(local, "%Y-%m-%d %H:%M").unwrap();
    clock::instant(wall.date(), wall.time())
}

/// The same the other way round.
pub fn local(at: DateTime<Utc>) -> String {
    clock::local(at).format("%Y-%m-%d %H:%M").to_string()
}

pub fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// What one tick of the service did.
#[derive(Debug)]
pub struct Tick {
    pub planned: Planned,
    pub delivered: Delivered,
}

/// A mail as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// The wall clock in Amsterdam.
    pub at: String,
    pub to: String,
    pub subject: String,
    /// The plain text.
    pub text: String,
    pub message_id: String,
    pub bytes: Vec<u8>,
}

impl Letter {
    fn new(at: DateTime<Utc>, outgoing: &Outgoing) -> Self {
        let message = mail_parser::MessageParser::default().parse(&outgoing.bytes);
        let (subject, text) = message.map_or_else(Default::default, |message| {
            (message.subject().unwrap_or_default().to_owned(), message.body_text(0).unwrap_or_default().into_owned())
        });
        let (message_id, to) = (outgoing.message_id.clone(), outgoing.recipient.clone());
        Self { at: local(at), to, subject, text, message_id, bytes: outgoing.bytes.clone() }
    }

    /// The attached calendar as it went out.
    pub fn attached(&self) -> Vec<u8> {
        let message = mail_parser::MessageParser::default().parse(&self.bytes).unwrap();
        message.attachment(0).map_or(&b""[..], |part| part.contents()).to_vec()
    }

    /// Leaves the attached calendar behind for a calendar program that is not ours: see .ci/calendar-parser.
    pub fn keep_calendar(&self, name: &str) {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("corrections");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(name), self.attached()).unwrap();
    }

    /// The attached calendar, with long lines put together.
    pub fn calendar(&self) -> String {
        String::from_utf8(self.attached()).unwrap().replace("\r\n ", "").replace("\r\n", "\n")
    }

    /// The attached calendar's events, each with the values of these properties.
    pub fn events(&self, names: &[&str]) -> Vec<String> {
        let calendar = self.calendar();
        let events = calendar.split("BEGIN:VEVENT\n").skip(1).map(|event| {
            event.split("BEGIN:VALARM").next().unwrap_or_default().to_owned() + event.rsplit("END:VALARM").next().unwrap_or_default()
        });
        let value = |event: &str, name: &&str| event.lines().find_map(|line| line.strip_prefix(&format!("{name}:")).map(str::to_owned));
        events.map(|event| names.iter().filter_map(|name| value(&event, name)).collect::<Vec<_>>().join(" ")).collect()
    }

    /// Which of these titles stand in it as an item.
    pub fn tells<'t>(&self, titles: &[&'t str]) -> Vec<&'t str> {
        titles.iter().copied().filter(|title| self.text.lines().any(|line| line == *title)).collect()
    }
}

pub struct World {
    pub memory: MemoryBox,
    folder: tempfile::TempDir,
    config: Config,
    database: Database,
    almanac: Arc<Almanac>,
    office: Arc<Office>,
    now: DateTime<Utc>,
    letters: Vec<Letter>,
    runtime: tokio::runtime::Runtime,
}

impl World {
    /// An empty database, and a wall clock in Amsterdam that shows this.
    pub fn at(now: &str) -> Self {
        Self::with_config(now, "")
    }

    /// The same, with a configuration as an operator writes it.
    pub fn with_config(now: &str, config: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::parse("test.toml", config, folder.path()).unwrap();
        // Tests count reminders; tests/overviews.rs is about what comes beside them.
        config.mail.overviews = Wanted { welcome: false, season: false };
        let memory = MemoryBox::default();
        let office = Arc::new(office(&config, &memory));
        let database = Database::new(Store::open(&config.database).unwrap());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let almanac = Arc::new(Almanac::default());
        Self { memory, folder, config, database, almanac, office, now: at(now), letters: Vec::new(), runtime }
    }

    /// The short way: a calendar and practices.
    pub fn of(now: &str, milestones: &str, practices: &str) -> Self {
        let mut world = Self::at(now);
        world.load(calendar(milestones));
        world.import(practices);
        world
    }

    /// What the clock shows.
    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// Where the database lies, for a connection beside the program's.
    pub fn path(&self) -> PathBuf {
        self.config.database.clone()
    }

    /// A folder that goes away with the world.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Changes rows behind the program's back.
    pub fn poison(&self, sql: &str) {
        let connection = rusqlite::Connection::open(self.path()).unwrap();
        connection.execute_batch("PRAGMA ignore_check_constraints = ON").unwrap();
        connection.execute_batch(sql).unwrap();
    }

    /// Reads another configuration, as a reload does; mail leaves as before.
    pub fn reconfigure(&mut self, config: &str) {
        let mut config = Config::parse("test.toml", config, self.folder.path()).unwrap();
        config.mail.overviews = Wanted { welcome: false, season: false };
        let transport = self.office.transport.clone();
        self.office = Arc::new(Office { transport, ..office(&config, &self.memory) });
        self.config = config;
    }

    /// How mail leaves from now on.
    pub fn leave_by(&mut self, transport: Transport) {
        let couriers = if matches!(transport, Transport::Memory(_)) { 1 } else { self.config.mail.smtp.connections };
        self.office = Arc::new(Office { transport, couriers, ..office(&self.config, &self.memory) });
    }

    /// Loads calendars as the service does: bad ones leave the old in use.
    pub fn try_load(&mut self, files: Vec<File>) -> Result<Loaded, LoadError> {
        let consent = Consent::UpTo(self.config.max_corrections);
        self.load_with(files, consent)
    }

    /// The same, as far as the operator allows.
    pub fn load_with(&mut self, files: Vec<File>, consent: Consent) -> Result<Loaded, LoadError> {
        let now = self.now;
        let loaded = self.store(move |store| load(store, &files, "test", consent, now))?;
        self.almanac = Arc::new(self.store(|store| deadlines::job::load::almanac(store))?.unwrap_or_default());
        Ok(loaded)
    }

    pub fn load(&mut self, files: Vec<File>) -> Loaded {
        match self.try_load(files) {
            Ok(loaded) => loaded,
            Err(error) => panic!("{error}"),
        }
    }

    /// Imports practices as the command does.
    pub fn import(&mut self, toml: &str) {
        let (practices, problems) = practice_file::read("practices.toml", toml, Format::Toml, &self.almanac);
        assert!(!problems.has_errors(), "{problems}");
        let today = clock::civil_day(self.now);
        self.write(move |work| practices.iter().for_each(|practice| work.put_practice(practice, today).unwrap()));
    }

    /// Asks or changes the store directly.
    pub fn store<T: Send + 'static>(&self, ask: impl FnOnce(&mut Store) -> T + Send + 'static) -> T {
        self.runtime.block_on(self.database.run(ask))
    }

    /// Writes in one transaction, now.
    pub fn write<T: Send + 'static>(&self, change: impl FnOnce(&Work<'_>) -> T + Send + 'static) -> T {
        let now = self.now;
        self.store(move |store| {
            let work = store.begin(now).unwrap();
            let done = change(&work);
            work.commit().unwrap();
            done
        })
    }

    /// The process ends here, and starts again as the service does.
    pub fn restart(&mut self) {
        self.database = Database::new(Store::in_memory().unwrap());
        self.database = Database::new(Store::open(&self.config.database).unwrap());
        self.write(|work| work.recover_interrupted().unwrap());
    }

    pub fn set(&mut self, now: &str) {
        self.now = at(now);
    }

    pub fn advance(&mut self, by: TimeDelta) {
        self.now += by;
    }

    /// One turn of the service: plan, queue what the operator has to hear, deliver.
    pub fn tick(&mut self) -> Tick {
        let planned = self.plan();
        let (almanac, office, now) = (self.almanac.clone(), self.office.clone(), self.now);
        self.store(move |store| queue_for_operator(store, &almanac, &office, now)).unwrap();
        Tick { planned, delivered: self.deliver() }
    }

    /// The first half of a turn.
    pub fn plan(&mut self) -> Planned {
        let (almanac, office, now) = (self.almanac.clone(), self.office.clone(), self.now);
        self.store(move |store| plan(store, &almanac, &office.rules, now)).unwrap()
    }

    /// The second half of a turn.
    pub fn deliver(&mut self) -> Delivered {
        self.try_deliver().unwrap()
    }

    /// The same where the database may refuse something.
    pub fn try_deliver(&mut self) -> Result<Delivered, StoreError> {
        let delivered = self.runtime.block_on(deliver(&self.round()));
        let arrived = self.memory.take();
        self.letters.extend(arrived.iter().map(|outgoing| Letter::new(self.now, outgoing)));
        delivered
    }

    fn round(&self) -> Round {
        Round {
            database: self.database.clone(),
            almanac: self.almanac.clone(),
            office: self.office.clone(),
            clock: Clock::Fixed(self.now),
            stop: CancellationToken::new(),
            pause: CancellationToken::new(),
            progress: Progress::default(),
        }
    }

    /// Ticks until nothing moves, then moves the clock to the next attempt of what waits, until nothing does.
    pub fn drain(&mut self) {
        for _ in 0..1000 {
            while !self.tick().delivered.is_nothing() {}
            let waiting = self.outbox(&[State::Queued, State::Deferred, State::Uncertain]);
            let Some(next) = waiting.iter().map(|mail| mail.due_at).min() else { return };
            self.now = self.now.max(next).max(self.lane().rest_until.unwrap_or(next));
        }
        panic!("the outbox does not empty: {:?}", self.states());
    }

    /// Ticks through every day up to and including `last`: at midnight, a minute before seven, at seven and at one.
    pub fn play(&mut self, last: &str) {
        let mut today = clock::civil_day(self.now);
        while today <= day(last) {
            for (hour, minute) in [(0, 0), (6, 59), (7, 0), (13, 0)] {
                let now = clock::instant(today, NaiveTime::from_hms_opt(hour, minute, 0).unwrap());
                if now >= self.now {
                    self.now = now;
                    self.tick();
                }
            }
            today = shift(today, 1);
        }
    }

    /// What is known of the way to the mail server.
    pub fn lane(&self) -> Lane {
        self.store(|store| store.lane()).unwrap()
    }

    /// What has arrived since the last time it was asked.
    pub fn mails(&mut self) -> Vec<Letter> {
        std::mem::take(&mut self.letters)
    }

    /// When what has arrived since the last time it was asked did so.
    pub fn times(&mut self) -> Vec<String> {
        self.mails().into_iter().map(|letter| letter.at).collect()
    }

    /// The mails in some states, none named: all; oldest first.
    pub fn outbox(&self, states: &[State]) -> Vec<Mail> {
        let states = states.to_vec();
        let mut mails = self.store(move |store| store.mails(&states, None)).unwrap();
        mails.sort_by_key(|mail| mail.id);
        mails
    }

    /// Where all mails stand, oldest first.
    pub fn states(&self) -> Vec<State> {
        self.outbox(&[]).into_iter().map(|mail| mail.state).collect()
    }

    /// Marks an occurrence of a practice as handled for the day that it has.
    pub fn done(&self, practice: &str, id: &str, last_day: &str) {
        let (practice, occurrence, last_day) = (practice.into(), occurrence(id).as_str().into(), day(last_day));
        self.write(move |work| work.record_done(&practice, &occurrence, &"logopedie".into(), last_day).unwrap());
    }

    /// Takes the mark back.
    pub fn undo(&self, practice: &str, id: &str) {
        let (practice, occurrence) = (practice.into(), occurrence(id).as_str().into());
        self.write(move |work| work.undo_done(&practice, &occurrence, &"logopedie".into()).unwrap());
    }
}

fn office(config: &Config, memory: &MemoryBox) -> Office {
    let (office, problems) = Office::new(config).unwrap();
    assert!(problems.is_empty(), "{problems:?}");
    Office { transport: Transport::Memory(memory.clone()), couriers: 1, ..office }
}
