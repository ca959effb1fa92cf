//! What is remembered of a thing that stays where it is, under its address.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Asked for each row of a long list: with a hash that withstands chosen keys that would take as long as to draw the row. Nobody chooses
/// addresses.
pub type ByAddress<K, V> = HashMap<*const K, V, BuildHasherDefault<Spread>>;

/// Spreads addresses, which differ in their middle bits, over all bits.
#[derive(Debug, Default)]
pub struct Spread(u64);

impl Hasher for Spread {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_usize(usize::from(*byte)));
    }

    fn write_usize(&mut self, number: usize) {
        // 2⁶⁴ divided by the golden ratio: Knuth, The Art of Computer Programming, section 6.4.
        self.0 = (self.0 ^ number as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }

    fn finish(&self) -> u64 {
        // A table takes its place from the lowest bits, into which a product carries nothing from above.
        self.0.rotate_left(32)
    }
}
