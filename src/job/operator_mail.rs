//! Mail to the operator: alerts at once, a report once a day in the morning, only when there is something.
//!
//! What happened stands in the database as notices, written in the transaction in which it happened. Here they are given to a mail, which goes
//! through the outbox like any other, for no practice. While the lane is held it waits too: then the log and `deadlines status` tell.

use chrono::{DateTime, Datelike, NaiveDate, Utc};

use crate::clock;
use crate::domain::almanac::Almanac;
use crate::domain::coverage;
use crate::domain::names::PracticeId;
use crate::domain::notices::NoticeKind;
use crate::job::compose::NotReady;
use crate::job::office::Office;
use crate::mail::compose::Composed;
use crate::mail::compose::key::MailKind;
use crate::mail::compose::report::{Report, report};
use crate::store::error::StoreError;
use crate::store::outbox::{Mail, State};
use crate::store::{Store, Work};

/// The job's name among the runs.
pub const REPORT: &str = "report";

/// The practice of mails to the operator.
pub fn operator() -> PracticeId {
    PracticeId::new("")
}

/// Queues what the operator has to hear now. Run every turn; it does nothing most of the time.
///
/// # Errors
/// When the database cannot be used.
pub fn queue_for_operator(store: &mut Store, almanac: &Almanac, office: &Office, now: DateTime<Utc>) -> Result<(), StoreError> {
    let Some(address) = &office.operator else { return Ok(()) };
    let morning_has_come = clock::local(now).time() >= office.rules.send_from;
    let reported_today = store.runs()?.iter().any(|run| run.job == REPORT && clock::civil_day(run.at) >= clock::civil_day(now));
    let urgent: Vec<NoticeKind> = NoticeKind::ALL.into_iter().filter(|kind| kind.is_urgent()).collect();
    let has_urgent = store.has_untold(&urgent)?;
    if !has_urgent && (reported_today || !morning_has_come) {
        return Ok(());
    }
    let work = store.begin(now)?;
    if has_urgent {
        queue_alert(&work, address)?;
    }
    if morning_has_come && !reported_today {
        queue_report(&work, almanac, address)?;
    }
    work.commit()
}

/// An alert that has not left yet takes what came after it.
fn queue_alert(work: &Work<'_>, address: &str) -> Result<(), StoreError> {
    let today = clock::civil_day(work.now);
    let alerts = work.kinds_on(&operator(), address, today)?;
    let alerts: Vec<State> = alerts
        .into_iter()
        .filter(|(kind, _)| matches!(MailKind::parse(kind), Some((MailKind::Alert, _))))
        .map(|(_, state)| state)
        .collect();
    if alerts.iter().any(|state| matches!(state, State::Queued | State::Deferred)) {
        return Ok(());
    }
    let kind = if alerts.is_empty() { MailKind::Alert.word() } else { format!("{}+{}", MailKind::Alert.word(), alerts.len()) };
    work.queue(&operator(), address, today, &kind, work.now).map(|_| ())
}

fn queue_report(work: &Work<'_>, almanac: &Almanac, address: &str) -> Result<(), StoreError> {
    let today = clock::civil_day(work.now);
    note_fence(work)?;
    note_gaps(work, almanac, today)?;
    note_uncertain(work, today)?;
    let something = work.untold()?.iter().any(|notice| !notice.kind.is_urgent());
    if something {
        work.queue(&operator(), address, today, &MailKind::Report.word(), work.now)?;
    }
    work.record_run(REPORT, if something { "a report to the operator" } else { "nothing to report" })
}

/// Each day anew, as long as the fence stands.
///
/// # Errors
/// When the database cannot be used.
pub fn note_fence(work: &Work<'_>) -> Result<(), StoreError> {
    let Some((fence, waiting)) = work.fence()? else { return Ok(()) };
    let text = format!("{}\nheld since {}; {waiting} mails would be sent", fence.why, clock::local(fence.since).format("%Y-%m-%d %H:%M"));
    work.notice(NoticeKind::Copy, "the database", &clock::civil_day(work.now).to_string(), &text).map(|_| ())
}

/// A new gap at once, a standing one once a month.
fn note_gaps(work: &Work<'_>, almanac: &Almanac, today: NaiveDate) -> Result<(), StoreError> {
    for (subscription, practices) in work.distinct_subscriptions()? {
        let Some(gap) = coverage::gap(almanac, &subscription, today) else { continue };
        let subject = format!("{} {} {}", gap.insurer, gap.care_type, gap.year);
        let overdue = if gap.is_overdue(today) { format!(", overdue since {}", gap.due) } else { String::new() };
        let occasion = format!("{}-{:02}", today.year(), today.month());
        let text = format!("no timeline for {} practice{}{overdue}", practices, if practices == 1 { "" } else { "s" });
        work.notice(NoticeKind::Gap, &subject, &occasion, &text)?;
    }
    Ok(())
}

fn note_uncertain(work: &Work<'_>, today: NaiveDate) -> Result<(), StoreError> {
    for mail in work.uncertain_mails()? {
        let text = format!("to {} for {}: {}", mail.email, mail.practice, mail.reason.as_deref().unwrap_or("no answer"));
        work.notice(NoticeKind::Uncertain, &format!("mail {}", mail.id), &today.to_string(), &text)?;
    }
    Ok(())
}

/// Notes that the service could not take over new configuration or calendars.
///
/// # Errors
/// When the database cannot be written.
pub fn note_refused(store: &mut Store, what: &str, reason: &str, now: DateTime<Utc>) -> Result<(), StoreError> {
    let work = store.begin(now)?;
    work.notice(NoticeKind::Refused, what, &format!("{} {reason}", clock::civil_day(now)), reason)?;
    work.commit()
}

/// Composes a claimed mail to the operator.
///
/// # Errors
/// When the database cannot be used.
pub fn compose(work: &Work<'_>, office: &Office, mail: &Mail) -> Result<Result<Composed, NotReady>, StoreError> {
    if let Some(dead) = work.dead_address(&mail.email)? {
        return Ok(Err(NotReady::Broken(format!("the operator's address is dead: {}", dead.reason))));
    }
    if office.operator.as_deref() != Some(mail.email.as_str()) {
        return Ok(Err(NotReady::Cancelled("the operator has another address now")));
    }
    let Some((kind, copy)) = MailKind::parse(&mail.kind) else { return Ok(Err(NotReady::Broken("unknown kind of mail".to_owned()))) };
    let wanted = |notice: &NoticeKind| kind == MailKind::Report || notice.is_urgent();
    let kinds: Vec<NoticeKind> = NoticeKind::ALL.into_iter().filter(wanted).collect();
    let notices = work.tell_in(mail.id, &kinds)?;
    if notices.is_empty() {
        return Ok(Err(NotReady::Cancelled("another mail has told the operator")));
    }
    let standing = standing(work)?;
    let now = clock::local(work.now);
    let said = Report { kind, copy, to: &mail.email, notices: &notices, standing: &standing, day: mail.day, now };
    Ok(report(&office.templates, &office.sender, &said).map_err(|error| NotReady::Broken(error.to_string())))
}

/// What the mail finds when it is composed.
fn standing(work: &Work<'_>) -> Result<Vec<String>, StoreError> {
    let count = |number: u64, one: &str, many: &str| (number > 0).then(|| format!("{number} {}.", if number == 1 { one } else { many }));
    let counts = work.standing()?;
    Ok([
        count(counts.waiting, "mail is due and waits", "mails are due and wait"),
        count(counts.failed, "mail is parked as failed", "mails are parked as failed"),
        count(counts.held, "mail is held", "mails are held"),
        count(counts.uncertain, "mail is uncertain", "mails are uncertain"),
        count(counts.dead, "address is dead", "addresses are dead"),
    ]
    .into_iter()
    .flatten()
    .collect())
}
