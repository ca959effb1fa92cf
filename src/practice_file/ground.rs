//! The ground on which a practice's data are used: three keys or columns that go together.

use crate::domain::ground::{Basis, Ground};
use crate::practice_file::drafts::GroundDraft;
use crate::practice_file::practices::{Desk, display_name};

/// `None` where nothing is said; half of it is reported.
pub fn resolve(desk: &mut Desk<'_>, draft: &GroundDraft) -> Option<Ground> {
    let GroundDraft { basis, day, source } = draft;
    let said = [basis.as_ref().map(|given| &given.span), day.as_ref().map(|given| &given.span), source.as_ref().map(|given| &given.span)];
    let place = said.into_iter().flatten().next()?.clone();
    let (Some(given), Some(day), Some(source)) = (basis, day, source) else {
        let hint = "say on which ground, since when, and where that is written: a ground that nobody can look up proves nothing";
        desk.report(place, "`ground`, `ground_day` and `ground_source` go together", hint);
        return None;
    };
    let basis = Basis::parse(given.value.trim());
    if basis.is_none() {
        let known = Basis::ALL.map(Basis::as_str).join(", ");
        desk.report(given.span.clone(), format!("`{}` is no ground of article 6(1) of the GDPR", given.value), format!("one of {known}"));
    }
    let source = display_name(desk, source)?;
    Some(Ground { basis: basis?, day: day.value, source })
}
