//! The hands that write: writing is most of the work on a mail, and takes nothing that another one needs, so each processor has its share.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{Scope, available_parallelism};

use crate::job::deliver::one_mail::{Drafted, Written};

/// The caller's own hand, and as many others as there are further processors.
#[derive(Debug)]
pub struct Hands<'a> {
    others: Vec<Hand<'a>>,
}

/// A thread that writes what it is given, for as long as somebody can give it something.
#[derive(Debug)]
struct Hand<'a> {
    drafts: Sender<Vec<Drafted<'a>>>,
    written: Receiver<Vec<Written>>,
}

impl<'a> Hands<'a> {
    /// At most so many hands.
    pub fn new<'scope, 'env>(scope: &'scope Scope<'scope, 'env>, most: usize) -> Self
    where
        'a: 'scope,
    {
        let hands = available_parallelism().map_or(1, usize::from).min(most);
        Self { others: (1..hands).map(|_| Hand::new(scope)).collect() }
    }

    /// Writes them all.
    ///
    /// # Panics
    /// When a hand did.
    pub fn write(&self, mut drafts: Vec<Drafted<'a>>) -> Vec<Written> {
        let share = drafts.len().div_ceil(self.others.len() + 1);
        let mut busy = Vec::new();
        for hand in &self.others {
            if drafts.len() <= share {
                break;
            }
            let given = hand.drafts.send(drafts.split_off(drafts.len() - share));
            assert!(given.is_ok(), "a hand that writes went away");
            busy.push(hand);
        }
        let mut written: Vec<Written> = drafts.into_iter().map(Drafted::write).collect();
        // The last of them were given away first.
        for hand in busy.into_iter().rev() {
            written.extend(hand.written.recv().expect("a hand that writes went away"));
        }
        written
    }
}

impl<'a> Hand<'a> {
    fn new<'scope, 'env>(scope: &'scope Scope<'scope, 'env>) -> Self
    where
        'a: 'scope,
    {
        let (drafts, to_write) = channel::<Vec<Drafted<'a>>>();
        let (give_back, written) = channel();
        scope.spawn(move || {
            while let Ok(drafts) = to_write.recv() {
                if give_back.send(drafts.into_iter().map(Drafted::write).collect()).is_err() {
                    return;
                }
            }
        });
        Self { drafts, written }
    }
}
