//! The queue against the simplest one there is: a list, searched from its beginning.

use pitlane::delivery::{
    BreakerTerms, Deliveries, Delivery, Ending, Failure, Jitter, Ordering, Outcome, RetryTerms,
    Terms,
};
use pitlane::event::{Event, Order, OrderKind, Side, Slot};
use pitlane_retries::Queue;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

const MS: u64 = 1_000_000;

#[derive(Clone, Copy, Debug)]
enum Step {
    Accept {
        kind: OrderKind,
        id: u64,
        instrument: u32,
        recovered: bool,
    },
    Wait(u64),
    /// Takes the next delivery and says how it went: 0 permanent, 1 unknown, 2 and 3 failed, else done.
    Next(u8),
}

fn step() -> impl Strategy<Value = Step> {
    let kind = prop_oneof![
        4 => Just(OrderKind::New),
        2 => Just(OrderKind::Cancel),
        1 => Just(OrderKind::Replace),
    ];
    let accept = (kind, 1..6_u64, 1..3_u32, prop::bool::weighted(0.1));
    prop_oneof![
        4 => accept.prop_map(|(kind, id, instrument, recovered)| {
            Step::Accept { kind, id, instrument, recovered }
        }),
        2 => (0..200_u64).prop_map(Step::Wait),
        5 => (0..8_u8).prop_map(Step::Next),
    ]
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    position: u64,
    kind: OrderKind,
    id: u64,
    instrument: u32,
    accepted: u64,
    attempts: u32,
    due: u64,
    tried: bool,
    unknown: bool,
    /// A cancel that overtook, once and for all: behind its order, or before all of its line.
    overtook: bool,
    express: bool,
}

/// The list: what waits, in the order in which it is to go.
struct Model {
    ordering: Ordering,
    expire_after: u64,
    list: Vec<Entry>,
    dead: Vec<(u64, u64)>,
    settled: Vec<(u64, Ending)>,
    /// Failures in a row, and until when the breaker is open.
    failures: u32,
    open: Option<u64>,
}

impl Model {
    fn together(&self, a: &Entry, b: &Entry) -> bool {
        match self.ordering {
            Ordering::Instrument => a.instrument == b.instrument,
            Ordering::None => a.id == b.id,
        }
    }

    fn at(&self, position: u64) -> Option<usize> {
        self.list.iter().position(|entry| entry.position == position)
    }

    fn settle(&mut self, position: u64, ending: Ending) {
        let Some(at) = self.at(position) else { return };
        let entry = self.list.remove(at);
        self.settled.push((position, ending));
        if ending.is_dead() && entry.kind == OrderKind::New {
            self.dead.push((entry.id, position));
            let mut about: Vec<u64> =
                self.list.iter().filter(|e| e.id == entry.id).map(|e| e.position).collect();
            about.sort_unstable();
            about.into_iter().for_each(|other| self.settle(other, Ending::With(position)));
        }
    }

    fn accept(&mut self, entry: Entry) {
        let dead = self.dead.iter().rev().find(|(id, _)| *id == entry.id).map(|(_, at)| *at);
        if entry.kind == OrderKind::New {
            self.dead.retain(|(id, _)| *id != entry.id);
        } else if let Some(dead) = dead {
            return self.settled.push((entry.position, Ending::With(dead)));
        }
        if entry.kind == OrderKind::Cancel {
            let fresh = |e: &Entry| e.id == entry.id && e.kind == OrderKind::New && !e.tried;
            if self.list.iter().any(fresh) {
                let mut about: Vec<u64> =
                    self.list.iter().filter(|e| e.id == entry.id).map(|e| e.position).collect();
                about.sort_unstable();
                about.into_iter().for_each(|other| self.settle(other, Ending::Annihilated));
                return self.settled.push((entry.position, Ending::Annihilated));
            }
        }
        self.list.push(entry);
        let mut line = self.list.iter().filter(|e| self.together(e, &entry));
        let is_retried = line.next().is_some_and(|first| first.attempts > 0 || first.express);
        if entry.kind == OrderKind::Cancel && is_retried {
            self.overtake_all(&entry);
        }
    }

    /// The cancels of a line overtake that have not yet.
    fn overtake_all(&mut self, of: &Entry) {
        let cancels =
            |e: &&Entry| e.kind == OrderKind::Cancel && self.together(e, of) && !e.overtook;
        let mut cancels: Vec<u64> = self.list.iter().filter(cancels).map(|e| e.position).collect();
        cancels.sort_unstable();
        cancels.into_iter().for_each(|cancel| self.overtake(cancel));
    }

    /// Moves a cancel behind the last about its order, or, where none waits in the line or that one
    /// overtook as well, before all of its line but earlier cancels that did so.
    fn overtake(&mut self, position: u64) {
        let at = self.at(position).expect("it waits");
        let mut cancel = self.list.remove(at);
        cancel.overtook = true;
        let own =
            |e: &&Entry| e.id == cancel.id && e.position < position && self.together(e, &cancel);
        let last = self.list.iter().filter(own).max_by_key(|e| e.position).copied();
        let at = match last {
            Some(last) if !last.express => self.at(last.position).map_or(0, |at| at + 1),
            _ => {
                cancel.express = true;
                let others = |e: &Entry| self.together(e, &cancel) && !e.express;
                self.list.iter().position(others).unwrap_or(self.list.len())
            }
        };
        self.list.insert(at, cancel);
    }

    /// Positions that may be attempted now.
    fn may_go(&self, now: u64) -> BTreeSet<u64> {
        if self.open.is_some_and(|until| now < until) {
            return BTreeSet::new();
        }
        let first = |at: usize| !self.list[..at].iter().any(|e| self.together(e, &self.list[at]));
        let may = |(at, e): (usize, &Entry)| (first(at) && e.due <= now).then_some(e.position);
        self.list.iter().enumerate().filter_map(may).collect()
    }

    fn expire(&mut self, now: u64) {
        let old = |e: &Entry| {
            e.kind != OrderKind::Cancel && !e.unknown && now - e.accepted > self.expire_after
        };
        let mut gone: Vec<u64> = self.list.iter().filter(|e| old(e)).map(|e| e.position).collect();
        gone.sort_unstable();
        gone.into_iter().for_each(|position| self.settle(position, Ending::Expired));
    }
}

fn terms(ordering: Ordering) -> Terms {
    Terms {
        ordering,
        expire_after: Some(Duration::from_millis(900)),
        breaker: BreakerTerms { failures: 4, open_for: Duration::from_millis(300), probes: 1 },
        retry: RetryTerms {
            attempts: 3,
            delay: Duration::from_millis(50),
            jitter: Jitter::None,
            ..RetryTerms::default()
        },
        ..Terms::default()
    }
}

fn compare(ordering: Ordering, steps: &[Step]) -> Result<(), TestCaseError> {
    let mut queue = Queue::new(&terms(ordering), 1);
    let expire_after = 900 * MS;
    let mut model = Model {
        ordering,
        expire_after,
        list: Vec::new(),
        dead: Vec::new(),
        settled: Vec::new(),
        failures: 0,
        open: None,
    };
    let (mut now, mut position) = (MS, 0_u64);
    let mut instruments = BTreeMap::new();
    for &step in steps {
        match step {
            Step::Wait(ms) => now += ms * MS,
            Step::Accept { kind, id, instrument, recovered } => {
                // A new order has a new id; what is about one is about one of the last, and its instrument.
                let id = if kind == OrderKind::New {
                    position + 10
                } else {
                    10 + position.saturating_sub(id)
                };
                let known = instruments.get(&id).copied().unwrap_or(instrument);
                let instrument = *instruments.entry(id).or_insert(known);
                let mut order = Order::new(id, Side::Bid, 1, 1);
                order.header.kind = kind as u8;
                order.header.instrument = instrument;
                let slot = Slot::from_event(order);
                let (event, appended) = (Order::TYPE, now);
                let delivery =
                    Delivery { position, event, slot, appended, recovered, ..Delivery::default() };
                queue.accept(delivery, now);
                let (tried, unknown, accepted) = (recovered, recovered, now);
                let (attempts, due) = (0, 0);
                model.accept(Entry {
                    position,
                    kind,
                    id,
                    instrument,
                    accepted,
                    attempts,
                    due,
                    tried,
                    unknown,
                    overtook: false,
                    express: false,
                });
                position += 1;
            }
            Step::Next(how) => next(&mut queue, &mut model, how, now)?,
        }
        let mut told: Vec<_> =
            std::iter::from_fn(|| queue.settled()).map(|s| (s.position, s.ending)).collect();
        let mut expected = std::mem::take(&mut model.settled);
        told.sort_by_key(|settled| settled.0);
        expected.sort_by_key(|settled| settled.0);
        prop_assert_eq!(told, expected);
        prop_assert_eq!(queue.waiting(), model.list.len());
    }
    Ok(())
}

fn next(queue: &mut Queue, model: &mut Model, how: u8, now: u64) -> Result<(), TestCaseError> {
    model.expire(now);
    let may_go = model.may_go(now);
    let Some(due) = queue.next(now) else {
        prop_assert_eq!(may_go, BTreeSet::new(), "these may go");
        return Ok(());
    };
    prop_assert!(may_go.contains(&due.position), "{} goes, of {:?}", due.position, may_go);
    let at = model.at(due.position).expect("it waits");
    prop_assert_eq!(due.reconcile, model.list[at].unknown);
    model.list[at].tried = true;
    if due.reconcile && how > 3 {
        queue.outcome(due.position, Outcome::NotDone, now);
        model.list[at].unknown = false;
        model.list[at].due = 0;
        (model.failures, model.open) = (0, None);
        model.expire(now);
        return Ok(());
    }
    let failure = match how {
        0 => Failure::Permanent,
        1 => Failure::Unknown,
        2 | 3 => Failure::Fault,
        _ => {
            queue.outcome(due.position, Outcome::Done, now);
            (model.failures, model.open) = (0, None);
            model.settle(due.position, Ending::Done);
            return Ok(());
        }
    };
    queue.outcome(due.position, Outcome::Failed(failure), now);
    if failure == Failure::Permanent {
        (model.failures, model.open) = (0, None);
        model.settle(due.position, Ending::Permanent);
        return Ok(());
    }
    // After a time of being open one failure is enough.
    model.failures += 1;
    if model.open.is_some() || model.failures >= 4 {
        (model.open, model.failures) = (Some(now + 300 * MS), 0);
    }
    let entry = &mut model.list[at];
    entry.attempts += 1;
    entry.unknown |= failure == Failure::Unknown;
    if entry.attempts == 3 {
        model.settle(due.position, Ending::Attempts);
        return Ok(());
    }
    entry.due = now + 50 * MS * u64::from(entry.attempts);
    let entry = *entry;
    model.overtake_all(&entry);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]

    #[test]
    fn the_queue_does_what_a_list_does(steps in prop::collection::vec(step(), 0..60)) {
        compare(Ordering::Instrument, &steps)?;
        compare(Ordering::None, &steps)?;
    }
}

fn cases() -> u32 {
    std::env::var("PITLANE_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(1_000)
}
