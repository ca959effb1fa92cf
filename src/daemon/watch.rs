//! What the log says of the lane: each change once, and a held lane every hour.

use tracing::{error, info, warn};

use crate::daemon::masked::masked;
use crate::job::database::Database;
use crate::store::lane::{Lane, LaneState};

/// How many turns pass before a held lane is named again: about an hour of minutely ones.
const TURNS: u32 = 60;

/// Remembers what was said last.
#[derive(Debug, Default)]
pub struct Watch {
    last: Option<LaneState>,
    turns: u32,
}

impl Watch {
    /// Looks at the lane and says what has changed. A database that cannot be read has been named by those who needed it.
    pub async fn look(&mut self, database: &Database) {
        let Ok(lane) = database.run(|store| store.lane()).await else { return };
        self.turns += 1;
        let is_reminder = lane.state == LaneState::Held && self.turns >= TURNS;
        if self.last == Some(lane.state) && !is_reminder {
            return;
        }
        if self.last.is_some() || lane.state != LaneState::Open {
            say(&lane);
        }
        (self.last, self.turns) = (Some(lane.state), 0);
    }
}

fn say(lane: &Lane) {
    let reason = masked(lane.reason.as_deref().unwrap_or_default());
    match lane.state {
        LaneState::Open => info!(event = "lane-open", "mail leaves again"),
        LaneState::Resting => {
            let until = lane.rest_until.map(|until| until.to_rfc3339()).unwrap_or_default();
            warn!(event = "lane-resting", reason, until, "the mail server cannot be reached or wants less; mail waits");
        }
        LaneState::Held => {
            error!(event = "lane-held", reason, since = %lane.since, "no mail leaves: mend the cause, then `deadlines outbox release`");
        }
    }
}
