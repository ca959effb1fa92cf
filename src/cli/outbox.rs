//! `deadlines outbox`: the mails, where they stand and why.

use std::io::Write;

use clap::{Args, Subcommand};

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::grid::grid;
use crate::cli::keep_back::{Cancel, Hold, Release};
use crate::cli::output;
use crate::clock;
use crate::domain::names::PracticeId;
use crate::job::operator_mail::operator;
use crate::store::outbox::{Attempt, Mail, State};

/// Look at the mails: waiting, sent, refused
#[derive(Debug, Subcommand)]
pub enum Outbox {
    List(List),
    Show(Show),
    Retry(Retry),
    Hold(Hold),
    Release(Release),
    Cancel(Cancel),
}

/// List mails, newest first
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  deadlines outbox list                        what is not sent
  deadlines outbox list --state sent,failed
  deadlines outbox list --practice fysio-leiden --all")]
pub struct List {
    /// Only mails of this practice
    #[arg(long)]
    practice: Option<String>,
    /// Only mails in these states: queued, sending, sent, deferred, failed, uncertain, expired, cancelled, held
    #[arg(long, value_delimiter = ',')]
    state: Vec<String>,
    /// Sent and cancelled ones too
    #[arg(long)]
    all: bool,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// Show one mail with its attempts
#[derive(Debug, Args)]
#[command(after_help = "Example:
  deadlines outbox show 17")]
pub struct Show {
    /// Its number, as `list` shows it
    id: i64,
}

/// Put mails that failed back in the queue
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  deadlines outbox retry 17
  deadlines outbox retry --failed        all that failed")]
pub struct Retry {
    /// Its number, as `list` shows it
    #[arg(required_unless_present = "failed")]
    id: Option<i64>,
    /// All that failed
    #[arg(long, conflicts_with = "id")]
    failed: bool,
}

impl Outbox {
    /// Runs the command.
    pub fn run(self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::List(list) => list.run(context),
            Self::Show(show) => show.run(context),
            Self::Retry(retry) => retry.run(context),
            Self::Hold(hold) => hold.run(context),
            Self::Release(release) => release.run(context),
            Self::Cancel(cancel) => cancel.run(context),
        }
    }
}

impl List {
    fn run(self, context: &Context) -> Result<(), Failure> {
        let store = context.store_to_look_at()?;
        let mut states = Vec::new();
        for given in &self.state {
            let known = State::ALL.map(State::as_str).join(", ");
            states.push(State::parse(given).ok_or_else(|| Failure::Usage(format!("unknown state \"{given}\"; known: {known}")))?);
        }
        if states.is_empty() && !self.all {
            states = State::ALL.into_iter().filter(|state| !matches!(state, State::Sent | State::Cancelled | State::Expired)).collect();
        }
        let practice = self.practice.as_deref().map(PracticeId::new);
        let mails = store.mails(&states, practice.as_ref())?;
        if let Some(id) = self.practice.as_deref()
            && mails.is_empty()
        {
            context.known_practice(id, store.practice_ids()?.iter().map(PracticeId::as_str))?;
        }
        let mut out = output::results();
        if self.json {
            let all: Vec<serde_json::Value> = mails.iter().map(as_json).collect();
            writeln!(out, "{}", serde_json::to_string_pretty(&all).unwrap_or_default())?;
        } else if mails.is_empty() {
            output::note(if self.all { "no mails yet" } else { "no mails wait or failed; --all shows those that were sent" });
        } else {
            let row = |mail: &Mail| {
                let say = mail.reason.clone().or_else(|| mail.subject.clone()).unwrap_or_default();
                [
                    mail.id.to_string(),
                    mail.day.to_string(),
                    mail.kind.clone(),
                    mail.practice.to_string(),
                    mail.email.clone(),
                    mail.state.as_str().to_owned(),
                    mail.attempts.to_string(),
                    say,
                ]
            };
            writeln!(
                out,
                "{}",
                grid(["mail", "day", "kind", "practice", "to", "state", "attempts", "subject or reason"], mails.iter().map(row))
            )?;
        }
        Ok(())
    }
}

fn as_json(mail: &Mail) -> serde_json::Value {
    serde_json::json!({
        "id": mail.id, "practice": mail.practice.as_str(), "to": mail.email, "day": mail.day, "kind": mail.kind, "state": mail.state.as_str(),
        "state_since": mail.state_since, "due_at": mail.due_at, "attempts": mail.attempts, "subject": mail.subject, "message_id": mail.message_id, "reason": mail.reason,
    })
}

impl Show {
    fn run(self, context: &Context) -> Result<(), Failure> {
        let store = context.store_to_look_at()?;
        let Some(mail) = store.mail(self.id)? else {
            return Err(Failure::Usage(format!("there is no mail {}: deadlines outbox list --all shows them", self.id)));
        };
        let mut out = output::results();
        let whom = if mail.practice == operator() { "the operator" } else { mail.practice.as_str() };
        writeln!(out, "Mail {} to {} for {whom}", mail.id, mail.email)?;
        writeln!(out, "  subject     {}", mail.subject.as_deref().unwrap_or("(composed when it leaves)"))?;
        writeln!(out, "  day         {}, {}", mail.day, mail.kind)?;
        writeln!(out, "  state       {} since {}", mail.state.as_str(), local(mail.state_since))?;
        if matches!(mail.state, State::Queued | State::Deferred | State::Uncertain) {
            writeln!(out, "  next        {}", local(mail.due_at))?;
        }
        if let Some(reason) = &mail.reason {
            writeln!(out, "  reason      {reason}")?;
        }
        if let Some(message_id) = &mail.message_id {
            writeln!(out, "  Message-ID  {message_id}")?;
        }
        if mail.throttles > 0 {
            writeln!(out, "  throttled   {} times, not counted as attempts", mail.throttles)?;
        }
        let lane = store.lane()?;
        if let Some(reason) = lane.reason.filter(|_| matches!(mail.state, State::Queued | State::Deferred | State::Uncertain)) {
            writeln!(out, "  all mail    {}: {reason}", lane.state.as_str())?;
        }
        for (told, is_uncertain) in store.told_in(mail.id)? {
            let sure = if is_uncertain { "may have told" } else { "told" };
            writeln!(out, "  {sure:<11} {} {}, by {}", told.occurrence, told.care_type, told.last_day)?;
        }
        let attempts = store.attempts(mail.id)?;
        if !attempts.is_empty() {
            let code = |attempt: &Attempt| {
                [attempt.code.map(|code| code.to_string()), attempt.enhanced.clone()].into_iter().flatten().collect::<Vec<_>>().join(" ")
            };
            let row = |attempt: &Attempt| {
                [local(attempt.at), attempt.outcome.clone(), attempt.server.clone(), code(attempt), attempt.text.clone()]
            };
            writeln!(out, "{}", grid(["attempt", "outcome", "server", "code", "answer"], attempts.iter().map(row)))?;
        }
        Ok(())
    }
}

fn local(at: chrono::DateTime<chrono::Utc>) -> String {
    clock::local(at).format("%Y-%m-%d %H:%M:%S").to_string()
}

impl Retry {
    fn run(self, context: &Context) -> Result<(), Failure> {
        let mut store = context.store()?;
        let named = match self.id {
            Some(id) => {
                Some(store.mail(id)?.ok_or_else(|| Failure::Usage(format!("there is no mail {id}: deadlines outbox list shows them")))?)
            }
            None => None,
        };
        let work = store.begin(context.clock.now())?;
        let retried = work.retry(self.id)?;
        work.commit()?;
        if let (0, Some(mail)) = (retried, named) {
            let state = mail.state.as_str();
            return Err(Failure::Usage(format!(
                "mail {} is {state}: only failed, deferred, expired and held mails can be sent again",
                mail.id
            )));
        }
        if retried == 0 {
            output::note("nothing to retry: only failed, deferred, expired and held mails can be");
        } else {
            writeln!(output::results(), "{retried} back in the queue; the service takes them within a minute.")?;
        }
        Ok(())
    }
}
