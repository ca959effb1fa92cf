//! Whole programs side by side: what `deadlines` takes for a piece of work, and what another program or bare SQLite takes for the same, in one
//! run on one machine. `cargo bench --bench compare` prints the page; `-- --write` writes it to docs/benchmarks.md; `-- --help` lists the options.
//!
//! Needs the Debian packages remind, khal, postfix (smtp-source and smtp-sink; as root they run as `nobody`) and time. Half an hour on two cores, 20 GB in the
//! folder for temporary files.

#![expect(clippy::unwrap_used, reason = "a benchmark: to panic is to say what is missing")]
#![expect(clippy::print_stdout, reason = "the page is the result")]
#![expect(clippy::print_stderr, reason = "progress")]

mod binary;
mod build;
mod child;
mod deliver;
mod list;
mod machine;
mod measure;
mod plan;
mod report;
mod rules;
mod service;
mod sizes;
mod stock;
mod timelines;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};

use clap::Parser;

use measure::timed;
use report::{Report, say};
use sizes::Sizes;
use stock::Stock;

/// Measure this program beside others
#[derive(Debug, Parser)]
struct Options {
    /// Only these parts: list, rules, plan, deliver, service, binary, build
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// All parts but these
    #[arg(long, value_delimiter = ',')]
    without: Vec<String>,
    /// For a quick look: every size divided by this
    #[arg(long, default_value_t = 1)]
    divide: u32,
    /// Write docs/benchmarks.md
    #[arg(long)]
    write: bool,
    /// Given by cargo
    #[arg(long, hide = true)]
    bench: bool,
    /// Work for this program itself: measured in a process of its own, so that its memory is its own
    #[arg(long, hide = true, num_args = 1.., allow_hyphen_values = true)]
    child: Vec<String>,
}

/// What measures some rows and adds them to the report.
type Part = fn(&Sizes, &mut Stock, &mut Report);

const PARTS: [(&str, Part); 7] = [
    ("list", |sizes, _, report| list::measure(sizes, report)),
    ("rules", |sizes, _, report| rules::measure(sizes, report)),
    ("plan", plan::measure),
    ("deliver", deliver::measure),
    ("service", |sizes, _, report| service::measure(sizes, report)),
    ("binary", |_, _, report| binary::measure(report)),
    ("build", |_, _, report| build::measure(report)),
];

impl Options {
    fn wants(&self, part: &str) -> bool {
        let named = |names: &[String]| names.iter().any(|name| name == part);
        (self.only.is_empty() || named(&self.only)) && !named(&self.without)
    }

    /// What makes this run another one than the page is about; empty: nothing.
    fn restrictions(&self) -> String {
        let left_out: Vec<&str> = PARTS.iter().map(|(name, _)| *name).filter(|name| !self.wants(name)).collect();
        let sizes = (self.divide > 1).then(|| format!("Every size was divided by {}.", self.divide));
        let parts = (!left_out.is_empty()).then(|| format!("Not measured in this run: {}.", left_out.join(", ")));
        sizes.into_iter().chain(parts).collect::<Vec<_>>().join(" ")
    }
}

fn main() {
    let options = Options::parse();
    if !options.child.is_empty() {
        return child::work(&options.child);
    }
    let machine = machine::describe();
    let (sizes, mut stock, mut report) = (Sizes::divided_by(options.divide), Stock::default(), Report::default());
    for (name, part) in PARTS.into_iter().filter(|(name, _)| options.wants(name)) {
        eprintln!("{name} …");
        // What an hour measured is not lost with what cannot be.
        let (taken, done) = timed(|| catch_unwind(AssertUnwindSafe(|| part(&sizes, &mut stock, &mut report))));
        eprintln!("  {name}: {}", say(taken));
        if done.is_err() {
            report.failed(name);
        }
    }
    let page = report.page(&machine, &options.restrictions());
    print!("{page}");
    if options.write {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/benchmarks.md"), page).unwrap();
    }
}
