//! The real program as a service: signals, reloads, crashes, a mail server that is not always kind. Its clock stands still at noon on the day
//! that `--as-of` gives, so nothing here depends on today.

#![expect(clippy::unwrap_used, reason = "to panic is to fail the test")]

#[path = "service/manager.rs"]
mod manager;
#[path = "service/password.rs"]
mod password;
#[path = "support/smtp_server.rs"]
mod smtp_server;

use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use smtp_server::SmtpServer;
use smtp_server::script::{Act, At, Gate, Script};

const MONDAY: &str = "2025-11-03";
const TUESDAY: &str = "2025-11-04";

/// Asks again and again, for half a minute at most.
fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..3000 {
        if holds() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("never: {what}");
}

/// What an operator has set up: a configuration, a folder of calendars and a database.
struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    fn new(server: &SmtpServer, more: &str) -> Self {
        let desk = Self { folder: tempfile::tempdir().unwrap() };
        let smtp = format!("[mail.smtp]\nhost = \"127.0.0.1\"\nport = {}\nsecurity = \"none\"\nconnections = 1\n", server.port());
        let mail = "[mail]\ntransport = \"smtp\"\ntemplates = \"templates\"\nwelcome = false\nseason_overview = false\n";
        desk.write("config.toml", &format!("[calendars]\nfolder = \"calendars\"\n{mail}{smtp}{more}"));
        std::fs::create_dir(desk.path("templates")).unwrap();
        for name in ["insurers.toml", "care-types.toml"] {
            desk.write(&format!("calendars/{name}"), &std::fs::read_to_string(format!("calendars/{name}")).unwrap());
        }
        desk.calendar("by = 2025-11-10");
        desk
    }

    /// The same, with practices.
    fn with(server: &SmtpServer, more: &str, practices: &[&str]) -> Self {
        let desk = Self::new(server, more);
        practices.iter().for_each(|id| desk.import(id));
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, content: &str) {
        std::fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        std::fs::write(self.path(name), content).unwrap();
    }

    /// One deadline, due then.
    fn calendar(&self, moment: &str) {
        let head = "insurer = \"cz\"\ntitle = \"Proef\"\ncare_types = [\"logopedie\"]\n[source]\ndocument = \"Proef\"\n";
        let milestone =
            format!("[[milestone]]\nid = \"tekenen\"\nkind = \"signing-deadline\"\ntitle = \"Tekenen\"\n{moment}\nsection = \"1\"\n");
        self.write("calendars/cz/proef.toml", &format!("{head}{milestone}"));
    }

    fn import(&self, id: &str) {
        self.write("practices.toml", &practice(id));
        let output = self.ask(&["practice", "import", self.path("practices.toml").to_str().unwrap()]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    fn command(&self, as_of: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_deadlines"));
        command.env_clear().arg("--config").arg(self.path("config.toml")).args(["--as-of", as_of]).args(arguments);
        command
    }

    fn ask(&self, arguments: &[&str]) -> Output {
        self.command(MONDAY, arguments).output().unwrap()
    }

    /// Starts the service and waits until it is ready.
    fn run(&self, as_of: &str) -> Service {
        let service = self.spawn(as_of);
        service.logs("ready");
        service
    }

    fn spawn(&self, as_of: &str) -> Service {
        self.spawn_command(&mut self.command(as_of, &["run"]))
    }

    fn spawn_command(&self, command: &mut Command) -> Service {
        let log = self.path("log.txt");
        let errors = File::create(&log).unwrap();
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(errors).spawn().unwrap();
        Service { child, log }
    }

    /// State, subject and bytes of the mails, oldest first.
    fn outbox(&self) -> Vec<(String, Option<Vec<u8>>)> {
        let connection = rusqlite::Connection::open(self.path("var/deadlines.sqlite")).unwrap();
        let mut query = connection.prepare("SELECT state, bytes FROM outbox LEFT JOIN unanswered ON mail = id ORDER BY id").unwrap();
        let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    }

    fn states(&self) -> Vec<String> {
        self.outbox().into_iter().map(|(state, _)| state).collect()
    }
}

fn practice(id: &str) -> String {
    let head = format!("[[practice]]\nid = \"{id}\"\nname = \"{id}\"\ncontacts = [{{ email = \"info@{id}.example\" }}]\n");
    format!("{head}[[practice.subscription]]\ninsurer = \"cz\"\ncare_type = \"logopedie\"\nsince = 2025-01-01\n")
}

/// A running service; it is killed when dropped.
struct Service {
    child: Child,
    log: PathBuf,
}

impl Service {
    fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    /// Waits until the log says this.
    fn logs(&self, text: &str) {
        eventually(&format!("{text} in\n{}", self.log()), || self.log().contains(text));
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("sh").args(["-c", &format!("kill -{name} {}", self.child.id())]).status().unwrap();
        assert!(sent.success());
    }

    /// Reloads, which is a turn of the service too, and waits until the log says how that went.
    fn reload(&self, outcome: &str) {
        let before = self.log().matches(outcome).count();
        self.signal("HUP");
        eventually(&format!("{outcome} in\n{}", self.log()), || self.log().matches(outcome).count() > before);
    }

    fn exit_code(&mut self) -> Option<i32> {
        let mut status = None;
        eventually("the end of the service", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        status.and_then(|status| status.code())
    }

    fn stop(mut self) -> String {
        self.signal("TERM");
        assert_eq!(self.exit_code(), Some(0), "{}", self.log());
        self.log()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn arrived(server: &SmtpServer, count: usize) {
    eventually(&format!("{count} mails"), || server.received().len() >= count);
    assert_eq!(server.received().len(), count);
}

#[test]
fn delivers_what_is_due_and_stops_on_sigterm_and_on_ctrl_c() {
    for signal in ["TERM", "INT"] {
        let server = SmtpServer::start([]);
        let desk = Desk::with(&server, "", &["klank"]);
        let mut service = desk.run(MONDAY);
        arrived(&server, 1);
        assert_eq!(server.received()[0].recipient, "info@klank.example");
        service.logs("sent=1");
        service.signal(signal);
        assert_eq!(service.exit_code(), Some(0));
        let log = service.log();
        assert!(log.contains("stopped; nothing is in hand"), "{log}");
        assert!(!log.contains("klank.example"), "addresses have no place in a log: {log}");
        assert_eq!(desk.states(), ["sent"]);
    }
}

#[test]
fn a_restart_sends_nothing_again() {
    let server = SmtpServer::start([]);
    let desk = Desk::with(&server, "", &["klank"]);
    for _ in 0..3 {
        let service = desk.run(MONDAY);
        arrived(&server, 1);
        // A start alone finds nothing to look at; a reload looks at everyone.
        service.reload("configuration and calendars were read again");
        service.logs("planned");
        arrived(&server, 1);
        service.stop();
    }
}

#[test]
fn sigterm_waits_for_the_mail_in_hand_and_takes_no_other() {
    let gate = Gate::default();
    let server = SmtpServer::start([Script::new().at(At::Final, Act::WaitFor(gate.clone()))]);
    let desk = Desk::with(&server, "", &["klank", "toon"]);
    let mut service = desk.run(MONDAY);
    arrived(&server, 1);
    service.signal("TERM");
    service.logs("stopping after the mail in hand");
    assert!(service.child.try_wait().unwrap().is_none(), "the server has not answered yet");
    gate.open();
    assert_eq!(service.exit_code(), Some(0));
    assert_eq!((server.received().len(), desk.states()), (1, vec!["sent".to_owned(), "queued".to_owned()]));
    let _service = desk.run(MONDAY);
    arrived(&server, 2);
}

#[test]
fn a_second_copy_on_one_database_is_refused() {
    let server = SmtpServer::start([]);
    let desk = Desk::with(&server, "", &[]);
    let first = desk.run(MONDAY);
    let second = desk.ask(&["run"]);
    assert_eq!(second.status.code(), Some(1));
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(said.contains("another deadlines already runs on") && said.contains("deadlines.sqlite"), "{said}");
    first.stop();
    desk.run(MONDAY).stop();
}

#[test]
fn a_bad_calendar_keeps_the_old_one_in_use() {
    let server = SmtpServer::start([]);
    let desk = Desk::with(&server, "", &["klank"]);
    let service = desk.run(MONDAY);
    arrived(&server, 1);
    desk.calendar("by = 2025-11-31");
    service.reload("the old configuration and calendars stay in use");
    assert!(service.log().contains("cz/proef.toml:10"), "the log names the place: {}", service.log());
    desk.import("toon");
    service.reload("the old configuration and calendars stay in use");
    arrived(&server, 2);
    service.stop();
    let restarted = desk.run(MONDAY);
    restarted.logs("the calendars loaded before stay in use");
    desk.calendar("by = 2025-11-07");
    restarted.reload("were read again");
    restarted.stop();
    let _tomorrow = desk.run(TUESDAY);
    arrived(&server, 4);
}

#[test]
fn a_bad_calendar_at_the_very_first_start_is_shown_and_nothing_runs() {
    let server = SmtpServer::start([]);
    let desk = Desk::new(&server, "");
    desk.calendar("by = 2025-11-31");
    let output = desk.ask(&["run"]);
    assert_eq!(output.status.code(), Some(3));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("proef.toml") && said.contains("2025-11-31"), "{said}");
}

#[test]
fn a_bad_configuration_keeps_the_old_one_in_use() {
    let server = SmtpServer::start([]);
    let desk = Desk::with(&server, "", &["klank"]);
    let service = desk.run(MONDAY);
    arrived(&server, 1);
    let config = std::fs::read_to_string(desk.path("config.toml")).unwrap();
    desk.import("toon");
    desk.write("config.toml", &config.replace("connections = 1", "connections = 0"));
    service.reload("the old configuration and calendars stay in use");
    arrived(&server, 2);
    service.stop();
}

#[test]
fn leads_that_are_added_hold_for_everyone_from_the_next_reload_or_start() {
    let server = SmtpServer::start([]);
    let desk = Desk::with(&server, "[leads]\ndeadline = []\n", &["klank"]);
    let config = std::fs::read_to_string(desk.path("config.toml")).unwrap();
    let service = desk.run(MONDAY);
    service.logs("planned");
    desk.write("config.toml", &config.replace("deadline = []", "deadline = [\"1w\"]"));
    service.reload("were read again");
    arrived(&server, 1);
    service.stop();
    desk.write("config.toml", &config.replace("deadline = []", "deadline = [\"1w\", \"6d\"]"));
    let _service = desk.run(TUESDAY);
    arrived(&server, 2);
}

#[test]
fn a_server_that_refuses_gets_the_mail_once_it_recovers() {
    let server = SmtpServer::start([Script::new().at(At::Rcpt, Act::Answer("452 4.2.2 full"))]);
    let desk = Desk::with(&server, "", &["klank"]);
    let service = desk.run(MONDAY);
    service.logs("deferred=1");
    assert_eq!(desk.states(), ["deferred"]);
    service.stop();
    let _service = desk.run(TUESDAY);
    arrived(&server, 1);
    eventually("its record", || desk.states() == ["sent"]);
}

#[test]
fn killed_before_the_server_answered_it_sends_the_same_bytes_again() {
    let gate = Gate::default();
    let server = SmtpServer::start([Script::new().at(At::Final, Act::WaitFor(gate.clone()))]);
    let desk = Desk::with(&server, "", &["klank", "toon"]);
    let service = desk.run(MONDAY);
    arrived(&server, 1);
    drop(service);
    gate.open();
    let first = server.received().remove(0);
    assert_eq!(desk.outbox()[0], ("sending".to_owned(), Some(first.bytes.clone())), "kept before it was handed over");
    let service = desk.run(MONDAY);
    arrived(&server, 3);
    service.logs("they go again with the same Message-ID");
    eventually("the records", || desk.states() == ["sent", "sent"]);
    let again: Vec<_> = server.received().into_iter().skip(1).filter(|mail| mail.recipient == first.recipient).collect();
    assert_eq!((again.len(), &again[0].bytes), (1, &first.bytes));
    service.stop();
}

#[test]
fn a_template_that_does_not_work_is_named_and_mail_goes_all_the_same() {
    let server = SmtpServer::start([]);
    let desk = Desk::with(&server, "", &["klank"]);
    desk.write("templates/digest/body.txt", "{{ nergens }}");
    let service = desk.run(MONDAY);
    arrived(&server, 1);
    let log = service.stop();
    assert!(log.contains("template-refused") && log.contains("body.txt:1"), "{log}");
}

#[test]
fn a_poisoned_practice_is_named_and_the_others_get_their_mail() {
    let server = SmtpServer::start([]);
    let desk = Desk::with(&server, "", &["klank", "stuk", "toon"]);
    let connection = rusqlite::Connection::open(desk.path("var/deadlines.sqlite")).unwrap();
    let poison = "PRAGMA ignore_check_constraints = ON; UPDATE subscription SET standing = 'onzin' WHERE practice = 'stuk'";
    connection.execute_batch(poison).unwrap();
    let service = desk.run(MONDAY);
    arrived(&server, 2);
    service.logs("practice=stuk");
    service.stop();
}

/// A limit on the size of files stands in for a disk that has no room left.
#[test]
fn without_room_an_import_says_so_and_changes_nothing() {
    let server = SmtpServer::start([]);
    let desk = Desk::with(&server, "", &["klank"]);
    let many: String = (0..3000).map(|n| practice(&format!("praktijk-{n}"))).collect();
    desk.write("veel.toml", &many);
    let program = desk.command(MONDAY, &["practice", "import", desk.path("veel.toml").to_str().unwrap()]);
    let mut limited = Command::new("sh");
    limited.args(["-c", "trap '' XFSZ; ulimit -f 400; exec \"$@\"", "sh"]).arg(program.get_program()).args(program.get_args());
    let output = limited.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("nothing was changed"), "{said}");
    let list = desk.ask(&["practice", "list", "--json"]);
    let listed = String::from_utf8_lossy(&list.stdout).into_owned();
    assert!(listed.contains("klank") && !listed.contains("praktijk-"), "{listed}");
    let service = desk.run(MONDAY);
    arrived(&server, 1);
    service.stop();
}
