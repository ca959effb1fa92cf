//! Practice files: TOML or CSV as an operator writes it, read into the domain, every problem with its place and a hint; and written back.
//!
//! [`toml_text`] and [`csv_text`] understand the two forms and give drafts; [`practices`] holds drafts against the almanac.

pub mod agb_code;
pub mod contact_list;
pub mod csv_cells;
pub mod csv_tailoring;
pub mod csv_text;
pub mod drafts;
pub mod export;
pub mod ground;
pub mod practices;
pub mod starts;
pub mod subscriptions;
pub mod tailoring;
pub mod toml_tailoring;
pub mod toml_text;

use crate::domain::almanac::Almanac;
use crate::domain::practices::Practice;
use crate::problems::{Problem, Problems};

/// How a practice file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `[[practice]]` tables.
    Toml,
    /// One row for each subscription.
    Csv,
}

impl Format {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Toml, Self::Csv];

    /// The word on the command line, and the ending of the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Toml => "toml",
            Self::Csv => "csv",
        }
    }

    /// What the ending of a file name says, in any case; `None` for any other ending.
    ///
    /// ```
    /// use deadlines::practice_file::Format;
    /// assert_eq!(Format::of_file("leden/Praktijken.CSV"), Some(Format::Csv));
    /// assert_eq!(Format::of_file("praktijken.xlsx"), None);
    /// ```
    pub fn of_file(name: &str) -> Option<Self> {
        let (_, ending) = name.rsplit_once('.')?;
        Self::ALL.into_iter().find(|format| ending.eq_ignore_ascii_case(format.as_str()))
    }
}

/// Reads practices and holds them against the almanac; problems come in the order of the text.
///
/// The practices are complete only if no problem is an error: nothing may be imported otherwise. A byte order mark is skipped. `since`
/// stays empty where the file does not say it.
pub fn read(name: &str, content: &str, format: Format, almanac: &Almanac) -> (Vec<Practice>, Problems) {
    let text = crate::problems::text(name, content.strip_prefix('\u{feff}').unwrap_or(content).to_owned());
    let mut problems = Problems::default();
    let drafts = match format {
        Format::Toml => toml_text::read(&text, &mut problems),
        Format::Csv => csv_text::read(&text, &mut problems),
    };
    if drafts.is_empty() && problems.0.is_empty() {
        let hint = "a file made by `deadlines practice export` shows how one is written";
        problems.add(Problem::new(&text, "no practices in this file").hint(hint).as_warning());
    }
    let practices = practices::resolve(&drafts, almanac, &text, &mut problems);
    problems.0.sort_by_key(|problem| problem.place().map(|place| place.start));
    (practices, problems)
}
