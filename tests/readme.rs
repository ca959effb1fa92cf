//! What the documentation promises is there.

#![expect(clippy::unwrap_used, reason = "to panic is to fail the test")]

use std::fs;
use std::path::Path;

use deadlines::config::Config;
use deadlines::domain::milestones::Kind;

fn text(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

#[test]
fn the_example_configuration_is_the_default_one() {
    let config = Config::parse("config.example.toml", &text("config.example.toml"), Path::new("")).unwrap();
    assert_eq!(config, Config::defaults(Path::new("")));
}

#[test]
fn the_example_configuration_holds_every_key() {
    let example = text("config.example.toml");
    let keys = Config::keys();
    assert!(keys.iter().any(|key| key.path == "mail.smtp.host"), "the keys are no longer found");
    // `also` and `instead` take any kind of milestone; the example shows some.
    for key in keys.iter().filter(|key| !key.table().starts_with("leads.")) {
        let header = format!("\n[{}]\n", key.table());
        let section = example.split_once(&header).unwrap_or_else(|| panic!("config.example.toml lacks [{}]", key.table())).1;
        let section = section.split("\n[").next().unwrap_or_default();
        let stands = section.lines().any(|line| line.trim_start_matches(['#', ' ']).starts_with(&format!("{} =", key.name())));
        assert!(stands, "config.example.toml lacks {}", key.path);
    }
}

/// Otherwise a key would have no environment variable, and `config show` would leave it out.
#[test]
fn every_key_is_read_through_the_helpers_that_note_what_it_came_to() {
    let mut read: Vec<_> =
        fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/config")).unwrap().map(|entry| entry.unwrap().path()).collect();
    read.push(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/config.rs"));
    for path in read.iter().filter(|path| !path.ends_with("read.rs")) {
        let source = fs::read_to_string(path).unwrap();
        let asks = ["table.string(", "table.strings(", "table.number(", "table.boolean(", "table.table(", "table.tables("];
        let asked: usize = asks.iter().map(|ask| source.matches(ask).count()).sum();
        let settled = source.matches("table.settle(").count();
        assert!(asked <= settled, "{}: {asked} keys are read by hand, {settled} of them are settled", path.display());
    }
}

#[test]
fn the_readme_gives_the_commands_that_ci_runs() {
    let (readme, ci) = (text("README.md"), text(".ci/run"));
    for command in ["cargo run --locked", "cargo test --locked"] {
        assert!(readme.contains(command), "README.md lacks {command}");
        assert!(ci.contains(command), ".ci/run does not call {command}");
    }
}

#[test]
fn every_kind_is_used_or_documented() {
    assert_eq!(Kind::ALL.len(), 32);
    for kind in Kind::ALL {
        assert_eq!(Kind::parse(kind.as_str()), Some(*kind));
    }
}
