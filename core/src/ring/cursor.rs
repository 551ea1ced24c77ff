//! Words that one thread writes and others watch; the only place that names memory orderings.

use crate::sync::{AtomicU64, Ordering};

/// A counter with one writer.
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
    pub(super) fn advance(&self, value: u64) {
        self.0.store(value, Ordering::Release);
    }

    /// What the writer last said; all it did before saying so is visible.
    #[inline]
    pub(super) fn observe(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }
}
