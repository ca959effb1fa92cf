//! Calendar files: TOML as an editor writes it, read into the domain, every problem with its place and a hint.

pub mod checks;
pub mod embedded;
pub mod folder;
pub mod generated;
pub mod milestone_table;
pub mod moment_value;
pub mod names_file;
pub mod policy_table;
pub mod skim;

use std::borrow::Cow;

use crate::calendar_file::policy_table::Sheet;
use crate::domain::almanac::Almanac;
use crate::domain::names::InsurerId;
use crate::problems::{self, Problems, Text};

/// One file of a calendar folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its path below the folder, with forward slashes: `cz/paramedische-zorg-2024.toml`.
    pub path: String,
    text: Text,
}

impl File {
    /// A file with what is in it.
    pub fn new(path: impl Into<String>, content: impl Into<Cow<'static, str>>) -> Self {
        let path = path.into();
        Self { text: problems::text(&path, content), path }
    }

    /// What is in it.
    pub fn content(&self) -> &str {
        self.text.inner()
    }

    /// The same, for problems to point into.
    pub fn text(&self) -> &Text {
        &self.text
    }

    /// The identity of the policy that it holds: its path without the ending.
    pub fn policy_id(&self) -> &str {
        self.path.strip_suffix(".toml").unwrap_or(&self.path)
    }

    /// The folder in which it lies: of an insurer, or none for what the law gives.
    pub fn folder(&self) -> Option<&str> {
        self.path.split_once('/').map(|(folder, _)| folder)
    }

    /// Whether it holds names rather than a timeline.
    pub fn is_names(&self) -> bool {
        matches!(self.path.as_str(), "insurers.toml" | "care-types.toml")
    }
}

/// Reads and checks all files together. The almanac is complete only if no problem is an error.
pub fn read(files: &[File]) -> (Almanac, Problems) {
    let (almanac, sheets, mut problems) = parse(files, &[]);
    checks::run(&sheets, &mut problems);
    (complete(almanac, sheets), problems)
}

/// Reads files that passed every check before: when they were loaded, or in a test where they are compiled in.
///
/// The checks work everything out several times over, which is most of the time that a short command takes.
pub fn read_checked(files: &[File]) -> (Almanac, Problems) {
    read_checked_of(files, &[])
}

/// The same for a question about these insurers alone, as they were typed: of what the others publish only the milestones' names are read.
///
/// That is enough, since a policy lies in the folder of its insurer and its milestones have bounds of their own, which the checks see to.
pub fn read_checked_of(files: &[File], insurers: &[String]) -> (Almanac, Problems) {
    let (almanac, sheets, problems) = parse(files, insurers);
    (complete(almanac, sheets), problems)
}

fn parse(files: &[File], insurers: &[String]) -> (Almanac, Vec<Sheet>, Problems) {
    keep_what_is_freed();
    let mut problems = Problems::default();
    let (names, policies): (Vec<&File>, Vec<&File>) = files.iter().partition(|file| file.is_names());
    let mut almanac = names_file::read(&names, &mut problems);
    let asked: Vec<InsurerId> = insurers.iter().filter_map(|given| almanac.find_insurer(given.trim()).ok()).collect();
    let is_asked = |file: &File| insurers.is_empty() || asked.iter().any(|insurer| Some(insurer.as_str()) == file.folder());
    let mut sheets = Vec::new();
    for file in policies {
        let elsewhere = if is_asked(file) { None } else { skim::milestone_names(file.content()) };
        match elsewhere {
            Some(names) => almanac.elsewhere.extend(names),
            None => sheets.extend(policy_table::read(file, &almanac, &mut problems)),
        }
    }
    (almanac, sheets, problems)
}

/// Once a large piece of memory was freed, glibc keeps smaller ones for the next use instead of returning each to the kernel: the TOML reader
/// takes and frees several hundred kB for each file, and a ninth of the page faults of a short command came from that.
fn keep_what_is_freed() {
    const LARGER_THAN_A_FILE_NEEDS: usize = 1 << 20;
    drop(std::hint::black_box(Vec::<u8>::with_capacity(LARGER_THAN_A_FILE_NEEDS)));
}

fn complete(mut almanac: Almanac, sheets: Vec<Sheet>) -> Almanac {
    almanac.policies = sheets.into_iter().map(|sheet| sheet.policy).collect();
    almanac.policies.sort_by(|a, b| a.id.cmp(&b.id));
    almanac
}
