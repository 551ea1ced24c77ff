//! What a config says about components that fail.

use crate::kit::{GOOD, check};
use pitlane::event::{MarketData, Side};
use pitlane::registry::Registry;
use pitlane::stage::{Component, Outbox, each};
use pitlane::testing::Script;
use pitlane::topology::Report;
use pitlane_config::LoadOptions;
use std::path::Path;

/// The good config with more said about `sma`.
fn mistakes(more: &str) -> String {
    let text = GOOD.replace("fast: 10", &format!("fast: 10, {more}"));
    assert_ne!(text, GOOD);
    match check(&text) {
        Ok(_) => String::new(),
        Err(mistakes) => mistakes.render(false),
    }
}

#[test]
fn every_policy_can_be_written() {
    for fine in ["on_error: halt", "on_error: skip", "on_error: restart", "restarts: ~", "retry: ~"]
    {
        assert_eq!(mistakes(fine), "", "{fine}");
    }
    assert_eq!(mistakes("on_error: restart, restarts: 0"), "");
}

#[test]
fn a_wrong_word_is_told_the_three_there_are() {
    let said = mistakes("on_error: stop");
    assert!(["halt", "skip", "restart"].iter().all(|word| said.contains(word)), "{said}");
    assert!(said.contains("session.yaml:"), "{said}");
}

#[test]
fn what_says_nothing_or_cannot_be_is_a_mistake_at_its_place() {
    let said = mistakes("restarts: 3");
    assert!(said.contains("`restarts: 3` says nothing without `on_error: restart`"), "{said}");
    let fast = "components: { it: { type: watch, retry: { attempts: 3 } } }\n\
                routing: { feed: { MarketData: { tier: fast, routes: [it] } } }\n";
    let said = check(fast).expect_err("it does not wait there").render(false);
    assert!(said.contains("PL-TOPOLOGY-032") && said.contains("`it`"), "{said}");
    let said = mistakes("retry: { attempts: 0 }");
    assert!(said.contains("PL-TOPOLOGY-031"), "{said}");
    let said = mistakes("retry: { attempts: 3, delay: soon }");
    assert!(said.contains("`soon` is not a time"), "{said}");
    let said = mistakes("retry: { atempts: 3 }");
    assert!(said.contains("did you mean `attempts`?"), "{said}");
}

#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Fragile {
    /// It fails on the event of this root.
    root: u64,
    /// And on each event once it has seen so many.
    most: u64,
}

fn fragile(params: Fragile) -> Component {
    let mut seen = 0;
    let it = each(move |event: &MarketData, _: &mut Outbox| {
        seen += 1;
        assert!(event.header.root != params.root, "the root");
        if seen > params.most { Err("worn out".into()) } else { Ok(()) }
    });
    it.into()
}

fn run(component: &str) -> Report {
    let mut registry = Registry::new();
    registry.component("fragile", "Fails.", |params: Fragile, _| Ok(fragile(params)));
    let text = format!(
        "components: {{ it: {{ type: fragile, {component} }} }}\n\
         routing: {{ feed: {{ MarketData: [it] }} }}\nlanes: fused\n"
    );
    let path = Path::new("conf/session.yaml");
    let ready = pitlane_config::check(&text, path, &registry, &LoadOptions::default());
    let ready = ready.unwrap_or_else(|mistakes| panic!("{}", mistakes.render(false)));
    let mut script = Script::new();
    for price in 1..=9 {
        script.event("feed", MarketData::trade(1, price as u64, price, 1, Side::Bid));
    }
    ready.topology.run(&mut script).expect("it starts")
}

/// Events handled, left out; restarts; retries.
fn counts(report: &Report) -> (u64, u64, u64, u64) {
    let it = report.stage("it").expect("it ran");
    (it.events_in, it.skipped, it.restarts, it.retries)
}

#[test]
fn a_restarted_component_is_made_again_with_its_parameters() {
    let report = run("root: 3, most: 4, on_error: restart");
    assert!(report.is_complete(), "{:?}", report.faults);
    // Two handled, 3 fails; four handled, 8 is one too many for the second; 9.
    assert_eq!(counts(&report), (7, 2, 2, 0));
    let report = run("root: 3, most: 4, on_error: restart, restarts: 1");
    assert_eq!((report.faults[0].root, counts(&report)), (8, (6, 1, 1, 0)));
}

#[test]
fn a_skipping_component_goes_on_and_a_halting_one_does_not() {
    let report = run("root: 3, most: 99, on_error: skip");
    assert!(report.is_complete(), "{:?}", report.faults);
    assert_eq!(counts(&report), (8, 1, 0, 0));
    assert_eq!(run("root: 3, most: 99").faults[0].root, 3);
}

#[test]
fn a_failed_event_is_tried_as_often_as_the_config_says() {
    let report = run("root: 3, most: 99, on_error: skip, retry: { attempts: 5, delay: 1us }");
    assert_eq!(counts(&report), (8, 1, 0, 4));
    assert_eq!(report.dead_letters.letters[0].attempts.len(), 5);
}
