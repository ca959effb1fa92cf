//! The service's state in one short sentence, for whoever looks at it from outside: systemd, a log, a screen.

use chrono::{DateTime, Utc};

use crate::clock;
use crate::store::Store;
use crate::store::error::StoreError;
use crate::store::lane::{Lane, LaneState};

/// No line of a status display shows more of a server's words.
const LONGEST_REASON: usize = 160;

/// What holds mail up, gravest first, and how many mails are due and not sent; one line.
///
/// # Errors
/// When the database cannot be read.
pub fn sentence(store: &Store, now: DateTime<Utc>) -> Result<String, StoreError> {
    let way = match store.fence()? {
        Some(fence) => format!("practices' mail is held, for this looks like a copied database: {}", short(&fence.why)),
        None => way(&store.lane()?),
    };
    let due = match store.count_due(now)? {
        0 => "nothing is due".to_owned(),
        1 => "1 mail is due".to_owned(),
        due => format!("{due} mails are due"),
    };
    Ok(format!("{way}; {due}"))
}

fn way(lane: &Lane) -> String {
    let reason = short(lane.reason.as_deref().unwrap_or_default());
    match lane.state {
        LaneState::Open => "mail may leave".to_owned(),
        LaneState::Resting => {
            let until = lane.rest_until.map(|until| clock::local(until).format(" until %H:%M").to_string()).unwrap_or_default();
            format!("mail rests{until}: {reason}")
        }
        LaneState::Held => format!("all mail is held: {reason}"),
    }
}

/// On one line, and no longer than that.
fn short(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= LONGEST_REASON {
        return line;
    }
    line.chars().take(LONGEST_REASON).chain(['…']).collect()
}
