//! Which contact gets a welcome or a season overview, and when: once each, whatever is planned again.

#![expect(clippy::unwrap_used, reason = "a test: to panic is to fail")]

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use deadlines::calendar_file::{self, embedded};
use deadlines::clock::{self, Clock};
use deadlines::config::Config;
use deadlines::domain::almanac::Almanac;
use deadlines::domain::overview::Wanted;
use deadlines::domain::practices::Practice;
use deadlines::job::database::Database;
use deadlines::job::deliver::{Round, deliver};
use deadlines::job::office::Office;
use deadlines::job::overview::spare;
use deadlines::job::plan::plan;
use deadlines::job::progress::Progress;
use deadlines::job::simulate::{Season, SimulatedMail, simulate};
use deadlines::mail::memory::MemoryBox;
use deadlines::mail::transport::Transport;
use deadlines::practice_file::{self, Format};
use deadlines::store::Store;
use deadlines::store::outbox::State;
use tokio_util::sync::CancellationToken;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn at(text: &str) -> DateTime<Utc> {
    let wall = chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap();
    clock::instant(wall.date(), wall.time())
}

fn almanac() -> Almanac {
    calendar_file::read(&embedded::files()).0
}

/// A speech therapist at CZ with these contacts.
fn practice(contacts: &[&str]) -> Practice {
    practices(contacts, "[[practice.subscription]]\ninsurer = \"cz\"\ncare_type = \"logopedie\"\nstanding = \"contracted\"").remove(0)
}

fn practices(contacts: &[&str], rest: &str) -> Vec<Practice> {
    let contacts: Vec<String> = contacts.iter().map(|email| format!("{{ email = \"{email}\" }}")).collect();
    let text = format!("[[practice]]\nid = \"klank\"\nname = \"De Klank\"\ncontacts = [{}]\n{rest}\n", contacts.join(", "));
    let (practices, problems) = practice_file::read("practices.toml", &text, Format::Toml, &almanac());
    assert!(!problems.has_errors(), "{problems}");
    practices
}

fn office(wanted: Wanted) -> Office {
    let (mut office, _) = Office::for_show(&Config::defaults(std::path::Path::new(""))).unwrap();
    office.rules.overviews = wanted;
    office
}

fn put(store: &mut Store, practice: &Practice, now: DateTime<Utc>) {
    let work = store.begin(now).unwrap();
    work.put_practice(practice, clock::civil_day(now)).unwrap();
    work.commit().unwrap();
}

/// Plans, and lists the overviews in the outbox as `kind day address`, oldest first.
fn overviews(store: &mut Store, wanted: Wanted, now: DateTime<Utc>) -> Vec<String> {
    plan(store, &almanac(), &office(wanted).rules, now).unwrap();
    let mut mails = store.mails(&[], None).unwrap();
    mails.retain(|mail| mail.kind == "welcome" || mail.kind == "season");
    mails.sort_by_key(|mail| mail.id);
    mails.iter().map(|mail| format!("{} {} {}", mail.kind, mail.day, mail.email)).collect()
}

async fn season(practices: &[Practice], from: &str, to: &str, wanted: Wanted) -> Vec<SimulatedMail> {
    simulate(Arc::new(almanac()), practices, office(wanted), Season { from: day(from), to: day(to) }, |_| ()).await.unwrap()
}

#[tokio::test]
async fn everybody_is_welcomed_once_and_hears_of_each_season_once() {
    let mails = season(&[practice(&["a@klank.example", "b@klank.example"])], "2023-03-06", "2024-04-30", Wanted::default()).await;
    let told = |kind: &str| -> Vec<String> {
        let of_kind = mails.iter().filter(|mail| mail.kind == kind);
        of_kind.map(|mail| format!("{} {}", clock::civil_day(mail.at), mail.email)).collect()
    };
    assert_eq!(told("welcome"), ["2023-03-06 a@klank.example", "2023-03-06 b@klank.example"]);
    // 1 April 2023 is a Saturday, 1 April 2024 Easter Monday.
    let seasons: Vec<String> = told("season").into_iter().filter(|line| line.ends_with("a@klank.example")).collect();
    assert_eq!(seasons, ["2023-04-03 a@klank.example", "2023-09-01 a@klank.example", "2024-04-02 a@klank.example"]);
    assert_eq!(told("season").len(), 6);
}

#[tokio::test]
async fn without_overviews_the_reminders_are_the_same() {
    let practices = [practice(&["a@klank.example"])];
    let with = season(&practices, "2023-09-01", "2023-12-31", Wanted::default()).await;
    let without = season(&practices, "2023-09-01", "2023-12-31", Wanted { welcome: false, season: false }).await;
    let reminders: Vec<SimulatedMail> = with.into_iter().filter(|mail| mail.kind == "digest").collect();
    // The signed answers in a mail name its row in the outbox, so the bytes differ where other mails came before.
    let said =
        |mails: &[SimulatedMail]| -> Vec<_> { mails.iter().map(|mail| (mail.at, mail.subject.clone(), mail.told.clone())).collect() };
    assert_eq!(said(&reminders), said(&without));
    assert!(!without.is_empty());
}

#[test]
fn planning_again_adds_nothing_and_a_later_contact_is_greeted_alone() {
    let mut store = Store::in_memory().unwrap();
    put(&mut store, &practice(&["a@klank.example"]), at("2023-06-03 15:00"));
    // A Saturday: the welcome waits for Monday's morning.
    let first = overviews(&mut store, Wanted::default(), at("2023-06-03 15:01"));
    assert_eq!(first, ["welcome 2023-06-05 a@klank.example"]);
    assert_eq!(store.mails(&[State::Queued], None).unwrap()[0].due_at, at("2023-06-05 07:00"));
    put(&mut store, &practice(&["A@klank.example", "later@klank.example"]), at("2023-06-06 10:00"));
    let then = overviews(&mut store, Wanted::default(), at("2023-06-06 10:01"));
    assert_eq!(then, ["welcome 2023-06-05 a@klank.example", "welcome 2023-06-06 later@klank.example"]);
    assert_eq!(overviews(&mut store, Wanted::default(), at("2023-06-07 10:01")), then);
}

#[test]
fn who_was_spared_hears_of_the_next_season() {
    let mut store = Store::in_memory().unwrap();
    let klank = practice(&["a@klank.example"]);
    put(&mut store, &klank, at("2023-08-31 12:00"));
    let work = store.begin(at("2023-08-31 12:00")).unwrap();
    spare(&work, &klank).unwrap();
    work.commit().unwrap();
    assert!(overviews(&mut store, Wanted::default(), at("2023-08-31 12:01")).is_empty());
    assert_eq!(overviews(&mut store, Wanted::default(), at("2023-09-01 07:00")), ["season 2023-09-01 a@klank.example"]);
}

#[test]
fn a_practice_with_nothing_due_is_still_looked_at_when_a_season_begins() {
    let mut store = Store::in_memory().unwrap();
    put(&mut store, &practice(&["a@klank.example"]), at("2030-02-01 08:00"));
    overviews(&mut store, Wanted::default(), at("2030-02-01 08:00"));
    let looked_at = |store: &Store, now| !store.practices_to_look_at(at(now), 10).unwrap().is_empty();
    assert!(!looked_at(&store, "2030-03-31 12:00"));
    assert!(looked_at(&store, "2030-04-01 07:00"));
    // Down for a week: it costs time, not the mail.
    let after = overviews(&mut store, Wanted::default(), at("2030-04-08 09:00"));
    assert_eq!(after, ["welcome 2030-02-01 a@klank.example", "season 2030-04-08 a@klank.example"]);
}

#[test]
fn a_practice_without_a_running_subscription_gets_nothing() {
    let ended = "[[practice.subscription]]\ninsurer = \"cz\"\ncare_type = \"logopedie\"\nend = 2023-01-31";
    for rest in ["", ended] {
        let mut store = Store::in_memory().unwrap();
        let Some(practice) = practices(&["a@klank.example"], rest).pop() else { continue };
        put(&mut store, &practice, at("2023-09-01 12:00"));
        assert!(overviews(&mut store, Wanted::default(), at("2023-09-01 12:00")).is_empty());
    }
}

#[tokio::test]
async fn what_a_welcome_told_stands_in_the_ledger() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.sqlite");
    let mut store = Store::open(&path).unwrap();
    put(&mut store, &practice(&["a@klank.example"]), at("2023-09-01 12:00"));
    assert_eq!(overviews(&mut store, Wanted::default(), at("2023-09-01 12:00")).len(), 1);
    let (database, memory) = (Database::new(store), MemoryBox::default());
    let office = Office { transport: Transport::Memory(memory.clone()), ..office(Wanted::default()) };
    let clock = Clock::Fixed(at("2023-09-01 12:00"));
    let round = Round {
        database,
        almanac: Arc::new(almanac()),
        office: Arc::new(office),
        clock,
        stop: CancellationToken::new(),
        pause: CancellationToken::new(),
        progress: Progress::default(),
    };
    let delivered = deliver(&round).await.unwrap();
    assert_eq!((delivered.sent, delivered.failed), (2, 0), "the welcome and the day's digest");
    let ledger = rusqlite::Connection::open(&path).unwrap();
    let sql = "SELECT DISTINCT t.last_day FROM told t JOIN outbox o ON o.id = t.mail WHERE o.kind = 'welcome' ORDER BY 1 LIMIT 3";
    let mut query = ledger.prepare(sql).unwrap();
    let days: Vec<String> = query.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
    assert_eq!(days, ["2023-09-01", "2023-11-01", "2023-11-12"]);
}

#[test]
fn contacts_of_an_older_database_are_no_newcomers() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("old.sqlite");
    let old = rusqlite::Connection::open(&path).unwrap();
    old.execute_batch(deadlines::store::schema::MIGRATIONS[0]).unwrap();
    old.execute_batch(
        "INSERT INTO practice (id, name, look_at) VALUES ('klank', 'De Klank', 0);
         INSERT INTO contact (practice, position, email) VALUES ('klank', 0, 'a@klank.example');
         INSERT INTO subscription (practice, position, insurer, care_type, setting, subscribed_on) VALUES ('klank', 0, 'cz', 'logopedie', 'practice', '2022-01-01');
         PRAGMA user_version = 1; PRAGMA application_id = 0x444C4E53;",
    )
    .unwrap();
    drop(old);
    let mut store = Store::open(&path).unwrap();
    assert!(overviews(&mut store, Wanted::default(), at("2023-06-05 12:00")).is_empty());
    assert_eq!(overviews(&mut store, Wanted::default(), at("2023-09-01 12:00")), ["season 2023-09-01 a@klank.example"]);
}
