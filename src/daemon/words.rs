//! What goes on, in words, for `systemctl status`.

use chrono::{DateTime, Utc};

use crate::clock;
use crate::daemon::masked::masked;
use crate::daemon::service::Failed;
use crate::store::Store;
use crate::store::error::StoreError;
use crate::store::identity::Fence;
use crate::store::lane::{Lane, LaneState};
use crate::store::outlook::Outlook;

/// What is said in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// The way to the mail server.
    pub lane: Lane,
    /// Whether this looks like a copy.
    pub fence: Option<Fence>,
    /// What is due, and what comes next.
    pub outlook: Outlook,
}

impl Picture {
    /// Looks at the database.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(store: &Store, now: DateTime<Utc>) -> Result<Self, StoreError> {
        Ok(Self { lane: store.lane()?, fence: store.fence()?, outlook: store.outlook(now)? })
    }
}

/// One line, the gravest first. Holds no address.
pub fn words(picture: &Picture, failed: &[Failed], refused: Option<&str>) -> String {
    let mut parts = Vec::new();
    if let Some(Fence { since, why }) = &picture.fence {
        parts.push(format!("practices' mail is held since {}: {why}", local(*since)));
    }
    parts.extend(lane(&picture.lane));
    parts.extend(failed.iter().map(|Failed(what)| format!("{what}; tried again in a minute")));
    parts.push(due(&picture.outlook));
    parts.extend(next(&picture.outlook));
    if let Some(reason) = refused {
        parts.push(format!("older configuration or calendars are in use: {reason}"));
    }
    masked(&parts.join("; "))
}

fn lane(lane: &Lane) -> Option<String> {
    let reason = lane.reason.as_deref().unwrap_or_default();
    match lane.state {
        LaneState::Open => None,
        LaneState::Resting => {
            let until = lane.rest_until.map(local).unwrap_or_default();
            Some(format!("mail rests until {until}, since {}: {reason}", local(lane.since)))
        }
        LaneState::Held => Some(format!("no mail leaves since {}: {reason}", local(lane.since))),
    }
}

fn due(outlook: &Outlook) -> String {
    match (outlook.due, outlook.oldest_due) {
        (0, _) | (_, None) => "nothing is due".to_owned(),
        (1, Some(since)) => format!("1 mail is due since {}", local(since)),
        (count, Some(since)) => format!("{count} mails are due, the oldest since {}", local(since)),
    }
}

fn next(outlook: &Outlook) -> Vec<String> {
    let waiting = match outlook.waiting {
        0 => None,
        1 => outlook.next_mail.map(|at| format!("1 mail waits until {}", local(at))),
        count => outlook.next_mail.map(|at| format!("{count} mails wait, the next until {}", local(at))),
    };
    let look = outlook.next_look.map(|at| format!("planning looks again at {}", local(at)));
    waiting.into_iter().chain(look).collect()
}

fn local(at: DateTime<Utc>) -> String {
    clock::local(at).format("%Y-%m-%d %H:%M").to_string()
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;

    fn at(hour: u32) -> DateTime<Utc> {
        NaiveDate::from_ymd_opt(2025, 11, 3).and_then(|day| day.and_hms_opt(hour, 0, 0)).map(|at| at.and_utc()).unwrap_or_default()
    }

    fn open() -> Picture {
        Picture {
            lane: Lane {
                state: LaneState::Open,
                since: at(6),
                rest_until: None,
                reason: None,
                by_hand: false,
                failures: 0,
                slowness: 0,
                suspicions: 0,
                suspect: None,
                accepted_at: None,
            },
            fence: None,
            outlook: Outlook { due: 0, oldest_due: None, waiting: 0, next_mail: None, next_look: None },
        }
    }

    #[test]
    fn idle() {
        assert_eq!(words(&open(), &[], None), "nothing is due");
        let outlook = Outlook { waiting: 3, next_mail: Some(at(6)), next_look: Some(at(7)), ..open().outlook };
        let said = words(&Picture { outlook, ..open() }, &[], None);
        assert_eq!(said, "nothing is due; 3 mails wait, the next until 2025-11-03 07:00; planning looks again at 2025-11-03 08:00");
    }

    #[test]
    fn troubles_come_first_and_without_addresses() {
        let mut picture = open();
        picture.outlook = Outlook { due: 12, oldest_due: Some(at(6)), ..picture.outlook };
        picture.lane = Lane {
            state: LaneState::Resting,
            rest_until: Some(at(9)),
            reason: Some("450 <jan@b.example> not now".to_owned()),
            ..picture.lane
        };
        picture.fence = Some(Fence { since: at(5), why: "the twin file is older than the database".to_owned() });
        let said = words(&picture, &[Failed("planning failed")], Some("config.toml:3 bad"));
        assert_eq!(
            said,
            "practices' mail is held since 2025-11-03 06:00: the twin file is older than the database; \
             mail rests until 2025-11-03 10:00, since 2025-11-03 07:00: 450 <…@b.example> not now; planning failed; tried again in a minute; \
             12 mails are due, the oldest since 2025-11-03 07:00; \
             older configuration or calendars are in use: config.toml:3 bad"
        );
    }
}
