//! The command line: one command per file, and the only printing.

mod calendars;
mod context;
mod coverage;
mod failure;
mod filter;
mod list;
mod output;
mod show;
mod timeline;
mod words;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use context::Context;
use failure::Failure;

/// Contracting deadlines of Dutch health insurers: listed for operators, mailed to practices
#[derive(Debug, Parser)]
#[command(name = "deadlines", version, max_term_width = 100, arg_required_else_help = true)]
#[command(after_help = "Examples:
  deadlines list --insurer cz             what lies ahead at CZ
  deadlines demo                          a whole season with sample practices, mails into a folder
  deadlines --config config.toml run      the service

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 the data has problems.")]
struct Arguments {
    #[command(flatten)]
    everywhere: context::Everywhere,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    List(list::List),
    Show(show::Show),
    Timeline(timeline::Timeline),
    Coverage(coverage::Coverage),
    #[command(subcommand)]
    Calendars(calendars::Calendars),
}

/// Runs the program and says how it went.
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return failure::of_usage(&error),
    };
    let outcome = Context::new(arguments.everywhere).and_then(|context| run(&context, arguments.command));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

fn run(context: &Context, command: Command) -> Result<(), Failure> {
    match command {
        Command::List(list) => list.run(context),
        Command::Show(show) => show.run(context),
        Command::Timeline(timeline) => timeline.run(context),
        Command::Coverage(coverage) => coverage.run(context),
        Command::Calendars(calendars) => calendars.run(context),
    }
}
