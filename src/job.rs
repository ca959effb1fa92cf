//! The work of the service: each job may run twice, or be stopped anywhere, and run again.

pub mod database;
pub mod load;
pub mod plan;
