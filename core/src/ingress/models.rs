//! The close under every interleaving, by loom, and its weakened twins: `scripts/loom`.

use super::door::{Side, without};
use super::{IngressOptions, Inlets, PublishError};
use crate::event::{Event, EventType, Slot};
use crate::topology::{Entry, Port};
use bytemuck::Zeroable;
use loom::thread;

/// Counts what enters.
#[derive(Default)]
struct Count(u64);

impl Entry for Count {
    fn port(&self, _: &str, _: EventType) -> Option<Port> {
        None
    }

    fn room(&mut self) -> usize {
        usize::MAX
    }

    fn enter(&mut self, _: Port, events: &[Slot]) -> usize {
        self.0 += events.len() as u64;
        events.len()
    }
}

/// A thread publishes two events, where there is room, while the sequencer closes: both say the same
/// of each of them.
fn close() {
    let mut inlets = Inlets::default();
    let streams = [("feed".into(), Slot::TYPE)];
    let options = IngressOptions { max_producers: 1, capacity: 1, ..IngressOptions::default() };
    let (clock, _) = quanta::Clock::mock();
    let ingress = inlets.open::<Slot>(&streams, "feed", options, clock).expect("sound options");
    let mut producer = ingress.producer().expect("one is free");
    let publisher = thread::spawn(move || {
        let told = [(); 2].map(|()| producer.try_publish(&Slot::zeroed()));
        // Given back by the other thread: the pool's lock is none of loom's.
        (producer, told)
    });
    let mut entered = Count::default();
    inlets.close(true);
    while !inlets.is_drained() {
        inlets.poll(&mut entered);
    }
    let (producer, told) = publisher.join().expect("no panic");
    for told in told {
        match told {
            Ok(position) => assert!(position < entered.0, "{position} was accepted and is lost"),
            Err(PublishError::Closed { position }) => assert_eq!(position, entered.0),
            Err(PublishError::Full) => {}
        }
    }
    let accepted = told.iter().filter(|told| told.is_ok()).count() as u64;
    assert_eq!(accepted, entered.0, "nothing enters that was refused");
    drop(producer);
}

fn fails_without(side: Side) {
    let result = std::panic::catch_unwind(move || {
        loom::model(move || {
            let _without = without(side);
            close();
        });
    });
    assert!(result.is_err(), "the twin without the fence of the {side:?} was not caught");
}

#[test]
fn what_is_published_while_it_closes_is_taken_in_or_refused() {
    loom::model(close);
}

#[test]
fn without_the_producers_fence_an_event_is_accepted_and_lost() {
    fails_without(Side::Producer);
}

#[test]
fn without_the_sequencers_fence_an_event_is_accepted_and_lost() {
    fails_without(Side::Sequencer);
}
