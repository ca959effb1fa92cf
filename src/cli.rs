//! The command line: one command per file, and the only printing.

mod backup;
mod calendars;
mod completions;
mod config;
mod context;
mod coverage;
mod demo;
mod doctor;
mod failure;
mod filter;
mod generate;
mod grid;
mod identity;
mod inbound;
mod keep_back;
mod known;
mod ledger;
mod list;
mod logging;
mod man;
mod marks;
mod outbox;
mod output;
mod plan;
mod practice;
mod preview;
mod prune;
mod reach;
mod restore;
mod revive;
mod season;
mod service;
mod show;
mod simulate;
mod status;
mod timeline;
mod words;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};

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
    #[command(subcommand)]
    Practice(practice::Practices),
    Done(marks::Done),
    Snooze(marks::Snooze),
    Happened(marks::HappenedOn),
    Plan(plan::Plan),
    Explain(plan::Explain),
    Preview(preview::Preview),
    Simulate(simulate::Simulate),
    #[command(subcommand)]
    Outbox(outbox::Outbox),
    Inbound(inbound::Inbound),
    Status(status::Status),
    #[command(subcommand)]
    Config(config::Configuration),
    Doctor(doctor::Doctor),
    SendTest(service::SendTest),
    Backup(backup::Backup),
    Restore(restore::Restore),
    Prune(prune::Prune),
    Demo(demo::Demo),
    #[command(hide = true)]
    Generate(generate::Generate),
    Run(service::Run),
    #[command(hide = true)]
    Man(man::Man),
    #[command(hide = true)]
    Completions(completions::Completions),
}

/// Every command with its options, as clap knows them: manual, completions and tests are made from it.
pub fn definition() -> clap::Command {
    Arguments::command()
}

/// The arguments where they are a plain question. Only its own command is defined for that: to define all of them, and to throw them away,
/// takes as long as to answer. What cannot be understood so is for the whole definition, which knows every word, and says what is wrong.
fn question() -> Option<Arguments> {
    let words: Vec<OsString> = std::env::args_os().collect();
    let command = words.iter().skip(1).find_map(|word| defined_alone(word.to_str()?))?;
    let program = context::Everywhere::augment_args(clap::Command::new("deadlines")).subcommand(command);
    let mut matches = program.subcommand_required(true).try_get_matches_from(words).ok()?;
    Arguments::from_arg_matches_mut(&mut matches).ok()
}

/// A command as the whole definition has it, of those that are asked often.
fn defined_alone(name: &str) -> Option<clap::Command> {
    let define = match name {
        "list" => list::List::augment_args,
        "show" => show::Show::augment_args,
        "timeline" => timeline::Timeline::augment_args,
        "coverage" => coverage::Coverage::augment_args,
        "plan" => plan::Plan::augment_args,
        "explain" => plan::Explain::augment_args,
        "status" => status::Status::augment_args,
        _ => return None,
    };
    Some(define(clap::Command::new(name.to_owned())))
}

/// Runs the program and says how it went.
pub fn main() -> ExitCode {
    let arguments = match question().map_or_else(Arguments::try_parse, Ok) {
        Ok(arguments) => arguments,
        Err(error) => return failure::of_usage(&error),
    };
    // The mail server would take any other code for a refusal, and the message would be lost.
    let tries_again = matches!(arguments.command, Command::Inbound(_));
    let outcome = match (Context::new(arguments.everywhere), arguments.command) {
        (Ok(context), command) => run(&context, command),
        (Err(failure), Command::Doctor(doctor)) => doctor.without_configuration(failure),
        (Err(failure), _) => Err(failure),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) if tries_again => failure.for_mail_server().report(),
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
        Command::Practice(practices) => practices.run(context),
        Command::Done(done) => done.run(context),
        Command::Snooze(snooze) => snooze.run(context),
        Command::Happened(happened) => happened.run(context),
        Command::Plan(plan) => plan.run(context),
        Command::Explain(explain) => explain.run(context),
        Command::Preview(preview) => preview.run(context),
        Command::Simulate(simulate) => simulate.run(context),
        Command::Outbox(outbox) => outbox.run(context),
        Command::Inbound(inbound) => inbound.run(context),
        Command::Status(status) => status.run(context),
        Command::Backup(backup) => backup.run(context),
        Command::Restore(restore) => restore.run(context),
        Command::Prune(prune) => prune.run(context),
        Command::Config(config) => config.run(context),
        Command::Doctor(doctor) => doctor.run(context),
        Command::SendTest(send_test) => send_test.run(context),
        Command::Demo(demo) => demo.run(context),
        Command::Generate(generate) => generate.run(context),
        Command::Run(run) => run.run(context),
        Command::Man(man) => man.run(),
        Command::Completions(completions) => completions.run(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_defined_alone_is_the_one_of_the_whole_definition() {
        let whole = definition();
        let alone: Vec<clap::Command> = whole.get_subcommands().filter_map(|command| defined_alone(command.get_name())).collect();
        assert_eq!(alone.len(), 7);
        for command in alone {
            let same = whole.find_subcommand(command.get_name()).unwrap().clone();
            // Which place it has in the help of the program is not its own.
            assert_eq!(format!("{:?}", command.display_order(0)), format!("{:?}", same.display_order(0)));
        }
    }
}
