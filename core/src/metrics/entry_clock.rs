//! When roots entered.

#![allow(clippy::disallowed_types, reason = "a ring that readers may be lapped in is made of them")]

use crate::sync::{Arc, AtomicU64, Ordering, fence};

/// A side ring of the batches that entered: one past the last root of each, and when it did. One
/// writer, the sequencer; what was overwritten counts as unknown.
///
/// Readers hold nothing back: they copy a batch and look afterwards whether the writer has begun to
/// overwrite it meanwhile. Writer: *begun* (relaxed), fence(Release), the batch (relaxed), *noted*
/// (Release). Reader: noted (Acquire), the batch (relaxed), fence(Acquire), begun (relaxed).
#[derive(Debug)]
pub(crate) struct EntryClock {
    batches: Box<[Batch]>,
    /// Batches whose overwriting has begun: one past the last.
    begun: AtomicU64,
    /// Batches that may be read: one past the last.
    noted: AtomicU64,
}

#[derive(Debug)]
#[repr(align(16))]
struct Batch {
    end: AtomicU64,
    time: AtomicU64,
}

impl EntryClock {
    /// For as many batches under way at once; at least 64.
    pub(crate) fn new(batches: usize) -> Self {
        Self::of(batches.max(64).next_power_of_two())
    }

    fn of(batches: usize) -> Self {
        let batch = |_| Batch { end: AtomicU64::new(0), time: AtomicU64::new(0) };
        Self {
            batches: (0..batches).map(batch).collect(),
            begun: AtomicU64::new(0),
            noted: AtomicU64::new(0),
        }
    }

    /// Notes that the roots from the last `end` to this one entered at `time`.
    pub(crate) fn note(&self, end: u64, time: u64) {
        let number = self.begun.load(Ordering::Relaxed);
        self.begun.store(number + 1, Ordering::Relaxed);
        order(Ordering::Release);
        let batch = self.batch(number);
        batch.end.store(end, Ordering::Relaxed);
        batch.time.store(time, Ordering::Relaxed);
        self.noted.store(number + 1, Ordering::Release);
    }

    fn batch(&self, number: u64) -> &Batch {
        &self.batches[number as usize & (self.batches.len() - 1)]
    }

    /// End and time of a batch, unless it is overwritten or not noted yet.
    fn read(&self, number: u64) -> Option<(u64, u64)> {
        if number >= self.noted.load(Ordering::Acquire) {
            return None;
        }
        let batch = self.batch(number);
        let read = (batch.end.load(Ordering::Relaxed), batch.time.load(Ordering::Relaxed));
        order(Ordering::Acquire);
        let begun = self.begun.load(Ordering::Relaxed);
        (number + self.batches.len() as u64 >= begun).then_some(read)
    }

    /// The oldest batch that is surely not overwritten for a while.
    fn oldest(&self) -> u64 {
        let kept = self.batches.len() as u64 / 2;
        self.noted.load(Ordering::Acquire).saturating_sub(kept)
    }
}

/// Someone who looks up roots in their order.
#[derive(Debug)]
pub(crate) struct Entered {
    clock: Arc<EntryClock>,
    /// The batch to look at next.
    next: u64,
}

impl Entered {
    pub(crate) fn new(clock: Arc<EntryClock>) -> Self {
        Self { clock, next: 0 }
    }

    /// When `root` entered, and the first root of which this does not say so; roots asked for never
    /// go back. The time of one that is unknown is `None`.
    pub(crate) fn look_up(&mut self, root: u64) -> (Option<u64>, u64) {
        let mut exact = true;
        loop {
            match self.clock.read(self.next) {
                Some((end, _)) if end <= root => self.next += 1,
                Some((end, time)) => return (exact.then_some(time), end),
                None if self.next < self.clock.oldest() => {
                    // Lapped: where the oldest batch there is begins is not known.
                    self.next = self.clock.oldest();
                    exact = false;
                    continue;
                }
                None => return (None, root + 1),
            }
            exact = true;
        }
    }
}

#[inline]
fn order(side: Ordering) {
    #[cfg(all(test, loom))]
    if models::is_missing() {
        return;
    }
    fence(side);
}

#[cfg(all(test, loom))]
mod models {
    //! Every interleaving of a writer that laps a reader, by loom: `scripts/loom`.

    use super::*;
    use std::cell::Cell;

    std::thread_local! {
        static MISSING: Cell<bool> = const { Cell::new(false) };
    }

    /// Whether the fences are taken out.
    pub(super) fn is_missing() -> bool {
        MISSING.get()
    }

    /// The writer overwrites batches while they are looked up: what is found is a batch that was.
    fn lapped_while_looking() {
        let clock = Arc::new(EntryClock::of(1));
        let writer = {
            let clock = clock.clone();
            loom::thread::spawn(move || (1..=2).for_each(|batch| clock.note(batch * 10, batch)))
        };
        for number in 0..2 {
            if let Some((end, time)) = clock.read(number) {
                assert_eq!((end, time), ((number + 1) * 10, number + 1), "a torn batch");
            }
        }
        writer.join().expect("no panic");
    }

    #[test]
    fn a_batch_that_is_overwritten_while_it_is_read_counts_as_unknown() {
        loom::model(lapped_while_looking);
    }

    #[test]
    fn without_fences_a_torn_batch_is_taken() {
        let result = std::panic::catch_unwind(|| {
            MISSING.set(true);
            loom::model(lapped_while_looking);
        });
        MISSING.set(false);
        assert!(result.is_err(), "nothing was found");
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn a_root_entered_with_its_batch() {
        let clock = Arc::new(EntryClock::new(64));
        let mut entered = Entered::new(clock.clone());
        assert_eq!(entered.look_up(1), (None, 2), "nothing entered yet");
        clock.note(5, 100);
        clock.note(6, 200);
        clock.note(9, 300);
        assert_eq!(entered.look_up(1), (Some(100), 5));
        assert_eq!(entered.look_up(4), (Some(100), 5));
        assert_eq!(entered.look_up(8), (Some(300), 9));
        assert_eq!(entered.look_up(9), (None, 10), "not entered yet");
    }

    #[test]
    fn what_was_overwritten_is_unknown_and_what_comes_after_is_exact() {
        let clock = Arc::new(EntryClock::new(64));
        let mut entered = Entered::new(clock.clone());
        for batch in 1..=200 {
            clock.note(batch * 10, batch);
        }
        let (time, until) = entered.look_up(15);
        assert_eq!(time, None);
        assert_eq!(until, 1690, "the oldest kept for sure");
        assert_eq!(entered.look_up(1690), (Some(170), 1700));
        assert_eq!(entered.look_up(1999), (Some(200), 2000));
    }
}
