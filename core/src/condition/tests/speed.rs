//! Nanoseconds per event. Prints and asserts nothing:
//! `cargo test --release -p pitlane condition::tests::speed -- --ignored --nocapture`

use super::Stable;
use crate::event::fixed::SCALE;
use crate::event::{Action, Event, MarketData, Side, Signal, Slot};
use std::hint::black_box;
use std::time::Instant;

const EVENTS: usize = 1 << 15;
const ROUNDS: usize = 60;

fn nanoseconds<E: Event>(text: &str, events: &[Slot]) -> (f64, f64) {
    let mut condition = Stable::new().compile::<E>(text).expect(text);
    let mut best = f64::INFINITY;
    let mut matched = 0_usize;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        matched = events.iter().filter(|event| condition.matches(black_box(event))).count();
        best = best.min(start.elapsed().as_secs_f64());
    }
    (best * 1e9 / events.len() as f64, 100.0 * matched as f64 / events.len() as f64)
}

fn random(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *seed >> 33
}

#[test]
#[ignore = "a measure, not a test"]
fn takes_so_many_nanoseconds_per_event() {
    let mut seed = 1;
    let signals: Vec<Slot> = (0..EVENTS)
        .map(|_| {
            let strength = (random(&mut seed) % 1000) as f64 / 1000.0;
            let mut signal = Signal::new(Action::Buy, strength, 100 * SCALE);
            signal.header.instrument = 1 + (random(&mut seed) % 7) as u32;
            Slot::from_event(signal)
        })
        .collect();
    let quotes: Vec<Slot> = (0..EVENTS)
        .map(|_| {
            let bid = (100 + random(&mut seed) % 10) as i64 * SCALE;
            let ask = bid + (random(&mut seed) % 4) as i64 * SCALE / 100;
            Slot::from_event(match random(&mut seed) % 2 {
                0 => MarketData::quote(1, 0, (bid, SCALE), (ask, SCALE)),
                _ => MarketData::trade(1, 0, bid, SCALE, Side::Bid),
            })
        })
        .collect();
    let over_signals = [
        "true",
        "strength > 0.7",
        "strength > 0.7 && symbol == \"AAPL\"",
        "symbol == \"AAPL\" && strength > 0.7",
        "strength > 0.7 && symbol == \"AAPL\" && action == 'buy' && price < 200",
        "strength * 100 > 70",
        "is_sell",
    ];
    let over_quotes = [
        "price > 105",
        "kind == 'trade' && price > 105 && side == 'buy'",
        "bid_price >= ask_price",
        "ask_price - bid_price > 0.01",
        "price % 0.05 == 0",
        "price in [101, 103, 105]",
    ];
    println!("  ns/event  matched  condition");
    let signals = over_signals.map(|text| (text, nanoseconds::<Signal>(text, &signals)));
    let quotes = over_quotes.map(|text| (text, nanoseconds::<MarketData>(text, &quotes)));
    for (text, (ns, matched)) in signals.into_iter().chain(quotes) {
        println!("{ns:10.2} {matched:7.1}%  {text}");
    }
}
