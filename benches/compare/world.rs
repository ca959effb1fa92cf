//! A folder with a configuration and a generated database.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The program under measurement.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_deadlines");

pub struct World {
    folder: tempfile::TempDir,
}

impl World {
    /// An empty folder with a configuration.
    pub fn new(config: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("deadlines.toml"), config).unwrap();
        Self { folder }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn database(&self) -> PathBuf {
        self.path("var/deadlines.sqlite")
    }

    /// The program with its configuration, as if it were this day.
    pub fn program(&self, day: Option<&str>) -> Command {
        let mut command = Command::new(PROGRAM);
        command.arg("--config").arg(self.path("deadlines.toml")).env("NO_COLOR", "1");
        if let Some(day) = day {
            command.args(["--as-of", day]);
        }
        command
    }

    /// Fills the database up to this day.
    pub fn generate(&self, day: Option<&str>, practices: u32, ledger_rows: u32) {
        let mut command = self.program(day);
        let made = command.args(["generate", "--practices", &practices.to_string(), "--ledger-rows", &ledger_rows.to_string()]);
        assert!(made.output().unwrap().status.success());
    }

    /// A copy of the database under another name, as if nothing had been done to it.
    pub fn copy(&self, name: &str) -> PathBuf {
        let copy = self.path(name);
        settle(&self.database());
        fs::copy(self.database(), &copy).unwrap();
        copy
    }
}

/// Carries the write-ahead log into the database, so that one file is all of it.
pub fn settle(database: &Path) {
    let connection = rusqlite::Connection::open(database).unwrap();
    let _ = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
}
