//! Chance that repeats itself: the same seed gives the same practices on every machine.

/// Sebastiano Vigna's SplitMix64. Not for secrets.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// A sequence of its own for each number, so that one practice does not depend on how many came before it.
    pub fn new(seed: u64, number: u32) -> Self {
        Self(seed ^ u64::from(number).wrapping_mul(0xA24B_AED4_963E_E407))
    }

    /// From 0 up to and without `bound`; 0 where the bound is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(bound).unwrap_or(u64::MAX).max(1)).unwrap_or_default()
    }

    /// True in so many of a hundred cases.
    pub fn percent(&mut self, chance: usize) -> bool {
        self.below(100) < chance
    }

    /// One of the choices, each as often as its weight says; the first where nothing weighs anything.
    pub fn weighted<'c, T>(&mut self, choices: &'c [T], weight: impl Fn(&T) -> usize) -> Option<&'c T> {
        let mut left = self.below(choices.iter().map(&weight).sum());
        let chosen = choices.iter().find(|choice| {
            let weight = weight(choice);
            let hit = left < weight;
            left = left.saturating_sub(weight);
            hit
        });
        chosen.or(choices.first())
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}
