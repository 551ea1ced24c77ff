//! All atomics, cells, locks and threads that lanes share come from here, so that others can take
//! their place.
//!
//! | built with | they are | for |
//! |---|---|---|
//! | nothing | the standard library's, at no cost | use |
//! | `--cfg loom` | loom's: every interleaving the memory model allows | models of single edges |
//! | `--cfg shuttle` | shuttle's: many random schedules, sequentially consistent | whole topologies |

#![allow(clippy::disallowed_types, reason = "the one place where raw atomics are named")]

#[cfg(loom)]
pub(crate) use loom::{
    cell::UnsafeCell,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering, fence},
    },
};

#[cfg(shuttle)]
pub(crate) use cell::UnsafeCell;
#[cfg(shuttle)]
pub(crate) use shuttle::{
    hint::spin_loop,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering, fence},
        mpsc,
    },
    thread,
};
#[cfg(shuttle)]
pub(crate) use std::sync::Arc;

#[cfg(not(any(loom, shuttle)))]
pub(crate) use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering, fence},
    },
    thread,
};

#[cfg(not(shuttle))]
pub(crate) use std::{
    hint::spin_loop,
    sync::{Mutex, mpsc},
};

/// Under loom nobody wakes up by himself: a wake-up that is lost is a deadlock, which loom reports.
/// Its models start no lanes, so the rest is the standard library's.
#[cfg(loom)]
pub(crate) mod thread {
    pub(crate) use loom::thread::{Thread, current, yield_now};
    pub(crate) use std::thread::{Builder, JoinHandle, sleep};

    pub(crate) fn park_timeout(_longest: std::time::Duration) {
        loom::thread::park();
    }
}

/// A cell with loom's interface.
#[cfg(shuttle)]
mod cell {
    #[derive(Debug)]
    #[repr(transparent)]
    pub(crate) struct UnsafeCell<T>(std::cell::UnsafeCell<T>);

    impl<T> UnsafeCell<T> {
        pub(crate) fn new(value: T) -> Self {
            Self(std::cell::UnsafeCell::new(value))
        }

        pub(crate) fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
            f(self.0.get())
        }

        pub(crate) fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
            f(self.0.get())
        }
    }
}

/// A number from 1 that was never given before in this process: keys carry it, to be told from those of
/// others. Not one of the words that lanes share, so it is the standard library's in models, too.
pub(crate) fn unique() -> u64 {
    static GIVEN: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);
    GIVEN.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
}
