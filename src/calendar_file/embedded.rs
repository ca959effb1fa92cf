//! The calendar files that are compiled into the program.

use crate::calendar_file::File;

macro_rules! embedded {
    ($($path:literal),* $(,)?) => {
        &[$(($path, include_str!(concat!("../../calendars/", $path)))),*]
    };
}

const FILES: &[(&str, &str)] = embedded![
    "care-types.toml",
    "cz/paramedische-zorg-2024.toml",
    "insurers.toml",
    "statutory.toml",
    "zilveren-kruis/fysiotherapie-2026-2027.toml",
    "zilveren-kruis/medisch-specialistische-revalidatie-2021.toml",
    "zilveren-kruis/oefentherapie-2024-2025.toml",
    "zorg-en-zekerheid/paramedische-zorg-2024.toml",
];

/// The shipped timelines, in order of path.
pub fn files() -> Vec<File> {
    FILES.iter().map(|(path, content)| File::new(*path, *content)).collect()
}
