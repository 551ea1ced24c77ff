//! The words between a producer and the sequencer, and the fences of the close.
//!
//! ```text
//!          a producer publishes             the sequencer closes
//!      P1  stores its ring's cursor     S1  stores CLOSING
//!      P2  fence                        S2  fence
//!      P3  loads the word               S3  loads the cursor, stores it as the limit
//! ```
//!
//! One of the two fences is first in the one order of all such fences. If the producer's is, the
//! sequencer sees the cursor at S3: what was published lies below the limit and is taken in. If the
//! sequencer's is, the producer sees at P3 that it closes, waits for the limit (one load and one
//! store away) and compares. Either way both say the same of each event. With one of the fences gone,
//! both loads may miss both stores: the producer would report as accepted what nobody takes
//! (`models` has loom find it).
//!
//! Every word has one writer: the sequencer writes `limit`, whoever holds the pool's lock `held`.

#![allow(
    clippy::disallowed_types,
    reason = "the words of the close and their orderings are named here"
)]

use crate::sync::{AtomicU64, Ordering, fence, thread};

/// Whose fence it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// P2.
    Producer,
    /// S2.
    Sequencer,
}

const OPEN: u64 = u64::MAX;
const CLOSING: u64 = u64::MAX - 1;

/// What a producer and the sequencer tell each other beside their ring.
#[derive(Debug)]
#[repr(align(128))]
pub(super) struct Door {
    limit: AtomicU64,
    held: AtomicU64,
}

impl Door {
    pub(super) fn new() -> Self {
        Self { limit: AtomicU64::new(OPEN), held: AtomicU64::new(0) }
    }

    /// P2 and P3, after the producer has published: `None` while it is open, else the limit: events
    /// with smaller sequences are taken in, all others are not.
    #[inline]
    pub(super) fn after_publishing(&self) -> Option<u64> {
        fence_of(Side::Producer);
        self.limit()
    }

    /// The limit, `None` while it is open.
    #[inline]
    pub(super) fn limit(&self) -> Option<u64> {
        loop {
            match self.limit.load(Ordering::Acquire) {
                OPEN => return None,
                CLOSING => thread::yield_now(),
                limit => return Some(limit),
            }
        }
    }

    /// S1 to S3: closes it; `limit` looks at the cursor and gives the limit.
    pub(super) fn close(&self, limit: impl FnOnce() -> u64) {
        self.limit.store(CLOSING, Ordering::Relaxed);
        fence_of(Side::Sequencer);
        self.limit.store(limit(), Ordering::Release);
    }

    /// A thread takes the ring, or gives it back, after its last event.
    pub(super) fn hold(&self, held: bool) {
        self.held.store(held.into(), Ordering::Release);
    }

    /// Whether a thread holds the ring. Where it says no, all that the last one published is visible.
    #[inline]
    pub(super) fn is_held(&self) -> bool {
        self.held.load(Ordering::Acquire) != 0
    }
}

#[cfg(not(all(test, loom)))]
#[inline]
fn fence_of(_side: Side) {
    fence(Ordering::SeqCst);
}

#[cfg(all(test, loom))]
use twin::fence_of;
#[cfg(all(test, loom))]
pub(super) use twin::without;

/// Weakened twins: models in which one side has no fence.
#[cfg(all(test, loom))]
mod twin {
    use super::{Ordering, Side, fence};
    use std::cell::Cell;

    // Loom runs all its threads on one thread of the system, so this reaches all of them.
    std::thread_local! {
        static GONE: Cell<Option<Side>> = const { Cell::new(None) };
    }

    /// While it lives, the side has no fence.
    pub(in crate::ingress) struct Without;

    pub(in crate::ingress) fn without(side: Side) -> Without {
        GONE.set(Some(side));
        Without
    }

    impl Drop for Without {
        fn drop(&mut self) {
            GONE.set(None);
        }
    }

    pub(super) fn fence_of(side: Side) {
        if GONE.get() != Some(side) {
            fence(Ordering::SeqCst);
        }
    }
}
