//! What the service manager is told (sd_notify(3)), and its watchdog. Where none listens, nobody is told and nothing is different.
//!
//! The variables that name it stay in the environment: only unsafe code can take them out, and this program starts no others that could
//! speak in its name; the unit's `NotifyAccess=main` would not hear them either.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sd_notify::NotifyState;
use tracing::warn;

use crate::clock::Stopwatch;
use crate::job::progress::Progress;

/// The service manager: systemd, or nobody.
#[derive(Debug, Clone, Default)]
pub struct Manager {
    /// How long the longest step may take, in seconds.
    longest_step_s: Arc<AtomicU64>,
}

/// The watchdog is fed no more often than this, and at least ten times as often as it has to be: thousands of mails a second are one piece of news.
const FEED_EVERY: Duration = Duration::from_secs(1);

/// What an idle service waits from one tick to the next, and half as much again for a busy machine.
const BETWEEN_TURNS: Duration = Duration::from_secs(90);

/// How long stopping takes beside the mail in hand: planning finishes its batch, connections say goodbye.
const BESIDE_THE_MAIL: Duration = Duration::from_secs(30);

/// What `systemctl status` shows is one line, and a short one.
const LONGEST_STATUS: usize = 500;

impl Manager {
    /// The service works, or has finished a reload, well or not.
    pub fn ready(&self, status: &str) {
        tell(&[NotifyState::Ready, NotifyState::Status(&one_line(status))]);
    }

    /// What goes on, in words.
    pub fn status(&self, status: &str) {
        tell(&[NotifyState::Status(&one_line(status))]);
    }

    /// A reload was asked for and begins as soon as the mails in hand are finished. [`Manager::ready`] ends it.
    pub fn reloading(&self) {
        // Tells systemd 253 and later that this answers its signal and no earlier one.
        match NotifyState::monotonic_usec_now() {
            Ok(now) => tell(&[NotifyState::Reloading, now]),
            Err(error) => warn!(event = "manager-unreachable", %error, "the service manager is not told of the reload"),
        }
    }

    /// The service stops after the mail in hand, and asks for the time that this may take.
    pub fn stopping(&self) {
        let longest = Duration::from_secs(self.longest_step_s.load(Ordering::Relaxed)) + BESIDE_THE_MAIL;
        let extend = format!("EXTEND_TIMEOUT_USEC={}", longest.as_micros());
        tell(&[NotifyState::Stopping, NotifyState::Status("stopping after the mail in hand"), NotifyState::Custom(&extend)]);
    }

    /// Makes room for a step that may take this long. A watchdog that is more patient than that stays as it is.
    pub fn allow(&self, longest_step: Duration) {
        self.longest_step_s.store(longest_step.as_secs(), Ordering::Relaxed);
        if let Some(configured) = sd_notify::watchdog_enabled() {
            let patience = configured.max(longest_step + BETWEEN_TURNS);
            tell(&[NotifyState::Custom(&format!("WATCHDOG_USEC={}", patience.as_micros()))]);
        }
    }

    /// Progress that feeds the watchdog, where there is one. There is no timer that feeds it.
    pub fn progress(&self) -> Progress {
        let Some(configured) = sd_notify::watchdog_enabled() else { return Progress::default() };
        let feed_every = FEED_EVERY.min(configured / 10);
        let last: Mutex<Option<Stopwatch>> = Mutex::default();
        Progress::told_to(move || {
            let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
            if last.is_none_or(|fed| fed.passed() >= feed_every) {
                tell(&[NotifyState::Watchdog]);
                *last = Some(Stopwatch::start());
            }
        })
    }
}

fn tell(what: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(what) {
        warn!(event = "manager-unreachable", %error, "the service manager could not be told how the service is");
    }
}

fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().filter(|c| !c.is_control()).take(LONGEST_STATUS).collect()
}
