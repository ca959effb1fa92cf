//! Who was erased comes back only on purpose.

use chrono::NaiveDate;

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output;
use crate::domain::practices::Practice;
use crate::job::erasure::{self, Erased};
use crate::store::Store;
use crate::store::personal::erase::What;

/// Leaves out practices and addresses that were erased, and says so, unless they are named in `again`: then that is noted for good.
///
/// What an older database would bring back is erased first, so that what is written afterwards stays.
pub fn without_erased(context: &Context, store: &mut Store, practices: Vec<Practice>, again: &[String]) -> Result<Vec<Practice>, Failure> {
    erasure::apply(store, &context.config.database, context.clock.now())?;
    let erased = Erased::of(&context.config.database)?;
    if erased.is_empty() {
        return Ok(practices);
    }
    let is_back = |value: &str| again.iter().any(|named| named.eq_ignore_ascii_case(value));
    let gone = |what, value: &str| erased.since(what, value).filter(|_| !is_back(value));
    let mut kept = Vec::new();
    for mut practice in practices {
        if let Some(day) = gone(What::Practice, practice.id.as_str()) {
            skip(&format!("practice {}", practice.id), day, practice.id.as_str());
            continue;
        }
        practice.contacts.retain(|contact| match gone(What::Address, &contact.email) {
            // Whoever takes a practice back on purpose takes the addresses that the file gives it.
            Some(day) if !is_back(practice.id.as_str()) => {
                skip(&format!("address {} of {}", contact.email, practice.id), day, &contact.email);
                false
            }
            _ => true,
        });
        if practice.contacts.is_empty() {
            output::note(&format!("warning: {} is left out: it has no other address", practice.id));
        } else {
            kept.push(practice);
        }
    }
    Ok(kept)
}

fn skip(what: &str, day: NaiveDate, name: &str) {
    output::note(&format!("warning: {what} is left out: erased on {day}; --again {name} if it asked to come back"));
}

/// Notes who comes back on purpose, just before they do.
pub fn note_return(context: &Context, practices: &[Practice]) -> Result<(), Failure> {
    let mut erased = Erased::of(&context.config.database)?;
    for practice in practices {
        let values = std::iter::once((What::Practice, practice.id.as_str()))
            .chain(practice.contacts.iter().map(|contact| (What::Address, contact.email.as_str())));
        for (what, value) in values {
            if erased.since(what, value).is_some() {
                erased.take_back(what, value, context.today())?;
            }
        }
    }
    Ok(())
}
