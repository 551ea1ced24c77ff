//! Words that one thread writes and others watch; the only place that names memory orderings.

#![allow(clippy::disallowed_types, reason = "the ring's words and their orderings are named here")]

use super::Edge;
use crate::event::Slot;
use crate::sync::{AtomicU64, Ordering, fence};

/// A counter with one writer, one end of a happens-before edge.
#[derive(Debug)]
#[repr(transparent)]
pub(super) struct Cursor(AtomicU64);

impl Cursor {
    #[cfg(any(loom, shuttle))]
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

    /// E5, the writer's end: says that slots up to `value` may be written from now on. Whoever has
    /// read a word that is written after this finds at least `value` announced.
    #[inline]
    pub(super) fn announce(&self, value: u64) {
        self.0.store(value, Ordering::Relaxed);
        fence_of(Edge::Announced, Ordering::Release);
    }

    /// E5, the reader's end: what was announced, at the least, before any word that the caller has
    /// read was written.
    #[inline]
    pub(super) fn announced(&self) -> u64 {
        fence_of(Edge::Announced, Ordering::Acquire);
        self.0.load(Ordering::Relaxed)
    }
}

/// Which words of a slot are shared with lossy readers: all. In models two of them, the root and the
/// first word of the event's own, suffice to tell a torn copy, and keep the models small.
#[cfg(not(any(loom, shuttle)))]
const SHARED_WORDS: [usize; 8] = [0, 1, 2, 3, 4, 5, 6, 7];
#[cfg(any(loom, shuttle))]
const SHARED_WORDS: [usize; 2] = [2, 4];

/// A slot that is written while others may copy it. It orders nothing: E1 and E5 say which copies
/// are whole.
#[derive(Debug)]
#[repr(transparent)]
pub(super) struct Words([AtomicU64; SHARED_WORDS.len()]);

#[cfg(not(any(loom, shuttle)))]
const _: () = assert!(size_of::<Words>() == size_of::<Slot>());

impl Words {
    #[cfg(any(loom, shuttle))]
    pub(super) fn new() -> Self {
        Self(SHARED_WORDS.map(|_| AtomicU64::new(0)))
    }

    /// Writes all words, one by one.
    #[inline]
    pub(super) fn store(&self, slot: &Slot) {
        let words: &[u64; 8] = bytemuck::cast_ref(slot);
        for (shared, which) in self.0.iter().zip(SHARED_WORDS) {
            shared.store(words[which], Ordering::Relaxed);
        }
    }

    /// Reads all words, one by one.
    #[inline]
    pub(super) fn load(&self, slot: &mut Slot) {
        let words: &mut [u64; 8] = bytemuck::cast_mut(slot);
        for (shared, which) in self.0.iter().zip(SHARED_WORDS) {
            words[which] = shared.load(Ordering::Relaxed);
        }
    }
}

#[cfg(not(all(test, loom)))]
#[inline]
fn ordering(_edge: Edge, ordering: Ordering) -> Ordering {
    ordering
}

#[cfg(not(all(test, loom)))]
#[inline]
fn fence_of(_edge: Edge, ordering: Ordering) {
    fence(ordering);
}

#[cfg(all(test, loom))]
pub(super) use twin::weaken;
#[cfg(all(test, loom))]
use twin::{fence_of, ordering};

/// Weakened twins: models in which one edge orders nothing.
#[cfg(all(test, loom))]
mod twin {
    use super::{Edge, Ordering, fence};
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

    pub(super) fn fence_of(edge: Edge, ordering: Ordering) {
        if WEAK.get() != Some(edge) {
            fence(ordering);
        }
    }
}
