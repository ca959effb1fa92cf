//! The program file: its size, and how many packages it is made of.

use std::collections::BTreeSet;
use std::process::Command;

use crate::report::{Report, Row, megabytes};
use crate::world::PROGRAM;

pub fn measure(report: &mut Report) {
    let bytes = std::fs::metadata(PROGRAM).unwrap().len();
    let output = Command::new("cargo").args(["tree", "--locked", "--edges", "normal", "--prefix", "none"]).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let packages: BTreeSet<&str> = text.lines().map(|line| line.trim_end_matches(" (*)")).collect();
    report.row(Row {
        work: "the binary: thin LTO, stripped".to_owned(),
        ours: format!("{}, {} packages at run time", megabytes(bytes / 1024), packages.len()),
        beside: "-".to_owned(),
        ratio: "-".to_owned(),
        aim: "small",
        is_met: bytes < 20 * 1024 * 1024,
    });
}
