//! The inner work, piece by piece: `cargo bench --bench inner`. For comparing two versions on one machine, never for a limit.

#![expect(clippy::unwrap_used, reason = "a benchmark: to panic is to say what is wrong")]

use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use deadlines::calendar_file::{self, embedded};
use deadlines::clock::{Clock, planning_now};
use deadlines::config::Config;
use deadlines::domain::agenda::{self, Agendas};
use deadlines::domain::almanac::Almanac;
use deadlines::domain::decide::pressing::{Horizon, pressing};
use deadlines::domain::decide::{Memory, Rules, decide, next_due};
use deadlines::domain::practices::{Happened, Practice};
use deadlines::domain::recurrence::Rule;
use deadlines::job::database::Database;
use deadlines::job::deliver::{Round, deliver};
use deadlines::job::generate::practices::practice;
use deadlines::job::generate::{Amount, generate};
use deadlines::job::load::{Consent, load};
use deadlines::job::office::Office;
use deadlines::job::plan::plan;
use deadlines::job::progress::Progress;
use deadlines::mail::compose::key::MailKind;
use deadlines::mail::compose::sample::{Sample, samples};
use deadlines::mail::memory::MemoryBox;
use deadlines::mail::templates::Templates;
use deadlines::mail::transport::Transport;
use deadlines::store::Store;
use divan::Bencher;
use tokio_util::sync::CancellationToken;

fn main() {
    divan::main();
}

fn almanac() -> Almanac {
    calendar_file::read_checked(&embedded::files()).0
}

fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2023, 10, 2).unwrap()
}

fn morning() -> DateTime<Utc> {
    "2023-10-02T06:00:00Z".parse().unwrap()
}

fn rules() -> Rules {
    Office::for_show(&Config::defaults(Path::new(""))).unwrap().0.rules
}

fn practices(almanac: &Almanac) -> Vec<Practice> {
    (0..100).map(|number| practice(almanac, 1, number, today())).collect()
}

#[divan::bench]
fn read_calendars_with_every_check(bencher: Bencher) {
    let files = embedded::files();
    bencher.bench(|| calendar_file::read(&files));
}

#[divan::bench]
fn read_calendars_checked_before(bencher: Bencher) {
    let files = embedded::files();
    bencher.bench(|| calendar_file::read_checked(&files));
}

#[divan::bench]
fn work_out_all_occurrences(bencher: Bencher) {
    let almanac = almanac();
    bencher.bench(|| almanac.occurrences(today()).len());
}

#[divan::bench(args = ["FREQ=YEARLY", "FREQ=MONTHLY;BYMONTHDAY=1", "FREQ=WEEKLY;BYDAY=MO", "FREQ=MONTHLY;BYDAY=-1FR"])]
fn four_years_of_a_rule(bencher: Bencher, text: &str) {
    let (rule, last) = (Rule::parse(text).unwrap(), NaiveDate::from_ymd_opt(2027, 12, 31).unwrap());
    bencher.bench(|| rule.days(NaiveDate::from_ymd_opt(2024, 1, 1).unwrap(), last).count());
}

#[divan::bench]
fn agenda_of_a_hundred_practices(bencher: Bencher) {
    let almanac = almanac();
    let practices = practices(&almanac);
    let agenda = |practice| agenda::entries(&almanac, practice, &Happened::new(), today(), today()).len();
    bencher.bench(|| practices.iter().map(agenda).sum::<usize>());
}

#[divan::bench]
fn decide_for_a_hundred_practices(bencher: Bencher) {
    let (almanac, rules, now) = (almanac(), rules(), planning_now(morning()));
    let practices = practices(&almanac);
    let agendas: Vec<_> = practices.iter().map(|p| agenda::entries(&almanac, p, &Happened::new(), today(), today())).collect();
    let memory = Memory::default();
    bencher.bench(|| agendas.iter().map(|entries| decide(&rules, now, entries, &memory).len()).sum::<usize>());
}

#[divan::bench]
fn what_planning_decides_for_a_hundred_practices(bencher: Bencher) {
    let (almanac, rules, now) = (almanac(), rules(), planning_now(morning()));
    let practices = practices(&almanac);
    let (mut agendas, happened) = (Agendas::of(&almanac), Happened::new());
    let (horizon, memory) = (Horizon::of(&rules), Memory::default());
    bencher.bench_local(|| {
        let mut count = 0;
        for practice in &practices {
            let agenda = agendas.agenda(practice, &happened, today(), today());
            count += pressing((&rules, &horizon), now, &agenda, &memory).decisions.len();
        }
        count
    });
}

#[divan::bench]
fn when_to_look_again_at_a_hundred_practices(bencher: Bencher) {
    let (almanac, rules, now) = (almanac(), rules(), planning_now(morning()));
    let practices = practices(&almanac);
    let agendas: Vec<_> = practices.iter().map(|p| agenda::entries(&almanac, p, &Happened::new(), today(), today())).collect();
    let memory = Memory::default();
    bencher.bench(|| agendas.iter().filter_map(|entries| next_due(&rules, now, entries, &memory)).min());
}

#[divan::bench(args = [100, 1000])]
fn plan_practices_for_the_first_time(bencher: Bencher, practices: u32) {
    let (almanac, rules) = (almanac(), rules());
    bencher.with_inputs(|| filled(&almanac, &rules, practices)).bench_local_refs(|store| plan(store, &almanac, &rules, morning()).unwrap());
}

#[divan::bench]
fn compose_and_deliver_to_memory(bencher: Bencher) {
    let (almanac, rules) = (Arc::new(almanac()), rules());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let planned = || {
        let mut store = filled(&almanac, &rules, 200);
        plan(&mut store, &almanac, &rules, morning()).unwrap();
        let (mut office, _) = Office::for_show(&Config::defaults(Path::new(""))).unwrap();
        office.transport = Transport::Memory(MemoryBox::default());
        let (office, clock) = (Arc::new(office), Clock::Fixed(morning()));
        let (database, almanac) = (Database::new(store), almanac.clone());
        let (stop, pause, progress) = (CancellationToken::new(), CancellationToken::new(), Progress::default());
        Round { database, almanac, office, clock, stop, pause, progress }
    };
    bencher.with_inputs(planned).bench_local_refs(|round| runtime.block_on(deliver(round)).unwrap());
}

#[divan::bench]
fn fill_in_every_template(bencher: Bencher) {
    let (templates, samples) = (Templates::compiled_in(), samples());
    let render = |folder: &str, part: &str, sample: &Sample| templates.render(&format!("{folder}/{part}"), sample).unwrap().len();
    let all =
        |(kind, sample): &(MailKind, Sample)| ["subject.txt", "body.txt", "body.html"].map(|part| render(kind.folder(), part, sample));
    bencher.bench(|| samples.iter().map(all).collect::<Vec<_>>());
}

fn filled(almanac: &Almanac, rules: &Rules, practices: u32) -> Store {
    let mut store = Store::in_memory().unwrap();
    load(&mut store, &embedded::files(), "bench", Consent::Confirmed, morning()).unwrap();
    generate(&mut store, almanac, rules, Amount { practices, ledger_rows: 0, seed: 1 }, morning()).unwrap();
    store
}
