//! The plain rules that nearly every policy uses, worked out by counting: a general RFC 5545 engine takes a hundred times as long for them.

use chrono::{Datelike, Days, Months, NaiveDate, Weekday, WeekdaySet};

/// A rule that steps from day to day, week to week, month to month or year to year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plain {
    step: Step,
    interval: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Daily,
    /// On these weekdays; none: on that of the first day.
    Weekly(WeekdaySet),
    /// On this day of the month; `None`: on that of the first day. A month without it is left out.
    Monthly(Option<u32>),
    /// In this month, on this day of it; `None`: as the first day.
    Yearly(Option<u32>, Option<u32>),
}

impl Plain {
    /// Reads a rule; `None` for one that needs the general engine.
    pub fn parse(text: &str) -> Option<Self> {
        let (mut frequency, mut interval, mut weekdays, mut day, mut month) = (None, 1, WeekdaySet::EMPTY, None, None);
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
    pub fn days(self, first: NaiveDate, last: NaiveDate) -> impl Iterator<Item = NaiveDate> {
        let weekdays = match self.step {
            Step::Weekly(weekdays) if !weekdays.is_empty() => weekdays,
            Step::Weekly(_) => WeekdaySet::single(first.weekday()),
            // One day in each period, whatever the weekday.
            _ => WeekdaySet::single(Weekday::Mon),
        };
        let origin = self.origin(first);
        let periods = (0..).map_while(move |count: u32| self.period(origin?, count.checked_mul(self.interval)?));
        let up_to_last = periods.take_while(move |begin| *begin <= last);
        let days = up_to_last.flat_map(move |begin| weekdays.iter(Weekday::Mon).filter_map(move |on| self.day_in(begin, on, first)));
        days.filter(move |day| (first..=last).contains(day))
    }

    /// The beginning of the day, week, month or year that holds `first`.
    fn origin(self, first: NaiveDate) -> Option<NaiveDate> {
        match self.step {
            Step::Daily => Some(first),
            Step::Weekly(_) => first.week(Weekday::Mon).checked_first_day(),
            Step::Monthly(_) => first.with_day(1),
            Step::Yearly(..) => NaiveDate::from_ymd_opt(first.year(), 1, 1),
        }
    }

    /// The beginning of the period that lies so many further.
    fn period(self, origin: NaiveDate, further: u32) -> Option<NaiveDate> {
        match self.step {
            Step::Daily => origin.checked_add_days(Days::new(u64::from(further))),
            Step::Weekly(_) => origin.checked_add_days(Days::new(u64::from(further) * 7)),
            Step::Monthly(_) => origin.checked_add_months(Months::new(further)),
            Step::Yearly(..) => NaiveDate::from_ymd_opt(origin.year().checked_add(i32::try_from(further).ok()?)?, 1, 1),
        }
    }

    /// The rule's day in the period that begins then: for a week, that on this weekday.
    fn day_in(self, begin: NaiveDate, on: Weekday, first: NaiveDate) -> Option<NaiveDate> {
        match self.step {
            Step::Daily => Some(begin),
            Step::Weekly(_) => begin.checked_add_days(Days::new(u64::from(on.num_days_from_monday()))),
            Step::Monthly(day) => begin.with_day(day.unwrap_or(first.day())),
            Step::Yearly(month, day) => NaiveDate::from_ymd_opt(begin.year(), month.unwrap_or(first.month()), day.unwrap_or(first.day())),
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
