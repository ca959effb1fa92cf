//! What an answer means: for its mail, for its address, and for the lane to the mail server. Pure; the caller writes it down.
//!
//! ```text
//! answer                             mail                               lane
//! accepted                           sent                               open, refusals forgotten
//! no connection                      as it was, behind the others       rests, longer each time
//! wants less                         as it was, behind the others       rests, and goes at half the pace
//!   from 450 or 451, alone           as it was, later                   suspects; rests when the next mail meets it too
//!   a third time, others got through later, as an attempt               -
//! not now (4yz), lost half-way       later, as an attempt               suspects; rests when five mails in a row meet it
//! never (5yz), no such address       failed (and the address is dead)   held when three recipients in a row are refused
//! something for the operator         as it was, behind the others       held
//! no answer                          uncertain                          suspects, as above
//! ```

use chrono::{DateTime, TimeDelta, Utc};

use crate::mail::transport::{Answer, Fault, Refusal};
use crate::store::lane::{Lane, LaneRefusal, LaneState};
use crate::store::outbox::Mail;

/// How many different recipients in a row may be refused before it must be about us.
pub const REFUSED_IN_A_ROW: usize = 3;

/// How often a mail may be throttled, while others get through, before that counts as its own trouble.
const THROTTLES_OF_ONE_MAIL: u32 = 2;

/// How many mails in a row must break the connection half-way, or get no answer, before it is the lane's trouble.
const BROKEN_IN_A_ROW: u32 = 5;

/// How long the lane rests, by how often it rested before. RFC 5321 section 4.5.4.1 asks for half an hour and more between attempts at one
/// host, and allows shorter ones at first.
const LANE_MINUTES: [i64; 7] = [1, 2, 5, 15, 30, 60, 120];

/// The same for a server that wants less: it answers, so it is asked sooner.
const SLOW_MINUTES: [i64; 6] = [1, 2, 5, 10, 20, 30];

/// How long a single mail rests, by its number of attempts before this one.
const MAIL_MINUTES: [i64; 7] = [2, 5, 15, 30, 60, 120, 240];

/// What becomes of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailRuling {
    /// The server has it.
    Sent,
    /// As it was; not counted as an attempt.
    PutBack(DateTime<Utc>),
    /// As it was, but counted as a throttle.
    Throttled(DateTime<Utc>),
    /// Tried again then.
    Later(DateTime<Utc>),
    /// Not tried again by itself.
    Failed,
    /// Nobody knows; the same bytes go again then.
    Uncertain(DateTime<Utc>),
}

/// What becomes of the lane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LaneRuling {
    /// It works.
    Works,
    /// It says nothing about the lane.
    Nothing,
    /// It may be the lane.
    Suspect,
    /// It rests until then.
    Rest(DateTime<Utc>),
    /// It rests until then, and goes slower afterwards.
    Slow(DateTime<Utc>),
    /// A recipient was refused.
    Refused,
    /// It is held, because of this.
    Hold(String),
}

/// What an answer means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ruling {
    /// For the mail.
    pub mail: MailRuling,
    /// For the lane.
    pub lane: LaneRuling,
}

/// Judges an answer by what is known of the lane, the recipients refused since the last acceptance, and the mail as it was when it was claimed.
pub fn judge(lane: &Lane, refused: &[LaneRefusal], mail: &Mail, answer: &Answer, now: DateTime<Utc>) -> Ruling {
    let refusal = match answer {
        Answer::Accepted { .. } => return Ruling { mail: MailRuling::Sent, lane: LaneRuling::Works },
        Answer::Refused(refusal) => refusal,
    };
    match refusal.fault {
        Fault::Unreachable => {
            // Behind the others: another mail tries the way the next time, in case it is this one that breaks it.
            let until = now + rest(&LANE_MINUTES, lane.failures, now, mail.id);
            Ruling { mail: MailRuling::PutBack(until), lane: LaneRuling::Rest(until) }
        }
        Fault::Throttled => throttled(lane, mail, refusal, now),
        Fault::Operator => Ruling { mail: MailRuling::PutBack(now), lane: LaneRuling::Hold(reason(refusal)) },
        Fault::Permanent | Fault::Address => Ruling { mail: MailRuling::Failed, lane: refused_in_a_row(refused, mail, refusal) },
        Fault::Uncertain => Ruling { mail: MailRuling::Uncertain(now + backoff(mail)), lane: broken(lane, mail, now) },
        Fault::Transient => {
            let then = now + backoff(mail);
            let mail_ruling = if mail.is_unanswered { MailRuling::Uncertain(then) } else { MailRuling::Later(then) };
            let lane_ruling = if refusal.code.is_some() { LaneRuling::Nothing } else { broken(lane, mail, now) };
            Ruling { mail: mail_ruling, lane: lane_ruling }
        }
    }
}

/// 450 and 451 are also what a server says of one mailbox; 421, 454 and words about rates are about us.
fn throttled(lane: &Lane, mail: &Mail, refusal: &Refusal, now: DateTime<Utc>) -> Ruling {
    let others_got_through = lane.accepted_at.zip(mail.throttled_at).is_some_and(|(accepted, throttled)| accepted >= throttled);
    if mail.throttles >= THROTTLES_OF_ONE_MAIL && others_got_through {
        let then = now + backoff(mail);
        let ruling = if mail.is_unanswered { MailRuling::Uncertain(then) } else { MailRuling::Later(then) };
        return Ruling { mail: ruling, lane: LaneRuling::Nothing };
    }
    let may_be_this_mailbox = matches!(refusal.code, Some(450 | 451));
    if may_be_this_mailbox && lane.suspect.is_none_or(|suspect| suspect == mail.id) {
        let then = now + rest(&MAIL_MINUTES, mail.throttles, now, mail.id);
        return Ruling { mail: MailRuling::Throttled(then), lane: LaneRuling::Suspect };
    }
    let until = now + rest(&SLOW_MINUTES, lane.failures, now, mail.id);
    // Behind the others, so that they show whether it is only this one.
    Ruling { mail: MailRuling::Throttled(until + TimeDelta::minutes(1)), lane: LaneRuling::Slow(until) }
}

fn refused_in_a_row(refused: &[LaneRefusal], mail: &Mail, refusal: &Refusal) -> LaneRuling {
    let others = refused.iter().filter(|other| !other.email.eq_ignore_ascii_case(&mail.email)).count();
    if others + 1 < REFUSED_IN_A_ROW {
        return LaneRuling::Refused;
    }
    LaneRuling::Hold(format!("{} different recipients were refused in a row, the last with: {}", others + 1, reason(refusal)))
}

fn broken(lane: &Lane, mail: &Mail, now: DateTime<Utc>) -> LaneRuling {
    let is_one_too_many = lane.suspect != Some(mail.id) && lane.suspicions + 1 >= BROKEN_IN_A_ROW;
    if lane.state == LaneState::Resting || is_one_too_many {
        return LaneRuling::Rest(now + rest(&LANE_MINUTES, lane.failures, now, mail.id));
    }
    LaneRuling::Suspect
}

fn reason(refusal: &Refusal) -> String {
    let code = refusal.code.map(|code| format!("{code} ")).unwrap_or_default();
    let enhanced = refusal.enhanced.as_ref().map(|enhanced| format!("{enhanced} ")).unwrap_or_default();
    format!("{}: {code}{enhanced}{}", refusal.server, refusal.text)
}

fn backoff(mail: &Mail) -> TimeDelta {
    rest(&MAIL_MINUTES, mail.attempts, DateTime::UNIX_EPOCH, mail.id)
}

/// Grows step by step, spread by up to a fifth, so that what began to rest together does not come back together.
fn rest(minutes: &[i64], times_before: u32, now: DateTime<Utc>, seed: i64) -> TimeDelta {
    let step = usize::try_from(times_before).unwrap_or(usize::MAX).min(minutes.len().saturating_sub(1));
    let seconds = minutes.get(step).copied().unwrap_or(1) * 60;
    let spread = (seed ^ now.timestamp()).wrapping_mul(2_654_435_761).rem_euclid(seconds / 5);
    TimeDelta::seconds(seconds + spread)
}
