//! Whole programs side by side: what `deadlines` takes for a piece of work, and what another program or bare SQLite takes for the same, in one
//! run on one machine. `cargo bench --bench compare` prints the tables and writes them to docs/benchmarks.md; `-- --help` lists the options.
//!
//! Needs the Debian packages remind, khal, postfix (smtp-source and smtp-sink; as root they run as `nobody`), time and procps.

#![expect(clippy::unwrap_used, reason = "a benchmark: to panic is to say what is missing")]
#![expect(clippy::print_stdout, reason = "the table is the result")]
#![expect(clippy::print_stderr, reason = "progress")]

mod binary;
mod child;
mod deliver;
mod list;
mod machine;
mod measure;
mod plan;
mod report;
mod rules;
mod service;
mod world;

use clap::Parser;

use report::Report;

/// Measure this program beside others
#[derive(Debug, Parser)]
struct Options {
    /// Only these: list, rules, plan, deliver, service, binary
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// How many practices the largest databases have; sizes a tenth and a hundredth of it show the growth
    #[arg(long, default_value_t = 50_000)]
    practices: u32,
    /// How many rows the ledger has when the service is killed
    #[arg(long, default_value_t = 2_000_000)]
    ledger_rows: u32,
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
type Part = fn(&Options, &mut Report);

fn main() {
    let options = Options::parse();
    if !options.child.is_empty() {
        return child::work(&options.child);
    }
    let wanted = |name: &str| options.only.is_empty() || options.only.iter().any(|only| only == name);
    let mut report = Report::default();
    let parts: [(&str, Part); 6] = [
        ("list", |_, report| list::measure(report)),
        ("rules", |_, report| rules::measure(report)),
        ("plan", |options, report| plan::measure(options.practices, report)),
        ("deliver", |options, report| deliver::measure(options.practices, report)),
        ("service", |options, report| service::measure(options.practices, options.ledger_rows, report)),
        ("binary", |_, report| binary::measure(report)),
    ];
    for (name, part) in parts.into_iter().filter(|(name, _)| wanted(name)) {
        eprintln!("{name} …");
        part(&options, &mut report);
    }
    let text = report.as_markdown(&machine::describe());
    print!("{text}");
    if options.write {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/benchmarks.md"), text).unwrap();
    }
}
