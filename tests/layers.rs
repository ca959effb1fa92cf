//! Imports point one way (ARCHITECTURE.md): a lower layer never knows a higher one, and adapters do not know each other.

#![expect(clippy::unwrap_used, reason = "to panic is to fail the test")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Each module, and what it may import besides itself.
fn table() -> BTreeMap<&'static str, Vec<&'static str>> {
    let texts = ["domain", "problems", "toml_reader"];
    let readers = ["domain", "problems", "toml_reader", "calendar_file", "practice_file", "config", "ics"];
    let adapters = [&readers[..], &["store", "mail", "clock"]].concat();
    let mut table: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    table.insert("domain", vec![]);
    table.insert("problems", vec![]);
    table.insert("toml_reader", vec!["problems"]);
    table.insert("calendar_file", texts.to_vec());
    table.insert("practice_file", texts.to_vec());
    table.insert("config", texts.to_vec());
    table.insert("ics", texts.to_vec());
    table.insert("clock", vec!["domain"]);
    table.insert("store", readers.to_vec());
    table.insert("mail", readers.to_vec());
    table.insert("job", adapters.clone());
    table.insert("daemon", [&adapters[..], &["job"]].concat());
    table.insert("cli", [&adapters[..], &["job", "daemon"]].concat());
    table
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

fn all_sources() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    sources(&root, &mut found);
    found.into_iter().map(|path| (path.strip_prefix(&root).unwrap().to_owned(), fs::read_to_string(&path).unwrap())).collect()
}

fn module_of(path: &Path) -> String {
    let first = path.components().next().unwrap().as_os_str().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_owned()
}

#[test]
fn imports_follow_the_table() {
    let table = table();
    let mut wrong = Vec::new();
    for (path, text) in all_sources() {
        let module = module_of(&path);
        if module == "lib" || module == "main" {
            continue;
        }
        let allowed = table.get(module.as_str()).unwrap_or_else(|| panic!("{module} stands in no layer"));
        for (number, line) in text.lines().enumerate() {
            for part in line.split("crate::").skip(1) {
                let imported: String = part.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                if table.contains_key(imported.as_str()) && imported != module && !allowed.contains(&imported.as_str()) {
                    wrong.push(format!("{}:{}: {module} imports {imported}", path.display(), number + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_the_clock_reads_the_real_clock_and_only_the_command_line_prints() {
    for (path, text) in all_sources() {
        let module = module_of(&path);
        if module != "clock" {
            assert!(!text.contains("Utc::now("), "{} reads the real clock", path.display());
            assert!(!text.contains("SystemTime::now("), "{} reads the real clock", path.display());
        }
        if module != "cli" {
            assert!(!text.contains("println!") && !text.contains("eprint"), "{} prints", path.display());
        }
        if module != "store" {
            assert!(!text.contains("SELECT "), "{} speaks SQL", path.display());
        }
    }
}

#[test]
fn a_file_is_a_room() {
    for (path, text) in all_sources() {
        assert!(text.lines().count() <= 450, "{} has {} lines: usually two rooms", path.display(), text.lines().count());
        assert!(text.starts_with("//!"), "{} does not say what it is", path.display());
    }
}
