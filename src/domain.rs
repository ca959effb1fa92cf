//! The vocabulary and the rules: pure values and functions, no files, no clock, no database.
//!
//! Start reading at [`decide`]; it uses everything else. Days are civil days in Europe/Amsterdam; "today" is always an argument.

pub mod agenda;
pub mod almanac;
pub mod corrections;
pub mod coverage;
pub mod decide;
pub mod digest;
pub mod dutch;
pub mod freshness;
pub mod ground;
pub mod leads;
pub mod milestones;
pub mod moments;
pub mod names;
pub mod notices;
pub mod occurrences;
pub mod overview;
pub mod own_dates;
pub mod policies;
pub mod practices;
pub mod quiet;
pub mod recurrence;
pub mod reopen;
pub mod routing;
pub mod scope;
pub mod shares;
pub mod working_days;
