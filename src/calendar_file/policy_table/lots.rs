//! A large file read in lots: what the parser needs for one lot is at hand for the next, and does not have to be taken anew for all of the file
//! at once. Many lots are shared by the processors. For ten thousand milestones that is three times as fast; for the largest file here it
//! saves a seventh of the page faults of a short command.

use std::ops::Range;

use crate::calendar_file::File;
use crate::calendar_file::milestone_table::Places;
use crate::calendar_file::policy_table::{Parts, Sheet, head, parts, sheet};
use crate::domain::almanac::Almanac;
use crate::domain::shares::in_shares;
use crate::problems::{Problems, Text};
use crate::toml_reader::{Table, read_settings};

/// From how many bytes on a file is large.
const LARGE: usize = 1 << 15;

/// How many lots are read before another thread has begun.
const FEW: usize = 8;

/// How many bytes a lot has at least: what is made of it stays within the processor's cache.
const LOT: usize = 1 << 13;

/// Reads a file of several lots. `None` for a smaller one, and wherever anything is to be said about it: then it is for the whole to say that.
///
/// A lot ends before a line that begins with `[[`. If that line is no heading, but stands within a text or a list, then the lot ends within it
/// too, and is refused. What stands before the first heading is a lot of its own, with what a file says once and nothing else.
pub(super) fn read(file: &File, names: &Almanac) -> Option<Sheet> {
    let (first, others) = lots(file.content())?;
    let head = silently(file.text(), &first, |document| head(file, names, document))??;
    let read_all = |lots: &[Range<usize>]| lots.iter().map(|lot| read_lot(file, names, lot)).collect::<Option<Vec<Parts>>>();
    let mut all = Parts::default();
    for read in in_shares(&others, FEW, read_all) {
        read?.into_iter().for_each(|parts| all.append(parts));
    }
    Some(sheet(file, names, head, all))
}

fn lots(text: &str) -> Option<(Range<usize>, Vec<Range<usize>>)> {
    if text.len() < LARGE {
        return None;
    }
    let heading = |from: usize| Some(from + memchr::memmem::find(text.as_bytes().get(from..)?, b"\n[[")? + 1);
    let mut begin = heading(0)?;
    let first = 0..begin;
    let mut others = Vec::new();
    while begin < text.len() {
        let end = heading(begin + LOT).unwrap_or(text.len());
        others.push(begin..end);
        begin = end;
    }
    Some((first, others))
}

fn read_lot(file: &File, names: &Almanac, lot: &Range<usize>) -> Option<Parts> {
    let mut parts = silently(file.text(), lot, |document| parts(file, names, document))?;
    parts.shift(lot.start);
    Some(parts)
}

/// `None` where a problem is found: places count from the lot's own beginning here, so that it could not be shown.
fn silently<T>(text: &Text, lot: &Range<usize>, read: impl FnOnce(&Table<'_, '_>) -> T) -> Option<T> {
    let mut problems = Problems::default();
    let read = |document: &Table<'_, '_>| {
        let value = read(document);
        document.finish();
        value
    };
    let (value, _) = read_settings(&text.inner()[lot.clone()], text, &[], &mut problems, read);
    problems.0.is_empty().then_some(value)
}

impl Parts {
    fn append(&mut self, other: Self) {
        append(&mut self.agreements, other.agreements);
        append(&mut self.modules, other.modules);
        append(&mut self.milestones, other.milestones);
        append(&mut self.examples, other.examples);
    }

    fn shift(&mut self, by: usize) {
        let milestones = self.milestones.1.iter_mut().flat_map(Places::all_mut);
        let others = [&mut self.agreements.1, &mut self.modules.1, &mut self.examples.1];
        for place in others.into_iter().flatten().chain(milestones) {
            *place = place.start + by..place.end + by;
        }
    }
}

fn append<A, B>(all: &mut (Vec<A>, Vec<B>), (mut parts, mut places): (Vec<A>, Vec<B>)) {
    all.0.append(&mut parts);
    all.1.append(&mut places);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar_file::policy_table::whole;
    use crate::calendar_file::{embedded, names_file};

    const HEAD: &str = "insurer = \"cz\"\ntitle = \"Regels\"\ncare_types = [\"logopedie\"]\n[source]\ndocument = \"Regels\"\n\n";

    fn milestone(number: usize, more: &str) -> String {
        let applies = if number.is_multiple_of(3) { "[milestone.applies]\ncare_types = [\"logopedie\"]\n" } else { "" };
        format!(
            "[[milestone]]\nid = \"r{number}\"\nkind = \"data-delivery\"\ntitle = \"Regel {number}\"\nsection = \"1\"\nby = 2024-01-01\n\
             {more}note = \"\"\"\nEen toelichting.\n\"\"\"\n{applies}\n"
        )
    }

    /// Enough milestones for several lots, with this between them and behind them.
    fn content(more: &str, end: &str) -> String {
        let mut content = HEAD.to_owned();
        (0..2000).for_each(|number| content.push_str(&milestone(number, more)));
        content + end
    }

    fn check(content: String, is_for_lots: bool) {
        let names = names_file::read(&embedded::files().iter().collect::<Vec<_>>(), &mut Problems::default());
        let file = File::new("cz/regels.toml", content);
        let mut problems = Problems::default();
        let (in_lots, whole) = (read(&file, &names), whole(&file, &names, &mut problems));
        assert_eq!(in_lots.is_some(), is_for_lots);
        assert!(!(is_for_lots && problems.has_errors()), "{problems}");
        if let (Some(in_lots), Some(whole)) = (in_lots, whole) {
            assert_eq!(in_lots.policy, whole.policy);
            assert_eq!(format!("{in_lots:?}"), format!("{whole:?}"));
        }
    }

    #[test]
    fn lots_say_the_same_as_the_whole() {
        let agreement = "[[agreement]]\nid = \"a\"\ncare_types = [\"logopedie\"]\nterm = { first = 2024-01-01, last = 2024-12-31 }\n\
                         starts = [2024-01-01]\nsection = \"1\"\n[[example]]\non = 2024-01-01\nmilestones = []\n";
        check(content("", agreement), true);
    }

    #[test]
    fn what_only_looks_like_a_heading_divides_nothing() {
        check(content("action = \"\"\"\n[[milestone]]\n\"\"\"\n", ""), false);
        check(content("action = \'\'\'\n[[milestone]]\nid = \"x\"\n\'\'\'\n", ""), false);
    }

    #[test]
    fn where_anything_is_wrong_the_whole_says_so() {
        check(content("", "[[milestone]]\nid = \"last\"\n"), false);
        check(content("", "[[milestones]]\nid = \"last\"\n"), false);
        check(content("", "[source]\ndocument = \"again\"\n"), false);
        check(content("", "[[milestone]]\nid = [\n"), false);
        check("milestone = []\n".to_owned() + &content("", ""), false);
        check(milestone(1, ""), false);
    }
}
