//! `deadlines run` and `send-test`: the service.

use std::io::Write;

use clap::Args;

use crate::calendar_file::{embedded, folder};
use crate::cli::context::{self, Context};
use crate::cli::failure::Failure;
use crate::cli::{logging, output};
use crate::clock;
use crate::config::Config;
use crate::daemon::{self, DaemonError, Sources};
use crate::job::load::LoadError;
use crate::mail::compose::{TestMail, test_mail};
use crate::mail::transport::{Answer, Outgoing};

/// Run the service: load, plan and deliver, every minute
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  deadlines --config /etc/deadlines/config.toml run

SIGTERM and Ctrl-C finish the mail in hand and stop. SIGHUP reads configuration and calendars again; bad ones are refused and the old stay in use.
A second copy on the same database is refused.")]
pub struct Run {}

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
        logging::start(&context.config.log)?;
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
