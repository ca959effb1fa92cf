//! Databases that several parts need, made once in a run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use deadlines::calendar_file::{self, embedded};
use deadlines::clock::instant;
use deadlines::domain::agenda;
use deadlines::domain::leads::Leads;
use deadlines::domain::practices::Happened;
use deadlines::domain::quiet::Quiet;
use deadlines::domain::working_days::shift;
use deadlines::job::generate::practices::practice;

use crate::child::{self, Measured};
use crate::world::World;

const CONFIG: &str = "[log]\nfilter = \"warn\"\n";

/// The morning of the busiest day, for as many practices as anybody asked for.
#[derive(Default)]
pub struct Stock {
    mornings: BTreeMap<u32, Morning>,
}

/// A database before the morning's planning and after it.
pub struct Morning {
    world: World,
    /// What the planning took.
    pub planned: Measured,
}

impl Stock {
    pub fn morning(&mut self, practices: u32) -> &Morning {
        self.mornings.entry(practices).or_insert_with(|| Morning::make(practices, 0))
    }

    /// A large one that nobody needs any more.
    pub fn clear(&mut self, practices: u32) {
        self.mornings.remove(&practices);
    }
}

impl Morning {
    /// With as many rows of a past in the ledger.
    pub fn make(practices: u32, ledger_rows: u32) -> Self {
        let (world, day) = (World::new(CONFIG), busiest_day());
        world.generate(Some(&shift(day, -1).to_string()), practices, ledger_rows);
        child::run(&["plan", &world.config(), &(morning() - TimeDelta::hours(12)).to_rfc3339()]);
        world.copy("before.sqlite");
        let planned = child::run(&["plan", &world.config(), &morning().to_rfc3339()]);
        world.copy("after.sqlite");
        Self { world, planned }
    }

    pub fn before(&self) -> PathBuf {
        self.world.path("before.sqlite")
    }

    pub fn after(&self) -> PathBuf {
        self.world.path("after.sqlite")
    }

    /// A world of its own, as it was before.
    pub fn evening(&self) -> World {
        filled(&self.before())
    }

    /// A world of its own, as it was after.
    pub fn planned_world(&self) -> World {
        filled(&self.after())
    }
}

fn filled(database: &Path) -> World {
    let world = World::new(CONFIG);
    world.fill(database);
    world
}

/// When mail of the busiest day begins to go out.
pub fn morning() -> DateTime<Utc> {
    instant(busiest_day(), NaiveTime::from_hms_opt(7, 0, 0).unwrap())
}

/// The day on which most of a sample of practices have something due.
pub fn busiest_day() -> NaiveDate {
    let (almanac, _) = calendar_file::read(&embedded::files());
    let (leads, early) = (Leads::default(), NaiveDate::from_ymd_opt(2022, 1, 1).unwrap());
    let mut days: BTreeMap<NaiveDate, u32> = BTreeMap::new();
    for number in 0..300 {
        let practice = practice(&almanac, 1, number, early);
        for entry in agenda::entries(&almanac, &practice, &Happened::new(), early, early) {
            let kind = entry.occurrence.milestone.kind;
            for lead in leads.of(&entry.occurrence) {
                *days.entry(Quiet::default().due_day(kind.class(), entry.occurrence.last_day, lead)).or_default() += 1;
            }
        }
    }
    days.into_iter().max_by_key(|(_, count)| *count).map(|(day, _)| day).unwrap()
}
