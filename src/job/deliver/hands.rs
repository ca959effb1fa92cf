//! The hands that write. Writing is most of the work on a mail, and takes nothing that another one needs: while the clerk still reads what the
//! next one says, another processor writes this one.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Scope, available_parallelism};

use crate::job::deliver::one_mail::{Drafted, Written};

/// The caller's own hand, and as many others as there are further processors.
#[derive(Debug)]
pub struct Hands<'a> {
    pile: Arc<Pile<'a>>,
    /// What others wrote.
    written: Receiver<(usize, Written)>,
    given: usize,
}

/// What nobody has begun to write.
#[derive(Debug, Default)]
struct Pile<'a> {
    drafts: Mutex<Drafts<'a>>,
    more: Condvar,
}

#[derive(Debug, Default)]
struct Drafts<'a> {
    waiting: VecDeque<(usize, Drafted<'a>)>,
    is_closed: bool,
}

impl<'a> Hands<'a> {
    /// At most so many hands; they rest when nothing is given, and end when this is dropped.
    pub fn new<'scope, 'env>(scope: &'scope Scope<'scope, 'env>, most: usize) -> Self
    where
        'a: 'scope,
    {
        let (pile, (give_back, written)) = (Arc::new(Pile::default()), channel());
        let hands = available_parallelism().map_or(1, usize::from).min(most);
        for _ in 1..hands {
            let (pile, give_back) = (pile.clone(), give_back.clone());
            scope.spawn(move || write(&pile, &give_back));
        }
        Self { pile, written, given: 0 }
    }

    /// One more to write. The first is left to the caller, who mostly has no other.
    pub fn give(&mut self, draft: Drafted<'a>) {
        let mut drafts = self.pile.lock();
        drafts.waiting.push_back((self.given, draft));
        self.given += 1;
        if drafts.waiting.len() > 1 {
            self.pile.more.notify_one();
        }
    }

    /// Lends a hand until all that was given is written, and gives it back in its order.
    ///
    /// # Panics
    /// When another hand did.
    pub fn finish(&mut self) -> Vec<Written> {
        let mut all = Vec::with_capacity(self.given);
        while all.len() < self.given {
            let next = self.pile.lock().waiting.pop_front();
            all.push(match next {
                Some((number, draft)) => (number, draft.write()),
                None => self.written.recv().expect("a hand went away in the middle of a mail"),
            });
        }
        self.given = 0;
        all.sort_by_key(|(number, _)| *number);
        all.into_iter().map(|(_, written)| written).collect()
    }
}

impl Drop for Hands<'_> {
    fn drop(&mut self) {
        self.pile.lock().is_closed = true;
        self.pile.more.notify_all();
    }
}

impl<'a> Pile<'a> {
    fn lock(&self) -> MutexGuard<'_, Drafts<'a>> {
        // Nothing panics while it is held.
        self.drafts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for something to write; `None`: nothing will come.
    fn next(&self) -> Option<(usize, Drafted<'a>)> {
        let mut drafts = self.lock();
        loop {
            if drafts.is_closed {
                return None;
            }
            if let Some(next) = drafts.waiting.pop_front() {
                return Some(next);
            }
            drafts = self.more.wait(drafts).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

fn write(pile: &Pile<'_>, give_back: &Sender<(usize, Written)>) {
    while let Some((number, draft)) = pile.next() {
        if give_back.send((number, draft.write())).is_err() {
            return;
        }
    }
}
