//! One helper through which all tests ask the real program.

use assert_cmd::Command;
use tempfile::TempDir;

/// What the program answered.
pub struct Answer {
    /// Its exit code.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Answer {
    /// Everything in one text, for a snapshot.
    pub fn whole(&self) -> String {
        format!("exit code {}\n--- out\n{}--- err\n{}", self.code, self.out, self.err)
    }
}

/// Asks in an empty folder, in an empty environment without a terminal, as if it were a day.
pub fn ask(as_of: &str, words: &[&str]) -> Answer {
    ask_in(as_of, &[("NO_COLOR", "1")], words)
}

/// The same with a terminal of some width.
pub fn ask_wide(as_of: &str, columns: &str, words: &[&str]) -> Answer {
    ask_in(as_of, &[("NO_COLOR", "1"), ("COLUMNS", columns)], words)
}

/// The same in an environment.
pub fn ask_in(as_of: &str, environment: &[(&str, &str)], words: &[&str]) -> Answer {
    let folder = TempDir::new().expect("a temporary folder");
    let mut command = Command::new(env!("CARGO_BIN_EXE_deadlines"));
    command.env_clear().envs(environment.iter().copied()).current_dir(folder.path()).args(["--as-of", as_of]).args(words);
    let output = command.output().expect("the program runs");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Answer { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
}
