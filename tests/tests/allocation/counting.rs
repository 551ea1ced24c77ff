//! Counts what the process allocates.

use pitlane::event::{EventType, Slot};
use pitlane::source::SourceError;
use pitlane::topology::{Entry, Flow, Input, Plan, Port};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use std::alloc::System;
use std::sync::{Mutex, MutexGuard, PoisonError};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// The counter is the process's: one test at a time, with all it prepares.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Whoever holds it may count.
pub(crate) struct Counting {
    _alone: MutexGuard<'static, ()>,
}

impl Counting {
    /// Waits until no other test allocates. To be held from a test's first line to its end.
    pub(crate) fn alone() -> Self {
        Self { _alone: ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner) }
    }

    /// What a closure allocates and does not give back, in bytes, and what it makes.
    pub(crate) fn kept<T>(&self, make: impl FnOnce() -> T) -> (usize, T) {
        let before = ALLOCATOR.stats();
        let made = make();
        let change = ALLOCATOR.stats() - before;
        (change.bytes_allocated.saturating_sub(change.bytes_deallocated), made)
    }

    /// What replaying `events` through a plan allocates at least, in a few tries.
    pub(crate) fn allocated<I: Input>(
        &self,
        events: u64,
        plan: impl Fn() -> Plan,
        input: impl Fn() -> I,
    ) -> Allocated {
        let tries = (0..TRIES).map(|_| replay(events, plan(), input()));
        tries
            .reduce(|least, next| Allocated {
                running: least.running.min(next.running),
                whole_run: least.whole_run.min(next.whole_run),
            })
            .expect("more than no tries")
    }
}

/// Events after which windows are full, instruments known and buffers as large as they get.
const WARM_UP: u64 = 20_000;

/// Runs of which the least counts: the test harness's own thread may allocate beside one, which only
/// ever adds.
const TRIES: usize = 3;

/// Allocations of the process so far, growing ones included.
pub(crate) fn allocations() -> usize {
    let stats = ALLOCATOR.stats();
    stats.allocations + stats.reallocations
}

/// Bytes that the process has allocated so far, those given back included.
pub(crate) fn bytes() -> usize {
    ALLOCATOR.stats().bytes_allocated
}

/// What a run allocated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Allocated {
    /// From the warm-up to the last event that entered.
    pub(crate) running: usize,
    /// From the start, with building it, to the end of the stop.
    pub(crate) whole_run: usize,
}

fn replay(events: u64, plan: Plan, input: impl Input) -> Allocated {
    let mut input = Watched { input, entered: 0, warm: None, last: 0 };
    let checked = plan.check().expect("a sound plan");
    let before = allocations();
    let report = checked.run(&mut input).expect("it runs");
    let whole_run = allocations() - before;
    assert!(report.is_complete(), "{report:?}");
    assert_eq!(report.events, events);
    let idle = report.streams.iter().find(|stream| stream.count == 0);
    assert_eq!(idle, None, "a stream that carries nothing proves nothing");
    let warm = input.warm.expect("more events than the warm-up");
    Allocated { running: input.last - warm, whole_run }
}

/// An input that notes the allocations when the warm-up is over and when the last event has entered.
struct Watched<I> {
    input: I,
    entered: u64,
    warm: Option<usize>,
    last: usize,
}

impl<I: Input> Input for Watched<I> {
    fn poll(&mut self, entry: &mut dyn Entry) -> Result<Flow, SourceError> {
        let flow = self.input.poll(&mut Counted { entry, entered: &mut self.entered });
        if self.entered >= WARM_UP && self.warm.is_none() {
            self.warm = Some(allocations());
        }
        self.last = allocations();
        flow
    }
}

/// An entry that counts what enters.
struct Counted<'a> {
    entry: &'a mut dyn Entry,
    entered: &'a mut u64,
}

impl Entry for Counted<'_> {
    fn port(&self, source: &str, event: EventType) -> Option<Port> {
        self.entry.port(source, event)
    }

    fn room(&mut self) -> usize {
        self.entry.room()
    }

    fn enter(&mut self, port: Port, events: &[Slot]) -> usize {
        let entered = self.entry.enter(port, events);
        *self.entered += entered as u64;
        entered
    }
}
