//! How large the work is: as large as it has to be, and for growth two sizes beside it.

/// Each work at three sizes, smallest first; the next is ten times the one before.
#[derive(Debug, Clone, Copy)]
pub struct Sizes {
    /// By how much everything is divided.
    divisor: u32,
}

impl Sizes {
    pub fn divided_by(divisor: u32) -> Self {
        Self { divisor: divisor.max(1) }
    }

    /// A size, as far as this run goes.
    pub fn of(self, whole: u32) -> u32 {
        (whole / self.divisor).max(1)
    }

    /// A hundredth of it, a tenth, and all.
    pub fn up_to(self, whole: u32) -> [u32; 3] {
        [whole / 100, whole / 10, whole].map(|size| self.of(size))
    }
}
