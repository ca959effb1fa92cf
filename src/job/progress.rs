//! Progress: what tells a watchdog that work goes on, as opposed to a process that merely exists.
//!
//! A step is anything that was finished, however it ended: a mail that was refused and a lane that rests are progress, a call that does not
//! come back is none. While several workers work side by side each of them has to get on: one that is stuck is not hidden by the others.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Hears of progress and passes it on; cheap to clone. The default tells nobody.
#[derive(Clone, Default)]
pub struct Progress(Option<Arc<Shared>>);

struct Shared {
    tell: Box<dyn Fn() + Send + Sync>,
    at_work: Mutex<AtWork>,
}

/// Who is at work, and whether each has got on since somebody was told last.
#[derive(Default)]
struct AtWork {
    next: u64,
    got_on: BTreeMap<u64, bool>,
}

impl Progress {
    /// Calls `tell` whenever everybody who is at work has got on since the last call.
    pub fn told_to(tell: impl Fn() + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(Shared { tell: Box::new(tell), at_work: Mutex::default() })))
    }

    /// A step of the one who leads was finished. It says nothing of workers who are at work.
    pub fn step(&self) {
        self.change(|_| {});
    }

    /// Another worker, from now until it is dropped.
    pub fn worker(&self) -> Worker {
        let mut id = 0;
        if let Some(shared) = &self.0 {
            let mut at_work = lock(&shared.at_work);
            id = at_work.next;
            at_work.next += 1;
            at_work.got_on.insert(id, false);
        }
        Worker { progress: self.clone(), id }
    }

    fn change(&self, change: impl FnOnce(&mut BTreeMap<u64, bool>)) {
        let Some(shared) = &self.0 else { return };
        let mut at_work = lock(&shared.at_work);
        change(&mut at_work.got_on);
        if at_work.got_on.values().all(|got_on| *got_on) {
            at_work.got_on.values_mut().for_each(|got_on| *got_on = false);
            drop(at_work);
            (shared.tell)();
        }
    }
}

fn lock(at_work: &Mutex<AtWork>) -> MutexGuard<'_, AtWork> {
    at_work.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Progress")
    }
}

/// One of several who work side by side.
#[derive(Debug)]
pub struct Worker {
    progress: Progress,
    id: u64,
}

impl Worker {
    /// It finished something.
    pub fn step(&self) {
        self.progress.change(|got_on| {
            let _ = got_on.insert(self.id, true);
        });
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.progress.change(|got_on| {
            let _ = got_on.remove(&self.id);
        });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn counted() -> (Progress, impl Fn() -> usize) {
        let told = Arc::new(AtomicUsize::new(0));
        let counter = told.clone();
        let count = move || {
            counter.fetch_add(1, Ordering::SeqCst);
        };
        (Progress::told_to(count), move || told.load(Ordering::SeqCst))
    }

    #[test]
    fn each_step_of_one_who_works_alone_counts() {
        let (progress, told) = counted();
        progress.step();
        let worker = progress.worker();
        worker.step();
        worker.step();
        assert_eq!(told(), 3);
    }

    #[test]
    fn a_worker_who_is_stuck_is_not_hidden_by_one_who_gets_on() {
        let (progress, told) = counted();
        let (busy, stuck) = (progress.worker(), progress.worker());
        (0..1000).for_each(|_| busy.step());
        progress.step();
        assert_eq!(told(), 0);
        stuck.step();
        assert_eq!(told(), 1, "both have got on");
        drop(busy);
        assert_eq!(told(), 1, "who goes home says nothing of who stays");
        drop(stuck);
        assert_eq!(told(), 2);
    }

    #[test]
    fn nobody_is_told_by_default() {
        let progress = Progress::default();
        progress.worker().step();
        progress.step();
    }
}
