//! Wrong configs: each mistake names its place and a way out. What is printed is kept beside this
//! file, under `snapshots/`.

use crate::kit::{GOOD, check};
use insta::assert_snapshot;

/// What is printed for a wrong config; for a good one, too few mistakes.
pub(crate) fn printed(text: &str) -> String {
    let mistakes = check(text).expect_err("there are mistakes");
    assert!(mistakes.has_errors());
    for mistake in mistakes.list() {
        assert!(mistake.line > 0 && mistake.column > 0, "no place: {mistake}");
        let says_what_is_wanted = mistake.message.starts_with("expected");
        assert!(!mistake.help.is_empty() || says_what_is_wanted, "no way out: {mistake}");
    }
    mistakes.render(false)
}

/// The good config with one part of it written otherwise.
pub(crate) fn with(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "{from}");
    printed(&GOOD.replace(from, to))
}

#[test]
fn the_config_that_mistakes_are_put_in_is_in_order() {
    let ready = check(GOOD).unwrap_or_else(|mistakes| panic!("{}", mistakes.render(false)));
    assert!(ready.setup.warnings.is_empty(), "{}", ready.setup.warnings);
}

#[test]
fn syntax() {
    assert_snapshot!("unclosed_list", with("[sma]", "[sma"));
    assert_snapshot!("tab", with("  feed: {", "\tfeed: {"));
    assert_snapshot!("empty", printed(""));
    assert_snapshot!("only_a_comment", printed("# nothing\n"));
    assert_snapshot!("two_documents", printed(&format!("{GOOD}---\n{GOOD}")));
    assert_snapshot!("tag", with("path: ticks.csv", "path: !env TICKS"));
    assert_snapshot!("duplicate_key", with("fast: 10", "fast: 10, fast: 20"));
    assert_snapshot!("not_a_mapping", printed("- a\n- b\n"));
    assert_snapshot!("key_is_a_list", with("orders: order_log", "[orders]: order_log"));
    assert_snapshot!("unknown_alias", with("orders: order_log", "orders: *log"));
    let deep = format!("{}sma{}", "[".repeat(200), "]".repeat(200));
    let message = with("[sma]", &deep);
    assert!(message.contains("levels deep"), "{message}");
}

#[test]
fn keys() {
    assert_snapshot!("unknown_top_level_key", format_of("componets:\n  a: watch\n"));
    assert_snapshot!("unknown_parameter", with("fast: 10", "fsat: 10"));
    assert_snapshot!("missing_parameters", with(", fast: 10, slow: 50", ""));
    assert_snapshot!("missing_type", with("type: sma_cross, ", ""));
    assert_snapshot!("missing_routing", printed("components:\n  a: watch\n"));
    assert_snapshot!(
        "parameter_of_a_type_without_any",
        with("orders: order_log", "orders: { type: order_log, level: 3 }")
    );
    assert_snapshot!(
        "unknown_nested_parameter",
        with("max_order_quantity: 100", "limits: { lnog: 1 }")
    );
    assert_snapshot!("unknown_ring_key", format_of("rings: { capcity: 64 }\n"));
}

pub(crate) fn format_of(more: &str) -> String {
    printed(&format!("{GOOD}{more}"))
}

#[test]
fn values() {
    assert_snapshot!("text_for_a_number", with("fast: 10", "fast: ten"));
    assert_snapshot!("quoted_number", with("fast: 10", "fast: \"10\""));
    assert_snapshot!("octal", with("fast: 10", "fast: 010"));
    assert_snapshot!("out_of_range", with("max_order_quantity: 100", "max_order_quantity: 100000"));
    assert_snapshot!("yes_for_true", with("max_order_quantity: 100", "armed: yes"));
    assert_snapshot!("unknown_word", with("slow: 50", "slow: 50, price: mdi"));
    assert_snapshot!("list_for_a_number", with("fast: 10", "fast: [10]"));
    assert_snapshot!("text_for_a_list", with("max_order_quantity: 100", "venues: XNYS"));
    assert_snapshot!("nothing_for_text", with("format: csv", "format: "));
    assert_snapshot!("refused_by_the_component", with("fast: 10", "fast: 60"));
    assert_snapshot!("refused_by_the_source", with("ticks.csv", "missing.csv"));
    assert_snapshot!("unknown_version", format_of("pitlane: 2\n"));
    assert_snapshot!("latency_not_a_power_of_two", format_of("latency: 1/3\n"));
    assert_snapshot!("capacity_not_a_power_of_two", format_of("rings: { capacity: 1000 }\n"));
    assert_snapshot!("no_such_placement", format_of("lanes: many\n"));
    assert_snapshot!("bad_name", with("orders", "my.orders"));
}

#[test]
fn routes() {
    assert_snapshot!("unknown_component", with("[sma]", "[smaa]"));
    assert_snapshot!("unknown_component_type", with("type: sma_cross", "type: sma_corss"));
    assert_snapshot!("unknown_format", with("format: csv", "format: cvs"));
    assert_snapshot!("unknown_event_type", with("MarketData:", "MarktData:"));
    assert_snapshot!("unknown_route_type", with("type: filter", "type: fliter"));
    assert_snapshot!("filter_without_condition", with("condition: \"strength > 0.1\", ", ""));
    assert_snapshot!("key_of_another_route_type", with("target: gate", "targets: [gate]"));
    assert_snapshot!(
        "retry_on_the_fast_tier",
        with("tier: fast", "tier: fast\n      retry: { attempts: 2 }")
    );
    assert_snapshot!(
        "reliable_values",
        with(
            "tier: fast",
            "tier: reliable\n      retry: { attempts: 0, budget: -1 }\n      window: 0"
        )
    );
    assert_snapshot!("batch_on_the_standard_tier", with("tier: fast", "batch: 10"));
    assert_snapshot!("wait_without_a_unit", with("tier: fast", "tier: fast\n      max_wait: 5"));
    assert_snapshot!("unknown_tier", with("tier: fast", "tier: fats"));
    assert_snapshot!("unknown_on_full", with("tier: fast", "on_full: lossy"));
    assert_snapshot!("list_of_nothing", with("[sma]", "[]"));
    assert_snapshot!("one_name_for_a_list", with("[sma]", "sma"));
    assert_snapshot!(
        "adapter_without_its_parameter",
        with("[sma]", "[{ type: sample, targets: [sma] }]")
    );
    assert_snapshot!(
        "adapter_that_refuses",
        with("[sma]", "[{ type: sample, one_in: 0, targets: [sma] }]")
    );
}

#[test]
fn topology() {
    assert_snapshot!("wrong_event_type_for_a_component", with("[sma]", "[sma, orders]"));
    assert_snapshot!(
        "lane_with_an_unknown_stage",
        format_of("lanes: [{ name: a, stages: [smaa] }]\n")
    );
}

#[test]
fn conditions() {
    assert_snapshot!("condition_with_an_unknown_field", with("strength > 0.1", "strenght > 0.1"));
    assert_snapshot!(
        "condition_with_two_mistakes_beside_another",
        with("strength > 0.1\", target: gate", "strenght > 0.1 && acton == 1\", target: gat")
    );
    assert_snapshot!("condition_cut_off", with("\"strength > 0.1\"", "strength > 0.1 &&"));
}

#[test]
fn all_mistakes_come_at_once() {
    assert_snapshot!(
        "many",
        printed(
            "\
sources:
  feed: { format: csv, path: missing.csv, smybol: IBM }
components:
  sma: { type: sma_cross, slow: fifty, prise: mid, emits: strategy }
  gate: { type: risk_gate, max_order_quantity: -1, armed: 1, emits: risk }
  oders: order_log
routing:
  feed:
    MarketData: [sma]
    Sginal: [gate]
  strategy:
    Signal:
      tier: reliable
      routes:
        - { type: filter, condition: \"strenght > 0.1\", target: gat }
  risk:
    Order: [{ type: pipeline, step: [orders] }]
rings: { batch: some, streams: { feed: 100 } }
digest: true
"
        )
    );
}
