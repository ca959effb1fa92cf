//! Mail: composing what a practice reads, and the only code that can send.

pub mod compose;
pub mod directory;
pub mod dns;
pub mod inbound;
pub mod key_file;
pub mod memory;
pub mod signed;
pub mod smtp;
pub mod templates;
pub mod transport;
