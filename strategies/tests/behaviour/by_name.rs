//! Every component type by the name and parameters that configs use.

use crate::support::{build, harness};
use pitlane::event::{MarketData, Order, Side, Signal, fixed};
use pitlane::registry::Registry;
use pitlane::testing::Harness;
use pitlane_strategies::{Handles, register};
use serde_json::{Value, json};

const TYPES: [&str; 14] = [
    "bars",
    "book",
    "ema",
    "file",
    "log",
    "mean_reversion",
    "mid",
    "null",
    "order_check",
    "order_log",
    "order_tracker",
    "risk_gate",
    "sma_cross",
    "tap",
];

#[test]
fn every_type_is_registered_with_a_sentence() {
    let mut registry = Registry::new();
    register(&mut registry);
    assert_eq!(registry.components().keys().collect::<Vec<_>>(), TYPES);
    for factory in registry.components().values() {
        assert!(factory.doc().ends_with('.'), "{}: {}", factory.name(), factory.doc());
    }
}

#[test]
fn every_parameter_is_described_and_optional_ones_have_defaults() {
    let mut registry = Registry::new();
    register(&mut registry);
    let mut generator = schemars::SchemaGenerator::default();
    for factory in registry.components().values() {
        let schema = factory.schema(&mut generator).to_value();
        assert_eq!(schema["additionalProperties"], json!(false), "{}", factory.name());
        let none = serde_json::Map::new();
        for (parameter, described) in schema["properties"].as_object().unwrap_or(&none) {
            let doc = described["description"].as_str().unwrap_or_default();
            assert!(doc.contains("efault"), "{}.{parameter}: {doc}", factory.name());
        }
    }
}

#[test]
fn every_type_but_file_and_bars_can_do_without_parameters() {
    for kind in TYPES.iter().filter(|kind| !["file", "bars"].contains(*kind)) {
        let built = build(kind, json!({}), &Handles::default());
        assert!(built.is_ok(), "{kind}: {built:?}");
    }
    let error = build("file", json!({}), &Handles::default()).unwrap_err();
    assert!(error.message.contains("path"), "{error}");
    let error = build("bars", json!({}), &Handles::default()).unwrap_err();
    assert!(error.message.contains("give `every`, `count` or `volume`"), "{error}");
}

#[test]
fn unknown_parameters_are_refused_by_name() {
    for kind in TYPES {
        let error = build(kind, json!({ "wndow": 3 }), &Handles::default()).unwrap_err();
        assert!(error.message.contains("wndow"), "{kind}: {error}");
    }
}

#[test]
fn values_that_make_no_sense_are_refused_with_their_parameter() {
    let refused = |kind: &str, parameters: Value| {
        let error = build(kind, parameters, &Handles::default()).unwrap_err();
        assert!(error.message.contains("must") || error.message.contains("choose"), "{error}");
        error.parameter.expect("names the parameter")
    };
    assert_eq!(refused("sma_cross", json!({ "fast": 50, "slow": 20 })), "fast");
    assert_eq!(refused("mean_reversion", json!({ "exit": 3.0 })), "exit");
    assert_eq!(refused("ema", json!({ "period": 0 })), "period");
    assert_eq!(refused("risk_gate", json!({ "quantity": 0 })), "quantity");
    assert_eq!(refused("risk_gate", json!({ "quantity": 2, "max_order_quantity": 1 })), "quantity");
    assert_eq!(refused("risk_gate", json!({ "max_position": -1 })), "max_position");
    assert_eq!(refused("risk_gate", json!({ "max_notional": "0.0" })), "max_notional");
    assert_eq!(
        refused("risk_gate", json!({ "max_orders_per_second": 0 })),
        "max_orders_per_second"
    );
    assert_eq!(refused("log", json!({ "every": 0 })), "every");
    assert_eq!(refused("tap", json!({ "last": 0 })), "last");
}

#[test]
fn mid_prices_come_from_two_sided_quotes_and_the_others_are_counted() {
    let handles = Handles::default();
    let parameters = json!({ "fast": 1, "slow": 2, "price": "mid" });
    let mut stage = Harness::new(build("sma_cross", parameters, &handles).unwrap());
    let none = (fixed::NULL, fixed::NULL);
    for (bid, ask) in
        [((4, 1), (6, 1)), ((2, 1), (4, 1)), ((9, 1), none), (none, none), ((8, 1), (8, 1))]
    {
        stage.send(&MarketData::quote(1, 0, bid, ask)).unwrap();
        stage.send(&MarketData::trade(1, 0, 1_000, 1, Side::Bid)).unwrap();
    }
    let signals = stage.take::<Signal>();
    assert_eq!(signals.iter().map(|signal| signal.price).collect::<Vec<_>>(), [8]);
    assert_eq!(handles.counts("it").unwrap().of("skipped_quotes"), 2);
}

#[test]
fn trades_without_a_price_are_counted() {
    let handles = Handles::default();
    let mut stage = Harness::new(build("mean_reversion", json!({}), &handles).unwrap());
    stage.send(&MarketData::trade(1, 0, fixed::NULL, 1, Side::Bid)).unwrap();
    assert_eq!(handles.counts("it").unwrap().of("skipped_trades"), 1);
}

#[test]
fn sinks_take_every_type_and_emit_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for (kind, parameters) in [
        ("log", json!({ "level": "trace" })),
        ("file", json!({ "path": folder.path().join("all.csv") })),
        ("tap", json!({ "last": 2 })),
        ("null", json!({})),
    ] {
        let built = build(kind, parameters.clone(), &Handles::default()).unwrap();
        assert_eq!(built.outputs().count(), 0, "{kind}");
        let mut sink = harness(kind, parameters);
        sink.send(&MarketData::trade(1, 0, 1, 1, Side::None)).unwrap();
        sink.send(&Signal::new(pitlane::event::Action::Buy, 1.0, 1)).unwrap();
        sink.send(&Order::new(1, Side::Bid, 1, 1)).unwrap();
        sink.stop().unwrap();
    }
}

#[test]
fn a_tap_built_by_name_is_read_through_the_handles() {
    let handles = Handles::default();
    let mut tap = Harness::new(build("tap", json!({ "last": 2 }), &handles).unwrap());
    for price in 1..=3 {
        tap.send(&MarketData::trade(1, 0, price, 1, Side::None)).unwrap();
    }
    let kept = handles.tap("it").unwrap().last::<MarketData>();
    assert_eq!(kept.iter().map(|e| e.as_trade().unwrap().price()).collect::<Vec<_>>(), [2, 3]);
}
