//! Threads that begin together, each on the core it was given, and what they took.

use pitlane::affinity::{allowed_cores, pin_to};
use pitlane::wait::gather;
use rustix::time::{ClockId, clock_gettime};
use std::hint::spin_loop;
use std::sync::Barrier;
use std::time::{Duration, Instant};

/// Two cores to measure between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cores {
    /// Where events come from.
    pub first: usize,
    /// Where they go.
    pub second: usize,
}

impl Cores {
    /// The first two cores this process may use; `None` where it has but one.
    #[must_use]
    pub fn pick() -> Option<Self> {
        let cores = allowed_cores();
        Some(Self { first: *cores.first()?, second: *cores.get(1)? })
    }

    /// The core for the `index`-th of several threads: one and the other in turn.
    #[must_use]
    pub fn of(self, index: usize) -> usize {
        if index.is_multiple_of(2) { self.first } else { self.second }
    }
}

/// What a team did, and what it took.
#[derive(Clone, Copy, Debug)]
pub struct Ran {
    /// Events that went through, or round trips.
    pub events: u64,
    /// From the first thread's begin to the last one's end.
    pub wall: Duration,
    /// Time on a core, of all threads together.
    pub on_core: Duration,
    /// Cores that were to be busy all the time; 0 where threads rest when there is nothing to do.
    pub cores: usize,
}

impl Ran {
    /// ns per event by the wall.
    #[must_use]
    pub fn ns(&self) -> f64 {
        self.wall.as_nanos() as f64 / self.events.max(1) as f64
    }

    /// ns per event on cores, all threads added up.
    #[must_use]
    pub fn core_ns(&self) -> f64 {
        self.on_core.as_nanos() as f64 / self.events.max(1) as f64
    }

    /// The share that the team had of its cores, of which its threads gave nothing away: what is missing
    /// to 1 went to other programs. 1 where no core was to be busy all the time.
    #[must_use]
    pub fn share(&self) -> f64 {
        if self.cores == 0 {
            return 1.0;
        }
        self.on_core.as_secs_f64() / (self.wall.as_secs_f64() * self.cores as f64)
    }
}

type Work<'a> = Box<dyn FnOnce() -> u64 + Send + 'a>;

/// Threads to be, with what they do; each gives a checksum.
#[derive(Default)]
pub struct Team<'a> {
    members: Vec<(Option<usize>, Work<'a>)>,
}

impl<'a> Team<'a> {
    /// Nobody yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// One more thread, pinned to a core if one is given.
    #[must_use]
    pub fn with(mut self, core: Option<usize>, work: impl FnOnce() -> u64 + Send + 'a) -> Self {
        self.members.push((core, Box::new(work)));
        self
    }

    /// Lets all begin at once and waits for them. Gives what it took, and their sums in order.
    ///
    /// # Panics
    /// Where a thread cannot be pinned, or one panicked.
    #[must_use]
    pub fn run(self, events: u64) -> (Ran, Vec<u64>) {
        let (count, begin) = (self.members.len(), Barrier::new(self.members.len()));
        let ends: Vec<_> = std::thread::scope(|scope| {
            let begin = &begin;
            let member = |(core, work): (Option<usize>, Work<'a>)| {
                scope.spawn(move || {
                    if let Some(core) = core {
                        pin_to(core).expect("a core this process may use");
                    }
                    begin.wait();
                    let start = now();
                    let sum = work();
                    (start, now(), sum)
                })
            };
            let threads: Vec<_> = self.members.into_iter().map(member).collect();
            threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
        });
        let start = ends.iter().map(|(start, _, _)| *start).min().expect("somebody");
        let end = ends.iter().map(|(_, end, _)| *end).max().expect("somebody");
        let (wall, on_core) = (end.0 - start.0, end.1.saturating_sub(start.1));
        let cores = count.min(allowed_cores().len().max(1));
        let sums = ends.into_iter().map(|(_, _, sum)| sum).collect();
        (Ran { events, wall, on_core, cores }, sums)
    }
}

/// Times what the calling thread does, with all threads of this process; as [`Team::run`].
#[must_use]
pub fn timed(cores: usize, events: u64, work: impl FnOnce() -> u64) -> Ran {
    let start = now();
    let done = work();
    let end = now();
    assert_eq!(done, events, "all of them");
    Ran { events, wall: end.0 - start.0, on_core: end.1.saturating_sub(start.1), cores }
}

/// The time, and how long the threads of this process have been on a core.
fn now() -> (Instant, Duration) {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    (Instant::now(), Duration::new(time.tv_sec as u64, time.tv_nsec as u32))
}

/// How a thread waits that finds nothing to do: spins, and where threads outnumber cores gives its
/// core away after some turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pause {
    /// Looks again at once.
    Spin,
    /// Looks again after the processor's hint.
    Hint,
    /// As [`Self::Hint`], and leaves the writer alone after few events: [`gather`].
    Gather,
    /// The same for some 25 us, so that the reader falls behind by more than its cache holds: single events
    /// then come in bulk, by the cache that cores share. Latency is given up for it.
    Lag,
    /// Hints 50 times, then yields each time.
    Yield,
}

/// Fewer events than these are few for [`Pause::Lag`].
const FEW_FOR_LAG: usize = 256;

/// Hints to the processor: some 25 us.
pub const LAG_HINTS: usize = 1000;

impl Pause {
    /// Waits until `take` finds events, and a little more where few came; gives how many.
    #[inline]
    pub fn until_some(self, mut take: impl FnMut() -> usize) -> usize {
        let found = self.until(|| Some(take()).filter(|found| *found > 0));
        match self {
            Self::Gather => gather(found),
            Self::Lag if found < FEW_FOR_LAG => (0..LAG_HINTS).for_each(|_| spin_loop()),
            _ => {}
        }
        found
    }

    /// Waits until `done` gives something.
    #[inline]
    pub fn until<T>(self, mut done: impl FnMut() -> Option<T>) -> T {
        let mut turns = 0_u32;
        loop {
            if let Some(value) = done() {
                return value;
            }
            turns += 1;
            match self {
                Self::Spin => {}
                Self::Yield if turns > 50 => std::thread::yield_now(),
                Self::Hint | Self::Gather | Self::Lag | Self::Yield => spin_loop(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_come_in_the_order_of_the_members() {
        let (ran, sums) = Team::new().with(None, || 1).with(None, || 2).run(7);
        assert_eq!((ran.events, sums), (7, vec![1, 2]));
    }

    #[test]
    fn what_others_took_is_missing_from_the_share() {
        let wall = Duration::from_millis(10);
        let ran = Ran { events: 5, wall, on_core: Duration::from_millis(15), cores: 2 };
        assert_eq!((ran.share(), ran.ns(), ran.core_ns()), (0.75, 2e6, 3e6));
        assert_eq!(Ran { cores: 0, ..ran }.share(), 1.0, "nobody was to be busy");
    }

    #[test]
    fn a_pause_ends_with_what_was_waited_for() {
        for pause in [Pause::Spin, Pause::Hint, Pause::Gather, Pause::Lag, Pause::Yield] {
            let mut turns = 0;
            let found = pause.until(|| {
                turns += 1;
                (turns == 100).then_some(turns)
            });
            assert_eq!(found, 100);
        }
    }
}
