//! The real service as a child process, in a folder of its own: one deadline that ends on [`DAY`], and as many practices as asked for.

#![allow(dead_code, reason = "each test uses its own part")]
#![expect(clippy::unwrap_used, reason = "a helper of tests: to panic is to fail the test")]

use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use deadlines::store::Store;

/// A Tuesday. Its deadline goes at once, whatever the time.
pub const DAY: &str = "2026-03-03";

/// Nothing that is waited for takes this long, however busy the machine.
const PATIENCE: Duration = Duration::from_secs(120);

const POLICY: &str = r#"insurer = "cz"
title = "Proefbeleid"
care_types = ["fysiotherapie"]

[source]
document = "Proefbeleid"
published = 2025-04-01
checked = 2025-04-02

[[agreement]]
id = "fysiotherapie"
name = "Overeenkomst fysiotherapie"
care_types = ["fysiotherapie"]
term = { first = 2027-01-01, last = 2027-12-31 }
starts = [2027-01-01]
section = "1"

[[milestone]]
id = "ondertekenen"
kind = "signing-deadline"
title = "Contractaanbod ondertekenen"
by = 2026-03-03
actor = "provider"
who = "anyone"
where = "VECOZO"
action = "Besluit over het aanbod."
consequence = "Daarna vervalt het aanbod."
section = "2"

[[example]]
on = 2026-03-03
milestones = ["ondertekenen"]
"#;

/// A folder with a configuration, calendars and a database.
pub struct Place {
    pub folder: PathBuf,
    own: Option<tempfile::TempDir>,
}

impl Place {
    /// In a temporary folder.
    pub fn new(port: u16, practices: usize) -> Self {
        let own = tempfile::tempdir().unwrap();
        let mut place = Self::within(own.path(), port, practices);
        place.own = Some(own);
        place
    }

    /// In a folder that somebody else cleans up.
    pub fn within(folder: &Path, port: u16, practices: usize) -> Self {
        let place = Self { folder: folder.to_owned(), own: None };
        place.write_calendars();
        place.write_config(port, "");
        place.import(practices);
        place
    }

    fn write_calendars(&self) {
        let calendars = self.folder.join("calendars");
        std::fs::create_dir_all(calendars.join("cz")).unwrap();
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("calendars");
        for name in ["insurers.toml", "care-types.toml"] {
            std::fs::copy(shipped.join(name), calendars.join(name)).unwrap();
        }
        std::fs::write(calendars.join("cz/proef.toml"), POLICY).unwrap();
    }

    /// `database` holds further lines of its section.
    pub fn write_config(&self, port: u16, database: &str) {
        let config = format!(
            "[database]\npath = \"var/d.sqlite\"\n{database}\n[calendars]\nfolder = \"calendars\"\n[mail]\ntransport = \"smtp\"\nwelcome = false\nseason_overview = false\n\
             [mail.smtp]\nhost = \"127.0.0.1\"\nport = {port}\nsecurity = \"none\"\nconnections = 2\n[log]\nformat = \"text\"\n"
        );
        std::fs::write(self.folder.join("deadlines.toml"), config).unwrap();
    }

    /// Gives the operator an address.
    pub fn tell_operator(&self) {
        let path = self.folder.join("deadlines.toml");
        let config = std::fs::read_to_string(&path).unwrap() + "[operator]\nemail = \"operator@example.org\"\n";
        std::fs::write(path, config).unwrap();
    }

    /// So many practices, the first of them the same each time.
    pub fn import(&self, practices: usize) {
        let mut csv = "id,name,contacts,insurer,care_type\n".to_owned();
        for number in 0..practices {
            writeln!(csv, "p{number},Praktijk {number},info@p{number}.example,cz,fysiotherapie").unwrap();
        }
        std::fs::write(self.folder.join("practices.csv"), csv).unwrap();
        let file = self.folder.join("practices.csv");
        let output = self.command().args(["practice", "import"]).arg(file).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    pub fn database(&self) -> PathBuf {
        self.folder.join("var/d.sqlite")
    }

    /// The database, while no service runs on it.
    pub fn store(&self) -> Store {
        Store::open(&self.database()).unwrap()
    }

    /// `deadlines` on the day, with this configuration; the command is still to be added.
    pub fn command(&self) -> Command {
        self.command_under(&[])
    }

    /// The same, run by another program (`strace`, `bash -c`).
    pub fn command_under(&self, runner: &[&str]) -> Command {
        let program = env!("CARGO_BIN_EXE_deadlines");
        let mut command = match runner {
            [] => Command::new(program),
            [first, rest @ ..] => {
                let mut command = Command::new(first);
                command.args(rest).arg(program);
                command
            }
        };
        command.arg("--config").arg(self.folder.join("deadlines.toml")).args(["--as-of", DAY]).env("NO_COLOR", "1");
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command().args(arguments).output().unwrap()
    }

    pub fn start(&self) -> Service {
        self.start_under(&[])
    }

    pub fn start_under(&self, runner: &[&str]) -> Service {
        Service::spawn(self.command_under(runner).arg("run"))
    }
}

#[expect(clippy::disallowed_methods, reason = "how long a test may wait has nothing to do with the simulated day")]
fn now() -> std::time::Instant {
    std::time::Instant::now()
}

/// The running service, and what it says.
pub struct Service {
    pub child: Running,
    pub said: Said,
}

/// A process that does not outlive the test.
pub struct Running(pub Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The lines of its standard error.
pub struct Said {
    lines: Receiver<String>,
    all: Vec<String>,
}

impl Service {
    fn spawn(command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        Self { child: Running(child), said: Said { lines, all: Vec::new() } }
    }

    /// Waits for a line with this text.
    pub fn until(&mut self, text: &str) -> String {
        self.said.until(text).unwrap_or_else(|| panic!("the service ended without saying {text:?}: {:#?}", self.said.all))
    }

    /// HUP makes a turn at once, TERM stops after the mail in hand.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill").arg(format!("-{name}")).arg(self.child.0.id().to_string()).status().unwrap();
        assert!(status.success());
    }

    pub fn stop(mut self) {
        self.signal("TERM");
        assert!(self.child.0.wait().unwrap().success(), "{:#?}", self.said.all);
    }
}

impl Said {
    /// The next line with this text; `None` if the service ends before.
    pub fn until(&mut self, text: &str) -> Option<String> {
        let begun = now();
        loop {
            match self.lines.recv_timeout(PATIENCE.saturating_sub(begun.elapsed())) {
                Ok(line) => {
                    self.all.push(line.clone());
                    if line.contains(text) {
                        return Some(line);
                    }
                }
                Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) => panic!("waited too long for {text:?}: {:#?}", self.all),
            }
        }
    }

    pub fn all(&self) -> String {
        self.all.join("\n")
    }
}
