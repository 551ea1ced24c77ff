//! What these tests share.

use pitlane::event::MarketData;
use pitlane::event::{Action, Order, Side, Signal};
use pitlane::registry::{BuildError, Context, Registry};
use pitlane::stage::Component;
use pitlane::testing::Harness;
use pitlane_strategies::{Handles, register_with};
use serde_json::Value;

/// Builds a component by type name, as a config does, under the name `it`.
pub(crate) fn build(
    kind: &str,
    parameters: Value,
    handles: &Handles,
) -> Result<Component, BuildError> {
    let context = Context { name: "it".into(), session: 3, instance: 2, ..Context::default() };
    let mut registry = Registry::new();
    register_with(&mut registry, handles);
    let mut parameters = <dyn erased_serde::Deserializer<'_>>::erase(parameters);
    registry.components()[kind].make(&mut parameters, &context)
}

/// A harness around a component built by name, started.
pub(crate) fn harness(kind: &str, parameters: Value) -> Harness {
    let mut harness =
        Harness::new(build(kind, parameters, &Handles::default()).expect("parameters are right"));
    harness.start().expect("it starts");
    harness
}

/// Sends trades at these prices in instrument 1; what was signaled, with the position of its cause.
pub(crate) fn signals(harness: &mut Harness, prices: &[i64]) -> Vec<(usize, Signal)> {
    let mut all = Vec::new();
    for (i, &price) in prices.iter().enumerate() {
        harness.send(&MarketData::trade(1, i as u64, price, 1, Side::None)).expect("no fault");
        all.extend(harness.take::<Signal>().into_iter().map(|signal| (i, signal)));
    }
    all
}

/// A signal of strategy 7 about an instrument at a time.
pub(crate) fn signal(action: Action, instrument: u32, ts_event: u64, price: i64) -> Signal {
    let mut signal = Signal::new(action, 1.0, price);
    (signal.header.instrument, signal.header.ts_event, signal.strategy) = (instrument, ts_event, 7);
    signal
}

/// Sends one signal; the order it became.
pub(crate) fn order(harness: &mut Harness, signal: Signal) -> Option<Order> {
    harness.send(&signal).expect("no fault");
    harness.take::<Order>().pop()
}
