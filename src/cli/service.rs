//! `deadlines run`, `status` and `send-test`: the service and its health.

use std::io::{IsTerminal, Write};

use clap::Args;
use tracing_subscriber::EnvFilter;

use crate::calendar_file::{embedded, folder};
use crate::cli::context::{self, Context};
use crate::cli::failure::Failure;
use crate::cli::grid::grid;
use crate::cli::output;
use crate::clock;
use crate::config::{Config, Log, LogFormat};
use crate::daemon::{self, DaemonError, Sources};
use crate::job::load::LoadError;
use crate::mail::compose::{TestMail, test_mail};
use crate::mail::transport::{Answer, Outgoing};
use crate::store::outbox::State;

/// Run the service: load, plan and deliver, every minute
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  deadlines --config /etc/deadlines/config.toml run

SIGTERM and Ctrl-C finish the mail in hand and stop. SIGHUP reads configuration and calendars again; bad ones are refused and the old stay in use.
A second copy on the same database is refused.")]
pub struct Run {}

/// Show the health of the service in one screen
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  deadlines status
  deadlines status --json

Exit code 0: all is well; 1: mail failed, waits for longer than an hour, or is held because the database was restored or copied; for monitoring.")]
pub struct Status {
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// Send one mail to see that mail arrives
#[derive(Debug, Args)]
#[command(after_help = "Example:
  deadlines send-test you@example.org")]
pub struct SendTest {
    /// To whom
    address: String,
}

impl Run {
    /// Runs the command.
    pub fn run(self, context: &Context) -> Result<(), Failure> {
        start_logging(&context.config.log)?;
        let file = context.config_file.clone();
        let base = context.base.clone();
        let sources = Sources { config: Box::new(move || context::config_from(file.as_deref(), &base)), calendars: Box::new(calendars) };
        daemon::run(sources, &context.config, context.clock).map_err(|error| match error {
            DaemonError::Calendars(LoadError::Problems(problems)) => Failure::Data(problems),
            other => Failure::Failed(other.to_string()),
        })
    }
}

fn calendars(config: &Config) -> Result<(Vec<crate::calendar_file::File>, String), String> {
    match &config.calendars {
        None => Ok((embedded::files(), "the program".to_owned())),
        Some(path) => Ok((folder::read(path).map_err(|error| error.to_string())?, path.display().to_string())),
    }
}

/// Readable on a terminal; JSON lines where the journal listens (it sets JOURNAL_STREAM).
fn start_logging(log: &Log) -> Result<(), Failure> {
    let filter = EnvFilter::try_new(&log.filter).map_err(|error| Failure::Usage(format!("[log] filter: {error}")))?;
    let journal = std::env::var_os("JOURNAL_STREAM").is_some();
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
    match log.format {
        LogFormat::Json => builder.json().flatten_event(true).init(),
        LogFormat::Auto if journal => builder.json().flatten_event(true).without_time().init(),
        LogFormat::Auto | LogFormat::Text => builder.init(),
    }
    Ok(())
}

/// How long mail may wait before monitoring is told.
const WAITING_TOO_LONG: chrono::TimeDelta = chrono::TimeDelta::hours(1);

impl Status {
    /// Runs the command.
    pub fn run(self, context: &Context) -> Result<(), Failure> {
        let store = context.store_to_look_at()?;
        let now = context.clock.now();
        let states = store.states()?;
        let waiting = store.oldest_waiting()?;
        let failed = states.iter().any(|(state, ..)| *state == State::Failed);
        let stuck = waiting.is_some_and(|since| now - since > WAITING_TOO_LONG);
        let fence = store.fence()?;
        let runs = store.runs()?;
        let practices = store.practice_ids()?.len();
        let mut out = output::results();
        if self.json {
            let counts: serde_json::Map<_, _> =
                states.iter().map(|(state, count, _)| (state.as_str().to_owned(), (*count).into())).collect();
            let jobs: serde_json::Map<_, _> =
                runs.iter().map(|run| (run.job.clone(), serde_json::json!({ "at": run.at, "detail": run.detail }))).collect();
            let all = serde_json::json!({ "healthy": !failed && !stuck && fence.is_none(), "fence": fence.as_ref().map(|fence| serde_json::json!({ "since": fence.since, "why": fence.why })), "practices": practices, "mails": counts, "oldest_waiting": waiting, "runs": jobs });
            writeln!(out, "{}", serde_json::to_string_pretty(&all).unwrap_or_default())?;
        } else {
            writeln!(out, "{practices} practices in {}", context.config.database.display())?;
            let local = |at| clock::local(at).format("%Y-%m-%d %H:%M").to_string();
            if states.is_empty() {
                writeln!(out, "No mails yet.")?;
            } else {
                let row = |(state, count, since): &(State, u64, _)| [state.as_str().to_owned(), count.to_string(), local(*since)];
                writeln!(out, "{}", grid(["mails", "number", "oldest since"], states.iter().map(row)))?;
            }
            for run in &runs {
                writeln!(out, "Last {}: {}, {}", run.job, local(run.at), run.detail)?;
            }
        }
        drop(out);
        if let Some(fence) = fence {
            let since = clock::local(fence.since).format("%Y-%m-%d %H:%M");
            return Err(Failure::Failed(format!(
                "practices' mail is held since {since}: {}; if this one is to send and no other does: deadlines outbox release --copy",
                fence.why
            )));
        }
        match (failed, stuck) {
            (true, _) => Err(Failure::Failed("mails failed: deadlines outbox list --state failed shows them".to_owned())),
            (_, true) => Err(Failure::Failed("mail has been waiting for more than an hour: deadlines outbox list shows it".to_owned())),
            _ => Ok(()),
        }
    }
}

impl SendTest {
    /// Runs the command.
    pub fn run(self, context: &Context) -> Result<(), Failure> {
        let office = context.office()?;
        let mail = TestMail { to: &self.address, now: clock::local(context.clock.now()) };
        let composed = test_mail(&office.templates, &office.sender, &mail).map_err(|error| Failure::Usage(error.to_string()))?;
        let outgoing = Outgoing {
            message_id: composed.message_id,
            return_path: office.sender.from.email.to_string(),
            recipient: composed.recipient.to_string(),
            bytes: composed.bytes,
        };
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| Failure::failed("cannot start", error))?;
        let answer = runtime.block_on(async {
            let mut courier = office.transport.courier();
            let answer = courier.deliver(&outgoing).await;
            courier.close().await;
            answer
        });
        match answer {
            Answer::Accepted { server, code, text } => {
                writeln!(output::results(), "{server} accepted it: {code} {text}")?;
                Ok(())
            }
            Answer::Refused(refusal) => {
                let code = refusal.code.map(|code| format!("{code} ")).unwrap_or_default();
                Err(Failure::Failed(format!("{} did not take the mail ({}): {code}{}", refusal.server, refusal.fault, refusal.text)))
            }
        }
    }
}
