//! The named checks: every rule of a calendar that a machine can hold. All run; all problems are shown.

mod anchors;
mod examples;
mod identities;
mod order;
mod periods;
mod words;

use crate::calendar_file::policy_table::Sheet;
use crate::domain::almanac::FEW_MILESTONES;
use crate::domain::shares::in_shares;
use crate::problems::{Problem, Problems};

/// A rule with the name under which the documentation explains it.
pub struct Check {
    /// Its name.
    pub name: &'static str,
    /// What it asks, in one line.
    pub asks: &'static str,
    run: fn(&Sheet, &mut Vec<Problem>),
}

/// Those that hold for a file as it is written.
pub const CHECKS: &[Check] = &[
    Check {
        name: "identities",
        asks: "ids are unique: milestones and agreements in the file, modules for each care type",
        run: identities::unique,
    },
    Check { name: "care-types", asks: "agreements, modules and milestones are for care types of the policy", run: identities::care_types },
    Check { name: "modules", asks: "a milestone names modules that the policy has for its care types", run: identities::modules },
    Check { name: "agreements", asks: "no two agreements fit one care type and setting", run: identities::one_agreement },
    Check { name: "anchors", asks: "a relative day counts from something that exists, once, and not from itself", run: anchors::exist },
    Check { name: "deadlines", asks: "a deadline says by or before when", run: order::deadlines_close },
    Check { name: "order", asks: "what opens does so before it is due and before it closes", run: order::open_before_due },
    Check { name: "starts", asks: "starts lie within the term of an agreement", run: periods::starts_within_terms },
    Check { name: "recurrences", asks: "a recurrence occurs, has bounds, and ends with the agreements", run: periods::recurrences },
    Check { name: "windows", asks: "a window opens before it closes", run: periods::windows },
    Check { name: "titles", asks: "a title fits a subject line", run: words::titles },
    Check { name: "neutral", asks: "no sentence advises to sign or to refuse", run: words::neutral },
    Check { name: "guidance", asks: "a deadline of the practice says where, what and what otherwise", run: words::guidance },
    Check { name: "free-days", asks: "a day in a weekend or on a holiday is pointed out, never moved", run: words::free_days },
];

/// Those that work out occurrences, and so run only when the others are content.
pub const PROOFS: &[Check] = &[
    Check { name: "occurs", asks: "every milestone occurs for somebody", run: examples::every_milestone_occurs },
    Check { name: "examples", asks: "each example finds exactly the milestones that it names", run: examples::hold },
];

/// Runs every check over every sheet.
pub fn run(sheets: &[Sheet], problems: &mut Problems) {
    for sheet in sheets {
        let few = if sheet.milestones.len() > FEW_MILESTONES { 1 } else { CHECKS.len() };
        let mut found: Vec<Problem> = in_shares(CHECKS, few, |checks| run_each(checks, sheet)).into_iter().flatten().collect();
        if found.iter().all(Problem::is_warning) {
            found.extend(run_each(PROOFS, sheet));
        }
        problems.0.extend(found);
    }
}

fn run_each(checks: &[Check], sheet: &Sheet) -> Vec<Problem> {
    let mut found = Vec::new();
    checks.iter().for_each(|check| (check.run)(sheet, &mut found));
    found
}
