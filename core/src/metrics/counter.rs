//! Counters with one writer.

#![allow(clippy::disallowed_types, reason = "counters are made of it")]

use crate::sync::{AtomicU64, Ordering};

/// A number that one thread writes and any may read. Reads may be late, never torn; two counters
/// read one after the other need not belong to the same moment.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    /// Writes it.
    #[inline]
    pub(crate) fn set(&self, value: u64) {
        self.0.store(value, Ordering::Relaxed);
    }

    /// Reads it.
    #[inline]
    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// Adds to it. Only its writer may: this is a load and a store, not one step.
    #[inline]
    pub(crate) fn add(&self, more: u64) {
        self.set(self.get() + more);
    }

    /// Raises it to a value. Only its writer may.
    #[inline]
    pub(crate) fn raise(&self, value: u64) {
        if value > self.get() {
            self.set(value);
        }
    }
}
