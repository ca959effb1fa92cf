//! The welcome and the season overview, and the calendars that mails carry.

use std::collections::BTreeMap;

use chrono::TimeZone;
use chrono_tz::Europe::Amsterdam;
use deadlines::domain::almanac::Almanac;
use deadlines::domain::decide::Memory;
use deadlines::domain::milestones::Standing::Contracted;
use deadlines::domain::overview::{self, Occasion};
use deadlines::domain::practices::{Happened, Practice};
use deadlines::domain::{agenda, digest};
use deadlines::mail::compose::calendar::CalendarFacts;
use deadlines::mail::compose::overview::{Overview, compose};
use deadlines::mail::compose::{Composed, message};
use deadlines::mail::templates::Templates;
use insta::assert_snapshot;
use mail_parser::{MessageParser, MimeHeaders};

use crate::policies::shipped;
use crate::world::{Scene, day, practice, rules, sender, subscription};
use crate::{leiden, read, spraakmakend};

fn overview(practice: &Practice, occasion: Occasion, today: &str, memory: &Memory) -> Composed {
    let almanac: Almanac = shipped();
    let today = day(today);
    let entries = agenda::entries(&almanac, practice, &Happened::new(), today, today);
    let said = Overview {
        occasion,
        almanac: &almanac,
        practice,
        contact: &practice.contacts[0],
        ahead: &overview::ahead(&entries, memory, occasion, today),
        unknown: &overview::unknown(&almanac, practice, today),
        rules: &rules(),
        today,
        planned: today,
        now: Amsterdam.from_local_datetime(&today.and_hms_opt(7, 0, 3).unwrap()).unwrap(),
        calendar: CalendarFacts { rules: &rules(), changes: &BTreeMap::new() },
    };
    compose(&Templates::compiled_in(), &sender(), &said).unwrap()
}

fn season(day_of: &str) -> Occasion {
    Occasion::Season(day(day_of))
}

/// The attached calendar, lines unfolded.
fn calendar(mail: &Composed) -> String {
    let parsed = MessageParser::default().parse(&mail.bytes).unwrap();
    let attached = parsed.attachment(0).unwrap();
    assert_eq!(attached.attachment_name(), Some(message::CALENDAR_FILE));
    let content_type = attached.content_type().unwrap();
    assert_eq!((content_type.ctype(), content_type.subtype()), ("text", Some("calendar")));
    assert_eq!((content_type.attribute("method"), content_type.attribute("charset")), (Some("PUBLISH"), Some("utf-8")));
    let text = String::from_utf8(attached.contents().to_vec()).unwrap();
    assert!(text.starts_with("BEGIN:VCALENDAR\r\n") && text.ends_with("END:VCALENDAR\r\n"));
    assert!(!text.replace("\r\n", "").contains('\n'));
    text.replace("\r\n ", "").replace("\r\n", "\n")
}

fn lines<'t>(calendar: &'t str, key: &str) -> Vec<&'t str> {
    calendar.lines().filter_map(|line| line.strip_prefix(key)).collect()
}

#[test]
fn a_welcome_with_a_whole_season_ahead() {
    assert_snapshot!(read("welkom", &overview(&leiden(), Occasion::Welcome, "2023-09-04", &Memory::default())));
}

#[test]
fn a_welcome_with_nothing_known() {
    let subscriptions =
        vec![subscription("cz", "logopedie", Contracted, &[]), subscription("zorg-en-zekerheid", "logopedie", Contracted, &[])];
    let practice = practice("stil", "Logopedie Stil", subscriptions);
    assert_snapshot!(read("welkom-niets", &overview(&practice, Occasion::Welcome, "2026-02-02", &Memory::default())));
}

#[test]
fn a_spring_with_policies_that_are_due_today() {
    assert_snapshot!(read("voorjaar", &overview(&leiden(), season("2026-04-01"), "2026-04-01", &Memory::default())));
}

#[test]
fn an_autumn_with_one_decision() {
    assert_snapshot!(read("najaar", &overview(&spraakmakend(), season("2023-09-01"), "2023-09-01", &Memory::default())));
}

#[test]
fn a_calendar_holds_what_the_mail_says() {
    let welcome = overview(&leiden(), Occasion::Welcome, "2023-09-04", &Memory::default());
    let calendar = calendar(&welcome);
    assert_eq!(lines(&calendar, "METHOD:"), ["PUBLISH"]);
    let ids = lines(&calendar, "UID:");
    let events: Vec<&&str> = ids.iter().filter(|id| !id.contains("w+cz/") && id.ends_with("+fysio-leiden@deadlines")).collect();
    assert!(events.contains(&&"cz/paramedische-zorg-2024/fysiotherapie-ondertekenen+fysiotherapie+fysio-leiden@deadlines"), "{ids:?}");
    assert!(lines(&calendar, "DTSTAMP:").iter().all(|stamp| *stamp == "20230904T050003Z"));
    assert!(lines(&calendar, "SEQUENCE:").iter().all(|sequence| *sequence == "0"));
    assert_eq!(welcome.bytes, overview(&leiden(), Occasion::Welcome, "2023-09-04", &Memory::default()).bytes);
}

#[test]
fn a_moved_day_updates_the_event_that_was_there() {
    let practice = leiden();
    let scene = Scene::new(&practice, "2023-10-30", &["fysiotherapie-ondertekenen@2023-11-06"]);
    let before = calendar(&scene.compose(&shipped()));
    let changes = BTreeMap::from([("cz/paramedische-zorg-2024/fysiotherapie-ondertekenen".into(), 2)]);
    let after =
        calendar(&Scene { changes, ..Scene::new(&practice, "2023-10-30", &["fysiotherapie-ondertekenen@2023-11-06"]) }.compose(&shipped()));
    let event = |calendar: &str| lines(calendar, "UID:").into_iter().next_back().map(str::to_owned);
    assert_eq!(event(&before), event(&after));
    assert_eq!((lines(&before, "SEQUENCE:"), lines(&after, "SEQUENCE:")), (vec!["0"], vec!["2"]));
    assert_eq!(lines(&before, "DTSTART;VALUE=DATE:"), ["20231106"]);
    // The alarms of four and two weeks before are over, the one of today is this mail.
    assert_eq!(lines(&before, "TRIGGER:").len(), 2);
}

#[test]
fn what_was_done_is_left_out_and_one_of_several_starts_stands_for_all() {
    let (almanac, practice, today) = (shipped(), leiden(), day("2023-09-04"));
    let entries = agenda::entries(&almanac, &practice, &Happened::new(), today, today);
    let signing = |entry: &&agenda::Entry<'_>| entry.occurrence.milestone.id.local() == "fysiotherapie-ondertekenen";
    let entry = entries.iter().find(signing).unwrap();
    let done = (entry.occurrence.id.clone(), entry.care_type.clone(), entry.occurrence.last_day);
    let memory = Memory { done: [done].into(), ..Memory::default() };
    let ahead = overview::ahead(&entries, &memory, Occasion::Welcome, today);
    let named = |item: &digest::Item<'_>| item.occurrence.milestone.id.local().to_owned();
    let names: Vec<String> = ahead.all().map(named).collect();
    assert!(!names.contains(&"fysiotherapie-ondertekenen".to_owned()), "{names:?}");
    assert_eq!(names.iter().filter(|name| *name == "fysiotherapie-netwerk-aansluiten").count(), 1);
    assert!(ahead.all().all(|item| item.occurrence.last_day <= day("2024-09-03")));
}
