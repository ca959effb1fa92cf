//! The service at rest, at start, and after `kill -9`; and what an operator asks of a large database.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

use deadlines::clock::Clock;
use rusqlite::Connection;

use crate::child;
use crate::measure::{middle, status_of, timed};
use crate::report::{Report, Row, megabytes, say};
use crate::sizes::Sizes;
use crate::world::World;

/// All Dutch paramedical practices.
const PRACTICES: u32 = 50_000;

/// What they were told in some years.
const LEDGER_ROWS: u32 = 2_000_000;

/// Nothing of the past is pruned: it is as long as it was made.
const CONFIG: &str = "[retention]\nmails = \"520w\"\n";

/// More than a minute, so that a turn of the service is in it.
const IDLE: Duration = Duration::from_secs(65);

/// How often each start is measured.
const STARTS: usize = 5;

/// A past that nothing is due of any more.
struct Past {
    world: World,
    practices: u32,
    told: u32,
}

pub fn measure(sizes: &Sizes, report: &mut Report) {
    let amounts = sizes.up_to(PRACTICES).into_iter().zip(sizes.up_to(LEDGER_ROWS));
    let pasts: Vec<Past> = amounts.map(|(practices, ledger_rows)| Past::make(practices, ledger_rows)).collect();
    starts(&pasts, report);
    idle(&pasts, report);
    turns(&pasts, report);
    questions(&pasts, report);
    recovery(&pasts, report);
}

impl Past {
    fn make(practices: u32, ledger_rows: u32) -> Self {
        let world = World::new(CONFIG);
        world.generate(None, practices, ledger_rows);
        std::fs::create_dir(world.path("copies")).unwrap();
        Service::start(&world).settle();
        let told = world.number("SELECT count(*) FROM told");
        Self { world, practices, told }
    }
}

fn row(work: String, time: Duration, aim: &'static str, most: Duration) -> Row {
    Row { work, ours: say(time), beside: "-".to_owned(), ratio: "-".to_owned(), aim, is_met: time < most }
}

fn starts(pasts: &[Past], report: &mut Report) {
    let start = |past: &Past| middle((0..STARTS).map(|_| start_to_ready(&past.world)).collect());
    let times: Vec<(u32, Duration)> = pasts.iter().map(|past| (past.practices, start(past))).collect();
    let (practices, time) = times[times.len() - 1];
    report.row(row(format!("start to ready with {practices} practices"), time, "under 300 ms", Duration::from_millis(300)));
    report.growth("start to ready, by practices", &times);
}

/// What a service did while it had nothing to do.
struct Idle {
    resident_kb: u64,
    wakeups_per_second: f64,
    is_untouched: bool,
}

/// All sizes side by side: each is asleep nearly all the time.
fn idle(pasts: &[Past], report: &mut Report) {
    let watched: Vec<Watched> = pasts.iter().map(|past| Watched::begin(&past.world)).collect();
    std::thread::sleep(IDLE);
    let all: Vec<Idle> = watched.into_iter().map(Watched::end).collect();
    let memory: Vec<(u32, u64)> = pasts.iter().zip(&all).map(|(past, idle)| (past.practices, idle.resident_kb)).collect();
    let (past, idle) = (&pasts[pasts.len() - 1], &all[all.len() - 1]);
    report.row(Row {
        work: format!("the idle service over {} s, {} practices, {} rows in the ledger", IDLE.as_secs(), past.practices, past.told),
        ours: format!(
            "{} resident, {:.1} wake-ups a second, {}",
            megabytes(idle.resident_kb),
            idle.wakeups_per_second,
            if idle.is_untouched { "no database writes" } else { "the database was written" }
        ),
        beside: "-".to_owned(),
        ratio: "-".to_owned(),
        aim: "under 20 MB, 5 wake-ups a second at most, no database writes",
        is_met: idle.resident_kb < 20 * 1024 && idle.wakeups_per_second <= 5.0 && idle.is_untouched,
    });
    report.memory_growth("memory of the idle service, by practices", &memory);
}

struct Watched<'w> {
    service: Service,
    world: &'w World,
    woken: u64,
    written: Stamp,
}

impl<'w> Watched<'w> {
    fn begin(world: &'w World) -> Self {
        let service = Service::start(world);
        service.settle_turn();
        let (woken, written) = (wakeups(&service.process()), stamp(&world.database()));
        Self { service, world, woken, written }
    }

    fn end(self) -> Idle {
        let process = self.service.process();
        #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
        let wakeups_per_second = (wakeups(&process) - self.woken) as f64 / IDLE.as_secs_f64();
        let is_untouched = self.written == stamp(&self.world.database());
        Idle { resident_kb: status_of(&process, "VmRSS"), wakeups_per_second, is_untouched }
    }
}

/// How often its threads slept and were woken.
fn wakeups(process: &str) -> u64 {
    let threads = std::fs::read_dir(format!("/proc/{process}/task")).unwrap().filter_map(Result::ok);
    threads.map(|thread| status_of(&format!("{process}/task/{}", thread.file_name().display()), "voluntary_ctxt_switches")).sum()
}

/// Changes with every commit: the log's length and time, and the database's.
type Stamp = Vec<(u64, std::time::SystemTime)>;

fn stamp(database: &Path) -> Stamp {
    let log = database.with_file_name("deadlines.sqlite-wal");
    [database, &log].into_iter().filter_map(|path| path.metadata().ok()).map(|file| (file.len(), file.modified().unwrap())).collect()
}

/// The same turn as after planning, on years of what was told.
fn turns(pasts: &[Past], report: &mut Report) {
    let turn = |past: &Past| child::run(&["tick", &past.world.config(), &Clock::Real.now().to_rfc3339()]).time;
    let times: Vec<(u32, Duration)> = pasts.iter().map(|past| (past.told, turn(past))).collect();
    report.growth("a turn with nothing due, by rows in the ledger", &times);
}

/// What an operator asks, once: there is no aim, but it should not take long.
fn questions(pasts: &[Past], report: &mut Report) {
    let asked: [(&str, &[&str]); 3] =
        [("status", &["status"]), ("doctor", &["doctor", "--offline"]), ("backup", &["backup", "--into", "copies"])];
    for (name, arguments) in asked {
        let taken = |past: &Past| timed(|| past.world.program(None).args(arguments).current_dir(past.world.path("")).output().unwrap()).0;
        let times: Vec<(u32, Duration)> = pasts.iter().map(|past| (past.told, taken(past))).collect();
        report.growth(&format!("`deadlines {name}`, by rows in the ledger"), &times);
    }
}

fn recovery(pasts: &[Past], report: &mut Report) {
    let recover = |past: &Past| middle((0..STARTS).map(|_| kill_and_start(&past.world)).collect());
    let times: Vec<(u32, Duration)> = pasts.iter().map(|past| (past.told, recover(past))).collect();
    let (told, time) = times[times.len() - 1];
    report.row(row(
        format!("`kill -9` with mail in hand, then start to ready, {told} rows in the ledger"),
        time,
        "under 1 s at 2 million",
        Duration::from_secs(1),
    ));
    report.growth("recovery after `kill -9`, by rows in the ledger", &times);
}

/// Killed while mails are in hand and the write-ahead log is full.
fn kill_and_start(world: &World) -> Duration {
    let mut service = Service::start(world);
    let connection = Connection::open(world.database()).unwrap();
    connection.busy_timeout(Duration::from_secs(20)).unwrap();
    connection.pragma_update(None, "wal_autocheckpoint", 0).unwrap();
    let last = "SELECT id FROM outbox ORDER BY id DESC LIMIT 100";
    let in_hand = "INSERT OR REPLACE INTO unanswered SELECT id, randomblob(9000)";
    connection.execute_batch(&format!("UPDATE outbox SET state = 'sending' WHERE id IN ({last}); {in_hand} FROM ({last})")).unwrap();
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

    fn process(&self) -> String {
        self.child.id().to_string()
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
        let process = self.process();
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
