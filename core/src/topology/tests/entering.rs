//! How events enter: copied in, or made in their place.

use super::*;
use crate::event::{EventType, Slot};
use crate::ingress::IngressOptions;
use crate::route::{OnFull, on_full};
use crate::source::SourceError;

const EVENTS: u64 = 1000;

/// Enters numbered trades, some at a time.
struct Numbered {
    next: u64,
    at_once: usize,
    in_place: bool,
}

impl Input for Numbered {
    fn poll(&mut self, entry: &mut dyn Entry) -> Result<Flow, SourceError> {
        let port = entry.port("feed", MarketData::TYPE).expect("it is routed");
        let count = self.at_once.min((EVENTS - self.next) as usize);
        let numbered = |n: u64| Slot::from_event(trade(n as i64 + 1));
        self.next += if self.in_place {
            let mut next = self.next;
            entry.enter_with(port, count, &mut |slots| {
                for slot in slots {
                    *slot = numbered(next);
                    next += 1;
                }
            })
        } else {
            let events: Vec<_> = (self.next..).take(count).map(numbered).collect();
            entry.enter(port, &events)
        } as u64;
        Ok(if self.next == EVENTS { Flow::Done } else { Flow::More })
    }
}

#[test]
fn events_made_in_their_place_are_as_events_copied_in() {
    everywhere(|lanes| {
        let entered = |in_place, at_once, capacity, lossy: bool| {
            let mut plan = Plan::new();
            plan.component("echo", echo()).capacity(capacity);
            let mut route = Route::from("echo");
            if lossy {
                plan.component("late", echo());
                route = broadcast([route, on_full(OnFull::DropOldest, "late")]);
            }
            plan.route::<MarketData>("feed", Tier::FAST, route);
            plan.lanes(lanes.clone()).digests(true);
            let mut input = Numbered { next: 0, at_once, in_place };
            let report = plan.check().expect("no mistakes").run(&mut input).expect("it starts");
            assert!(report.is_complete(), "{report:?}");
            (report.events, report.stream("feed").and_then(|feed| feed.digest))
        };
        for lossy in [false, true] {
            let copied = entered(false, 7, 64, lossy);
            assert_eq!(copied.0, EVENTS);
            for (at_once, capacity) in [(1, 4), (7, 64), (100, 64), (1000, 256)] {
                assert_eq!(entered(true, at_once, capacity, lossy), copied, "{at_once} at once");
            }
        }
    });
}

/// Makes some events in their place and panics at one of the later ones.
struct Panics;

impl Input for Panics {
    fn poll(&mut self, entry: &mut dyn Entry) -> Result<Flow, SourceError> {
        let port = entry.port("feed", MarketData::TYPE).expect("it is routed");
        let mut pieces = 0;
        entry.enter_with(port, 8, &mut |slots| {
            slots.fill(Slot::from_event(trade(-1)));
            pieces += 1;
            assert!(pieces < 2, "no more");
        });
        Ok(Flow::More)
    }
}

#[test]
fn of_events_that_an_input_was_making_when_it_panicked_none_enters_with_what_comes_after() {
    let seen = Recorder::<MarketData>::new();
    let mut plan = Plan::new();
    plan.route::<MarketData>("feed", Tier::FAST, seen.sink());
    plan.lanes(Lanes::Fused).capacity(8);
    let mut checked = plan.check().expect("no mistakes");
    let ingress = checked.ingress::<MarketData>("feed", IngressOptions::default()).expect("routed");
    let mut producer = ingress.producer().expect("one");
    let mut running = checked.start().expect("it starts");
    // So that the ring wraps within what the input makes, and it is asked twice.
    running
        .publish_to(running.port::<MarketData>("feed").expect("routed"), &[trade(1); 5])
        .expect("room");
    running.poll();
    producer.publish_all(&[trade(2), trade(3)]).expect("open");
    let report = running.run(&mut Panics);
    assert!(report.input_error.is_some(), "{report:?}");
    let seen = seen.events();
    let prices: Vec<_> =
        seen.iter().filter_map(|event| event.as_trade()).map(|t| t.price()).collect();
    let roots: Vec<_> = seen.iter().map(|event| event.header.root).collect();
    assert_eq!((prices, roots), (vec![1, 1, 1, 1, 1, 2, 3], (1..=7).collect()));
}

/// An entry of one's own, with room for so many.
struct Own(Vec<Slot>, usize);

impl Entry for Own {
    fn port(&self, _: &str, _: EventType) -> Option<Port> {
        Some(Port::new(0))
    }

    fn room(&mut self) -> usize {
        self.1 - self.0.len()
    }

    fn enter(&mut self, _: Port, events: &[Slot]) -> usize {
        let count = events.len().min(self.room());
        self.0.extend(&events[..count]);
        count
    }
}

#[test]
fn an_entry_that_cannot_lend_its_slots_copies_what_is_made_as_far_as_there_is_room() {
    for (wanted, room) in [(0, 5), (3, 5), (200, 150), (64, 64), (65, 200)] {
        let (mut entry, mut next) = (Own(Vec::new(), room), 0);
        let entered = entry.enter_with(Port::new(0), wanted, &mut |slots| {
            for slot in slots {
                slot.header.ts_event = next;
                next += 1;
            }
        });
        assert_eq!((entered, next), (wanted.min(room), entered as u64), "nothing made is lost");
        assert!(entry.0.iter().zip(0..).all(|(slot, n)| slot.header.ts_event == n));
    }
}
