//! The service at rest, at start, and after `kill -9`.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

use rusqlite::Connection;

use crate::measure::{middle, status_of, timed};
use crate::report::{Report, Row, megabytes, say};
use crate::world::World;

/// More than a minute, so that a turn of the service is in it.
const IDLE: Duration = Duration::from_secs(65);

/// What a generated practice has heard by now, at least.
const ROWS_OF_A_PRACTICE: u32 = 18;

pub fn measure(practices: u32, ledger_rows: u32, report: &mut Report) {
    let sizes = [practices / 100, practices / 10, practices];
    let mut starts = Vec::new();
    for size in sizes {
        let world = World::new("");
        world.generate(None, size, 0);
        Service::start(&world).settle();
        let start = middle((0..5).map(|_| start_to_ready(&world)).collect());
        starts.push((size, start));
        if size == practices {
            report.row(row(format!("start to ready with {practices} practices"), start, "under 300 ms", Duration::from_millis(300)));
            idle(&world, report);
        }
    }
    report.growth("start to ready, by practices", &starts);
    recovery(ledger_rows, report);
}

fn row(work: String, time: Duration, aim: &'static str, most: Duration) -> Row {
    Row { work, ours: say(time), beside: "-".to_owned(), ratio: "-".to_owned(), aim, is_met: time < most }
}

fn idle(world: &World, report: &mut Report) {
    let service = Service::start(world);
    service.settle_turn();
    let process = service.child.id().to_string();
    let (woken, written) = (wakeups(&process), stamp(&world.database()));
    std::thread::sleep(IDLE);
    #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
    let rate = (wakeups(&process) - woken) as f64 / IDLE.as_secs_f64();
    let resident = status_of(&process, "VmRSS");
    let is_untouched = written == stamp(&world.database());
    report.row(Row {
        work: format!("the idle service over {} s", IDLE.as_secs()),
        ours: format!(
            "{} resident, {rate:.1} wake-ups a second, {}",
            megabytes(resident),
            if is_untouched { "no database writes" } else { "the database was written" }
        ),
        beside: "-".to_owned(),
        ratio: "-".to_owned(),
        aim: "under 20 MB, 5 wake-ups a second at most, no database writes",
        is_met: resident < 20 * 1024 && rate <= 5.0 && is_untouched,
    });
}

/// How often its threads slept and were woken.
fn wakeups(process: &str) -> u64 {
    let threads = std::fs::read_dir(format!("/proc/{process}/task")).unwrap().filter_map(Result::ok);
    threads.map(|thread| status_of(&format!("{process}/task/{}", thread.file_name().display()), "voluntary_ctxt_switches")).sum()
}

/// Changes with every commit: the log's length and time, and the database's.
fn stamp(database: &Path) -> Vec<(u64, std::time::SystemTime)> {
    let log = database.with_file_name("deadlines.sqlite-wal");
    [database, &log].into_iter().filter_map(|path| path.metadata().ok()).map(|file| (file.len(), file.modified().unwrap())).collect()
}

fn recovery(ledger_rows: u32, report: &mut Report) {
    let mut growth = Vec::new();
    for ledger_rows in [ledger_rows / 100, ledger_rows / 10, ledger_rows] {
        let world = World::new("");
        world.generate(None, ledger_rows / ROWS_OF_A_PRACTICE, ledger_rows);
        let told = crate::plan::one_number(&world.database(), "SELECT count(*) FROM told");
        Service::start(&world).settle();
        let times: Vec<Duration> = (0..3).map(|_| kill_and_start(&world)).collect();
        growth.push((u32::try_from(told).unwrap(), middle(times)));
    }
    let (told, time) = growth[growth.len() - 1];
    report.row(row(
        format!("`kill -9` with mail in hand, then start to ready, {told} rows in the ledger"),
        time,
        "under 1 s at 2 million",
        Duration::from_secs(1),
    ));
    report.growth("recovery after `kill -9`, by rows in the ledger", &growth);
}

/// Killed while mails are in hand and the write-ahead log is full.
fn kill_and_start(world: &World) -> Duration {
    let mut service = Service::start(world);
    let connection = Connection::open(world.database()).unwrap();
    connection.busy_timeout(Duration::from_secs(20)).unwrap();
    connection.pragma_update(None, "wal_autocheckpoint", 0).unwrap();
    let in_hand =
        "UPDATE outbox SET state = 'sending', bytes = randomblob(9000) WHERE id IN (SELECT id FROM outbox ORDER BY id DESC LIMIT 100)";
    connection.execute_batch(in_hand).unwrap();
    service.child.kill().unwrap();
    service.child.wait().unwrap();
    // An open connection keeps the log from being carried over before the next start reads it.
    let time = start_to_ready(world);
    drop(connection);
    time
}

fn start_to_ready(world: &World) -> Duration {
    timed(|| Service::start(world)).0
}

/// The running service; killed when it is dropped.
struct Service {
    child: Child,
    lines: std::sync::Mutex<std::sync::mpsc::Receiver<String>>,
}

impl Service {
    /// Comes back once it says that it is ready.
    fn start(world: &World) -> Self {
        let mut child = world.program(None).arg("run").stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let (send, lines) = std::sync::mpsc::channel();
        let errors = BufReader::new(child.stderr.take().unwrap());
        std::thread::spawn(move || errors.lines().map_while(Result::ok).try_for_each(|line| send.send(line)));
        let service = Self { child, lines: std::sync::Mutex::new(lines) };
        service.until("ready");
        service
    }

    fn until(&self, word: &str) {
        let lines = self.lines.lock().unwrap();
        loop {
            let line = lines.recv_timeout(Duration::from_secs(300)).expect("the service says so");
            if line.contains(word) {
                return;
            }
        }
    }

    /// Waits until everything that was due at the start has left.
    fn settle(self) {
        self.settle_turn();
    }

    fn settle_turn(&self) {
        let process = self.child.id().to_string();
        let mut quiet = 0;
        let mut before = busy(&process);
        while quiet < 4 {
            std::thread::sleep(Duration::from_millis(500));
            let now = busy(&process);
            quiet = if now == before { quiet + 1 } else { 0 };
            before = now;
        }
    }
}

/// Processor time used, in clock ticks.
fn busy(process: &str) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    text.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum()
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
