//! Every interleaving of small rings, by loom: `scripts/loom`.
//!
//! Each edge of the ring's table has a model, and a *weakened twin* of it, in which that edge alone
//! orders nothing; loom must find the twin's fault. A model whose twin passes proves nothing.

use super::cursor::weaken;
use super::{Edge, RingBuilder};
use crate::event::Slot;
use bytemuck::Zeroable;
use loom::thread;

fn slot(root: u64) -> Slot {
    let mut slot = Slot::zeroed();
    slot.header.root = root;
    slot.words[0] = root * 10;
    slot
}

/// A writer and a reader over a ring of one slot: each event waits for the release of the last.
fn one_slot() {
    let mut ring = RingBuilder::<Slot>::new(1).expect("a power of two");
    ring.reader();
    let (mut producer, mut readers) = ring.build();
    let mut reader = readers.remove(0);
    let writer = thread::spawn(move || {
        for root in 1..=2 {
            while !producer.try_publish(&slot(root)) {
                thread::yield_now();
            }
        }
    });
    for root in 1..=2 {
        loop {
            let mut batch = reader.poll(1);
            if batch.is_empty() {
                thread::yield_now();
                continue;
            }
            assert_eq!((batch.get(0).header.root, batch.get(0).words[0]), (root, root * 10));
            batch.release(1);
            break;
        }
    }
    writer.join().expect("no panic");
}

/// A reader that follows another sees an event, and what the other did with it, afterwards.
fn follower() {
    let mut ring = RingBuilder::<Slot>::new(1).expect("a power of two");
    let first = ring.reader();
    ring.reader_after(&[first]);
    let (mut producer, mut readers) = ring.build();
    let (mut then, mut first) = (readers.remove(1), readers.remove(0));
    assert!(producer.try_publish(&slot(1)));
    let noted = loom::sync::Arc::new(loom::cell::UnsafeCell::new(0_u64));
    let note = noted.clone();
    let before = thread::spawn(move || {
        let mut batch = first.poll(1);
        #[allow(unsafe_code, reason = "loom checks that nobody reads it at this moment")]
        // SAFETY: the other thread reads it only after the release below.
        note.with_mut(|cell| unsafe { *cell = batch.get(0).header.root });
        batch.release(1);
    });
    let batch = then.poll(1);
    if !batch.is_empty() {
        #[allow(unsafe_code, reason = "loom checks that nobody writes it at this moment")]
        // SAFETY: the first reader has released the event.
        let noted = noted.with(|cell| unsafe { *cell });
        assert_eq!(noted, 1, "what the first reader did is visible");
    }
    drop(batch);
    before.join().expect("no panic");
}

/// A reader that finds the ring empty may rely on the bound: every event with a smaller root was
/// visible when the bound was.
fn progress() {
    let mut ring = RingBuilder::<Slot>::new(2).expect("a power of two");
    ring.reader();
    let (mut producer, mut readers) = ring.build();
    let mut reader = readers.remove(0);
    let writer = thread::spawn(move || {
        assert!(producer.try_publish(&slot(3)));
        producer.promise(4);
        producer
    });
    let bound = reader.look();
    let seen = reader.visible();
    assert!(bound < 4 || seen == 1, "bound {bound} was promised, but root 3 is not there");
    let producer = writer.join().expect("no panic");
    drop((producer, reader));
}

/// The same without the rule that the bound is loaded before the cursor.
fn progress_loaded_after() {
    let mut ring = RingBuilder::<Slot>::new(2).expect("a power of two");
    ring.reader();
    let (mut producer, mut readers) = ring.build();
    let mut reader = readers.remove(0);
    let writer = thread::spawn(move || {
        assert!(producer.try_publish(&slot(3)));
        producer.promise(4);
        producer
    });
    reader.look();
    let seen = reader.visible();
    let bound = reader.look();
    assert!(bound < 4 || seen == 1, "bound {bound} was promised, but root 3 is not there");
    let producer = writer.join().expect("no panic");
    drop((producer, reader));
}

fn passes(model: fn()) {
    loom::model(model);
}

/// The twin of a model, in which one edge orders nothing, must fail.
pub(crate) fn fails_without(edge: Edge, model: fn()) {
    let result = std::panic::catch_unwind(move || {
        loom::model(move || {
            let _weak = weaken(edge);
            model();
        });
    });
    assert!(result.is_err(), "the twin without {edge:?} was not caught");
}

#[test]
fn an_event_is_whole_when_it_is_visible_and_not_overwritten_while_it_is_read() {
    passes(one_slot);
}

#[test]
fn without_the_cursors_edge_a_reader_sees_a_slot_being_written() {
    fails_without(Edge::Cursor, one_slot);
}

#[test]
fn without_the_gates_edge_a_writer_overwrites_a_slot_being_read() {
    fails_without(Edge::Gate, one_slot);
}

#[test]
fn a_follower_sees_what_the_reader_before_it_did() {
    passes(follower);
}

#[test]
fn without_the_edge_of_done_a_follower_misses_what_the_reader_before_it_did() {
    fails_without(Edge::Done, follower);
}

#[test]
fn what_a_bound_promises_is_visible_with_it() {
    passes(progress);
}

#[test]
fn without_the_bounds_edge_a_promise_comes_before_its_events() {
    fails_without(Edge::Bound, progress);
}

#[test]
#[should_panic(expected = "root 3 is not there")]
fn a_bound_loaded_after_the_cursor_promises_what_is_not_seen() {
    passes(progress_loaded_after);
}
