//! Many events under changing load through changing topologies; every sink checks every event.
//!
//! ```text
//!  thread --\                       +--> ahead --\
//!  thread --->-- ingress --> ticks -+             >-- merge      each root once from `ahead`, then from
//!  thread --/                       +--> behind -/               `behind` where it is even
//!   come, go,                       |        \--[strength > 0.5]--> strong
//!   burst, pause                    +--> ledger                  each producer's numbers without a gap
//! ```
//!
//! `scripts/soak [EVENTS]` runs it for minutes; without a number, as the tests do, it takes a second or
//! two. A round is a topology from start to drain; rounds differ in lanes, waits, capacities, batches and
//! the order of the ingress. It ends with the first thing that is wrong.

use pitlane::Tier;
use pitlane::event::{Action, MarketData, Side, Signal};
use pitlane::ingress::{Ingress, IngressOptions, Order, ProducerError, PublishError};
use pitlane::route::filter_to;
use pitlane::stage::{Component, Fault, On, Outbox, Stage, component, each};
use pitlane::topology::{LaneSpec, Lanes, Plan, Report};
use pitlane::wait::Wait;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const THREADS: u32 = 3;

/// Events of a round, where there are enough.
const ROUND: u64 = 10_000_000;

struct Setting {
    name: &'static str,
    lanes: Lanes,
    capacity: usize,
    batch: usize,
    ring: usize,
    order: Order,
}

fn two_lanes(waits: [Wait; 2]) -> Lanes {
    let lane = |(wait, stages): (Wait, &[&str])| LaneSpec {
        name: format!("{}-{}", stages[0], wait.name()),
        cpu: None,
        wait: Some(wait),
        stages: stages.iter().map(|&stage| stage.into()).collect(),
    };
    let stages: [&[&str]; 2] = [&["ahead", "merge"], &["behind", "strong"]];
    Lanes::List(waits.into_iter().zip(stages).map(lane).collect())
}

fn settings() -> Vec<Setting> {
    let setting = |name, lanes, capacity, batch, ring, order| Setting {
        name,
        lanes,
        capacity,
        batch,
        ring,
        order,
    };
    let by_time = |us| Order::Time { max_wait: Duration::from_micros(us) };
    let (parked, mixed) = (two_lanes([Wait::Park; 2]), two_lanes([Wait::SpinYield, Wait::Park]));
    vec![
        setting("fused", Lanes::Fused, 4096, 256, 1024, Order::Arrival),
        setting("one lane", Lanes::Count(1), 4096, 256, 1024, by_time(100)),
        setting("parked", parked, 1024, 64, 256, Order::Arrival),
        setting("auto", Lanes::Auto, 16384, 1000, 4096, by_time(1000)),
        setting("mixed, small", mixed, 64, 16, 32, Order::Arrival),
        setting("fused, small", Lanes::Fused, 8, 4, 8, by_time(50)),
    ]
}

fn mix(mut x: u64) -> u64 {
    x ^= x >> 33;
    x = x.wrapping_mul(0xff51_afd7_ed55_8ccd);
    x ^= x >> 33;
    x = x.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    x ^ (x >> 33)
}

fn value(event: &MarketData) -> u64 {
    let number = event.as_trade().map_or(0, |trade| trade.price()) as u64;
    mix((u64::from(event.header.instrument) << 40) ^ number)
}

/// What was counted on one side, to be compared with the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Count {
    events: u64,
    sum: u64,
    late: u64,
}

impl Count {
    fn add(&mut self, value: u64) {
        self.events += 1;
        self.sum = self.sum.wrapping_add(value);
    }
}

type Shown = Arc<Mutex<HashMap<&'static str, Count>>>;

/// Each producer's numbers come without a gap.
#[derive(Default)]
struct Ledger {
    /// Per producer the last number.
    last: Vec<i64>,
    latest: u64,
    put_off: bool,
    count: Count,
    shown: Shown,
}

impl Stage for Ledger {
    fn on_stop(&mut self, _: &mut Outbox) -> Result<(), Fault> {
        show(&self.shown, "ledger", self.count);
        Ok(())
    }
}

impl On<MarketData> for Ledger {
    fn on(&mut self, event: &MarketData, out: &mut Outbox) -> Result<(), Fault> {
        let value = value(event);
        // Now and then, as if something outside were full.
        self.put_off = !self.put_off && value.is_multiple_of(20_000);
        if self.put_off {
            out.not_now();
            return Ok(());
        }
        let producer = event.header.instrument as usize;
        let number = event.as_trade().map_or(0, |trade| trade.price());
        self.last.resize(self.last.len().max(producer + 1), 0);
        let last = std::mem::replace(&mut self.last[producer], number);
        if number != last + 1 {
            return Err(format!("{number} of producer {producer} comes after {last}").into());
        }
        self.count.late += u64::from(event.header.ts_event < self.latest);
        self.latest = self.latest.max(event.header.ts_event);
        self.count.add(value);
        Ok(())
    }
}

/// Each root comes once from `ahead`, then, where its value is even, from `behind`.
#[derive(Default)]
struct Merge {
    root: u64,
    owes_behind: bool,
    count: Count,
    shown: Shown,
}

impl Stage for Merge {
    fn on_stop(&mut self, _: &mut Outbox) -> Result<(), Fault> {
        show(&self.shown, "merge", self.count);
        if self.owes_behind { Err("the last root lacks what is behind".into()) } else { Ok(()) }
    }
}

impl On<Signal> for Merge {
    fn on(&mut self, signal: &Signal, _: &mut Outbox) -> Result<(), Fault> {
        let (root, value) = (signal.header.root, signal.price as u64);
        let from_ahead = signal.quantity == 0;
        let in_turn = match from_ahead {
            true => !self.owes_behind && root == self.root + 1,
            false => self.owes_behind && root == self.root,
        };
        if !in_turn {
            let (last, ahead) = (self.root, from_ahead);
            return Err(format!("root {root} (ahead: {ahead}) comes after {last}").into());
        }
        self.root = root;
        self.owes_behind = from_ahead && value.is_multiple_of(2);
        if from_ahead {
            self.count.add(value);
        }
        Ok(())
    }
}

fn show(shown: &Shown, name: &'static str, count: Count) {
    shown.lock().expect("no panic").insert(name, count);
}

fn ahead() -> Component {
    let stage = each(|event: &MarketData, out: &mut Outbox| {
        out.emit(Signal::new(Action::Buy, 1.0, value(event) as i64).with_quantity(0));
        Ok(())
    });
    stage.emits::<Signal>().emits_under("all").build()
}

/// Emits for every other event; now and then it is slow for a while.
fn behind() -> Component {
    let mut calls = 0_u64;
    let stage = each(move |event: &MarketData, out: &mut Outbox| {
        calls += 1;
        if (calls >> 12).is_multiple_of(16) {
            (0..20).for_each(|_| std::hint::spin_loop());
        }
        let value = value(event);
        if value.is_multiple_of(2) {
            let strength = if value.is_multiple_of(8) { 0.9 } else { 0.1 };
            out.emit(Signal::new(Action::Sell, strength, value as i64).with_quantity(1));
        }
        Ok(())
    });
    stage.emits::<Signal>().build()
}

/// Of what is behind, only what is strong.
#[derive(Default)]
struct Strong {
    count: Count,
    shown: Shown,
}

impl Stage for Strong {
    fn on_stop(&mut self, _: &mut Outbox) -> Result<(), Fault> {
        show(&self.shown, "strong", self.count);
        Ok(())
    }
}

impl On<Signal> for Strong {
    fn on(&mut self, signal: &Signal, _: &mut Outbox) -> Result<(), Fault> {
        self.count.add(signal.price as u64);
        Ok(())
    }
}

fn plan(setting: &Setting, shown: &Shown) -> Plan {
    let mut plan = Plan::new();
    let ledger = Ledger { shown: shown.clone(), ..Ledger::default() };
    let merge = Merge { shown: shown.clone(), ..Merge::default() };
    let strong = Strong { shown: shown.clone(), ..Strong::default() };
    plan.component("ahead", ahead());
    plan.component("behind", behind());
    plan.component("merge", component(merge).on::<Signal>());
    plan.component("strong", component(strong).on::<Signal>());
    plan.component("ledger", component(ledger).on::<MarketData>());
    for stage in ["ahead", "behind"] {
        plan.route::<MarketData>("ticks", Tier::FAST, stage);
    }
    plan.route::<MarketData>("ticks", Tier::Standard, "ledger");
    plan.route::<Signal>("all", Tier::FAST, "merge");
    plan.route::<Signal>("behind", Tier::FAST, "merge");
    plan.route::<Signal>("behind", Tier::FAST, filter_to("strength > 0.5", "strong"));
    plan.lanes(setting.lanes.clone()).capacity(setting.capacity).batch_limit(setting.batch);
    plan
}

/// What all threads of a round share.
struct Load {
    ingress: Ingress<MarketData>,
    start: Instant,
    /// The number of the next producer.
    producers: Mutex<u32>,
}

/// A random number below `below`.
fn below(state: &mut u64, below: u64) -> u64 {
    *state = mix(state.wrapping_add(0x9e37_79b9_7f4a_7c15));
    *state % below
}

/// Publishes `quota` events in bursts, batches and singles, with pauses, as several producers one
/// after the other; gives what it has published.
fn publish(load: &Load, quota: u64, seed: u64) -> [Count; 2] {
    let (mut all, mut strong) = (Count::default(), Count::default());
    let (mut random, mut batch) = (seed, Vec::new());
    while all.events < quota {
        let mut producer = match load.ingress.producer() {
            Ok(producer) => producer,
            Err(ProducerError::AllTaken(_)) => continue,
            Err(error) => panic!("{error}"),
        };
        let number = {
            let mut producers = load.producers.lock().expect("no panic");
            *producers += 1;
            *producers
        };
        let stays = 1 + below(&mut random, quota / 4 + 1);
        while producer.position() < stays && all.events < quota {
            let most = [1, 7, 64, 500][below(&mut random, 4) as usize];
            let time = load.start.elapsed().as_nanos() as u64;
            let first = producer.position() as i64 + 1;
            let event = |price| MarketData::trade(number, time, price, 1, Side::Bid);
            batch.clear();
            batch.extend((first..first + most.min(quota - all.events) as i64).map(event));
            for event in &batch {
                let value = value(event);
                all.add(value);
                if value.is_multiple_of(8) {
                    strong.add(value);
                }
            }
            if below(&mut random, 3) > 0 {
                producer.publish_all(&batch).expect("open");
            } else {
                batch.iter().for_each(|event| insist(|| producer.try_publish(event)));
            }
            match below(&mut random, 4096) {
                0 => std::thread::sleep(Duration::from_millis(1)),
                1..64 => std::thread::yield_now(),
                _ => {}
            }
        }
    }
    [all, strong]
}

fn insist(mut publish: impl FnMut() -> Result<u64, PublishError>) {
    while let Err(error) = publish() {
        assert_eq!(error, PublishError::Full, "nobody closes it yet");
        std::thread::yield_now();
    }
}

/// Runs a topology from start to drain and compares what went in with what each sink saw.
fn round(setting: &Setting, events: u64, seed: u64) -> Report {
    let shown = Shown::default();
    let mut checked = plan(setting, &shown).check().expect("no mistakes");
    let Setting { ring: capacity, order, .. } = *setting;
    let options = IngressOptions { max_producers: THREADS as usize, capacity, order };
    let ingress = checked.ingress::<MarketData>("ticks", options).expect("sound options");
    let monitor = checked.monitor();
    let running = checked.start().expect("it starts");
    let load = Load { ingress, start: Instant::now(), producers: Mutex::new(0) };
    let (report, counts) = std::thread::scope(|scope| {
        let quota = |thread| (events + thread) / u64::from(THREADS);
        let load = &load;
        let publisher =
            |thread| scope.spawn(move || publish(load, quota(thread), seed ^ mix(thread)));
        let publishers: Vec<_> = (0..u64::from(THREADS)).map(publisher).collect();
        let ender = scope.spawn(move || {
            let counts = publishers.into_iter().map(|thread| thread.join());
            let counts: Result<Vec<_>, _> = counts.collect();
            monitor.drain();
            counts.expect("no publisher panicked")
        });
        (running.serve(), ender.join().expect("no panic"))
    });
    let sum = |which: usize| {
        let add = |sum: Count, count: &[Count; 2]| Count {
            events: sum.events + count[which].events,
            sum: sum.sum.wrapping_add(count[which].sum),
            late: 0,
        };
        counts.iter().fold(Count::default(), add)
    };
    compare(&report, sum(0), sum(1), &shown, order);
    report
}

fn compare(report: &Report, all: Count, strong: Count, shown: &Shown, order: Order) {
    assert!(report.is_complete(), "{:?}", report.faults);
    let ingress = &report.ingresses[0];
    assert_eq!((ingress.entered, ingress.left_over, report.events), (all.events, 0, all.events));
    let shown = shown.lock().expect("no panic");
    let late = if order == Order::Arrival { shown["ledger"].late } else { ingress.late };
    assert_eq!(
        shown["ledger"],
        Count { late, ..all },
        "what the threads published is in the ledger"
    );
    assert_eq!(shown["merge"], all, "what is ahead passed the merge");
    assert_eq!(shown["strong"], strong, "what is strong passed the condition");
    for link in &report.links {
        assert_eq!(link.left(), 0, "{link:?}");
    }
}

fn main() {
    let asked = std::env::args().nth(1).and_then(|text| text.replace('_', "").parse().ok());
    let events: u64 = asked.unwrap_or(300_000);
    let settings = settings();
    let size = ROUND.min(events.div_ceil(settings.len() as u64));
    let (start, mut done) = (Instant::now(), 0);
    for number in 0.. {
        if done >= events {
            break;
        }
        let setting = &settings[number % settings.len()];
        let report = round(setting, size, number as u64);
        done += report.events;
        let (seconds, ingress) = (report.elapsed.as_secs_f64(), &report.ingresses[0]);
        println!(
            "round {number:3}  {:13} {:9} events in {seconds:6.1} s, {:5.2} million/s, {:6} late; {done} so far",
            setting.name,
            report.events,
            report.events as f64 / seconds / 1e6,
            ingress.late,
        );
    }
    println!("{done} events in {:.0} s, no mismatch", start.elapsed().as_secs_f64());
}
