//! `park [EVENTS]`: what parked lanes cost while idle, and how fast they wake; beside it, how fast this
//! machine wakes a parked thread at all.
#![forbid(unsafe_code)]
#![allow(clippy::disallowed_types, reason = "two bare threads, without Pitlane")]

use pitlane::Tier;
use pitlane::event::{MarketData, Side};
use pitlane::stage::{Outbox, each};
use pitlane::topology::{LaneSpec, Lanes, Latency, Plan, Running};
use pitlane::wait::Wait;
use pitlane_bench::{FEED, Machine};
use rustix::time::{ClockId, clock_gettime};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const LANES: usize = 3;
const IDLE: Duration = Duration::from_secs(3);
const PAUSE: Duration = Duration::from_millis(1);

fn main() {
    let events = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(2_000);
    print!("{}", Machine::look());
    println!("\n| what | measured |\n|---|---|");
    let running = parked(LANES);
    let before = cpu_time();
    std::thread::sleep(IDLE);
    let share = (cpu_time() - before).as_secs_f64() / IDLE.as_secs_f64();
    println!(
        "| processor time of an idle topology, {LANES} parked lanes | {:.3} % |",
        100.0 * share
    );
    drop(running);
    let mut running = parked(1);
    for price in 1..=events {
        std::thread::sleep(PAUSE);
        let trade = MarketData::trade(1, price, price as i64, 1, Side::Bid);
        running.publish(FEED, &trade).expect("it runs");
    }
    let report = running.stop();
    let latency = &report.stage("lane-0").expect("it is there").latency;
    let at = |quantile| latency.value_at_quantile(quantile);
    let row = |what, p50: u64, p99: u64| {
        println!("| {what}: p50, p99 | {:.1} us, {:.1} us |", p50 as f64 / 1e3, p99 as f64 / 1e3);
    };
    row("from entry to handled by a parked lane", at(0.5), at(0.99));
    let (p50, p99) = raw_wake_ups(events);
    row("from unpark to running, two bare threads", p50, p99);
}

/// A stage on each of some parked lanes, all reading the feed.
fn parked(lanes: usize) -> Running {
    let mut plan = Plan::new();
    let names: Vec<_> = (0..lanes).map(|lane| format!("lane-{lane}")).collect();
    for name in &names {
        plan.component(name, each(|_: &MarketData, _: &mut Outbox| Ok(())));
        plan.route::<MarketData>(FEED, Tier::FAST, name.as_str());
    }
    let lane = |name: &String| LaneSpec {
        name: name.clone(),
        wait: Some(Wait::Park),
        stages: vec![name.clone()],
        ..LaneSpec::default()
    };
    plan.lanes(Lanes::List(names.iter().map(lane).collect())).latency(Latency::OneIn(1));
    plan.check().expect("a sound plan").start().expect("it starts")
}

fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// Wakes a parked thread so many times; median and 99th percentile in ns.
fn raw_wake_ups(times: u64) -> (u64, u64) {
    let start = Instant::now();
    let now = move || start.elapsed().as_nanos() as u64;
    let called = Arc::new(AtomicU64::new(0));
    let sleeper = {
        let called = called.clone();
        std::thread::spawn(move || {
            let mut took = Vec::new();
            while took.len() < times as usize {
                std::thread::park();
                match called.swap(0, Ordering::AcqRel) {
                    0 => {}
                    at => took.push(now() - at),
                }
            }
            took
        })
    };
    while !sleeper.is_finished() {
        std::thread::sleep(PAUSE);
        called.store(now(), Ordering::Release);
        sleeper.thread().unpark();
    }
    let mut took = sleeper.join().expect("no panic");
    took.sort_unstable();
    (took[took.len() / 2], took[took.len() * 99 / 100])
}
