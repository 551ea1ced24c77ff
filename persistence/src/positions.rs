//! How far a journal is, for other threads of the process.
#![allow(clippy::disallowed_types, reason = "two words with one writer, read at leisure")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The written and the durable position of a writer, as they were a moment ago: both only grow. A
/// position is the number of events before it, so all events with a smaller sequence are meant.
#[derive(Clone, Debug, Default)]
pub struct Positions {
    words: Arc<[AtomicU64; 2]>,
}

impl Positions {
    pub(crate) fn set(&self, written: u64, durable: u64) {
        self.words[0].store(written, Ordering::Release);
        self.words[1].store(durable, Ordering::Release);
    }

    /// Events handed to the system: they survive the process, not the machine.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.words[0].load(Ordering::Acquire)
    }

    /// Events on the disk.
    #[must_use]
    pub fn durable(&self) -> u64 {
        self.words[1].load(Ordering::Acquire)
    }
}
