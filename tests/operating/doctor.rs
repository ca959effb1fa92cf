//! `deadlines doctor`: what it sees, that it tells fine from broken, and that it touches nothing.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use chrono::{DateTime, Utc};
use deadlines::daemon::lock;
use deadlines::job::fence;
use deadlines::store::Store;

use crate::desk::{DAY, Desk};
use crate::name_server::{self, Manner};
use crate::smtp_server::SmtpServer;
use crate::smtp_server::script::{Act, At, Script};

/// What was found: check, result, what was said and advised.
struct Report {
    code: i32,
    found: Vec<(String, String, String)>,
}

impl Report {
    fn of(desk: &Desk, more: &[&str]) -> Self {
        let answer = desk.ask(&[&["doctor", "--json"], more].concat());
        let json: serde_json::Value = serde_json::from_str(&answer.out).unwrap_or_else(|_| panic!("{}", answer.whole()));
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        let row = |row: &serde_json::Value| {
            (text(&row["check"]), text(&row["result"]), format!("{} → {}", text(&row["says"]), text(&row["advice"])))
        };
        let found: Vec<_> = json["checks"].as_array().unwrap().iter().map(row).collect();
        let failed = found.iter().filter(|(_, result, _)| result == "failed").count();
        assert_eq!((answer.code == 1, &json["healthy"]), (failed > 0, &serde_json::json!(failed == 0)), "{}", answer.whole());
        Self { code: answer.code, found }
    }

    /// That a check found this.
    fn says(&self, check: &str, result: &str, words: &str) -> &Self {
        let held = self.found.iter().any(|(name, verdict, says)| name == check && verdict == result && says.contains(words));
        assert!(held, "no {result} of {check} with \"{words}\" in {:#?}", self.found);
        self
    }

    /// The checks with this result, each once.
    fn with(&self, result: &str) -> Vec<&str> {
        let mut names: Vec<&str> = self.found.iter().filter(|(_, verdict, _)| verdict == result).map(|(name, ..)| &**name).collect();
        names.dedup();
        names
    }
}

const CALENDARS: &str = "[calendars]\nfolder = \"calendars\"\n";

const CONFIG: &str = "[database]\nmachine = \"test\"\n[calendars]\nfolder = \"calendars\"\n[operator]\nemail = \"beheer@praktijk.test\"\n";

const POLICY: &str = "insurer = \"cz\"\ntitle = \"Proef\"\ncare_types = [\"logopedie\"]\n[source]\ndocument = \"Proef\"\nchecked = 2025-10-01\n[[agreement]]\nid = \"proef\"\ncare_types = [\"logopedie\"]\nterm = { first = 2025-01-01, last = 2025-12-31 }\nstarts = [2025-01-01]\nsection = \"1\"\n[[milestone]]\nid = \"tekenen\"\nkind = \"signing-deadline\"\ntitle = \"Tekenen\"\nby = 2025-12-10\nsection = \"1\"\n";

/// With a folder of calendars.
fn desk(config: &str) -> Desk {
    let desk = Desk::with(config);
    for name in ["insurers.toml", "care-types.toml"] {
        desk.write(&format!("calendars/{name}"), &std::fs::read_to_string(Path::new("calendars").join(name)).unwrap());
    }
    desk.write("calendars/cz/proef.toml", POLICY);
    desk
}

/// With timelines loaded and a practice.
fn furnished(config: &str) -> Desk {
    let desk = desk(config);
    let added =
        ["practice", "add", "klank", "--name", "De Klank", "--email", "info@klank.test", "--insurer", "cz", "--care-type", "logopedie"];
    for words in [&["calendars", "load"][..], &added] {
        let answer = desk.ask(words);
        assert_eq!(answer.code, 0, "{}", answer.whole());
    }
    desk
}

fn database(desk: &Desk) -> std::path::PathBuf {
    desk.path("var/deadlines.sqlite")
}

fn change(desk: &Desk, sql: &str) {
    rusqlite::Connection::open(database(desk)).unwrap().execute_batch(sql).unwrap();
}

/// Every file with its bytes and mode.
fn state(folder: &Path, into: &mut BTreeMap<std::path::PathBuf, (Vec<u8>, u32)>) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let mode = entry.metadata().unwrap().permissions().mode();
        if entry.metadata().unwrap().is_dir() {
            into.insert(entry.path(), (Vec::new(), mode));
            state(&entry.path(), into);
        } else {
            into.insert(entry.path(), (std::fs::read(entry.path()).unwrap(), mode));
        }
    }
}

fn chmod(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_new_place_and_a_furnished_one_are_sound_and_stay_as_they_are() {
    let new = desk(CONFIG);
    let report = Report::of(&new, &[]);
    assert_eq!((report.code, report.with("warning")), (0, vec!["service"]));
    assert!(!new.path("var").exists(), "to look leaves nothing behind");

    let desk = furnished(CONFIG);
    let mut before = BTreeMap::new();
    state(&desk.path("."), &mut before);
    let report = Report::of(&desk, &[]);
    let mut after = BTreeMap::new();
    state(&desk.path("."), &mut after);
    assert_eq!(before, after, "to look changes nothing");
    assert_eq!((report.code, report.with("warning")), (0, vec!["backup", "grounds", "coverage", "service"]), "{:#?}", report.found);
    report.says("database", "fine", "are sound").says("calendars", "fine", "they are the ones in use").says(
        "copies",
        "fine",
        "has not run yet",
    );
    report.says("coverage", "warning", "1 subscription without a timeline for 2026, overdue");
    let table = desk.ask(&["doctor"]);
    assert!(table.out.contains("→ deadlines coverage names them"), "{}", table.out);
    assert_eq!((table.code, &*table.err), (0, "4 to look at, nothing failed\n"));
    report.says("grounds", "warning", "1 practice without one on record");
    assert_eq!(desk.ask(&["practice", "add", "klank", "--ground", "contract", "--ground-source", "leden.xlsx"]).code, 0);
    Report::of(&desk, &[]).says("grounds", "fine", "each practice has one on record");
    assert_eq!(desk.ask(&["backup", "copy.sqlite"]).code, 0);
    Report::of(&desk, &[]).says("backup", "fine", "rows in copy.sqlite").says("erased", "fine", "nobody was erased");
    desk.write("var/deadlines.sqlite.erased", "erased by hand\n");
    Report::of(&desk, &[]).says("erased", "failed", "put the key back");
    let names: Vec<&str> = report.found.iter().map(|(name, ..)| &**name).collect();
    for check in deadlines::job::doctor::CHECKS {
        assert!(names.contains(&check.name), "{} says nothing", check.name);
    }
}

#[test]
fn a_configuration_that_cannot_be_used_is_all_that_is_said() {
    let desk = Desk::with("[mail]\nfrom = \"niemand\"\nhost = \"x\"\n");
    let report = Report::of(&desk, &[]);
    assert_eq!((report.code, report.found.len()), (1, 2));
    report.says("configuration", "failed", "deadlines.toml:2:1: `from` is no mail address").says(
        "configuration",
        "failed",
        "did you mean `host` in [mail.smtp]?",
    );
    let report = Report::of(&desk, &["--config", "none.toml"]);
    report.says("configuration", "failed", "cannot read the configuration none.toml");
    assert_eq!(desk.ask(&["doctor", "--ofline"]).code, 2);
}

#[test]
fn settings_that_harm_are_named() {
    let desk = Desk::with(
        "[mail]\ntransport = \"smtp\"\ntemplates = \"templates\"\n[mail.smtp]\nusername = \"u\"\npassword_file = \"password\"\n",
    );
    desk.write("templates/reminder.txt", "{% if %}");
    chmod(&desk.path("deadlines.toml"), 0o666);
    let offline = || Report::of(&desk, &["--offline"]);
    let report = offline();
    report.says("configuration", "failed", "anybody may write").says("configuration", "failed", "example.org, which belongs to nobody");
    report.says("configuration", "warning", "nobody is told of trouble").says(
        "credentials",
        "failed",
        "cannot read password: No such file",
    );
    report.says("mail server", "skipped", "--offline");
    for (content, mode, result, words) in [
        ("", 0o600, "failed", "is empty"),
        ("geheim\nnog iets\n", 0o600, "warning", "has 2 lines"),
        ("geheim\n", 0o644, "warning", "others may read"),
        ("geheim\n", 0o600, "fine", "the password is in"),
    ] {
        desk.write("password", content);
        chmod(&desk.path("password"), mode);
        offline().says("credentials", result, words);
    }
}

#[test]
fn a_database_that_is_broken_foreign_or_of_another_version_is_told() {
    let desk = furnished(CONFIG);
    change(&desk, "PRAGMA foreign_keys = OFF; INSERT INTO contact (practice, position, email) VALUES ('weg', 0, 'a@b.test')");
    Report::of(&desk, &[]).says("database", "failed", "1 row of contact refer to what is not there");
    change(&desk, "DELETE FROM contact WHERE practice = 'weg'; PRAGMA user_version = 3");
    Report::of(&desk, &[]).says("database", "warning", "its version is 3").says("outbox", "skipped", "no database to look at");
    change(&desk, "PRAGMA user_version = 999");
    Report::of(&desk, &[]).says("database", "failed", "install the newer deadlines again");
    let mut bytes = std::fs::read(database(&desk)).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 8192].fill(0x5a);
    std::fs::write(database(&desk), &bytes).unwrap();
    Report::of(&desk, &[]).says("database", "failed", "restore the last backup");
    std::fs::write(database(&desk), "geen database, maar een tekst die lang genoeg is om er een te kunnen zijn".repeat(20)).unwrap();
    Report::of(&desk, &[]).says("database", "failed", "restore the last backup");
}

#[test]
fn rights_that_are_too_wide_or_too_narrow_are_told() {
    let desk = furnished(CONFIG);
    Report::of(&desk, &[]).says("permissions", "fine", "the owner's alone");
    desk.write("var/deadlines.sqlite.key", &"11".repeat(32));
    std::fs::create_dir(desk.path("var/spool")).unwrap();
    chmod(&database(&desk), 0o640);
    chmod(&desk.path("var/deadlines.sqlite.key"), 0o644);
    chmod(&desk.path("var/spool"), 0o777);
    let report = Report::of(&desk, &[]);
    report.says("permissions", "failed", "deadlines.sqlite (mode 0640)").says("permissions", "failed", "sqlite.key (mode 0644)");
    report.says("permissions", "failed", "anybody may write into the spool").says("key", "fine", "signs what may come back");
    chmod(&desk.path("var/spool"), 0o700);
    desk.write("var/deadlines.sqlite.key", "geen sleutel");
    Report::of(&desk, &[]).says("permissions", "warning", "closed to its group").says("key", "failed", "is no key");
}

#[test]
fn a_clock_that_is_behind_is_told() {
    let desk = furnished(CONFIG);
    Report::of(&desk, &[]).says("clock", "fine", "it says 2025-11-04 12:00");
    let report = Report::of(&desk, &["--as-of", "2025-11-01"]);
    report.says("clock", "failed", "it says 2025-11-01 12:00, but a load was done at 2025-11-04 12:00");
    let desk = self::desk(CONFIG);
    Report::of(&desk, &["--as-of", "2025-09-29"]).says("clock", "failed", "but the timelines were looked after on 2025-10-01");
}

#[test]
fn calendars_that_are_bad_old_or_not_in_use_are_told() {
    let desk = furnished(CONFIG);
    let report = Report::of(&desk, &[]);
    report.says("calendars", "fine", "the ones in use").says("calendar age", "fine", "the oldest checked 34 days ago");
    let changed = POLICY.replace("checked = 2025-10-01", "checked = 2025-01-02").replace("last = 2025-12-31", "last = 2026-12-31");
    desk.write("calendars/cz/proef.toml", &changed);
    Report::of(&desk, &[]).says("calendars", "warning", "others are in use");
    assert_eq!(desk.ask(&["calendars", "load"]).code, 0);
    let report = Report::of(&desk, &[]);
    report.says("calendars", "fine", "the ones in use").says("calendar age", "warning", "proef was checked 306 days ago");
    report.says("coverage", "fine", "for 2026 there are timelines for 1 pair");
    desk.write("calendars/cz/proef.toml", &changed.replace("2025-12-10", "2025-11-31"));
    Report::of(&desk, &[]).says("calendars", "failed", "cz/proef.toml:");
    std::fs::remove_dir_all(desk.path("calendars")).unwrap();
    Report::of(&desk, &[]).says("calendars", "failed", "mend [calendars] folder");
}

#[test]
fn a_service_that_runs_and_a_copy_are_told() {
    let desk = furnished(CONFIG);
    let now: DateTime<Utc> = format!("{DAY}T12:00:00Z").parse().unwrap();
    let pass = |desk: &Desk| fence::pass(&mut Store::open(&database(desk)).unwrap(), &fence::machine(Some("test")), now).unwrap();
    assert_eq!(pass(&desk), None);
    let held = lock::take(&database(&desk)).unwrap();
    let report = Report::of(&desk, &[]);
    report.says("service", "warning", &format!("process {} runs by hand", std::process::id())).says("copies", "fine", "that last ran here");
    drop(held);
    std::fs::copy(database(&desk), desk.path("var/copy")).unwrap();
    std::fs::rename(desk.path("var/copy"), database(&desk)).unwrap();
    let report = Report::of(&desk, &[]);
    report.says("service", "warning", "no service runs").says(
        "copies",
        "failed",
        "will be held from the next start on: the database is another file",
    );
    assert!(pass(&desk).is_some());
    Report::of(&desk, &[]).says("copies", "failed", "practices' mail is held since 2025-11-04 13:00");
}

#[test]
fn what_waits_too_long_is_told() {
    let desk = furnished(CONFIG);
    Report::of(&desk, &[]).says("outbox", "fine", "nothing is late");
    change(&desk, "UPDATE lane SET state = 'resting', rest_until = since + 60, reason = 'weg'");
    Report::of(&desk, &[]).says("outbox", "warning", "mail rests since");
    assert_eq!(desk.ask(&["outbox", "hold"]).code, 0);
    Report::of(&desk, &[]).says("outbox", "failed", "no mail leaves since");
}

#[test]
fn the_mail_server_is_greeted_and_logged_into_and_gets_no_mail() {
    let greets = || Script::new().start_tls().offering(&["STARTTLS", "AUTH PLAIN"]);
    let refuses = greets().at(At::Auth, Act::Answer("535 5.7.8 who are you"));
    let server = SmtpServer::start_with(greets(), [greets(), refuses]);
    let smtp = |port: u16| {
        format!(
            "host = \"127.0.0.1\"\nport = {port}\nusername = \"u\"\npassword_file = \"password\"\nextra_root = \"{}\"\n",
            server.root_pem().display()
        )
    };
    let from = "from = \"d@praktijk.test\"\nunsubscribe = \"d@praktijk.test\"\ndomain = \"praktijk.test\"\n";
    let config = |port: u16| {
        format!("[mail]\ntransport = \"smtp\"\n{from}[mail.smtp]\n{}[doctor]\nresolver = \"127.0.0.1:9\"\n{CALENDARS}", smtp(port))
    };
    let desk = desk(&config(server.port()));
    desk.write("password", "geheim\n");
    chmod(&desk.path("password"), 0o600);
    let report = Report::of(&desk, &[]);
    report.says("mail server", "fine", "answers, encrypted with TLSv1_3, logged in with PLAIN").says(
        "SPF",
        "skipped",
        "no name server can be reached",
    );
    assert_eq!(report.code, 0, "an unreachable name server is no failure");
    Report::of(&desk, &[]).says("mail server", "failed", "535 who are you → mend [mail.smtp]");
    assert!(server.received().is_empty());
    assert!(!server.heard().iter().any(|heard| heard.line.starts_with("MAIL")), "{:?}", server.heard());
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    desk.write("deadlines.toml", &config(free));
    Report::of(&desk, &[]).says("mail server", "failed", "is it up");
}

const LONG: &str = "v=spf1 include:a.test include:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb.test include:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc.test include:ddddddddddddddddddddddddddddddddddddddddddddddd.test -all";

#[test]
fn the_senders_domain_is_looked_up() {
    const GOOD: &[(&str, &str)] = &[
        ("post.praktijk.test", "google-site-verification=x"),
        ("post.praktijk.test", LONG),
        ("_dmarc.praktijk.test", "v=DMARC1; p=none"),
        ("mail26._domainkey.post.praktijk.test", "v=DKIM1; k=rsa; p=MIIB"),
    ];
    const BAD: &[(&str, &str)] = &[
        ("post.praktijk.test", "v=spf1 -all"),
        ("post.praktijk.test", "V=SPF1 ~all"),
        ("_dmarc.post.praktijk.test", "v=DMARC1; p=none"),
        ("_dmarc.post.praktijk.test", "v=DMARC1; p=reject"),
        ("mail26._domainkey.post.praktijk.test", "v=DKIM1; p="),
    ];
    const OPEN: &[(&str, &str)] = &[("post.praktijk.test", "v=spf1 +all")];
    let ask = |manner, texts, selector: &str| {
        let resolver = name_server::start(manner, texts);
        let mail = "from = \"Deadlines <d@post.praktijk.test>\"\ntransport = \"smtp\"\n[mail.smtp]\nhost = \"127.0.0.1\"\nport = 9\nsecurity = \"none\"\n";
        let desk = Desk::with(&format!("[mail]\n{mail}[doctor]\nresolver = \"{resolver}\"\n{selector}"));
        Report::of(&desk, &[])
    };
    let selector = "dkim_selector = \"mail26\"\n";
    for manner in [Manner::Well, Manner::Truncated] {
        let report = ask(manner, GOOD, selector);
        report.says("SPF", "fine", LONG).says("DKIM", "fine", "holds a key").says(
            "DMARC",
            "fine",
            "_dmarc.praktijk.test: v=DMARC1; p=none",
        );
    }
    let report = ask(Manner::Well, BAD, selector);
    report.says("SPF", "failed", "has 2 SPF records").says("DKIM", "failed", "was withdrawn").says("DMARC", "failed", "has 2 records");
    let report = ask(Manner::Well, OPEN, "");
    report.says("SPF", "warning", "lets anybody send").says("DKIM", "skipped", "dkim_selector").says(
        "DMARC",
        "warning",
        "has no DMARC record",
    );
    let report = ask(Manner::Well, &[], selector);
    report.says("SPF", "warning", "has no SPF record").says("DKIM", "warning", "holds no key");
    for manner in [Manner::Clueless, Manner::Broken] {
        let report = ask(manner, GOOD, selector);
        for check in ["SPF", "DKIM", "DMARC"] {
            report.says(check, "skipped", "the name server cannot tell");
        }
    }
}
