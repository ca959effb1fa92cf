//! `deadlines practice export --personal`: everything that is held on a practice, for a request under article 15 of the GDPR (AVG).

use std::fs;

use serde_json::json;

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output;
use crate::domain::names::PracticeId;
use crate::job::spool;
use crate::store::Store;

/// Writes out what is held on practices, also on those that were removed.
pub fn export(context: &Context, store: &Store, practices: &[String]) -> Result<(), Failure> {
    let known = store.practices_on_record()?;
    let mut all = Vec::new();
    for name in practices {
        let practice = PracticeId::new(name.as_str());
        if !known.contains(&practice) {
            context.known_practice(name, known.iter().map(PracticeId::as_str))?;
        }
        all.push(json!({
            "practice": name,
            "as_of": context.clock.now(),
            "held": store.held_on(&practice)?,
            "messages": messages(context, &store.addresses_of(&practice)?),
        }));
    }
    output::json(&all)
}

/// Messages of its addresses that wait in the spool or were set aside for a person.
fn messages(context: &Context, addresses: &[String]) -> Vec<serde_json::Value> {
    let mut found = Vec::new();
    for path in spool::all(&context.config.mail.returning.spool) {
        let text = fs::read(&path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
        let lower = text.to_lowercase();
        if addresses.iter().any(|email| lower.contains(&email.to_lowercase())) {
            found.push(json!({ "file": path.display().to_string(), "text": text }));
        }
    }
    found
}
