//! How long what a stage emits gathers before it is published.

use std::sync::LazyLock;
use std::time::Duration;

/// Most events between two looks at the clock: a look costs about 10 ns.
const LONGEST_STRIDE: usize = 64;

/// How long what a stage emits gathers before readers see it: until a count, a time, or the end of
/// the poll, whichever comes first.
///
/// Events are handled in runs with a look at the clock between them: runs of one event while events
/// are slow, of up to 64 while they are fast. So the time is kept to within 64 events, and costs a
/// fraction of a nanosecond each.
#[derive(Debug)]
pub(crate) struct Gather {
    batch: usize,
    /// Ns; `None` where the count decides alone.
    max_wait: Option<u64>,
    clock: quanta::Clock,
    began: u64,
    looked: u64,
    stride: usize,
}

impl Gather {
    /// Until the writer's input is drained or its poll ends.
    pub(crate) fn until_drained() -> Self {
        // It is never read; making one asks the processor what it is, which takes tens of microseconds
        // on a virtual machine, and there is one of these per stage.
        static CLOCK: LazyLock<quanta::Clock> = LazyLock::new(quanta::Clock::new);
        Self::new(usize::MAX, None, CLOCK.clone())
    }

    /// Until there are `batch` emissions or `max_wait` has passed; at once where it is zero.
    pub(crate) fn until(batch: usize, max_wait: Duration, clock: quanta::Clock) -> Self {
        if max_wait.is_zero() {
            return Self::new(1, None, clock);
        }
        let ns = u64::try_from(max_wait.as_nanos()).unwrap_or(u64::MAX);
        Self::new(batch, Some(ns), clock)
    }

    fn new(batch: usize, max_wait: Option<u64>, clock: quanta::Clock) -> Self {
        let stride = if max_wait.is_some() { 1 } else { usize::MAX };
        Self { batch: batch.max(1), max_wait, clock, began: 0, looked: 0, stride }
    }

    /// A poll begins; nothing is gathered yet.
    #[inline]
    pub(crate) fn begin(&mut self) {
        if self.max_wait.is_some() {
            self.began = self.clock.raw();
            self.looked = self.began;
        }
    }

    /// Most events to handle before the next look at the clock.
    #[inline]
    pub(crate) fn stride(&self) -> usize {
        self.stride
    }

    /// Whether that many emissions are a batch.
    #[inline]
    pub(crate) fn is_full(&self, gathered: usize) -> bool {
        gathered >= self.batch
    }

    /// Looks at the clock after a run of events: whether what is gathered has waited too long. From
    /// then on the wait begins anew.
    #[inline]
    pub(crate) fn is_late(&mut self) -> bool {
        let Some(max_wait) = self.max_wait else { return false };
        let now = self.clock.raw();
        let slow = self.clock.delta_as_nanos(self.looked, now) >= max_wait / 4;
        self.stride =
            if slow { (self.stride / 2).max(1) } else { (self.stride * 2).min(LONGEST_STRIDE) };
        self.looked = now;
        let late = self.clock.delta_as_nanos(self.began, now) >= max_wait;
        if late {
            self.began = now;
        }
        late
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn a_full_batch_is_published_and_a_smaller_one_waits() {
        let (clock, _) = quanta::Clock::mock();
        let mut gather = Gather::until(3, MS, clock);
        gather.begin();
        assert!(!gather.is_full(2) && !gather.is_late());
        assert!(gather.is_full(3));
    }

    #[test]
    fn no_wait_publishes_each_at_once() {
        let (clock, _) = quanta::Clock::mock();
        let mut gather = Gather::until(1000, Duration::ZERO, clock);
        gather.begin();
        assert!(gather.is_full(1));
    }

    #[test]
    fn what_waited_too_long_is_published_within_64_events_and_the_wait_begins_anew() {
        let (clock, time) = quanta::Clock::mock();
        let mut gather = Gather::until(1_000_000, MS, clock);
        gather.begin();
        assert!((0..1000).all(|_| !gather.is_late()), "no time has passed");
        assert_eq!(gather.stride(), 64, "events are fast");
        time.increment(MS);
        assert!(gather.is_late());
        assert!((0..1000).all(|_| !gather.is_late()), "it began anew");
    }

    #[test]
    fn slow_events_are_each_looked_at() {
        let (clock, time) = quanta::Clock::mock();
        let mut gather = Gather::until(1_000_000, MS, clock);
        gather.begin();
        assert!((0..40).all(|_| !gather.is_late()), "no time has passed");
        for _ in 0..6 {
            time.increment(MS);
            assert!(gather.is_late(), "each run is late and published");
        }
        assert_eq!(gather.stride(), 1, "ever fewer events between two looks");
    }

    #[test]
    fn without_a_time_nothing_is_looked_at() {
        let mut gather = Gather::until_drained();
        gather.begin();
        assert_eq!(gather.stride(), usize::MAX);
        assert!(!gather.is_full(1 << 20) && !gather.is_late());
    }
}
