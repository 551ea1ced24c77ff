//! A lane's waiting.

use super::{Bed, Wait};
use crate::metrics::{LaneWord, Words};
use crate::sync::{spin_loop, thread};
use std::time::Duration;

/// Few of them under shuttle, to which each is a step.
const SPINS: u32 = if cfg!(shuttle) { 1 } else { 100 };
const YIELDS: u32 = 100;
const SHORTEST_SLEEP: Duration = Duration::from_micros(50);
const LONGEST_SLEEP: Duration = Duration::from_millis(1);

/// A lane's waiting: told after each duty cycle whether anything moved.
#[derive(Debug)]
pub(crate) struct Waiter {
    wait: Wait,
    idle: u32,
    bed: Bed,
    announced: bool,
    counters: Option<Words<LaneWord>>,
    clock: quanta::Clock,
    /// When the last wait ended, if nothing has moved since.
    waited: Option<u64>,
}

impl Waiter {
    pub(crate) fn new(wait: Wait, bed: Bed) -> Self {
        let (clock, counters) = (quanta::Clock::new(), None);
        Self { wait, idle: 0, bed, announced: false, counters, clock, waited: None }
    }

    /// Counts the time it waits. The clock is read while there is nothing to do, never else.
    pub(crate) fn count(&mut self, counters: Option<Words<LaneWord>>) {
        self.counters = counters;
    }

    /// Something moved.
    #[inline]
    pub(crate) fn reset(&mut self) {
        self.idle = 0;
        self.waited = None;
        if self.announced {
            self.announced = false;
            self.bed.get_up();
        }
    }

    /// Nothing moved: waits a little, never longer than `at_most`.
    pub(crate) fn idle(&mut self, at_most: Duration) {
        let Some(counters) = self.counters.clone() else { return self.wait(at_most) };
        let from = self.waited.unwrap_or_else(|| self.clock.raw());
        self.wait(at_most);
        let now = self.clock.raw();
        self.waited = Some(now);
        counters.of(LaneWord::IdleNs).add(self.clock.delta_as_nanos(from, now));
        counters.of(LaneWord::Sleeps).add(u64::from(self.idle > SPINS));
    }

    fn wait(&mut self, at_most: Duration) {
        self.idle = self.idle.saturating_add(1);
        if self.idle <= SPINS || self.wait == Wait::BusySpin {
            spin_loop();
            return;
        }
        match self.wait {
            Wait::BusySpin | Wait::SpinYield => thread::yield_now(),
            Wait::Backoff if self.idle <= SPINS + YIELDS => thread::yield_now(),
            Wait::Backoff => {
                let doublings = (self.idle - SPINS - YIELDS - 1).min(5);
                let sleep = (SHORTEST_SLEEP * (1 << doublings)).min(LONGEST_SLEEP);
                thread::sleep(sleep.min(at_most));
            }
            // The first time the announcement, then the last look, then the sleep.
            Wait::Park if !self.announced => {
                self.announced = true;
                self.bed.announce();
            }
            Wait::Park => {
                self.announced = false;
                self.bed.sleep(at_most);
            }
        }
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::super::wake_all;
    use super::*;
    use std::time::Instant;

    #[test]
    fn a_parked_thread_is_woken_by_a_neighbour() {
        let bed = Bed::new();
        let sleeper = {
            let bed = bed.clone();
            std::thread::spawn(move || {
                bed.claim();
                let mut waiter = Waiter::new(Wait::Park, bed);
                let start = Instant::now();
                (0..SPINS + 2).for_each(|_| waiter.idle(Duration::MAX));
                start.elapsed()
            })
        };
        while !bed.is_announced() {
            std::thread::yield_now();
        }
        wake_all(&[bed]);
        sleeper.join().expect("no panic");
    }
}
