//! When roots entered.

#![allow(clippy::disallowed_types, reason = "a sequence lock is made of them")]

use crate::sync::{AtomicU64, Ordering, fence};

/// A side ring indexed by root: the clock as it was when the root entered. One writer, the
/// sequencer; an entry already overwritten counts as unknown.
///
/// Each entry is a sequence lock: the writer voids the root (fence), writes the time, then names
/// the root; a reader that finds the same root before and after has the time that belongs to it.
#[derive(Debug)]
pub(crate) struct EntryClock {
    entries: Box<[Entry]>,
    every: u64,
}

#[derive(Debug)]
#[repr(align(16))]
struct Entry {
    root: AtomicU64,
    time: AtomicU64,
}

impl EntryClock {
    /// For one root in `every` (a power of two), of which `in_flight` may be under way at once.
    pub(crate) fn new(every: u64, in_flight: usize) -> Self {
        let entries = (in_flight / every as usize).max(64).next_power_of_two();
        let entry = |_| Entry { root: AtomicU64::new(0), time: AtomicU64::new(0) };
        Self { entries: (0..entries).map(entry).collect(), every }
    }

    fn entry(&self, root: u64) -> &Entry {
        let index = (root / self.every) as usize & (self.entries.len() - 1);
        &self.entries[index]
    }

    /// Notes that the roots `first..end` entered at `time`.
    pub(crate) fn note(&self, first: u64, end: u64, time: u64) {
        let mut root = first.next_multiple_of(self.every);
        while root < end {
            let entry = self.entry(root);
            entry.root.store(0, Ordering::Relaxed);
            fence(Ordering::Release);
            entry.time.store(time, Ordering::Relaxed);
            entry.root.store(root, Ordering::Release);
            root += self.every;
        }
    }

    /// When a root entered, if it is one of those noted and not yet overwritten. Root 0, that of
    /// what is emitted at the start, never entered.
    pub(crate) fn entered(&self, root: u64) -> Option<u64> {
        let entry = self.entry(root);
        if root == 0 || entry.root.load(Ordering::Acquire) != root {
            return None;
        }
        let time = entry.time.load(Ordering::Relaxed);
        fence(Ordering::Acquire);
        (entry.root.load(Ordering::Relaxed) == root).then_some(time)
    }

    /// Roots that are multiples of this are noted.
    pub(crate) fn every(&self) -> u64 {
        self.every
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn knows_recent_multiples_and_forgets_old_ones() {
        let clock = EntryClock::new(4, 256);
        assert_eq!(clock.entered(0), None, "nothing enters before the first root");
        clock.note(1, 9, 100);
        assert_eq!(clock.entered(4), Some(100));
        assert_eq!(clock.entered(8), Some(100));
        clock.note(260, 261, 200);
        assert_eq!(clock.entered(4), None, "overwritten a lap later");
        assert_eq!(clock.entered(260), Some(200));
    }
}
