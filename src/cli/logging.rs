//! Where the service's log goes: to the journal with its fields, as JSON lines, or readable on a terminal.

use std::io::IsTerminal;
use std::os::unix::fs::MetadataExt;

use tracing_journald::{Layer, Priority, PriorityMappings};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::cli::failure::Failure;
use crate::config::{Log, LogFormat};

/// Starts logging. Where standard error is the journal's, each event goes there with its fields (`EVENT`, `PRACTICE`, …), so that
/// `journalctl EVENT=lane-held` finds it; a journal that takes no fields gets JSON lines.
///
/// # Errors
/// A filter that cannot be read, or a journal that was asked for and is not there.
pub fn start(log: &Log) -> Result<(), Failure> {
    let filter: Targets = log.filter.parse().map_err(|error| Failure::Usage(format!("[log] filter: {error}")))?;
    match (log.format, is_journal()) {
        (LogFormat::Text, _) | (LogFormat::Auto, false) => text(filter),
        (LogFormat::Json, _) => json(filter),
        (LogFormat::Journal, _) => {
            let layer = journal().map_err(|error| Failure::failed("[log] format: the journal cannot be reached", error))?;
            tracing_subscriber::registry().with(filter).with(layer).init();
        }
        (LogFormat::Auto, true) => match journal() {
            Ok(layer) => tracing_subscriber::registry().with(filter).with(layer).init(),
            Err(_) => json(filter),
        },
    }
    Ok(())
}

fn text(filter: Targets) {
    let lines = fmt::layer().with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
    tracing_subscriber::registry().with(filter).with(lines).init();
}

/// The journal stamps its lines itself; whoever else reads them has a clock too.
fn json(filter: Targets) {
    let lines = fmt::layer().with_writer(std::io::stderr).json().flatten_event(true);
    let registry = tracing_subscriber::registry().with(filter);
    if is_journal() { registry.with(lines.without_time()).init() } else { registry.with(lines).init() }
}

fn journal() -> std::io::Result<Layer> {
    // What journalctl leaves out with `-p notice` is the everyday business.
    let priorities = PriorityMappings { info: Priority::Informational, debug: Priority::Debug, ..PriorityMappings::new() };
    let layer = tracing_journald::layer()?.with_field_prefix(None).with_priority_mappings(priorities);
    Ok(layer.with_syslog_identifier("deadlines".to_owned()))
}

/// systemd names the socket that it connected; a process that was started from such a service, with an output of its own, inherits the name only.
fn is_journal() -> bool {
    let Ok(named) = std::env::var("JOURNAL_STREAM") else { return false };
    std::fs::metadata("/dev/stderr").is_ok_and(|stderr| named == format!("{}:{}", stderr.dev(), stderr.ino()))
}
