//! Composing and delivering to postfix's smtp-sink on the loopback, beside its smtp-source with mails of the same size.

use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use deadlines::clock::instant;
use deadlines::domain::working_days::shift;
use rusqlite::Connection;

use crate::child::{self, Measured};
use crate::measure::timed;
use crate::plan::{busiest_day, one_number};
use crate::report::{Report, Row, megabytes, say};
use crate::world::World;

const PORT: u16 = 2599;

/// How many mails one connection gets.
const ALONE: u32 = 2000;

pub fn measure(practices: u32, report: &mut Report) {
    let morning = instant(busiest_day(), NaiveTime::from_hms_opt(7, 0, 0).unwrap());
    let _sink = Sink::start();
    let mut growth = Vec::new();
    for size in [practices / 100, practices / 10, practices] {
        let queue = Queue::of_digests(size, morning);
        let bytes = queue.mean_size(morning);
        let connections: &[u32] = if size == practices { &[4, 8] } else { &[4] };
        for &connections in connections {
            let ours = queue.deliver(connections, morning);
            let theirs = smtp_source(connections, ours.count, bytes);
            if size == practices {
                report.row(composing_row(connections, &ours, theirs, bytes));
            }
            if connections == 4 {
                growth.push((u32::try_from(ours.count).unwrap(), ours.time));
            }
        }
        if size == practices / 10 {
            measure_composed(&queue, morning, bytes, report);
            measure_alone(&queue, morning, bytes, report);
        }
    }
    report.growth("compose and deliver over 4 connections, by mails", &growth);
}

fn per_second(count: u64, time: Duration) -> f64 {
    f64::from(u32::try_from(count).unwrap()) / time.as_secs_f64()
}

fn composing_row(connections: u32, ours: &Measured, theirs: Duration, bytes: u64) -> Row {
    let (our_rate, their_rate) = (per_second(ours.count, ours.time), per_second(ours.count, theirs));
    Row {
        work: format!("compose and deliver {} digests of {bytes} bytes on average, {connections} connections", ours.count),
        ours: format!("{our_rate:.0} a second ({:.0} a minute), {}", our_rate * 60.0, megabytes(ours.peak_kb)),
        beside: format!("smtp-source {their_rate:.0} a second"),
        ratio: format!("{:.2} of its rate", our_rate / their_rate),
        aim: "a fifth of its rate, never under 50,000 a minute",
        is_met: our_rate / their_rate >= 0.2 && our_rate * 60.0 >= 50_000.0,
    }
}

/// Mails whose bytes are kept go again as they are: nothing is composed.
fn measure_composed(queue: &Queue, morning: DateTime<Utc>, bytes: u64, report: &mut Report) {
    for connections in [4, 8] {
        let (ours, composed) = queue.deliver_composed(connections, morning);
        let (our_rate, their_rate) =
            (per_second(ours.count, ours.time), per_second(ours.count, smtp_source(connections, ours.count, bytes)));
        report.row(Row {
            work: format!("deliver {} composed before, {connections} connections", ours.count),
            ours: format!("{our_rate:.0} a second"),
            beside: format!("smtp-source {their_rate:.0} a second"),
            ratio: format!("{:.2} of its rate", our_rate / their_rate),
            aim: "half of its rate",
            is_met: our_rate / their_rate >= 0.5,
        });
        if connections == 4 {
            let each = composed.time / u32::try_from(composed.count).unwrap();
            report.note(format!("A digest of {bytes} bytes: claiming, composing and keeping it {}, in transactions of 500.", say(each)));
        }
    }
}

fn measure_alone(queue: &Queue, morning: DateTime<Utc>, bytes: u64, report: &mut Report) {
    let ours = queue.few(ALONE).deliver(1, morning);
    let theirs = smtp_source(1, ours.count, bytes);
    let each = |time: Duration| time / u32::try_from(ours.count).unwrap();
    report.row(Row {
        work: format!("one connection, {} mails one after the other", ours.count),
        ours: format!("{} a mail", say(each(ours.time))),
        beside: format!("smtp-source {} a mail", say(each(theirs))),
        ratio: format!("{:.1} times as long", ours.time.as_secs_f64() / theirs.as_secs_f64()),
        aim: "no 40 ms stall a mail",
        is_met: each(ours.time) < Duration::from_millis(10),
    });
}

/// A database in which a day's mails wait.
struct Queue {
    world: World,
}

impl Queue {
    fn of_digests(practices: u32, morning: DateTime<Utc>) -> Self {
        let queue = Self { world: World::new("") };
        queue.configure("smtp", 1);
        queue.world.generate(Some(&shift(busiest_day(), -1).to_string()), practices, 0);
        for at in [morning - TimeDelta::hours(12), morning] {
            child::run(&["plan", queue.config().to_str().unwrap(), &at.to_rfc3339()]);
        }
        queue
    }

    fn config(&self) -> std::path::PathBuf {
        self.world.path("deadlines.toml")
    }

    fn configure(&self, transport: &str, connections: u32) {
        let smtp = format!("[mail.smtp]\nhost = \"127.0.0.1\"\nport = {PORT}\nsecurity = \"none\"\nconnections = {connections}\n");
        std::fs::write(self.config(), format!("[mail]\ntransport = \"{transport}\"\nfolder = \"mails\"\n{smtp}")).unwrap();
    }

    /// A copy of it, changed.
    fn but(&self, sql: &str) -> Self {
        let copy = Self { world: World::new("") };
        copy.configure("smtp", 1);
        std::fs::create_dir(copy.world.path("var")).unwrap();
        std::fs::rename(self.world.copy("copy.sqlite"), copy.world.database()).unwrap();
        Connection::open(copy.world.database()).unwrap().execute_batch(sql).unwrap();
        copy
    }

    fn few(&self, mails: u32) -> Self {
        self.but(&format!(
            "DELETE FROM outbox WHERE state = 'queued' AND id NOT IN (SELECT id FROM outbox WHERE state = 'queued' LIMIT {mails})"
        ))
    }

    /// The mean size of its mails: of the first few, as files.
    fn mean_size(&self, morning: DateTime<Utc>) -> u64 {
        let few = self.few(300);
        few.configure("directory", 1);
        few.attempt(morning);
        let files = std::fs::read_dir(few.world.path("mails")).unwrap().filter_map(Result::ok);
        let sizes: Vec<u64> =
            files.filter_map(|file| file.metadata().ok()).filter(std::fs::Metadata::is_file).map(|file| file.len()).collect();
        sizes.iter().sum::<u64>() / u64::try_from(sizes.len()).unwrap().max(1)
    }

    fn deliver(&self, connections: u32, morning: DateTime<Utc>) -> Measured {
        let copy = self.but("");
        copy.configure("smtp", connections);
        copy.attempt(morning)
    }

    fn deliver_composed(&self, connections: u32, morning: DateTime<Utc>) -> (Measured, Measured) {
        // A welcome says nothing that a day makes untrue, so its kept bytes go again without being composed.
        let copy = self.but("");
        copy.configure("smtp", connections);
        let composed = child::run(&["compose", copy.config().to_str().unwrap(), &morning.to_rfc3339()]);
        Connection::open(copy.world.database())
            .unwrap()
            .execute_batch("UPDATE outbox SET kind = 'welcome' WHERE state = 'uncertain'")
            .unwrap();
        (copy.attempt(morning), composed)
    }

    fn attempt(&self, morning: DateTime<Utc>) -> Measured {
        let before = sent(&self.world.database());
        let measured = child::run(&["deliver", self.config().to_str().unwrap(), &morning.to_rfc3339()]);
        assert_eq!(sent(&self.world.database()) - before, i64::try_from(measured.count).unwrap());
        assert!(measured.count > 0, "nothing was delivered");
        measured
    }
}

fn sent(database: &Path) -> i64 {
    one_number(database, "SELECT count(*) FROM outbox WHERE state = 'sent'")
}

/// Over kept connections, as we do.
fn smtp_source(connections: u32, mails: u64, bytes: u64) -> Duration {
    let (connections, mails, bytes) = (connections.to_string(), mails.to_string(), bytes.to_string());
    let address = format!("127.0.0.1:{PORT}");
    let mut command = Command::new("smtp-source");
    command.args(["-d", "-s", &connections, "-m", &mails, "-l", &bytes, "-f", "a@a.example", "-t", "b@b.example", &address]);
    let (time, status) = timed(|| command.status().expect("install the Debian package postfix"));
    assert!(status.success());
    time
}

/// postfix's smtp-sink.
struct Sink(Child);

impl Sink {
    fn start() -> Self {
        let mut command = Command::new("smtp-sink");
        command.args(["-u", "nobody", &format!("127.0.0.1:{PORT}"), "100"]).stdout(Stdio::null());
        let sink = Self(command.spawn().expect("install the Debian package postfix"));
        while TcpStream::connect(("127.0.0.1", PORT)).is_err() {
            std::thread::sleep(Duration::from_millis(20));
        }
        sink
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
