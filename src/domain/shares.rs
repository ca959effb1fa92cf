//! Work that is long enough to be shared by the processors.

use std::num::NonZero;
use std::thread;

/// What `work` makes of the items, in their order: of a share for each processor, or of all at once where they are no more than `few`, since a
/// short piece of work is done before another thread has begun.
pub fn in_shares<T: Sync, R: Send>(items: &[T], few: usize, work: impl Fn(&[T]) -> R + Sync) -> Vec<R> {
    if items.len() <= few {
        return vec![work(items)];
    }
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    let (own, others) = items.split_at(items.len().div_ceil(processors));
    thread::scope(|scope| {
        let work = &work;
        let hands: Vec<_> = others.chunks(own.len()).map(|share| scope.spawn(move || work(share))).collect();
        let mut made = vec![work(own)];
        made.extend(hands.into_iter().map(|hand| hand.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))));
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
