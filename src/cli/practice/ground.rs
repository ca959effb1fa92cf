//! On which ground a practice's data are used: given, shown, and missed.

use chrono::NaiveDate;
use clap::Args;
use serde_json::json;

use crate::cli::context::parse_day;
use crate::cli::failure::Failure;
use crate::cli::output;
use crate::cli::practice::count;
use crate::domain::ground::{Basis, Ground};
use crate::domain::practices::Practice;

/// What `practice add` takes.
#[derive(Debug, Args)]
pub struct Given {
    /// On which ground its data are used, as in article 6(1) of the GDPR: consent, contract, legal-obligation, vital-interests, public-task, legitimate-interests
    #[arg(long, requires = "ground_source", value_name = "GROUND")]
    ground: Option<String>,
    /// Since when [default: today]
    #[arg(long, requires = "ground", value_name = "DATE", value_parser = parse_day)]
    ground_day: Option<NaiveDate>,
    /// Where that is written
    #[arg(long, requires = "ground", value_name = "TEXT")]
    ground_source: Option<String>,
}

impl Given {
    /// The ground, if one was given.
    pub fn ground(&self, today: NaiveDate) -> Result<Option<Ground>, Failure> {
        let (Some(given), Some(source)) = (&self.ground, &self.ground_source) else { return Ok(None) };
        let known = || Basis::ALL.map(Basis::as_str).join(", ");
        let basis = Basis::parse(given).ok_or_else(|| Failure::Usage(format!("--ground {given}: one of {}", known())))?;
        Ok(Some(Ground { basis, day: self.ground_day.unwrap_or(today), source: source.clone() }))
    }
}

/// For people.
pub fn in_words(ground: Option<&Ground>) -> String {
    ground.map_or_else(|| "none recorded".to_owned(), |ground| format!("{} since {}, {}", ground.basis.as_str(), ground.day, ground.source))
}

/// For programs.
pub fn as_json(ground: Option<&Ground>) -> serde_json::Value {
    ground.map_or(serde_json::Value::Null, |ground| json!({ "basis": ground.basis.as_str(), "day": ground.day, "source": ground.source }))
}

/// Says how many have none.
pub fn note_missing(practices: &[Practice]) {
    let missing = practices.iter().filter(|practice| practice.ground.is_none()).count();
    if missing > 0 {
        output::note(&format!(
            "{} without a recorded ground: `ground` in the practice file, or practice add --ground",
            count(missing, "practice")
        ));
    }
}
