//! `count LOOP EVENTS`: a hot loop for `scripts/instructions` to count, all of it within `counted`.
//! `count SET:NUMBER EVENTS`: the same of a variant of `pitlane bench throughput`, from 0.
#![forbid(unsafe_code)]

use pitlane::condition::{Fields, Predicates, World, compile};
use pitlane::event::{MarketData, Slot};
use pitlane::ring::RingBuilder;
use pitlane::topology::{Latency, Plan};
use pitlane::{Instruments, Names};
use pitlane_bench::suite::{SETS, Size};
use pitlane_bench::{Laps, Prepared, Settings, rows, topologies};
use std::hint::black_box;

/// Events in memory, gone through over and over.
const PREPARED: usize = 4096;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().unwrap_or_default();
    let events = arguments.next().and_then(|events| events.parse().ok());
    let Some(events) = events else {
        eprintln!("usage: count LOOP EVENTS; loops: {}", LOOPS.map(|(name, _)| name).join(", "));
        std::process::exit(2);
    };
    if let Some((set, number)) = name.split_once(':') {
        return variant(set, number, events);
    }
    let found = LOOPS.iter().find(|(known, _)| *known == name);
    let Some((_, run)) = found else {
        eprintln!("there is no loop `{name}`");
        std::process::exit(2);
    };
    run(events);
}

type Loop = fn(u64);

const LOOPS: [(&str, Loop); 11] = [
    ("fused-1", |events| fused(topologies::pipeline_of(1, &Settings::FUSED), events)),
    ("fused-3", |events| fused(topologies::pipeline_of(3, &Settings::FUSED), events)),
    ("fused-10", |events| fused(topologies::pipeline_of(10, &Settings::FUSED), events)),
    ("polls-3", |events| {
        let settings = Settings { batch_limit: Some(1), ..Settings::FUSED };
        let plan = topologies::pipeline_of(3, &settings);
        fed(plan, Prepared::trades(PREPARED).input(events).at_once(1));
    }),
    ("chain-1", |events| fused(topologies::chain_of(1, &Settings::FUSED), events)),
    ("latency-3", |events| {
        let settings =
            Settings { latency: Latency::OneIn(1), batch_limit: Some(64), ..Settings::FUSED };
        fused(topologies::pipeline_of(3, &settings), events);
    }),
    ("replay", |events| fused(topologies::replay(&Settings::FUSED), events)),
    ("start", start),
    ("ring-64", ring),
    ("condition", condition),
    ("csv", csv),
];

fn variant(set: &str, number: &str, events: u64) {
    let found = SETS.iter().find(|known| known.name == set);
    let size = Size { prepared: PREPARED, ..Size::of(events) };
    let mut variants = found.map(|set| (set.variants)(size)).unwrap_or_default();
    let Some(variant) = number.parse().ok().and_then(|number: usize| variants.get_mut(number))
    else {
        eprintln!("there is no variant `{set}:{number}`; it has {}", variants.len());
        std::process::exit(2);
    };
    eprintln!("{}", variant.name());
    counted(|| variant.run().events);
}

/// What is counted: nothing else in this program.
#[inline(never)]
fn counted(run: impl FnOnce() -> u64) {
    black_box(run());
}

fn fused(plan: Plan, events: u64) {
    fed(plan, Prepared::trades(PREPARED).input(events));
}

fn fed(plan: Plan, mut input: Laps) {
    let checked = plan.check().expect("a sound plan");
    counted(|| checked.run(&mut input).expect("it runs").events);
}

/// From a plan to a topology that runs, of so many components.
fn start(components: u64) {
    let plan = topologies::pipeline_of(components as usize, &Settings::FUSED);
    counted(|| {
        let running = plan.check().expect("a sound plan").start().expect("it starts");
        black_box(running).stop().events
    });
}

/// Written and read on one thread in batches of 64.
fn ring(events: u64) {
    let mut ring = RingBuilder::<MarketData>::new(1024).expect("a power of two");
    let _ = ring.reader();
    let (mut producer, mut readers) = ring.build();
    let mut reader = readers.remove(0);
    let prepared = Prepared::trades(64);
    let batch: Vec<MarketData> = prepared.events().iter().map(|slot| *slot.view()).collect();
    counted(|| {
        let mut sum = 0_u64;
        for _ in 0..events / 64 {
            let mut claim = producer.claim(64).expect("all was read");
            let (one, two) = claim.slots();
            one.iter_mut().chain(two).zip(&batch).for_each(|(slot, event)| *slot = *event);
            claim.publish();
            let mut batch = reader.poll(64);
            let (one, two) = batch.slices();
            for event in one.iter().chain(two) {
                sum = sum.wrapping_add(event.header.ts_event);
            }
            let read = one.len() + two.len();
            batch.release(read);
        }
        sum
    });
}

fn condition(events: u64) {
    let (names, instruments) = (Names::default(), Instruments::new());
    let predicates = Predicates::default();
    let world = World { names: &names, instruments: &instruments, predicates: &predicates };
    let text = "kind == 'trade' && price > 0 && side == 'buy'";
    let mut condition = compile(text, &Fields::of::<MarketData>(), &world).expect("it is sound");
    let prepared = Prepared::session(PREPARED);
    counted(|| {
        let all = prepared.events().iter().cycle().take(events as usize);
        all.filter(|slot: &&Slot| condition.matches(slot)).count() as u64
    });
}

/// Rows of one file: opening it, which clears a buffer of 256 KiB, is the same for any number of them.
fn csv(events: u64) {
    let name = format!("pitlane-count-{}_trade.csv", std::process::id());
    let path = std::env::temp_dir().join(name);
    let rows = rows::lean_trades(&Prepared::trades(events as usize));
    std::fs::write(&path, rows).expect("room for it");
    let mut batch: Vec<MarketData> = Vec::with_capacity(1024);
    let mut source = rows::open_lean(&path, &Instruments::new());
    counted(|| {
        let mut decoded = 0;
        while source.read(&mut batch).expect("good rows") || !batch.is_empty() {
            decoded += black_box(&batch).len() as u64;
            batch.clear();
        }
        assert_eq!(decoded, events);
        decoded
    });
    let _ = std::fs::remove_file(&path);
}
