//! Work that is long enough to be shared by the processors.

use std::num::NonZero;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{iter, thread};

/// More would wait for memory, not for each other.
const MOST_PROCESSORS: usize = 8;

/// So many shares for each processor: one that was called away does fewer of them, and the others are not kept waiting.
const SHARES_EACH: usize = 8;

/// What `work` makes of the items, share by share and in their order: by all processors, or of all at once where they are no more than `few`,
/// since a short piece of work is done before another thread has begun.
pub fn in_shares<T: Sync, R: Send>(items: &[T], few: usize, work: impl Fn(&[T]) -> R + Sync) -> Vec<R> {
    if items.len() <= few {
        return vec![work(items)];
    }
    let processors = thread::available_parallelism().map_or(1, NonZero::get).min(MOST_PROCESSORS);
    let shares: Vec<&[T]> = items.chunks(items.len().div_ceil(processors * SHARES_EACH)).collect();
    let next = AtomicUsize::new(0);
    let take = || {
        let take_one = || {
            let number = next.fetch_add(1, Ordering::Relaxed);
            shares.get(number).map(|share| (number, work(share)))
        };
        iter::from_fn(take_one).collect::<Vec<_>>()
    };
    let mut made = thread::scope(|scope| {
        // Where the system gives no thread there is one pair of hands.
        let hands: Vec<_> = (1..processors).filter_map(|_| thread::Builder::new().spawn_scoped(scope, take).ok()).collect();
        let mut made = take();
        for hand in hands {
            made.extend(hand.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        made
    });
    made.sort_unstable_by_key(|(number, _)| *number);
    made.into_iter().map(|(_, made)| made).collect()
}

#[cfg(test)]
mod tests {
    use super::in_shares;

    #[test]
    fn shares_keep_their_order() {
        let items: Vec<u32> = (0..1001).collect();
        for few in [0, 1, 1000, 1001] {
            assert_eq!(in_shares(&items, few, <[u32]>::to_vec).concat(), items);
        }
        assert_eq!(in_shares(&[] as &[u32], 0, <[u32]>::len), [0]);
        assert_eq!(in_shares(&[1, 2, 3], 1, <[u32]>::to_vec).concat(), [1, 2, 3]);
    }
}
