//! What is small: building an event, asking a condition, finding a route, recording a latency, decoding a
//! row, handing an event to the next stage of the same lane.
//!
//! `cargo bench -p pitlane-bench --bench small`; criterion keeps the last run and tells what moved. On a busy
//! machine `scripts/instructions` tells more: it counts the same loops.

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use pitlane::condition::{Fields, Predicates, World, compile};
use pitlane::event::{Action, MarketData, Side, Signal, Slot};
use pitlane::ring::RingBuilder;
use pitlane::route::Route;
use pitlane::source::Source;
use pitlane::stage::{Outbox, each};
use pitlane::topology::Plan;
use pitlane::{Instruments, Names, Tier};
use pitlane_bench::openloop::histogram;
use pitlane_bench::{FEED, Prepared, Settings, rows, topologies};
use std::hint::black_box;
use std::time::Duration;

/// Events that one iteration goes through.
const EVENTS: usize = 4096;

/// A group whose times are told per event.
fn group<'a>(c: &'a mut Criterion, name: &str) -> BenchmarkGroup<'a, WallTime> {
    let mut group = c.benchmark_group(name);
    group.throughput(Throughput::Elements(EVENTS as u64)).sample_size(20);
    group.measurement_time(Duration::from_secs(2)).warm_up_time(Duration::from_millis(500));
    group
}

fn event_build(c: &mut Criterion) {
    let mut group = group(c, "event_build");
    let mut events = vec![Slot::from_event(MarketData::trade(1, 0, 1, 1, Side::Bid)); EVENTS];
    group.bench_function("trade", |b| {
        b.iter(|| {
            for (time, slot) in (0..).zip(black_box(&mut events)) {
                *slot = Slot::from_event(MarketData::trade(1, time, black_box(100), 5, Side::Bid));
            }
        });
    });
    group.bench_function("signal", |b| {
        b.iter(|| {
            for (price, slot) in (0..).zip(black_box(&mut events)) {
                *slot = Slot::from_event(Signal::new(Action::Buy, black_box(0.5), price));
            }
        });
    });
    group.finish();
}

fn condition(c: &mut Criterion) {
    let mut group = group(c, "condition");
    let (names, instruments) = (Names::default(), Instruments::new());
    let predicates = Predicates::default();
    let world = World { names: &names, instruments: &instruments, predicates: &predicates };
    let session = Prepared::session(EVENTS);
    for text in ["price > 0", "kind == 'trade' && price > 0 && side == 'buy'"] {
        let mut condition =
            compile(text, &Fields::of::<MarketData>(), &world).expect("it is sound");
        group.bench_function(text, |b| {
            b.iter(|| {
                let events = black_box(session.events());
                events.iter().filter(|slot| condition.matches(slot)).count()
            });
        });
    }
    group.finish();
}

/// An ingress found by its name; and the subscriptions, ten of a thousand, that an event meets.
fn route_lookup(c: &mut Criterion) {
    let mut lookups = group(c, "route_lookup");
    let mut plan = Plan::new();
    plan.component("sink", topologies::adder());
    for source in 0..16 {
        plan.route::<MarketData>(&format!("feed-{source}"), Tier::FAST, Route::from("sink"));
    }
    Settings::FUSED.apply(&mut plan);
    let running = plan.check().expect("a sound plan").start().expect("it starts");
    lookups.bench_function("ingress by name, of 16", |b| {
        b.iter(|| {
            for _ in 0..EVENTS {
                black_box(running.port::<MarketData>(black_box("feed-11")).expect("it is routed"));
            }
        });
    });
    let events = Prepared::of_symbols(EVENTS, 100);
    let mut running = by_symbol(&events, 1000);
    let port = running.port::<MarketData>(FEED).expect("it is routed");
    let trades: Vec<MarketData> = events.events().iter().map(|slot| *slot.view()).collect();
    lookups.bench_function("subscriptions by symbol, 10 of 1000", |b| {
        b.iter(|| {
            running.publish_to(port, &trades).expect("it runs");
            while running.poll() {}
        });
    });
    lookups.finish();
}

/// A running topology of so many stages, each subscribed to one of a hundred symbols.
fn by_symbol(events: &Prepared, stages: usize) -> pitlane::topology::Running {
    let mut plan = Plan::new();
    plan.instruments(events.instruments().clone()).source::<MarketData>(FEED);
    for number in 0..stages {
        let name = format!("s{number}");
        let mut seen = 0_u64;
        let count = each(move |event: &MarketData, _: &mut Outbox| {
            seen = black_box(seen.wrapping_add(event.header.ts_event));
            Ok(())
        });
        plan.component(&name, count);
        let topic = format!("md.feed.trade.S{}.SIM", number % 100);
        plan.subscribe([topic], Tier::FAST, name.as_str());
    }
    Settings::FUSED.apply(&mut plan);
    plan.check().expect("a sound plan").start().expect("it starts")
}

fn histogram_record(c: &mut Criterion) {
    let mut group = group(c, "histogram_record");
    let mut latencies = histogram();
    // Spread as latencies are, over some powers of ten.
    let values: Vec<u64> = (0..EVENTS as u64).map(|n| 100 + (n * n * 7919) % 1_000_000).collect();
    group.bench_function("one by one", |b| {
        b.iter(|| black_box(&values).iter().for_each(|&ns| latencies.saturating_record(ns)));
    });
    group.bench_function("a batch that entered together", |b| {
        b.iter(|| {
            let batches = black_box(&values).chunks(64);
            batches.for_each(|batch| latencies.saturating_record_n(batch[0], batch.len() as u64));
        });
    });
    group.finish();
}

fn csv_row(c: &mut Criterion) {
    let mut group = group(c, "csv_row");
    let name = format!("pitlane-small-{}_trade.csv", std::process::id());
    let path = std::env::temp_dir().join(name);
    let text = rows::lean_trades(&Prepared::trades(EVENTS));
    std::fs::write(&path, text).expect("room for temporary files");
    let mut batch: Vec<MarketData> = Vec::with_capacity(EVENTS);
    group.bench_function("lean trade", |b| {
        // Opened anew each time, which is no part of it.
        let open = || rows::open_lean(&path, &Instruments::new());
        b.iter_batched(
            open,
            |mut source| decode(&mut *source, &mut batch),
            criterion::BatchSize::PerIteration,
        );
    });
    group.finish();
    let _ = std::fs::remove_file(&path);
}

fn decode(source: &mut dyn Source, batch: &mut Vec<MarketData>) {
    let mut decoded = 0;
    loop {
        batch.clear();
        let more = source.read(batch).expect("good rows");
        decoded += black_box(&*batch).len();
        if !more && batch.is_empty() {
            break;
        }
    }
    assert_eq!(decoded, EVENTS);
}

/// From one stage to the next on the same thread: a ring written and read, without a topology and with.
fn hop_within_a_lane(c: &mut Criterion) {
    let mut group = group(c, "hop_within_a_lane");
    let trades = Prepared::trades(EVENTS);
    for batch in [1, 64] {
        let mut ring = RingBuilder::<Slot>::new(256).expect("a power of two");
        ring.reader();
        let (mut producer, mut readers) = ring.build();
        group.bench_function(format!("ring, batch {batch}"), |b| {
            b.iter(|| {
                let mut sum = 0_u64;
                for events in trades.events().chunks(batch) {
                    for event in events {
                        assert!(producer.try_publish(event), "all was read");
                    }
                    let mut taken = readers[0].poll(batch);
                    let (head, tail) = taken.slices();
                    for event in head.iter().chain(tail) {
                        sum = sum.wrapping_add(event.header.ts_event);
                    }
                    taken.release(events.len());
                }
                sum
            });
        });
    }
    for forwarders in [0, 1] {
        let plan = topologies::chain_of(forwarders, &Settings::FUSED);
        let mut running = plan.check().expect("a sound plan").start().expect("it starts");
        let port = running.port::<MarketData>(FEED).expect("it is routed");
        let events: Vec<MarketData> = trades.events().iter().map(|slot| *slot.view()).collect();
        group.bench_function(format!("chain of {}", forwarders + 1), |b| {
            b.iter(|| {
                running.publish_to(port, &events).expect("it runs");
                while running.poll() {}
            });
        });
    }
    group.finish();
}

criterion_group!(
    benches,
    event_build,
    condition,
    route_lookup,
    histogram_record,
    csv_row,
    hop_within_a_lane
);
criterion_main!(benches);
