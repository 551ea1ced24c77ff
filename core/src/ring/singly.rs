//! A run of single events.

use super::Edge;
use super::producer::Producer;
use super::storage::View;
use crate::event::Event;

impl<E: Event> Producer<E> {
    /// Lets `work` publish one event after the other, each to be seen at once: as so many calls of
    /// [`Self::try_publish`], for loops that publish many.
    ///
    /// A producer counts in memory, where the next call waits for what the last one stored; the loop counts in
    /// registers. To a reader that lags an event then takes 1.3 ns in place of 3.8 (`bench/results`).
    ///
    /// ```
    /// use pitlane::event::{MarketData, Side};
    /// use pitlane::ring::RingBuilder;
    ///
    /// let mut ring = RingBuilder::<MarketData>::new(8)?;
    /// ring.reader();
    /// let (mut producer, mut readers) = ring.build();
    /// let published = producer.singly(|events| {
    ///     (0..10).take_while(|&at| events.try_publish(&MarketData::trade(1, at, 5, 1, Side::Bid))).count()
    /// });
    /// assert_eq!((published, readers[0].poll(10).len()), (8, 8));
    /// # Ok::<(), pitlane::ring::CapacityError>(())
    /// ```
    // A closure, and no value that is handed out: one that was forgotten would leave the producer behind the cursor.
    #[inline]
    pub fn singly<T>(&mut self, work: impl FnOnce(&mut Singly<'_, E>) -> T) -> T {
        debug_assert_eq!(self.written, self.published, "single events while others are staged");
        let view = self.view.clone();
        let (next, pause_at, lossy) = (self.published, self.pause_at, self.ahead > 0);
        work(&mut Singly { producer: self, view, next, pause_at, lossy })
    }

    /// Does what is due before the event `next` is written. Gives whether there is room, and when to ask again.
    ///
    /// Cold, so that the loop around it has the registers.
    #[cold]
    #[inline(never)]
    fn pause_singly(&mut self, next: u64) -> (bool, u64) {
        (self.published, self.written) = (next, next);
        (self.do_what_is_due(), self.pause_at)
    }
}

/// Publishes events one after the other: [`Producer::singly`].
#[derive(Debug)]
pub struct Singly<'a, E: Event> {
    /// Its counts stand still meanwhile.
    producer: &'a mut Producer<E>,
    view: View,
    /// The sequence to be published next.
    next: u64,
    /// As the producer's, which alone sets it.
    pause_at: u64,
    /// Whether there are lossy readers: then events are copied in.
    lossy: bool,
}

impl<E: Event> Singly<'_, E> {
    /// As [`Producer::try_publish`].
    #[must_use = "the event was not published when this is false"]
    #[inline]
    pub fn try_publish(&mut self, event: &E) -> bool {
        self.try_publish_with(|slot| *slot = *event)
    }

    /// As [`Producer::try_publish_with`].
    #[must_use = "the event was not published when this is false"]
    #[inline]
    pub fn try_publish_with(&mut self, fill: impl FnOnce(&mut E)) -> bool {
        if self.next >= self.pause_at {
            // By values: what lends itself to a call lies in memory.
            let (room, pause_at) = self.producer.pause_singly(self.next);
            self.pause_at = pause_at;
            if !room {
                return false;
            }
        }
        if self.lossy {
            self.producer.written = self.next;
            let written = self.producer.write_with(|slot| fill(bytemuck::cast_mut(slot)));
            debug_assert!(written, "there was room");
        } else {
            #[allow(unsafe_code, reason = "the ring's own write")]
            // SAFETY: R2: `next` is the cursor, and below `pause_at`, which is at most `free_until`.
            unsafe {
                self.view.write(self.next, |slot| fill(bytemuck::cast_mut(slot)));
            }
        }
        self.next += 1;
        self.view.writer().cursor.advance(Edge::Cursor, self.next);
        true
    }
}

impl<E: Event> Drop for Singly<'_, E> {
    #[inline]
    fn drop(&mut self) {
        (self.producer.published, self.producer.written) = (self.next, self.next);
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use crate::event::{MarketData, Side};
    use crate::ring::RingBuilder;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    fn trade(price: i64) -> MarketData {
        MarketData::trade(1, 0, price, 1, Side::Bid)
    }

    #[test]
    fn what_was_published_before_a_panic_stays_and_what_was_being_written_does_not() {
        for lossy in [false, true] {
            let mut ring = RingBuilder::<MarketData>::new(64).expect("a power of two");
            ring.reader();
            if lossy {
                ring.lossy_reader();
            }
            let (mut producer, mut readers, _lossy) = ring.build_with_lossy();
            let work = || {
                producer.singly(|events| {
                    (0..20).for_each(|price| assert!(events.try_publish(&trade(price))));
                    events.try_publish_with(|_| panic!("half written"))
                })
            };
            assert!(catch_unwind(AssertUnwindSafe(work)).is_err());
            assert_eq!(producer.sequence(), 20);
            assert!(producer.try_publish(&trade(20)));
            assert!(readers[0].poll(99).iter().copied().eq((0..=20).map(trade)));
        }
    }

    #[test]
    fn events_are_seen_while_the_loop_goes_on() {
        let mut ring = RingBuilder::<MarketData>::new(2).expect("a power of two");
        ring.reader();
        let (mut producer, mut readers) = ring.build();
        producer.singly(|events| {
            for price in 0..5 {
                assert!(events.try_publish(&trade(price)));
                let mut batch = readers[0].poll(2);
                assert_eq!((batch.len(), batch.get(0)), (1, &trade(price)));
                batch.release(1);
            }
        });
    }
}
