//! The examples of RFC 5545 (section 3.8.5.3) that recur by whole days, with the dates that it prints. Where an example ends by COUNT or
//! UNTIL, it is asked up to that day; one that has no end, up to the last day that is printed.

use std::fmt::Write;

use chrono::{Datelike, NaiveDate};

use crate::{day, days};

/// A rule, its DTSTART, the last day asked for, and the dates; of a run of days the first and the last.
const EXAMPLES: [(&str, &str, &str, &str); 34] = [
    ("FREQ=DAILY", "1997-09-02", "1997-09-11", "1997: Sep 2-11"),
    ("FREQ=DAILY", "1997-09-02", "1997-12-23", "1997: Sep 2-30; Oct 1-31; Nov 1-30; Dec 1-23"),
    ("FREQ=DAILY;INTERVAL=2", "1997-09-02", "1997-10-10", "1997: Sep 2,4,6,8,10,12,14,16,18,20,22,24,26,28,30; Oct 2,4,6,8,10"),
    ("FREQ=DAILY;INTERVAL=10", "1997-09-02", "1997-10-12", "1997: Sep 2,12,22; Oct 2,12"),
    ("FREQ=YEARLY;BYMONTH=1;BYDAY=SU,MO,TU,WE,TH,FR,SA", "1998-01-01", "2000-01-31", "1998: Jan 1-31. 1999: Jan 1-31. 2000: Jan 1-31"),
    ("FREQ=DAILY;BYMONTH=1", "1998-01-01", "2000-01-31", "1998: Jan 1-31. 1999: Jan 1-31. 2000: Jan 1-31"),
    ("FREQ=WEEKLY", "1997-09-02", "1997-11-04", "1997: Sep 2,9,16,23,30; Oct 7,14,21,28; Nov 4"),
    ("FREQ=WEEKLY", "1997-09-02", "1997-12-23", "1997: Sep 2,9,16,23,30; Oct 7,14,21,28; Nov 4,11,18,25; Dec 2,9,16,23"),
    (
        "FREQ=WEEKLY;INTERVAL=2;WKST=SU",
        "1997-09-02",
        "1998-02-17",
        "1997: Sep 2,16,30; Oct 14,28; Nov 11,25; Dec 9,23. 1998: Jan 6,20; Feb 3,17",
    ),
    ("FREQ=WEEKLY;WKST=SU;BYDAY=TU,TH", "1997-09-02", "1997-10-06", "1997: Sep 2,4,9,11,16,18,23,25,30; Oct 2"),
    (
        "FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=MO,WE,FR",
        "1997-09-01",
        "1997-12-23",
        "1997: Sep 1,3,5,15,17,19,29; Oct 1,3,13,15,17,27,29,31; Nov 10,12,14,24,26,28; Dec 8,10,12,22",
    ),
    ("FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=TU,TH", "1997-09-02", "1997-10-16", "1997: Sep 2,4,16,18,30; Oct 2,14,16"),
    (
        "FREQ=MONTHLY;BYDAY=1FR",
        "1997-09-05",
        "1998-06-05",
        "1997: Sep 5; Oct 3; Nov 7; Dec 5. 1998: Jan 2; Feb 6; Mar 6; Apr 3; May 1; Jun 5",
    ),
    ("FREQ=MONTHLY;BYDAY=1FR", "1997-09-05", "1997-12-23", "1997: Sep 5; Oct 3; Nov 7; Dec 5"),
    ("FREQ=MONTHLY;INTERVAL=2;BYDAY=1SU,-1SU", "1997-09-07", "1998-05-31", "1997: Sep 7,28; Nov 2,30. 1998: Jan 4,25; Mar 1,29; May 3,31"),
    ("FREQ=MONTHLY;BYDAY=-2MO", "1997-09-22", "1998-02-16", "1997: Sep 22; Oct 20; Nov 17; Dec 22. 1998: Jan 19; Feb 16"),
    ("FREQ=MONTHLY;BYMONTHDAY=-3", "1997-09-28", "1998-02-26", "1997: Sep 28; Oct 29; Nov 28; Dec 29. 1998: Jan 29; Feb 26"),
    ("FREQ=MONTHLY;BYMONTHDAY=2,15", "1997-09-02", "1998-01-15", "1997: Sep 2,15; Oct 2,15; Nov 2,15; Dec 2,15. 1998: Jan 2,15"),
    ("FREQ=MONTHLY;BYMONTHDAY=1,-1", "1997-09-30", "1998-02-01", "1997: Sep 30; Oct 1,31; Nov 1,30; Dec 1,31. 1998: Jan 1,31; Feb 1"),
    ("FREQ=MONTHLY;INTERVAL=18;BYMONTHDAY=10,11,12,13,14,15", "1997-09-10", "1999-03-13", "1997: Sep 10-15. 1999: Mar 10-13"),
    (
        "FREQ=MONTHLY;INTERVAL=2;BYDAY=TU",
        "1997-09-02",
        "1998-03-31",
        "1997: Sep 2,9,16,23,30; Nov 4,11,18,25. 1998: Jan 6,13,20,27; Mar 3,10,17,24,31",
    ),
    (
        "FREQ=YEARLY;BYMONTH=6,7",
        "1997-06-10",
        "2001-07-10",
        "1997: Jun 10; Jul 10. 1998: Jun 10; Jul 10. 1999: Jun 10; Jul 10. 2000: Jun 10; Jul 10. 2001: Jun 10; Jul 10",
    ),
    (
        "FREQ=YEARLY;INTERVAL=2;BYMONTH=1,2,3",
        "1997-03-10",
        "2003-03-10",
        "1997: Mar 10. 1999: Jan 10; Feb 10; Mar 10. 2001: Jan 10; Feb 10; Mar 10. 2003: Jan 10; Feb 10; Mar 10",
    ),
    (
        "FREQ=YEARLY;INTERVAL=3;BYYEARDAY=1,100,200",
        "1997-01-01",
        "2006-01-01",
        "1997: Jan 1; Apr 10; Jul 19. 2000: Jan 1; Apr 9; Jul 18. 2003: Jan 1; Apr 10; Jul 19. 2006: Jan 1",
    ),
    ("FREQ=YEARLY;BYDAY=20MO", "1997-05-19", "1999-05-17", "1997: May 19. 1998: May 18. 1999: May 17"),
    ("FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", "1997-05-12", "1999-05-17", "1997: May 12. 1998: May 11. 1999: May 17"),
    ("FREQ=YEARLY;BYMONTH=3;BYDAY=TH", "1997-03-13", "1999-03-25", "1997: Mar 13,20,27. 1998: Mar 5,12,19,26. 1999: Mar 4,11,18,25"),
    (
        "FREQ=YEARLY;BYDAY=TH;BYMONTH=6,7,8",
        "1997-06-05",
        "1999-08-26",
        "1997: Jun 5,12,19,26; Jul 3,10,17,24,31; Aug 7,14,21,28. 1998: Jun 4,11,18,25; Jul 2,9,16,23,30; Aug 6,13,20,27. \
         1999: Jun 3,10,17,24; Jul 1,8,15,22,29; Aug 5,12,19,26",
    ),
    ("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", "1997-09-02", "2000-10-13", "1998: Feb 13; Mar 13; Nov 13. 1999: Aug 13. 2000: Oct 13"),
    (
        "FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13",
        "1997-09-13",
        "1998-06-13",
        "1997: Sep 13; Oct 11; Nov 8; Dec 13. 1998: Jan 10; Feb 7; Mar 7; Apr 11; May 9; Jun 13",
    ),
    (
        "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8",
        "1996-11-05",
        "2004-11-02",
        "1996: Nov 5. 2000: Nov 7. 2004: Nov 2",
    ),
    ("FREQ=MONTHLY;BYDAY=TU,WE,TH;BYSETPOS=3", "1997-09-04", "1997-11-06", "1997: Sep 4; Oct 7; Nov 6"),
    (
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2",
        "1997-09-29",
        "1998-03-30",
        "1997: Sep 29; Oct 30; Nov 27; Dec 30. 1998: Jan 29; Feb 26; Mar 30",
    ),
    ("FREQ=MONTHLY;BYMONTHDAY=15,30", "2007-01-15", "2007-03-30", "2007: Jan 15,30; Feb 15; Mar 15,30"),
];

#[test]
fn the_examples_of_the_rfc_give_the_dates_that_it_prints() {
    for (rule, first, last, printed) in EXAMPLES {
        assert_eq!(print(&days(rule, day(first), day(last))), printed, "{rule}");
    }
}

/// The RFC's example of why it matters with which day a week begins.
#[test]
fn every_other_week_depends_on_the_day_with_which_weeks_begin() {
    for (week_start, printed) in [("MO", "1997: Aug 5,10,19,24"), ("SU", "1997: Aug 5,17,19,31")] {
        let rule = format!("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST={week_start}");
        assert_eq!(print(&days(&rule, day("1997-08-05"), day("1997-08-31"))), printed, "{rule}");
    }
}

/// As the RFC writes dates; of three days or more in a row the first and the last.
fn print(days: &[NaiveDate]) -> String {
    let mut printed = String::new();
    let mut rest = days;
    while let [from, ..] = rest {
        let run = rest.iter().zip(from.iter_days()).take_while(|(day, next)| *day == next && day.month() == from.month()).count();
        let length = if run > 2 { run } else { 1 };
        let before = days[..days.len() - rest.len()].last();
        match before {
            Some(before) if before.month() == from.month() && before.year() == from.year() => printed.push(','),
            Some(before) if before.year() == from.year() => write!(printed, "; {} ", from.format("%b")).unwrap(),
            Some(_) => write!(printed, ". {} ", from.format("%Y: %b")).unwrap(),
            None => write!(printed, "{} ", from.format("%Y: %b")).unwrap(),
        }
        write!(printed, "{}", from.day()).unwrap();
        if length > 1 {
            write!(printed, "-{}", rest[length - 1].day()).unwrap();
        }
        rest = &rest[length..];
    }
    printed
}
