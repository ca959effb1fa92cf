//! What is kept: backups that can be restored, what is held on a practice, and what is forgotten.

#![expect(clippy::unwrap_used, reason = "tests: to panic is to fail")]

#[path = "support/counting_server.rs"]
mod counting_server;
#[path = "support/service.rs"]
mod service;
#[path = "support/smtp_server.rs"]
mod smtp_server;
#[path = "support/world.rs"]
mod world;

#[path = "keeping/backups.rs"]
mod backups;
#[path = "keeping/personal.rs"]
mod personal;
#[path = "keeping/prune.rs"]
mod prune;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use rusqlite::Connection;

use crate::service::{DAY, Place};

fn said(output: &Output) -> String {
    let of = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("{}{}exit code {}", of(&output.stdout), of(&output.stderr), output.status.code().unwrap())
}

fn path(place: &Place, name: &str) -> PathBuf {
    place.folder.join(name)
}

fn run(place: &Place, arguments: &[&str]) -> String {
    run_on(place, DAY, arguments)
}

fn run_on(place: &Place, day: &str, arguments: &[&str]) -> String {
    let names = |word: &&str| if word.starts_with("./") { path(place, word).display().to_string() } else { (*word).to_owned() };
    let mut command = Command::new(env!("CARGO_BIN_EXE_deadlines"));
    command.arg("--config").arg(path(place, "deadlines.toml")).args(["--as-of", day]).args(arguments.iter().map(names));
    said(&command.env("NO_COLOR", "1").output().unwrap()).replace("/./", "/").replace(&place.folder.display().to_string(), "FOLDER")
}

fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn poison(database: &Path, sql: &str) {
    Connection::open(database).unwrap().execute_batch(sql).unwrap();
}
