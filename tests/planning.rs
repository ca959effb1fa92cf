//! What goes out when: leads, mornings, missed days, moved days, marks, unknown starts. Played through the real planner, outbox and composer.

#[path = "planning/never_lost.rs"]
mod never_lost;
#[path = "planning/pressing.rs"]
mod pressing;
#[path = "planning/reopen.rs"]
mod reopen;
#[path = "planning/tailoring.rs"]
mod tailoring;
#[path = "support/world.rs"]
mod world;

use chrono::TimeDelta;
use deadlines::calendar_file::embedded;
use deadlines::store::outbox::State;
use world::{World, calendar, day, milestone, occurrence, practice, practice_since, subscription, with_names};

/// The mornings on which one milestone is mailed to a practice that has been there for long.
fn check(kind: &str, moment: &str, from: &str, to: &str, mornings: &[&str]) {
    check_with("", kind, moment, from, to, mornings);
}

fn check_with(config: &str, kind: &str, moment: &str, from: &str, to: &str, mornings: &[&str]) {
    let mut world = World::with_config(&format!("{from} 00:00"), config);
    world.load(calendar(&milestone("mijlpaal", kind, moment)));
    world.import(&practice("klank"));
    world.play(to);
    let wanted: Vec<String> = mornings.iter().map(|day| format!("{day} 07:00")).collect();
    assert_eq!(world.times(), wanted, "{kind}, {moment}");
}

#[test]
fn deadlines_four_two_and_one_week_and_two_days_before_and_on_the_day() {
    let mornings = ["2025-10-13", "2025-10-27", "2025-11-03", "2025-11-07", "2025-11-10"];
    check("signing-deadline", "by = 2025-11-10", "2025-09-01", "2025-11-30", &mornings);
    check("question-cutoff", "before = 2025-11-11", "2025-09-01", "2025-11-30", &mornings);
}

#[test]
fn a_sunday_deadline_is_mailed_for_the_last_time_on_friday() {
    let mornings = ["2025-10-10", "2025-10-24", "2025-10-31", "2025-11-07"];
    check("signing-deadline", "by = 2025-11-09", "2025-09-01", "2025-11-30", &mornings);
}

#[test]
fn a_deadline_on_easter_monday_is_pulled_back_over_good_friday() {
    let mornings = ["2026-03-09", "2026-03-23", "2026-03-30", "2026-04-02"];
    check("signing-deadline", "by = 2026-04-06", "2026-02-01", "2026-04-30", &mornings);
}

#[test]
fn events_go_on_their_day_or_the_next_working_morning() {
    check("offer", "by = 2025-11-05", "2025-09-01", "2025-11-30", &["2025-11-05"]);
    check("offer", "by = 2025-11-09", "2025-09-01", "2025-11-30", &["2025-11-10"]);
    check("policy-publication", "by = 2026-04-03", "2026-02-01", "2026-04-30", &["2026-04-07"]);
}

#[test]
fn an_opening_portal_is_announced_a_week_ahead_too() {
    check("portal-open", "on = 2025-11-13", "2025-09-01", "2025-11-30", &["2025-11-06", "2025-11-13"]);
    check("portal-open", "on = 2025-11-15", "2025-09-01", "2025-11-30", &["2025-11-10", "2025-11-17"]);
}

#[test]
fn duties_by_their_length() {
    check("data-delivery", "by = \"2025-10\"", "2025-06-01", "2025-12-31", &["2025-10-24"]);
    check("data-delivery", "by = 2025-10-31", "2025-06-01", "2025-12-31", &["2025-10-24"]);
    check("peer-review", "by = \"2025-Q3\"", "2025-06-01", "2025-12-31", &["2025-09-02"]);
    check("annual-review", "by = \"2025\"", "2025-06-01", "2025-12-31", &["2025-10-08", "2025-12-03"]);
}

#[test]
fn registrations_and_visitations_twelve_weeks_ahead_too() {
    let mornings = ["2025-08-18", "2025-10-13", "2025-10-27", "2025-11-03", "2025-11-07", "2025-11-10"];
    check("registration-due", "by = 2025-11-10", "2025-06-01", "2025-11-30", &mornings);
    check("visitation-due", "by = 2025-11-10", "2025-06-01", "2025-11-30", &mornings);
}

#[test]
fn terms_and_advice() {
    check("tariff-group-review", "on = 2025-12-31", "2025-06-01", "2025-12-31", &["2025-10-08", "2025-12-03"]);
    check("preparation", "by = 2025-11-10", "2025-06-01", "2025-12-31", &["2025-11-03", "2025-11-10"]);
}

#[test]
fn leads_as_configured_by_class_and_kind() {
    let config = "[leads]\ndeadline = [\"3d\"]\n[leads.also]\nsigning-deadline = [\"3w\"]\n[leads.instead]\nquestion-cutoff = [\"1d\"]\n";
    check_with(config, "application-due", "by = 2025-11-13", "2025-09-01", "2025-11-30", &["2025-11-10"]);
    check_with(config, "signing-deadline", "by = 2025-11-13", "2025-09-01", "2025-11-30", &["2025-10-23", "2025-11-10"]);
    check_with(config, "question-cutoff", "by = 2025-11-13", "2025-09-01", "2025-11-30", &["2025-11-12"]);
    check_with("[leads]\ndeadline = []\n", "application-due", "by = 2025-11-13", "2025-09-01", "2025-11-30", &[]);
}

/// Asks every quarter of an hour from noon on `from`; gives the instants in UTC.
fn sent_at(sending: &str, last_day: &str, from: &str, hours: i64) -> Vec<String> {
    let mut world =
        World::with_config(&format!("{from} 12:00"), &format!("[sending]\nfrom = \"{sending}\"\n[leads]\ndeadline = [\"0d\"]\n"));
    world.load(calendar(&milestone("mijlpaal", "signing-deadline", &format!("by = {last_day}"))));
    world.import(&practice("klank"));
    let mut sent = Vec::new();
    for _ in 0..hours * 4 {
        world.tick();
        let now = world.now().format("%Y-%m-%dT%H:%MZ").to_string();
        sent.extend(world.mails().into_iter().map(|_| now.clone()));
        world.advance(TimeDelta::minutes(15));
    }
    sent
}

#[test]
fn seven_in_the_morning_in_amsterdam_whatever_the_clocks_do() {
    assert_eq!(sent_at("07:00", "2025-03-28", "2025-03-27", 48), ["2025-03-28T06:00Z"]);
    assert_eq!(sent_at("07:00", "2025-03-31", "2025-03-28", 96), ["2025-03-31T05:00Z"], "summer time began on the 30th");
    assert_eq!(sent_at("07:00", "2025-10-24", "2025-10-23", 48), ["2025-10-24T05:00Z"]);
    assert_eq!(sent_at("07:00", "2025-10-27", "2025-10-24", 96), ["2025-10-27T06:00Z"], "it ended on the 26th");
    assert_eq!(sent_at("00:00", "2025-03-31", "2025-03-30", 36), ["2025-03-30T22:00Z"]);
    assert_eq!(sent_at("23:45", "2025-10-27", "2025-10-26", 48), ["2025-10-27T22:45Z"]);
}

#[test]
fn in_the_nights_in_which_the_clocks_change_what_cannot_wait_goes_at_once() {
    for (now, sunday) in [("2025-03-30 03:00", "2025-03-30"), ("2025-10-26 02:30", "2025-10-26")] {
        let mut world = World::of(now, &milestone("mijlpaal", "signing-deadline", &format!("by = {sunday}")), "");
        world.import(&practice("klank"));
        world.tick();
        world.advance(TimeDelta::hours(1));
        world.tick();
        assert_eq!(world.times(), [now]);
    }
}

#[test]
fn subscribed_on_saturday_for_sunday_goes_at_once_and_for_monday_on_monday() {
    let both = milestone("zondag", "signing-deadline", "by = 2025-11-09") + &milestone("maandag", "signing-deadline", "by = 2025-11-10");
    let mut world = World::of("2025-11-08 15:20", &both, &practice("klank"));
    world.tick();
    let mails = world.mails();
    assert_eq!((mails.len(), mails[0].tells(&["zondag", "maandag"])), (1, vec!["zondag"]));
    world.play("2025-11-12");
    let mails = world.mails();
    assert_eq!((mails.len(), mails[0].at.as_str(), mails[0].tells(&["zondag", "maandag"])), (1, "2025-11-10 07:00", vec!["maandag"]));
}

#[test]
fn nobody_is_told_on_friday_what_happens_on_sunday() {
    let mut world = World::of("2025-11-06 00:00", &milestone("aanbod", "offer", "by = 2025-11-09"), &practice("klank"));
    world.play("2025-11-09");
    assert_eq!(world.times(), Vec::<String>::new());
}

#[test]
fn planning_one_day_ten_times_is_harmless() {
    let mut world = World::of("2025-11-03 07:00", &milestone("tekenen", "signing-deadline", "by = 2025-11-10"), &practice("klank"));
    for _ in 0..10 {
        world.write(|work| work.look_at_everyone().unwrap());
        assert_eq!(world.plan().practices, 1);
    }
    assert_eq!(world.outbox(&[]).len(), 1);
    for _ in 0..10 {
        world.write(|work| work.look_at_everyone().unwrap());
        world.tick();
    }
    assert_eq!(world.times(), ["2025-11-03 07:00"]);
}

#[test]
fn an_idle_tick_looks_at_nobody() {
    let mut world = World::of("2025-11-03 07:00", &milestone("tekenen", "signing-deadline", "by = 2025-11-10"), &practice("klank"));
    assert_eq!(world.tick().planned.practices, 1);
    world.set("2025-11-06 23:00");
    assert_eq!(world.tick().planned.practices, 0);
    world.set("2025-11-07 06:59");
    assert_eq!(world.tick().planned.practices, 0);
    world.set("2025-11-07 07:00");
    assert_eq!(world.tick().planned.practices, 1);
}

#[test]
fn importing_another_practice_the_same_day_disturbs_nobody() {
    let mut world = World::of("2025-11-03 07:00", &milestone("tekenen", "signing-deadline", "by = 2025-11-10"), &practice("klank"));
    world.tick();
    world.set("2025-11-03 10:00");
    world.import(&(practice("klank") + &practice("toon")));
    world.tick();
    let to: Vec<String> = world.mails().into_iter().map(|mail| mail.to).collect();
    assert_eq!(to, ["info@klank.example", "info@toon.example"]);
}

#[test]
fn a_second_thing_the_same_day_goes_next_working_morning() {
    let first = milestone("eerste", "signing-deadline", "by = 2025-11-07");
    let second = milestone("tweede", "signing-deadline", "by = 2025-11-21");
    let mut world = World::of("2025-11-07 07:00", &first, &practice("klank"));
    world.tick();
    world.set("2025-11-07 10:00");
    world.load(calendar(&(first + &second)));
    world.tick();
    assert_eq!(world.times(), ["2025-11-07 07:00"]);
    world.play("2025-11-13");
    let mails = world.mails();
    assert_eq!((mails.len(), mails[0].at.as_str(), mails[0].tells(&["tweede"])), (1, "2025-11-10 07:00", vec!["tweede"]));
}

#[test]
fn a_second_thing_that_cannot_wait_goes_at_once_as_a_mail_of_its_own() {
    let first = milestone("eerste", "signing-deadline", "by = 2025-11-07");
    let second = milestone("tweede", "signing-deadline", "by = 2025-11-08");
    let mut world = World::of("2025-11-07 07:00", &first, &practice("klank"));
    world.tick();
    world.set("2025-11-07 10:00");
    world.load(calendar(&(first + &second)));
    world.tick();
    world.play("2025-11-12");
    let mails = world.mails();
    let told: Vec<(&str, Vec<&str>)> = mails.iter().map(|mail| (mail.at.as_str(), mail.tells(&["eerste", "tweede"]))).collect();
    assert_eq!(told, [("2025-11-07 07:00", vec!["eerste"]), ("2025-11-07 10:00", vec!["tweede"])]);
    assert_ne!(mails[0].message_id, mails[1].message_id);
}

#[test]
fn a_third_and_a_fourth_thing_that_cannot_wait_are_not_lost_either() {
    let of = |id: &str| milestone(id, "signing-deadline", "by = 2025-11-07");
    let titles = ["eerste", "tweede", "derde", "vierde"];
    let mut world = World::of("2025-11-07 07:00", &of("eerste"), &practice("klank"));
    for (count, hour) in (1..=4).zip(7..) {
        world.set(&format!("2025-11-07 {hour:02}:00"));
        world.load(calendar(&titles[..count].iter().map(|id| of(id)).collect::<String>()));
        world.tick();
    }
    world.play("2025-11-12");
    let told: Vec<_> = world.mails().iter().flat_map(|mail| mail.tells(&titles)).collect();
    assert_eq!(told, titles);
}

#[test]
fn downtime_over_several_leads_gives_one_entry_with_the_distance_of_today() {
    let mut world = World::of("2025-10-01 00:00", &milestone("tekenen", "signing-deadline", "by = 2025-11-10"), &practice("klank"));
    world.tick();
    world.set("2025-11-05 09:00");
    world.tick();
    let mails = world.mails();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].text.lines().filter(|line| *line == "tekenen").count(), 1);
    assert!(mails[0].text.contains("nog 5 dagen"), "{}", mails[0].text);
    world.play("2025-11-12");
    assert_eq!(world.times(), ["2025-11-07 07:00", "2025-11-10 07:00"]);
}

#[test]
fn downtime_past_the_last_day_gives_no_mail_but_a_report() {
    let mut world = World::of("2025-10-01 00:00", &milestone("tekenen", "signing-deadline", "by = 2025-11-10"), &practice("klank"));
    world.tick();
    world.set("2025-11-11 07:00");
    let passed = vec![("klank".into(), occurrence("tekenen").as_str().into(), day("2025-11-10"))];
    assert_eq!(world.tick().planned.passed, passed);
    let ledger = rusqlite::Connection::open(world.path()).unwrap();
    let asked = "SELECT DISTINCT practice || ' ' || occurrence FROM decision WHERE verdict = 'passed'";
    let settled: Vec<String> = ledger.prepare(asked).unwrap().query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
    assert_eq!(settled, [format!("klank {}", occurrence("tekenen"))]);
    world.play("2025-12-01");
    assert_eq!(world.times(), Vec::<String>::new());
    assert_eq!(world.outbox(&[]), []);
}

#[test]
fn what_had_passed_before_the_import_is_not_told_to_the_operator() {
    let mut world = World::of("2025-11-11 07:00", &milestone("tekenen", "signing-deadline", "by = 2025-11-10"), &practice("klank"));
    assert_eq!(world.tick().planned.passed, vec![]);
    assert_eq!(world.store(|store| store.untold().unwrap().len()), 0);
    let mut world = World::of("2025-11-10 23:59", &milestone("tekenen", "signing-deadline", "by = 2025-11-10"), &practice("klank"));
    world.set("2025-11-11 07:00");
    assert_eq!(world.tick().planned.passed.len(), 1, "the day of the import counts");
}

#[test]
fn a_deadline_that_was_told_and_then_passes_during_downtime_is_still_reported() {
    let mut world = World::of("2025-11-03 07:00", &milestone("tekenen", "signing-deadline", "by = 2025-11-10"), &practice("klank"));
    assert!(world.tick().planned.passed.is_empty());
    world.set("2025-11-11 07:00");
    assert_eq!(world.tick().planned.passed.len(), 1, "its last two reminders never left");
    assert_eq!(world.tick().planned.passed.len(), 0, "once");
}

#[test]
fn queued_mail_whose_day_passes_while_the_server_is_down_is_not_sent() {
    let mut world = World::of("2025-11-10 07:00", &milestone("tekenen", "signing-deadline", "by = 2025-11-10"), &practice("klank"));
    world.plan();
    world.set("2025-11-11 09:00");
    assert_eq!(world.tick().delivered.dropped, 1);
    assert_eq!((world.states(), world.mails()), (vec![State::Expired], vec![]));
}

#[test]
fn events_are_worth_telling_for_fourteen_days() {
    for (now, mails) in [("2025-11-19 07:00", 1), ("2025-11-20 07:00", 0)] {
        let mut world = World::of("2025-11-01 00:00", &milestone("aanbod", "offer", "by = 2025-11-05"), &practice("klank"));
        world.tick();
        world.set(now);
        let tick = world.tick();
        assert_eq!((world.mails().len(), tick.planned.passed.len()), (mails, 0), "{now}");
    }
}

#[test]
fn who_subscribes_late_gets_the_latest_missed_lead_once() {
    let mut world = World::of("2025-11-04 15:00", &milestone("tekenen", "signing-deadline", "by = 2025-11-10"), "");
    world.import(&practice_since("klank", ""));
    world.play("2025-11-12");
    assert_eq!(world.times(), ["2025-11-05 07:00", "2025-11-07 07:00", "2025-11-10 07:00"]);
}

#[test]
fn nothing_from_before_the_subscription_and_nothing_after_its_end() {
    let days = ["2025-10-15", "2025-11-05", "2025-11-12"];
    let events: String = (1..).zip(days).map(|(n, day)| milestone(&format!("aanbod-{n}"), "offer", &format!("on = {day}"))).collect();
    let mut world = World::of("2025-10-20 12:00", &events, "");
    world.import(&practice_since("klank", "end = 2025-11-10"));
    world.play("2025-11-30");
    assert_eq!(world.times(), ["2025-11-05 07:00"]);
}

#[test]
fn a_moved_day_counts_anew() {
    let mut world = World::of("2025-11-03 00:00", &milestone("tekenen", "signing-deadline", "by = 2025-11-10"), &practice("klank"));
    world.play("2025-11-05");
    assert_eq!(world.times(), ["2025-11-03 07:00"]);
    world.load(calendar(&milestone("tekenen", "signing-deadline", "by = 2025-11-13")));
    world.play("2025-11-30");
    assert_eq!(world.times(), ["2025-11-05 13:00", "2025-11-06 07:00", "2025-11-11 07:00", "2025-11-13 07:00"], "the missed one at once");
}

#[test]
fn queued_mail_with_the_old_day_is_not_sent() {
    let mut world = World::of("2025-11-10 07:00", &milestone("tekenen", "signing-deadline", "by = 2025-11-10"), &practice("klank"));
    world.plan();
    world.load(calendar(&milestone("tekenen", "signing-deadline", "by = 2025-12-31")));
    world.drain();
    assert_eq!((world.states(), world.mails()), (vec![State::Cancelled], vec![]));
    world.play("2025-12-31");
    assert_eq!(world.times()[0], "2025-12-03 07:00");
}

#[test]
fn queued_mail_about_what_was_withdrawn_is_not_sent_and_the_rest_of_it_is() {
    let stays = milestone("blijft", "signing-deadline", "by = 2025-11-10");
    let goes = milestone("vervalt", "signing-deadline", "by = 2025-11-10");
    let mut world = World::of("2025-11-10 07:00", &(stays.clone() + &goes), &practice("klank"));
    world.plan();
    world.load(calendar(&stays));
    world.drain();
    let mails = world.mails();
    assert_eq!((mails.len(), mails[0].tells(&["blijft", "vervalt"])), (1, vec!["blijft"]));
}

#[test]
fn done_is_silence_until_it_is_taken_back() {
    let mut world = World::of("2025-11-03 00:00", &milestone("tekenen", "signing-deadline", "by = 2025-11-10"), &practice("klank"));
    world.done("klank", "tekenen", "2025-11-10");
    world.play("2025-11-05");
    assert_eq!(world.times(), Vec::<String>::new());
    world.undo("klank", "tekenen");
    world.play("2025-11-07");
    assert_eq!(world.times(), ["2025-11-05 13:00", "2025-11-07 07:00"], "the missed one, then the next");
    world.done("klank", "tekenen", "2025-11-10");
    world.play("2025-11-30");
    assert_eq!(world.times(), Vec::<String>::new());
}

#[test]
fn done_holds_for_the_day_that_it_was_said_of() {
    let mut world = World::of("2025-11-03 00:00", &milestone("tekenen", "signing-deadline", "by = 2025-11-10"), &practice("klank"));
    world.done("klank", "tekenen", "2025-11-10");
    world.load(calendar(&milestone("tekenen", "signing-deadline", "by = 2025-11-17")));
    world.play("2025-11-03");
    assert_eq!(world.times(), ["2025-11-03 07:00"]);
}

#[test]
fn queued_mail_about_what_is_done_is_not_sent() {
    let mut world = World::of("2025-11-03 07:00", &milestone("tekenen", "signing-deadline", "by = 2025-11-10"), &practice("klank"));
    world.plan();
    world.done("klank", "tekenen", "2025-11-10");
    world.drain();
    assert_eq!((world.states(), world.mails()), (vec![State::Cancelled], vec![]));
}

#[test]
fn what_rests_comes_back_on_its_day() {
    let mut world = World::of("2025-11-03 00:00", &milestone("tekenen", "signing-deadline", "by = 2025-11-10"), &practice("klank"));
    world.write(|work| {
        let occurrence = occurrence("tekenen").as_str().into();
        work.record_snooze(&"klank".into(), &occurrence, &"logopedie".into(), day("2025-11-05")).unwrap();
    });
    world.play("2025-11-08");
    assert_eq!(world.times(), ["2025-11-05 07:00", "2025-11-07 07:00"]);
}

const OFFER: &str = "cz/paramedische-zorg-2024/fysiotherapie-aanbod";
const QUESTIONS: &str = "Laatste dag voor vragen over het aanbod";

#[test]
fn questions_at_cz_may_be_asked_until_four_weeks_after_its_own_offer() {
    let mut world = World::at("2023-09-01 00:00");
    world.load(embedded::files());
    let of = |id: &str| practice_since(id, "since = 2023-04-01\nstanding = \"contracted\"").replace("logopedie", "fysiotherapie");
    world.import(&(of("vroeg") + &of("gepland")));
    world.play("2023-09-18");
    world.write(|work| work.record_happened(&"vroeg".into(), &OFFER.into(), day("2023-09-18")).unwrap());
    world.play("2023-10-31");
    let mails = world.mails();
    let days = |practice: &str| -> Vec<String> {
        let to = |mail: &&world::Letter| mail.to == format!("info@{practice}.example") && mail.tells(&[QUESTIONS]) == [QUESTIONS];
        mails.iter().filter(to).map(|mail| mail.at[..10].to_owned()).collect()
    };
    assert_eq!(days("gepland"), ["2023-09-29", "2023-10-13", "2023-10-20", "2023-10-26", "2023-10-27"], "Saturday 28 October");
    assert_eq!(days("vroeg"), ["2023-09-18", "2023-10-02", "2023-10-09", "2023-10-13", "2023-10-16"], "Monday 16 October");
    let offers = |letter: &&world::Letter| letter.tells(&["Aanbod van de overeenkomst ontvangen"]).len() == 1;
    let told: Vec<&str> = mails.iter().filter(offers).map(|mail| mail.to.as_str()).collect();
    assert_eq!(told, ["info@gepland.example"], "who has it is not told to look for it");
}

#[test]
fn of_unknown_starts_only_the_next_is_mailed_and_after_it_the_following_one() {
    let agreement = "[[agreement]]\nid = \"logopedie\"\ncare_types = [\"logopedie\"]\nterm = { first = 2025-01-01, last = 2027-12-31 }\nstarts = [2026-01-01, 2026-02-01]\nsection = \"1\"\n\n";
    let apply = milestone("aanvragen", "application-due", "by = { before = \"agreement-start\", days = 10 }");
    let mut world = World::of("2025-12-15 00:00", &format!("{agreement}{apply}"), "");
    world.import(&practice_since("klank", "since = 2020-01-01\nstanding = \"new\""));
    world.play("2026-02-20");
    let mails = world.mails();
    let days: Vec<&str> = mails.iter().filter(|mail| mail.tells(&["aanvragen"]).len() == 1).map(|mail| &mail.at[..10]).collect();
    assert_eq!(days, ["2025-12-15", "2025-12-19", "2025-12-22", "2025-12-24", "2026-01-08", "2026-01-15", "2026-01-20", "2026-01-22"]);
    assert!(mails.iter().all(|mail| mail.text.lines().filter(|line| *line == "aanvragen").count() < 2), "never two starts in one mail");
}

#[test]
fn the_law_is_silent_where_the_insurer_says_it_itself() {
    let statutory = "title = \"Wet\"\n[source]\ndocument = \"Wet\"\n".to_owned()
        + &milestone("wet", "policy-publication", "by = { every = \"FREQ=YEARLY;BYMONTH=4;BYMONTHDAY=1\" }");
    let own = milestone("zelf", "policy-publication", "by = 2025-03-25");
    let titles = |own: &str| {
        let mut files = calendar(&(own.to_owned() + &milestone("iets", "offer", "by = 2025-03-27")));
        files.extend(with_names([("statutory.toml", statutory.clone())]).pop());
        let mut world = World::at("2025-03-20 00:00");
        world.load(files);
        world.import(&practice("klank"));
        world.play("2025-04-10");
        world.mails().iter().flat_map(|mail| mail.tells(&["wet", "zelf", "iets"])).collect::<Vec<_>>()
    };
    assert_eq!(titles(&own), ["zelf", "iets"]);
    assert_eq!(titles(""), ["iets", "wet"]);
}

#[test]
fn two_care_types_are_one_entry_in_one_mail() {
    let mut world = World::of("2025-11-10 07:00", &milestone("tekenen", "signing-deadline", "by = 2025-11-10"), "");
    world.import(&(practice("klank") + &subscription("dietetiek", "since = 2020-01-01")));
    world.tick();
    let mails = world.mails();
    assert_eq!((mails.len(), mails[0].text.lines().filter(|line| *line == "tekenen").count()), (1, 1));
    let text = mails[0].text.to_lowercase();
    assert!(text.contains("logopedie") && text.contains("diëtetiek"), "{text}");
    let id = world.outbox(&[State::Sent])[0].id;
    let told = world.store(move |store| store.told_by(&[id]).unwrap());
    assert_eq!(told[&id].len(), 2, "the ledger knows both");
}

#[test]
fn two_contacts_get_one_mail_each() {
    let two = practice("klank").replace("example\" }", "example\" }, { email = \"merel@klank.example\", role = \"signatory\" }");
    let mut world = World::of("2025-11-10 07:00", &milestone("tekenen", "signing-deadline", "by = 2025-11-10"), &two);
    world.drain();
    let mails = world.mails();
    let to: Vec<&str> = mails.iter().map(|mail| mail.to.as_str()).collect();
    assert_eq!(to, ["info@klank.example", "merel@klank.example"]);
    assert_ne!(mails[0].message_id, mails[1].message_id);
}

#[test]
fn a_removed_practice_gets_nothing_that_waits() {
    let both = practice("klank") + &practice("toon");
    let mut world = World::of("2025-11-10 07:00", &milestone("tekenen", "signing-deadline", "by = 2025-11-10"), &both);
    world.plan();
    assert!(world.write(|work| work.remove_practice(&"klank".into()).unwrap()));
    world.drain();
    assert_eq!(world.mails().into_iter().map(|mail| mail.to).collect::<Vec<_>>(), ["info@toon.example"]);
    assert_eq!(world.states(), [State::Cancelled, State::Sent]);
}

#[test]
fn an_import_keeps_what_was_done_and_since_when() {
    let mut world = World::of("2025-11-03 00:00", &milestone("tekenen", "signing-deadline", "by = 2025-11-10"), "");
    world.import(&practice_since("klank", ""));
    world.done("klank", "tekenen", "2025-11-10");
    world.set("2025-11-20 12:00");
    world.import(&practice_since("klank", ""));
    let event = milestone("tarieven", "tariff-publication", "by = 2025-11-18");
    world.load(calendar(&(milestone("tekenen", "signing-deadline", "by = 2025-11-10") + &event)));
    world.tick();
    assert_eq!(world.times(), ["2025-11-20 12:00"], "subscribed on the 3rd, so the 18th concerns it");
}

#[test]
fn what_a_timeline_lacks_is_said_in_every_mail() {
    let mut world = World::of("2025-11-10 07:00", &milestone("tekenen", "signing-deadline", "by = 2025-11-10"), &practice("klank"));
    world.tick();
    let text = world.mails()[0].text.replace('\n', " ");
    assert!(text.contains("CZ logopedie") && text.contains("2026"), "{text}");
}
