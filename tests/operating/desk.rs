//! A folder in which an operator works, and what the program answers there.

use std::path::PathBuf;

use std::process::{Child, Stdio};
use std::time::Duration;

use assert_cmd::Command;
use tempfile::TempDir;

/// A Tuesday in season.
pub const DAY: &str = "2025-11-04";

/// What the program answered.
pub struct Answer {
    /// Its exit code.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Answer {
    /// Everything in one text, for a snapshot.
    pub fn whole(&self) -> String {
        format!("exit code {}\n--- out\n{}--- err\n{}", self.code, self.out, self.err)
    }
}

/// A folder of its own.
pub struct Desk(TempDir);

impl Desk {
    /// With this as `deadlines.toml`.
    pub fn with(config: &str) -> Self {
        let desk = Self(TempDir::new().unwrap());
        desk.write("deadlines.toml", config);
        desk
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn write(&self, name: &str, content: &str) {
        std::fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        std::fs::write(self.path(name), content).unwrap();
    }

    /// Asks without any environment but this.
    pub fn ask_in(&self, environment: &[(&str, &str)], words: &[&str]) -> Answer {
        let mut command = Command::new(env!("CARGO_BIN_EXE_deadlines"));
        command.env_clear().env("NO_COLOR", "1").envs(environment.iter().copied());
        let output = command.current_dir(self.0.path()).args(["--as-of", DAY]).args(words).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Answer { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
    }

    pub fn ask(&self, words: &[&str]) -> Answer {
        self.ask_in(&[], words)
    }

    /// Starts the service and waits until it is ready.
    pub fn start(&self) -> Running {
        let log = self.path("log.txt");
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_deadlines"));
        command.env_clear().current_dir(self.0.path()).args(["--as-of", DAY, "run"]);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(std::fs::File::create(&log).unwrap()).spawn().unwrap();
        let running = Running { child, log };
        running.logs("event=\"started\"");
        running
    }
}

/// A running service; it is killed when dropped.
pub struct Running {
    child: Child,
    log: PathBuf,
}

impl Running {
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    /// Asks again and again, for a minute at most.
    pub fn eventually(&self, what: &str, mut holds: impl FnMut() -> bool) {
        for _ in 0..6000 {
            if holds() {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("never: {what}; the log says\n{}", self.log());
    }

    pub fn logs(&self, text: &str) {
        self.eventually(text, || self.log().contains(text));
    }

    fn signal(&self, name: &str) {
        let sent = std::process::Command::new("sh").args(["-c", &format!("kill -{name} {}", self.child.id())]).status().unwrap();
        assert!(sent.success());
    }

    /// A reload, which is a turn too, and the turn before it ended.
    pub fn reload(&self) {
        let reloads = || self.log().matches("were read again").count();
        let before = reloads();
        self.signal("HUP");
        self.eventually("the reload", || reloads() > before);
    }

    /// Stops it, and gives its whole log.
    pub fn stop(mut self) -> String {
        self.signal("TERM");
        let mut code = None;
        for _ in 0..6000 {
            code = self.child.try_wait().unwrap();
            if code.is_some() {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        assert_eq!(code.and_then(|status| status.code()), Some(0), "{}", self.log());
        self.log()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
