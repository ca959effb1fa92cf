//! The `deadlines` program: parse arguments, run, print an error once, exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    deadlines::cli::main()
}
