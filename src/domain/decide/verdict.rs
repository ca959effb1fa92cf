//! What can be decided, and why: the words that `plan` and `explain` show.

use std::fmt;

use chrono::NaiveDate;

/// Why something does not go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Its time has not come; it becomes due that day.
    NotYet(NaiveDate),
    /// Settled in an earlier run.
    Settled,
    /// A shorter lead is due as well and goes instead.
    Overtaken,
    /// The last day has passed: too late to be of use, told to the operator.
    Passed,
    /// An event of more than fourteen days ago, or a duty, term or advice that is over.
    Stale,
    /// The practice marked it as handled.
    Done,
    /// The practice marked the whole series as handled.
    SeriesDone,
    /// The practice recorded that it happened.
    Happened,
    /// The practice let it rest until that day.
    Snoozed(NaiveDate),
    /// Only the next of several possible starts is mailed.
    LaterStart,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotYet(day) => write!(f, "due on {day}"),
            Self::Settled => f.write_str("settled before"),
            Self::Overtaken => f.write_str("a later reminder goes instead"),
            Self::Passed => f.write_str("its last day has passed: reported to the operator"),
            Self::Stale => f.write_str("over for too long to be worth telling"),
            Self::Done => f.write_str("marked as handled"),
            Self::SeriesDone => f.write_str("its whole series is marked as handled"),
            Self::Happened => f.write_str("happened already"),
            Self::Snoozed(until) => write!(f, "snoozed until {until}"),
            Self::LaterStart => f.write_str("only the next possible start is mailed"),
        }
    }
}

/// Send it, or not and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Goes into today's digest.
    Send,
    /// Stays out.
    Skip(Reason),
}

/// What quiet days do to a reminder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quieted {
    /// Nothing.
    No,
    /// Without them it would be due on this day.
    Moved(NaiveDate),
    /// It goes on one, because the next day for mail would be too late.
    CannotWait,
}

impl fmt::Display for Quieted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::No => Ok(()),
            Self::Moved(day) => write!(f, "moved from {day}, a quiet day"),
            Self::CannotWait => f.write_str("on a quiet day: the next day for mail would be too late"),
        }
    }
}
