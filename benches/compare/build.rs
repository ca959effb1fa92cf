//! What it takes to build the program from nothing but its packages' sources.

use std::process::Command;
use std::time::Duration;

use crate::measure::timed;
use crate::report::{Report, Row, say};

pub fn measure(report: &mut Report) {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new("/usr/bin/time");
    command.args(["-f", "%U %S", "cargo", "build", "--release", "--locked"]);
    command.current_dir(env!("CARGO_MANIFEST_DIR")).env("CARGO_TARGET_DIR", folder.path());
    // What cargo set for this benchmark is not for another build.
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CARGO_PKG_") || name == "CARGO_MANIFEST_DIR") {
        command.env_remove(name);
    }
    let (wall, output) = timed(|| command.output().expect("install the Debian package time"));
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{text}");
    let processor: f64 = text.lines().last().unwrap_or_default().split_whitespace().filter_map(|seconds| seconds.parse::<f64>().ok()).sum();
    let compiled = text.lines().filter(|line| line.trim_start().starts_with("Compiling ")).count();
    report.row(Row {
        work: format!("build it from scratch, {compiled} packages with those that only help building"),
        ours: format!("{}, {} of processor time", say(wall), say(Duration::from_secs_f64(processor))),
        beside: "-".to_owned(),
        ratio: "-".to_owned(),
        aim: "reasonable on two cores: under ten minutes",
        is_met: wall < Duration::from_mins(10),
    });
}
