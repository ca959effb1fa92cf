//! Generate: practices with subscriptions and a history, from a seed, for benchmarks and trials. Only into a database without practices.

pub mod history;
pub mod practices;
pub mod random;

use chrono::{DateTime, Utc};

use crate::clock;
use crate::domain::agenda::Agendas;
use crate::domain::almanac::Almanac;
use crate::domain::decide::Rules;
use crate::job::overview;
use crate::store::Store;
use crate::store::error::StoreError;

/// How many practices share a transaction.
const BATCH: u32 = 1000;

/// How much of the database is kept in memory: what a transaction with a long past writes.
const MEMORY_MEGABYTES: u32 = 64;

/// How much is generated, and from what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amount {
    /// How many practices; each has three subscriptions on average.
    pub practices: u32,
    /// About how many rows the ledger of what was told gets; the past gives at most so many.
    pub ledger_rows: u64,
    /// The same seed gives the same database.
    pub seed: u64,
}

/// What was generated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Generated {
    /// Practices.
    pub practices: u32,
    /// Their subscriptions.
    pub subscriptions: u64,
    /// Rows of the ledger.
    pub ledger_rows: u64,
}

/// Fills a database, and leaves whatever is due from `now` on to planning.
///
/// # Errors
/// When the database cannot be written.
pub fn generate(store: &mut Store, almanac: &Almanac, rules: &Rules, amount: Amount, now: DateTime<Utc>) -> Result<Generated, StoreError> {
    store.keep_in_memory(MEMORY_MEGABYTES)?;
    let mut generated = Generated::default();
    let mut agendas = Agendas::of(almanac);
    while generated.practices < amount.practices {
        let until = amount.practices.min(generated.practices + BATCH);
        batch(store, &mut agendas, rules, amount, until, &mut generated, now)?;
    }
    Ok(generated)
}

fn batch(
    store: &mut Store,
    agendas: &mut Agendas<'_>,
    rules: &Rules,
    amount: Amount,
    until: u32,
    generated: &mut Generated,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let today = clock::civil_day(now);
    let mut work = store.begin(now)?;
    for number in generated.practices..until {
        let practice = practices::practice(agendas.almanac(), amount.seed, number, today);
        work.put_practice(&practice, today)?;
        overview::spare(&work, &practice)?;
        // What one practice cannot fill, those after it do.
        let fair = (amount.ledger_rows - generated.ledger_rows).div_ceil(u64::from(amount.practices - number));
        let written = history::write(&mut work, agendas, rules, &practice, today, fair)?;
        generated.ledger_rows = amount.ledger_rows.min(generated.ledger_rows + written);
        generated.subscriptions += u64::try_from(practice.subscriptions.len()).unwrap_or_default();
    }
    generated.practices = until;
    work.commit()
}
