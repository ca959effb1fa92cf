//! A folder in which an operator works, and what the program answers there.

use std::path::PathBuf;

use assert_cmd::Command;
use tempfile::TempDir;

/// A Tuesday in season.
pub const DAY: &str = "2025-11-04";

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

/// A folder of its own.
pub struct Desk(TempDir);

impl Desk {
    /// With this as `deadlines.toml`.
    pub fn with(config: &str) -> Self {
        let desk = Self(TempDir::new().unwrap());
        desk.write("deadlines.toml", config);
        desk
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn write(&self, name: &str, content: &str) {
        std::fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        std::fs::write(self.path(name), content).unwrap();
    }

    /// Asks without any environment but this.
    pub fn ask_in(&self, environment: &[(&str, &str)], words: &[&str]) -> Answer {
        let mut command = Command::new(env!("CARGO_BIN_EXE_deadlines"));
        command.env_clear().env("NO_COLOR", "1").envs(environment.iter().copied());
        let output = command.current_dir(self.0.path()).args(["--as-of", DAY]).args(words).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Answer { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
    }

    pub fn ask(&self, words: &[&str]) -> Answer {
        self.ask_in(&[], words)
    }
}
