//! The shipped timelines.
use deadlines::calendar_file::{embedded, read};
use deadlines::problems::{Look, draw};

#[test]
fn shipped_timelines_have_no_problems() {
    let (_, problems) = read(&embedded::files());
    let drawn: Vec<String> = problems.errors().map(|problem| draw(problem, Look::Plain(140))).collect();
    assert!(drawn.is_empty(), "{}", drawn.join("\n"));
}
