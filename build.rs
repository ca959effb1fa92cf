//! Tells the linker to put the functions that short commands run beside each other (`packaging/text-order.ld`).
//!
//! Only where that was tried, and where the program is built as this folder says: another linker may not know such files, and with other names
//! nothing is found in it.

use std::env;

/// What `.cargo/config.toml` says.
const FLAGS: &str = "-Csymbol-mangling-version=v0";

fn main() {
    println!("cargo::rerun-if-changed=packaging/text-order.ld");
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|given| given == value);
    let tried =
        [("PROFILE", "release"), ("CARGO_CFG_TARGET_OS", "linux"), ("CARGO_CFG_TARGET_ENV", "gnu"), ("CARGO_CFG_TARGET_ARCH", "x86_64")];
    if tried.iter().all(|(name, value)| is(name, value)) && is("CARGO_ENCODED_RUSTFLAGS", FLAGS) && env::var_os("RUSTC_LINKER").is_none() {
        let folder = env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
        println!("cargo::rustc-link-arg-bins=-T{folder}/packaging/text-order.ld");
    }
}
