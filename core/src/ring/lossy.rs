//! A reader of a ring that never holds the writer back.

use super::storage::Storage;
use super::{CLOSED, Edge};
use crate::event::{Event, Slot};
use crate::sync::Arc;
use std::marker::PhantomData;

/// A reader that never holds the writer back: it copies events out, and loses those that were
/// overwritten before it came to them. It never gives a torn event, and it counts exactly.
///
/// A reader that was overrun goes on half a ring behind the writer, not with the oldest event that is
/// left: that one would be overwritten while it is being copied. It may be N events behind in a ring of
/// N slots before it loses any; up to N/8 (at most 32) fewer, since the writer announces that many at a
/// time, and fewer by what the writer has written and not yet published.
///
/// ```
/// use pitlane::event::{MarketData, Side};
/// use pitlane::ring::{RingBuilder, Taken};
///
/// let mut ring = RingBuilder::<MarketData>::new(8)?;
/// ring.lossy_reader();
/// let (mut producer, _, mut lossy) = ring.build_with_lossy();
/// let mut reader = lossy.remove(0);
///
/// let trade = |price| MarketData::trade(1, 0, price, 1, Side::Bid);
/// for price in 0..20 {
///     assert!(producer.try_publish(&trade(price)), "it never waits for a lossy reader");
/// }
/// let mut events = [trade(0); 3];
/// assert_eq!(reader.take(&mut events), Taken { lost: 16, count: 3 });
/// assert_eq!(events[0].as_trade().unwrap().price(), 16);
/// drop(producer);
/// assert_eq!(reader.take(&mut events), Taken { lost: 0, count: 1 });
/// assert!(reader.is_finished());
/// assert_eq!((reader.read(), reader.lost(), reader.gaps()), (4, 16, 1));
/// # Ok::<(), pitlane::ring::CapacityError>(())
/// ```
#[derive(Debug)]
pub struct LossyReader<E: Event = Slot> {
    storage: Arc<Storage>,
    /// Sequence of the next event to be copied.
    next: u64,
    /// The cursor, as it was when last looked.
    seen: u64,
    lost: u64,
    gaps: u64,
    /// Whether nothing was read since the last loss: what is lost next belongs to the same gap.
    in_gap: bool,
    event: PhantomData<fn(E)>,
}

/// What [`LossyReader::take`] found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Events lost since the last one that was read, as far as this call found out.
    pub lost: u64,
    /// Events copied, which follow those lost; they lie at the beginning of the buffer.
    pub count: usize,
}

impl<E: Event> LossyReader<E> {
    pub(super) fn new(storage: Arc<Storage>) -> Self {
        assert!(storage.is_lossy(), "R5: slots are written as atomic words");
        let event = PhantomData;
        Self { storage, next: 0, seen: 0, lost: 0, gaps: 0, in_gap: false, event }
    }

    /// Copies the next events into `buffer`, as many as are there and fit. Does not wait. What lies
    /// behind [`Taken::count`] in the buffer afterwards is of no meaning.
    pub fn take(&mut self, buffer: &mut [E]) -> Taken {
        self.look();
        self.copy(bytemuck::cast_slice_mut(buffer))
    }

    /// Sequence of the next event to be copied, unless it is lost: all before it were read or lost.
    #[must_use]
    pub fn sequence(&self) -> u64 {
        self.next
    }

    /// Events copied so far.
    #[must_use]
    pub fn read(&self) -> u64 {
        self.next - self.lost
    }

    /// Events lost so far. Those read and those lost are all that came before
    /// [`Self::sequence`].
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.lost
    }

    /// How many times events were lost, those side by side counted once.
    #[must_use]
    pub fn gaps(&self) -> u64 {
        self.gaps
    }

    /// How many published events were neither read nor counted as lost. More may be published
    /// meanwhile; those counted here may turn out to be lost.
    #[must_use]
    pub fn lag(&self) -> u64 {
        self.storage.writer().cursor.observe(Edge::Cursor) - self.next
    }

    /// Whether the producer is gone and everything was read or lost.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        // The bound is loaded before the cursor (E4): when it says closed, the cursor is final.
        self.storage.writer().bound.observe(Edge::Bound) == CLOSED && self.lag() == 0
    }

    /// Loads bound and cursor, in this order; gives the bound.
    #[inline]
    pub(crate) fn look(&mut self) -> u64 {
        let bound = self.storage.writer().bound.observe(Edge::Bound); // before the cursor
        self.seen = self.storage.writer().cursor.observe(Edge::Cursor);
        bound
    }

    /// Published events, as far as is known, neither copied nor counted as lost.
    #[inline]
    pub(crate) fn behind(&self) -> u64 {
        self.seen - self.next
    }

    /// Copies events that are known to be published.
    pub(crate) fn copy(&mut self, buffer: &mut [Slot]) -> Taken {
        let oldest = self.oldest();
        let skipped = if self.next < oldest { self.skip(oldest) } else { 0 };
        let copied = buffer.len().min(self.behind() as usize);
        for (event, sequence) in buffer[..copied].iter_mut().zip(self.next..) {
            #[allow(unsafe_code, reason = "the ring's own read")]
            // SAFETY: R5: there are lossy readers, this one.
            unsafe {
                self.storage.load(sequence, event);
            }
        }
        // Only now is it known which copies are whole (E5).
        let torn = self.oldest().saturating_sub(self.next).min(copied as u64);
        let count = copied - torn as usize;
        buffer.copy_within(torn as usize..copied, 0);
        self.next += copied as u64;
        let taken = Taken { lost: skipped + torn, count };
        self.note(taken);
        taken
    }

    /// The oldest sequence of which every copy made so far is whole.
    #[inline]
    fn oldest(&self) -> u64 {
        self.storage.writer().announced.announced().saturating_sub(self.storage.capacity())
    }

    /// After an overrun: goes on half a ring behind the writer, or with what is left where that is
    /// less. Gives how many events that skips.
    #[cold]
    fn skip(&mut self, oldest: u64) -> u64 {
        let half = (self.storage.capacity() / 2).max(1);
        let to = self.seen.saturating_sub(half).max(oldest).min(self.seen);
        to - std::mem::replace(&mut self.next, to)
    }

    #[inline]
    fn note(&mut self, taken: Taken) {
        self.lost += taken.lost;
        self.gaps += u64::from(taken.lost > 0 && !self.in_gap);
        self.in_gap = taken.count == 0 && (self.in_gap || taken.lost > 0);
    }
}
