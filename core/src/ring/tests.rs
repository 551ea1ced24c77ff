//! The ring against the simplest ring there is: a list and positions in it.

use super::*;
use crate::event::{Event, MarketData, Side};
use proptest::prelude::*;

fn event(price: u64) -> MarketData {
    MarketData::trade(1, price, price as i64, 1, Side::Bid)
}

#[test]
fn a_capacity_that_is_no_power_of_two_is_refused() {
    for capacity in [0, 3, 12, MAX_CAPACITY * 2, usize::MAX] {
        assert_eq!(RingBuilder::<Slot>::new(capacity).err(), Some(CapacityError(capacity)));
    }
}

#[test]
fn producer_waits_for_the_slowest_gate() {
    let mut ring = RingBuilder::<MarketData>::new(4).expect("a power of two");
    ring.reader();
    ring.reader();
    let (mut producer, mut readers) = ring.build();
    (0..4).for_each(|price| assert!(producer.try_publish(&event(price))));
    let mut batch = readers[0].poll(4);
    batch.release(4);
    assert!(!producer.try_publish(&event(4)), "the second reader still holds slot 0");
    readers[1].poll(4).release(1);
    assert!(producer.try_publish(&event(4)));
    assert!(producer.claim(1).is_none());
}

#[test]
fn a_dropped_claim_publishes_nothing() {
    let mut ring = RingBuilder::<MarketData>::new(4).expect("a power of two");
    ring.reader();
    let (mut producer, mut readers) = ring.build();
    if let Some(mut claim) = producer.claim(3) {
        claim.slots().0[0] = event(9);
    }
    assert!(readers[0].poll(4).is_empty());
    let mut claim = producer.claim(2).expect("there is room");
    claim.slots().0.copy_from_slice(&[event(1), event(2)]);
    claim.publish_first(1);
    let batch = readers[0].poll(4);
    assert_eq!(batch.iter().map(|event| event.header.ts_event).collect::<Vec<_>>(), [1]);
}

#[test]
fn what_is_released_in_mid_batch_is_gone_and_the_rest_comes_again() {
    let mut ring = RingBuilder::<MarketData>::new(8).expect("a power of two");
    ring.reader();
    let (mut producer, mut readers) = ring.build();
    (0..8).for_each(|price| assert!(producer.try_publish(&event(price))));
    let mut batch = readers[0].poll(8);
    batch.release(3);
    assert_eq!((batch.len(), batch.sequence()), (5, 3));
    let batch = readers[0].poll(8);
    assert_eq!(
        batch.iter().map(|event| event.header.ts_event).collect::<Vec<_>>(),
        [3, 4, 5, 6, 7]
    );
}

#[test]
fn a_reader_that_is_gone_holds_nobody_back() {
    let mut ring = RingBuilder::<MarketData>::new(2).expect("a power of two");
    let first = ring.reader();
    ring.reader_after(&[first]);
    let (mut producer, mut readers) = ring.build();
    drop(readers.remove(0));
    (0..2).for_each(|price| assert!(producer.try_publish(&event(price))));
    assert_eq!(readers[0].poll(9).len(), 2, "the follower goes on without it");
    drop(readers);
    (0..9).for_each(|price| assert!(producer.try_publish(&event(price))));
}

#[test]
fn a_producer_that_is_gone_closes_the_stream() {
    let mut ring = RingBuilder::<MarketData>::new(2).expect("a power of two");
    ring.reader();
    let (mut producer, mut readers) = ring.build();
    assert!(producer.try_publish(&event(1)));
    drop(producer);
    assert!(!readers[0].is_finished(), "one event is left");
    readers[0].poll(1).release(1);
    assert!(readers[0].is_finished());
}

/// What is done to a ring, and to the list that it must be like.
#[derive(Clone, Debug)]
enum Act {
    Claim { want: usize, publish: usize },
    Publish,
    Read { reader: usize, limit: usize, release: usize },
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        (1..20_usize, 0..20_usize).prop_map(|(want, publish)| Act::Claim { want, publish }),
        Just(Act::Publish),
        (0..3_usize, 1..20_usize, 0..20_usize).prop_map(|(reader, limit, release)| Act::Read {
            reader,
            limit,
            release
        }),
    ];
    prop::collection::vec(act, 1..200)
}

proptest! {
    #[test]
    fn a_ring_is_like_a_list(capacity in 0..5_u32, acts in acts()) {
        let capacity = 1_usize << capacity;
        let mut ring = RingBuilder::<MarketData>::new(capacity).expect("a power of two");
        let first = ring.reader();
        ring.reader();
        ring.reader_after(&[first]);
        let (mut producer, mut readers) = ring.build();
        let mut published = 0_usize;
        let mut released = [0_usize; 3];
        for act in acts {
            let slowest = released.into_iter().min().unwrap_or(0);
            let free = capacity - (published - slowest);
            match act {
                Act::Claim { want, publish } => match producer.claim(want) {
                    None => prop_assert_eq!(free, 0),
                    Some(mut claim) => {
                        prop_assert!(claim.len() <= want.min(free));
                        let publish = publish.min(claim.len());
                        let (one, two) = claim.slots();
                        for (i, slot) in one.iter_mut().chain(two).enumerate() {
                            *slot = event((published + i) as u64);
                        }
                        claim.publish_first(publish);
                        published += publish;
                    }
                },
                Act::Publish => {
                    let done = producer.try_publish(&event(published as u64));
                    prop_assert_eq!(done, free > 0);
                    published += usize::from(done);
                }
                Act::Read { reader, limit, release } => {
                    let end = if reader == 2 { released[0] } else { published };
                    let mut batch = readers[reader].poll(limit);
                    prop_assert_eq!(batch.len(), limit.min(end - released[reader]));
                    for (i, event) in batch.iter().enumerate() {
                        prop_assert_eq!(event.header().ts_event, (released[reader] + i) as u64);
                    }
                    let release = release.min(batch.len());
                    batch.release(release);
                    released[reader] += release;
                }
            }
        }
    }
}
