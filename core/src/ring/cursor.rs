//! Words that one thread writes and others watch; the only place that names memory orderings.

#![allow(clippy::disallowed_types, reason = "the ring's words and their orderings are named here")]

use super::Edge;
use crate::sync::{AtomicU64, Ordering};

/// A counter with one writer, one end of a happens-before edge.
#[derive(Debug)]
#[repr(transparent)]
pub(super) struct Cursor(AtomicU64);

impl Cursor {
    #[cfg(loom)]
    pub(super) fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// The writer makes what it did before visible to whoever observes `value`.
    #[inline]
    pub(super) fn advance(&self, edge: Edge, value: u64) {
        self.0.store(value, ordering(edge, Ordering::Release));
    }

    /// What the writer last said; all it did before saying so is visible.
    #[inline]
    pub(super) fn observe(&self, edge: Edge) -> u64 {
        self.0.load(ordering(edge, Ordering::Acquire))
    }
}

#[cfg(not(all(test, loom)))]
#[inline]
fn ordering(_edge: Edge, ordering: Ordering) -> Ordering {
    ordering
}

#[cfg(all(test, loom))]
use twin::ordering;
#[cfg(all(test, loom))]
pub(super) use twin::weaken;

/// Weakened twins: models in which one edge orders nothing.
#[cfg(all(test, loom))]
mod twin {
    use super::{Edge, Ordering};
    use std::cell::Cell;

    // Loom runs all its threads on one thread of the system, so this reaches all of them.
    std::thread_local! {
        static WEAK: Cell<Option<Edge>> = const { Cell::new(None) };
    }

    /// While it lives, the edge orders nothing.
    pub(in crate::ring) struct Weak;

    pub(in crate::ring) fn weaken(edge: Edge) -> Weak {
        WEAK.set(Some(edge));
        Weak
    }

    impl Drop for Weak {
        fn drop(&mut self) {
            WEAK.set(None);
        }
    }

    pub(super) fn ordering(edge: Edge, ordering: Ordering) -> Ordering {
        if WEAK.get() == Some(edge) { Ordering::Relaxed } else { ordering }
    }
}
