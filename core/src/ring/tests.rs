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
    assert!(producer.try_publish(&event(4)) && producer.claim(1).is_none());
}

#[test]
fn an_event_written_in_its_place_is_published_and_where_there_is_no_room_nothing_is_written() {
    for lossy in [false, true] {
        let mut ring = RingBuilder::<MarketData>::new(1).expect("a power of two");
        ring.reader();
        if lossy {
            ring.lossy_reader();
        }
        let (mut producer, mut readers, _lossy) = ring.build_with_lossy();
        assert!(producer.try_publish_with(|slot| *slot = event(5)));
        assert!(!producer.try_publish_with(|_| panic!("there is no room")));
        assert_eq!(readers[0].poll(1).get(0), &event(5));
    }
}

#[test]
fn many_are_written_as_one_by_one_as_far_as_there_is_room() {
    // Too small to ask for lines, with and without asking, copied in, and streamed.
    for (capacity, lossy, span) in [
        (4, false, Span::TwoThreads),
        (64, false, Span::Unknown),
        (64, false, Span::OneThread),
        (64, true, Span::TwoThreads),
        (1024, false, Span::TwoThreads),
    ] {
        let mut ring = RingBuilder::<Slot>::new(capacity).expect("a power of two");
        ring.reader();
        if lossy {
            ring.lossy_reader();
        }
        ring.span(span);
        let (mut producer, mut readers, _lossy) = ring.build_with_lossy();
        let (mut next, mut expected) = (0, 0);
        for round in 0..400 {
            let (wanted, free) = (round * 7 % 300, capacity - readers[0].lag() as usize);
            let first = next;
            let written = producer.write_runs(wanted, |at, slots| {
                assert_eq!(first + at as u64, next, "in order");
                for slot in slots {
                    *slot = Slot::from_event(event(next));
                    next += 1;
                }
            });
            assert_eq!((written, next - first), (wanted.min(free), written as u64));
            producer.publish();
            let mut batch = readers[0].poll(1 + round % 250);
            for at in 0..batch.len() {
                assert_eq!(batch.get(at), &Slot::from_event(event(expected)));
                expected += 1;
            }
            let count = batch.len();
            batch.release(count);
        }
        assert!(expected > 200);
    }
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
    assert!(batch.iter().map(|event| event.header.ts_event).eq(3..8));
}

#[test]
fn a_reader_that_is_gone_holds_nobody_back() {
    let mut ring = RingBuilder::<MarketData>::new(2).expect("a power of two");
    let first = ring.reader();
    ring.reader_after(&[first]);
    let (mut producer, mut readers) = ring.build();
    readers.remove(0);
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
    Singly(usize),
    Read { reader: usize, limit: usize, release: usize },
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        (1..20_usize, 0..20_usize).prop_map(|(want, publish)| Act::Claim { want, publish }),
        Just(Act::Publish),
        (0..20_usize).prop_map(Act::Singly),
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
    fn a_ring_is_like_a_list(capacity in 0..8_u32, acts in acts()) {
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
                Act::Singly(count) => {
                    let events = (published..published + count).map(|n| event(n as u64));
                    let done = producer
                        .singly(|out| events.take_while(|event| out.try_publish(event)).count());
                    prop_assert_eq!(done, count.min(free));
                    published += done;
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

/// What is done to a ring with a lossy reader.
#[derive(Clone, Debug)]
enum LossyAct {
    Claim { want: usize, publish: usize },
    Write { count: usize, take_back: usize },
    Singly(u64),
    Take { limit: usize },
}

fn lossy_acts() -> impl Strategy<Value = Vec<LossyAct>> {
    let act = prop_oneof![
        (1..20_usize, 0..20_usize).prop_map(|(want, publish)| LossyAct::Claim { want, publish }),
        (0..9_usize, 0..9_usize)
            .prop_map(|(count, take_back)| LossyAct::Write { count, take_back }),
        (0..20_u64).prop_map(LossyAct::Singly),
        (0..20_usize).prop_map(|limit| LossyAct::Take { limit }),
    ];
    prop::collection::vec(act, 1..200)
}

/// The sequences that a lossy reader takes: the next ones, unless it is more than the ring, less
/// what is announced ahead, behind the writer. Then it begins anew half a ring behind.
struct LossyModel {
    capacity: u64,
    published: u64,
    next: u64,
    gaps: u64,
    /// Whether nothing was read since the last loss.
    in_gap: bool,
}

impl LossyModel {
    /// Checks what was taken when sequences below `written` may have been written.
    fn take(&mut self, limit: usize, written: u64, lost: u64, taken: &[u64]) {
        let ahead = (self.capacity / 8).clamp(1, 32);
        if self.next + self.capacity >= written + ahead {
            assert_eq!(lost, 0, "nothing was overwritten");
        }
        if self.next + self.capacity < written {
            assert!(lost > 0, "what it comes to was overwritten");
        }
        self.gaps += u64::from(lost > 0 && !self.in_gap);
        self.in_gap = taken.is_empty() && (self.in_gap || lost > 0);
        self.next += lost;
        let end = self.published.min(self.next + limit as u64);
        let there: Vec<_> = (self.next..end).collect();
        assert_eq!(taken, there, "in order, whole, and all that are there");
        self.next = end;
    }
}

proptest! {
    #[test]
    fn a_lossy_reader_is_like_a_position_in_a_list(capacity in 0..7_u32, acts in lossy_acts()) {
        let capacity = 1_usize << capacity;
        let mut ring = RingBuilder::<MarketData>::new(capacity).expect("a power of two");
        ring.lossy_reader();
        let (mut producer, _, mut lossy) = ring.build_with_lossy();
        let mut reader = lossy.remove(0);
        let mut model = LossyModel {
            capacity: capacity as u64, published: 0, next: 0, gaps: 0, in_gap: false,
        };
        // Also what was taken back may have been announced.
        let mut written = 0;
        for act in acts {
            match act {
                LossyAct::Claim { want, publish } => {
                    let mut claim = producer.claim(want).expect("nobody holds it back");
                    prop_assert_eq!(claim.len(), want.min(capacity));
                    let publish = publish.min(claim.len());
                    let (one, two) = claim.slots();
                    for (slot, sequence) in one.iter_mut().chain(two).zip(model.published..) {
                        *slot = event(sequence);
                    }
                    claim.publish_first(publish);
                    model.published += publish as u64;
                }
                LossyAct::Write { count, take_back } => {
                    let count = count.min(capacity);
                    let take_back = take_back.min(count);
                    for sequence in (model.published..).take(count) {
                        prop_assert!(producer.write(Slot::of(&event(sequence))));
                    }
                    written = written.max(model.published + count as u64);
                    producer.take_back(take_back);
                    producer.publish();
                    model.published += (count - take_back) as u64;
                }
                LossyAct::Singly(count) => {
                    let end = model.published + count;
                    let mut events = (model.published..end).map(event);
                    prop_assert!(producer.singly(|out| events.all(|event| out.try_publish(&event))));
                    model.published = end;
                }
                LossyAct::Take { limit } => {
                    let mut buffer = vec![event(u64::MAX); limit];
                    let Taken { lost, count } = reader.take(&mut buffer);
                    let taken: Vec<_> =
                        buffer[..count].iter().map(|event| event.header.ts_event).collect();
                    written = written.max(model.published);
                    model.take(limit, written, lost, &taken);
                }
            }
            prop_assert_eq!(reader.sequence(), model.next);
            prop_assert_eq!(reader.read() + reader.lost(), model.next);
            prop_assert_eq!(reader.gaps(), model.gaps);
        }
        drop(producer);
        while !reader.is_finished() {
            reader.take(&mut [event(0); 3]);
        }
        prop_assert_eq!(reader.read() + reader.lost(), model.published);
    }
}

/// An event all of whose words follow from its sequence.
fn patterned(sequence: u64) -> Slot {
    bytemuck::cast([0_u64, 1, 2, 3, 4, 5, 6, 7].map(|word| sequence * 8 + word))
}

#[test]
fn a_lossy_reader_slower_than_its_writer_sees_whole_events_only_and_every_gap_adds_up() {
    let events: u64 = if cfg!(miri) { 200 } else { 2_000_000 };
    for capacity in [1, 2, 8, 64, 1024] {
        let mut ring = RingBuilder::<Slot>::new(capacity).expect("a power of two");
        ring.lossy_reader();
        ring.lossy_reader();
        let (mut producer, _, lossy) = ring.build_with_lossy();
        let readers: Vec<_> = lossy
            .into_iter()
            .enumerate()
            .map(|(slow, mut reader)| {
                std::thread::spawn(move || {
                    let mut buffer = [patterned(0); 16];
                    let (mut next, mut read, mut lost) = (0, 0, 0);
                    while !reader.is_finished() {
                        let taken = reader.take(&mut buffer);
                        next += taken.lost;
                        lost += taken.lost;
                        for event in &buffer[..taken.count] {
                            assert_eq!(*event, patterned(next), "a torn event, or a wrong gap");
                            next += 1;
                        }
                        read += taken.count as u64;
                        (0..slow * 100).for_each(|_| std::hint::spin_loop());
                    }
                    assert_eq!((reader.read(), reader.lost()), (read, lost));
                    assert_eq!(read + lost, events);
                    assert!(reader.gaps() <= lost);
                })
            })
            .collect();
        for sequence in 0..events {
            assert!(producer.try_publish(&patterned(sequence)), "nobody holds it back");
        }
        drop(producer);
        readers.into_iter().for_each(|reader| reader.join().expect("no panic"));
    }
}

fn slot(root: u64) -> Slot {
    let mut event = event(1);
    event.header.root = root;
    Slot::from_event(event)
}

/// A small key of another ring was taken for one of this ring's readers, and the reader followed a
/// stranger.
#[test]
fn a_key_of_another_ring_is_refused_by_name() {
    let mut one = RingBuilder::<Slot>::new(8).expect("a power of two");
    let first = one.reader();
    let mut two = RingBuilder::<Slot>::new(8).expect("a power of two");
    two.reader();
    let refused = std::panic::catch_unwind(move || two.reader_after(&[first]));
    let panic = refused.expect_err("it is of the first ring");
    let message = panic.downcast_ref::<String>().expect("a text");
    assert!(message.contains("is of another ring than number"), "{message}");
    one.reader_after(&[first]);
}

#[test]
fn to_forget_a_claim_or_a_batch_is_to_drop_it() {
    assert!(!std::mem::needs_drop::<Claim<'_, Slot>>());
    assert!(!std::mem::needs_drop::<Batch<'_, Slot>>());
}

#[test]
fn ends_of_a_ring_may_be_dropped_in_any_order() {
    for order in 0..24_usize {
        let mut ring = RingBuilder::<Slot>::new(2).expect("a power of two");
        let first = ring.reader();
        ring.reader_after(&[first]);
        ring.lossy_reader();
        let (producer, readers, mut lossy) = ring.build_with_lossy();
        let [first, then] = <[_; 2]>::try_from(readers).expect("two");
        let (mut producer, mut first, mut then) = (Some(producer), Some(first), Some(then));
        let mut lossy = lossy.pop();
        let mut left = vec![0, 1, 2, 3];
        for choices in (1..=4).rev() {
            let which = left.remove(order / [1, 1, 2, 6][choices - 1] % choices);
            match which {
                0 => drop(producer.take()),
                1 => drop(first.take()),
                2 => drop(then.take()),
                _ => drop(lossy.take()),
            }
            let published = producer.as_mut().is_some_and(|end| end.try_publish(&slot(1)));
            for reader in first.iter_mut().chain(&mut then) {
                let mut batch = reader.poll(2);
                let count = batch.len();
                batch.release(count);
                assert!(count > 0 || !published || !reader.is_finished());
            }
            // Whoever is left holds up nobody, and a producer without gated readers none at all.
            if let Some(producer) = &mut producer {
                assert!(producer.try_publish(&slot(1)), "order {order}");
                first.iter_mut().chain(&mut then).for_each(|reader| {
                    let mut batch = reader.poll(2);
                    batch.release(batch.len());
                });
            }
            let mut copies = [slot(0); 2];
            let taken = lossy.as_mut().map(|reader| reader.take(&mut copies));
            assert!(taken.is_none_or(|taken| taken.count <= 2));
        }
    }
}
