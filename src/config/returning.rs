//! `[mail]`, the part about mail that comes back: delivery reports and readers' answers.

use std::path::{Path, PathBuf};

use lettre::Address;

use crate::config::Config;
use crate::config::read::{set_optional_path, set_parsed, set_path};
use crate::toml_reader::Table;

/// The longest local part that mail systems must take (RFC 5321, section 4.5.3.1.1).
const LONGEST_LOCAL_PART: usize = 64;

/// What a mail's own name adds to the local part of the return path: a `+` and at most 31 characters.
const LONGEST_DETAIL: usize = 32;

/// Where mail comes back to, and what is kept for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Returning {
    /// Where delivery reports go, with a name for each mail put in: `bounces+…@`. `None`: to `from`, and nobody reads them.
    pub return_path: Option<Address>,
    /// Where readers' answers go; `None`: where they unsubscribe.
    pub answers: Option<Address>,
    /// The keys that sign what may come back; `None`: beside the database.
    pub key_file: Option<PathBuf>,
    /// Where the mail server's pipe leaves what came in.
    pub spool: PathBuf,
}

impl Returning {
    pub(in crate::config) fn defaults(base: &Path) -> Self {
        Self { return_path: None, answers: None, key_file: None, spool: base.join("var/spool") }
    }
}

impl Config {
    /// The file with the keys: as configured, or `<database>.key`.
    pub fn key_file(&self) -> PathBuf {
        let beside_the_database = || {
            let mut name = self.database.as_os_str().to_owned();
            name.push(".key");
            PathBuf::from(name)
        };
        self.mail.returning.key_file.clone().unwrap_or_else(beside_the_database)
    }
}

pub(in crate::config) fn read(table: &Table<'_, '_>, base: &Path, returning: &mut Returning) {
    set_parsed(table, "return_path", address, &mut returning.return_path);
    if returning.return_path.as_ref().is_some_and(|address| address.user().len() > LONGEST_LOCAL_PART - LONGEST_DETAIL) {
        let said = format!("`return_path` has more than {} characters before the @", LONGEST_LOCAL_PART - LONGEST_DETAIL);
        table.report(table.key_span("return_path"), said, "each mail's own name is put behind it, and 64 characters are allowed in all");
    }
    set_parsed(table, "answers", address, &mut returning.answers);
    set_optional_path(table, "key_file", base, &mut returning.key_file);
    set_path(table, "spool", base, &mut returning.spool);
}

fn address(text: &str) -> Result<Address, (String, &'static str)> {
    text.parse::<Address>().map_err(|error| (format!("is no mail address: {error}"), "write name@example.org"))
}
