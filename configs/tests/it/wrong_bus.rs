//! Wrong topics, partitions, middleware, consumers and reliable routes: each mistake names its place and a
//! way out. What is printed is kept under `snapshots/`.

use crate::kit::{GOOD, check};
use crate::wrong::{format_of, printed, with};
use insta::assert_snapshot;

/// What is printed for one subscription more.
fn topics(subscription: &str) -> String {
    format_of(&format!("topics:\n  - {{ {subscription} }}\n"))
}

/// What is printed for a config that can run and is odd.
fn warned(text: &str) -> String {
    let ready = check(text).unwrap_or_else(|mistakes| panic!("{}", mistakes.render(false)));
    ready.setup.warnings.render(false)
}

/// What is printed where something stands around the risk gate.
fn around_gate(middleware: &str) -> String {
    let gate = format!("max_order_quantity: 100, middleware: [{middleware}]");
    with("max_order_quantity: 100", &gate)
}

/// What is printed where `sma` is partitioned.
fn partition(keys: &str) -> String {
    with("[sma]", &format!("[{{ type: partition, {keys} }}]"))
}

#[test]
fn topics_that_are_none() {
    assert_snapshot!(
        "wildcard_in_a_level",
        topics("subscribe: \"md.feed.tr*.IBM\", routes: [sma]")
    );
    assert_snapshot!("rest_in_the_middle", topics("subscribe: \"md.>.IBM\", routes: [sma]"));
    assert_snapshot!(
        "symbol_in_two_levels",
        topics("subscribe: \"md.feed.trade.IBM.*\", routes: [sma]")
    );
    assert_snapshot!("empty_level", topics("subscribe: \"md..trade.IBM\", routes: [sma]"));
    assert_snapshot!("too_few_levels", topics("subscribe: md.feed, routes: [sma]"));
    assert_snapshot!("unknown_first_level", topics("subscribe: \"signl.>\", routes: [gate]"));
    assert_snapshot!("unknown_kind", topics("subscribe: \"md.feed.trad.*\", routes: [sma]"));
    assert_snapshot!(
        "unknown_source",
        warned(&format!(
            "{GOOD}topics:\n  - {{ subscribe: \"md.fede.trade.*\", routes: [sma] }}\n"
        ))
    );
    assert_snapshot!("no_pattern", topics("routes: [sma]"));
    assert_snapshot!("no_patterns", topics("subscribe: [], routes: [sma]"));
    assert_snapshot!("no_routes", topics("subscribe: \"md.>\""));
    assert_snapshot!("topic_for_another_type", topics("subscribe: \"signal.>\", routes: [sma]"));
    assert_snapshot!("topic_to_nobody", topics("subscribe: \"md.>\", routes: [smaa]"));
    assert_snapshot!("unknown_key_of_a_subscription", topics("subscrbe: \"md.>\", routes: [sma]"));
}

#[test]
fn partitions_that_cannot_be() {
    assert_snapshot!("no_replicas", partition("by: instrument, replicas: 0, target: sma"));
    assert_snapshot!("replicas_left_out", partition("by: instrument, target: sma"));
    assert_snapshot!(
        "too_many_replicas",
        partition("by: instrument, replicas: 100000, target: sma")
    );
    assert_snapshot!("replicas_in_words", partition("by: instrument, replicas: two, target: sma"));
    assert_snapshot!(
        "partition_by_something_else",
        partition("by: venue, replicas: 2, target: sma")
    );
    assert_snapshot!(
        "partition_of_nothing_known",
        partition("by: instrument, replicas: 2, target: smaa")
    );
    assert_snapshot!("partition_without_target", partition("by: instrument, replicas: 2"));
    assert_snapshot!(
        "partition_of_a_route",
        partition("by: instrument, replicas: 2, target: { type: broadcast, targets: [sma] }")
    );
}

#[test]
fn middleware_that_cannot_stand_there() {
    assert_snapshot!("unknown_middleware", around_gate("metrix"));
    assert_snapshot!("middleware_without_its_key", around_gate("{ type: dedupe, window: 1s }"));
    assert_snapshot!("middleware_that_needs_keys", around_gate("throttle"));
    assert_snapshot!("middleware_with_another_key", around_gate("{ type: rate_limit, evnts: 5 }"));
    assert_snapshot!("middleware_without_a_unit", around_gate("{ type: throttle, interval: 5 }"));
    assert_snapshot!(
        "middleware_with_another_unit",
        around_gate("{ type: throttle, interval: 5 sec }")
    );
    assert_snapshot!("rate_of_nothing", around_gate("{ type: rate_limit, events: 0, per: 1s }"));
    assert_snapshot!(
        "dedupe_by_an_unknown_field",
        around_gate("{ type: dedupe, key: [strenght], window: 1s }")
    );
    assert_snapshot!(
        "middleware_twice",
        around_gate("{ type: on_error, action: skip }, { type: on_error, action: halt }")
    );
    assert_snapshot!(
        "middleware_that_is_no_list",
        with("max_order_quantity: 100", "max_order_quantity: 100, middleware: metrics")
    );
    let breaker = "max_order_quantity: 100, middleware: [circuit_breaker]";
    assert_snapshot!(
        "breaker_of_what_halts",
        warned(&GOOD.replace("max_order_quantity: 100", breaker))
    );
    assert_snapshot!(
        "authorize_no_topic",
        around_gate("{ type: authorize, allow: [\"order..\"] }")
    );
    assert_snapshot!("unknown_action", around_gate("{ type: on_error, action: ignore }"));
}

#[test]
fn consumers_of_no_kind() {
    let consumer = |text: &str| {
        with("max_order_quantity: 100", &format!("max_order_quantity: 100, consumer: {text}"))
    };
    assert_snapshot!("unknown_consumer", consumer("inlined"));
    assert_snapshot!("consumer_with_an_unknown_key", consumer("{ btach: 64 }"));
    assert_snapshot!("slices_for_what_takes_single_events", consumer("{ batch: 64 }"));
    assert_snapshot!("slices_of_nothing", consumer("{ batch: 0 }"));
    assert_snapshot!("consumer_with_a_wrong_condition", consumer("{ when: \"strenght > 0\" }"));
    assert_snapshot!("consumer_that_runs_nowhere", consumer("{ runs: thread }"));
}

#[test]
fn reliable_routes_that_cannot_be() {
    let reliable = |routes: &str| {
        let new = format!("MarketData: {{ tier: reliable, routes: [{routes}] }}");
        with("MarketData: [sma]", &new)
    };
    assert_snapshot!(
        "reliable_partition",
        reliable("{ type: partition, by: instrument, replicas: 2, target: sma }")
    );
    assert_snapshot!(
        "reliable_middleware",
        reliable("{ type: pipeline, steps: [sma], middleware: [metrics] }")
    );
}

#[test]
fn several_mistakes_of_the_bus_are_told_at_once() {
    let text = "
sources:
  feed: { format: csv, path: ticks.csv }
components:
  sma: { type: sma_cross, fast: 10, slow: 50, middleware: [{ type: throttle, interval: 5 }] }
  gate: { type: risk_gate, max_order_quantity: 100, consumer: inlined }
routing:
  feed:
    MarketData: [{ type: partition, by: venue, replicas: 0, target: sma }]
topics:
  - { subscribe: \"md.>.IBM\", routes: [gaet] }
";
    assert_snapshot!("many_of_the_bus", printed(text));
}
