//! Every interleaving of a lane that falls asleep and a neighbour that has moved something, by loom:
//! `scripts/loom`. The twins lack the fence of one side; loom must find the sleeper that nobody wakes.

#![allow(clippy::disallowed_types, reason = "the word that the neighbour moves")]

use super::bed::Side;
use super::{Bed, wake_all};
use crate::sync::{Arc, AtomicU64, Ordering};
use std::cell::Cell;
use std::time::Duration;

// Loom runs all its threads on one thread of the system, so this reaches all of them.
std::thread_local! {
    static MISSING: Cell<Option<Side>> = const { Cell::new(None) };
}

/// Whether this side's fence is taken out.
pub(super) fn is_missing(side: Side) -> bool {
    MISSING.get() == Some(side)
}

/// What the neighbour moves stands for anything a lane waits for: a cursor, a bound, a gate, a halt.
fn falls_asleep_while_something_moves() {
    let moved = Arc::new(AtomicU64::new(0));
    let bed = Bed::new();
    bed.claim();
    {
        let (moved, bed) = (moved.clone(), bed.clone());
        loom::thread::spawn(move || {
            moved.store(1, Ordering::Release);
            wake_all(&[bed]);
        });
    }
    // Not joined: to loom, a wake-up that is no longer needed would end the wait for the neighbour.
    while moved.load(Ordering::Acquire) == 0 {
        bed.announce();
        if moved.load(Ordering::Acquire) == 0 {
            bed.sleep(Duration::MAX);
        } else {
            bed.get_up();
        }
    }
}

fn fails_without_the_fence_of(side: Side) {
    let result = std::panic::catch_unwind(move || {
        MISSING.set(Some(side));
        loom::model(falls_asleep_while_something_moves);
    });
    MISSING.set(None);
    let panic = result.expect_err("without this fence nothing was found");
    let message = panic.downcast_ref::<String>().expect("loom says what it found");
    assert!(message.contains("deadlock"), "{message}");
}

#[test]
fn a_lane_that_falls_asleep_is_woken() {
    loom::model(falls_asleep_while_something_moves);
}

#[test]
fn without_the_sleepers_fence_a_wake_up_is_lost() {
    fails_without_the_fence_of(Side::Sleeper);
}

#[test]
fn without_the_wakers_fence_a_wake_up_is_lost() {
    fails_without_the_fence_of(Side::Waker);
}
