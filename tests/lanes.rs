//! The way to the mail server: what rests it, slows it, holds it; what the operator hears of it.

#[path = "support/smtp_server.rs"]
mod smtp_server;
#[path = "support/world.rs"]
mod world;

use chrono::TimeDelta;
use deadlines::job::state::sentence;
use deadlines::mail::smtp::{Security, SmtpSettings};
use deadlines::mail::transport::{Fault, Transport};
use deadlines::store::lane::{HeldBy, LaneState};
use deadlines::store::outbox::{Mail, State};
use smtp_server::SmtpServer;
use smtp_server::script::{Act, At, Script};
use world::{Letter, World, at, calendar, milestone, practice};

const OPERATOR: &str = "[operator]\nemail = \"beheer@example.org\"\n";

/// With an agreement for the coming year, so that no timeline is missing.
fn signing() -> String {
    agreement("2027-12-31") + &milestone("tekenen", "signing-deadline", "by = 2025-11-10")
}

fn agreement(last: &str) -> String {
    let head = "[[agreement]]\nid = \"overeenkomst\"\ncare_types = [\"logopedie\"]\nstarts = [2025-01-01]\nsection = \"1\"\n";
    format!("{head}term = {{ first = 2025-01-01, last = {last} }}\n\n")
}

/// Practices with one mail each in the outbox, on Monday 3 November 2025 at seven.
fn queued(config: &str, number: usize) -> World {
    let practices: String = (0..number).map(|n| practice(&format!("praktijk-{n}"))).collect();
    let mut world = World::with_config("2025-11-03 07:00", config);
    world.load(calendar(&signing()));
    world.import(&practices);
    world.plan();
    world
}

fn smtp(server: &SmtpServer) -> Transport {
    Transport::Smtp(SmtpSettings::new("127.0.0.1", server.port(), Security::None))
}

fn recipients(letters: &[Letter]) -> Vec<&str> {
    letters.iter().map(|letter| letter.to.as_str()).collect()
}

fn for_operator(letters: Vec<Letter>) -> Vec<Letter> {
    letters.into_iter().filter(|letter| letter.to == "beheer@example.org").collect()
}

fn mail(world: &World, index: usize) -> Mail {
    world.outbox(&[]).remove(index)
}

fn minutes(world: &mut World, minutes: i64) {
    for _ in 0..minutes {
        world.advance(TimeDelta::minutes(1));
        world.tick();
    }
}

#[test]
fn seventy_two_hours_without_a_mail_server_lose_nothing_and_burn_no_attempts() {
    let mut world = queued(OPERATOR, 5);
    world.memory.refuse_every(Some((Fault::Unreachable, "connection refused")));
    let mut rests = Vec::new();
    while world.now() < at("2025-11-06 07:00") {
        world.tick();
        let lane = world.lane();
        assert_eq!((lane.state, lane.since), (LaneState::Resting, at("2025-11-03 07:00")));
        rests.extend(lane.rest_until);
        world.advance(TimeDelta::minutes(1));
    }
    rests.dedup();
    assert!((30..60).contains(&rests.len()), "{} rests", rests.len());
    assert_eq!(world.memory.attempts(), rests.len(), "one mail tries the way, not all of them");
    let mails = world.outbox(&[]);
    assert!(mails.iter().all(|mail| mail.state == State::Queued && mail.attempts == 0), "{mails:?}");
    world.memory.refuse_every(None);
    world.drain();
    let letters = world.mails();
    assert_eq!(letters.len(), 5);
    assert!(letters.iter().all(|letter| letter.text.contains("nog 4 dagen")), "today's distance");
    assert_eq!((world.lane().state, world.lane().failures), (LaneState::Open, 0));
}

#[test]
fn the_lane_rests_longer_each_time_from_minutes_to_hours() {
    let mut world = queued("", 1);
    world.memory.refuse_every(Some((Fault::Unreachable, "no route")));
    let mut rests = Vec::new();
    for _ in 0..9 {
        world.deliver();
        let until = world.lane().rest_until.unwrap();
        rests.push((until - world.now()).num_minutes());
        world.advance(until - world.now() - TimeDelta::seconds(1));
        assert!(world.deliver().is_nothing(), "not a second earlier");
        world.advance(TimeDelta::seconds(1));
    }
    let least = [1, 2, 5, 15, 30, 60, 120, 120, 120];
    assert!(rests.iter().zip(least).all(|(rest, least)| (least..=least + least / 5).contains(rest)), "{rests:?}");
}

#[test]
fn release_ends_the_rest_of_the_lane_and_of_the_mail_that_met_the_trouble() {
    for trouble in [Fault::Unreachable, Fault::Throttled] {
        let mut world = queued("", 3);
        world.memory.refuse_next(trouble, "421 not now");
        assert_eq!(world.deliver().put_back, 1);
        world.write(|work| assert!(work.lane_release().unwrap()));
        assert_eq!(world.deliver().sent, 3, "{trouble:?}");
    }
}

#[test]
fn one_sentence_says_what_holds_mail_up_and_how_much_is_due() {
    let mut world = queued("", 3);
    let said = |world: &World| {
        let now = world.now();
        world.store(move |store| sentence(store, now)).unwrap()
    };
    assert_eq!(said(&world), "mail may leave; 3 mails are due");
    world.memory.refuse_next(Fault::Unreachable, "no route\nto host");
    world.deliver();
    assert_eq!(said(&world), "mail rests until 07:01: no route to host; 2 mails are due");
    world.write(|work| work.lane_hold("the relay moves", HeldBy::Operator).unwrap());
    assert_eq!(said(&world), "all mail is held: the relay moves; 2 mails are due");
    world.write(|work| work.lane_release().unwrap());
    world.deliver();
    assert_eq!(said(&world), "mail may leave; nothing is due");
}

#[test]
fn a_refused_connection_a_hang_up_and_a_lost_name_are_the_lanes_trouble() {
    let scripts = [
        Script::new().at(At::Greeting, Act::Close),
        Script::new().at(At::Ehlo, Act::Answer("452 later")),
        Script::new().at(At::Mail, Act::Close),
    ];
    for script in scripts {
        let mut world = queued("[mail.smtp]\nconnections = 1\n", 3);
        let server = SmtpServer::start([script.clone()]);
        world.leave_by(smtp(&server));
        let delivered = world.deliver();
        assert_eq!((delivered.put_back, delivered.sent, world.lane().state), (1, 0, LaneState::Resting), "{script:?}");
        world.drain();
        assert_eq!((server.received().len(), world.lane().state), (3, LaneState::Open));
        assert!(world.outbox(&[]).iter().all(|mail| mail.attempts == 1));
    }
}

#[test]
fn one_mail_that_breaks_the_connection_does_not_stop_the_others() {
    let mut world = queued("[mail.smtp]\nconnections = 1\n", 4);
    let server = SmtpServer::start([Script::new().at(At::Data, Act::Close)]);
    world.leave_by(smtp(&server));
    let delivered = world.deliver();
    assert_eq!((delivered.deferred, delivered.sent, world.lane().state), (1, 3, LaneState::Open));
}

#[test]
fn five_mails_in_a_row_that_break_the_connection_rest_the_lane() {
    let mut world = queued("", 8);
    (0..5).for_each(|_| world.memory.refuse_next(Fault::Transient, "lost at DATA"));
    let delivered = world.deliver();
    assert_eq!((delivered.deferred, delivered.sent, world.lane().state), (5, 0, LaneState::Resting));
}

#[test]
fn throttling_slows_the_lane_and_burns_no_attempt() {
    let mut world = queued("", 4);
    world.memory.refuse_next(Fault::Throttled, "421 slow down");
    let delivered = world.deliver();
    assert_eq!((delivered.put_back, delivered.sent), (1, 0));
    let lane = world.lane();
    assert_eq!((lane.state, lane.slowness, lane.failures), (LaneState::Resting, 1, 1));
    world.drain();
    let mails = world.outbox(&[]);
    assert!(mails.iter().all(|mail| mail.state == State::Sent && mail.attempts == 1), "{mails:?}");
    let order = world.mails();
    assert_eq!(order.last().unwrap().to, "info@praktijk-0.example", "the throttled one waits behind the others");
}

#[test]
fn a_throttled_lane_goes_at_half_the_pace_and_finds_back() {
    let mut world = queued("[mail.smtp]\nrate = 8\n", 120);
    world.memory.refuse_next(Fault::Throttled, "too many messages");
    world.deliver();
    minutes(&mut world, 3);
    world.mails();
    minutes(&mut world, 1);
    assert_eq!(world.mails().len(), 4, "half of eight");
    minutes(&mut world, 10);
    world.mails();
    minutes(&mut world, 1);
    assert_eq!((world.mails().len(), world.lane().slowness), (8, 0));
}

#[test]
fn the_rate_is_kept_and_nothing_is_left_behind() {
    let mut world = queued("[mail.smtp]\nrate = 10\n", 25);
    let mut counts = Vec::new();
    for _ in 0..4 {
        world.tick();
        assert!(world.tick().delivered.is_nothing(), "a second tick in the same minute");
        counts.push(world.mails().len());
        world.advance(TimeDelta::minutes(1));
    }
    assert_eq!(counts, [10, 10, 5, 0]);
}

#[test]
fn one_mailbox_that_always_says_450_backs_off_alone() {
    let mut world = queued("[mail.smtp]\nconnections = 1\n", 6);
    let full = Script::new().at_nth(1, At::Rcpt, Act::Answer("450 4.2.1 mailbox busy"));
    let server = SmtpServer::start([full.clone()]);
    world.leave_by(smtp(&server));
    let delivered = world.deliver();
    assert_eq!((delivered.put_back, delivered.sent), (1, 5), "450 from one mailbox rests nobody else");
    for turn in 1..=3 {
        let server = SmtpServer::start([full.clone()]);
        world.leave_by(smtp(&server));
        world.set(&world::local(mail(&world, 0).due_at + TimeDelta::minutes(1)));
        world.deliver();
        assert_eq!(world.lane().state, LaneState::Open, "turn {turn}");
    }
    let busy = mail(&world, 0);
    assert_eq!((busy.state, busy.throttles), (State::Deferred, 2));
    assert!(busy.attempts > 0, "from the third time on it counts as its own trouble");
}

#[test]
fn an_address_that_refused_one_mail_for_now_rests_for_all_and_nobody_else_does() {
    let mut world = queued("", 2);
    let second = practice("tweede").replace("info@tweede.example", "Info@praktijk-0.example");
    world.import(&second);
    world.plan();
    world.memory.refuse_next(Fault::Transient, "452 4.2.2 mailbox full");
    let delivered = world.deliver();
    assert_eq!((delivered.deferred, delivered.sent), (1, 1), "one attempt at the full mailbox");
    world.set(&world::local(mail(&world, 0).due_at - TimeDelta::minutes(1)));
    assert!(world.deliver().is_nothing());
    world.advance(TimeDelta::minutes(2));
    world.memory.refuse_next(Fault::Transient, "452 4.2.2 mailbox full");
    assert_eq!(world.deliver().deferred, 1, "one attempt again, by whichever is due for longer");
    assert_eq!((mail(&world, 0).attempts, mail(&world, 2).attempts), (1, 1));
    let refused = mail(&world, 0).id;
    world.write(move |work| assert_eq!(work.retry(Some(refused)).unwrap(), 1));
    assert_eq!(world.deliver().sent, 2, "the operator wants it tried");
}

#[test]
fn a_mail_that_is_throttled_while_others_get_through_does_not_rest_the_lane_for_ever() {
    let mut world = queued("", 1);
    world.memory.refuse_next(Fault::Throttled, "421 later");
    world.deliver();
    for turn in 0..4 {
        world.import(&practice(&format!("ander-{turn}")));
        let until = world.lane().rest_until.unwrap_or(world.now());
        world.set(&world::local(until + TimeDelta::minutes(1)));
        world.tick();
        world.set(&world::local(mail(&world, 0).due_at + TimeDelta::minutes(1)));
        world.memory.refuse_next(Fault::Throttled, "421 later");
        world.tick();
    }
    assert_eq!((world.lane().state, mail(&world, 0).state, mail(&world, 0).throttles), (LaneState::Open, State::Deferred, 2));
}

#[test]
fn three_recipients_refused_in_a_row_hold_the_lane_and_tell_the_operator() {
    let mut world = queued(OPERATOR, 6);
    (0..3).for_each(|_| world.memory.refuse_next(Fault::Address, "550 no such user"));
    let delivered = world.deliver();
    assert_eq!((delivered.failed, delivered.sent, world.lane().state), (3, 0, LaneState::Held));
    assert!(world.lane().reason.unwrap().contains("3 different recipients were refused in a row"));
    world.advance(TimeDelta::days(1));
    assert!(world.tick().delivered.is_nothing(), "it stays held");
    assert_eq!(world.store(|store| store.dead_addresses()).unwrap().len(), 3);
    world.write(|work| {
        for refusal in work.lane_refusals().unwrap() {
            work.revive(&refusal.email).unwrap();
        }
        work.lane_release().unwrap()
    });
    world.drain();
    let letters = world.mails();
    assert_eq!(letters.iter().filter(|letter| letter.to != "beheer@example.org").count(), 6);
    let alert = for_operator(letters).remove(0);
    assert!(alert.subject.starts_with("Alert: deadlines: mail was held"), "{}", alert.subject);
    assert!(alert.text.contains("info@praktijk-1.example: 550 no such user"), "{}", alert.text);
}

#[test]
fn an_acceptance_between_refusals_keeps_the_lane_open() {
    let mut world = queued("", 6);
    (0..2).for_each(|_| world.memory.refuse_next(Fault::Address, "550 no such user"));
    assert_eq!(world.deliver().sent, 4);
    assert!(world.store(|store| store.lane_refusals()).unwrap().is_empty());
    assert_eq!(world.lane().state, LaneState::Open);
}

#[test]
fn a_refused_password_holds_the_lane_until_it_is_released() {
    let mut world = queued("", 3);
    world.memory.refuse_next(Fault::Operator, "535 5.7.8 authentication failed");
    assert_eq!(world.deliver().put_back, 1);
    let lane = world.lane();
    assert_eq!((lane.state, lane.reason.as_deref()), (LaneState::Held, Some("memory: 535 5.7.8 authentication failed")));
    world.advance(TimeDelta::hours(5));
    world.restart();
    assert!(world.tick().delivered.is_nothing(), "a restart alone mends nothing");
    assert_eq!(world.memory.attempts(), 1);
    assert!(world.write(|work| work.lane_release().unwrap()));
    assert_eq!(world.deliver().sent, 3);
    assert!(world.outbox(&[]).iter().all(|mail| mail.attempts == 1));
}

#[test]
fn another_mail_configuration_releases_what_the_service_held_but_not_what_the_operator_held() {
    let mut world = queued("", 2);
    world.memory.refuse_next(Fault::Operator, "535 no");
    world.deliver();
    world.reconfigure("[log]\nfilter = \"debug\"\n");
    assert!(world.deliver().is_nothing(), "nothing about mail has changed");
    world.reconfigure(
        "[mail.smtp]\nusername = \"a\"\npassword_file = \"smtp-password\"\n"
            .replace("password_file", "hello_name")
            .replace("username", "host")
            .as_str(),
    );
    assert_eq!(world.deliver().sent, 2);
    world.import(&practice("later"));
    world.write(|work| work.lane_hold("the relay moves", HeldBy::Operator).unwrap());
    world.reconfigure("");
    world.advance(TimeDelta::minutes(1));
    assert!(world.tick().delivered.is_nothing());
    assert_eq!(world.outbox(&[State::Queued]).len(), 1, "planning goes on");
    world.write(|work| work.lane_release().unwrap());
    assert_eq!(world.deliver().sent, 1);
}

#[test]
fn couriers_share_one_connection_each_across_batches() {
    let mut world = queued("[mail.smtp]\nconnections = 2\n", 1100);
    let server = SmtpServer::start([]);
    world.leave_by(smtp(&server));
    assert_eq!(world.deliver().sent, 1100);
    assert!(server.connections() <= 2, "{} connections for 1100 mails", server.connections());
}

#[test]
fn a_poisoned_row_among_a_thousand_is_parked_alone() {
    let mut world = queued("", 1000);
    world.poison("UPDATE outbox SET day = 'ooit' WHERE practice = 'praktijk-500'");
    let delivered = world.deliver();
    assert_eq!((delivered.sent, delivered.failed), (999, 1));
    let untold = world.store(|store| store.untold()).unwrap();
    assert_eq!(untold.len(), 1);
}

#[test]
fn a_dead_address_gets_no_more_mail_survives_an_import_and_comes_back() {
    let mut world = queued("", 2);
    world.memory.refuse_next(Fault::Address, "550 5.1.1 no such user");
    world.deliver();
    assert_eq!(recipients(&world.mails()), ["info@praktijk-1.example"]);
    world.import(&practice("praktijk-0"));
    world.play("2025-11-07");
    assert_eq!(recipients(&world.mails()), ["info@praktijk-1.example"], "two days before, the other one only");
    assert_eq!(world.write(|work| work.revive("INFO@praktijk-0.example").unwrap()), Some(1));
    world.tick();
    let letters = world.mails();
    assert!(!letters.is_empty() && letters.iter().all(|letter| letter.to == "info@praktijk-0.example"));
    assert!(letters[0].text.contains("nog 3 dagen"), "{}", letters[0].text);
    world.advance(TimeDelta::minutes(1));
    world.drain();
    assert_eq!(world.write(|work| work.revive("info@praktijk-0.example").unwrap()), None);
}

#[test]
fn a_practice_without_a_working_address_is_named_at_once_and_once_with_what_is_open() {
    let mut world = queued(OPERATOR, 2);
    world.memory.refuse_next(Fault::Address, "550 5.1.1 no such user");
    world.tick();
    minutes(&mut world, 3);
    let alerts = for_operator(world.mails());
    assert_eq!(alerts.len(), 1);
    assert_eq!(alerts[0].subject, "Alert: deadlines: 1 practice cannot be reached");
    insta::assert_snapshot!("alert_of_an_unreachable_practice", alerts[0].text);
    world.play("2025-11-06");
    let later: Vec<String> = for_operator(world.mails()).into_iter().map(|letter| letter.subject).collect();
    assert_eq!(later, ["deadlines: 1 address is dead"], "the report of the next morning, and no second alert");
    world.write(|work| work.revive("info@praktijk-0.example").unwrap());
    world.memory.refuse_next(Fault::Address, "550 5.1.1 gone again");
    world.tick();
    minutes(&mut world, 2);
    assert_eq!(for_operator(world.mails()).len(), 1, "another time is another event");
}

#[test]
fn a_handled_practice_may_be_unreachable_in_silence() {
    let mut world = queued(OPERATOR, 1);
    world.done("praktijk-0", "tekenen", "2025-11-10");
    world.write(|work| work.mark_dead("info@praktijk-0.example", "550 no").unwrap());
    minutes(&mut world, 3);
    assert!(for_operator(world.mails()).iter().all(|letter| !letter.subject.starts_with("Alert")));
}

#[test]
fn an_unreachable_practice_that_comes_back_catches_up() {
    let mut world = World::of("2025-10-01 07:00", &signing(), &practice("klank"));
    world.write(|work| work.mark_dead("info@klank.example", "550 no").unwrap());
    world.play("2025-11-04");
    assert!(world.mails().is_empty());
    world.write(|work| work.revive("info@klank.example").unwrap());
    world.tick();
    let letters = world.mails();
    assert_eq!(letters.len(), 1);
    assert!(letters[0].text.contains("nog 6 dagen"), "{}", letters[0].text);
}

#[test]
fn the_report_says_what_happened_once_in_the_morning_and_only_when_there_is_something() {
    let mut world = queued(OPERATOR, 4);
    world.memory.refuse_next(Fault::Permanent, "554 looks like spam");
    world.memory.refuse_next(Fault::Address, "550 5.1.1 no such user");
    world.tick();
    world.set("2025-11-03 13:00");
    world.tick();
    world.set("2025-11-04 06:59");
    world.load(calendar(&(signing() + &milestone("vragen", "question-cutoff", "by = 2025-11-03"))));
    world.import(&practice("stuk"));
    world.poison("UPDATE subscription SET standing = 'onzin' WHERE practice = 'stuk'");
    world.tick();
    world.mails();
    world.set("2025-11-04 07:00");
    world.tick();
    world.tick();
    let reports = for_operator(world.mails());
    assert_eq!(reports.len(), 1);
    insta::with_settings!({ filters => vec![(r"\d{4}-\d\d-\d\dT[0-9:]+Z", "[instant]")] }, {
        insta::assert_snapshot!("report_of_a_bad_day", format!("Subject: {}\n\n{}", reports[0].subject, reports[0].text));
    });
    world.play("2025-11-06");
    let later = for_operator(world.mails());
    assert!(later.iter().all(|report| report.subject == "deadlines: 1 practice could not be planned"), "{later:?}");
}

#[test]
fn nothing_to_say_is_no_report_and_a_gap_is_said_once_a_month() {
    let mut world = World::with_config("2025-11-03 07:00", OPERATOR);
    world.load(calendar(&(agreement("2025-12-31") + &milestone("publicatie", "policy-publication", "on = 2025-04-01"))));
    world.play("2025-11-04");
    assert!(for_operator(world.mails()).is_empty());
    world.import(&practice("klank"));
    world.play("2025-12-10");
    let reports = for_operator(world.mails());
    let days: Vec<&str> = reports.iter().map(|report| &report.at[..10]).collect();
    assert_eq!(days, ["2025-11-05", "2025-12-01"]);
    assert!(reports[0].text.contains("cz logopedie 2026"), "{}", reports[0].text);
}

#[test]
fn what_expires_while_the_lane_is_held_is_told_to_the_operator() {
    let mut world = queued(OPERATOR, 1);
    world.memory.refuse_next(Fault::Operator, "535 no");
    world.tick();
    world.set("2025-11-12 08:00");
    world.write(|work| work.lane_release().unwrap());
    world.tick();
    assert_eq!(world.outbox(&[State::Expired]).len(), 1);
    world.set("2025-11-13 07:00");
    world.tick();
    let letters = for_operator(world.mails());
    let report = letters.iter().find(|letter| letter.subject.starts_with("deadlines: ")).unwrap();
    assert!(report.text.contains("tekenen (cz/proef/tekenen) passed on 2025-11-10"), "{}", report.text);
}

#[test]
fn without_an_operator_notices_wait_and_nothing_breaks() {
    let mut world = queued("", 1);
    world.memory.refuse_next(Fault::Permanent, "554 no");
    world.play("2025-11-12");
    assert!(!world.store(|store| store.untold()).unwrap().is_empty());
    assert!(world.mails().iter().all(|letter| letter.to == "info@praktijk-0.example"));
}

#[test]
fn what_got_no_answer_goes_again_the_same_day_and_is_told_anew_on_another() {
    let mut world = queued(OPERATOR, 1);
    world.memory.refuse_next(Fault::Uncertain, "lost after the final dot");
    world.tick();
    let first = mail(&world, 0);
    let id = first.id;
    let told = world.store(move |store| store.told_in(id)).unwrap();
    assert_eq!((told.len(), told[0].1), (1, true), "the ledger says uncertain");
    world.set("2025-11-04 07:00");
    world.tick();
    let letters: Vec<Letter> = world.mails().into_iter().filter(|letter| letter.to != "beheer@example.org").collect();
    assert_eq!(letters.len(), 1);
    assert!(letters[0].text.contains("nog 6 dagen"), "today's distance: {}", letters[0].text);
    assert_ne!(Some(&letters[0].message_id), first.message_id.as_ref(), "another mail, another key");
    let old = mail(&world, 0);
    assert_eq!((old.state, old.is_unanswered), (State::Expired, false));
    assert!(world.store(move |store| store.told_in(id)).unwrap()[0].1, "nobody knows whether it arrived");
    let new = world.outbox(&[State::Sent]).into_iter().find(|mail| mail.kind == "digest+1").unwrap().id;
    assert!(!world.store(move |store| store.told_in(new)).unwrap()[0].1);
    assert_eq!(world.write(move |work| work.retry(Some(id)).unwrap()), 0, "it has a successor");
}

#[test]
fn what_got_no_answer_and_is_no_longer_true_is_not_said_again() {
    let moved = milestone("tekenen", "signing-deadline", "by = 2025-11-12");
    for withdrawn in [false, true] {
        let mut world = queued("", 1);
        world.memory.refuse_next(Fault::Uncertain, "lost after the final dot");
        world.tick();
        world.load(calendar(if withdrawn { "" } else { &moved }));
        world.set(&world::local(mail(&world, 0).due_at + TimeDelta::minutes(1)));
        world.tick();
        assert_eq!(mail(&world, 0).state, State::Expired);
        // A correction names the old day; no reminder does.
        let corrects = |letter: &&Letter| letter.subject.contains("uitgesteld") || letter.subject.contains("vervallen");
        assert!(world.mails().iter().filter(|letter| !corrects(letter)).all(|letter| !letter.text.contains("10 november")));
    }
    let mut world = queued("", 1);
    world.memory.refuse_next(Fault::Uncertain, "lost after the final dot");
    world.tick();
    world.done("praktijk-0", "tekenen", "2025-11-10");
    world.drain();
    assert!(world.mails().is_empty());
}

#[test]
fn a_definite_no_takes_the_line_out_of_the_ledger() {
    let mut world = queued("", 1);
    world.memory.refuse_next(Fault::Transient, "452 later");
    world.tick();
    let id = mail(&world, 0).id;
    assert!(world.store(move |store| store.told_in(id)).unwrap().is_empty());
}

#[test]
fn a_clock_that_was_a_year_ahead_leaves_no_mail_there() {
    let mut world = queued("", 2);
    world.set("2026-11-03 07:00");
    world.poison("UPDATE lane SET state = 'resting', reason = 'x', rest_until = 1793700000");
    world.poison("UPDATE outbox SET state = 'deferred', due_at = 1793700000");
    world.set("2025-11-03 08:00");
    world.tick();
    world.tick();
    assert_eq!(world.mails().len(), 2);
}
