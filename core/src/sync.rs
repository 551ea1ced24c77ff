//! All atomics and cells of the crate come from here, so that loom can take their place.
//!
//! With `--cfg loom` the types are loom's, and the models beside the ring run every interleaving
//! the memory model allows. Elsewhere they are the standard library's, at no cost.

#![allow(clippy::disallowed_types, reason = "the one place where raw atomics are named")]

#[cfg(loom)]
pub(crate) use loom::{
    cell::UnsafeCell,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering, fence},
    },
};

#[cfg(not(loom))]
pub(crate) use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering, fence},
};

/// Threads that sleep and are woken.
#[cfg(not(loom))]
pub(crate) mod thread {
    pub(crate) use std::thread::{Thread, current, park_timeout};
}

/// Under loom nobody wakes up by himself: a wake-up that is lost is a deadlock, which loom reports.
#[cfg(loom)]
pub(crate) mod thread {
    pub(crate) use loom::thread::{Thread, current};

    pub(crate) fn park_timeout(_longest: std::time::Duration) {
        loom::thread::park();
    }
}
