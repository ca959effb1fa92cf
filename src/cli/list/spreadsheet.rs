//! CSV that a spreadsheet opens without running anything.

use std::borrow::Cow;
use std::io::Write;

use crate::cli::failure::Failure;
use crate::cli::list::record::{COLUMNS, Record};
use crate::domain::occurrences::Occurrence;

/// Writes a header and one row for each occurrence (RFC 4180).
pub fn write(occurrences: &[Occurrence<'_>], out: impl Write) -> Result<(), Failure> {
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(COLUMNS).map_err(failed)?;
    for occurrence in occurrences {
        writer.write_record(Record::of(occurrence).columns().map(harmless).each_ref().map(|cell| cell.as_bytes())).map_err(failed)?;
    }
    writer.flush()?;
    Ok(())
}

fn failed(error: csv::Error) -> Failure {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error.into(),
        other => Failure::Failed(format!("cannot write CSV: {other:?}")),
    }
}

/// A cell that begins like a formula is run by spreadsheets, so it gets an apostrophe in front (OWASP, CSV injection).
pub fn harmless(cell: Cow<'_, str>) -> Cow<'_, str> {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) { format!("'{cell}").into() } else { cell }
}

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn formulas_are_disarmed() {
        assert_eq!(harmless("=HYPERLINK(\"x\")".into()), "'=HYPERLINK(\"x\")");
        assert_eq!(harmless("2023-11-06".into()), "2023-11-06");
    }
}
