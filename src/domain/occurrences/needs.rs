//! What a milestone hangs on: the starts and the agreement that its moment counts from, directly or through other milestones.

use crate::domain::moments::{Anchor, Moment};
use crate::domain::policies::Policy;

/// Which starts and agreement a milestone's moment depends on, through its anchors too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Needs {
    /// `agreement-start` or `agreement-end`.
    pub agreement: bool,
    /// `agreement-start`.
    pub agreement_start: bool,
    /// `module-start`.
    pub module_start: bool,
}

impl Needs {
    /// Follows the anchors of a moment. A checked policy has no circles; the depth is bounded all the same.
    pub fn of(policy: &Policy, moment: &Moment) -> Self {
        let mut needs = Self::default();
        needs.follow(policy, moment, policy.milestones.len());
        needs
    }

    fn follow(&mut self, policy: &Policy, moment: &Moment, depth: usize) {
        for anchor in moment.anchors() {
            match anchor {
                Anchor::AgreementStart => (self.agreement, self.agreement_start) = (true, true),
                Anchor::AgreementEnd => self.agreement = true,
                Anchor::ModuleStart => self.module_start = true,
                Anchor::Milestone(local) => {
                    if let (Some(next), true) = (policy.milestone(local), depth > 0) {
                        self.follow(policy, &next.moment, depth - 1);
                    }
                }
            }
        }
    }
}
