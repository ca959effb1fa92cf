//! `[retention]`: how long what is kept is kept. What the promises need stays whatever stands here.

use std::ops::RangeInclusive;
use std::time::Duration;

use crate::config::read::{finish, set_duration};
use crate::toml_reader::Table;

const DAY: Duration = Duration::from_secs(86_400);

/// How long each class of data is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Mails that came to an end, with their answers and what they told: from the last day that they told, or from their end.
    pub mails: Duration,
    /// The bytes of a mail that was handed over without an answer, once it was given up.
    pub bytes: Duration,
    /// Answers of mail servers that decided nothing.
    pub attempts: Duration,
    /// What the operator was told.
    pub notices: Duration,
    /// Messages that came in and were set aside for a person.
    pub inbound: Duration,
    /// What is left of practices and addresses that were removed.
    pub removed: Duration,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            mails: 104 * 7 * DAY,
            bytes: 84 * DAY,
            attempts: 364 * DAY,
            notices: 58 * 7 * DAY,
            inbound: 84 * DAY,
            removed: 104 * 7 * DAY,
        }
    }
}

pub(in crate::config) fn read(table: &Table<'_, '_>, retention: &mut Retention) {
    let at_least = |days: u32| -> RangeInclusive<Duration> { days * DAY..=20 * 364 * DAY };
    // A correction can come a season later, and goes only to whom the ledger shows.
    set_duration(table, "mails", at_least(182), &mut retention.mails);
    set_duration(table, "bytes", at_least(14), &mut retention.bytes);
    set_duration(table, "attempts", at_least(14), &mut retention.attempts);
    set_duration(table, "notices", at_least(28), &mut retention.notices);
    set_duration(table, "inbound", at_least(1), &mut retention.inbound);
    set_duration(table, "removed", at_least(28), &mut retention.removed);
    finish(table);
}
