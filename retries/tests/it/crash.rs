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
use pitlane::topology::{Checked, Lanes};
use pitlane_retries::Queue;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
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

/// A journal of which a crash leaves what was synced, and any part of the rest.
#[derive(Clone, Default)]
struct Crashing(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    batches: Vec<(u64, u32, Vec<Slot>)>,
    written: u64,
    /// Really on the disk.
    synced: u64,
    lies: bool,
    gone: bool,
}

impl Crashing {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// The process is gone: nothing more is written, and of what was not synced, `keep` appends are left.
    fn crash(&self, keep: usize) {
        let mut state = self.lock();
        state.gone = true;
        let synced = state.synced;
        let whole = state.batches.iter().take_while(|batch| batch.0 < synced).count();
        state.batches.truncate(whole + keep);
    }

    /// The next run opens it.
    fn reopen(&self, lies: bool) -> Self {
        let state = self.lock();
        let batches = state.batches.clone();
        let end = batches.last().map_or(0, |batch| batch.0 + batch.2.len() as u64);
        let state = State { batches, written: end, synced: end, lies, gone: false };
        Self(Arc::new(Mutex::new(state)))
    }

    fn events(&self) -> Vec<(u64, u32, Slot)> {
        let state = self.lock();
        let batch = |(first, tag, events): &(u64, u32, Vec<Slot>)| {
            let (first, tag) = (*first, *tag);
            events.iter().zip(first..).map(|(slot, at)| (at, tag, *slot)).collect::<Vec<_>>()
        };
        state.batches.iter().flat_map(batch).collect()
    }
}

impl Log for Crashing {
    fn append(&mut self, tag: u32, events: &[Slot]) -> Result<u64, LogError> {
        let mut state = self.lock();
        if state.gone {
            return Err(LogError::Failed("gone".into()));
        }
        let first = state.written;
        state.batches.push((first, tag, events.to_vec()));
        state.written += events.len() as u64;
        Ok(state.written)
    }

    fn commit(&mut self) -> Result<u64, LogError> {
        let mut state = self.lock();
        if state.gone {
            return Err(LogError::Failed("gone".into()));
        }
        if !state.lies {
            state.synced = state.written;
        }
        Ok(state.written)
    }

    fn most(&self) -> usize {
        7
    }

    fn written(&self) -> u64 {
        self.lock().written
    }
}

struct Reader {
    log: Crashing,
    next: usize,
    batch: Vec<Slot>,
    position: u64,
    /// Does not see these.
    blind_to: Option<u32>,
}

impl LogReader for Reader {
    fn next(&mut self, limit: u64) -> Result<Option<LogBatch<'_>>, LogError> {
        let state = self.log.lock();
        let Some((first, tag, events)) = state.batches.get(self.next) else { return Ok(None) };
        let (first, tag) = (*first, *tag);
        if first + events.len() as u64 > limit {
            return Ok(None);
        }
        self.batch.clone_from(events);
        drop(state);
        self.next += 1;
        self.position = first + self.batch.len() as u64;
        let tag = if self.blind_to == Some(tag) { 99 } else { tag };
        Ok(Some(LogBatch { first, tag, appended: 1, events: &self.batch }))
    }

    fn position(&self) -> u64 {
        self.position
    }
}

const SETTLED: u32 = 3;

fn with_journal(mut checked: Checked, log: &Crashing, twin: Twin) -> Checked {
    let names: Vec<_> = checked.recorded().iter().map(|stream| stream.name.clone()).collect();
    assert_eq!(names, ["orders", "orders.Order.settled"]);
    checked.journal(Journal::new(Box::new(log.clone())).tags(vec![ORDERS, SETTLED]));
    let read = log.clone();
    let blind_to = (twin == Twin::NoLookup).then_some(SETTLED);
    checked.couriers(Couriers::new(
        move |_| {
            let (log, batch) = (read.clone(), Vec::new());
            Ok(Box::new(Reader { log, next: 0, batch, position: 0, blind_to }))
        },
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
    let mut log = Crashing::default().reopen(twin == Twin::NoSync);
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
            log.crash(life.keeps);
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
        log = log.reopen(twin == Twin::NoSync);
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
    for (position, tag, slot) in log.events() {
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
