//! The service is killed while it delivers: at random instants, at each word of the dialogue with the mail server, and at writes to the disk.
//! Nothing may be lost, and what goes twice must be the same mail.
//!
//! `DEADLINES_KILL_ROUNDS=300 cargo test --release --test kill -- --nocapture` is the long version, `DEADLINES_KILL_SEED=7` replays its chances.

#![expect(clippy::print_stderr, reason = "seeds, figures and what was skipped are for whoever reads the test's output")]
#![expect(clippy::unwrap_used, reason = "tests: to panic is to fail")]

#[path = "support/counting_server.rs"]
mod counting_server;
#[path = "support/dice.rs"]
mod dice;
#[path = "support/service.rs"]
mod service;

use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, NaiveTime, Utc};
use counting_server::{CountingServer, Side, Then, Verb};
use deadlines::clock;
use deadlines::store::outbox::{Mail, State};
use dice::Dice;
use service::{DAY, Place, Running, Service};

/// As [`Place`] configures it.
const CONNECTIONS: usize = 2;

/// What the disk and the network are spoken to with, and up to which call of a thread it is interesting.
const CALLS: [(&str, u64); 6] = [("pwrite64", 150), ("pwrite64", 400), ("fsync", 60), ("rename", 3), ("write", 30), ("sendto", 40)];

/// How the service comes to its end.
#[derive(Debug, Clone, Copy)]
enum Death {
    /// So many milliseconds after it was started.
    AfterStart(u64),
    /// So many milliseconds after it first spoke to the mail server.
    AfterHello(u64),
    /// At the `nth` time that the mail server comes there.
    At(Verb, Side, u64),
    /// At the `nth` call of this kind that one of its threads makes.
    Call(&'static str, u64),
}

/// Whom to kill, and when; shared with the server's threads.
#[derive(Default)]
struct Gallows {
    child: Option<Running>,
    at: Option<(Verb, Side, u64)>,
    hello: Option<Sender<()>>,
}

impl Gallows {
    fn hear(&mut self, verb: Verb, side: Side) -> Then {
        if verb == Verb::Hello
            && let Some(hello) = self.hello.take()
        {
            let _ = hello.send(());
        }
        match &mut self.at {
            Some((at_verb, at_side, left)) if (*at_verb, *at_side) == (verb, side) => {
                *left = left.saturating_sub(1);
                if *left > 0 {
                    return Then::GoOn;
                }
                self.kill();
                Then::HangUp
            }
            _ => Then::GoOn,
        }
    }

    fn kill(&mut self) {
        self.at = None;
        if let Some(mut child) = self.child.take() {
            // Under strace the service is its child, and strace ends with it.
            match traced(child.0.id()) {
                Some(pid) => drop(Command::new("kill").arg("-KILL").arg(pid).stderr(Stdio::null()).status()),
                None => child.0.kill().unwrap(),
            }
            child.0.wait().unwrap();
        }
    }
}

fn traced(strace: u32) -> Option<String> {
    let children = std::fs::read_to_string(format!("/proc/{strace}/task/{strace}/children")).ok()?;
    children.split_whitespace().next().map(str::to_owned)
}

struct World {
    place: Place,
    server: CountingServer,
    gallows: Arc<Mutex<Gallows>>,
    practices: usize,
    kills: usize,
    seen_uncertain: usize,
}

impl World {
    fn new(practices: usize) -> Self {
        let gallows = Arc::new(Mutex::new(Gallows::default()));
        let hearing = Arc::clone(&gallows);
        let server = CountingServer::start(Arc::new(move |verb, side| hearing.lock().unwrap().hear(verb, side)));
        let place = Place::new(server.port(), practices);
        Self { place, server, gallows, practices, kills: 0, seen_uncertain: 0 }
    }

    /// Runs the service until it dies like this, or has delivered everything; then looks whether all is well.
    fn live(&mut self, death: Death, dice: &mut Dice) {
        self.make_work();
        self.server.offer_pipelining(!dice.once_in(2));
        let died = self.run_until(death);
        self.gallows.lock().unwrap().kill();
        self.server.settle();
        self.kills += usize::from(died);
        self.check(death, dice);
    }

    /// There is always something to deliver: without, the service would wait for ever.
    fn make_work(&mut self) {
        let sent = self.mails().values().filter(|mail| mail.state == State::Sent).count();
        if sent == self.practices {
            self.practices += 150;
            self.place.import(self.practices);
        }
    }

    fn run_until(&mut self, death: Death) -> bool {
        let nth;
        let injection;
        let runner: &[&str] = match death {
            Death::Call(call, count) => {
                (nth, injection) = (format!("trace={call}"), format!("inject={call}:signal=KILL:when={count}"));
                &["strace", "-f", "-qq", "-o", "/dev/null", "-e", &nth, "-e", &injection]
            }
            _ => &[],
        };
        let (sender, hello) = channel();
        let mut gallows = self.gallows.lock().unwrap();
        let Service { child, mut said } = self.place.start_under(runner);
        gallows.child = Some(child);
        gallows.hello = Some(sender);
        gallows.at = if let Death::At(verb, side, nth) = death { Some((verb, side, nth)) } else { None };
        drop(gallows);
        if let Death::AfterHello(_) = death {
            let _ = hello.recv_timeout(Duration::from_secs(60));
        }
        if let Death::AfterStart(wait_ms) | Death::AfterHello(wait_ms) = death {
            std::thread::sleep(Duration::from_millis(wait_ms));
            self.gallows.lock().unwrap().kill();
        }
        said.until("event=\"delivered\"").is_none()
    }

    fn mails(&self) -> BTreeMap<String, Mail> {
        self.place.store().mails(&[], None).unwrap().into_iter().map(|mail| (mail.email.clone(), mail)).collect()
    }

    /// What would go again of a mail.
    fn kept(&self, mail: &Mail) -> Vec<u8> {
        let mut store = self.place.store();
        store.begin(DateTime::UNIX_EPOCH).unwrap().unanswered(mail.id).unwrap()
    }

    fn copies(&self) -> BTreeMap<String, Vec<Arc<[u8]>>> {
        let mut copies: BTreeMap<String, Vec<Arc<[u8]>>> = BTreeMap::new();
        for taken in self.server.taken() {
            copies.entry(taken.recipient.to_string()).or_default().push(taken.bytes);
        }
        copies
    }

    fn check(&mut self, death: Death, dice: &mut Dice) {
        if dice.once_in(2) {
            self.recover();
        }
        let (mails, copies) = (self.mails(), self.copies());
        for (email, copies) in &copies {
            let mail = mails.get(email).unwrap_or_else(|| panic!("{death:?}: {email} got a mail that the outbox does not know"));
            let known = matches!(mail.state, State::Sent | State::Sending | State::Uncertain);
            assert!(known, "{death:?}: {email} got a mail, and the outbox calls it {:?}", mail.state);
            assert!(copies.iter().all(|copy| *copy == copies[0]), "{death:?}: {email} got two different mails");
            if mail.state != State::Sent {
                assert_eq!(self.kept(mail), *copies[0], "{death:?}: {email} would get another mail next time");
            }
        }
        for mail in mails.values().filter(|mail| mail.state == State::Sent) {
            assert!(copies.contains_key(&mail.email), "{death:?}: {} is sent, and the server has nothing", mail.email);
        }
        let open = copies.keys().filter(|email| mails[*email].state != State::Sent).count();
        let doubles = self.server.taken().len() - copies.len();
        assert!(doubles + open <= self.kills * CONNECTIONS, "{death:?}: {doubles} doubles and {open} to come after {} kills", self.kills);
        assert_eq!(self.place.store().fence().unwrap(), None, "{death:?}");
    }

    /// What the next start does first: what was in hand is uncertain.
    fn recover(&mut self) {
        let mut store = self.place.store();
        let work = store.begin(noon()).unwrap();
        work.recover_interrupted().unwrap();
        work.commit().unwrap();
        let mails = self.mails();
        let open = self.copies().into_keys().filter(|email| mails[email].state != State::Sent).collect::<Vec<_>>();
        for email in &open {
            assert_eq!(mails[email].state, State::Uncertain, "{email} was taken, and nobody recorded it");
        }
        self.seen_uncertain += open.len();
    }

    /// Delivers the rest in peace; then everybody has exactly what the ledger says.
    fn finish(&mut self, dice: &mut Dice) {
        let nobody_dies = Death::At(Verb::Quit, Side::Taken, 1);
        self.live(nobody_dies, dice);
        let (mails, copies) = (self.mails(), self.copies());
        assert_eq!(copies.len(), self.practices, "lost");
        assert!(mails.values().all(|mail| mail.state == State::Sent), "not all is recorded");
        let store = self.place.store();
        let ids: Vec<i64> = mails.values().map(|mail| mail.id).collect();
        assert!(store.told_by(&ids).unwrap().values().all(|told| told.len() == 1), "the ledger does not say who was told");
        drop(store);
        self.nothing_is_left();
    }

    /// One more start sends nothing at all.
    fn nothing_is_left(&self) {
        let before = self.server.taken().len();
        let mut service = self.place.start();
        service.until("event=\"started\"");
        service.signal("HUP");
        service.until("event=\"reloaded\"");
        service.stop();
        assert_eq!(self.server.taken().len(), before);
    }
}

fn noon() -> DateTime<Utc> {
    clock::instant(DAY.parse().unwrap(), NaiveTime::from_hms_opt(12, 0, 0).unwrap())
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

/// One death of each kind that the mail server can bring about; QUIT comes once everything is delivered.
fn deaths_by_server(dice: &mut Dice) -> Vec<Death> {
    let mut deaths = vec![Death::At(Verb::Dot, Side::Taken, 1 + dice.below(3))];
    for verb in Verb::ALL {
        let most = if matches!(verb, Verb::Greeting | Verb::Hello | Verb::Quit) { 1 } else { 4 };
        deaths.extend([Side::Before, Side::After].map(|side| Death::At(verb, side, 1 + dice.below(most))));
    }
    deaths
}

fn deaths_by_call(dice: &mut Dice) -> Vec<Death> {
    if Command::new("strace").arg("-V").stdout(Stdio::null()).status().is_err() {
        assert!(std::env::var_os("CI").is_none(), "strace is not installed, and must be where CI is set");
        eprintln!("SKIPPED: deaths at system calls, because strace is not installed");
        return Vec::new();
    }
    CALLS.map(|(call, most)| Death::Call(call, 1 + dice.below(most))).to_vec()
}

#[test]
fn killed_anywhere_nothing_is_lost_and_what_goes_twice_is_the_same_mail() {
    let seed = number("DEADLINES_KILL_SEED").unwrap_or(4);
    let rounds = number("DEADLINES_KILL_ROUNDS").unwrap_or(80);
    eprintln!("DEADLINES_KILL_SEED={seed} DEADLINES_KILL_ROUNDS={rounds}");
    let mut dice = Dice::new(seed);
    let mut world = World::new(if rounds > 200 { 2000 } else { 300 });
    let mut deaths: Vec<Death> = Vec::new();
    for _ in 0..rounds {
        if deaths.is_empty() {
            deaths = [deaths_by_server(&mut dice), deaths_by_call(&mut dice)].concat();
            deaths.extend((0..3).map(|_| Death::AfterStart(dice.below(400))));
            deaths.extend((0..5).map(|_| Death::AfterHello(dice.below(60))));
        }
        let death = deaths.swap_remove(usize::try_from(dice.below(deaths.len() as u64)).unwrap());
        world.live(death, &mut dice);
    }
    world.finish(&mut dice);
    let taken = world.server.taken().len();
    eprintln!(
        "{} kills: {} mails to deliver, 0 lost, {} went twice with the same bytes; {} were seen as uncertain",
        world.kills,
        world.practices,
        taken - world.practices,
        world.seen_uncertain,
    );
    assert!(world.kills as u64 > rounds / 2, "most deaths must have come");
}
