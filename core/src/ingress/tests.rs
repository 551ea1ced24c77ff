//! The merge and the close, step by step and with threads.

use super::*;
use crate::Tier;
use crate::event::{Event, EventType, MarketData, Side, Slot};
use crate::ring::CapacityError;
use crate::stage::{Fault, Outbox, each};
use crate::testing::Recorder;
use crate::topology::{Entry, Lanes, Plan, Port};
use proptest::prelude::*;
use quanta::{Clock, Mock};
use std::sync::Arc;
use std::time::Duration;

/// What entered, as (time, price), and how much more may.
struct Entered {
    seen: Vec<(u64, i64)>,
    room: usize,
}

impl Entered {
    fn new() -> Self {
        Self { seen: Vec::new(), room: usize::MAX }
    }

    fn prices(&self) -> Vec<i64> {
        self.seen.iter().map(|(_, price)| *price).collect()
    }
}

impl Entry for Entered {
    fn port(&self, _: &str, _: EventType) -> Option<Port> {
        None
    }

    fn room(&mut self) -> usize {
        self.room
    }

    fn enter(&mut self, _: Port, events: &[Slot]) -> usize {
        let count = events.len().min(self.room);
        self.room -= count;
        let view = |slot: &Slot| {
            let trade = slot.view::<MarketData>().as_trade().expect("a trade");
            (slot.header.ts_event, trade.price())
        };
        self.seen.extend(events[..count].iter().map(view));
        count
    }
}

fn at(time: u64, price: i64) -> MarketData {
    MarketData::trade(1, time, price, 1, Side::Bid)
}

fn open(options: IngressOptions) -> (Inlets, Ingress<MarketData>, Arc<Mock>) {
    let (clock, time) = Clock::mock();
    let mut inlets = Inlets::default();
    let streams = [("feed".into(), MarketData::TYPE)];
    let ingress = inlets.open(&streams, "feed", options, clock).expect("sound options");
    (inlets, ingress, time)
}

fn by_time(max_wait: Duration) -> IngressOptions {
    IngressOptions { order: Order::Time { max_wait }, ..IngressOptions::default() }
}

const MS: Duration = Duration::from_millis(1);

#[test]
fn an_ingress_that_makes_no_sense_is_refused_with_what_would() {
    let (clock, _) = Clock::mock();
    let streams = [("feed".into(), MarketData::TYPE)];
    let refused = |source, options| {
        let opened = Inlets::default().open::<MarketData>(&streams, source, options, clock.clone());
        opened.expect_err("refused")
    };
    let sound = IngressOptions::default();
    let no_stream = refused("fed", sound).to_string();
    assert_eq!(no_stream, "no MarketData enters from `fed`; what enters: MarketData from `feed`");
    let none = IngressOptions { max_producers: 0, ..sound };
    assert_eq!(refused("feed", none), IngressError::Producers(0));
    let odd = IngressOptions { capacity: 3, ..sound };
    assert_eq!(refused("feed", odd), IngressError::Capacity(CapacityError(3)));
}

#[test]
fn by_arrival_rings_take_turns_and_each_keeps_its_order() {
    let (mut inlets, ingress, _) = open(IngressOptions::default());
    let [mut a, mut b] = [(); 2].map(|()| ingress.producer().expect("free"));
    let first: Vec<_> = (0..300).map(|price| at(0, price)).collect();
    let second: Vec<_> = (300..310).map(|price| at(0, price)).collect();
    assert_eq!(a.publish_all(&first), Ok(300));
    assert_eq!(b.publish_all(&second), Ok(10));
    let mut entered = Entered::new();
    while inlets.poll(&mut entered) {}
    let want: Vec<_> = (0..256).chain(300..310).chain(256..300).collect();
    assert_eq!(entered.prices(), want, "a run of the first, all of the second, the rest");
}

#[test]
fn by_time_the_earliest_enters_first_and_ties_go_to_the_first_ring() {
    let (mut inlets, ingress, _) = open(by_time(MS));
    let [mut a, mut b] = [(); 2].map(|()| ingress.producer().expect("free"));
    a.publish_all(&[at(1, 10), at(3, 11), at(3, 12), at(6, 13)]).expect("open");
    b.publish_all(&[at(2, 20), at(3, 21), at(5, 22), at(7, 23)]).expect("open");
    drop((a, b));
    let mut entered = Entered::new();
    inlets.poll(&mut entered);
    assert_eq!(entered.prices(), [10, 20, 11, 12, 21, 22, 13, 23]);
    assert_eq!(ingress.report().late, 0);
}

#[test]
fn by_time_an_empty_ring_is_waited_for_until_max_wait_and_what_comes_later_is_late() {
    let (mut inlets, ingress, time) = open(by_time(MS));
    let [mut a, mut b] = [(); 2].map(|()| ingress.producer().expect("free"));
    let mut entered = Entered::new();
    a.publish(&at(5, 1)).expect("open");
    assert!(!inlets.poll(&mut entered), "the other may still publish an earlier one");
    assert_eq!(inlets.waits(), MS);
    time.increment(MS - Duration::from_nanos(1));
    assert!(!inlets.poll(&mut entered));
    assert_eq!(inlets.waits(), Duration::from_nanos(1));
    b.publish(&at(4, 2)).expect("open");
    assert!(inlets.poll(&mut entered));
    assert_eq!(entered.prices(), [2], "it did; now the ring is empty again");
    time.increment(MS);
    assert!(inlets.poll(&mut entered));
    b.publish_all(&[at(3, 3), at(6, 4)]).expect("open");
    time.increment(MS);
    assert!(inlets.poll(&mut entered));
    assert_eq!(entered.prices(), [2, 1, 3, 4], "an idle ring is not waited for twice");
    assert_eq!(ingress.report().late, 1);
}

#[test]
fn by_time_a_ring_that_nobody_holds_is_not_waited_for() {
    let (mut inlets, ingress, _) = open(by_time(Duration::MAX));
    let [mut a, b] = [(); 2].map(|()| ingress.producer().expect("free"));
    a.publish(&at(5, 1)).expect("open");
    let mut entered = Entered::new();
    assert!(!inlets.poll(&mut entered));
    drop(b);
    assert!(inlets.poll(&mut entered));
    assert_eq!(entered.prices(), [1]);
}

#[test]
fn a_full_ring_says_so_and_refuses_nothing_once_there_is_room() {
    let (mut inlets, ingress, _) = open(IngressOptions { capacity: 2, ..Default::default() });
    let mut producer = ingress.producer().expect("free");
    assert_eq!(producer.try_publish(&at(0, 0)), Ok(0));
    assert_eq!(producer.try_publish(&at(0, 1)), Ok(1));
    assert_eq!(producer.try_publish(&at(0, 2)), Err(PublishError::Full));
    let mut entered = Entered::new();
    entered.room = 1;
    assert!(inlets.poll(&mut entered));
    assert_eq!(producer.try_publish(&at(0, 2)), Ok(2));
    assert!(!inlets.poll(&mut entered), "the sequencer has no room");
    entered.room = 9;
    while inlets.poll(&mut entered) {}
    assert_eq!(entered.prices(), [0, 1, 2]);
}

#[test]
fn a_ring_given_back_is_handed_out_again_and_what_it_holds_enters_first() {
    let (mut inlets, ingress, _) = open(IngressOptions { max_producers: 1, ..Default::default() });
    let mut first = ingress.producer().expect("free");
    assert_eq!(ingress.producer().expect_err("taken"), ProducerError::AllTaken(1));
    first.publish_all(&[at(0, 1), at(0, 2)]).expect("open");
    assert_eq!(ingress.report().producers, 1);
    drop(first);
    assert_eq!(ingress.report().producers, 0);
    let mut second = ingress.producer().expect("free again");
    assert_eq!(second.publish(&at(0, 3)), Ok(0), "positions are the producer's own");
    assert_eq!(second.entered(), 0);
    let mut entered = Entered::new();
    inlets.poll(&mut entered);
    assert_eq!(entered.prices(), [1, 2, 3]);
    assert_eq!(second.entered(), 1);
    assert_eq!(ingress.report().most_producers, 1);
}

#[test]
fn a_halt_leaves_over_what_had_not_entered_and_says_whose_it_was() {
    let (mut inlets, ingress, _) = open(IngressOptions::default());
    let mut producer = ingress.producer().expect("free");
    producer.publish_all(&[at(0, 0), at(0, 1), at(0, 2)]).expect("open");
    let mut entered = Entered::new();
    entered.room = 2;
    inlets.poll(&mut entered);
    inlets.close(false);
    assert!(inlets.is_drained(), "nothing may enter any more");
    assert_eq!(producer.publish(&at(0, 3)), Err(PublishError::Closed { position: 2 }));
    assert_eq!(producer.entered(), 2);
    let report = ingress.report();
    assert_eq!((report.entered, report.left_over), (2, 1));
    assert_eq!(ingress.producer().expect_err("closed"), ProducerError::Closed);
}

/// A step of a thread or of the sequencer.
#[derive(Clone, Copy, Debug)]
enum Step {
    Publish { thread: usize, count: usize },
    Poll { room: usize },
    ComeOrGo { thread: usize },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0..3_usize, 1..6_usize).prop_map(|(thread, count)| Step::Publish { thread, count }),
        2 => (0..8_usize).prop_map(|room| Step::Poll { room }),
        1 => (0..3_usize).prop_map(|thread| Step::ComeOrGo { thread }),
    ];
    prop::collection::vec(step, 0..60)
}

/// What a producer was told.
struct Told {
    producer: Option<IngressProducer<MarketData>>,
    /// How many of its events it was told are in; their prices count from 1000 times its number.
    accepted: i64,
}

proptest! {
    /// The close comes at every point of random steps; each producer's events below the position it was
    /// told have entered, in their order, and no others.
    #[test]
    fn closed_at_any_point_each_thread_knows_exactly_what_was_taken_in(
        steps in steps(),
        after in steps(),
        by_time in any::<bool>(),
    ) {
        let order = if by_time { Order::Time { max_wait: MS } } else { Order::Arrival };
        let (mut inlets, ingress, time) = open(IngressOptions { max_producers: 3, capacity: 8, order });
        // Every producer there ever was, and which of them each thread has.
        let mut producers: Vec<Told> = Vec::new();
        let mut threads = [None; 3];
        let mut entered = Entered::new();
        let (open_steps, mut closed) = (steps.len(), false);
        for (number, step) in steps.into_iter().chain(after).enumerate() {
            if number == open_steps {
                inlets.close(true);
                closed = true;
            }
            match step {
                Step::Poll { room } => {
                    entered.room = room;
                    inlets.poll(&mut entered);
                    time.increment(MS);
                }
                Step::ComeOrGo { thread } => match threads[thread].take() {
                    Some(number) => producers[number as usize].producer = None,
                    None => {
                        let producer = ingress.producer().ok();
                        prop_assert_eq!(producer.is_none(), closed);
                        threads[thread] = producer.is_some().then_some(producers.len() as i64);
                        producers.push(Told { producer, accepted: 0 });
                    }
                },
                Step::Publish { thread, count } => {
                    let Some(number) = threads[thread] else { continue };
                    let Told { producer, accepted } = &mut producers[number as usize];
                    let producer = producer.as_mut().expect("the thread has it");
                    for _ in 0..count {
                        let event = at(*accepted as u64, 1000 * number + *accepted);
                        match producer.try_publish(&event) {
                            Ok(position) => {
                                prop_assert!(!closed);
                                prop_assert_eq!(position as i64, *accepted);
                                *accepted += 1;
                            }
                            Err(PublishError::Full) => break,
                            Err(PublishError::Closed { position }) => {
                                prop_assert!(closed);
                                prop_assert_eq!(position as i64, *accepted);
                            }
                        }
                    }
                }
            }
        }
        inlets.close(true);
        entered.room = usize::MAX;
        while !inlets.is_drained() {
            prop_assert!(inlets.poll(&mut entered), "what is left enters at once");
        }
        for (number, told) in (0..).zip(&producers) {
            let prices = entered.prices().into_iter();
            let own: Vec<_> = prices.filter(|price| price / 1000 == number).collect();
            let want: Vec<_> = (0..told.accepted).map(|price| 1000 * number + price).collect();
            prop_assert_eq!(own, want);
        }
        let report = ingress.report();
        prop_assert_eq!(report.entered, entered.seen.len() as u64);
        prop_assert_eq!(report.left_over, 0);
    }
}

/// Threads publish as fast as they can until they are told that it is closed; gives how many of each
/// one's events were taken in.
fn publish_until_closed(ingress: &Ingress<MarketData>, threads: i64) -> Vec<(i64, u64)> {
    std::thread::scope(|scope| {
        let publish = |thread| {
            let mut producer = ingress.producer().expect("free");
            scope.spawn(move || {
                for price in 0.. {
                    let event = at(price as u64, thread * 1_000_000 + price);
                    let told = match price % 3 {
                        0 => producer.publish(&event).map(|_| ()),
                        1 => producer.publish_all(&[event]).map(|_| ()),
                        _ => loop {
                            match producer.try_publish(&event) {
                                Err(PublishError::Full) => std::thread::yield_now(),
                                told => break told.map(|_| ()),
                            }
                        },
                    };
                    match told {
                        Ok(()) => {}
                        Err(PublishError::Closed { position }) => return (thread, position),
                        Err(PublishError::Full) => unreachable!("it waits for room"),
                    }
                }
                unreachable!("it is closed before")
            })
        };
        let publishers: Vec<_> = (1..=threads).map(publish).collect();
        publishers.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    })
}

#[test]
fn threads_that_publish_while_it_drains_know_what_was_taken_in() {
    for round in 0..20 {
        let seen = Recorder::<MarketData>::new();
        let mut plan = Plan::new();
        plan.route::<MarketData>("feed", Tier::FAST, seen.sink());
        plan.lanes(if round % 2 == 0 { Lanes::Fused } else { Lanes::Count(1) }).capacity(16);
        let mut checked = plan.check().expect("no mistakes");
        let options = IngressOptions { max_producers: 3, capacity: 4, order: Order::Arrival };
        let ingress = checked.ingress::<MarketData>("feed", options).expect("sound");
        let monitor = checked.monitor();
        let running = checked.start().expect("it starts");
        let serving = std::thread::spawn(move || running.serve());
        let positions = std::thread::scope(|scope| {
            let stopper = scope.spawn(|| {
                while monitor.entered() < 500 + 37 * round {
                    std::thread::yield_now();
                }
                monitor.drain();
            });
            let positions = publish_until_closed(&ingress, 3);
            stopper.join().expect("no panic");
            positions
        });
        let report = serving.join().expect("no panic");
        assert!(report.is_complete(), "to be drained is the end of serving");
        let seen = seen.events();
        for (thread, position) in &positions {
            let prices = seen.iter().filter_map(|event| Some(event.as_trade()?.price()));
            let own: Vec<_> = prices.filter(|price| price / 1_000_000 == *thread).collect();
            let want: Vec<_> =
                (0..*position as i64).map(|price| thread * 1_000_000 + price).collect();
            assert_eq!(own, want);
        }
        let accepted: u64 = positions.iter().map(|(_, position)| position).sum();
        assert_eq!(report.ingresses[0].entered, accepted);
        assert_eq!((report.events, report.ingresses[0].left_over), (accepted, 0));
    }
}

#[test]
fn a_stage_that_fails_ends_the_publishers_and_what_is_left_over_is_counted() {
    let fails = each(|event: &MarketData, _: &mut Outbox| match event.header.root {
        300 => Err(Fault::new("the 300th")),
        _ => Ok(()),
    });
    let mut plan = Plan::new();
    plan.route::<MarketData>("feed", Tier::FAST, fails);
    plan.capacity(16).lanes(Lanes::Count(1));
    let mut checked = plan.check().expect("no mistakes");
    let options = IngressOptions { max_producers: 2, capacity: 4, order: Order::Arrival };
    let ingress = checked.ingress::<MarketData>("feed", options).expect("sound");
    let running = checked.start().expect("it starts");
    let serving = std::thread::spawn(move || running.serve());
    let positions = publish_until_closed(&ingress, 2);
    let report = serving.join().expect("no panic");
    assert_eq!(report.faults.len(), 1);
    let entered: u64 = positions.iter().map(|(_, position)| position).sum();
    assert_eq!(report.ingresses[0].entered, entered, "the positions add up to what entered");
    assert_eq!(report.events, entered);
}

#[test]
fn fed_by_hand_a_poll_takes_in_what_threads_published() {
    let seen = Recorder::<MarketData>::new();
    let mut plan = Plan::new();
    plan.route::<MarketData>("feed", Tier::FAST, seen.sink());
    plan.lanes(Lanes::Fused);
    let mut checked = plan.check().expect("no mistakes");
    let ingress = checked.ingress::<MarketData>("feed", IngressOptions::default());
    let mut producer = ingress.expect("sound").producer().expect("free");
    let mut running = checked.start().expect("it starts");
    producer.publish(&at(0, 1)).expect("open");
    running.publish("feed", &at(0, 2)).expect("it runs");
    while running.poll() {}
    producer.publish(&at(0, 3)).expect("open");
    let report = running.stop();
    let prices: Vec<_> = seen.events().iter().map(|e| e.as_trade().map(|t| t.price())).collect();
    assert_eq!(prices, [Some(2), Some(1), Some(3)], "a stop takes in what was published before");
    assert!(seen.events().iter().all(|event| event.header.ts_recv != 0), "stamped on the way in");
    assert_eq!(report.events, 3);
    assert_eq!(producer.publish(&at(0, 4)), Err(PublishError::Closed { position: 2 }));
}

#[test]
fn a_topology_dropped_without_a_start_or_a_stop_closes_its_ingress() {
    for start in [false, true] {
        let mut plan = Plan::new();
        plan.route::<MarketData>("feed", Tier::FAST, each(|_: &MarketData, _: &mut Outbox| Ok(())));
        let mut checked = plan.check().expect("no mistakes");
        let ingress = checked.ingress::<MarketData>("feed", IngressOptions::default());
        let ingress = ingress.expect("sound");
        let mut producer = ingress.producer().expect("free");
        producer.publish(&at(0, 0)).expect("open");
        if start {
            drop(checked.start().expect("it starts"));
        } else {
            drop(checked);
        }
        assert_eq!(producer.publish(&at(0, 1)), Err(PublishError::Closed { position: 0 }));
        assert_eq!(ingress.report().left_over, 1, "what had been published before is counted");
    }
}
