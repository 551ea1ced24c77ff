//! How a lane waits when there is nothing to do.
//!
//! | strategy | spins | then | wakes within | costs |
//! |---|---|---|---|---|
//! | [`Wait::BusySpin`] | for ever | | tens of ns | a whole core |
//! | [`Wait::SpinYield`] | 100 times | yields | tens of ns on a free core | a core nobody else wants |
//! | [`Wait::Backoff`] | 100 times | yields 100 times, then sleeps 50 us to 1 ms | about 1 ms | little |
//! | [`Wait::Park`] | 100 times | sleeps until a neighbour wakes it | tens of us | about nothing |
//!
//! No wake-up is lost: a lane that wants to sleep says so, fences, and looks once more; a lane that
//! has moved something fences and looks who sleeps. One of the two sees the other (Dekker). Lanes
//! without sleeping neighbours pay nothing for it.

#![allow(clippy::disallowed_types, reason = "the word that says who sleeps")]

use crate::metrics::{LaneWord, Words};
use crate::sync::{Arc, AtomicU64, Ordering, fence};
use std::thread::Thread;
use std::time::Duration;

/// How a lane waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wait {
    /// Never gives the core away.
    BusySpin,
    /// Spins a little, then yields to other threads.
    SpinYield,
    /// Spins, yields, then sleeps ever longer, up to a millisecond.
    #[default]
    Backoff,
    /// Spins a little, then sleeps until it is woken.
    Park,
}

impl Wait {
    /// All of them.
    pub const ALL: [Wait; 4] = [Wait::BusySpin, Wait::SpinYield, Wait::Backoff, Wait::Park];

    /// The word in configs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Wait::BusySpin => "busy_spin",
            Wait::SpinYield => "spin_yield",
            Wait::Backoff => "backoff",
            Wait::Park => "park",
        }
    }
}

const SPINS: u32 = 100;
const YIELDS: u32 = 100;
const SHORTEST_SLEEP: Duration = Duration::from_micros(50);
const LONGEST_SLEEP: Duration = Duration::from_millis(1);

/// A parked lane looks around this often even if nobody wakes it, so that a halt by a thread that
/// does not know the lanes is noticed.
const LONGEST_PARK: Duration = Duration::from_millis(100);

/// Where a lane can be woken. Clones are handles to the same bed.
#[derive(Clone, Debug)]
pub(crate) struct Bed(Arc<BedState>);

#[derive(Debug)]
struct BedState {
    asleep: AtomicU64,
    thread: std::sync::OnceLock<Thread>,
}

impl Bed {
    pub(crate) fn new() -> Self {
        let thread = std::sync::OnceLock::new();
        Self(Arc::new(BedState { asleep: AtomicU64::new(0), thread }))
    }

    /// The calling thread is the one that sleeps here.
    pub(crate) fn claim(&self) {
        self.0.thread.get_or_init(std::thread::current);
    }

    /// Wakes the sleeper, if it sleeps. The caller has fenced after what it did.
    #[inline]
    fn wake(&self) {
        if self.0.asleep.load(Ordering::Relaxed) != 0 {
            self.wake_now();
        }
    }

    #[cold]
    pub(crate) fn wake_now(&self) {
        self.0.asleep.store(0, Ordering::Relaxed);
        if let Some(thread) = self.0.thread.get() {
            thread.unpark();
        }
    }

    /// Announces that the caller is about to sleep; it must look for work once more before it does.
    fn announce(&self) {
        self.0.asleep.store(1, Ordering::Relaxed);
        fence(Ordering::SeqCst);
    }

    fn sleep(&self) {
        if self.0.asleep.load(Ordering::Relaxed) != 0 {
            std::thread::park_timeout(LONGEST_PARK);
        }
        self.0.asleep.store(0, Ordering::Relaxed);
    }
}

/// Wakes those of `beds` that sleep, after the caller has moved something they may wait for.
#[inline]
pub(crate) fn wake_all(beds: &[Bed]) {
    if !beds.is_empty() {
        fence(Ordering::SeqCst);
        beds.iter().for_each(Bed::wake);
    }
}

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
            self.bed.0.asleep.store(0, Ordering::Relaxed);
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
            std::hint::spin_loop();
            return;
        }
        match self.wait {
            Wait::BusySpin | Wait::SpinYield => std::thread::yield_now(),
            Wait::Backoff if self.idle <= SPINS + YIELDS => std::thread::yield_now(),
            Wait::Backoff => {
                let doublings = (self.idle - SPINS - YIELDS - 1).min(5);
                let sleep = (SHORTEST_SLEEP * (1 << doublings)).min(LONGEST_SLEEP);
                std::thread::sleep(sleep.min(at_most));
            }
            // The first time the announcement, then the last look, then the sleep.
            Wait::Park if !self.announced => {
                self.announced = true;
                self.bed.announce();
            }
            Wait::Park => {
                self.announced = false;
                self.bed.sleep();
            }
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
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
                (0..SPINS + 2).for_each(|_| waiter.idle(LONGEST_PARK));
                start.elapsed()
            })
        };
        while bed.0.asleep.load(Ordering::Relaxed) == 0 {
            std::thread::yield_now();
        }
        wake_all(&[bed]);
        sleeper.join().expect("no panic");
    }
}
