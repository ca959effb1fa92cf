//! Names that a shell can complete, for arguments that take any spelling.

use std::ffi::OsStr;

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::{Arg, Command};

use crate::calendar_file::{self, embedded};
use crate::domain::almanac::Almanac;
use crate::domain::milestones::{Class, Kind};

/// Takes any text, because names are understood forgivingly later, and offers the known ones for completion.
#[derive(Debug, Clone, Copy)]
pub struct Known(fn() -> Vec<String>);

impl Known {
    /// Insurers of the compiled-in timelines.
    pub fn insurers() -> Self {
        Self(|| shipped().insurers.iter().map(|insurer| insurer.id.to_string()).collect())
    }

    /// Care types of the compiled-in timelines.
    pub fn care_types() -> Self {
        Self(|| shipped().care_types.iter().map(|care_type| care_type.id.to_string()).collect())
    }

    /// Kinds of milestones and their classes.
    pub fn kinds() -> Self {
        Self(|| {
            Class::ALL.iter().map(|class| class.as_str()).chain(Kind::ALL.iter().map(|kind| kind.as_str())).map(str::to_owned).collect()
        })
    }
}

fn shipped() -> Almanac {
    calendar_file::read(&embedded::files()).0
}

impl TypedValueParser for Known {
    type Value = String;

    fn parse_ref(&self, command: &Command, argument: Option<&Arg>, value: &OsStr) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new((self.0)().into_iter().map(PossibleValue::new)))
    }
}
