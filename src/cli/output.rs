//! Printing: results to standard output, everything else to standard error; width and colour follow the terminal and NO_COLOR.

use std::io::{BufWriter, IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};

use crate::cli::failure::Failure;
use crate::problems::{Look, Problems, draw};

/// Standard output, without colour where none is wanted.
pub fn results() -> AutoStream<std::io::StdoutLock<'static>> {
    AutoStream::auto(std::io::stdout().lock())
}

/// Whether standard output wants colours.
pub fn is_styled() -> bool {
    AutoStream::choice(&std::io::stdout()) != ColorChoice::Never
}

/// Where a page goes that is drawn with styles only where they are wanted: to look for them and take them out again takes longer than drawing.
pub fn page(styled: bool) -> Box<dyn Write> {
    if styled { Box::new(results()) } else { Box::new(plain()) }
}

/// Standard output for what holds no styles, handed over a good piece at a time; to be flushed at the end.
pub fn plain() -> impl Write {
    BufWriter::with_capacity(1 << 16, std::io::stdout().lock())
}

/// Says something that is not a result. A closed standard error is no reason to fail.
pub fn note(message: &str) {
    let _ = writeln!(AutoStream::auto(std::io::stderr().lock()), "{message}");
}

/// Draws problems on standard error.
pub fn problems(problems: &Problems) {
    let width = terminal_size::terminal_size_of(std::io::stderr()).map_or(100, |(width, _)| usize::from(width.0));
    let coloured = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let look = if coloured { Look::Coloured(width) } else { Look::Plain(width) };
    for problem in &problems.0 {
        note(&draw(problem, look));
    }
    let errors = problems.errors().count();
    let warnings = problems.warnings().count();
    note(&summary(errors, warnings));
}

fn summary(errors: usize, warnings: usize) -> String {
    let count = |number: usize, noun: &str| format!("{number} {noun}{}", if number == 1 { "" } else { "s" });
    match (errors, warnings) {
        (0, warnings) => count(warnings, "warning"),
        (errors, 0) => count(errors, "problem"),
        (errors, warnings) => format!("{}, {}", count(errors, "problem"), count(warnings, "warning")),
    }
}

/// Prints a value as indented JSON. It holds no colours that would have to be taken out, so that it goes out as it is made.
pub fn json(value: &impl serde::Serialize) -> Result<(), Failure> {
    let mut out = plain();
    serde_json::to_writer_pretty(&mut out, value).map_err(std::io::Error::from)?;
    writeln!(out)?;
    out.flush()?;
    Ok(())
}

/// How many columns standard output has; `None` where it is no terminal.
pub fn width() -> Option<usize> {
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    columns.or_else(|| terminal_size::terminal_size_of(std::io::stdout()).map(|(width, _)| usize::from(width.0)))
}
