//! The page: tables of what was measured, in the text that explains them.

use std::fmt::Write as _;
use std::time::Duration;

use crate::measure::exponent;

/// What does not change from run to run.
const PAGE: &str = include_str!("page.md");

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
    sizes: Vec<u32>,
    shown: Vec<String>,
    exponent: f64,
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

    /// A part that stopped with an error, which stands on standard error.
    pub fn failed(&mut self, part: &str) {
        self.notes.push(format!("**{part} could not be measured to its end.**"));
    }

    /// How long the same work takes at several sizes.
    pub fn growth(&mut self, work: &str, points: &[(u32, Duration)]) {
        let values: Vec<(u32, f64, String)> = points.iter().map(|(size, time)| (*size, time.as_secs_f64(), say(*time))).collect();
        self.grows(work, &values);
    }

    /// How much memory, in kilobytes, the same work takes at several sizes.
    pub fn memory_growth(&mut self, work: &str, points: &[(u32, u64)]) {
        #[expect(clippy::cast_precision_loss, reason = "kilobytes of memory are far below 2^52")]
        let values: Vec<(u32, f64, String)> = points.iter().map(|(size, kb)| (*size, *kb as f64, megabytes(*kb))).collect();
        self.grows(work, &values);
    }

    fn grows(&mut self, work: &str, values: &[(u32, f64, String)]) {
        let points: Vec<(f64, f64)> = values.iter().map(|(size, value, _)| (f64::from(*size), *value)).collect();
        let growth = Growth {
            work: work.to_owned(),
            sizes: values.iter().map(|(size, ..)| *size).collect(),
            shown: values.iter().map(|(.., shown)| shown.clone()).collect(),
            exponent: exponent(&points),
        };
        eprintln!("  {}", growth.line());
        self.growth.push(growth);
    }

    /// A sentence under the tables: where the time goes.
    pub fn note(&mut self, note: String) {
        eprintln!("  {note}");
        self.notes.push(note);
    }

    /// All of it; `restrictions` say in what this run was less than a whole one.
    pub fn page(&self, machine: &str, restrictions: &str) -> String {
        let mut rows = String::new();
        for row in &self.rows {
            let met = if row.is_met { "met" } else { "**not met**" };
            let _ = writeln!(rows, "| {} | {} | {} | {} | {} | {met} |", row.work, row.ours, row.beside, row.ratio, row.aim);
        }
        let growth: String = self.growth.iter().map(|growth| growth.line() + "\n").collect();
        let notes: String = self.notes.iter().map(|note| format!("- {note}\n")).collect();
        let machine = [machine, restrictions].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ");
        let places =
            [("{machine}", machine.as_str()), ("{rows}", rows.trim_end()), ("{growth}", growth.trim_end()), ("{notes}", notes.trim_end())];
        places.into_iter().fold(PAGE.to_owned(), |page, (place, text)| page.replace(place, text))
    }
}

impl Growth {
    fn line(&self) -> String {
        let sizes: Vec<String> = self.sizes.iter().map(u32::to_string).collect();
        format!("| {} | {} | {} | {:.2} |", self.work, sizes.join(", "), self.shown.join(", "), self.exponent)
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
