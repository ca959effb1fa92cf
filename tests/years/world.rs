//! The service's jobs as the daemon calls them, on a database in memory, and the years that happen to it.

#![expect(clippy::unwrap_used, reason = "a helper of tests: to panic is to fail the test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;

use chrono::{NaiveTime, TimeDelta};
use deadlines::calendar_file::{File, embedded};
use deadlines::clock::{self, Clock};
use deadlines::config::Config;
use deadlines::domain::almanac::Almanac;
use deadlines::domain::names::{CareType, OccurrenceId, PracticeId};
use deadlines::domain::practices::{Contact, Practice};
use deadlines::job::database::Database;
use deadlines::job::deliver::{Round, deliver};
use deadlines::job::load::{Consent, almanac, load};
use deadlines::job::office::Office;
use deadlines::job::plan::plan;
use deadlines::job::progress::Progress;
use deadlines::mail::memory::MemoryBox;
use deadlines::mail::transport::{Fault, Transport};
use deadlines::store::Store;
use deadlines::store::outbox::State;
use tokio_util::sync::CancellationToken;

use crate::dice::Dice;
use crate::model::{Key, Milestone, Model, SORTS, Subscription, Tick, date, number};
use crate::{Corrected, Told};

const INSURERS: [&str; 3] = ["cz", "zilveren-kruis", "zorg-en-zekerheid"];
const CARE_TYPES: [&str; 2] = ["fysiotherapie", "logopedie"];
const DAYS: i64 = 730;
const PRACTICES: usize = 24;
const MILESTONES: usize = 10;

/// Times of day at which something happens; 02:30 does not exist on one night and exists twice on another.
const TIMES: [(u32, u32); 8] = [(0, 10), (2, 30), (6, 40), (7, 0), (9, 15), (12, 0), (17, 45), (23, 50)];

/// On which days nothing was wrong.
#[derive(Debug, Default)]
pub struct Weather {
    rough: BTreeSet<i64>,
}

impl Weather {
    pub fn is_quiet(&self, from: i64, to: i64) -> bool {
        self.rough.range(from..=to).next().is_none()
    }
}

pub struct World {
    pub weather: Weather,
    pub calendar: Vec<Milestone>,
    pub subscriptions: Vec<Subscription>,
    dice: Dice,
    today: i64,
    last: i64,
    off_until: i64,
    no_server_until: i64,
    clock_off_by: (TimeDelta, i64),
    ticks: usize,
    /// From which tick on an occurrence had which day.
    days: BTreeMap<String, Vec<(usize, Option<i64>)>>,
    /// Which tick accepted which mail.
    sent: BTreeMap<i64, Tick>,
    message_ids: Vec<String>,
    database: Database,
    almanac: Arc<Almanac>,
    /// With a mail server that takes everything, and with one that refuses everything.
    up: (Arc<Office>, MemoryBox),
    down: (Arc<Office>, MemoryBox),
    runtime: tokio::runtime::Runtime,
}

impl World {
    pub fn new(seed: u64) -> Self {
        let first = number("2025-01-01".parse().unwrap());
        let mut world = Self {
            weather: Weather::default(),
            calendar: Vec::new(),
            subscriptions: Vec::new(),
            dice: Dice::new(seed),
            today: first - 1,
            last: first + DAYS,
            off_until: 0,
            no_server_until: 0,
            clock_off_by: (TimeDelta::zero(), 0),
            ticks: 0,
            days: BTreeMap::new(),
            sent: BTreeMap::new(),
            message_ids: Vec::new(),
            database: Database::new(Store::in_memory().unwrap()),
            almanac: Arc::default(),
            up: office(),
            down: office(),
            runtime: tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap(),
        };
        (0..MILESTONES * INSURERS.len()).for_each(|_| world.add_milestone(first));
        world.load(first);
        (0..PRACTICES / 2).for_each(|number| world.subscribe(number, first));
        // Nobody has any days before the first.
        world.weather.rough.extend(first - 5..first);
        world
    }

    pub fn next_day(&mut self) -> Option<i64> {
        self.today += 1;
        (self.today < self.last).then_some(self.today)
    }

    /// The turns of a day; none where the machine is off.
    pub fn ticks(&mut self, day: i64) -> Vec<Tick> {
        self.change_weather(day);
        if day < self.off_until {
            self.weather.rough.insert(day);
            return Vec::new();
        }
        if day < self.no_server_until {
            self.weather.rough.insert(day);
        }
        let chosen: Vec<(u32, u32)> = TIMES.into_iter().filter(|time| *time == (12, 0) || !self.dice.once_in(3)).collect();
        let off_by = if day < self.clock_off_by.1 { self.clock_off_by.0 } else { TimeDelta::zero() };
        chosen.into_iter().map(|time| self.turn(day, time, off_by)).collect()
    }

    fn turn(&mut self, day: i64, (hour, minute): (u32, u32), off_by: TimeDelta) -> Tick {
        let at = clock::instant(date(day), NaiveTime::from_hms_opt(hour, minute, 0).unwrap()) + off_by;
        let local = clock::local(at);
        if off_by != TimeDelta::zero() {
            self.weather.rough.extend([day, number(local.date_naive())]);
        }
        self.ticks += 1;
        let morning = local.time() >= NaiveTime::from_hms_opt(7, 0, 0).unwrap();
        Tick { number: self.ticks, at, day: number(local.date_naive()), morning }
    }

    fn change_weather(&mut self, day: i64) {
        let length = |dice: &mut Dice| i64::try_from(1 + dice.below(6) * dice.below(6)).unwrap();
        if self.dice.once_in(50) {
            self.off_until = day + length(&mut self.dice);
        }
        if self.dice.once_in(50) {
            self.no_server_until = day + length(&mut self.dice);
        }
        if self.dice.once_in(70) {
            let hours = i64::try_from(self.dice.below(40 * 24)).unwrap();
            let sign = if self.dice.once_in(2) { -1 } else { 1 };
            self.clock_off_by = (TimeDelta::hours(sign * hours), day + 1 + i64::try_from(self.dice.below(2)).unwrap());
        }
    }

    /// What people do during the day, by the right clock.
    pub fn live(&mut self, day: i64, model: &mut Model) {
        if self.dice.once_in(20) {
            self.change_calendar(day, model);
        }
        if self.dice.once_in(8) {
            let number = usize::try_from(self.dice.below(PRACTICES as u64)).unwrap();
            self.subscribe(number, day);
        }
        if self.dice.once_in(3) {
            self.handle_something(day, model);
        }
    }

    fn add_milestone(&mut self, day: i64) {
        let insurer = *self.dice.pick(&INSURERS);
        let sort = *self.dice.pick(&SORTS);
        let last_day = day + i64::try_from(self.dice.below(u64::try_from(self.last - day + 20).unwrap())).unwrap();
        let id = format!("{insurer}/proef/m{}", self.days.len());
        self.days.insert(id.clone(), vec![(self.ticks, Some(last_day))]);
        self.calendar.push(Milestone { insurer, id, sort, last_day });
    }

    fn change_calendar(&mut self, day: i64, model: &mut Model) {
        for _ in 0..1 + self.dice.below(3) {
            let chosen = usize::try_from(self.dice.below(self.calendar.len() as u64)).unwrap();
            let old_day = self.calendar[chosen].last_day;
            let new_day = old_day + i64::try_from(self.dice.below(60)).unwrap() - 30;
            let id = self.calendar[chosen].id.clone();
            let days = self.days.get_mut(&id).unwrap();
            if self.dice.once_in(4) {
                days.push((self.ticks, None));
                self.calendar.remove(chosen);
                self.add_milestone(day);
            } else {
                days.push((self.ticks, Some(new_day)));
                self.calendar[chosen].last_day = new_day;
            }
            if new_day != old_day || !self.calendar.iter().any(|milestone| milestone.id == id) {
                model.moved(&id, old_day, day);
            }
        }
        self.load(day);
    }

    fn load(&mut self, day: i64) {
        let (files, now) = (files(&self.calendar), clock::instant(date(day), NaiveTime::MIN));
        let database = self.database.clone();
        let loaded = database.run(move |store| {
            load(store, &files, "the years", Consent::Confirmed, now).unwrap();
            almanac(store).unwrap().unwrap()
        });
        self.almanac = Arc::new(self.runtime.block_on(loaded));
    }

    /// A new practice, or a further subscription of one that is there.
    fn subscribe(&mut self, practice: usize, day: i64) {
        let practice = format!("p{practice}");
        for _ in 0..1 + self.dice.below(2) {
            let (insurer, care_type) = (*self.dice.pick(&INSURERS), *self.dice.pick(&CARE_TYPES));
            let known = |s: &Subscription| s.practice == practice && s.insurer == insurer && s.care_type == care_type;
            if !self.subscriptions.iter().any(known) {
                self.subscriptions.push(Subscription { practice: practice.clone(), insurer, care_type, since: day });
            }
        }
        let entry = self.practice(&practice);
        self.write(day, move |work| work.put_practice(&entry, date(day)).unwrap());
    }

    fn practice(&self, id: &str) -> Practice {
        let contacts = self.addresses(id).into_iter().map(Contact::new).collect();
        let own = self.subscriptions.iter().filter(|s| s.practice == id);
        let subscription =
            |s: &Subscription| deadlines::domain::practices::Subscription::new(s.insurer.into(), CareType::from(s.care_type));
        Practice { contacts, subscriptions: own.map(subscription).collect(), ..Practice::new(PracticeId::from(id), id) }
    }

    /// Every third practice has two.
    pub fn addresses(&self, practice: &str) -> Vec<String> {
        let third = practice.ends_with(['0', '3', '6', '9']);
        (0..if third { 2 } else { 1 }).map(|number| format!("a{number}@{practice}.example")).collect()
    }

    fn handle_something(&mut self, day: i64, model: &mut Model) {
        let subscription = self.dice.pick(&self.subscriptions).clone();
        let near = |m: &&Milestone| m.insurer == subscription.insurer && (day - 5..day + 40).contains(&m.last_day);
        let Some(milestone) = self.calendar.iter().find(near) else { return };
        let (occurrence, last_day) = (milestone.id.clone(), milestone.last_day);
        let key = Key { practice: subscription.practice, occurrence, care_type: subscription.care_type, last_day };
        model.done(&key, day);
        self.write(day, move |work| {
            let (practice, occurrence) = (PracticeId::from(key.practice.as_str()), OccurrenceId::new(key.occurrence));
            work.record_done(&practice, &occurrence, &CareType::from(key.care_type), date(key.last_day)).unwrap();
        });
    }

    fn write(&self, day: i64, write: impl FnOnce(&deadlines::store::Work<'_>) + Send + 'static) {
        let now = clock::instant(date(day), NaiveTime::from_hms_opt(23, 59, 0).unwrap());
        self.runtime.block_on(self.database.run(move |store| {
            let work = store.begin(now).unwrap();
            write(&work);
            work.commit().unwrap();
        }));
    }

    /// One turn of the service.
    pub fn tick(&mut self, tick: Tick) {
        let (office, memory) = if self.today < self.no_server_until { self.down.clone() } else { self.up.clone() };
        let (almanac, rules, now) = (self.almanac.clone(), office.rules.clone(), tick.at);
        self.runtime.block_on(self.database.run(move |store| {
            plan(store, &almanac, &rules, now).unwrap();
        }));
        if self.today < self.no_server_until {
            (0..1000).for_each(|_| memory.refuse_next(Fault::Transient, "no connection"));
        }
        let round = Round {
            database: self.database.clone(),
            almanac: self.almanac.clone(),
            office,
            clock: Clock::Fixed(tick.at),
            stop: CancellationToken::new(),
            pause: CancellationToken::new(),
            progress: Progress::default(),
        };
        self.runtime.block_on(deliver(&round)).unwrap();
        let taken = memory.take();
        if !taken.is_empty() {
            let ids: BTreeSet<String> = taken.into_iter().map(|mail| mail.message_id).collect();
            self.remember(&ids, tick);
        }
    }

    fn remember(&mut self, ids: &BTreeSet<String>, tick: Tick) {
        let at = tick.at;
        let mails = self.runtime.block_on(self.database.run(move |store| store.mails_sent_at(at).unwrap()));
        for mail in mails.iter().filter(|mail| mail.message_id.as_ref().is_some_and(|id| ids.contains(id))) {
            self.sent.entry(mail.id).or_insert(tick);
        }
        self.message_ids.extend(ids.iter().cloned());
    }

    pub fn accepted(&self) -> usize {
        self.message_ids.len()
    }

    pub fn message_ids(&self) -> BTreeSet<&String> {
        self.message_ids.iter().collect()
    }

    /// Everything that the ledger says was told.
    pub fn told(&self) -> Vec<Told> {
        let ids: Vec<i64> = self.sent.keys().copied().collect();
        let read = move |store: &mut Store| (store.mails(&[State::Sent], None).unwrap(), store.told_by(&ids).unwrap());
        let (mails, told) = self.runtime.block_on(self.database.run(read));
        assert_eq!(mails.len(), self.accepted(), "the outbox says something else than the server");
        let mut all = Vec::new();
        for mail in mails {
            for key in &told[&mail.id] {
                let care_type = *CARE_TYPES.iter().find(|care_type| **care_type == key.care_type.as_str()).unwrap();
                let (practice, occurrence) = (mail.practice.to_string(), key.occurrence.to_string());
                let of = Key { practice, occurrence, care_type, last_day: number(key.last_day) };
                all.push(Told { email: mail.email.clone(), key: of, lead: i64::from(key.lead.0), tick: self.sent[&mail.id].number });
            }
        }
        all
    }

    /// Every day that a correction told.
    pub fn corrected(&self) -> Vec<Corrected> {
        let read = |store: &mut Store| {
            let mails = store.mails(&[State::Sent], None).unwrap();
            let corrections = mails.into_iter().filter(|mail| mail.kind.starts_with("correction"));
            corrections.map(|mail| (store.told_in(mail.id).unwrap(), mail)).collect::<Vec<_>>()
        };
        let mut all = Vec::new();
        for (told, mail) in self.runtime.block_on(self.database.run(read)) {
            for (told, _) in told.into_iter().filter(|(told, _)| !told.withdrawn) {
                let care_type = *CARE_TYPES.iter().find(|care_type| **care_type == told.care_type.as_str()).unwrap();
                let (practice, occurrence) = (mail.practice.to_string(), told.occurrence.to_string());
                let key = Key { practice, occurrence, care_type, last_day: number(told.last_day) };
                all.push(Corrected { email: mail.email.clone(), key, tick: self.sent[&mail.id] });
            }
        }
        all
    }

    /// Whether the occurrence had that day in that tick.
    pub fn was_true(&self, key: &Key, tick: usize) -> bool {
        let days = &self.days[&key.occurrence];
        // What changed after a tick holds from the next one on.
        days.iter().rev().find(|(since, _)| *since < tick).is_some_and(|(_, day)| *day == Some(key.last_day))
    }
}

fn office() -> (Arc<Office>, MemoryBox) {
    let memory = MemoryBox::default();
    let config = "[mail]\nwelcome = false\nseason_overview = false\n";
    // The key is made there, and read at once.
    let folder = tempfile::tempdir().unwrap();
    let (office, _) = Office::new(&Config::parse("years.toml", config, folder.path()).unwrap()).unwrap();
    (Arc::new(Office { transport: Transport::Memory(memory.clone()), couriers: 1, ..office }), memory)
}

fn files(calendar: &[Milestone]) -> Vec<File> {
    let names = embedded::files().into_iter().filter(File::is_names);
    let policy = |insurer: &&str| {
        let mut text = format!(
            "insurer = \"{insurer}\"\ntitle = \"Proefbeleid\"\ncare_types = [\"fysiotherapie\", \"logopedie\"]\n\n[source]\ndocument = \"Proef\"\n\n"
        );
        for Milestone { id, sort, last_day, .. } in calendar.iter().filter(|milestone| milestone.insurer == *insurer) {
            let local = id.rsplit('/').next().unwrap();
            let (precision, word) = (if sort.is_event { "on" } else { "by" }, sort.word);
            writeln!(
                text,
                "[[milestone]]\nid = \"{local}\"\nkind = \"{word}\"\ntitle = \"{local}\"\nsection = \"1\"\n{precision} = {}\n",
                date(*last_day)
            )
            .unwrap();
        }
        File::new(format!("{insurer}/proef.toml"), text)
    };
    names.chain(INSURERS.iter().map(policy)).collect()
}
