//! What an input reads of a stream that need not wait for it.

use crate::event::Slot;
use crate::ring::LossyReader;
use bytemuck::Zeroable;

/// A lossy reader and the batch it copied last.
pub(super) struct Lossy {
    reader: LossyReader,
    batch: Box<[Slot]>,
    /// The events of the batch that are not handled yet.
    from: usize,
    to: usize,
}

impl Lossy {
    pub(super) fn new(reader: LossyReader, batch: usize) -> Self {
        Self { reader, batch: vec![Slot::zeroed(); batch].into(), from: 0, to: 0 }
    }

    /// Copied events that are not handled yet.
    #[inline]
    pub(super) fn events(&self) -> &[Slot] {
        &self.batch[self.from..self.to]
    }

    /// Looks at the stream, and copies the next batch once the last one is handled. Gives the least
    /// root that may come after what is copied, where more is known than before.
    pub(super) fn look(&mut self) -> Option<u64> {
        let bound = self.reader.look();
        if self.from == self.to {
            (self.from, self.to) = (0, self.reader.copy(&mut self.batch).count);
        }
        if self.reader.behind() == 0 {
            return Some(bound);
        }
        // More is there: nothing with a smaller root than what was copied last.
        self.events().last().map(|event| event.header.root)
    }

    /// The first events of the batch were handled.
    #[inline]
    pub(super) fn release(&mut self, count: usize) {
        assert!(count <= self.to - self.from);
        self.from += count;
    }

    /// Events handled or lost.
    pub(super) fn done(&self) -> u64 {
        self.reader.sequence() - self.events().len() as u64
    }

    /// Events lost, and in how many gaps.
    pub(super) fn losses(&self) -> (u64, u64) {
        (self.reader.lost(), self.reader.gaps())
    }

    /// Published events neither handled nor known to be lost, as far as is known.
    pub(super) fn lag(&self) -> u64 {
        self.events().len() as u64 + self.reader.behind()
    }
}
