//! Events per second of trades through both strategies and the risk gate to a sink, on one thread,
//! engine included:
//!
//! ```text
//!  feed --> sma_cross ------+
//!      \                    +--> risk_gate --> null
//!       \-> mean_reversion -+
//! ```
//!
//! `cargo run --release -p pitlane-strategies --example fused`

use pitlane::Tier;
use pitlane::event::{Event, MarketData, Order, Side, Signal, Slot};
use pitlane::registry::{Context, Registry};
use pitlane::route::broadcast;
use pitlane::source::SourceError;
use pitlane::topology::{Entry, Flow, Input, Lanes, Plan};
use std::time::Instant;

const EVENTS: usize = 1 << 23;

/// Trades from memory.
struct Trades {
    all: Vec<Slot>,
    entered: usize,
}

impl Input for Trades {
    fn poll(&mut self, entry: &mut dyn Entry) -> Result<Flow, SourceError> {
        let Some(port) = entry.port("feed", MarketData::TYPE) else { return Ok(Flow::Done) };
        let end = self.all.len().min(self.entered + entry.room());
        self.entered += entry.enter(port, &self.all[self.entered..end]);
        Ok(if self.entered == self.all.len() { Flow::Done } else { Flow::More })
    }
}

fn plan() -> Plan {
    let mut registry = Registry::new();
    pitlane_strategies::register(&mut registry);
    let mut plan = Plan::new();
    for (name, kind, emits) in [
        ("sma", "sma_cross", "strategy"),
        ("revert", "mean_reversion", "strategy"),
        ("gate", "risk_gate", "risk"),
        ("orders", "null", "orders"),
    ] {
        let mut none = <dyn erased_serde::Deserializer<'_>>::erase(serde_json::json!({}));
        let context = Context { name: name.into(), ..Context::default() };
        let built = registry.components()[kind].make(&mut none, &context).expect("defaults do");
        plan.component(name, built.emits_under(emits));
    }
    plan.route::<MarketData>("feed", Tier::FAST, broadcast(["sma", "revert"]));
    plan.route::<Signal>("strategy", Tier::FAST, "gate");
    plan.route::<Order>("risk", Tier::FAST, "orders");
    plan.lanes(Lanes::Fused);
    plan
}

fn main() {
    let mut state = 1_u64;
    let mut price = 182_500_000_000_i64;
    let mut next = |i: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        price += ((state >> 33) as i64 % 5 - 2) * 10_000_000;
        Slot::from_event(MarketData::trade(1, i as u64 * 1_000, price, 1_000_000_000, Side::Bid))
    };
    let all: Vec<Slot> = (0..EVENTS).map(&mut next).collect();
    for _ in 0..5 {
        let mut input = Trades { all: all.clone(), entered: 0 };
        let checked = plan().check().expect("a sound plan");
        let start = Instant::now();
        let report = checked.run(&mut input).expect("it runs");
        let elapsed = start.elapsed().as_secs_f64();
        assert!(report.is_complete() && report.events == EVENTS as u64);
        let orders = report.stage("orders").map_or(0, |stage| stage.events_in);
        let (rate, ns) = (EVENTS as f64 / elapsed / 1e6, elapsed * 1e9 / EVENTS as f64);
        println!("{EVENTS} events: {rate:.1} M events/s, {ns:.1} ns per event, {orders} orders");
    }
}
