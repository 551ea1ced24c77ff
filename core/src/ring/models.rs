//! Every interleaving of small rings, by loom: `scripts/loom`.
//!
//! Each edge of the ring's table has a model, and a *weakened twin* of it, in which that edge alone
//! orders nothing; loom must find the twin's fault. A model whose twin passes proves nothing.

use super::cursor::weaken;
use super::{Edge, LossyReader, Producer, Reader, RingBuilder};
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
    one_slot_written_by(|mut producer| {
        for root in 1..=2 {
            while !producer.try_publish(&slot(root)) {
                thread::yield_now();
            }
        }
    });
}

/// The same by a run of single events.
fn one_slot_singly() {
    one_slot_written_by(|mut producer| {
        producer.singly(|events| {
            for root in 1..=2 {
                while !events.try_publish(&slot(root)) {
                    thread::yield_now();
                }
            }
        });
    });
}

fn one_slot_written_by(write: fn(Producer)) {
    let mut ring = RingBuilder::<Slot>::new(1).expect("a power of two");
    ring.reader();
    let (producer, mut readers) = ring.build();
    let mut reader = readers.remove(0);
    let writer = thread::spawn(move || write(producer));
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
    promise_seen_by(|reader| {
        let bound = reader.look();
        (bound, reader.visible())
    });
}

/// The same without the rule that the bound is loaded before the cursor.
fn progress_loaded_after() {
    promise_seen_by(|reader| {
        reader.look();
        let seen = reader.visible();
        (reader.look(), seen)
    });
}

/// A writer publishes root 3 and promises 4; the reader finds a bound and a number of events.
fn promise_seen_by(look: fn(&mut Reader) -> (u64, usize)) {
    let mut ring = RingBuilder::<Slot>::new(2).expect("a power of two");
    ring.reader();
    let (mut producer, mut readers) = ring.build();
    let mut reader = readers.remove(0);
    let writer = thread::spawn(move || {
        assert!(producer.try_publish(&slot(3)));
        producer.promise(4);
        producer
    });
    let (bound, seen) = look(&mut reader);
    assert!(bound < 4 || seen == 1, "bound {bound} was promised, but root 3 is not there");
    let producer = writer.join().expect("no panic");
    drop((producer, reader));
}

/// A lossy reader of a ring of one slot, while two events are written: what it takes is whole and
/// where it counts it to be. Under loom a slot's shared words are its root and its first own word.
fn overrun() {
    let mut ring = RingBuilder::<Slot>::new(1).expect("a power of two");
    ring.lossy_reader();
    let (mut producer, _, mut lossy) = ring.build_with_lossy();
    let mut reader = lossy.remove(0);
    let writer = thread::spawn(move || {
        for root in 1..=2 {
            assert!(producer.try_publish(&slot(root)), "no lossy reader holds it back");
        }
    });
    take(&mut reader);
    take(&mut reader);
    writer.join().expect("no panic");
    take(&mut reader);
    assert!(reader.is_finished());
    assert_eq!(reader.read() + reader.lost(), 2);
}

/// Takes an event, if one is there, and looks at it.
fn take(reader: &mut LossyReader) {
    let mut event = [Slot::zeroed()];
    if reader.take(&mut event).count == 1 {
        let sequence = reader.sequence();
        assert_eq!((event[0].header.root, event[0].words[0]), (sequence, sequence * 10), "torn");
    }
}

/// The same where what was written is taken back and written again, which is not announced anew.
fn overrun_after_taking_back() {
    let mut ring = RingBuilder::<Slot>::new(1).expect("a power of two");
    ring.lossy_reader();
    let (mut producer, _, mut lossy) = ring.build_with_lossy();
    let mut reader = lossy.remove(0);
    let writer = thread::spawn(move || {
        assert!(producer.try_publish(&slot(1)));
        assert!(producer.write(&slot(9)));
        producer.take_back(1);
        assert!(producer.try_publish(&slot(2)));
    });
    take(&mut reader);
    writer.join().expect("no panic");
}

/// A gated reader borrows what a lossy one copies at the same time, and the writer goes on.
fn gated_beside_lossy() {
    let mut ring = RingBuilder::<Slot>::new(1).expect("a power of two");
    ring.reader();
    ring.lossy_reader();
    let (mut producer, mut readers, mut lossy) = ring.build_with_lossy();
    let (mut reader, mut beside) = (readers.remove(0), lossy.remove(0));
    assert!(producer.try_publish(&slot(1)));
    let borrowing = thread::spawn(move || {
        let mut batch = reader.poll(1);
        assert_eq!((batch.get(0).header.root, batch.get(0).words[0]), (1, 10));
        batch.release(1);
    });
    let copying = thread::spawn(move || take(&mut beside));
    let _ = producer.try_publish(&slot(2));
    borrowing.join().expect("no panic");
    copying.join().expect("no panic");
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
fn single_events_in_a_run_are_whole_when_they_are_visible_and_not_overwritten_either() {
    passes(one_slot_singly);
    fails_without(Edge::Cursor, one_slot_singly);
    fails_without(Edge::Gate, one_slot_singly);
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

#[test]
fn a_lossy_reader_never_takes_a_torn_event_and_counts_what_it_lost() {
    passes(overrun);
}

#[test]
fn without_the_edge_of_announcements_a_torn_copy_is_taken_as_whole() {
    fails_without(Edge::Announced, overrun);
}

#[test]
fn without_the_cursors_edge_a_lossy_reader_takes_what_is_not_there_yet() {
    fails_without(Edge::Cursor, overrun);
}

#[test]
fn what_is_taken_back_and_written_again_needs_no_second_announcement() {
    passes(overrun_after_taking_back);
}

#[test]
fn without_the_edge_of_announcements_what_is_taken_back_is_taken_as_whole() {
    fails_without(Edge::Announced, overrun_after_taking_back);
}

#[test]
fn a_gated_reader_may_borrow_what_a_lossy_one_copies() {
    passes(gated_beside_lossy);
}

#[test]
fn beside_a_lossy_reader_too_the_gates_edge_keeps_the_writer_from_what_is_read() {
    fails_without(Edge::Gate, gated_beside_lossy);
}
