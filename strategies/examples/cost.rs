//! Nanoseconds per event of the strategies' and the gate's own code: no ring, no lane, no emission.
//!
//! `cargo run --release -p pitlane-strategies --example cost`

use pitlane::event::{Action, Signal};
use pitlane_strategies::mean_reversion::{MeanReversion, MeanReversionParams};
use pitlane_strategies::risk::{OrderIds, RiskGate, RiskGateParams};
use pitlane_strategies::sma_cross::{SmaCross, SmaCrossParams};
use std::hint::black_box;
use std::time::Instant;

const EVENTS: usize = 1 << 21;

/// Best of seven runs over all prices, and how many signals or orders there were.
fn measure(what: &str, prices: &[i64], mut decide: impl FnMut(u32, i64) -> bool) {
    let (mut best, mut said) = (f64::INFINITY, 0);
    for _ in 0..7 {
        let start = Instant::now();
        said = prices.iter().filter(|&&price| decide(black_box(1), price)).count();
        best = best.min(start.elapsed().as_nanos() as f64 / prices.len() as f64);
    }
    println!("{what:<36} {best:6.2} ns/event  {said} of {} said something", prices.len());
}

fn main() {
    let mut state = 1_u64;
    let mut price = 182_500_000_000_i64;
    let prices: Vec<i64> = (0..EVENTS)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            price += ((state >> 33) as i64 % 5 - 2) * 10_000_000;
            price
        })
        .collect();

    for (fast, slow) in [(10, 50), (20, 200), (500, 5000)] {
        let params = SmaCrossParams { fast, slow, ..SmaCrossParams::default() };
        let mut rule = SmaCross::new(&params).expect("sensible");
        measure(&format!("sma_cross {fast}/{slow}"), &prices, |instrument, price| {
            rule.decide(instrument, price).is_some()
        });
    }
    for window in [20, 100, 5000] {
        let params = MeanReversionParams { window, ..MeanReversionParams::default() };
        let mut rule = MeanReversion::new(&params).expect("sensible");
        measure(&format!("mean_reversion {window}"), &prices, |instrument, price| {
            rule.decide(instrument, price).is_some()
        });
    }
    let params = RiskGateParams { max_orders_per_second: Some(100), ..RiskGateParams::default() };
    let ids = OrderIds::new(1, 0).expect("the first");
    let mut gate = RiskGate::new(&params, ids, "gate", 1).expect("sensible");
    let mut now = 0;
    measure("risk_gate, every limit looked at", &prices, |instrument, price| {
        now += 1_000_000;
        let action = if now & 1_000_000 == 0 { Action::Buy } else { Action::Sell };
        let mut signal = Signal::new(action, 1.0, price);
        (signal.header.instrument, signal.header.ts_event) = (instrument, now);
        gate.decide(&signal).expect("ids left").is_some()
    });
}
