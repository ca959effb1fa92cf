//! `deadlines inbound`: mail handed in by the mail server.

use clap::Args;

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::job::spool;

/// Take in a message from the mail server, for the service: delivery reports, unsubscribes, "afgehandeld"
#[derive(Debug, Args)]
#[command(after_help = "Examples, for Postfix:
  /etc/postfix/main.cf      recipient_delimiter = +
                            transport_maps = hash:/etc/postfix/transport
                            deadlines_destination_recipient_limit = 1
  /etc/postfix/transport    bounces@example.org deadlines:
  /etc/postfix/master.cf    deadlines unix - n n - 2 pipe user=deadlines-inbound:deadlines
                              argv=/usr/bin/deadlines inbound --recipient ${original_recipient}

The message comes on standard input and goes into the folder that [mail] spool names; the service reads it within a minute. The user that runs
this needs to write that folder and to read the configuration, and nothing else. Exit code 0, or 75 for \"try again later\".")]
pub struct Inbound {
    /// The envelope's recipient, where the message itself may not name it
    #[arg(long, value_name = "ADDRESS", allow_hyphen_values = true)]
    recipient: Option<String>,
}

impl Inbound {
    /// Runs the command.
    pub fn run(self, context: &Context) -> Result<(), Failure> {
        let folder = &context.config.mail.returning.spool;
        let taken = spool::put(folder, self.recipient.as_deref(), context.clock.now(), &mut std::io::stdin().lock());
        taken.map(drop).map_err(|error| Failure::TryAgain(format!("cannot take the message into {}: {error}", folder.display())))
    }
}
