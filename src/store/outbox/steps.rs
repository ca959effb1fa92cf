//! Every way in which a mail goes from one state to another. Each is guarded by the states that it leaves: the update says how many rows it
//! found there, so two that try the same cannot both succeed. `docs/outbox.md` has the picture, and a test holds it against [`STEPS`].
//!
//! A mail that was handed over without an answer keeps its bytes and stays *uncertain* through later refusals for now: they say nothing about
//! that first time. What it told stands in the ledger as uncertain from before the bytes are handed over until an answer is recorded.
//!
//! Lost is what we fear, double is what we accept: a process that dies between the server's acceptance and its record leaves *sending* behind,
//! which the next start turns into *uncertain*.

use chrono::{DateTime, Utc};
use rusqlite::{ToSql, params};

use crate::domain::corrections::Told;
use crate::domain::names::PracticeId;
use crate::store::error::StoreError;
use crate::store::identity::MAY_LEAVE;
use crate::store::outbox::State::{Cancelled, Deferred, Expired, Failed, Held, Queued, Sending, Sent, Uncertain};
use crate::store::outbox::{Attempt, Mail, NOT_SENT, State, read};
use crate::store::{At, Work};

/// A way from one state to another.
#[derive(Debug, PartialEq, Eq)]
pub struct Step {
    /// Its name in the picture.
    pub name: &'static str,
    /// The states that it leaves. A mail in any other stays where it is.
    pub from: &'static [State],
    /// The states that it can lead to.
    pub to: &'static [State],
    /// When it is taken.
    pub when: &'static str,
}

impl Step {
    /// The condition that makes an update harmless for a mail that stands elsewhere. Not `IN`: for more than two words SQLite would make
    /// a table of them each time, which costs more than all the rest of the update.
    fn guard(&self) -> String {
        let states: Vec<String> = self.from.iter().map(|state| format!("state = '{}'", state.as_str())).collect();
        format!("({})", states.join(" OR "))
    }
}

const WAITING: &[State] = &[Queued, Deferred, Uncertain];

/// Where a mail goes that is to be tried again: what was handed over without an answer goes again unchanged.
const AGAIN: &[State] = &[Queued, Uncertain];

const CLAIMED: Step =
    Step { name: "claimed", from: WAITING, to: &[Sending], when: "it is due, its address does not rest, and a courier is free" };
const ACCEPTED: Step = Step { name: "accepted", from: &[Sending], to: &[Sent], when: "the server said 250 after the final dot" };
const PUT_OFF: Step = Step {
    name: "put off",
    from: &[Sending],
    to: &[Deferred, Uncertain],
    when: "it was refused for now; uncertain: it got no answer, now or before",
};
const REFUSED: Step = Step { name: "refused", from: &[Sending], to: &[Failed], when: "it was refused for good, or cannot be composed" };
const DROPPED: Step = Step {
    name: "dropped",
    from: &[Sending],
    to: &[Cancelled, Expired],
    when: "nothing is left to say; expired: it is past, or told anew in another mail",
};
const PUT_BACK: Step =
    Step { name: "put back", from: &[Sending], to: WAITING, when: "the lane is in trouble, not the mail: it is what it was" };
const RECOVERED: Step =
    Step { name: "recovered", from: &[Sending], to: AGAIN, when: "the process had ended; uncertain: it may have been handed over" };
const PARKED: Step = Step { name: "parked", from: WAITING, to: &[Failed], when: "its rows make no sense" };
const DIED: Step = Step { name: "died", from: &[Queued, Deferred], to: &[Failed], when: "its address is dead" };
const RETURNED: Step = Step { name: "returned", from: &[Uncertain], to: &[Failed], when: "a report says that it did not arrive" };
const HELD: Step = Step { name: "held", from: WAITING, to: &[Held], when: "the operator keeps it back" };
const RELEASED: Step = Step { name: "released", from: &[Held], to: AGAIN, when: "the operator lets it go" };
const RETRIED: Step = Step {
    name: "retried",
    from: &[Failed, Deferred, Expired, Held],
    to: AGAIN,
    when: "the operator wants it tried; not what was told anew in another mail",
};
const REVIVED: Step = Step { name: "revived", from: &[Failed], to: AGAIN, when: "its address came back" };
const GIVEN_UP: Step =
    Step { name: "given up", from: &[Queued, Deferred, Held, Failed], to: &[Cancelled], when: "the operator does not want it sent" };
const LEFT: Step = Step {
    name: "left",
    from: &[Queued, Deferred, Held],
    to: &[Cancelled],
    when: "its practice was removed, or its address wants or takes no more",
};

/// All of them; there is no other way.
pub const STEPS: [&Step; 16] = [
    &CLAIMED, &ACCEPTED, &PUT_OFF, &REFUSED, &DROPPED, &PUT_BACK, &RECOVERED, &PARKED, &DIED, &RETURNED, &HELD, &RELEASED, &RETRIED,
    &REVIVED, &GIVEN_UP, &LEFT,
];

/// Why a mail that the operator gave up is cancelled. It settles what it was to tell, unlike one that was dropped.
pub(in crate::store) const BY_THE_OPERATOR: &str = "given up by the operator";

/// The index of addresses holds these states alone.
const TO_ADDRESS: &str = "email = ?4 COLLATE NOCASE AND (state = 'queued' OR state = 'deferred' OR state = 'failed' OR state = 'held')";

impl Work<'_> {
    /// Claims a mail for sending. `None`: somebody else was faster, it no longer waits, its address rests, or the fence holds it.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn claim(&self, id: i64) -> Result<Option<Mail>, StoreError> {
        let Some(mail) = read(self.connection(), id)? else { return Ok(None) };
        if self.address_rests(&mail.email)? {
            return Ok(None);
        }
        let update = format!(
            "UPDATE outbox SET state = 'sending', state_since = ?2, attempts = attempts + 1 WHERE id = ?1 AND {} AND due_at <= ?2 AND {MAY_LEAVE}",
            CLAIMED.guard()
        );
        let claimed = self.connection().prepare_cached(&update)?.execute(params![id, At(self.now)])?;
        Ok((claimed == 1).then_some(mail))
    }

    /// The server accepted it. What it told stands in the told-ledger for certain.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn record_sent(&self, mail: &Mail, told: &[Told], attempt: &Attempt) -> Result<(), StoreError> {
        self.leave_sending(&ACCEPTED, mail.id, Sent, self.now, None)?;
        let attempt = self.record_attempt(mail.id, attempt)?;
        self.write_told(&mail.practice, &mail.email, mail.id, attempt, told)?;
        // Composed in an earlier attempt: what it tells may have been corrected meanwhile, without a word to who had not been told yet.
        if mail.is_unanswered { self.look_again(&mail.practice) } else { Ok(()) }
    }

    /// The attempt did not end in acceptance: deferred until an instant, failed, or uncertain.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn record_refused(&self, id: i64, state: State, due_at: DateTime<Utc>, attempt: &Attempt) -> Result<(), StoreError> {
        let step = if state == Failed { &REFUSED } else { &PUT_OFF };
        self.leave_sending(step, id, state, due_at, Some(&attempt.text))?;
        self.record_attempt(id, attempt).map(|_| ())
    }

    /// Puts a claimed mail back as it was when it was claimed, with its number of attempts: the lane, not the mail, was in trouble.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn put_back(&self, mail: &Mail, due_at: DateTime<Utc>) -> Result<(), StoreError> {
        let update =
            format!("UPDATE outbox SET state = ?2, state_since = ?3, due_at = ?4, attempts = ?5 WHERE id = ?1 AND {}", PUT_BACK.guard());
        let row = params![mail.id, mail.state.as_str(), At(mail.state_since), At(due_at), mail.attempts];
        let is_back = self.connection().prepare_cached(&update)?.execute(row)? == 1;
        if is_back && mail.state != Uncertain { self.forget_unanswered(mail.id) } else { Ok(()) }
    }

    /// What an unanswered mail told is no longer true: it expires, and a new mail under a new key tells what is.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn renew(&self, mail: &Mail) -> Result<(), StoreError> {
        let copy: u32 = mail.kind.split_once('+').and_then(|(_, copy)| copy.parse().ok()).unwrap_or(0);
        let kind = format!("{}+{}", mail.base_kind(), copy + 1);
        let reason = "handed over without an answer, and no longer true: told anew in another mail; whether this one arrived is unknown";
        self.leave_sending(&DROPPED, mail.id, Expired, self.now, Some(reason))?;
        self.queue(&mail.practice, &mail.email, mail.day, &kind, self.now).map(|_| ())
    }

    /// Ends a claimed mail without an attempt: cancelled or expired, with the reason; or failed where it could not be composed.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn close(&self, id: i64, state: State, reason: &str) -> Result<(), StoreError> {
        let step = if state == Failed { &REFUSED } else { &DROPPED };
        self.leave_sending(step, id, state, self.now, Some(reason))
    }

    /// Parks a waiting mail that cannot be worked on, with the reason.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn park(&self, id: i64, reason: &str) -> Result<(), StoreError> {
        self.take(&PARKED, reason, "id = ?4", &[&id]).map(|_| ())
    }

    /// What an earlier process left in the middle: the server may have it. Called at start, when nobody else can be sending.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn recover_interrupted(&self) -> Result<usize, StoreError> {
        Ok(self.connection().execute(&recover(), [At(self.now)])?)
    }

    /// Puts failed, deferred, expired or held mails back in the queue: one, or all that failed. Says how many.
    ///
    /// What an unanswered mail told was told anew in another mail when it expired: that one is not put back.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn retry(&self, id: Option<i64>) -> Result<usize, StoreError> {
        let Some(id) = id else { return self.put_in_queue(&RETRIED, "state = 'failed'", &[]) };
        self.wake_address_of(id)?;
        let not_told_anew = "NOT (state = 'expired' AND EXISTS (SELECT 1 FROM told WHERE mail = outbox.id AND uncertain = 1))";
        self.put_in_queue(&RETRIED, &format!("id = ?2 AND {not_told_anew}"), &[&id])
    }

    /// Keeps a waiting mail back until it is released; says whether it waited.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn hold(&self, id: i64, reason: &str) -> Result<bool, StoreError> {
        Ok(self.take(&HELD, reason, "id = ?4", &[&id])? == 1)
    }

    /// Lets a held mail go; says whether it was held.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn release(&self, id: i64) -> Result<bool, StoreError> {
        Ok(self.put_in_queue(&RELEASED, "id = ?2", &[&id])? == 1)
    }

    /// Gives a mail up that waits, is held or failed; says whether it did. What it was to tell is not told in another mail.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn cancel(&self, id: i64) -> Result<bool, StoreError> {
        Ok(self.take(&GIVEN_UP, BY_THE_OPERATOR, "id = ?4", &[&id])? == 1)
    }

    /// Parks what waits for an address that has died.
    pub(in crate::store) fn fail_mail_to(&self, email: &str, reason: &str) -> Result<(), StoreError> {
        self.take(&DIED, reason, TO_ADDRESS, &[&email]).map(|_| ())
    }

    /// A mail of which nobody knew came back: that is an answer.
    pub(in crate::store) fn fail_returned(&self, id: i64, reason: &str) -> Result<(), StoreError> {
        if self.take(&RETURNED, reason, "id = ?4", &[&id])? == 1 {
            self.forget_unanswered(id)?;
        }
        Ok(())
    }

    /// Puts what failed for an address back in the queue; says how many.
    pub(in crate::store) fn retry_failed_to(&self, email: &str) -> Result<usize, StoreError> {
        self.put_in_queue(&REVIVED, &TO_ADDRESS.replace("?4", "?2"), &[&email])
    }

    /// Cancels what is not on its way to a practice yet.
    pub(in crate::store) fn cancel_mail_of(&self, practice: &PracticeId, reason: &str) -> Result<(), StoreError> {
        self.take(&LEFT, reason, "practice = ?4", &[&practice.as_str()]).map(|_| ())
    }

    /// Cancels what is not on its way to one address of a practice yet.
    pub(in crate::store) fn cancel_mail_to(&self, practice: &PracticeId, email: &str, reason: &str) -> Result<(), StoreError> {
        self.take(&LEFT, reason, "practice = ?4 AND email = ?5 COLLATE NOCASE", &[&practice.as_str(), &email]).map(|_| ())
    }

    /// Moves some mails to the one state to which a step leads; says how many stood where it begins.
    fn take(&self, step: &Step, reason: &str, which: &str, by: &[&dyn ToSql]) -> Result<usize, StoreError> {
        let update = format!("UPDATE outbox SET state = ?1, state_since = ?2, reason = ?3 WHERE {which} AND {}", step.guard());
        let (to, now) = (step.to.first().map(|state| state.as_str()), At(self.now));
        let row: Vec<&dyn ToSql> = [&to as &dyn ToSql, &now, &reason].into_iter().chain(by.iter().copied()).collect();
        Ok(self.connection().prepare_cached(&update)?.execute(&*row)?)
    }

    /// Puts some mails where they wait, due now.
    fn put_in_queue(&self, step: &Step, which: &str, by: &[&dyn ToSql]) -> Result<usize, StoreError> {
        let update = format!("UPDATE outbox SET {AS_BEFORE}, reason = NULL WHERE {which} AND {}", step.guard());
        let now = At(self.now);
        let row: Vec<&dyn ToSql> = [&now as &dyn ToSql].into_iter().chain(by.iter().copied()).collect();
        Ok(self.connection().prepare_cached(&update)?.execute(&*row)?)
    }

    fn leave_sending(&self, step: &Step, id: i64, state: State, due_at: DateTime<Utc>, reason: Option<&str>) -> Result<(), StoreError> {
        debug_assert!(step.to.contains(&state), "{} does not lead to {}", step.name, state.as_str());
        let update = format!("UPDATE outbox SET state = ?2, state_since = ?3, due_at = ?4, reason = ?5 WHERE id = ?1 AND {}", step.guard());
        let has_left =
            self.connection().prepare_cached(&update)?.execute(params![id, state.as_str(), At(self.now), At(due_at), reason])? == 1;
        let nobody_knows = state == Uncertain || (state == Failed && self.may_have_told(id)?);
        if has_left && !nobody_knows { self.forget_unanswered(id) } else { Ok(()) }
    }
}

/// Asked at each start and before each round, so it goes by the index of what is not sent.
pub fn recover() -> String {
    format!(
        "UPDATE outbox SET {AS_BEFORE}, reason = 'the service stopped before the server''s answer was recorded' WHERE {NOT_SENT} AND {}",
        RECOVERED.guard()
    )
}

/// Back to where it waits; what got no answer goes again unchanged.
const AS_BEFORE: &str = "state = CASE WHEN EXISTS (SELECT 1 FROM unanswered WHERE mail = outbox.id) THEN 'uncertain' ELSE 'queued' END, \
                         state_since = ?1, due_at = ?1";
