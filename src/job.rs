//! The work of the service: each job may run twice, or be stopped anywhere, and run again.

pub mod compose;
pub mod database;
pub mod deliver;
pub mod farewell;
pub mod inbound;
pub mod load;
pub mod office;
pub mod plan;
pub mod reach;
pub mod simulate;
pub mod spool;
