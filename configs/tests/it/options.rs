//! What the command line changes.

use crate::kit::{GOOD, check_with, registry};
use pitlane_config::{LoadOptions, Setup, load};
use std::path::Path;

fn set(pairs: &[(&str, &str)]) -> LoadOptions {
    let set = pairs.iter().map(|(path, value)| ((*path).into(), (*value).into())).collect();
    LoadOptions { set, ..LoadOptions::default() }
}

fn setup(options: &LoadOptions) -> Setup {
    check_with(GOOD, options).unwrap_or_else(|m| panic!("{}", m.render(false))).setup
}

fn refused(options: &LoadOptions) -> String {
    check_with(GOOD, options).expect_err("a mistake").to_string()
}

#[test]
fn set_changes_parameters_and_adds_them() {
    let setup = setup(&set(&[
        ("components.sma.fast", "20"),
        ("components.sma.scale", "0.5"),
        ("components.sma.emits", "strategy"),
    ]));
    assert_eq!(setup.components[0].parameters["fast"], 20);
    assert_eq!(setup.components[0].parameters["scale"], 0.5);
}

#[test]
fn set_changes_conditions_without_quotes_of_their_own() {
    let path = "routing.strategy.Signal.routes[0].condition";
    let ready = check_with(GOOD, &set(&[(path, "strength > 0.9 && symbol == \"A\"")])).unwrap();
    let stages = ready.topology.stages();
    let gate = stages.iter().find(|stage| stage.name == "gate").unwrap();
    assert_eq!(gate.inputs[0].conditions, ["strength > 0.9 && symbol == \"A\""]);
}

#[test]
fn set_reaches_what_is_written_in_short_form() {
    let options = set(&[
        ("routing.feed.MarketData.tier", "fast"),
        ("routing.feed.MarketData.routes[0]", "sma"),
        ("components.other", "watch"),
        ("components.orders.emits", "done"),
        ("rings.capacity", "64"),
        ("rings.streams.feed", "128"),
        ("lanes", "[{ name: a, stages: [sma, gate] }]"),
    ]);
    let ready = check_with(GOOD, &options).unwrap_or_else(|m| panic!("{}", m.render(false)));
    let capacity = |name: &str| {
        ready.topology.streams().iter().find(|stream| stream.name == name).map(|s| s.capacity)
    };
    assert_eq!(capacity("feed"), Some(128));
    assert_eq!(capacity("strategy/sma"), Some(64));
    assert_eq!(ready.setup.components[3].name, "other");
}

#[test]
fn a_path_that_leads_nowhere_names_the_nearest() {
    let said = refused(&set(&[("components.smaa.fast", "20")]));
    assert!(said.starts_with("--set:1:1: error [PL-CONFIG-050]"), "{said}");
    assert!(said.contains("did you mean `sma`?"), "{said}");
    let said = refused(&set(&[("components.sma.fsat", "20")]));
    assert!(said.contains("did you mean `fast`?"), "{said}");
    let said = refused(&set(&[("componets.sma", "x")]));
    assert!(said.contains("did you mean `components`?"), "{said}");
    let said = refused(&set(&[("routing.strategy.Signal.routes[3]", "gate")]));
    assert!(said.contains("has 1 items, no [3]"), "{said}");
    let said = refused(&set(&[("components.sma.fast.x", "1")]));
    assert!(said.contains("single value"), "{said}");
}

#[test]
fn a_wrong_value_is_shown_as_it_was_given() {
    let mistakes = check_with(GOOD, &set(&[("components.sma.fast", "ten")])).unwrap_err();
    let shown = mistakes.render(false);
    assert!(shown.contains("components.sma.fast=ten"), "{shown}");
    assert!(shown.contains("wants a whole number, found `ten`"), "{shown}");
}

#[test]
fn options_take_the_place_of_settings() {
    let options = LoadOptions {
        lanes: Some("fused".into()),
        batch: Some(7),
        capacity: Some(32),
        latency: Some("every".into()),
        digests: Some(true),
        session: Some(9),
        ..LoadOptions::default()
    };
    let ready = check_with(GOOD, &options).unwrap_or_else(|m| panic!("{}", m.render(false)));
    assert!(ready.topology.streams().iter().all(|stream| stream.capacity == 32));
    assert_eq!(ready.setup.session, 9);
    assert_eq!(ready.setup.config["lanes"], "fused");
    assert_eq!(ready.setup.config["digests"], true);

    let said = refused(&LoadOptions { lanes: Some("many".into()), ..LoadOptions::default() });
    assert!(said.starts_with("--lanes:1:1: error"), "{said}");
    let said = refused(&LoadOptions { capacity: Some(1000), ..LoadOptions::default() });
    assert!(said.starts_with("--capacity:1:1: error"), "{said}");
}

#[test]
fn an_input_takes_the_place_of_a_declared_path() {
    let (registry, seen) = registry();
    let options = LoadOptions {
        inputs: vec!["feed=/data/a.csv,symbol=IBM".parse().unwrap()],
        ..LoadOptions::default()
    };
    load(GOOD, Path::new("a.yaml"), &registry, &options).unwrap();
    let seen = seen.lock().unwrap();
    assert!(seen[0].contains("path: Some(\"/data/a.csv\"), symbol: Some(\"IBM\")"), "{}", seen[0]);
}

#[test]
fn an_input_opens_a_source_that_is_routed_only() {
    let (registry, seen) = registry();
    let options =
        LoadOptions { inputs: vec!["feed=/data/a.csv".parse().unwrap()], ..LoadOptions::default() };
    for declared in ["", "sources:\n", "sources:\n  feed: { format: generate }\n"] {
        let text = GOOD.replace("sources:\n  feed: { format: csv, path: ticks.csv }\n", declared);
        let checked = load(&text, Path::new("a.yaml"), &registry, &options)
            .unwrap_or_else(|m| panic!("{}", m.render(false)));
        assert_eq!(checked.setup.sources.len(), 1);
        assert!(checked.setup.unfed.is_empty());
        assert!(seen.lock().unwrap().pop().is_some_and(|_| true));
    }
}

#[test]
fn an_input_for_no_source_names_the_nearest() {
    let options = LoadOptions {
        inputs: vec!["feeed=/data/a.csv".parse().unwrap()],
        ..LoadOptions::default()
    };
    let said = refused(&options);
    assert!(said.contains("--input:1:1: error [PL-CONFIG-051]"), "{said}");
    assert!(said.contains("did you mean `feed`?"), "{said}");
}

#[test]
fn an_input_with_a_wrong_option_is_shown() {
    let options = LoadOptions {
        inputs: vec!["feed=/data/a.csv,smybol=IBM".parse().unwrap()],
        ..LoadOptions::default()
    };
    let said = refused(&options);
    assert!(said.contains("--input:1:18: error [PL-CONFIG-010]"), "{said}");
    assert!(said.contains("did you mean `symbol`?"), "{said}");
}
