//! What the service tells the service manager; the manager is a socket of the test.

use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use super::smtp_server::SmtpServer;
use super::smtp_server::script::{Act, At, Gate, Script};
use super::{Desk, MONDAY, Service, arrived};

/// Hears what the service says, message by message.
struct Manager {
    socket: UnixDatagram,
    heard: Vec<String>,
}

impl Manager {
    fn new(desk: &Desk) -> Self {
        let socket = UnixDatagram::bind(desk.path("notify")).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        Self { socket, heard: Vec::new() }
    }

    /// Starts the service with this watchdog, in microseconds.
    fn start(&self, desk: &Desk, watchdog: Option<&str>) -> Service {
        let mut command = desk.command(MONDAY, &["run"]);
        command.env("NOTIFY_SOCKET", desk.path("notify"));
        if let Some(watchdog) = watchdog {
            command.env("WATCHDOG_USEC", watchdog);
        }
        desk.spawn_command(&mut command)
    }

    /// The next message with this in it; what came before it stays in `heard`.
    fn until(&mut self, text: &str) -> String {
        let mut buffer = [0; 4096];
        loop {
            let length = self.socket.recv(&mut buffer).unwrap_or_else(|error| panic!("no {text} ({error}) after {:#?}", self.heard));
            let message = String::from_utf8(buffer[..length].to_vec()).unwrap();
            if message.contains(text) {
                return message;
            }
            self.heard.push(message);
        }
    }

    /// Forgets what was heard, and what has been said by now.
    fn forget(&mut self) {
        let mut buffer = [0; 4096];
        self.socket.set_nonblocking(true).unwrap();
        while self.socket.recv(&mut buffer).is_ok() {}
        self.socket.set_nonblocking(false).unwrap();
        self.heard.clear();
    }

    fn was_fed(&self) -> bool {
        self.heard.iter().any(|message| message.contains("WATCHDOG=1"))
    }
}

#[test]
fn it_is_told_of_start_reload_and_stop_and_what_goes_on() {
    let server = SmtpServer::start([]);
    let desk = Desk::with(&server, "", &["klank"]);
    let mut manager = Manager::new(&desk);
    let mut service = manager.start(&desk, None);
    manager.until("READY=1\nSTATUS=looking at what is due\n");
    assert!(manager.heard.is_empty(), "nothing before it is ready: {:?}", manager.heard);
    assert_eq!(manager.until("STATUS="), "STATUS=nothing is due; planning looks again at 2025-11-07 07:00\n");
    assert_eq!(server.received().len(), 1);

    service.signal("HUP");
    let reloading = manager.until("RELOADING=1");
    let stamp = reloading.lines().find_map(|line| line.strip_prefix("MONOTONIC_USEC=")).unwrap();
    assert!(stamp.parse::<u64>().unwrap() > 0, "{reloading}");
    manager.until("READY=1\nSTATUS=nothing is due");
    manager.until("STATUS=nothing is due");

    desk.calendar("by = 2025-11-31");
    service.signal("HUP");
    manager.until("RELOADING=1");
    let refused = manager.until("READY=1");
    let said =
        "older configuration or calendars are in use: the calendar files have problems, the loaded ones stay in use: cz/proef.toml:10";
    assert!(refused.contains(said), "{refused}");
    assert_eq!(refused.lines().count(), 2, "a status is one line: {refused}");
    assert!(manager.until("STATUS=").contains(said), "as long as it holds");
    desk.calendar("by = 2025-11-10");
    service.signal("HUP");
    assert!(!manager.until("READY=1").contains("older"));

    manager.forget();
    service.signal("TERM");
    assert_eq!(manager.until("STOPPING=1"), "STOPPING=1\nSTATUS=stopping after the mail in hand\nEXTEND_TIMEOUT_USEC=150000000\n");
    assert_eq!(service.exit_code(), Some(0));
    assert!(!manager.was_fed() && !manager.heard.iter().any(|message| message.contains("WATCHDOG")), "there is no watchdog");
}

#[test]
fn what_stands_in_the_way_of_mail_is_said_in_words_and_without_addresses() {
    let server = SmtpServer::start_with(Script::new().at(At::Mail, Act::Answer("421 4.7.0 <info@klank.example> not now")), []);
    let desk = Desk::with(&server, "", &["klank"]);
    let mut manager = Manager::new(&desk);
    let service = manager.start(&desk, Some("600000000"));
    manager.until("READY=1");
    assert_eq!(manager.until("WATCHDOG_USEC"), "WATCHDOG_USEC=600000000\n", "patient enough as it is");
    let said = manager.until("STATUS=mail rests until 2025-11-03 12:01");
    assert!(said.contains("<…@klank.example> not now") && said.contains("1 mail waits until 2025-11-03 12:0"), "{said}");
    assert!(manager.was_fed(), "a server that refuses is not the service's fault");
    service.stop();
}

#[test]
fn the_watchdog_is_fed_by_each_mail_and_starves_as_long_as_one_worker_is_stuck() {
    let gate = Gate::default();
    let server = SmtpServer::start([Script::new().at(At::Final, Act::WaitFor(gate.clone()))]);
    let desk = Desk::with(&server, "", &["een", "twee", "drie", "vier", "vijf"]);
    let config = std::fs::read_to_string(desk.path("config.toml")).unwrap();
    desk.write("config.toml", &config.replace("connections = 1", "connections = 2"));
    let mut manager = Manager::new(&desk);
    let service = manager.start(&desk, Some("1000"));
    assert_eq!(manager.until("WATCHDOG_USEC"), "WATCHDOG_USEC=210000000\n", "it must outlast a mail and an idle minute");
    manager.until("WATCHDOG=1");
    // Four have gone over the other connection, and the fifth is in the hands of the worker who waits.
    arrived(&server, 5);
    manager.forget();
    service.signal("HUP");
    manager.until("RELOADING=1");
    assert!(!manager.was_fed(), "one worker is stuck");
    gate.open();
    manager.until("WATCHDOG=1");
    manager.until("READY=1");
    service.stop();
}

#[test]
fn a_reload_does_not_wait_for_a_long_round() {
    let gate = Gate::default();
    let server = SmtpServer::start([Script::new().at(At::Final, Act::WaitFor(gate.clone()))]);
    // So many that some still wait, however late the word to pause comes after the gate has opened.
    let practices: Vec<String> = (1..=40).map(|number| format!("praktijk-{number}")).collect();
    let desk = Desk::with(&server, "", &practices.iter().map(String::as_str).collect::<Vec<_>>());
    let mut manager = Manager::new(&desk);
    let service = manager.start(&desk, None);
    arrived(&server, 1);
    service.signal("HUP");
    manager.until("RELOADING=1");
    manager.forget();
    gate.open();
    let ready = manager.until("READY=1");
    assert!(ready.contains("mails are due"), "the others still wait: {ready}");
    arrived(&server, practices.len());
    service.stop();
}
