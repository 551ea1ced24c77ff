//! Right configs, and what becomes of them.

use crate::kit::{GOOD, check, check_with, registry};
use pitlane::Tier;
use pitlane::route::OnFull;
use pitlane_config::{LoadOptions, load};
use std::path::Path;

/// The first form of the design, with a component for every name.
const SEED: &str = r#"
routing:
  data_source:
    MarketData:
      tier: fast
      routes:
        - type: pipeline
          steps: [indicators, strategies]
  strategy:
    Signal:
      tier: standard
      routes:
        - type: filter
          condition: "strength > 0.7"
          target: aggressive_risk
        - type: filter
          condition: "strength <= 0.7"
          target: conservative_risk
  risk:
    Order:
      tier: reliable
      routes:
        - type: pipeline
          steps: [execution]
components:
  indicators: watch
  strategies: { type: sma_cross, fast: 1, slow: 2, emits: strategy }
  aggressive_risk: { type: risk_gate, emits: risk }
  conservative_risk: { type: risk_gate, emits: risk }
  execution: order_log
"#;

#[test]
fn a_reliable_tier_is_delivered_by_a_courier_unless_another_stands_in_for_it() {
    let ready = check(SEED).unwrap_or_else(|m| panic!("{}", m.render(false)));
    assert!(ready.topology.is_reliable());
    let streams: Vec<String> = ready.topology.recorded().into_iter().map(|s| s.name).collect();
    assert_eq!(streams, ["risk/aggressive_risk", "risk/conservative_risk", "risk.Order.settled"]);

    let options = LoadOptions { reliable_as: Some(Tier::Standard), ..LoadOptions::default() };
    let ready = check_with(SEED, &options).unwrap_or_else(|m| panic!("{}", m.render(false)));
    assert!(!ready.topology.is_reliable());
    assert_eq!(ready.setup.unfed, ["data_source"]);
    let streams: Vec<String> = ready.topology.streams().into_iter().map(|s| s.name).collect();
    assert!(streams.contains(&"risk/conservative_risk".to_owned()), "{streams:?}");
}

#[test]
fn the_short_form_is_a_broadcast_on_the_standard_tier() {
    let ready = check(GOOD).unwrap();
    let stages = ready.topology.stages();
    let tier = |name: &str| stages.iter().find(|stage| stage.name == name).map(|stage| stage.tier);
    assert_eq!(tier("sma"), Some(Tier::Standard));
    assert_eq!(tier("gate"), Some(Tier::FAST));
    let gate = stages.iter().find(|stage| stage.name == "gate").unwrap();
    assert_eq!(gate.inputs[0].stream, "strategy/sma");
    assert_eq!(gate.inputs[0].conditions, ["strength > 0.1"]);
}

#[test]
fn fast_routes_have_a_batch_and_a_longest_wait() {
    let text = GOOD.replace("tier: fast", "tier: fast\n      batch: 64\n      max_wait: 500us");
    let stages = check(&text).unwrap().topology.stages();
    let gate = stages.iter().find(|stage| stage.name == "gate").unwrap();
    let max_wait = std::time::Duration::from_micros(500);
    assert_eq!(gate.tier, Tier::Fast { batch: 64, max_wait });
}

#[test]
fn what_links_do_when_full_is_said_by_the_topic_or_nearer_by_a_route() {
    let text = "
components: { a: watch, b: watch, c: watch }
routing:
  feed:
    MarketData:
      on_full: conflate
      routes:
        - a
        - { type: pipeline, steps: [b], on_full: drop_oldest }
        - { type: broadcast, targets: [c], on_full: block }
";
    let topology = check(text).unwrap().topology;
    let stages = topology.stages();
    let links = stages.iter().map(|stage| (stage.name.as_str(), stage.inputs[0].on_full));
    let mut links: Vec<_> = links.collect();
    links.sort_by_key(|link| link.0);
    assert_eq!(links, [("a", OnFull::Conflate), ("b", OnFull::DropOldest), ("c", OnFull::Block)]);
    let warnings = topology.warnings().iter().filter(|problem| problem.code == "PL-TOPOLOGY-027");
    let at: Vec<_> = warnings.map(|problem| problem.at.as_str()).collect();
    assert_eq!(
        at,
        ["routing.feed.MarketData.routes[0]", "routing.feed.MarketData.routes[1].steps[0]"]
    );
}

#[test]
fn symbols_stay_text() {
    let (registry, seen) = registry();
    let text = GOOD.replace(
        "path: ticks.csv",
        "path: 1.10, symbol: ON, date: 2013-10-07, symbols: [TRUE, 0700, 1.10, null, NO, \"A B\", 1e5]",
    );
    load(&text, Path::new("a.yaml"), &registry, &LoadOptions::default()).unwrap();
    let seen = seen.lock().unwrap();
    assert_eq!(
        seen[0],
        "feed Ticks { path: Some(\"1.10\"), symbol: Some(\"ON\"), \
         symbols: [\"TRUE\", \"0700\", \"1.10\", \"null\", \"NO\", \"A B\", \"1e5\"], \
         date: Some(\"2013-10-07\") } from "
    );
}

#[test]
fn sources_and_components_keep_the_order_of_the_config() {
    let text = "\
sources:
  zulu: { format: csv }
  alpha: { format: generate }
  mike: { format: csv }
components: { b: watch, a: watch, c: watch }
routing:
  mike: { MarketData: [a, b, c] }
  alpha: { MarketData: [a, b, c] }
  zulu: { MarketData: [a, b, c] }
";
    let ready = check(text).unwrap_or_else(|m| panic!("{}", m.render(false)));
    let sources: Vec<&str> = ready.setup.sources.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(sources, ["zulu", "alpha", "mike"]);
    let components: Vec<&str> = ready.setup.components.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(components, ["b", "a", "c"]);
}

#[test]
fn relative_paths_count_from_the_folder_of_the_config() {
    let (registry, seen) = registry();
    load(GOOD, Path::new("some/where/a.yaml"), &registry, &LoadOptions::default()).unwrap();
    assert!(seen.lock().unwrap()[0].ends_with("from some/where"));
}

#[test]
fn manifests_get_defaults_too() {
    let setup = check(GOOD).unwrap().setup;
    assert_eq!(
        serde_json::to_value(&setup.components[0]).unwrap(),
        serde_json::json!({
            "name": "sma", "type": "sma_cross", "emits": "strategy",
            "parameters": { "fast": 10, "slow": 50, "scale": 0.001, "price": "trade" },
        })
    );
    assert_eq!(setup.source_infos[0].parameters["path"], "ticks.csv");
}

#[test]
fn anchors_aliases_and_merge_keys_are_resolved() {
    let text = GOOD
        .replace("gate: {", "a: &params { type: sma_cross, fast: 1, slow: 9 }\n  b: { <<: *params, fast: 2 }\n  gate: {")
        .replace("[sma]", "[sma, a, b]");
    let setup = check(&text).unwrap_or_else(|m| panic!("{}", m.render(false))).setup;
    assert_eq!(setup.components[2].parameters["fast"], 2);
    assert_eq!(setup.components[2].parameters["slow"], 9);
}

#[test]
fn registered_adapters_are_route_types() {
    let text = GOOD.replace("[sma]", "[{ type: sample, one_in: 4, targets: [sma] }]");
    check(&text).unwrap_or_else(|m| panic!("{}", m.render(false)));
}

#[test]
fn empty_sections_are_as_good_as_none() {
    let text = format!("{GOOD}rings:\nlatency: 1/64\ndigests: true\nsession: 7\nlanes: 2\n");
    let ready = check(&text).unwrap_or_else(|m| panic!("{}", m.render(false)));
    assert_eq!(ready.setup.session, 7);
}

#[test]
fn what_is_odd_is_warned_of_and_runs() {
    let text = GOOD
        .replace("  orders: order_log", "  orders: order_log\n  idle: watch")
        .replace("  risk:\n", "  rsik:\n    Order: [orders]\n  risk:\n")
        .replace("components:", "  other: { format: generate }\ncomponents:");
    let ready = check(&text).unwrap_or_else(|m| panic!("{}", m.render(false)));
    let warnings = ready.setup.warnings;
    assert!(!warnings.has_errors());
    let said = warnings.to_string();
    assert!(said.contains("`other` is not routed"), "{said}");
    assert!(said.contains("no events reach `idle`"), "{said}");
    assert!(said.contains("did you mean `risk`?"), "{said}");
    assert_eq!(warnings.list().len(), 3, "{said}");
    assert!(warnings.list().iter().all(|warning| warning.line > 1), "{said}");
}

#[test]
fn a_missing_file_is_named() {
    let mistakes = pitlane_config::read(Path::new("no/such.yaml")).unwrap_err();
    assert!(mistakes.to_string().starts_with("no/such.yaml: error [PL-CONFIG-001]"), "{mistakes}");
    assert!(mistakes.render(false).contains("no/such.yaml"), "{}", mistakes.render(false));
}

#[test]
fn mistakes_are_data_too() {
    let mistakes = check(&GOOD.replace("fast: 10", "fsat: 10")).unwrap_err();
    let data = serde_json::to_value(mistakes.list()).unwrap();
    assert_eq!(data[0]["code"], "PL-CONFIG-010");
    assert_eq!(data[0]["line"], 4);
    assert_eq!(data[0]["column"], 27);
    assert_eq!(data[0]["help"], "did you mean `fast`?");
    assert_eq!(data[0]["origin"], "conf/session.yaml");
}

#[test]
fn a_reliable_topic_says_how_it_is_delivered() {
    let says = "      tier: reliable\n      sync: { interval: 5ms }\n      retry: { attempts: 7, delay: 2ms, \
                max_delay: 1s, elapsed: 9s, jitter: none, seed: 3, budget: 0.25, on: [fault] }\n      breaker: { \
                failures: 2, open_for: 4s, probes: 3 }\n      expire_after: 5s\n      ordering: none\n      \
                on_journal_full: block\n      window: 99\n";
    let text = SEED.replace("      tier: reliable\n", says);
    let ready = check(&text).unwrap_or_else(|m| panic!("{}", m.render(false)));
    let said = format!("{:?}", ready.topology.terms());
    for part in [
        "attempts: 7",
        "delay: 2ms",
        "max_delay: 1s",
        "elapsed: Some(9s)",
        "jitter: None",
        "seed: 3",
        "budget: Some(0.25)",
        "panics: false",
        "failures: 2",
        "open_for: 4s",
        "probes: 3",
        "expire_after: Some(5s)",
        "ordering: None",
        "window: 99",
        "Interval(5ms)",
    ] {
        assert!(said.contains(part), "{part} is not in {said}");
    }
    assert_eq!(ready.setup.journal.on_full, pitlane::durable::OnJournalFull::Block);
}
