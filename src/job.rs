//! The work of the service: each job may run twice, or be stopped anywhere, and run again.

pub mod backup;
pub mod compose;
pub mod correct;
pub mod database;
pub mod deliver;
pub mod doctor;
pub mod drill;
pub mod farewell;
pub mod fence;
pub mod impact;
pub mod inbound;
pub mod load;
pub mod office;
pub mod operator_mail;
pub mod overview;
pub mod password;
pub mod plan;
pub mod progress;
pub mod reach;
pub mod reopen;
pub mod restore;
pub mod ruling;
pub mod simulate;
pub mod spool;
pub mod state;
