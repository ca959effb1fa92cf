//! The tables, and how an older database gets them. Migrations are only ever added, never changed.

use rusqlite::{Connection, TransactionBehavior};

use crate::store::error::StoreError;

/// Marks the file as ours ("DLNS"; SQLite's application_id).
const APPLICATION_ID: i32 = 0x444C_4E53;

/// Each brings the database one version further.
pub const MIGRATIONS: &[&str] = &[
    include_str!("schema/1.sql"),
    include_str!("schema/2.sql"),
    include_str!("schema/3.sql"),
    include_str!("schema/4.sql"),
    include_str!("schema/5.sql"),
    include_str!("schema/6.sql"),
    include_str!("schema/7.sql"),
    include_str!("schema/8.sql"),
    include_str!("schema/9.sql"),
    include_str!("schema/10.sql"),
];

/// The version that this program writes.
pub fn known_version() -> u32 {
    u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX)
}

/// Refuses a database that is not ours to write, before anything in it is changed.
pub fn check(connection: &Connection) -> Result<(), StoreError> {
    let found = version(connection)?;
    if found > known_version() {
        return Err(StoreError::Newer { found, known: known_version() });
    }
    let application: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if application != APPLICATION_ID && tables > 0 {
        return Err(StoreError::Foreign);
    }
    Ok(())
}

/// Brings the database to the version of this program; each step is one transaction. Foreign keys are off afterwards.
pub fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    // A step may make a table anew: dropping the old one would take along the rows that refer to it. Inside a transaction this does nothing.
    connection.pragma_update(None, "foreign_keys", false)?;
    for step in version(connection)?..known_version() {
        apply(connection, step)?;
    }
    Ok(())
}

fn apply(connection: &mut Connection, step: u32) -> Result<(), StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another process may have been faster.
    if version(&transaction)? == step {
        let sql = MIGRATIONS.get(step as usize).copied().unwrap_or_default();
        transaction.execute_batch(sql)?;
        transaction.pragma_update(None, "user_version", step + 1)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    }
    Ok(transaction.commit()?)
}

/// The version of an open database; 0 for an empty one.
pub fn version(connection: &Connection) -> Result<u32, StoreError> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}
