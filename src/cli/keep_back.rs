//! `deadlines outbox hold`, `release` and `cancel`: what may leave, and what may not.

use std::io::Write;

use clap::Args;

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output;
use crate::job::fence;
use crate::store::Store;
use crate::store::lane::HeldBy;
use crate::store::outbox::State;

/// Hold all mail, or one
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  deadlines outbox hold --reason \"the relay moves on Saturday\"     all mail
  deadlines outbox hold 17                                          one mail

Planning goes on. What was held leaves after: deadlines outbox release. What is past by then is not sent, and reported.")]
pub struct Hold {
    /// Only this mail, by its number as `list` shows it
    id: Option<i64>,
    /// Why, for those who look later
    #[arg(long, value_name = "TEXT", default_value = "held by the operator")]
    reason: String,
}

/// Let mail go that was held, all or one
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  deadlines outbox release                     the way to the mail server is mended
  deadlines outbox release --retry-refused     and the recipients refused in a row were right
  deadlines outbox release 17                  one mail
  deadlines outbox release --copy              this restored or copied database is the real one from now on

A changed [mail] configuration (after SIGHUP or a restart) releases what the service held by itself.
Before --copy, make sure that no other service still sends from the original: both would send the same mail.")]
pub struct Release {
    /// Only this mail, by its number as `list` shows it
    id: Option<i64>,
    /// The recipients that were refused in a row get their mail again, and their addresses are no longer dead
    #[arg(long, conflicts_with = "id")]
    retry_refused: bool,
    /// What the service holds because the database was restored or copied
    #[arg(long, conflicts_with_all = ["id", "retry_refused"])]
    copy: bool,
}

/// Give up mails that wait, are held or failed
#[derive(Debug, Args)]
#[command(after_help = "Example:
  deadlines outbox cancel 17")]
pub struct Cancel {
    /// Their numbers, as `list` shows them
    #[arg(required = true)]
    id: Vec<i64>,
}

impl Hold {
    /// Runs the command.
    pub fn run(self, context: &Context) -> Result<(), Failure> {
        let mut store = context.store()?;
        let work = store.begin(context.clock.now())?;
        let held = match self.id {
            Some(id) => work.hold(id, &self.reason)?,
            None => work.lane_hold(&self.reason, HeldBy::Operator)?,
        };
        work.commit()?;
        match (self.id, held) {
            (Some(id), true) => writeln!(output::results(), "Mail {id} is held.")?,
            (Some(id), false) => return Err(Failure::Usage(format!("mail {id} does not wait: deadlines outbox list shows those that do"))),
            (None, true) => writeln!(output::results(), "All mail is held; the mail in hand is finished.")?,
            (None, false) => writeln!(output::results(), "All mail was held already; it is now until you release it.")?,
        }
        Ok(())
    }
}

impl Release {
    /// Runs the command.
    pub fn run(self, context: &Context) -> Result<(), Failure> {
        let mut store = context.store()?;
        if self.copy {
            return release_copy(context, &mut store);
        }
        let work = store.begin(context.clock.now())?;
        if let Some(id) = self.id {
            let released = work.release(id)?;
            work.commit()?;
            if !released {
                return Err(Failure::Usage(format!("mail {id} is not held: deadlines outbox list --state held shows those that are")));
            }
            writeln!(output::results(), "Mail {id} leaves within a minute.")?;
            return Ok(());
        }
        let refused = if self.retry_refused { work.lane_refusals()? } else { Vec::new() };
        for refusal in &refused {
            work.revive(&refusal.email)?;
            work.retry(Some(refusal.mail))?;
        }
        let opened = work.lane_release()?;
        work.commit()?;
        if !opened {
            output::note("no mail was held; deadlines outbox release NUMBER lets a single one go");
        } else if refused.is_empty() {
            writeln!(output::results(), "Mail leaves again within a minute.")?;
        } else {
            writeln!(output::results(), "Mail leaves again within a minute; {} refused recipients get theirs again.", refused.len())?;
        }
        Ok(())
    }
}

fn release_copy(context: &Context, store: &mut Store) -> Result<(), Failure> {
    let machine = fence::machine(context.config.machine.as_deref());
    if !fence::release(store, &machine, context.clock.now())? {
        output::note("nothing to release: the service has not found this database to be a copy");
        return Ok(());
    }
    let waiting = store.mails(&[State::Queued, State::Deferred, State::Uncertain], None)?.len();
    let due = "those that are due leave within a minute";
    writeln!(output::results(), "This database is the real one from now on; {waiting} mails wait, and {due}.")?;
    Ok(())
}

impl Cancel {
    /// Runs the command.
    pub fn run(self, context: &Context) -> Result<(), Failure> {
        let mut store = context.store()?;
        let work = store.begin(context.clock.now())?;
        let mut cancelled = 0;
        for id in &self.id {
            if !work.cancel(*id)? {
                return Err(Failure::Usage(format!("mail {id} does not wait, is not held and did not fail: nothing was cancelled")));
            }
            cancelled += 1;
        }
        work.commit()?;
        writeln!(output::results(), "{cancelled} cancelled.")?;
        Ok(())
    }
}
