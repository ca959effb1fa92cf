//! What an operator looks after: configuration, health, figures and logs; the real program, as an operator drives it.

#![expect(clippy::unwrap_used, reason = "to panic is to fail the test")]

#[path = "../support/smtp_server.rs"]
mod smtp_server;

mod config;
mod desk;
mod doctor;
mod figures;
mod identities;
mod name_server;
mod web_server;
