//! What is held on a practice is written out whole, goes without remains, and does not come back by accident.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use chrono::{DateTime, Utc};
use deadlines::job::erasure::{Erased, ErasureError, apply, forget_address, forget_practice, key_of, list_of};
use deadlines::store::Store;
use deadlines::store::backup::examine;
use deadlines::store::outbox::State;
use deadlines::store::personal::erase::What;
use deadlines::store::personal::{HELD, Of};
use deadlines::store::schema::MIGRATIONS;
use rusqlite::Connection;

use crate::counting_server::CountingServer;
use crate::service::Place;
use crate::smtp_server::SmtpServer;
use crate::smtp_server::script::{Act, At, Script};
use crate::{files, path, poison, run};

fn now() -> DateTime<Utc> {
    "2025-11-20T11:00:00Z".parse().unwrap()
}

/// The newest sample database: a row in every table, with every column filled somewhere.
fn sample(file: &Path) {
    let version = MIGRATIONS.len();
    let connection = Connection::open(file).unwrap();
    MIGRATIONS.iter().for_each(|sql| connection.execute_batch(sql).unwrap());
    connection.pragma_update(None, "user_version", u32::try_from(version).unwrap()).unwrap();
    connection.pragma_update(None, "application_id", 0x444C_4E53).unwrap();
    let rows = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/migrations/{version}.sql"));
    connection.execute_batch(&fs::read_to_string(rows).unwrap()).unwrap();
    // The samples give these to addresses that nobody has.
    connection
        .execute_batch("UPDATE dead_address SET email = 'merel@klank.example'; UPDATE lane_refusal SET email = 'merel@klank.example'; UPDATE notice SET subject = 'merel@klank.example'")
        .unwrap();
}

struct Home {
    folder: tempfile::TempDir,
}

impl Home {
    fn new() -> Self {
        let home = Self { folder: tempfile::tempdir().unwrap() };
        sample(&home.database());
        home
    }

    fn database(&self) -> std::path::PathBuf {
        self.folder.path().join("d.sqlite")
    }

    fn spool(&self) -> std::path::PathBuf {
        self.folder.path().join("spool")
    }

    /// Which of these texts stand anywhere in the database's files, in whatever letters.
    fn remains<'t>(&self, texts: &[&'t str]) -> Vec<&'t str> {
        remains(&self.database(), texts)
    }
}

fn remains<'t>(database: &Path, texts: &[&'t str]) -> Vec<&'t str> {
    let bytes = |ending: &str| fs::read(format!("{}{ending}", database.display())).unwrap_or_default();
    let all = [bytes(""), bytes("-wal"), bytes("-shm"), bytes(".erased"), bytes(".twin")].concat().to_ascii_lowercase();
    let stands = |text: &&&str| all.windows(text.len()).any(|window| window == text.to_ascii_lowercase().as_bytes());
    texts.iter().filter(stands).copied().collect()
}

#[test]
fn every_table_says_what_it_holds_of_whom() {
    let home = Home::new();
    let connection = Connection::open(home.database()).unwrap();
    let mut tables = connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").unwrap();
    let tables: BTreeSet<String> = tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let listed: Vec<&str> = HELD.iter().map(|(table, _)| *table).collect();
    let unsaid: Vec<&String> = tables.iter().filter(|table| !listed.contains(&table.as_str())).collect();
    assert!(unsaid.is_empty(), "say in store/personal.rs what these hold of whom: {unsaid:?}");
    assert_eq!(listed.len(), tables.len(), "a table that is not there any more");
    for (table, of) in HELD {
        let mut columns = connection.prepare(&format!("SELECT name FROM pragma_table_info('{table}')")).unwrap();
        let columns: Vec<String> = columns.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        let is_personal = columns.iter().any(|column| column == "practice" || column == "email");
        assert!(!is_personal || matches!(of, Of::Practice(_)), "{table} names practices or addresses: {columns:?}");
    }
}

#[test]
fn the_export_holds_a_row_of_every_table_that_can_hold_one() {
    let home = Home::new();
    let held = Store::open(&home.database()).unwrap().held_on(&"klank".into()).unwrap();
    for (table, of) in HELD {
        assert_eq!(held.contains_key(*table), matches!(of, Of::Practice(_)), "{table}");
    }
    let (mail, bytes) = (&held["outbox"][1], &held["unanswered"][0]["bytes"]);
    assert_eq!((mail["state"].as_str(), bytes.as_str()), (Some("uncertain"), Some("Subject: C\r\n")));
    assert_eq!(held["done"][0]["at"].as_str(), Some("2025-11-03T05:00:00+00:00"));
}

const ITS_WORDS: [&str; 6] = ["klank", "merel", "05000001", "balie", "subject: c\r", "aanmeldformulier"];

#[test]
fn what_is_forgotten_leaves_no_remains_in_any_file_and_others_keep_what_is_theirs() {
    let home = Home::new();
    // What an earlier change left in free pages counts too.
    poison(
        &home.database(),
        "UPDATE contact SET name = 'Klanktante' WHERE position = 0; UPDATE contact SET name = NULL WHERE position = 0",
    );
    poison(
        &home.database(),
        "INSERT INTO notice (at, kind, subject, occasion, text) VALUES (1, 'refused', 'x', 'x', 'of stil and Klank: <MEREL@klank.example> said')",
    );
    poison(&home.database(), "UPDATE lane SET reason = '450 <merel@klank.example> later'");
    poison(&home.database(), "UPDATE practice SET name = 'De Stilte' WHERE id = 'stil'");
    fs::create_dir_all(home.spool().join("odd")).unwrap();
    fs::write(home.spool().join("odd/1.eml"), "From: Merel@Klank.example\r\n\r\nHoi").unwrap();
    fs::write(home.spool().join("odd/2.eml"), "From: info@stil.example\r\n\r\nHoi").unwrap();
    assert_eq!(home.remains(&ITS_WORDS[..3]), ITS_WORDS[..3], "the search finds what is there");
    let mut store = Store::open(&home.database()).unwrap();
    let forgotten = forget_practice(&mut store, &"klank".into(), &home.spool(), now()).unwrap();
    store.leave_no_remains().unwrap();
    assert_eq!((forgotten.addresses, forgotten.messages), (3, 1));
    assert!(forgotten.rows > 15, "{forgotten:?}");
    assert_eq!(home.remains(&ITS_WORDS), Vec::<&str>::new());
    assert_eq!(files(&home.spool().join("odd")), ["2.eml"]);
    assert_eq!(store.practice_ids().unwrap(), ["stil".into()]);
    assert_eq!(store.practices_on_record().unwrap().len(), 1);
    assert!(store.untold().unwrap().iter().any(|notice| notice.text == "of stil and [erased]: <[erased]> said"));
    drop(store);
    let examined = examine(&home.database()).unwrap();
    assert_eq!((examined.damage, examined.ledger), (vec![], vec![]));
    assert_eq!(examined.rows["erasure"], 1 + 4, "the proof");
}

#[test]
fn an_address_goes_wherever_it_stands_and_its_practice_stays() {
    let home = Home::new();
    let mut store = Store::open(&home.database()).unwrap();
    let forgotten = forget_address(&mut store, "Merel@klank.example", &home.spool(), now()).unwrap();
    store.leave_no_remains().unwrap();
    assert!(forgotten.rows > 4, "{forgotten:?}");
    assert_eq!(home.remains(&["merel"]), Vec::<&str>::new());
    let practice = store.practice(&"klank".into(), deadlines::store::practices::Since::AsWritten).unwrap().unwrap();
    assert_eq!(practice.contacts.iter().map(|contact| contact.email.as_str()).collect::<Vec<_>>(), ["info@klank.example"]);
    assert_eq!(store.last_told(&"klank".into()).unwrap().keys().collect::<Vec<_>>(), ["info@klank.example"]);
    assert!(Erased::of(&home.database()).unwrap().since(What::Address, "MEREL@klank.example").is_some());
    assert_eq!(Erased::of(&home.database()).unwrap().since(What::Practice, "klank"), None);
}

#[test]
fn an_address_that_another_practice_has_stays_that_ones() {
    let home = Home::new();
    poison(
        &home.database(),
        "INSERT INTO contact (practice, position, email, name, role) VALUES ('stil', 0, 'INFO@klank.example', NULL, NULL)",
    );
    let mut store = Store::open(&home.database()).unwrap();
    forget_practice(&mut store, &"klank".into(), &home.spool(), now()).unwrap();
    assert_eq!(store.addresses_on_record().unwrap().into_iter().collect::<Vec<_>>(), ["INFO@klank.example"]);
    assert_eq!(Erased::of(&home.database()).unwrap().since(What::Address, "info@klank.example"), None);
}

#[test]
fn nothing_is_erased_under_a_couriers_hands() {
    let home = Home::new();
    poison(&home.database(), "UPDATE outbox SET state = 'sending' WHERE id = 2");
    let mut store = Store::open(&home.database()).unwrap();
    let before = store.held_on(&"klank".into()).unwrap();
    assert!(matches!(forget_practice(&mut store, &"klank".into(), &home.spool(), now()), Err(ErasureError::InHand(_))));
    assert!(matches!(forget_address(&mut store, "merel@klank.example", &home.spool(), now()), Err(ErasureError::InHand(_))));
    assert_eq!(store.held_on(&"klank".into()).unwrap(), before);
    assert!(!list_of(&home.database()).exists(), "nor will it be at the next start");
}

#[test]
fn an_older_database_is_cleaned_of_who_was_erased_since_and_of_nobody_who_came_back() {
    let home = Home::new();
    let older = home.folder.path().join("older.sqlite");
    fs::copy(home.database(), &older).unwrap();
    let mut store = Store::open(&home.database()).unwrap();
    forget_practice(&mut store, &"klank".into(), &home.spool(), now()).unwrap();
    assert_eq!(apply(&mut store, &home.database(), now()).unwrap(), 0, "it has been through it");
    Erased::of(&home.database()).unwrap().take_back(What::Practice, "klank", "2025-12-01".parse().unwrap()).unwrap();
    assert_eq!(Erased::of(&home.database()).unwrap().since(What::Practice, "klank"), None);
    poison(&home.database(), "INSERT INTO practice (id, name) VALUES ('klank', 'De Klank')");
    assert_eq!(apply(&mut store, &home.database(), now()).unwrap(), 0, "who came back on purpose stays");
    // A copy from before: what it holds was erased, whoever came back later.
    let mut store = Store::open(&older).unwrap();
    assert_eq!(apply(&mut store, &home.database(), now()).unwrap(), 4, "the practice and its addresses");
    assert_eq!(remains(&older, &ITS_WORDS), Vec::<&str>::new());
    assert_eq!(apply(&mut store, &home.database(), now()).unwrap(), 0);
}

#[test]
fn a_list_that_cannot_be_understood_is_never_taken_for_an_empty_one() {
    let home = Home::new();
    let mut store = Store::open(&home.database()).unwrap();
    forget_practice(&mut store, &"klank".into(), &home.spool(), now()).unwrap();
    let (list, key) = (list_of(&home.database()), key_of(&home.database()));
    let content = fs::read_to_string(&list).unwrap();
    let said = || Erased::of(&home.database()).unwrap_err().to_string();
    fs::write(&list, format!("{content}erased practice klank\n")).unwrap();
    assert!(said().starts_with(&format!("line 6 of {}", list.display())), "{}", said());
    fs::write(&list, [0xFF, 0xFE]).unwrap();
    assert!(said().contains("cannot be used"), "{}", said());
    fs::write(&list, content).unwrap();
    fs::rename(&key, home.folder.path().join("elsewhere")).unwrap();
    assert!(said().contains("put the key back"), "{}", said());
    assert!(apply(&mut store, &home.database(), now()).is_err());
    assert!(!key.exists(), "no new key is made, under which nobody was erased");
}

#[test]
fn beside_a_running_service_it_is_forgotten_and_stays_so_over_import_and_restore() {
    let server = CountingServer::quiet();
    let place = Place::new(server.port(), 4);
    let mut service = place.start();
    service.until("event=\"delivered\"");
    assert!(run(&place, &["backup", "./b.sqlite"]).ends_with("exit code 0"));
    let said = run(&place, &["practice", "forget", "p2"]);
    assert!(
        said.contains("Held on p2: attempt 1, contact 1, decision") && said.contains("nothing was erased") && said.ends_with("exit code 2"),
        "{said}"
    );
    let said = run(&place, &["practice", "forget", "p2", "--yes"]);
    assert!(said.contains("Erased p2: ") && said.ends_with("exit code 0"), "{said}");
    assert_eq!(remains(&place.database(), &["p2.example", "Praktijk 2"]), Vec::<&str>::new());
    service.signal("HUP");
    service.until("event=\"reloaded\"");
    service.stop();
    let import = |more: &[&str]| run(&place, &[&["practice", "import", "./practices.csv"], more].concat());
    let said = import(&[]);
    assert!(
        said.contains("practice p2 is left out: erased on 2026-03-03; --again p2") && said.contains("3 practices imported: 0 new"),
        "{said}"
    );
    let said = run(&place, &["practice", "add", "p9", "--name", "P9", "--email", "info@p2.example"]);
    assert!(said.contains("address info@p2.example of p9 is left out") && said.ends_with("exit code 2"), "{said}");
    // Another way of putting a backup back, without asking this program.
    let folder = tempfile::tempdir().unwrap();
    let copy = Place::within(folder.path(), server.port(), 0);
    for (from, to) in
        [("b.sqlite", "d.sqlite"), ("var/d.sqlite.erased", "d.sqlite.erased"), ("var/d.sqlite.erased.key", "d.sqlite.erased.key")]
    {
        fs::copy(path(&place, from), copy.folder.join("var").join(to)).unwrap();
    }
    let mut service = copy.start();
    service.until("event=\"erased-again\"");
    service.until("event=\"fence\"");
    service.stop();
    assert_eq!(remains(&copy.database(), &["p2.example"]), Vec::<&str>::new());
    assert!(run(&place, &["restore", "./b.sqlite", "--drill"]).contains("4 practices"), "what the backup holds");
    assert!(run(&place, &["restore", "./b.sqlite", "--replace"]).ends_with("exit code 0"));
    assert_eq!(remains(&place.database(), &["p2.example"]), Vec::<&str>::new());
    assert_eq!(place.store().practice_ids().unwrap().len(), 3);
    let said = import(&["--again", "p2"]);
    assert!(said.contains("4 practices imported: 1 new") && !said.contains("left out"), "{said}");
    assert!(import(&[]).contains("4 practices imported: 0 new"), "it stays");
    let mut service = place.start();
    service.until("event=\"planned\"");
    service.stop();
    assert_eq!(place.store().practice_ids().unwrap().len(), 4, "and survives a start");
}

#[test]
fn mail_that_waits_goes_with_who_is_forgotten() {
    let server = CountingServer::quiet();
    let place = Place::new(server.port(), 2);
    assert!(run(&place, &["outbox", "hold"]).ends_with("exit code 0"));
    let mut service = place.start();
    service.until("event=\"planned\"");
    assert!(run(&place, &["practice", "forget", "p1", "--yes"]).ends_with("exit code 0"));
    assert!(run(&place, &["outbox", "release"]).ends_with("exit code 0"));
    service.signal("HUP");
    service.until("event=\"delivered\"");
    service.stop();
    assert_eq!(server.taken().iter().map(|mail| mail.recipient.to_string()).collect::<Vec<_>>(), ["info@p0.example"]);
    assert_eq!(place.store().mails(&[State::Cancelled], None).unwrap(), [], "not even that it was cancelled");
}

#[test]
fn the_export_asks_for_a_practice_and_finds_one_that_was_removed() {
    let server = CountingServer::quiet();
    let place = Place::new(server.port(), 2);
    let mut service = place.start();
    service.until("event=\"delivered\"");
    service.stop();
    assert!(run(&place, &["practice", "remove", "p1"]).ends_with("exit code 0"));
    let output = place.run(&["practice", "export", "--personal", "p1", "p0"]);
    let all: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((all[0]["practice"].as_str(), all[0]["held"]["told"].as_array().unwrap().len()), (Some("p1"), 1));
    assert_eq!((all[0]["held"]["contact"].is_null(), all[1]["held"]["contact"].as_array().unwrap().len()), (true, 1));
    assert!(run(&place, &["practice", "export", "--personal"]).ends_with("exit code 2"));
    let said = run(&place, &["practice", "export", "--personal", "p7"]);
    assert!(said.contains("practice \"p7\" is not known; known: p0, p1") && said.ends_with("exit code 2"), "{said}");
}

#[test]
fn the_log_names_no_address_whatever_the_mail_server_says() {
    let refusing = [
        Script::new().at(At::Rcpt, Act::Answer("550 5.1.1 <info@p0.example>: unknown here")),
        Script::new().at(At::Final, Act::Answer("451 4.3.0 cannot take it for info@p1.example now")),
        Script::new().at(At::Greeting, Act::AnswerAndClose("421 4.3.2 busy, info@p1.example")),
        Script::new().at(At::Greeting, Act::AnswerAndClose("421 4.3.2 busy, info@p1.example")),
    ];
    let server = SmtpServer::start(refusing);
    let place = Place::new(server.port(), 6);
    let config = fs::read_to_string(place.folder.join("deadlines.toml")).unwrap();
    fs::write(place.folder.join("deadlines.toml"), config + "filter = \"info,deadlines=debug\"\n").unwrap();
    let mut service = place.start();
    service.until("event=\"planned\"");
    service.until("event=\"lane-resting\"");
    service.signal("TERM");
    service.until("event=\"stopped\"");
    let log = service.said.all();
    assert!(log.contains("…@p1.example") && log.contains("mail refused"), "{log}");
    assert!(!log.contains("info@"), "{log}");
}

#[test]
fn the_ground_is_recorded_with_day_and_source_written_out_and_missed() {
    let server = CountingServer::quiet();
    let place = Place::new(server.port(), 2);
    let head = "[[practice]]\nid = \"p0\"\nname = \"Praktijk 0\"\ncontacts = [{ email = \"info@p0.example\" }]\n";
    let subscription = "[[practice.subscription]]\ninsurer = \"cz\"\ncare_type = \"fysiotherapie\"\n";
    let write = |lines: &str| fs::write(path(&place, "g.toml"), format!("{head}{lines}\n{subscription}")).unwrap();
    let import = |name: &str| run(&place, &["practice", "import", name]);
    for (lines, expected) in [
        ("ground = \"consent\"", "`ground`, `ground_day` and `ground_source` go together"),
        ("ground_source = \"form\"", "go together"),
        ("ground = \"toestemming\"\nground_day = 2025-01-02\nground_source = \"form\"", "one of consent, contract, legal-obligation"),
        ("ground = \"consent\"\nground_day = \"gisteren\"\nground_source = \"form\"", "ground_day"),
    ] {
        write(lines);
        let said = import("./g.toml");
        assert!(said.contains(expected) && said.ends_with("exit code 3"), "{lines}: {said}");
    }
    write("ground = \"consent\"\nground_day = 2025-01-02\nground_source = \"=formulier, 7\"");
    assert!(import("./g.toml").ends_with("exit code 0"));
    assert!(run(&place, &["practice", "show", "p0"]).contains("Ground: consent since 2025-01-02, =formulier, 7"));
    assert!(run(&place, &["practice", "list"]).contains("1 practice without a recorded ground"));
    for format in ["toml", "csv"] {
        let exported = place.run(&["practice", "export", "--format", format]).stdout;
        fs::write(path(&place, &format!("again.{format}")), &exported).unwrap();
        assert!(run(&place, &["practice", "import", &format!("./again.{format}")]).ends_with("exit code 0"));
        assert_eq!(place.run(&["practice", "export", "--format", format]).stdout, exported);
    }
    write("");
    assert!(import("./g.toml").ends_with("exit code 0"));
    assert!(run(&place, &["practice", "show", "p0"]).contains("Ground: consent since 2025-01-02"), "a file that does not say it leaves it");
    let add = ["practice", "add", "p1", "--ground", "contract", "--ground-source", "lidmaatschap"];
    assert!(run(&place, &add).ends_with("exit code 0"));
    assert!(!run(&place, &["practice", "list"]).contains("without a recorded ground"));
    let said = run(&place, &["practice", "add", "p1", "--ground", "lid", "--ground-source", "lidmaatschap"]);
    assert!(said.contains("--ground lid: one of consent") && said.ends_with("exit code 2"), "{said}");
    let held: serde_json::Value = serde_json::from_slice(&place.run(&["practice", "export", "--personal", "p1"]).stdout).unwrap();
    assert_eq!(held[0]["held"]["ground"][0]["basis"].as_str(), Some("contract"));
}
