//! How long events take from entry to the end of the batch they are handled in.

use super::{Entered, EntryClock, Latencies};
use crate::event::Slot;
use crate::sync::Arc;

/// What one stage measures: notes the roots of events that were handled and reads the clock once per
/// batch.
///
/// Roots that entered together share a time, so events that were handled together are as a rule counted
/// together.
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

    /// These events were handled, in the order of their roots. Root 0, that of what is emitted at the
    /// start, never entered.
    #[inline]
    pub(crate) fn see(&mut self, handled: &[Slot]) {
        if self.source.is_some() {
            self.count(handled);
        }
    }

    fn count(&mut self, handled: &[Slot]) {
        let entered = handled.iter().position(|slot| slot.header.root != 0);
        let handled = &handled[entered.unwrap_or(handled.len())..];
        if self.mask == 0 { self.count_all(handled) } else { self.count_sample(handled) }
    }

    fn count_all(&mut self, mut left: &[Slot]) {
        while let Some(first) = left.first() {
            self.turn_to(first.header.root);
            let (now, later) = left.split_at(Slot::before(left, self.until).len());
            self.count += now.len() as u64;
            left = later;
        }
    }

    /// Goes from one measured root to the next, without a look at what lies between.
    fn count_sample(&mut self, mut left: &[Slot]) {
        while let Some(first) = left.first() {
            let (root, mask) = (first.header.root, self.mask);
            let next = (root + mask) & !mask;
            // Where no root is missing or comes twice, it lies so far ahead.
            let near = left.len().min((next - root) as usize + 1);
            let is_before = |slot: &Slot| slot.header.root < next;
            let from = match &left[..near] {
                [only] if !is_before(only) => 0,
                [.., before, last] if is_before(before) && !is_before(last) => near - 1,
                _ => left.partition_point(is_before),
            };
            left = &left[from..];
            let count = left.iter().take_while(|slot| slot.header.root == next).count();
            if count > 0 {
                self.turn_to(next);
                self.count += count as u64;
                left = &left[count..];
            }
        }
    }

    /// What is counted next entered with this root.
    #[inline]
    fn turn_to(&mut self, root: u64) {
        if root >= self.until {
            self.look_up(root);
        }
    }

    #[inline(never)]
    fn look_up(&mut self, root: u64) {
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
    use bytemuck::Zeroable;
    use std::ops::RangeInclusive;
    use std::time::Duration;

    /// An event of each root.
    fn roots(roots: RangeInclusive<u64>) -> Vec<Slot> {
        let event = |root| {
            let mut slot = Slot::zeroed();
            slot.header.root = root;
            slot
        };
        roots.map(event).collect()
    }

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
        timing.see(&roots(0..=4));
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
        timing.see(&roots(1..=16));
        timing.end_batch();
        assert_eq!(latencies.histogram().len(), 4);
        // Roots that are missing, and that come more than once.
        let uneven = [17, 17, 20, 20, 20, 23, 31, 33, 36, 36, 99];
        let uneven: Vec<_> = uneven.into_iter().flat_map(|root| roots(root..=root)).collect();
        for (events, counted) in [(&uneven[..], 9), (&uneven[3..9], 12), (&uneven[10..], 12)] {
            timing.see(events);
            timing.end_batch();
            assert_eq!(latencies.histogram().len(), counted);
        }
    }
}
