//! A folder with a configuration and a database.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rusqlite::Connection;

/// The program under measurement.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_deadlines");

pub struct World {
    folder: tempfile::TempDir,
}

impl World {
    /// An empty folder with a configuration.
    pub fn new(config: &str) -> Self {
        let world = Self { folder: tempfile::tempdir().unwrap() };
        world.configure(config);
        world
    }

    pub fn configure(&self, config: &str) {
        fs::write(self.config(), config).unwrap();
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn config(&self) -> String {
        self.path("deadlines.toml").display().to_string()
    }

    pub fn database(&self) -> PathBuf {
        self.path("var/deadlines.sqlite")
    }

    /// The program with its configuration, as if it were this day.
    pub fn program(&self, day: Option<&str>) -> Command {
        let mut command = Command::new(PROGRAM);
        command.arg("--config").arg(self.config()).env("NO_COLOR", "1");
        if let Some(day) = day {
            command.args(["--as-of", day]);
        }
        command
    }

    /// Fills the database up to this day.
    pub fn generate(&self, day: Option<&str>, practices: u32, ledger_rows: u32) {
        let mut command = self.program(day);
        let made = command.args(["generate", "--practices", &practices.to_string(), "--ledger-rows", &ledger_rows.to_string()]);
        let output = made.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// A copy of the database under another name, as if nothing had been done to it.
    pub fn copy(&self, name: &str) -> PathBuf {
        let copy = self.path(name);
        settle(&self.database());
        fs::copy(self.database(), &copy).unwrap();
        // Else the first commits that are measured wait for all of it to be written.
        fs::File::open(&copy).unwrap().sync_all().unwrap();
        copy
    }

    /// Puts a copy of a database into its place.
    pub fn fill(&self, database: &Path) {
        fs::create_dir(self.path("var")).unwrap();
        fs::copy(database, self.database()).unwrap();
        // Else the first commits of what is measured wait until the copy is on the disk.
        fs::File::open(self.database()).unwrap().sync_all().unwrap();
    }

    pub fn change(&self, sql: &str) {
        Connection::open(self.database()).unwrap().execute_batch(sql).unwrap();
        settle(&self.database());
    }

    pub fn number(&self, sql: &str) -> u32 {
        Connection::open(self.database()).unwrap().query_row(sql, [], |row| row.get(0)).unwrap()
    }
}

/// Carries the write-ahead log into the database, so that one file is all of it.
fn settle(database: &Path) {
    let connection = Connection::open(database).unwrap();
    let _ = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
}
