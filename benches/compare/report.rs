//! The tables.

use std::fmt::Write as _;
use std::time::Duration;

use crate::measure::exponent;

/// One comparison.
pub struct Row {
    pub work: String,
    pub ours: String,
    pub beside: String,
    pub ratio: String,
    pub aim: &'static str,
    pub is_met: bool,
}

/// The same work at several sizes.
struct Growth {
    work: String,
    points: Vec<(f64, f64)>,
}

/// Everything that was measured.
#[derive(Default)]
pub struct Report {
    rows: Vec<Row>,
    growth: Vec<Growth>,
    notes: Vec<String>,
}

impl Report {
    pub fn row(&mut self, row: Row) {
        eprintln!("  {}: {} | {} | {}", row.work, row.ours, row.beside, row.ratio);
        self.rows.push(row);
    }

    pub fn growth(&mut self, work: &str, points: &[(u32, Duration)]) {
        let points = points.iter().map(|(size, taken)| (f64::from(*size), taken.as_secs_f64())).collect();
        self.growth.push(Growth { work: work.to_owned(), points });
    }

    /// A sentence under the tables: where the time goes.
    pub fn note(&mut self, note: String) {
        eprintln!("  {note}");
        self.notes.push(note);
    }

    pub fn as_markdown(&self, machine: &str) -> String {
        let mut text = format!(
            "# Benchmarks\n\n{machine}\n\nEach row was measured in one run on one machine; only its ratio means anything elsewhere.\n\n"
        );
        text += "| work | this program | beside it | ratio | aim | |\n|---|---|---|---|---|---|\n";
        for row in &self.rows {
            let met = if row.is_met { "met" } else { "**not met**" };
            let _ = writeln!(text, "| {} | {} | {} | {} | {} | {met} |", row.work, row.ours, row.beside, row.ratio, row.aim);
        }
        if !self.growth.is_empty() {
            text += "\n## Growth\n\nThe exponent with which the time grows with the size: 1 is linear, 0 is no growth.\n\n| work | sizes | times | exponent |\n|---|---|---|---|\n";
        }
        for Growth { work, points } in &self.growth {
            let sizes: Vec<String> = points.iter().map(|(size, _)| format!("{size}")).collect();
            let times: Vec<String> = points.iter().map(|(_, seconds)| say(Duration::from_secs_f64(*seconds))).collect();
            let _ = writeln!(text, "| {work} | {} | {} | {:.2} |", sizes.join(", "), times.join(", "), exponent(points));
        }
        if !self.notes.is_empty() {
            text += "\n## Where the time goes\n\n";
        }
        self.notes.iter().for_each(|note| text += &format!("- {note}\n"));
        text
    }
}

/// A duration as a reader wants it.
pub fn say(duration: Duration) -> String {
    let millis = duration.as_secs_f64() * 1000.0;
    match millis {
        ..10.0 => format!("{millis:.2} ms"),
        ..1000.0 => format!("{millis:.0} ms"),
        _ => format!("{:.2} s", millis / 1000.0),
    }
}

/// How many times as long.
pub fn times(ours: Duration, theirs: Duration) -> f64 {
    ours.as_secs_f64() / theirs.as_secs_f64()
}

/// Kilobytes as megabytes.
pub fn megabytes(kilobytes: u64) -> String {
    format!("{}.{} MB", kilobytes / 1024, kilobytes % 1024 * 10 / 1024)
}
