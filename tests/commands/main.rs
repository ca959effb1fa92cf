//! The commands as an operator types them: what they print, and how they end.

#![expect(clippy::unwrap_used, reason = "helpers of tests: a failure is a failed test")]

mod cases;
mod corrections;
mod every_command;
mod preview;
#[path = "../support/world.rs"]
mod world;
