//! Topics, partitions, consumers and middleware as configs write them.

use crate::kit::{GOOD, check};
use pitlane::route::OnFull;
use pitlane::topology::StageInfo;
use pitlane_config::Ready;

/// The good config with lines added to a section, or sections to its end.
fn with(section: &str, lines: &str) -> String {
    match section {
        "" => format!("{GOOD}{lines}"),
        section => GOOD.replace(&format!("{section}:\n"), &format!("{section}:\n{lines}")),
    }
}

fn ready(text: &str) -> Ready {
    check(text).unwrap_or_else(|mistakes| panic!("{}", mistakes.render(false)))
}

fn stage(ready: &Ready, name: &str) -> StageInfo {
    let stages = ready.topology.stages();
    stages.into_iter().find(|stage| stage.name == name).expect("it runs")
}

/// What is printed of the only mistake of a config.
fn mistake(text: &str) -> String {
    let mistakes = check(text).expect_err("there is a mistake");
    let errors: Vec<_> = mistakes.list().iter().filter(|mistake| mistake.error).collect();
    let [only] = errors.as_slice() else { panic!("{}", mistakes.render(false)) };
    assert!(!only.help.is_empty() || only.message.starts_with("expected"), "{only}");
    only.to_string()
}

#[test]
fn topics_are_subscribed_to_by_a_pattern_or_several() {
    let text = with(
        "",
        "topics:
  - { subscribe: \"md.*.trade.*\", routes: [seen] }
  - subscribe: [signal.strategy.IBM.NYSE, \"order.>\"]
    tier: fast
    on_full: drop_newest
    routes:
      - { type: filter, condition: \"source != \\\"gate\\\"\", target: orders2 }
",
    );
    let text = text.replace("components:\n", "components:\n  seen: watch\n  orders2: order_log\n");
    // What takes orders alone is no target of signals.
    let found = mistake(&text);
    assert!(found.contains("`orders2` does not take Signal"), "{found}");
    let ready = ready(&text.replace("[signal.strategy.IBM.NYSE, \"order.>\"]", "\"order.>\""));
    let seen = stage(&ready, "seen");
    assert_eq!((seen.inputs[0].stream.as_str(), seen.tier.name()), ("feed", "standard"));
    assert_eq!(seen.inputs[0].topics.as_deref(), Some("md.*.trade.*"));
    let orders = stage(&ready, "orders2");
    assert_eq!((orders.inputs[0].on_full, orders.tier.name()), (OnFull::DropNewest, "fast"));
}

#[test]
fn a_source_may_be_taken_by_topics_alone() {
    let text = "\
sources:
  feed: { format: csv, path: ticks.csv }
  other: { format: csv, path: ticks.csv }
components:
  seen: watch
topics:
  - { subscribe: \"md.feed.>\", routes: [seen] }
";
    let ready = ready(text);
    assert_eq!(stage(&ready, "seen").inputs.len(), 1);
    let warnings: Vec<_> = ready.setup.warnings.list().iter().map(ToString::to_string).collect();
    assert!(warnings.len() == 1 && warnings[0].contains("`other` is not routed"), "{warnings:?}");
}

#[test]
fn what_topics_get_wrong_is_told_at_its_place() {
    for (topic, says) in [
        (
            "{ subscribe: \"md..trade\", routes: [seen] }",
            ":19:18: error [PL-TOPOLOGY-050]: the topic `md..trade` has an empty level",
        ),
        ("{ subscribe: \"mdd.>\", routes: [seen] }", "did you mean `md`?"),
        ("{ subscribe: [\"md.>\", \"md.*.quot.>\"], routes: [seen] }", "did you mean `quote`?"),
        ("{ subscribe: [], routes: [seen] }", "`subscribe` is empty"),
        ("{ subscribe: \"md.>\", routes: [] }", "`routes` is empty"),
        ("{ subscribe: \"md.>\", routes: [sean] }", "did you mean `seen`?"),
        ("{ subscribe: \"md.>\" }", "`routes` is missing"),
        ("{ subscibe: \"md.>\", subscribe: \"md.>\", routes: [seen] }", "`subscibe`"),
        ("{ subscribe: \"md.>\", routes: [seen], batch: 5 }", "`batch` belongs to the fast tier"),
        ("{ subscribe: \"md.>\", routes: [gate] }", "`gate` does not take MarketData"),
    ] {
        let text = with("", &format!("topics:\n  - {topic}\n"));
        let found = mistake(&text.replace("components:\n", "components:\n  seen: watch\n"));
        assert!(found.contains(says), "{topic}: {found}");
    }
    let text = with("", "topics:\n  - { subscribe: \"md.fed.>\", routes: [sma] }\n");
    let ready = ready(&text);
    let warnings = ready.setup.warnings.to_string();
    assert!(warnings.contains("`md.fed.>` matches nothing; did you mean `feed`?"), "{warnings}");
}

#[test]
fn a_partition_is_a_route_with_replicas_of_its_target() {
    let text = GOOD.replace(
        "MarketData: [sma]",
        "MarketData: [{ type: partition, by: instrument, replicas: 3, target: sma }]",
    );
    let ready = ready(&text);
    let names: Vec<_> = ready.topology.stages().into_iter().map(|stage| stage.name).collect();
    assert_eq!(names, ["sma#1", "sma#2", "sma#3", "sma", "gate", "orders"]);
    assert_eq!(stage(&ready, "sma").outputs, ["strategy/sma"]);
    for (partition, says) in [
        ("{ type: partition, target: sma }", "`replicas` is missing"),
        ("{ type: partition, replicas: 3 }", "`target` is missing"),
        ("{ type: partition, replicas: 0, target: sma }", "let it be 1 to 256"),
        (
            "{ type: partition, replicas: 2, by: source, target: sma }",
            "`by` does not know `source`",
        ),
        ("{ type: partition, replicas: 2, copies: 3, target: sma }", "`copies` is not a key"),
    ] {
        let found = mistake(&GOOD.replace("[sma]", &format!("[{partition}]")));
        assert!(found.contains(says), "{partition}: {found}");
    }
}

#[test]
fn components_say_how_they_take_events() {
    let text =
        GOOD.replace("orders: order_log", "orders: { type: order_log, consumer: worker }").replace(
            "gate: { type: risk_gate,",
            "gate: { type: risk_gate, consumer: { runs: inline, when: \"strength > 0.5\" },",
        );
    let ready = ready(&text);
    assert_eq!(stage(&ready, "gate").inputs[0].conditions, ["strength > 0.1", "strength > 0.5"]);
    for (consumer, says) in [
        ("nearby", "does not know `nearby`"),
        ("{ batch: 8 }", "takes events one by one"),
        ("{ when: \"pricy > 1\" }", "`pricy` is neither a field"),
        ("{ wen: \"price > 1\" }", "`wen`"),
    ] {
        let consumer = format!("orders: {{ type: order_log, consumer: {consumer} }}");
        let found = mistake(&GOOD.replace("orders: order_log", &consumer));
        assert!(found.contains(says), "{consumer}: {found}");
    }
}

#[test]
fn middleware_stands_around_components_and_routes() {
    let all = "middleware: [metrics, { type: on_error, action: skip }, { type: circuit_breaker, failures: 3, open_for: 10s }, \
               { type: rate_limit, events: 10, per: 1s, of: instrument }, { type: dedupe, key: [symbol, price], window: 5s }, \
               { type: throttle, interval: 100ms }, { type: authorize, allow: [\"signal.strategy.>\"] }, { type: one_in, one_in: 5 }]";
    let around_component = GOOD.replace("slow: 50,", &format!("slow: 50, {all},"));
    assert!(ready(&around_component).setup.warnings.is_empty());
    let around_route =
        GOOD.replace("[sma]", &format!("[{{ type: pipeline, steps: [sma], {all} }}]"));
    let ready = ready(&around_route);
    let reads = |name: &str| stage(&ready, name).inputs[0].stream.clone();
    assert_eq!([reads("sma.around"), reads("sma")], ["feed", "sma.around.passed"]);
}

#[test]
fn what_middleware_gets_wrong_is_told_at_its_place() {
    for (layer, says) in [
        ("metrix", "did you mean `metrics`?"),
        ("{ type: rate_limit, events: 0 }", "`events` is 0; the least is 1"),
        ("{ type: rate_limit }", "`events` is missing"),
        ("{ type: rate_limit, events: 5, pre: 1s }", "`pre`"),
        ("{ type: throttle, interval: 5 }", "is not a time"),
        ("{ type: dedupe, key: [prise], window: 1s }", "did you mean `price`?"),
        ("{ type: on_error, action: skipp }", "does not know `skipp`"),
        ("{ type: authorize, allow: [signal] }", "ends before its symbol"),
        ("{ type: one_in, one_in: 0 }", "`one_in` is 0"),
    ] {
        let text = GOOD.replace("slow: 50,", &format!("slow: 50, middleware: [{layer}],"));
        let found = mistake(&text);
        assert!(found.contains(says) && found.contains(":"), "{layer}: {found}");
        let text = GOOD.replace(
            "[sma]",
            &format!("[{{ type: broadcast, targets: [sma], middleware: [{layer}] }}]"),
        );
        let found = mistake(&text);
        assert!(found.contains(says), "{layer}: {found}");
    }
}
