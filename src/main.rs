//! The `deadlines` program.
fn main() {}
