//! Many events at a time.

use super::producer::Producer;
use super::storage::View;
use crate::event::{Event, Slot};
use std::ops::RangeInclusive;

/// Slots of rings to which many events at a time are streamed, past the caches, where the reader is on another core. Its
/// core then fetches them from memory, in place of from the writer's own caches. Between cores that share no cache that
/// was 4 to 7 ns per event in place of 35, between others 5 to 7 in place of 7.4 (`bench/results`). In smaller rings all
/// lines stay in the first-level caches; in larger ones, between cores that share one, in the shared cache: both are
/// faster.
pub(super) const STREAMED: RangeInclusive<u64> = 1024..=32_768;

/// Fewest events worth streaming: what was streamed is waited for before it is published.
pub(super) const FEWEST_STREAMED: usize = 64;

impl<E: Event> Producer<E> {
    /// Lets `write` write the next `count` events, or as many as there is room for, without publishing them: run by
    /// run of slots side by side, each with the number of its first among the `count`. As so many calls of
    /// [`Self::write_with`], with one look at the room for as many as there is room for. Gives how many it was.
    #[inline]
    pub(crate) fn write_runs(
        &mut self,
        count: usize,
        mut write: impl FnMut(usize, &mut [Slot]),
    ) -> usize {
        if self.streams && count >= FEWEST_STREAMED {
            return self.stream_runs(count, write);
        }
        let mut at = 0;
        while at < count && self.has_room() {
            if self.ahead > 0 {
                // Where there are lossy readers, one by one.
                self.write_with(|slot| write(at, std::slice::from_mut(slot)));
                at += 1;
                continue;
            }
            let room = (self.pause_at - self.written) as usize;
            // Loom's cells do not lie side by side.
            let run = if cfg!(loom) { 1 } else { room.min(count - at) };
            let run = self.view.contiguous(self.written, run);
            #[allow(unsafe_code, reason = "the ring's own write")]
            // SAFETY: R2: `pause_at` is at most `free_until`, so all of them lie in `cursor..free_until`; the
            // borrow of the producer keeps others away.
            write(at, unsafe { self.view.slice_mut(self.written, run) });
            self.written += run as u64;
            at += run;
        }
        at
    }

    /// The same past the caches.
    fn stream_runs(&mut self, count: usize, mut write: impl FnMut(usize, &mut [Slot])) -> usize {
        let fence = EndsStreaming(self.view.clone());
        let mut at = 0;
        while at < count {
            // No lines are asked for: they would come to this core's caches.
            if self.written == self.free_until {
                self.look_at_gates();
            }
            let run = self.room().min(count - at).min(self.staging.len());
            let run = self.view.contiguous(self.written, run);
            if run == 0 {
                break;
            }
            write(at, &mut self.staging[..run]);
            #[allow(unsafe_code, reason = "the ring's own write")]
            // SAFETY: R2: all of them lie in `cursor..free_until`, side by side.
            unsafe {
                self.view.stream(self.written, &self.staging[..run]);
            }
            self.written += run as u64;
            at += run;
        }
        drop(fence);
        at
    }
}

/// Ends streaming also where `write` panics: before that nobody may touch what was streamed, its writer neither.
struct EndsStreaming(View);

impl Drop for EndsStreaming {
    #[inline]
    fn drop(&mut self) {
        self.0.end_streaming();
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;
    use crate::ring::{RingBuilder, Span};
    use bytemuck::Zeroable;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    #[test]
    fn what_was_streamed_before_a_panic_is_taken_back_and_its_slots_are_written_anew() {
        let mut ring = RingBuilder::<Slot>::new(1024).expect("a power of two");
        ring.reader();
        ring.span(Span::TwoThreads);
        let (mut producer, mut readers) = ring.build();
        let mark = |slots: &mut [Slot], word| {
            slots.iter_mut().for_each(|slot| {
                *slot = Slot::zeroed();
                slot.words = [word; 4];
            });
        };
        let panics = || {
            producer.write_runs(200, |at, slots| {
                assert!(at < 100, "no more");
                mark(slots, 1);
            })
        };
        assert!(catch_unwind(AssertUnwindSafe(panics)).is_err());
        let whole = producer.unpublished();
        assert!(
            (FEWEST_STREAMED..200).contains(&whole),
            "{whole}: pieces before the panic are there"
        );
        producer.take_back(whole);
        assert_eq!(producer.write_runs(100, |_, slots| mark(slots, 2)), 100);
        producer.publish();
        let batch = readers[0].poll(1024);
        assert_eq!(batch.len(), 100);
        assert!(batch.iter().all(|slot| slot.words == [2; 4]));
    }
}
