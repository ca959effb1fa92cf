//! The work of the service: each job may run twice, or be stopped anywhere, and run again.

pub mod compose;
pub mod database;
pub mod deliver;
pub mod fence;
pub mod load;
pub mod office;
pub mod plan;
pub mod simulate;
