//! Forgetting what was kept for long enough, a few rows at a time. What the promises need is never among them: mail that waits or of which
//! nobody knows, what was told of days that still lie ahead, the addresses that take no mail while a practice has them, and who unsubscribed.

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::params_from_iter;
use rusqlite::types::Value;

use crate::store::error::StoreError;
use crate::store::{Store, Work};

/// A class of data that is kept for a time of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Mails that came to an end, with their answers and what they told.
    Mails,
    /// Bytes of mails that were given up without an answer.
    Bytes,
    /// Answers of mail servers that decided nothing.
    Attempts,
    /// What the operator was told.
    Notices,
    /// What is left of practices and addresses that were removed.
    Removed,
}

impl Class {
    /// All of them; notices before the mails that told them.
    pub const ALL: [Self; 5] = [Self::Notices, Self::Attempts, Self::Bytes, Self::Mails, Self::Removed];

    /// As the configuration calls it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mails => "mails",
            Self::Bytes => "bytes",
            Self::Attempts => "attempts",
            Self::Notices => "notices",
            Self::Removed => "removed",
        }
    }

    fn steps(self) -> &'static [Step] {
        match self {
            Self::Mails => &MAILS,
            Self::Bytes => &BYTES,
            Self::Attempts => &ATTEMPTS,
            Self::Notices => &NOTICES,
            Self::Removed => &REMOVED,
        }
    }
}

/// Until when a class goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Until {
    /// What ended before this.
    pub instant: DateTime<Utc>,
    /// What was about days before this.
    pub day: NaiveDate,
    /// Today in Amsterdam.
    pub today: NaiveDate,
}

/// Rows of one table that go.
struct Step {
    table: &'static str,
    key: &'static str,
    /// Which go: `?1` is [`Until::instant`], `?2` [`Until::day`], `?3` [`Until::today`].
    condition: &'static str,
    action: Action,
}

enum Action {
    /// The row goes.
    Delete,
    /// A mail goes, with its attempts, what it told and its bytes.
    DeleteMail,
}

const MAILS: [Step; 3] = [
    Step {
        table: "outbox",
        key: "id",
        // Whom the ledger shows can still be corrected, if what was told lies ahead or was moved there.
        condition: "state IN ('sent', 'failed', 'expired', 'cancelled') AND state_since < ?1 \
                    AND NOT EXISTS (SELECT 1 FROM told t WHERE t.mail = outbox.id AND (t.last_day >= ?2 \
                        OR EXISTS (SELECT 1 FROM occurrence o WHERE o.id = t.occurrence AND o.last_day >= ?3))) \
                    AND NOT EXISTS (SELECT 1 FROM notice n WHERE n.mail = outbox.id)",
        action: Action::DeleteMail,
    },
    Step {
        table: "greeted",
        key: "practice, email, occasion",
        condition: "occasion <> 'welcome' AND occasion < ?2 AND at < ?1",
        action: Action::Delete,
    },
    Step { table: "snooze", key: "practice, occurrence, care_type", condition: "until < ?2 AND at < ?1", action: Action::Delete },
];

const BYTES: [Step; 1] = [Step {
    table: "unanswered",
    key: "mail",
    condition: "EXISTS (SELECT 1 FROM outbox o WHERE o.id = unanswered.mail AND o.state IN ('failed', 'expired', 'cancelled') AND o.state_since < ?1)",
    action: Action::Delete,
}];

const ATTEMPTS: [Step; 1] = [Step {
    table: "attempt",
    key: "id",
    // Which attempt was the last decides what was told last, as long as that is uncertain.
    condition: "at < ?1 AND outcome NOT IN ('accepted', 'bounced') \
                AND EXISTS (SELECT 1 FROM outbox o WHERE o.id = attempt.mail AND o.state IN ('sent', 'failed', 'expired', 'cancelled')) \
                AND NOT EXISTS (SELECT 1 FROM told t WHERE t.mail = attempt.mail AND t.uncertain = 1)",
    action: Action::Delete,
}];

const NOTICES: [Step; 1] = [Step { table: "notice", key: "id", condition: "at < ?1 AND mail IS NOT NULL", action: Action::Delete }];

/// Who unsubscribed is not among them: that they want no mail holds whenever they come back.
const REMOVED: [Step; 7] = [
    left_of("done", "practice, occurrence, care_type, last_day"),
    left_of("series_done", "practice, milestone, care_type"),
    left_of("snooze", "practice, occurrence, care_type"),
    left_of("happened", "practice, milestone"),
    left_of("decision", "practice, occurrence, care_type, last_day, lead_days"),
    left_of("greeted", "practice, email, occasion"),
    Step {
        table: "dead_address",
        key: "email",
        condition: "at < ?1 AND NOT EXISTS (SELECT 1 FROM contact c WHERE c.email = dead_address.email)",
        action: Action::Delete,
    },
];

const fn left_of(table: &'static str, key: &'static str) -> Step {
    Step { table, key, condition: "at < ?1 AND practice NOT IN (SELECT id FROM practice)", action: Action::Delete }
}

impl Step {
    fn chosen(&self, limit: &str) -> String {
        let Self { table, key, condition, .. } = self;
        format!("SELECT {key} FROM {table} WHERE {condition} ORDER BY {key}{limit}")
    }

    /// What is done to those chosen, in this order; the last says how many there were.
    fn statements(&self, limit: u32) -> Vec<String> {
        let (table, key, chosen) = (self.table, self.key, self.chosen(&format!(" LIMIT {limit}")));
        match self.action {
            Action::Delete => vec![format!("DELETE FROM {table} WHERE ({key}) IN ({chosen})")],
            Action::DeleteMail => vec![
                format!("DELETE FROM attempt WHERE mail IN ({chosen})"),
                format!("DELETE FROM told WHERE mail IN ({chosen})"),
                format!("DELETE FROM {table} WHERE {key} IN ({chosen})"),
            ],
        }
    }
}

impl Until {
    fn parameters(self) -> [Value; 3] {
        [Value::from(self.instant.timestamp()), Value::from(self.day.to_string()), Value::from(self.today.to_string())]
    }
}

impl Store {
    /// How many rows of a class would go now.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn prunable(&self, class: Class, until: Until) -> Result<u64, StoreError> {
        let mut all = 0;
        for step in class.steps() {
            let mut query = self.reader().prepare(&format!("SELECT count(*) FROM ({})", step.chosen("")))?;
            let used = query.parameter_count();
            let count: i64 = query.query_row(params_from_iter(&until.parameters()[..used]), |row| row.get(0))?;
            all += count.unsigned_abs();
        }
        Ok(all)
    }
}

impl Work<'_> {
    /// Forgets at most `limit` rows of each table of a class; says how many went. None: the class is done.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn prune(&self, class: Class, until: Until, limit: u32) -> Result<u64, StoreError> {
        let mut all = 0;
        for step in class.steps() {
            let mut gone = 0;
            for sql in step.statements(limit) {
                let mut statement = self.connection().prepare(&sql)?;
                let used = statement.parameter_count();
                gone = statement.execute(params_from_iter(&until.parameters()[..used]))? as u64;
            }
            all += gone;
        }
        Ok(all)
    }
}
