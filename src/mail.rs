//! Mail: composing what a practice reads, and the only code that can send.

pub mod compose;
pub mod directory;
pub mod memory;
pub mod smtp;
pub mod templates;
pub mod transport;
