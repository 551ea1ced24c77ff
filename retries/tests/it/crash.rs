//! Runs that end in the middle, and others that go on from the journal they left.
//!
//! The process is as good as gone when the topology was halted and what the journal had not made durable
//! is cut off. That the tests see what they are for, twins show: one acknowledges before the sync, one
//! forgets what was settled.

use crate::kit::{Gateway, ORDERS, order, plan, quick};
use pitlane::delivery::{Couriers, Settlement, SettlementKind};
use pitlane::durable::{Journal, Log, LogBatch, LogError, LogReader};
use pitlane::event::{Order, Slot};
use pitlane::stage::Fault;
use pitlane::testing::{MemoryLog, MemoryLogReader};
use pitlane::topology::{Checked, Lanes};
use pitlane_retries::Queue;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// What is wrong with the twin of the code under test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Twin {
    Right,
    /// Acknowledges what was not synced.
    NoSync,
    /// Looks at no settlement of earlier runs.
    NoLookup,
}

/// A journal that may lie about its syncs.
#[derive(Clone, Default)]
struct Crashing {
    log: MemoryLog,
    lies: bool,
}

impl Log for Crashing {
    fn append(&mut self, tag: u32, events: &[Slot]) -> Result<u64, LogError> {
        self.log.append(tag, events)
    }

    fn commit(&mut self) -> Result<u64, LogError> {
        if self.lies { Ok(self.log.written()) } else { self.log.commit() }
    }

    fn most(&self) -> usize {
        7
    }

    fn written(&self) -> u64 {
        self.log.written()
    }
}

/// Sees no events of a tag.
struct Blind {
    reader: MemoryLogReader,
    to: Option<u32>,
}

impl LogReader for Blind {
    fn next(&mut self, limit: u64) -> Result<Option<LogBatch<'_>>, LogError> {
        let batch = self.reader.next(limit)?;
        let seen = |batch: LogBatch<'_>| if self.to == Some(batch.tag) { 99 } else { batch.tag };
        Ok(batch.map(|batch| LogBatch { tag: seen(batch), ..batch }))
    }

    fn position(&self) -> u64 {
        self.reader.position()
    }
}

const SETTLED: u32 = 3;

fn with_journal(mut checked: Checked, log: &Crashing, twin: Twin) -> Checked {
    let names: Vec<_> = checked.recorded().iter().map(|stream| stream.name.clone()).collect();
    assert_eq!(names, ["orders", "orders.Order.settled"]);
    checked.journal(Journal::new(Box::new(log.clone())).tags(vec![ORDERS, SETTLED]));
    let read = log.log.clone();
    let to = (twin == Twin::NoLookup).then_some(SETTLED);
    checked.couriers(Couriers::new(
        move |_| Ok(Box::new(Blind { reader: read.reader(0), to })),
        |terms, steps| Box::new(Queue::new(terms, steps)),
    ));
    checked
}

/// One life of the engine.
#[derive(Clone, Debug)]
struct Life {
    orders: u64,
    /// How the gateway fails on the way.
    faults: Vec<u8>,
    /// How long it lives after the last order, us.
    lives: u64,
    /// How many appends that were not synced a crash leaves.
    keeps: usize,
}

fn lives() -> impl Strategy<Value = Vec<Life>> {
    let faults = prop::collection::vec(0..6_u8, 0..12);
    let life = (0..40_u64, faults, 0..2_000_u64, 0..3_usize);
    let life =
        life.prop_map(|(orders, faults, lives, keeps)| Life { orders, faults, lives, keeps });
    prop::collection::vec(life, 1..5)
}

fn fault(number: u8) -> Fault {
    match number {
        0 => Fault::permanent("unknown symbol"),
        1 => Fault::unknown("timed out"),
        _ => Fault::new("no"),
    }
}

/// What the journal says of one order.
#[derive(Debug, Default)]
struct Told {
    settled: usize,
    dead: bool,
}

/// Lives and dies as told, then lives on to a proper end. The first promise that is broken.
fn broken(lives: &[Life], twin: Twin) -> Option<String> {
    let mut log = Crashing { log: MemoryLog::new(), lies: twin == Twin::NoSync };
    let mut id = 0;
    // What the gateway had acted on, and what was settled and on the disk, when a run began.
    let mut acted = BTreeMap::<u64, Order>::new();
    let mut acknowledged = BTreeSet::new();
    for (number, life) in
        lives.iter().chain([&Life { orders: 3, faults: vec![], lives: 0, keeps: 0 }]).enumerate()
    {
        let is_last = number == lives.len();
        let settled_before = settled(&log);
        let gateway = Gateway::default();
        gateway.fails_with(life.faults.iter().map(|number| fault(*number)));
        let mut plan = plan(&gateway, quick());
        plan.lanes(Lanes::Auto);
        let checked = with_journal(plan.check().unwrap(), &log, twin);
        let mut running = checked.start().unwrap();
        let first = id + 1;
        for _ in 0..life.orders {
            id += 1;
            running.publish("orders", &order(id, id as u32 % 3)).ok();
        }
        if is_last {
            assert!(running.stop().is_complete());
        } else {
            std::thread::sleep(Duration::from_micros(life.lives));
            let durable = running.monitor().durable().unwrap();
            let acknowledges = durable.stream(ORDERS).unwrap().acknowledged();
            log.log = log.log.crash(life.keeps);
            acknowledged.extend((first..).take(acknowledges as usize));
            drop(running);
        }
        for got in gateway.got() {
            let id = got.client_order_id;
            if settled_before.contains_key(&id) {
                return Some(format!("order {id} was settled and is delivered again"));
            }
            match acted.insert(id, got) {
                Some(earlier) if earlier != got => {
                    return Some(format!("order {id} comes again with other bytes"));
                }
                _ => {}
            }
        }
    }
    let end = settled(&log);
    for id in &acknowledged {
        match end.get(id) {
            None => return Some(format!("order {id} was durable and is lost")),
            Some(told) if told.settled > 1 => return Some(format!("order {id} is settled twice")),
            Some(told) if !told.dead && !acted.contains_key(id) => {
                return Some(format!("order {id} is settled, and the gateway never had it"));
            }
            Some(_) => {}
        }
    }
    None
}

/// By order, what the journal says became of it.
fn settled(log: &Crashing) -> BTreeMap<u64, Told> {
    let mut orders = BTreeMap::new();
    let mut told = BTreeMap::<u64, Told>::new();
    for (position, tag, slot) in log.log.all() {
        if tag == ORDERS {
            orders.insert(position, slot.view::<Order>().client_order_id);
            continue;
        }
        let settlement: &Settlement = slot.view();
        let kind = settlement.kind().expect("a kind that means something");
        if kind.settles() {
            let told = told.entry(orders[&settlement.position]).or_default();
            told.settled += 1;
            told.dead |= kind == SettlementKind::Dead;
        }
    }
    told
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]

    #[test]
    fn no_durable_order_is_lost_and_no_settled_one_comes_again(lives in lives()) {
        prop_assert_eq!(broken(&lives, Twin::Right), None);
    }
}

fn cases() -> u32 {
    std::env::var("PITLANE_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(100)
}

/// A life in which a twin is sure to be caught, sooner or later.
fn caught(twin: Twin) -> String {
    let life = Life { orders: 30, faults: vec![], lives: 2_000, keeps: 0 };
    for _ in 0..200 {
        if let Some(broken) = broken(&[life.clone(), life.clone()], twin) {
            return broken;
        }
    }
    panic!("the twin is never caught");
}

#[test]
fn a_courier_that_acknowledges_before_the_sync_is_caught() {
    assert!(caught(Twin::NoSync).contains("lost"));
}

#[test]
fn a_courier_that_looks_up_no_settlement_is_caught() {
    assert!(caught(Twin::NoLookup).contains("again"));
}
