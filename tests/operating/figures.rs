//! Figures, the heartbeat and the log: what a running service tells those who watch it.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::desk::Desk;
use crate::smtp_server::SmtpServer;
use crate::smtp_server::script::{Act, At, Script};
use crate::web_server::{Speaks, WebServer};

const POLICY: &str = "insurer = \"cz\"\ntitle = \"Proef\"\ncare_types = [\"logopedie\"]\n[source]\ndocument = \"Proef\"\nchecked = 2025-10-01\n[[agreement]]\nid = \"proef\"\ncare_types = [\"logopedie\"]\nterm = { first = 2025-01-01, last = 2025-12-31 }\nstarts = [2025-01-01]\nsection = \"1\"\n[[milestone]]\nid = \"tekenen\"\nkind = \"signing-deadline\"\ntitle = \"Tekenen\"\nby = 2025-11-04\nsection = \"1\"\n";

/// A practice with a deadline today, and a mail server.
fn desk(server: &SmtpServer, more: &str) -> Desk {
    let mail = "[mail]\ntransport = \"smtp\"\nwelcome = false\nseason_overview = false\n";
    let smtp = format!("[mail.smtp]\nhost = \"127.0.0.1\"\nport = {}\nsecurity = \"none\"\n", server.port());
    let desk = Desk::with(&format!("[calendars]\nfolder = \"calendars\"\n{mail}{smtp}{more}"));
    for name in ["insurers.toml", "care-types.toml"] {
        desk.write(&format!("calendars/{name}"), &std::fs::read_to_string(Path::new("calendars").join(name)).unwrap());
    }
    desk.write("calendars/cz/proef.toml", POLICY);
    for id in ["klank", "toon"] {
        let email = format!("info@{id}.test");
        let words = ["practice", "add", id, "--name", id, "--email", &email, "--insurer", "cz", "--care-type", "logopedie"];
        let answer = desk.ask(&words);
        assert_eq!(answer.code, 0, "{}", answer.whole());
    }
    desk
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn ask(port: u16, request: &str) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    write!(stream, "{request} HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    Some(answer)
}

/// The value of a figure, by its name with its labels.
fn figure(page: &str, name: &str) -> Option<String> {
    page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ').map(str::to_owned))
}

fn families(page: &str) -> BTreeSet<&str> {
    page.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect()
}

#[test]
fn figures_are_written_and_served_after_each_turn() {
    let server = SmtpServer::start([Script::new().at(At::Rcpt, Act::Answer("452 4.2.2 full"))]);
    let port = free_port();
    let desk = desk(&server, &format!("[metrics]\ntextfile = \"figures.prom\"\nlisten = \"127.0.0.1:{port}\"\n"));
    let service = desk.start();
    let page = || std::fs::read_to_string(desk.path("figures.prom")).unwrap_or_default();
    service.eventually("both attempts among the figures", || figure(&page(), "deadlines_attempts_total{outcome=\"accepted\"}").is_some());
    let written = page();
    for (name, value) in [
        ("deadlines_practices", "2"),
        ("deadlines_last_turn_failed_steps", "0"),
        ("deadlines_mails{state=\"deferred\"}", "1"),
        ("deadlines_mails{state=\"queued\"}", "0"),
        ("deadlines_mails_due", "0"),
        ("deadlines_attempts_total{outcome=\"accepted\"}", "1"),
        ("deadlines_calendar_age_seconds{policy=\"cz/proef\"}", &(34 * 86_400).to_string()),
        ("deadlines_coverage_gaps{overdue=\"true\"}", "2"),
        ("deadlines_coverage_gaps{overdue=\"false\"}", "0"),
        ("deadlines_lane_state{state=\"open\"}", "1"),
        ("deadlines_copy_held", "0"),
        ("deadlines_last_turn_timestamp_seconds", "1762254000"),
    ] {
        assert_eq!(figure(&written, name).as_deref(), Some(value), "{name} in\n{written}");
    }
    let documented = std::fs::read_to_string("docs/events.md").unwrap();
    for name in families(&written) {
        assert!(documented.contains(&format!("| `{name}`")) || documented.contains(&format!("| `{name}{{")), "docs/events.md lacks {name}");
    }
    let mode = std::fs::metadata(desk.path("figures.prom")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o644, "the collector is another user");

    let served = ask(port, "GET /metrics").unwrap();
    assert!(served.starts_with("HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4") && served.ends_with(&written), "{served}");
    assert!(ask(port, "GET /").unwrap().starts_with("HTTP/1.1 404"));
    assert!(ask(port, "POST /metrics").unwrap().starts_with("HTTP/1.1 405"));
    let head = ask(port, "HEAD /metrics").unwrap();
    assert!(head.contains(&format!("Content-Length: {}\r\n", written.len())) && head.ends_with("\r\n\r\n"), "{head}");

    desk.write("deadlines.toml", &std::fs::read_to_string(desk.path("deadlines.toml")).unwrap().replace("listen =", "# listen ="));
    service.reload();
    assert!(ask(port, "GET /metrics").is_none(), "a reload closes the port");
    service.stop();
}

#[test]
fn figures_that_cannot_be_given_stop_nothing() {
    let server = SmtpServer::start([]);
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let desk = desk(&server, &format!("[metrics]\ntextfile = \"nowhere/figures.prom\"\nlisten = \"{address}\"\n"));
    let service = desk.start();
    service.logs("figures cannot be served there");
    service.logs("figures cannot be written there");
    service.reload();
    assert_eq!(service.log().matches("figures cannot be written there").count(), 1, "said once: {}", service.log());
    std::fs::create_dir(desk.path("nowhere")).unwrap();
    service.reload();
    service.logs("figures are written again");
    service.eventually("the mails", || server.received().len() == 2);
    service.stop();
}

#[test]
fn only_real_progress_is_heard() {
    let heard = WebServer::start(Speaks::Http, &["200 OK"]);
    let server = SmtpServer::start([]);
    let beat = format!("[metrics]\ntextfile = \"figures.prom\"\n[heartbeat]\nurl = \"http://127.0.0.1:{}/ping/geheim\"\n", heard.port);
    let desk = desk(&server, &beat);
    assert_eq!(desk.ask(&["outbox", "hold"]).code, 0);
    let service = desk.start();
    // The figures are written before the heart would beat; the second turn begins after the first has ended.
    service.eventually("a turn", || desk.path("figures.prom").exists());
    service.reload();
    assert_eq!(heard.asked(), Vec::<String>::new(), "all mail is held");
    assert_eq!(desk.ask(&["outbox", "release"]).code, 0);
    service.reload();
    service.eventually("a beat", || !heard.asked().is_empty());
    assert_eq!(heard.asked()[0], "GET /ping/geheim HTTP/1.1");
    let shown = desk.ask(&["config", "show"]).out;
    assert!(shown.contains(&format!("heartbeat.url = \"http://127.0.0.1:{}/…\"", heard.port)), "{shown}");
    assert!(!service.stop().contains("geheim"));
}

#[test]
fn a_heart_that_is_not_heard_is_said_once_and_own_roots_are_believed() {
    let heard = WebServer::start(Speaks::Https, &["500 No", "302 Found", "204 Heard"]);
    let server = SmtpServer::start([]);
    let url = format!("[heartbeat]\nurl = \"https://127.0.0.1:{}/geheim\"\n", heard.port);
    let desk = desk(&server, &url);
    let service = desk.start();
    service.logs("event=\"heartbeat-failed\"");
    assert_eq!(heard.asked(), Vec::<String>::new(), "its certificate is not believed");
    let config = std::fs::read_to_string(desk.path("deadlines.toml")).unwrap();
    desk.write("deadlines.toml", &format!("{config}extra_root = \"{}\"\n", heard.root_pem().display()));
    for beats in 1..=3 {
        service.reload();
        service.eventually("an answer", || heard.asked().len() >= beats);
    }
    service.eventually("the last answer in the log", || {
        service.reload();
        service.log().contains("event=\"heartbeat-heard\"")
    });
    let log = service.stop();
    assert_eq!(log.matches("heartbeat-failed").count(), 1, "said once: {log}");
    assert!(!log.contains("geheim"), "{log}");
    desk.write("deadlines.toml", &format!("{config}extra_root = \"nowhere.pem\"\n"));
    let service = desk.start();
    service.logs("nobody will hear a heartbeat until it is mended");
    service.stop();
}

#[test]
fn places_that_would_tell_others_are_refused() {
    let desk = Desk::with("");
    for (config, said) in [
        ("[metrics]\nlisten = \"0.0.0.0:9188\"\n", "`listen` would tell the network"),
        ("[metrics]\nlisten = \"localhost\"\n", "`listen` is no address with a port"),
        ("[heartbeat]\nurl = \"http://hc.example.org/geheim\"\n", "`url` would travel in clear"),
        ("[heartbeat]\nurl = \"https://me:geheim@hc.example.org/\"\n", "`url` holds a name or a password"),
        ("[heartbeat]\nurl = \"hc.example.org\"\n", "`url` is no URL"),
        ("[heartbeat]\ntimeout = \"2m\"\n", "`timeout` must be from 1s to 1m"),
    ] {
        desk.write("deadlines.toml", config);
        let answer = desk.ask(&["config", "check"]);
        assert!(answer.code == 3 && answer.err.contains(said), "{}", answer.whole());
    }
}

/// Every `event = "…"` in the source.
fn events(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            events(&entry, found);
        } else {
            let source = std::fs::read_to_string(&entry).unwrap();
            found.extend(source.split("event = \"").skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned));
        }
    }
}

#[test]
fn every_event_is_documented_and_no_other() {
    let mut said = BTreeSet::new();
    events(Path::new("src"), &mut said);
    let page = std::fs::read_to_string("docs/events.md").unwrap();
    let table = page.split("## Figures").next().unwrap();
    let documented: BTreeSet<String> =
        table.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).map(str::to_owned).collect();
    assert!(said.len() > 30, "the way in which events are named has changed: {said:?}");
    assert_eq!(said, documented, "docs/events.md lists what the source says");
}

#[test]
fn a_log_holds_nobodys_address() {
    let quotes = "550 5.1.1 <info@klank.test>: Recipient address rejected: info@klank.test is unknown to us";
    let refuses = || Script::new().at(At::Rcpt, Act::Answer(quotes));
    let throttles = Script::new().at(At::Rcpt, Act::Answer("421 4.7.0 info@toon.test wants less"));
    let server = SmtpServer::start_with(refuses(), [refuses(), throttles]);
    let desk = desk(&server, "");
    let service = desk.start();
    service.logs("event=\"delivered\"");
    service.logs("event=\"lane-resting\"");
    let log = service.stop();
    assert!(!log.contains("info@"), "{log}");
    for (at, _) in log.match_indices('@') {
        assert!(log[..at].ends_with('…'), "an address in {log}");
    }
}
