//! Relays: they take what a link may lose off a stream's writer.
//!
//! ```text
//!  writer --publish--> ring of the stream --> readers that hold it back
//!               \\
//!                `--offer--> relay --> ring of its own --> the link's readers
//! ```
//!
//! What comes when there is no room cannot be dropped, or merged with what waits, by a reader of a
//! shared ring: the one writer cannot skip for one reader. So a relay hangs on the writer's side, on the
//! writer's lane, and always accepts. It counts what it holds back and loses:
//! every event of the stream is handed on, filtered, dropped, conflated, or still waiting.
//!
//! * *drop newest*: what finds no room is dropped.
//! * *conflate*: what finds no room waits, per instrument and kind; a newer event of the same takes the
//!   place of the one that waits, in the queue, too, and *keeps its root*. So the relay's stream stays
//!   in order of root, latency counts from the first of those merged, no instrument is overtaken by
//!   busier ones, and the last event of each is handed on whatever happens. It suits what states a
//!   value, such as quotes, not what adds up, such as trades or changes of a book.
//!
//! What waits is handed on whenever the writer publishes, and at each of its polls, also when it has
//! nothing new; the stream is closed only after that.

use super::conflation::Conflation;
use super::{Fault, guard};
use crate::condition::Condition;
use crate::event::Slot;
use crate::metrics::{RingWord, Words};
use crate::ring::Producer;

/// Told what a relay's condition failed on: the event, its sequence in the stream, and why.
pub(crate) type OnFault = Box<dyn Fn(u64, &Slot, Fault) + Send>;

/// A side way of a stream that may lose events, and never holds its writer back.
pub(crate) struct Relay {
    producer: Producer,
    gate: Option<Gate>,
    /// Events offered.
    offered: u64,
    /// What waits for room; `None` where what finds no room is dropped.
    waiting: Option<Conflation>,
    filtered: u64,
    /// Dropped or conflated.
    lost: u64,
    publications: u64,
    /// Where it counts: the line of its ring.
    counters: Words<RingWord>,
}

/// What events must meet.
pub(crate) struct Gate {
    when: Condition,
    /// The topology halts at once, so nobody goes on without the events that were not asked about.
    on_fault: OnFault,
    failed: bool,
}

impl Gate {
    pub(crate) fn new(when: Condition, on_fault: OnFault) -> Self {
        Self { when, on_fault, failed: false }
    }
}

impl Relay {
    /// A relay that drops what finds no room.
    pub(crate) fn dropping(
        producer: Producer,
        gate: Option<Gate>,
        counters: Words<RingWord>,
    ) -> Self {
        let (offered, filtered, lost, publications) = (0, 0, 0, 0);
        Self { producer, gate, offered, waiting: None, filtered, lost, publications, counters }
    }

    /// A relay that keeps the latest of each instrument and kind; there may be `expected` of them
    /// before it needs more memory.
    pub(crate) fn conflating(
        producer: Producer,
        gate: Option<Gate>,
        expected: usize,
        counters: Words<RingWord>,
    ) -> Self {
        let waiting = Some(Conflation::new(expected));
        Self { waiting, ..Self::dropping(producer, gate, counters) }
    }

    /// Takes events, in their order; they become visible with [`Self::settle`].
    pub(crate) fn offer(&mut self, events: &[Slot]) {
        match self.gate.take() {
            None => events.iter().for_each(|event| self.take(event)),
            Some(mut gate) => {
                self.take_matching(events, &mut gate);
                self.gate = Some(gate);
            }
        }
        self.offered += events.len() as u64;
        self.counters.of(RingWord::Filtered).set(self.filtered);
        let lost = if self.waiting.is_some() { RingWord::Conflated } else { RingWord::Dropped };
        self.counters.of(lost).set(self.lost);
    }

    /// Takes those that the condition lets through, which is user code: where it panics, nothing is
    /// taken from that event on, and whoever publishes goes on as if nothing had happened.
    fn take_matching(&mut self, events: &[Slot], gate: &mut Gate) {
        let mut asked = 0;
        let result = guard(|| {
            for event in events.iter().filter(|_| !gate.failed) {
                if gate.when.matches(event) {
                    self.take(event);
                } else {
                    self.filtered += 1;
                }
                asked += 1;
            }
            Ok(())
        });
        if let Err(fault) = result {
            gate.failed = true;
            (gate.on_fault)(self.offered + asked as u64, &events[asked], fault);
        }
    }

    /// Takes an event and counts the one that is lost for it, if any.
    #[inline]
    fn take(&mut self, event: &Slot) {
        let none_lost = match &mut self.waiting {
            None => self.producer.write(event),
            Some(waiting) if waiting.is_empty() && self.producer.write(event) => true,
            Some(waiting) => waiting.put(event),
        };
        self.lost += u64::from(!none_lost);
    }

    /// Hands on what waits, as far as there is room, and publishes. Gives whether anything moved.
    pub(crate) fn settle(&mut self) -> bool {
        if let Some(waiting) = &mut self.waiting {
            while let Some(event) = waiting.first()
                && self.producer.write(event)
            {
                waiting.remove_first();
            }
        }
        if self.producer.unpublished() == 0 {
            return false;
        }
        self.producer.publish();
        self.publications += 1;
        self.counters.of(RingWord::Published).set(self.producer.sequence());
        self.counters.of(RingWord::Publications).set(self.publications);
        true
    }

    /// Whether anything waits for room.
    pub(crate) fn is_waiting(&self) -> bool {
        self.waiting.as_ref().is_some_and(|waiting| !waiting.is_empty())
    }

    /// The stream promises that no root below `bound` will come; the relay as far as nothing older
    /// waits. Gives whether that is news.
    pub(crate) fn promise(&mut self, bound: u64) -> bool {
        let first = self.waiting.as_ref().and_then(Conflation::first);
        let first = first.map_or(u64::MAX, |event| event.header.root);
        self.producer.promise_if_news(bound.min(first))
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::event::{MarketData, Side};
    use crate::metrics::{Block, Shape};
    use crate::ring::{CLOSED, Reader, RingBuilder};
    use proptest::prelude::*;

    fn event(root: u64, instrument: u32) -> Slot {
        let mut event = MarketData::trade(instrument, root, root as i64, 1, Side::Bid);
        event.header.root = root;
        Slot::from_event(event)
    }

    fn conflating(capacity: usize) -> (Relay, Reader) {
        let mut ring = RingBuilder::<Slot>::new(capacity).expect("a power of two");
        ring.reader();
        let (producer, mut readers) = ring.build();
        let counters = Block::new(Shape { rings: 1, ..Shape::default() }).ring(0);
        (Relay::conflating(producer, None, 1, counters), readers.remove(0))
    }

    #[test]
    fn what_waits_is_not_promised_away_and_is_handed_on_before_the_stream_closes() {
        let (mut relay, mut reader) = conflating(1);
        relay.offer(&[event(1, 1), event(2, 2), event(3, 3)]);
        relay.settle();
        relay.promise(CLOSED);
        assert_eq!(reader.look(), 2, "root 2 waits");
        let mut roots = Vec::new();
        while reader.look() != CLOSED || reader.visible() > 0 {
            roots.push(reader.head().expect("one is there").header.root);
            reader.release(1);
            relay.settle();
            relay.promise(CLOSED);
        }
        assert_eq!(roots, [1, 2, 3]);
    }

    proptest! {
        /// The simplest conflation there is: a list of what waits.
        #[test]
        fn a_conflating_relay_is_like_a_list_in_which_newer_events_take_older_places(
            acts in prop::collection::vec((0..6_usize, 1..5_u32, 0..4_usize), 1..200),
        ) {
            let (mut relay, mut reader) = conflating(2);
            let (mut ring, mut list) = (Vec::<Slot>::new(), Vec::<Slot>::new());
            let (mut root, mut conflated, mut read) = (0, 0, 0);
            for (count, step, releases) in acts {
                let mut events = Vec::new();
                for _ in 0..count {
                    root += 1;
                    let new = event(root, root as u32 * step % 5);
                    events.push(new);
                    let same = |old: &&mut Slot| old.header.instrument == new.header.instrument;
                    if list.is_empty() && ring.len() < 2 {
                        ring.push(new);
                    } else if let Some(old) = list.iter_mut().find(same) {
                        let first = old.header.root;
                        *old = new;
                        old.header.root = first;
                        conflated += 1;
                    } else {
                        list.push(new);
                    }
                }
                relay.offer(&events);
                for _ in 0..=releases {
                    relay.settle();
                    ring.extend(list.drain(..list.len().min(2 - ring.len())));
                    reader.look();
                    let (one, two) = reader.all_visible();
                    prop_assert_eq!([one, two].concat(), ring.clone());
                    prop_assert_eq!(relay.is_waiting(), !list.is_empty());
                    if !ring.is_empty() {
                        ring.remove(0);
                        reader.release(1);
                        read += 1;
                    }
                }
            }
            let handed_on = relay.counters.get(RingWord::Published);
            prop_assert_eq!(relay.counters.get(RingWord::Conflated), conflated);
            prop_assert_eq!(handed_on, read + ring.len() as u64);
            prop_assert_eq!(root, handed_on + conflated + list.len() as u64);
        }
    }
}
