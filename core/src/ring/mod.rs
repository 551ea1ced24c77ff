//! The ring: one writer, many readers, slots of one cache line.
//!
//! ```text
//!                     writer line               reader lines
//!            +--------+-------+-----------+   +------+------+   +------+------+
//!            | cursor | bound | announced |   | done | gate |   | done | gate |  ...
//!            +--------+-------+-----------+   +------+------+   +------+------+
//!  slots  ... | 17 | 18 | 19 | 20 | 21 | 22 | 23 | ...        sequence & (capacity - 1)
//!                    gate ^    done ^        ^ cursor: the next sequence to be published
//! ```
//!
//! Nouns, all `u64`, all counted from 0 and never back:
//! * *sequence*: position of an event in its stream.
//! * *cursor*: one past the last published sequence. Written by the producer.
//! * *gate*: sequences below it may be overwritten, as far as this reader is concerned.
//! * *done*: sequences below it were handled by this reader; readers that follow it may take them.
//!   The same as the gate, but for a reader that keeps events aside (a merge that spills).
//! * *bound*: progress + 1, the least root that may still come. [`CLOSED`] when nothing will.
//! * *announced*: one past the last sequence that may be being written. Kept for lossy readers alone.
//!
//! | edge | writer of the word | reader of the word | what becomes visible |
//! |---|---|---|---|
//! | E1 | producer stores cursor (Release) | reader loads it (Acquire) | slots below it |
//! | E2 | reader stores gate (Release) | producer loads it (Acquire) | that the reader is done reading |
//! | E3 | reader stores done (Release) | follower loads it (Acquire) | what the reader did with them |
//! | E4 | producer stores bound (Release) | reader loads it (Acquire), *before* the cursor | every event with a smaller root |
//! | E5 | producer stores announced, then fences (Release), before it writes slots | lossy reader has read words of slots, fences (Acquire), then loads it | that a slot it copied was being overwritten |
//!
//! Invariants, cited by every `unsafe` block:
//! * R1: `cursor - capacity <= gate` and `done <= gate <= cursor` for every reader that is there (one
//!   that was dropped says [`CLOSED`] for both): no slot in `gate..cursor` is written.
//! * R2: only the one [`Producer`] writes slots, and only in `cursor..min(gate) + capacity`.
//! * R3: a [`Reader`] reads only slots in `its gate..cursor as it saw it`, and moves its gate only
//!   while it holds no borrow of a slot.
//! * R4: the block lives as long as any handle, beside which alone views of it are kept; its layout never changes.
//! * R5: where there are lossy readers, slots are written and copied out as relaxed atomic words only,
//!   so that a copy that races with a write is torn, but no data race. Gated readers of such a ring
//!   borrow slots as everywhere: by R1 nobody writes what they hold, what was written before is ordered
//!   by E1, what is written after by E2; and two reads, one plain, one atomic, are never in conflict.
//!
//! A lossy reader's copy of sequence q is whole if `q + capacity >= announced`, loaded after the copy.
//! By E1 no word of it is older than q. Were one younger, of q + capacity or a later lap, the reader
//! would have read a word written after an announcement of at least q + capacity + 1, and by E5 would
//! have found it. Announcements never go back, and one fence serves all words written after it: so the
//! writer may announce several sequences at a time, and what is taken back may be written again.
//!
//! Capacity is a power of two from 1. All memory is taken and touched when the ring is built;
//! nothing is allocated, locked or waited for after. When the ring is full, [`Producer::claim`]
//! gives less or nothing; when it is empty, [`Reader::poll`] gives nothing. Nobody blocks here:
//! who waits, and how, is the lane's business.
//!
//! ```
//! use pitlane::event::{MarketData, Side};
//! use pitlane::ring::RingBuilder;
//!
//! let mut ring = RingBuilder::<MarketData>::new(8)?;
//! let first = ring.reader();
//! let then = ring.reader_after(&[first]);
//! let (mut producer, readers) = ring.build();
//! let [mut first, mut then] = <[_; 2]>::try_from(readers).unwrap();
//!
//! assert!(producer.try_publish(&MarketData::trade(1, 0, 5, 1, Side::Bid)));
//! assert!(then.poll(8).is_empty(), "the first reader is not done yet");
//! let mut batch = first.poll(8);
//! assert_eq!(batch.get(0).as_trade().unwrap().price(), 5);
//! batch.release(1);
//! assert_eq!(then.poll(8).len(), 1);
//! # Ok::<(), pitlane::ring::CapacityError>(())
//! ```

mod cursor;
mod lossy;
#[cfg(all(test, loom))]
mod models;
mod prefetch;
mod producer;
mod reader;
mod runs;
mod singly;
mod storage;
#[cfg(all(test, not(any(loom, shuttle))))]
mod tests;

pub use lossy::{LossyReader, Taken};
#[cfg(all(test, loom))]
pub(crate) use models::fails_without;
pub(crate) use prefetch::prefetch;
pub use producer::{Claim, Producer};
pub use reader::{Batch, Reader};
pub use singly::Singly;

use crate::event::{Event, Slot, check_layout};
use crate::sync::{Arc, unique};
use std::marker::PhantomData;
use storage::Storage;

/// The edges of the table above: which happens-before relation a store or load belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Edge {
    /// E1: published slots.
    Cursor,
    /// E2: slots that may be overwritten.
    Gate,
    /// E3: events that followers may take.
    Done,
    /// E4: progress.
    Bound,
    /// E5: slots that may be being overwritten.
    Announced,
}

/// The bound of a stream to which nothing more will come.
pub const CLOSED: u64 = u64::MAX;

/// Most slots a ring may have: 4 GiB of them.
pub const MAX_CAPACITY: usize = 1 << 26;

/// A capacity that is not a power of two from 1 to [`MAX_CAPACITY`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a ring's capacity is a power of two from 1 to {MAX_CAPACITY}; {0} is not")]
pub struct CapacityError(pub usize);

/// A reader of a ring in the making.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReaderKey {
    /// The builder that gave it.
    ring: u64,
    reader: usize,
}

/// Where the two ends of a ring are, which decides how its lines are best written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Span {
    /// Nobody knows: lines are asked for, which costs little where they are not away.
    Unknown,
    /// Both on one thread: no line is on its way from another core, and none is asked for.
    OneThread,
    /// On two threads, as a rule on two cores: many events at a time go past the writer's caches.
    TwoThreads,
}

/// A ring in the making: first its readers are named, then all is allocated at once.
#[derive(Debug)]
pub struct RingBuilder<E: Event = Slot> {
    /// Tells its keys from those of others.
    id: u64,
    capacity: usize,
    follows: Vec<Box<[usize]>>,
    lossy: usize,
    span: Span,
    event: PhantomData<fn(E)>,
}

impl<E: Event> RingBuilder<E> {
    /// A ring of `capacity` slots.
    ///
    /// # Errors
    /// Unless the capacity is a power of two from 1 to [`MAX_CAPACITY`].
    pub fn new(capacity: usize) -> Result<Self, CapacityError> {
        const { check_layout::<E>() }
        if !capacity.is_power_of_two() || capacity > MAX_CAPACITY {
            return Err(CapacityError(capacity));
        }
        let (follows, event) = (Vec::new(), PhantomData);
        Ok(Self { id: unique(), capacity, follows, lossy: 0, span: Span::Unknown, event })
    }

    /// One more reader.
    pub fn reader(&mut self) -> ReaderKey {
        self.reader_after(&[])
    }

    /// One more reader, which sees an event only after the others are done with it.
    ///
    /// # Panics
    /// When a key is not of this builder: the reader would wait for one that it was never told of.
    pub fn reader_after(&mut self, others: &[ReaderKey]) -> ReaderKey {
        for other in others {
            assert!(other.ring == self.id, "{other:?} is of another ring than number {}", self.id);
        }
        let key = ReaderKey { ring: self.id, reader: self.follows.len() };
        self.follows.push(others.iter().map(|other| other.reader).collect());
        key
    }

    /// One more reader, which never holds the writer back and loses what it is too slow for; see
    /// [`LossyReader`]. Events are then copied in, for all readers.
    pub fn lossy_reader(&mut self) {
        self.lossy += 1;
    }

    /// Says where its ends are.
    pub(crate) fn span(&mut self, span: Span) {
        self.span = span;
    }

    /// The producer, and the gated readers in the order in which they were named.
    #[must_use]
    pub fn build(self) -> (Producer<E>, Vec<Reader<E>>) {
        let (producer, readers, _) = self.build_with_lossy();
        (producer, readers)
    }

    /// The producer, the gated readers in the order in which they were named, and the lossy readers,
    /// which are all alike.
    #[must_use]
    pub fn build_with_lossy(self) -> (Producer<E>, Vec<Reader<E>>, Vec<LossyReader<E>>) {
        let storage = Arc::new(Storage::new(self.capacity, self.follows.len(), self.lossy > 0));
        let reader = |(index, follows)| Reader::new(storage.clone(), index, follows);
        let readers = self.follows.into_iter().enumerate().map(reader).collect();
        let lossy = (0..self.lossy).map(|_| LossyReader::new(storage.clone())).collect();
        (Producer::new(storage, self.span), readers, lossy)
    }
}
