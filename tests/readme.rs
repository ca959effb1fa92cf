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
    let source = text("src/config.rs");
    let keys = source.split('"').collect::<Vec<_>>();
    for key in
        ["path", "folder", "from", "reply_to", "unsubscribe", "operator", "domain", "transport", "templates", "host", "port", "security"]
    {
        assert!(keys.contains(&key), "{key} is no key of the configuration any more");
    }
    let read: Vec<&str> = source.lines().flat_map(keys_read).collect();
    assert!(read.len() > 20, "the way in which keys are read has changed: {read:?}");
    for key in read {
        let stands = example.lines().any(|line| {
            let line = line.trim_start_matches(['#', ' ']);
            line.starts_with(&format!("{key} =")) || line == format!("[{key}]") || line.ends_with(&format!(".{key}]"))
        });
        assert!(stands, "config.example.toml lacks `{key}`");
    }
}

/// The names in `table.string("…")`, `set(table, "…", …)` and the like.
fn keys_read(line: &str) -> Vec<&str> {
    let reads = [
        "table.string(\"",
        "table.number(\"",
        "table.table(\"",
        "document.table(\"",
        "set(table, \"",
        "set_path(&table, \"",
        "set_path(table, \"",
        "set_flag(table, \"",
        "set_word(table, \"",
        "set_duration(table, \"",
    ];
    reads.iter().flat_map(|read| line.split(read).skip(1)).filter_map(|rest| rest.split('"').next()).collect()
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
    assert_eq!(Kind::ALL.len(), 31);
    for kind in Kind::ALL {
        assert_eq!(Kind::parse(kind.as_str()), Some(*kind));
    }
}
