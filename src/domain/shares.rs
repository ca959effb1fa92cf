//! Work that is long enough to be shared by the processors.

use std::num::NonZero;
use std::panic::resume_unwind;
use std::thread;

/// More would wait for memory, not for each other.
const MOST_SHARES: usize = 8;

/// What `work` makes of the items, in their order: of a share for each processor, or of all at once where they are no more than `few`, since a
/// short piece of work is done before another thread has begun.
pub fn in_shares<T: Sync, R: Send>(items: &[T], few: usize, work: impl Fn(&[T]) -> R + Sync) -> Vec<R> {
    if items.len() <= few {
        return vec![work(items)];
    }
    let processors = thread::available_parallelism().map_or(1, NonZero::get).min(MOST_SHARES);
    let (own, others) = items.split_at(items.len().div_ceil(processors));
    thread::scope(|scope| {
        let work = &work;
        let spawn = |share| thread::Builder::new().spawn_scoped(scope, move || work(share)).ok();
        let hands: Vec<_> = others.chunks(own.len()).map(|share| (share, spawn(share))).collect();
        let mut made = vec![work(own)];
        for (share, hand) in hands {
            // Where the system gives no thread there is one pair of hands.
            let done = hand.map_or_else(|| work(share), |hand| hand.join().unwrap_or_else(|panic| resume_unwind(panic)));
            made.push(done);
        }
        made
    })
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
    }
}
