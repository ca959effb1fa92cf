//! Mail to the operator, in English: the daily report, and alerts.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate};
use chrono_tz::Tz;
use serde::Serialize;

use crate::domain::names::PracticeId;
use crate::domain::notices::{Notice, NoticeKind};
use crate::mail::compose::address::clean;
use crate::mail::compose::key::{MailKey, MailKind, message_id};
use crate::mail::compose::message::{Envelope, assemble};
use crate::mail::compose::{ComposeError, Composed, Sender, list_domain, recipient, rendered};
use crate::mail::templates::Templates;

/// How many lines a section may have; the rest is counted.
const LINES: usize = 40;

/// Everything that one mail to the operator says.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    /// A report or an alert; part of the mail's key.
    pub kind: MailKind,
    /// Which further mail of that kind on that day.
    pub copy: u32,
    /// To whom.
    pub to: &'a str,
    /// What happened, oldest first; at least one.
    pub notices: &'a [Notice],
    /// How things stand: short sentences.
    pub standing: &'a [String],
    /// The day of its key, in Amsterdam.
    pub day: NaiveDate,
    /// The Date header, in local time.
    pub now: DateTime<Tz>,
}

/// The values of a mail to the operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReportView {
    /// Whether something cannot wait.
    pub urgent: bool,
    /// What it is about, in a few words.
    pub summary: String,
    /// `3 November 2025`.
    pub today: String,
    /// What happened, by kind.
    pub sections: Vec<ReportSection>,
    /// How things stand: short sentences.
    pub standing: Vec<String>,
    /// The operator's name.
    pub operator: String,
}

/// What happened of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReportSection {
    /// What it is.
    pub heading: String,
    /// What can be done about it.
    pub advice: String,
    /// One for each notice.
    pub lines: Vec<ReportLine>,
    /// How many more there are.
    pub more: usize,
}

/// One notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReportLine {
    /// Whom or what it concerns.
    pub subject: String,
    /// What happened; one line each.
    pub text: Vec<String>,
}

/// Composes a report or an alert.
///
/// # Errors
/// [`ComposeError`], where there is nothing to say, an address cannot be used or a template does not render.
pub fn report(templates: &Templates, sender: &Sender, report: &Report<'_>) -> Result<Composed, ComposeError> {
    let nobody = PracticeId::new("");
    let key = MailKey { kind: report.kind, copy: report.copy, practice: &nobody, email: report.to, day: report.day };
    let view = ReportView::new(sender, report).ok_or(ComposeError::Nothing)?;
    let domain = list_domain(sender)?;
    let envelope = Envelope {
        sender,
        recipient: recipient(report.to)?,
        recipient_name: None,
        message_id: message_id(&key, &domain),
        list_domain: domain,
        now: report.now,
        language: "en",
        unsubscribe: None,
    };
    assemble(&envelope, rendered(templates, report.kind, &view)?)
}

impl ReportView {
    /// Everything that a mail to the operator says; `None` where there is nothing to say.
    pub fn new(sender: &Sender, report: &Report<'_>) -> Option<Self> {
        let sections: Vec<ReportSection> = NoticeKind::ALL.into_iter().filter_map(|kind| section(kind, report.notices)).collect();
        let first = sections.first()?;
        let rest: usize = sections.iter().skip(1).map(|section| section.lines.len() + section.more).sum();
        let summary = if rest == 0 { first.heading.clone() } else { format!("{}, and {rest} more", first.heading) };
        Some(Self {
            urgent: report.kind == MailKind::Alert,
            summary,
            today: report.now.format("%-d %B %Y").to_string(),
            standing: report.standing.iter().map(|sentence| clean(sentence)).collect(),
            operator: clean(&sender.operator_name),
            sections,
        })
    }
}

fn section(kind: NoticeKind, notices: &[Notice]) -> Option<ReportSection> {
    let mut lines: Vec<ReportLine> = Vec::new();
    let mut known = BTreeSet::new();
    for notice in notices.iter().filter(|notice| notice.kind == kind) {
        // What stays as it is is noticed again each day.
        if known.insert((&notice.subject, &notice.text)) {
            lines.push(line(notice));
        }
    }
    let number = lines.len();
    lines.truncate(LINES);
    (number > 0).then(|| ReportSection {
        heading: heading(kind, number),
        advice: advice(kind).to_owned(),
        more: number - lines.len(),
        lines,
    })
}

fn line(notice: &Notice) -> ReportLine {
    let text = notice.text.lines().map(clean).filter(|line| !line.is_empty()).collect();
    ReportLine { subject: clean(&notice.subject), text }
}

fn heading(kind: NoticeKind, number: usize) -> String {
    let (one, many) = match kind {
        NoticeKind::Copy => return "practices' mail is held".to_owned(),
        NoticeKind::LaneHeld => return "mail was held".to_owned(),
        NoticeKind::Refused => return "new configuration or calendars were refused".to_owned(),
        NoticeKind::SetAside => return "calendars wait for your word".to_owned(),
        NoticeKind::Unreachable => ("practice cannot be reached", "practices cannot be reached"),
        NoticeKind::Failed => ("mail failed", "mails failed"),
        NoticeKind::Bounced => ("mail did not arrive", "mails did not arrive"),
        NoticeKind::Unread => ("mail came in that only a person can answer", "mails came in that only a person can answer"),
        NoticeKind::DeadAddress => ("address is dead", "addresses are dead"),
        NoticeKind::Expired => ("reminder came too late", "reminders came too late"),
        NoticeKind::Uncertain => ("mail may or may not have arrived", "mails may or may not have arrived"),
        NoticeKind::Passed => ("deadline passed without a reminder", "deadlines passed without a reminder"),
        NoticeKind::Parked => ("practice could not be planned", "practices could not be planned"),
        NoticeKind::Gap => ("timeline is missing", "timelines are missing"),
    };
    format!("{number} {}", if number == 1 { one } else { many })
}

fn advice(kind: NoticeKind) -> &'static str {
    match kind {
        NoticeKind::Copy => {
            "Planning goes on, and nothing is sent to practices. If this one is to send, make sure that no other does, look at: deadlines outbox list, \
             then: deadlines outbox release --copy."
        }
        NoticeKind::LaneHeld => {
            "Nothing leaves until the cause is mended and you run: deadlines outbox release. A changed [mail] configuration releases it too. \
             A single mail that causes it is kept back with: deadlines outbox hold NUMBER."
        }
        NoticeKind::Unreachable => {
            "No mail reaches them: call them. Give a new address with: deadlines practice add PRACTICE --email ADDRESS; or, if the old one works again: \
             deadlines practice revive ADDRESS."
        }
        NoticeKind::Failed => {
            "Look at one with: deadlines outbox show NUMBER; then deadlines outbox retry NUMBER, or deadlines outbox cancel NUMBER."
        }
        NoticeKind::Bounced => "The server had accepted it; a report came back. Look with: deadlines outbox show NUMBER.",
        NoticeKind::Unread => "It lies in the spool's folder odd: read it there and answer it.",
        NoticeKind::DeadAddress => "No mail is sent to them any more. Bring one back with: deadlines practice revive ADDRESS.",
        NoticeKind::Expired => "The day had passed before the mail could leave, so it was not sent.",
        NoticeKind::Uncertain => {
            "The mail server did not answer after it had the whole mail. The same mail goes again until there is an answer."
        }
        NoticeKind::Passed => "Nobody was reminded in time: the practice or the timeline came too late, or no address worked.",
        NoticeKind::Parked => {
            "Something about them in the database makes no sense. They are tried again each day; everybody else is served."
        }
        NoticeKind::Refused => "The old ones stay in use. Look with: deadlines calendars check.",
        NoticeKind::SetAside => {
            "They would correct more contacts than max_corrections. Look with: deadlines calendars diff; release with: deadlines calendars load --confirm."
        }
        NoticeKind::Gap => "Nothing is sent about these: add a calendar file. All of them: deadlines coverage.",
    }
}
