//! The crate `disruptor` as an oracle: the same operations on its ring and on ours deliver the same
//! events in the same order; and both joined end to end lose nothing.
//!
//! ```text
//!  one:  w --> 0        two:  w --> 0       after:  w --> 0 --> 1       diamond:  w --> 0 --> 2
//!                               --> 1                                               --> 1 -->
//! ```

use disruptor::{
    BusySpin, EventPoller, Polling, Producer as _, build_multi_producer, build_single_producer,
};
use pitlane::Tier;
use pitlane::adapters::{Poller, from_disruptor, to_disruptor};
use pitlane::event::{MarketData, Side};
use pitlane::ring::{Producer, Reader, RingBuilder};
use pitlane::testing::Recorder;
use pitlane::topology::{Lanes, Plan};
use proptest::prelude::*;

fn event(number: u64) -> MarketData {
    MarketData::trade(1, number, number as i64, 1, Side::Bid)
}

#[derive(Clone, Copy, Debug)]
enum Shape {
    One,
    Two,
    After,
    Diamond,
}

impl Shape {
    /// For each reader the readers that it follows.
    fn follows(self) -> &'static [&'static [usize]] {
        match self {
            Shape::One => &[&[]],
            Shape::Two => &[&[], &[]],
            Shape::After => &[&[], &[0]],
            Shape::Diamond => &[&[], &[], &[0, 1]],
        }
    }
}

/// A ring, whoever made it.
trait Ring {
    /// Publishes consecutive numbers from `first` on, at most `count`; gives how many.
    fn publish(&mut self, first: u64, count: usize) -> usize;

    /// Takes up to `limit` events by one of its readers.
    fn poll(&mut self, reader: usize, limit: usize) -> Vec<u64>;
}

struct Ours {
    producer: Producer<MarketData>,
    readers: Vec<Reader<MarketData>>,
}

impl Ours {
    fn new(shape: Shape, capacity: usize) -> Self {
        let mut ring = RingBuilder::new(capacity).expect("a power of two");
        let mut keys = Vec::new();
        for follows in shape.follows() {
            let others: Vec<_> = follows.iter().map(|&other| keys[other]).collect();
            keys.push(ring.reader_after(&others));
        }
        let (producer, readers) = ring.build();
        Self { producer, readers }
    }
}

impl Ring for Ours {
    fn publish(&mut self, first: u64, count: usize) -> usize {
        let Some(mut claim) = self.producer.claim(count) else { return 0 };
        let (head, tail) = claim.slots();
        let slots = head.iter_mut().chain(tail);
        (first..).zip(slots).for_each(|(number, slot)| *slot = event(number));
        let count = claim.len();
        claim.publish();
        count
    }

    fn poll(&mut self, reader: usize, limit: usize) -> Vec<u64> {
        let mut batch = self.readers[reader].poll(limit);
        let taken = batch.iter().map(|event| event.header.ts_event).collect();
        // In two steps: it must make no difference.
        batch.release(batch.len() / 2);
        batch.release(batch.len());
        taken
    }
}

type Poll = Box<dyn FnMut(usize) -> Vec<u64>>;

struct Theirs {
    publish: Box<dyn FnMut(u64, usize) -> usize>,
    polls: Vec<Poll>,
}

fn poll<B: 'static>(mut poller: EventPoller<MarketData, B>) -> Poll
where
    EventPoller<MarketData, B>: Poller<MarketData>,
{
    Box::new(move |limit| {
        let mut taken = Vec::new();
        let _ = Poller::take(&mut poller, limit, |event: &MarketData| {
            taken.push(event.header.ts_event)
        });
        taken
    })
}

fn publish(
    mut producer: impl disruptor::Producer<MarketData> + 'static,
) -> Box<dyn FnMut(u64, usize) -> usize> {
    Box::new(move |first, count| {
        let mut publish = |count: usize| {
            producer.try_batch_publish(count, |slots| {
                (first..).zip(slots).for_each(|(number, slot)| *slot = event(number));
            })
        };
        match publish(count) {
            Ok(_) => count,
            Err(missing) => {
                let free = count - missing.0 as usize;
                if free > 0 {
                    publish(free).expect("it said so");
                }
                free
            }
        }
    })
}

impl Theirs {
    fn new(shape: Shape, capacity: usize) -> Self {
        let ring = build_single_producer(capacity, || event(0), BusySpin);
        let (first, ring) = ring.new_event_poller();
        match shape {
            Shape::One => Self { publish: publish(ring.build()), polls: vec![poll(first)] },
            Shape::Two => {
                let (second, ring) = ring.new_event_poller();
                Self { publish: publish(ring.build()), polls: vec![poll(first), poll(second)] }
            }
            Shape::After => {
                let (second, ring) = ring.and_then().new_event_poller();
                Self { publish: publish(ring.build()), polls: vec![poll(first), poll(second)] }
            }
            Shape::Diamond => {
                let (second, ring) = ring.new_event_poller();
                let (third, ring) = ring.and_then().new_event_poller();
                let polls = vec![poll(first), poll(second), poll(third)];
                Self { publish: publish(ring.build()), polls }
            }
        }
    }
}

impl Ring for Theirs {
    fn publish(&mut self, first: u64, count: usize) -> usize {
        (self.publish)(first, count)
    }

    fn poll(&mut self, reader: usize, limit: usize) -> Vec<u64> {
        (self.polls[reader])(limit)
    }
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Publish(usize),
    Poll { reader: usize, limit: usize },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (1..24_usize).prop_map(Step::Publish),
        (0..3_usize, 1..24_usize).prop_map(|(reader, limit)| Step::Poll { reader, limit }),
        (0..3_usize, 1..24_usize).prop_map(|(reader, limit)| Step::Poll { reader, limit }),
    ];
    prop::collection::vec(step, 1..200)
}

/// What each step gave: how many were published, or which were taken.
fn play(ring: &mut dyn Ring, readers: usize, steps: &[Step]) -> Vec<(usize, Vec<u64>)> {
    let mut next = 1;
    let play = |step: &Step| match *step {
        Step::Publish(count) => {
            let published = ring.publish(next, count);
            next += published as u64;
            (published, Vec::new())
        }
        Step::Poll { reader, limit } => (0, ring.poll(reader % readers, limit)),
    };
    steps.iter().map(play).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn the_same_operations_on_a_ring_of_disruptor_and_on_ours_give_the_same_events(
        shape in prop::sample::select(vec![Shape::One, Shape::Two, Shape::After, Shape::Diamond]),
        capacity in (0..6_u32).prop_map(|exponent| 1 << exponent),
        steps in steps(),
    ) {
        let readers = shape.follows().len();
        let ours = play(&mut Ours::new(shape, capacity), readers, &steps);
        let theirs = play(&mut Theirs::new(shape, capacity), readers, &steps);
        for ((ours, theirs), step) in ours.iter().zip(&theirs).zip(&steps) {
            prop_assert_eq!(ours, theirs, "{:?}", step);
        }
    }
}

#[test]
fn what_comes_by_their_ring_and_leaves_by_their_ring_is_all_there_however_small_the_rings() {
    for lanes in [Lanes::Fused, Lanes::Count(1), Lanes::Count(2)] {
        let (poller, source) = build_multi_producer(64, || 0_u64, BusySpin).new_event_poller();
        let source = source.build();
        let (mut sink, drain) = build_single_producer(2, || 0_u64, BusySpin).new_event_poller();
        let seen = Recorder::<MarketData>::new();
        let mut plan = Plan::new();
        let drain = to_disruptor(drain.build(), |event: &MarketData, slot: &mut u64| {
            *slot = event.header.ts_event;
        });
        plan.route::<MarketData>("feed", Tier::FAST, drain);
        plan.route::<MarketData>("feed", Tier::FAST, seen.sink());
        plan.lanes(lanes).capacity(2);
        let running = plan.check().expect("no mistakes").start().expect("it starts");
        let writers = [1_u64, 2].map(|thread| {
            let mut source = source.clone();
            std::thread::spawn(move || {
                (1..=100).for_each(|number| source.publish(|slot| *slot = 1000 * thread + number));
            })
        });
        drop(source);
        let reader = std::thread::spawn(move || {
            let mut taken = Vec::new();
            loop {
                match Poller::take(&mut sink, 64, |number: &u64| taken.push(*number)) {
                    Ok(()) => {}
                    Err(Polling::NoEvents) => std::thread::yield_now(),
                    Err(Polling::Shutdown) => return taken,
                }
            }
        });
        let convert = |number: &u64| Some(event(*number));
        let report = running.run(&mut from_disruptor("feed", poller, convert));
        writers.into_iter().for_each(|writer| writer.join().expect("no panic"));
        assert!(report.is_complete(), "{:?}", report.faults);
        let taken = reader.join().expect("no panic");
        assert!(taken.iter().copied().eq(seen.events().iter().map(|event| event.header.ts_event)));
        for thread in [1, 2] {
            let own = taken.iter().filter(|number| **number / 1000 == thread);
            assert!(own.copied().eq((1..=100).map(|number| 1000 * thread + number)));
        }
    }
}
