//! Mail that comes back: reports, unsubscribes and answers, from the mail server's pipe to what follows from them.

#![expect(clippy::unwrap_used, reason = "helpers of tests: a failure is a failed test")]

#[path = "inbound/addresses.rs"]
mod addresses;
#[path = "inbound/desk.rs"]
mod desk;
#[path = "inbound/done.rs"]
mod done;
#[path = "inbound/odd.rs"]
mod odd;
#[path = "inbound/pipe.rs"]
mod pipe;
#[path = "inbound/reports.rs"]
mod reports;
#[path = "support/world.rs"]
mod world;
