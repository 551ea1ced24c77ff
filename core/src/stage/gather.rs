//! How long what a stage emits gathers before it is published.

use std::time::Duration;

/// Most events between two looks at the clock: a look costs about 10 ns.
const LONGEST_STRIDE: u32 = 16;

/// How long what a stage emits gathers before readers see it: until a count, a time, or the end of
/// the poll, whichever comes first.
///
/// The time is looked at after each event while events are slow, after up to 16 while they are fast;
/// so it is kept to within 16 events, and costs under a nanosecond each.
#[derive(Debug)]
pub(crate) struct Gather {
    batch: usize,
    /// Ns; `None` where the count decides alone.
    max_wait: Option<u64>,
    clock: quanta::Clock,
    began: u64,
    looked: u64,
    stride: u32,
    left: u32,
}

impl Gather {
    /// Until the writer's input is drained or its poll ends.
    pub(crate) fn until_drained() -> Self {
        Self::new(usize::MAX, None, quanta::Clock::new())
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
        let batch = batch.max(1);
        Self { batch, max_wait, clock, began: 0, looked: 0, stride: 1, left: 1 }
    }

    /// Whether time counts.
    pub(crate) fn is_timed(&self) -> bool {
        self.max_wait.is_some()
    }

    /// A poll begins; nothing is gathered yet.
    #[inline]
    pub(crate) fn begin(&mut self) {
        if self.max_wait.is_some() {
            self.began = self.clock.raw();
            self.looked = self.began;
        }
    }

    /// After an event, with `gathered` emissions waiting: whether to publish them now.
    #[inline]
    pub(crate) fn is_over(&mut self, gathered: usize) -> bool {
        if gathered >= self.batch {
            return true;
        }
        let Some(max_wait) = self.max_wait else { return false };
        self.left -= 1;
        self.left == 0 && self.look(max_wait)
    }

    #[cold]
    fn look(&mut self, max_wait: u64) -> bool {
        let now = self.clock.raw();
        let slow = self.clock.delta_as_nanos(self.looked, now) >= max_wait / 4;
        self.stride =
            if slow { (self.stride / 2).max(1) } else { (self.stride * 2).min(LONGEST_STRIDE) };
        self.left = self.stride;
        self.looked = now;
        let over = self.clock.delta_as_nanos(self.began, now) >= max_wait;
        if over {
            self.began = now;
        }
        over
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn a_full_batch_is_published_and_a_smaller_one_waits() {
        let (clock, _) = quanta::Clock::mock();
        let mut gather = Gather::until(3, MS, clock);
        gather.begin();
        assert!(!gather.is_over(1) && !gather.is_over(2));
        assert!(gather.is_over(3));
    }

    #[test]
    fn no_wait_publishes_each_at_once() {
        let (clock, _) = quanta::Clock::mock();
        let mut gather = Gather::until(1000, Duration::ZERO, clock);
        gather.begin();
        assert!(gather.is_over(1));
    }

    #[test]
    fn what_waited_too_long_is_published_within_16_events_and_the_wait_begins_anew() {
        let (clock, time) = quanta::Clock::mock();
        let mut gather = Gather::until(1_000_000, MS, clock);
        gather.begin();
        assert!((0..1000).all(|gathered| !gather.is_over(gathered)), "no time has passed");
        time.increment(MS);
        assert!((0..16).any(|gathered| gather.is_over(gathered)));
        assert!((0..1000).all(|gathered| !gather.is_over(gathered)), "it began anew");
    }

    #[test]
    fn slow_events_are_each_looked_at() {
        let (clock, time) = quanta::Clock::mock();
        let mut gather = Gather::until(1_000_000, MS, clock);
        gather.begin();
        assert!((0..40).all(|gathered| !gather.is_over(gathered)), "no time has passed");
        let mut slow = || {
            time.increment(MS);
            gather.is_over(1)
        };
        assert!((0..64).filter(|_| slow()).count() > 32, "ever more of them");
        assert!((0..9).all(|_| slow()), "each one is late and published");
    }
}
