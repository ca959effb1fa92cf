//! The only reader of the real clock.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Europe::Amsterdam;
use chrono_tz::Tz;

use crate::domain::decide::Now;

/// Where "now" comes from. Every unit of work asks once and passes the answer on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// The machine's clock.
    Real,
    /// A fixed instant, for tests, simulation and `--as-of`.
    Fixed(DateTime<Utc>),
}

impl Clock {
    /// The instant now.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the real clock")]
    pub fn now(self) -> DateTime<Utc> {
        match self {
            Self::Real => Utc::now(),
            Self::Fixed(at) => at,
        }
    }
}

/// The instant on the wall clock in Amsterdam.
pub fn local(at: DateTime<Utc>) -> DateTime<Tz> {
    at.with_timezone(&Amsterdam)
}

/// The civil day in Amsterdam.
pub fn civil_day(at: DateTime<Utc>) -> NaiveDate {
    local(at).date_naive()
}

/// The instant as planning sees it.
pub fn planning_now(at: DateTime<Utc>) -> Now {
    let local = local(at);
    Now { day: local.date_naive(), time: local.time() }
}

/// The instant at which a wall clock in Amsterdam shows this; in the hour that does not exist in spring, the instant after the gap.
pub fn instant(day: NaiveDate, time: chrono::NaiveTime) -> DateTime<Utc> {
    let wall = day.and_time(time);
    let mut shown = wall.and_local_timezone(Amsterdam);
    if shown.earliest().is_none() {
        shown = (wall + chrono::TimeDelta::hours(1)).and_local_timezone(Amsterdam);
    }
    shown.earliest().map_or_else(|| wall.and_utc(), |at| at.with_timezone(&Utc))
}

/// Compares how far the wall clock moved with how much time really passed.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch {
    instant: std::time::Instant,
    wall: std::time::SystemTime,
}

impl Stopwatch {
    /// Begins now.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the real clock")]
    pub fn start() -> Self {
        Self { instant: std::time::Instant::now(), wall: std::time::SystemTime::now() }
    }

    /// How much time has really passed since the start.
    pub fn passed(self) -> std::time::Duration {
        self.instant.elapsed()
    }

    /// How far apart the two are since the start.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the real clock")]
    pub fn divergence(self) -> std::time::Duration {
        let passed = self.instant.elapsed();
        match std::time::SystemTime::now().duration_since(self.wall) {
            Ok(wall) => wall.abs_diff(passed),
            Err(back) => back.duration() + passed,
        }
    }
}
