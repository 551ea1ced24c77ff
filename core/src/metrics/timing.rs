//! How long events take from entry to the end of the batch they are handled in.

use super::{Entered, EntryClock, Latencies};
use crate::sync::Arc;

/// What one stage measures: notes roots as their events are handled and reads the clock once per
/// batch.
///
/// Roots that entered together share a time, so all that an event costs as a rule is one comparison
/// and one addition.
#[derive(Debug)]
pub(crate) struct Timing {
    /// Roots with none of these bits are measured.
    mask: u64,
    /// Roots below entered at `time`.
    until: u64,
    time: Option<u64>,
    count: u64,
    /// Times of earlier roots of this batch, and how many had each.
    groups: Vec<(u64, u64)>,
    source: Option<Source>,
}

#[derive(Debug)]
struct Source {
    entered: Entered,
    clock: quanta::Clock,
    latencies: Arc<Latencies>,
}

impl Timing {
    /// Measures nothing.
    pub(crate) fn off() -> Self {
        let (mask, groups) = (u64::MAX, Vec::new());
        Self { mask, until: 0, time: None, count: 0, groups, source: None }
    }

    /// Measures the roots that are multiples of `every`, a power of two; at most `most` per batch.
    pub(crate) fn new(
        every: u64,
        most: usize,
        entered: Arc<EntryClock>,
        clock: quanta::Clock,
        latencies: Arc<Latencies>,
    ) -> Self {
        let source = Some(Source { entered: Entered::new(entered), clock, latencies });
        Self { mask: every - 1, groups: Vec::with_capacity(most + 1), source, ..Self::off() }
    }

    /// Whether anything is measured.
    #[inline]
    pub(crate) fn is_on(&self) -> bool {
        self.source.is_some()
    }

    /// An event of this root is about to be handled. Root 0, that of what is emitted at the start,
    /// never entered.
    #[inline]
    pub(crate) fn see(&mut self, root: u64) {
        if root & self.mask == 0 && root != 0 {
            if root >= self.until {
                self.turn_to(root);
            }
            self.count += 1;
        }
    }

    /// The event seen last, of this root, was not handled after all. Where its condition failed it was
    /// not seen: then at most one event less is measured.
    #[cold]
    pub(crate) fn unsee(&mut self, root: u64) {
        if root & self.mask == 0 && root != 0 {
            self.count = self.count.saturating_sub(1);
        }
    }

    #[inline(never)]
    fn turn_to(&mut self, root: u64) {
        self.close_group();
        if let Some(source) = &mut self.source {
            (self.time, self.until) = source.entered.look_up(root);
        }
    }

    fn close_group(&mut self) {
        if let (Some(time), 1..) = (self.time, self.count) {
            self.groups.push((time, self.count));
        }
        self.count = 0;
    }

    /// The batch has ended: records what it took.
    #[inline]
    pub(crate) fn end_batch(&mut self) {
        if self.count > 0 || !self.groups.is_empty() {
            self.record();
        }
    }

    fn record(&mut self) {
        self.close_group();
        let Some(Source { clock, latencies, .. }) = &self.source else { return };
        let now = clock.raw();
        for (entered, count) in self.groups.drain(..) {
            latencies.record(clock.delta_as_nanos(entered, now), count);
        }
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn each_event_is_timed_from_the_entry_of_its_batch_to_the_end_of_the_batch_it_is_handled_in() {
        let (clock, time) = quanta::Clock::mock();
        let entries = Arc::new(EntryClock::new(64));
        let latencies = Arc::new(Latencies::new());
        let mut timing = Timing::new(1, 8, entries.clone(), clock.clone(), latencies.clone());
        entries.note(4, clock.raw());
        time.increment(Duration::from_nanos(100));
        entries.note(5, clock.raw());
        time.increment(Duration::from_nanos(20));
        (0..=4).for_each(|root| timing.see(root));
        timing.end_batch();
        let histogram = latencies.histogram();
        assert_eq!((histogram.len(), histogram.count_at(120), histogram.count_at(20)), (4, 3, 1));
    }

    #[test]
    fn of_one_root_in_four_the_others_are_not_counted() {
        let (clock, _) = quanta::Clock::mock();
        let entries = Arc::new(EntryClock::new(64));
        let latencies = Arc::new(Latencies::new());
        let mut timing = Timing::new(4, 8, entries.clone(), clock.clone(), latencies.clone());
        entries.note(100, clock.raw());
        (1..=16).for_each(|root| timing.see(root));
        timing.end_batch();
        assert_eq!(latencies.histogram().len(), 4);
    }
}
