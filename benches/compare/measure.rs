//! Stopwatch, peak memory, and what happens more than once.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How long it takes, and what it gives.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
pub fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let begun = Instant::now();
    let value = work();
    (begun.elapsed(), value)
}

/// The middle of what several programs take, each run in turn so that a busy moment hits all of them. The first turn only warms up.
pub fn in_turn(times: usize, programs: &[&dyn Fn() -> Command]) -> Vec<Duration> {
    let mut all: Vec<Vec<Duration>> = vec![Vec::new(); programs.len()];
    for turn in 0..=times {
        for (program, taken) in programs.iter().zip(&mut all) {
            let mut command = program();
            command.stdout(Stdio::null()).stderr(Stdio::null());
            let (duration, status) = timed(|| command.status().unwrap());
            assert!(status.success(), "{command:?} failed: {status}");
            if turn > 0 {
                taken.push(duration);
            }
        }
    }
    all.into_iter().map(middle).collect()
}

/// The median.
pub fn middle(mut durations: Vec<Duration>) -> Duration {
    durations.sort_unstable();
    durations.get(durations.len() / 2).copied().unwrap_or_default()
}

/// The largest resident set of a command in kilobytes, as GNU time says.
pub fn peak_kb(command: &Command) -> u64 {
    let mut timed = Command::new("/usr/bin/time");
    timed.args(["-f", "%M"]).arg(command.get_program()).args(command.get_args()).stdout(Stdio::null());
    let output = timed.output().expect("install the Debian package time");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    text.lines().last().and_then(|line| line.trim().parse().ok()).unwrap_or_default()
}

/// A line of /proc/PID/status in its own unit.
pub fn status_of(process: &str, key: &str) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':').map(str::to_owned));
    line.and_then(|line| line.split_whitespace().next().map(str::to_owned)).and_then(|number| number.parse().ok()).unwrap_or_default()
}

/// The exponent with which the time grows with the size: 1 is linear. Least squares over the logarithms.
pub fn exponent(points: &[(f64, f64)]) -> f64 {
    let logs: Vec<(f64, f64)> = points.iter().map(|(size, seconds)| (size.ln(), seconds.ln())).collect();
    let count = f64::from(u32::try_from(logs.len()).unwrap_or(1));
    let (mean_x, mean_y) = (logs.iter().map(|(x, _)| x).sum::<f64>() / count, logs.iter().map(|(_, y)| y).sum::<f64>() / count);
    let above: f64 = logs.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    let below: f64 = logs.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
    above / below
}
