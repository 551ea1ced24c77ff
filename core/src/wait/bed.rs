//! Where a lane sleeps.
//!
//! No wake-up is lost: a lane that wants to sleep says so, fences, and looks once more; a lane that
//! has moved something fences and looks who sleeps. Whichever fence comes second, its side sees the
//! other (Dekker): without either of them both could look before the other's store is visible, one
//! sleep and the other not wake it. Lanes without sleeping neighbours pay nothing for it.

#![allow(clippy::disallowed_types, reason = "the word that says who sleeps")]

use crate::sync::{Arc, AtomicU64, Ordering, fence, thread};
use std::sync::OnceLock;
use std::time::Duration;
use thread::Thread;

/// A parked lane looks around this often even if nobody wakes it, so that a halt by a thread that
/// does not know the lanes is noticed.
const LONGEST_PARK: Duration = Duration::from_millis(100);

/// Where a lane can be woken. Clones are handles to the same bed.
#[derive(Clone, Debug)]
pub(crate) struct Bed(Arc<BedState>);

#[derive(Debug)]
struct BedState {
    asleep: AtomicU64,
    thread: OnceLock<Thread>,
}

impl Bed {
    pub(crate) fn new() -> Self {
        let thread = OnceLock::new();
        Self(Arc::new(BedState { asleep: AtomicU64::new(0), thread }))
    }

    /// The calling thread is the one that sleeps here.
    pub(crate) fn claim(&self) {
        self.0.thread.get_or_init(thread::current);
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
    pub(super) fn announce(&self) {
        self.0.asleep.store(1, Ordering::Relaxed);
        full_fence(Side::Sleeper);
    }

    /// Takes the announcement back: there was something to do.
    pub(super) fn get_up(&self) {
        self.0.asleep.store(0, Ordering::Relaxed);
    }

    #[cfg(all(test, not(any(loom, shuttle))))]
    pub(super) fn is_announced(&self) -> bool {
        self.0.asleep.load(Ordering::Relaxed) != 0
    }

    /// Sleeps, unless it was woken since the announcement.
    pub(super) fn sleep(&self, at_most: Duration) {
        if self.0.asleep.load(Ordering::Relaxed) != 0 {
            thread::park_timeout(LONGEST_PARK.min(at_most));
        }
        self.0.asleep.store(0, Ordering::Relaxed);
    }
}

/// Wakes the lane of a stage that has put an event off, see [`crate::stage::Outbox::waker`]. Clones are
/// handles to the same lane.
#[derive(Clone, Debug)]
pub struct LaneWaker(Bed);

impl LaneWaker {
    pub(crate) fn of(bed: Bed) -> Self {
        Self(bed)
    }

    /// Wakes the lane if it sleeps, from any thread; it then asks its stages again. What the caller did
    /// before is visible to them.
    pub fn wake(&self) {
        wake_all(std::slice::from_ref(&self.0));
    }
}

/// Wakes those of `beds` that sleep, after the caller has moved something they may wait for.
#[inline]
pub(crate) fn wake_all(beds: &[Bed]) {
    #[cfg(all(test, shuttle))]
    if twin::is_losing() {
        return;
    }
    if !beds.is_empty() {
        full_fence(Side::Waker);
        beds.iter().for_each(Bed::wake);
    }
}

/// The two sides of the handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Sleeper,
    Waker,
}

/// What a side did before is seen by whoever looks after the other side's fence, or the other way
/// round.
#[inline]
fn full_fence(_side: Side) {
    #[cfg(all(test, loom))]
    if super::models::is_missing(_side) {
        return;
    }
    fence(Ordering::SeqCst);
}

/// Weakened twins: topologies in which nobody wakes a neighbour.
#[cfg(all(test, shuttle))]
pub(crate) mod twin {
    use std::cell::Cell;

    // Shuttle runs all its threads on one thread of the system, so this reaches all of them.
    std::thread_local! {
        static LOSING: Cell<bool> = const { Cell::new(false) };
    }

    /// While it lives, wake-ups are lost.
    pub(crate) struct Lost;

    pub(crate) fn lose_wake_ups() -> Lost {
        LOSING.set(true);
        Lost
    }

    pub(super) fn is_losing() -> bool {
        LOSING.get()
    }

    impl Drop for Lost {
        fn drop(&mut self) {
            LOSING.set(false);
        }
    }
}
