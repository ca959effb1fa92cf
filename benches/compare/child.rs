//! What is measured in a process of its own, through the library. Each prints seconds, peak kilobytes and a count.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use deadlines::clock::Clock;
use deadlines::config::Config;
use deadlines::domain::agenda::Agendas;
use deadlines::job::database::Database;
use deadlines::job::deliver::one_mail::{Prepared, keep, prepare};
use deadlines::job::deliver::{Round, deliver};
use deadlines::job::load::edition;
use deadlines::job::office::Office;
use deadlines::job::operator_mail::queue_for_operator;
use deadlines::job::plan::plan;
use deadlines::job::progress::Progress;
use deadlines::store::Store;
use tokio_util::sync::CancellationToken;

use crate::measure::{middle, status_of, timed};

/// How many turns with nothing due are timed.
const TURNS: usize = 25;

/// What a child measured.
#[derive(Debug, Clone, Copy)]
pub struct Measured {
    pub time: Duration,
    pub peak_kb: u64,
    pub count: u64,
}

/// Runs this program again for one piece of work.
pub fn run(arguments: &[&str]) -> Measured {
    let output = Command::new(std::env::current_exe().unwrap()).arg("--child").args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut numbers = text.split_whitespace().map(|number| number.parse::<f64>().unwrap());
    let mut next = || numbers.next().unwrap();
    let (seconds, peak, count) = (next(), next(), next());
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "both were whole numbers when they were printed")]
    Measured { time: Duration::from_secs_f64(seconds), peak_kb: peak as u64, count: count as u64 }
}

/// The child's side.
pub fn work(arguments: &[String]) {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (time, count) = match arguments.as_slice() {
        ["plan", config, at] => planned(config, at.parse().unwrap()),
        ["tick", config, at] => tick(config, at.parse().unwrap()),
        ["deliver", config, at] => delivered(config, at.parse().unwrap()),
        ["compose", config, at] => composed(config, at.parse().unwrap()),
        ["insert", before, after, at] => crate::plan::insert(before, after, at.parse().unwrap()),
        _ => panic!("unknown work {arguments:?}"),
    };
    println!("{} {} {count}", time.as_secs_f64(), status_of("self", "VmHWM"));
}

fn configured(config: &str) -> (Config, Store) {
    let path = Path::new(config);
    let config = Config::parse(config, &std::fs::read_to_string(path).unwrap(), path.parent().unwrap()).unwrap();
    let store = Store::open(&config.database).unwrap();
    (config, store)
}

fn planned(config: &str, at: DateTime<Utc>) -> (Duration, usize) {
    let (config, mut store) = configured(config);
    let (almanac, office) = (edition(&store).unwrap().unwrap().almanac, Office::new(&config).unwrap().0);
    let (time, planned) = timed(|| plan(&mut store, &almanac, &office.rules, at).unwrap());
    (time, planned.mails)
}

/// A turn of the service in which nothing is due: the middle of several, the first of which only prepares its statements.
fn tick(config: &str, at: DateTime<Utc>) -> (Duration, usize) {
    let (config, mut store) = configured(config);
    let (almanac, office) = (edition(&store).unwrap().unwrap().almanac, Office::new(&config).unwrap().0);
    let mut practices = 0;
    let mut turn = || {
        practices += plan(&mut store, &almanac, &office.rules, at).unwrap().practices;
        queue_for_operator(&mut store, &almanac, &office, at).unwrap();
        store.due_mails(at, 1).unwrap();
        store.has_mail_in_hand().unwrap();
    };
    turn();
    let times = (0..TURNS).map(|_| timed(&mut turn).0).collect();
    (middle(times), practices)
}

fn delivered(config: &str, at: DateTime<Utc>) -> (Duration, usize) {
    let (config, store) = configured(config);
    let (almanac, office) = (edition(&store).unwrap().unwrap().almanac, Office::new(&config).unwrap().0);
    let round = Round {
        database: Database::new(store),
        almanac: Arc::new(almanac),
        office: Arc::new(office),
        clock: Clock::Fixed(at),
        stop: CancellationToken::new(),
        pause: CancellationToken::new(),
        progress: Progress::default(),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (time, done) = timed(|| runtime.block_on(deliver(&round)).unwrap());
    (time, done.sent)
}

/// Claims and composes whatever is due, and hands nothing over.
fn composed(config: &str, at: DateTime<Utc>) -> (Duration, usize) {
    let (config, mut store) = configured(config);
    let (almanac, office) = (edition(&store).unwrap().unwrap().almanac, Office::new(&config).unwrap().0);
    let (due, mut agendas) = (store.due_mails(at, u32::MAX).unwrap(), Agendas::of(&almanac));
    let (time, ()) = timed(|| {
        for mails in due.chunks(500) {
            let work = store.begin(at).unwrap();
            for id in mails {
                let Prepared::Drafted(drafted) = prepare(&work, &mut agendas, &office, *id).unwrap() else { panic!("mail {id} is due") };
                keep(&work, &office, drafted.write()).unwrap();
            }
            work.commit().unwrap();
        }
    });
    let work = store.begin(at).unwrap();
    work.recover_interrupted().unwrap();
    work.commit().unwrap();
    (time, due.len())
}
