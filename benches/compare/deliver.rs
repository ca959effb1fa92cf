//! Composing and delivering to postfix's smtp-sink on the loopback, beside its smtp-source with mails of the same size.

use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use crate::child::{self, Measured};
use crate::measure::timed;
use crate::report::{Report, Row, megabytes, say};
use crate::sizes::Sizes;
use crate::stock::{Stock, morning};
use crate::world::World;

/// As many digests as there are practices; a tenth and a hundredth show the growth.
const DIGESTS: u32 = 50_000;

/// How many mails one connection gets, one after the other.
const ALONE: u32 = 5000;

pub fn measure(sizes: &Sizes, stock: &mut Stock, report: &mut Report) {
    let _sink = Sink::start();
    let digests = sizes.up_to(DIGESTS);
    // Each practice has a digest and more that morning.
    let mut queues = digests.map(|digests| Queue::of_digests(stock, digests));
    let bytes = queues[1].mean_size();
    let whole = digests[2];
    for connections in [4, 8] {
        let (row, growth) = delivered(&queues, connections, bytes);
        report.row(row);
        report.growth(&format!("compose and deliver over {connections} connections, by digests"), &growth);
    }
    let each = compose_all(&mut queues, report);
    for connections in [4, 8] {
        let (row, growth) = delivered_composed(&queues, connections, bytes);
        report.row(row);
        report.growth(&format!("deliver over {connections} connections what was composed before, by digests"), &growth);
    }
    report.note(format!("A digest of {bytes} bytes: claiming, composing and keeping it {}, in transactions of 500.", say(each)));
    let largest = Queue::of_digests(stock, sizes.of(ALONE).min(whole));
    let (row, growth) = alone(&largest, sizes, bytes);
    report.row(row);
    report.growth("one connection, by mails", &growth);
}

fn per_second(count: u64, time: Duration) -> f64 {
    f64::from(u32::try_from(count).unwrap()) / time.as_secs_f64()
}

type Points = Vec<(u32, Duration)>;

fn delivered(queues: &[Queue], connections: u32, bytes: u64) -> (Row, Points) {
    let all: Vec<Measured> = queues.iter().map(|queue| queue.deliver(connections)).collect();
    let ours = all[all.len() - 1];
    let (our_rate, their_rate) = (per_second(ours.count, ours.time), per_second(ours.count, smtp_source(connections, ours.count, bytes)));
    let row = Row {
        work: format!("compose and deliver {} digests of {bytes} bytes on average, {connections} connections", ours.count),
        ours: format!("{our_rate:.0} a second ({:.0} a minute), {}", our_rate * 60.0, megabytes(ours.peak_kb)),
        beside: format!("smtp-source {their_rate:.0} a second"),
        ratio: format!("{:.2} of its rate", our_rate / their_rate),
        aim: "a fifth of its rate, never under 50,000 a minute",
        is_met: our_rate / their_rate >= 0.2 && our_rate * 60.0 >= 50_000.0,
    };
    (row, points(&all))
}

fn points(all: &[Measured]) -> Points {
    all.iter().map(|measured| (u32::try_from(measured.count).unwrap(), measured.time)).collect()
}

/// Composes everything that waits, and leaves it to be handed over. Gives what one mail takes.
fn compose_all(queues: &mut [Queue], report: &mut Report) -> Duration {
    let all: Vec<Measured> = queues.iter_mut().map(Queue::compose).collect();
    report.growth("claim, compose and keep, by digests", &points(&all));
    let last = all[all.len() - 1];
    last.time / u32::try_from(last.count).unwrap()
}

/// Mails whose bytes are kept go again as they are: nothing is composed.
fn delivered_composed(queues: &[Queue], connections: u32, bytes: u64) -> (Row, Points) {
    let all: Vec<Measured> = queues.iter().map(|queue| queue.deliver(connections)).collect();
    let ours = all[all.len() - 1];
    let (our_rate, their_rate) = (per_second(ours.count, ours.time), per_second(ours.count, smtp_source(connections, ours.count, bytes)));
    let row = Row {
        work: format!("deliver {} composed before, {connections} connections", ours.count),
        ours: format!("{our_rate:.0} a second, {}", megabytes(ours.peak_kb)),
        beside: format!("smtp-source {their_rate:.0} a second"),
        ratio: format!("{:.2} of its rate", our_rate / their_rate),
        aim: "half of its rate",
        is_met: our_rate / their_rate >= 0.5,
    };
    (row, points(&all))
}

fn alone(queue: &Queue, sizes: &Sizes, bytes: u64) -> (Row, Points) {
    let all: Vec<Measured> = sizes.up_to(ALONE).into_iter().map(|mails| queue.few(mails).attempt(1)).collect();
    let ours = all[all.len() - 1];
    let theirs = smtp_source(1, ours.count, bytes);
    let each = |time: Duration| time / u32::try_from(ours.count).unwrap();
    let row = Row {
        work: format!("one connection, {} mails one after the other", ours.count),
        ours: format!("{} a mail", say(each(ours.time))),
        beside: format!("smtp-source {} a mail", say(each(theirs))),
        ratio: format!("{:.1} times as long", ours.time.as_secs_f64() / theirs.as_secs_f64()),
        aim: "no 40 ms stall a mail",
        is_met: each(ours.time) < Duration::from_millis(10),
    };
    (row, points(&all))
}

/// A database in which a day's mails wait.
struct Queue {
    world: World,
}

impl Queue {
    fn of_digests(stock: &mut Stock, digests: u32) -> Self {
        let queue = Self { world: stock.morning(digests).planned_world() };
        queue.keep(digests);
        queue
    }

    fn keep(&self, mails: u32) {
        let those = "SELECT id FROM outbox WHERE state = 'queued' ORDER BY id";
        self.world.change(&format!("DELETE FROM outbox WHERE state = 'queued' AND id NOT IN ({those} LIMIT {mails})"));
    }

    fn configure(&self, transport: &str, connections: u32) {
        let port = port();
        let smtp = format!("[mail.smtp]\nhost = \"127.0.0.1\"\nport = {port}\nsecurity = \"none\"\nconnections = {connections}\n");
        self.world.configure(&format!("[mail]\ntransport = \"{transport}\"\nfolder = \"mails\"\n{smtp}"));
    }

    fn copy(&self) -> Self {
        let copy = World::new("");
        copy.fill(&self.world.copy("copy.sqlite"));
        Self { world: copy }
    }

    fn few(&self, mails: u32) -> Self {
        let copy = self.copy();
        copy.keep(mails);
        copy
    }

    /// The mean size of its mails: of the first few, as files.
    fn mean_size(&self) -> u64 {
        let few = self.few(300);
        few.configure("directory", 1);
        few.run();
        let files = std::fs::read_dir(few.world.path("mails")).unwrap().filter_map(Result::ok);
        let sizes: Vec<u64> =
            files.filter_map(|file| file.metadata().ok()).filter(std::fs::Metadata::is_file).map(|file| file.len()).collect();
        sizes.iter().sum::<u64>() / u64::try_from(sizes.len()).unwrap().max(1)
    }

    fn deliver(&self, connections: u32) -> Measured {
        self.copy().attempt(connections)
    }

    /// A welcome says nothing that a day makes untrue, so its kept bytes go again without being composed.
    fn compose(&mut self) -> Measured {
        self.configure("smtp", 1);
        let composed = child::run(&["compose", &self.world.config(), &morning().to_rfc3339()]);
        self.world.change("UPDATE outbox SET kind = 'welcome' WHERE state = 'uncertain'");
        composed
    }

    fn attempt(&self, connections: u32) -> Measured {
        self.configure("smtp", connections);
        self.run()
    }

    fn run(&self) -> Measured {
        let sent = || self.world.number("SELECT count(*) FROM outbox WHERE state = 'sent'");
        let before = sent();
        let measured = child::run(&["deliver", &self.world.config(), &morning().to_rfc3339()]);
        assert_eq!(u64::from(sent() - before), measured.count);
        assert!(measured.count > 0, "nothing was delivered");
        measured
    }
}

/// Over kept connections, as we do.
fn smtp_source(connections: u32, mails: u64, bytes: u64) -> Duration {
    let (connections, mails, bytes) = (connections.to_string(), mails.to_string(), bytes.to_string());
    let address = format!("127.0.0.1:{}", port());
    let mut command = Command::new("smtp-source");
    command.args(["-d", "-s", &connections, "-m", &mails, "-l", &bytes, "-f", "a@a.example", "-t", "b@b.example", &address]);
    let (time, status) = timed(|| command.status().expect("install the Debian package postfix"));
    assert!(status.success());
    time
}

/// A port that nobody had when the run began.
fn port() -> u16 {
    static PORT: OnceLock<u16> = OnceLock::new();
    *PORT.get_or_init(|| TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port())
}

/// postfix's smtp-sink.
struct Sink(Child);

impl Sink {
    fn start() -> Self {
        let mut command = Command::new("smtp-sink");
        command.args(["-u", "nobody", &format!("127.0.0.1:{}", port()), "100"]).stdout(Stdio::null());
        let sink = Self(command.spawn().expect("install the Debian package postfix"));
        while TcpStream::connect(("127.0.0.1", port())).is_err() {
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
