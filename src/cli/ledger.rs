//! What became of one occurrence for one practice, mail by mail; the second half of `explain`.

use std::io::Write;

use crate::cli::failure::Failure;
use crate::cli::grid::grid;
use crate::cli::output;
use crate::clock;
use crate::domain::practices::Practice;
use crate::mail::compose::key::MailKind;
use crate::store::Store;
use crate::store::ledger::Line;
use crate::store::outbox::State;

/// Prints who was told what, when, in which mail and with which answer, or why not.
pub fn print(store: &Store, practice: &Practice, id: &str) -> Result<(), Failure> {
    let lines = store.ledger(&practice.id, id)?;
    let mut out = output::results();
    if lines.is_empty() {
        writeln!(out, "Nobody was told of it, and no mail about it waits.")?;
        return Ok(());
    }
    let waiting = store.mails(&[State::Queued, State::Deferred, State::Held, State::Failed], Some(&practice.id))?;
    for mail in waiting.iter().filter(|mail| MailKind::of_correction(&mail.kind).is_some()) {
        let (number, email, state) = (mail.id, &mail.email, mail.state.as_str());
        writeln!(out, "Mail {number}, a correction to {email}, is {state}; what it says is decided when it leaves.")?;
    }
    let row = |line: &Line| {
        [line.mail.to_string(), line.kind.clone(), line.email.clone(), line.told.care_type.to_string(), day(line), said(line), answer(line)]
    };
    writeln!(out, "{}", grid(["mail", "kind", "to", "care type", "day", "told", "answer or reason"], lines.iter().map(row)))?;
    Ok(())
}

fn day(line: &Line) -> String {
    if line.told.withdrawn { format!("{} withdrawn", line.told.last_day) } else { line.told.last_day.to_string() }
}

fn said(line: &Line) -> String {
    let local = |at| clock::local(at).format("%Y-%m-%d %H:%M").to_string();
    match line.told_at {
        Some(at) => local(at),
        None if line.state == State::Sent => "left out: it was said elsewhere or no longer so".to_owned(),
        None => format!("not told: {} since {}", line.state.as_str(), local(line.state_since)),
    }
}

fn answer(line: &Line) -> String {
    let reason = line.reason.clone().filter(|_| line.told_at.is_none());
    reason.or_else(|| line.answer.clone()).unwrap_or_default()
}
