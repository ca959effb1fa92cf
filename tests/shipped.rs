//! The shipped timelines.

use chrono::NaiveDate;
use deadlines::calendar_file::{embedded, read, read_checked, read_checked_of};
use deadlines::domain::almanac::Almanac;
use deadlines::domain::moments::Precision;
use deadlines::domain::occurrences::{occurrences, occurs};
use deadlines::domain::policies::Policy;
use deadlines::domain::practices::Happened;
use deadlines::domain::scope::match_everyone;
use deadlines::problems::{Look, draw};

#[test]
fn shipped_timelines_have_no_problems() {
    let (_, problems) = read(&embedded::files());
    let drawn: Vec<String> = problems.errors().map(|problem| draw(problem, Look::Plain(140))).collect();
    assert!(drawn.is_empty(), "{}", drawn.join("\n"));
}

#[test]
fn occurrences_come_in_order_and_their_steps_lead_to_their_day() {
    let (almanac, _) = read(&embedded::files());
    for year in 2019..2028 {
        let all = almanac.occurrences(NaiveDate::from_ymd_opt(year, 10, 1).unwrap_or_default());
        assert!(all.is_sorted_by(|a, b| (a.last_day, &a.id) <= (b.last_day, &b.id)));
        for occurrence in all.iter().filter(|occurrence| occurrence.precision() != Precision::From) {
            assert_eq!(occurrence.steps().last().map(|step| step.day), Some(occurrence.last_day), "{}", occurrence.id);
        }
    }
}

#[test]
fn a_milestone_occurs_where_it_has_occurrences() {
    let (almanac, _) = read(&embedded::files());
    let without_agreements = almanac.policies.iter().map(|policy| Policy { agreements: Vec::new(), ..policy.clone() });
    let mut seen = [0, 0];
    for policy in without_agreements.chain(almanac.policies.iter().cloned()) {
        for milestone in &policy.milestones {
            let found = occurrences(&policy, milestone, &match_everyone(&policy, milestone), &Happened::new(), &[]);
            assert_eq!(occurs(&policy, milestone, &[]), !found.is_empty(), "{}", milestone.id);
            seen[usize::from(found.is_empty())] += 1;
        }
    }
    assert!(seen.into_iter().all(|count| count > 20), "{seen:?}");
}

/// A list of some insurers reads their files and no others; it shows the same as if it had read all.
#[test]
fn what_is_read_of_some_insurers_is_what_a_reading_of_all_says_of_them() {
    let files = embedded::files();
    let (whole, _) = read_checked(&files);
    let names = |almanac: &Almanac| {
        let mut names: Vec<String> = almanac.milestone_names().map(str::to_owned).collect();
        names.sort();
        names
    };
    let ids: Vec<String> = whole.insurers.iter().map(|insurer| insurer.id.to_string()).collect();
    let pairs = ids.iter().flat_map(|one| ids.iter().map(|other| vec![one.clone(), other.clone()]));
    for asked in pairs.chain([vec!["zk".to_owned()], vec!["Zorg en Zekerheid".to_owned(), " CZ".to_owned()], vec!["nobody".to_owned()]]) {
        let (some, problems) = read_checked_of(&files, &asked);
        assert!(!problems.has_errors(), "{problems}");
        let of: Vec<_> = asked.iter().filter_map(|given| whole.find_insurer(given.trim()).ok()).collect();
        let is_asked = |policy: &Policy| policy.insurer.as_ref().is_some_and(|insurer| of.contains(insurer));
        assert_eq!((&some.insurers, &some.care_types, names(&some)), (&whole.insurers, &whole.care_types, names(&whole)));
        assert!(some.policies.iter().eq(whole.policies.iter().filter(|policy| is_asked(policy))), "{asked:?}");
        for year in 2019..2028 {
            let today = NaiveDate::from_ymd_opt(year, 10, 1).unwrap_or_default();
            assert_eq!(some.occurrences_of(today, is_asked), whole.occurrences_of(today, is_asked));
        }
    }
}
