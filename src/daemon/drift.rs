//! Noticing that the wall clock was set, or the machine was suspended.

use std::time::Duration;

use crate::clock::Stopwatch;

/// The scheduler keeps due times of the wall clock; when that jumps further than this, it is built anew.
const TOLERANCE: Duration = Duration::from_secs(5);

/// Compares the wall clock with the time that has really passed.
#[derive(Debug)]
pub struct Drift(Stopwatch);

impl Drift {
    /// Begins comparing.
    pub fn begin() -> Self {
        Self(Stopwatch::start())
    }

    /// Whether the wall clock jumped since the last question.
    pub fn jumped(&mut self) -> bool {
        let jumped = self.0.divergence() > TOLERANCE;
        self.0 = Stopwatch::start();
        jumped
    }
}
