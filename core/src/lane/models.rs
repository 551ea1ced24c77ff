//! Every interleaving of writers and what reads them, by loom: `scripts/loom`.

use super::{AnyReader, Failures, Input, Node, NodeParts};
use crate::Names;
use crate::event::Slot;
use crate::ring::{Edge, Producer, Reader, RingBuilder, fails_without};
use crate::stage::{Component, Outbox, each};
use bytemuck::Zeroable;
use loom::thread;
use std::sync::{Arc, Mutex};

fn ring() -> (Producer, Reader) {
    let mut ring = RingBuilder::<Slot>::new(1).expect("a power of two");
    ring.reader();
    let (producer, mut readers) = ring.build();
    (producer, readers.remove(0))
}

/// Publishes one event, promises that no smaller root will come, closes.
fn write(mut producer: Producer, root: u64) {
    let mut slot = Slot::zeroed();
    slot.header.root = root;
    assert!(producer.try_publish(&slot));
    producer.promise(root + 1);
}

type Seen = Arc<Mutex<Vec<u64>>>;

/// A node that notes the roots it is handed.
fn reads<const INPUTS: usize>(readers: [Reader; INPUTS]) -> (Node, Seen) {
    let seen = Seen::default();
    let note = seen.clone();
    let stage: Component = each(move |event: &Slot, _: &mut Outbox| {
        note.lock().expect("no panic").push(event.header.root);
        Ok(())
    })
    .into();
    let inputs =
        readers.map(|reader| Input::new(AnyReader::Gated(reader), 0, None, None, false, None));
    let node = Node::new(NodeParts {
        name: "reads".into(),
        index: 0,
        stage: stage.stage,
        inputs: inputs.into(),
        out: Outbox::new(1, Names::default().into(), 1),
        takes: stage.inputs,
        failures: Failures::new(stage.policy, Vec::new(), quanta::Clock::new()),
        joins: false,
        counters: None,
        limit: 1,
        shared: Default::default(),
    });
    (node, seen)
}

/// Root 1 comes on the second input, root 2 on the first: the merge waits for progress, not for luck.
fn merge() {
    let ((first, first_reader), (second, second_reader)) = (ring(), ring());
    let (mut node, seen) = reads([first_reader, second_reader]);
    let one = thread::spawn(move || write(first, 2));
    let other = thread::spawn(move || write(second, 1));
    while !node.is_finished() {
        if !node.poll().expect("no fault") {
            thread::yield_now();
        }
    }
    one.join().expect("no panic");
    other.join().expect("no panic");
    assert_eq!(*seen.lock().expect("no panic"), [1, 2]);
}

#[test]
fn a_merge_takes_roots_in_order_whichever_writer_is_faster() {
    // Two preemptions suffice for the twin's fault; a third makes it minutes.
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(2);
    model.check(merge);
}

#[test]
fn without_the_bounds_edge_a_merge_takes_a_later_root_first() {
    fails_without(Edge::Bound, merge);
}

/// An event that fills the ring of a lone input between two looks is for the next poll: keeping it
/// aside would take memory while the topology runs.
#[test]
fn a_node_of_one_input_has_moved_when_it_has_handled_something_and_only_then() {
    loom::model(|| {
        let (mut producer, reader) = ring();
        let (mut node, seen) = reads([reader]);
        let writer = thread::spawn(move || {
            let mut slot = Slot::zeroed();
            slot.header.root = 1;
            assert!(producer.try_publish(&slot));
            producer
        });
        let handled = || !seen.lock().expect("no panic").is_empty();
        while !handled() {
            let moved = node.poll().expect("no fault");
            assert_eq!(moved, handled());
            thread::yield_now();
        }
        writer.join().expect("no panic");
    });
}
