//! What it ran on, and the versions.

use std::io::Write;
use std::process::Command;
use std::time::Duration;

use crate::measure::{middle, timed};
use crate::report::say;

/// Some sentences.
pub fn describe() -> String {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")?.split(':').nth(1)).unwrap_or("unknown").trim().to_owned();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let memory = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let memory: u64 = memory.split_whitespace().nth(1).and_then(|kilobytes| kilobytes.parse().ok()).unwrap_or_default();
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default();
    let system = first_line("sh", &["-c", ". /etc/os-release; echo $PRETTY_NAME, Linux $(uname -r)"]);
    let packages = ["remind", "khal", "postfix"]
        .map(|package| format!("{package} {}", first_line("dpkg-query", &["-W", "-f", "${Version}", package])));
    let (day, rustc) = (first_line("date", &["-u", "+%Y-%m-%d"]), first_line("rustc", &["--version"]));
    format!(
        "Measured on {day} with `cargo bench --bench compare -- --write`: {model}, {cores} cores, {} GB, {system}; a page is on the disk after {}; load when the run began {load}; deadlines {}, {rustc}, SQLite {}; {}.",
        memory / 1024 / 1024,
        say(synchronised()),
        env!("CARGO_PKG_VERSION"),
        rusqlite::version(),
        packages.join(", ")
    )
}

/// What a small write takes that waits for the disk, as each commit does.
fn synchronised() -> Duration {
    let mut file = tempfile::tempfile().unwrap();
    let mut write = || {
        file.write_all(&[1; 4096]).unwrap();
        file.sync_data().unwrap();
    };
    middle((0..100).map(|_| timed(&mut write).0).collect())
}

fn first_line(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    text.lines().next().unwrap_or("not there").trim().to_owned()
}
