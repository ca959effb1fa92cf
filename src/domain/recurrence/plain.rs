//! The plain rules that nearly every policy uses, worked out by counting: a general RFC 5545 engine takes a hundred times as long for them.

use chrono::{Datelike, Days, Months, NaiveDate, Weekday};

/// A rule that steps from day to day, week to week, month to month or year to year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plain {
    step: Step,
    interval: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Daily,
    /// On these weekdays; none: on that of the first day.
    Weekly(Vec<Weekday>),
    /// On this day of the month; `None`: on that of the first day. A month without it is left out.
    Monthly(Option<u32>),
    /// In this month, on this day of it; `None`: as the first day.
    Yearly(Option<u32>, Option<u32>),
}

impl Plain {
    /// Reads a rule; `None` for one that needs the general engine.
    pub fn parse(text: &str) -> Option<Self> {
        let (mut frequency, mut interval, mut weekdays, mut day, mut month) = (None, 1, Vec::new(), None, None);
        for part in text.split(';') {
            match part.split_once('=')? {
                ("FREQ", value) if frequency.is_none() => frequency = Some(value),
                ("INTERVAL", value) => interval = value.parse().ok().filter(|interval| (1..=1000).contains(interval))?,
                ("BYDAY", value) if weekdays.is_empty() => weekdays = value.split(',').map(weekday).collect::<Option<_>>()?,
                ("BYMONTHDAY", value) if day.is_none() => day = Some(value.parse().ok().filter(|day| (1..=31).contains(day))?),
                ("BYMONTH", value) if month.is_none() => month = Some(value.parse().ok().filter(|month| (1..=12).contains(month))?),
                _ => return None,
            }
        }
        let step = match (frequency?, weekdays.is_empty(), day, month) {
            ("DAILY", true, None, None) => Step::Daily,
            ("WEEKLY", _, None, None) => Step::Weekly(weekdays),
            ("MONTHLY", true, day, None) => Step::Monthly(day),
            ("YEARLY", true, None, None) => Step::Yearly(None, None),
            ("YEARLY", true, day, Some(month)) => Step::Yearly(Some(month), day),
            _ => return None,
        };
        Some(Self { step, interval })
    }

    /// The days that the rule gives from `first` up to and including `last`.
    pub fn days(&self, first: NaiveDate, last: NaiveDate) -> impl Iterator<Item = NaiveDate> {
        let periods = (0..).map_while(move |count: u32| self.days_of_period(first, count.checked_mul(self.interval)?));
        let up_to_last = periods.take_while(move |(begin, _)| *begin <= last);
        up_to_last.flat_map(|(_, days)| days).filter(move |day| (first..=last).contains(day))
    }

    /// The beginning of the day, week, month or year that lies so many further than that of `first`, and the rule's days in it.
    fn days_of_period(&self, first: NaiveDate, further: u32) -> Option<(NaiveDate, Vec<NaiveDate>)> {
        match &self.step {
            Step::Daily => {
                let day = first.checked_add_days(Days::new(u64::from(further)))?;
                Some((day, vec![day]))
            }
            Step::Weekly(weekdays) => {
                let monday = first.week(Weekday::Mon).checked_first_day()?.checked_add_days(Days::new(u64::from(further) * 7))?;
                let own = [first.weekday()];
                let mut wanted: Vec<u32> =
                    if weekdays.is_empty() { &own[..] } else { weekdays }.iter().map(Weekday::num_days_from_monday).collect();
                wanted.sort_unstable();
                wanted.dedup();
                Some((monday, wanted.into_iter().filter_map(|days| monday.checked_add_days(Days::new(u64::from(days)))).collect()))
            }
            Step::Monthly(day) => {
                let begin = first.with_day(1)?.checked_add_months(Months::new(further))?;
                Some((begin, begin.with_day(day.unwrap_or(first.day())).into_iter().collect()))
            }
            Step::Yearly(month, day) => {
                let begin = NaiveDate::from_ymd_opt(first.year().checked_add(i32::try_from(further).ok()?)?, 1, 1)?;
                let day = NaiveDate::from_ymd_opt(begin.year(), month.unwrap_or(first.month()), day.unwrap_or(first.day()));
                Some((begin, day.into_iter().collect()))
            }
        }
    }
}

fn weekday(text: &str) -> Option<Weekday> {
    Some(match text {
        "MO" => Weekday::Mon,
        "TU" => Weekday::Tue,
        "WE" => Weekday::Wed,
        "TH" => Weekday::Thu,
        "FR" => Weekday::Fri,
        "SA" => Weekday::Sat,
        "SU" => Weekday::Sun,
        _ => return None,
    })
}
