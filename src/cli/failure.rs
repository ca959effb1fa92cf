//! How a command fails: what is said, and with which exit code.

use std::fmt::Display;
use std::process::ExitCode;

use crate::cli::output;
use crate::job::load::LoadError;
use crate::problems::Problems;
use crate::store::error::StoreError;

/// Why a command did not do what was asked.
#[derive(Debug)]
pub enum Failure {
    /// Exit code 1: it was understood, but something went wrong.
    Failed(String),
    /// Exit code 2: it cannot be meant like this.
    Usage(String),
    /// Exit code 3: the data has problems.
    Data(Problems),
    /// Exit code 3, where one sentence says it all.
    DataSentence(String),
    /// Exit code 75: a mail server is to hand the message in again later (EX_TEMPFAIL of sysexits.h).
    TryAgain(String),
    /// The reader of our output went away: no error.
    ClosedPipe,
}

impl Failure {
    /// A failure of work, with its context.
    pub fn failed(what: impl Display, why: impl Display) -> Self {
        Self::Failed(format!("{what}: {why}"))
    }

    /// The same, for a mail server that hands a message in.
    pub fn for_mail_server(self) -> Self {
        match self {
            Self::ClosedPipe => Self::ClosedPipe,
            other => Self::TryAgain(other.in_words()),
        }
    }

    /// What it says, for a log.
    pub fn in_words(self) -> String {
        match self {
            Self::Failed(message) | Self::Usage(message) | Self::DataSentence(message) | Self::TryAgain(message) => message,
            Self::Data(problems) => problems.to_string(),
            Self::ClosedPipe => String::new(),
        }
    }

    /// Prints it once, and gives the exit code.
    pub fn report(self) -> ExitCode {
        match self {
            Self::Failed(message) => code(&message, 1),
            Self::Usage(message) => code(&message, 2),
            Self::DataSentence(message) => code(&message, 3),
            Self::TryAgain(message) => code(&message, 75),
            Self::Data(problems) => {
                output::problems(&problems);
                ExitCode::from(3)
            }
            Self::ClosedPipe => ExitCode::SUCCESS,
        }
    }
}

fn code(message: &str, code: u8) -> ExitCode {
    output::note(&format!("error: {message}"));
    ExitCode::from(code)
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            Self::ClosedPipe
        } else {
            Self::Failed(format!("cannot write the output: {error}"))
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Problems(problems) => Self::Data(problems),
            LoadError::Store(error) => error.into(),
        }
    }
}

/// Help and version go to standard output with code 0, mistakes to standard error with code 2.
pub fn of_usage(error: &clap::Error) -> ExitCode {
    let printed = error.print();
    match (error.use_stderr(), printed) {
        (true, _) => ExitCode::from(2),
        (false, _) => ExitCode::SUCCESS,
    }
}
