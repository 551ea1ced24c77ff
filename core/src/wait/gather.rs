//! Leaving the writer alone.

use crate::sync::spin_loop;

/// Fewer events than these are few.
const FEW: usize = 64;

/// Hints to the processor: some 0.4 us.
const HINTS: u32 = if cfg!(any(loom, shuttle)) { 1 } else { 16 };

/// Leaves the writer of a ring alone for some 0.4 us, if a poll found few events. For loops of your own
/// that want throughput of single events more than the last microsecond:
///
/// ```
/// # use pitlane::{event::MarketData, ring::RingBuilder, wait::gather};
/// # let mut ring = RingBuilder::<MarketData>::new(256).unwrap();
/// # ring.reader();
/// # let (_producer, mut readers) = ring.build();
/// let mut batch = readers[0].poll(256);
/// // ... handle what is there ...
/// let found = batch.len();
/// batch.release(found);
/// gather(found);
/// ```
///
/// A reader as fast as its writer that looks again at once finds one event, and each look takes the line of
/// the cursor from the writer, which wants it back for the next event. Where nothing was found
/// it does not wait, so that what comes after a silence is not late for it.
pub fn gather(found: usize) {
    if (1..FEW).contains(&found) {
        (0..HINTS).for_each(|_| spin_loop());
    }
}
