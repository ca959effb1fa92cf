//! What was kept for long enough goes; what the promises need never does.

use std::fs::{self, File};
use std::time::Duration;

use chrono::TimeDelta;
use deadlines::config::retention::Retention;
use deadlines::job::prune::{Progress, Pruned, preview, prune, prune_daily};
use deadlines::store::backup::examine;
use deadlines::store::outbox::State;

use crate::world::{World, at, milestone, practice};

const DAY: Duration = Duration::from_secs(86_400);

/// Half a year of mails, short of everything else.
fn brief() -> Retention {
    Retention { mails: 182 * DAY, bytes: 14 * DAY, attempts: 14 * DAY, notices: 28 * DAY, inbound: 7 * DAY, removed: 28 * DAY }
}

/// Two practices that were told of a deadline on the day, and one that lies a year ahead.
fn told() -> World {
    let near = milestone("nabij", "signing-deadline", "by = 2025-11-10");
    let far = milestone("ver", "contract-end", "by = 2026-11-02");
    let practices = practice("klank") + &practice("stil");
    let config = "[leads]\ndeadline = [\"1w\"]\nterm = [\"52w\"]\n";
    let mut world = World::with_config("2025-11-03 07:00", config);
    world.load(crate::world::calendar(&(near + &far)));
    world.import(&practices);
    world.tick();
    assert_eq!(world.mails().len(), 2);
    world
}

fn pruned(world: &World) -> Pruned {
    let (now, spool) = (world.now(), world.folder().join("var/spool"));
    world.store(move |store| prune(store, &brief(), &spool, now)).unwrap().0
}

fn counts(world: &World, sql: &'static str) -> i64 {
    rusqlite::Connection::open(world.path()).unwrap().query_row(sql, [], |row| row.get(0)).unwrap()
}

#[test]
fn a_mail_stays_as_long_as_a_day_that_it_told_lies_ahead_and_goes_whole() {
    let mut world = told();
    let mails =
        |world: &World| (counts(world, "SELECT count(*) FROM outbox WHERE practice <> ''"), counts(world, "SELECT count(*) FROM told"));
    for (now, kept) in [("2026-06-01 07:00", (2, 4)), ("2026-11-02 12:00", (2, 4)), ("2027-04-01 12:00", (2, 4))] {
        world.set(now);
        pruned(&world);
        assert_eq!(mails(&world), kept, "{now}");
    }
    // A calendar that moved what was told to a day ahead: who was told has to hear of it.
    world.poison("UPDATE occurrence SET last_day = '2027-12-01' WHERE id = 'cz/proef/nabij'");
    world.set("2027-06-01 12:00");
    pruned(&world);
    assert_eq!(mails(&world), (2, 4));
    world.poison("UPDATE occurrence SET last_day = '2025-11-10' WHERE id = 'cz/proef/nabij'");
    let now = world.now();
    let expected = world.store(move |store| preview(store, &brief(), now)).unwrap();
    assert_eq!(
        (expected.0["mails"], pruned(&world)),
        (2, Pruned([("mails", 2), ("attempts", 0), ("bytes", 0), ("notices", 0), ("removed", 0), ("inbound", 0)].into()))
    );
    assert_eq!(mails(&world), (0, 0));
    assert_eq!(counts(&world, "SELECT count(*) FROM attempt"), 0);
    // What was decided is not decided anew: nobody is reminded or reported a second time.
    world.store(|store| store.untold()).unwrap();
    let before = counts(&world, "SELECT count(*) FROM notice");
    world.restart();
    world.write(|work| work.look_at_everyone().unwrap());
    world.tick();
    assert_eq!((world.mails().len(), counts(&world, "SELECT count(*) FROM notice")), (0, before));
    assert!(pruned(&world).is_nothing(), "twice is once");
    let examined = examine(&world.path()).unwrap();
    assert_eq!((examined.damage, examined.ledger), (vec![], vec![]));
}

#[test]
fn mail_that_waits_or_of_which_nobody_knows_stays_however_old() {
    let mut world = told();
    for (state, is_unanswered) in [("uncertain", true), ("queued", false), ("deferred", false), ("held", true), ("sending", true)] {
        let bytes = if is_unanswered { "INSERT OR REPLACE INTO unanswered VALUES (1, x'00')" } else { "DELETE FROM unanswered" };
        world.poison(&format!("{bytes}; UPDATE outbox SET state = '{state}' WHERE id = 1; UPDATE told SET uncertain = 1, last_day = '2025-11-10' WHERE mail = 1"));
        world.set("2030-01-01 12:00");
        pruned(&world);
        let left = world.outbox(&[]);
        assert_eq!(left.iter().filter(|mail| mail.id == 1).map(|mail| mail.state.as_str()).collect::<Vec<_>>(), [state]);
        assert_eq!(left[0].is_unanswered, is_unanswered, "{state}");
        assert!(counts(&world, "SELECT count(*) FROM told WHERE mail = 1") > 0);
    }
}

#[test]
fn bytes_and_answers_that_decided_nothing_go_sooner() {
    let mut world = told();
    world.poison(
        "UPDATE outbox SET state = 'failed' WHERE id = 1; INSERT INTO unanswered VALUES (1, x'00');
         INSERT INTO attempt (mail, at, outcome, server, text) VALUES (2, 1762150000, 'busy', 'x', 'later'), (2, 1762150000, 'bounced', 'x', 'gone')",
    );
    world.set("2026-01-01 12:00");
    let gone = pruned(&world);
    assert_eq!((gone.0["bytes"], gone.0["attempts"], gone.0["mails"]), (1, 1, 0));
    assert!(!world.outbox(&[State::Failed])[0].is_unanswered);
    assert_eq!(counts(&world, "SELECT count(*) FROM attempt WHERE mail = 2 AND outcome IN ('accepted', 'bounced')"), 2);
}

#[test]
fn what_is_left_of_a_removed_practice_goes_except_that_it_wants_no_mail() {
    let mut world = told();
    world.done("stil", "nabij", "2025-11-10");
    world.done("klank", "nabij", "2025-11-10");
    world.write(|work| {
        work.unsubscribe(&"stil".into(), "oud@stil.example").unwrap();
        work.mark_dead("weg@stil.example", "550").unwrap();
        work.mark_dead("info@klank.example", "550").unwrap();
        work.remove_practice(&"stil".into()).unwrap();
    });
    world.advance(TimeDelta::days(20));
    assert_eq!(pruned(&world).0["removed"], 0);
    world.advance(TimeDelta::days(20));
    assert!(pruned(&world).0["removed"] >= 4);
    let of = |sql: &'static str| counts(&world, sql);
    assert_eq!(of("SELECT count(*) FROM decision WHERE practice = 'stil'") + of("SELECT count(*) FROM done WHERE practice = 'stil'"), 0);
    assert_eq!(of("SELECT count(*) FROM unsubscribed WHERE practice = 'stil'"), 1);
    assert_eq!(of("SELECT count(*) FROM done WHERE practice = 'klank'"), 1);
    assert!(of("SELECT count(*) FROM decision WHERE practice = 'klank'") > 0);
    assert_eq!(of("SELECT count(*) FROM dead_address WHERE email = 'info@klank.example'"), 1, "its practice is there");
    assert_eq!(of("SELECT count(*) FROM dead_address"), 1);
}

#[test]
fn it_is_done_once_a_day_a_few_rows_at_a_time() {
    let mut world = told();
    world.poison(
        "INSERT INTO notice (at, kind, subject, occasion, text, mail)
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 11000) SELECT 1, 'refused', i, i, 'x', 1 FROM n",
    );
    let spool = world.folder().join("var/spool");
    fs::create_dir_all(spool.join("odd")).unwrap();
    for (name, age) in [("old.eml", 8), ("new.eml", 6)] {
        let file = File::create(spool.join("odd").join(name)).unwrap();
        let written = at("2025-12-20 12:00") - TimeDelta::days(age);
        file.set_modified(written.into()).unwrap();
    }
    world.set("2025-12-20 12:00");
    let daily = |world: &World| {
        let (now, spool) = (world.now(), spool.clone());
        world.store(move |store| prune_daily(store, &brief(), &spool, now)).unwrap()
    };
    assert_eq!(daily(&world).0["notices"], 10_000, "others wait for one batch at most, and the next turn goes on");
    assert_eq!(daily(&world).0["notices"], 1_000);
    assert!(!spool.join("odd/old.eml").exists() && spool.join("odd/new.eml").exists());
    world.poison("INSERT INTO notice (at, kind, subject, occasion, text, mail) VALUES (1, 'refused', 'x', 'x', 'x', 1)");
    assert!(daily(&world).is_nothing(), "today it is done");
    world.advance(TimeDelta::days(1));
    assert_eq!(daily(&world).0["notices"], 1);
    let detail = world.store(|store| store.runs()).unwrap().into_iter().find(|run| run.job == "prune").unwrap().detail;
    assert_eq!(detail, "notices 1");
    let (now, folder) = (world.now(), spool.clone());
    assert_eq!(world.store(move |store| prune(store, &brief(), &folder, now)).unwrap().1, Progress::Finished);
}
