//! What is kept: backups that can be restored, what is held on a practice, and what is forgotten.

#![expect(clippy::unwrap_used, reason = "tests: to panic is to fail")]

#[path = "support/counting_server.rs"]
mod counting_server;
#[path = "support/service.rs"]
mod service;

#[path = "keeping/backups.rs"]
mod backups;
