//! What configs can name, and what a config comes to: for people and as data.

use crate::support::{CONFIG, Folder};

#[test]
fn components_tell_parameters_defaults_units_and_event_types() {
    let folder = Folder::empty();
    let shown = folder.run(["components", "sma_cross"]).assert_code(0).stdout;
    assert!(shown.contains("Takes MarketData; emits Signal"), "{shown}");
    assert!(shown.contains("fast: integer from 1 to 999999, in prices; default 10"), "{shown}");
    let all = folder.run(["components", "--json"]).assert_code(0).json();
    let all = all.as_array().expect("a list");
    let gate = all.iter().find(|item| item["name"] == "risk_gate").expect("the gate");
    assert_eq!(gate["takes"], serde_json::json!(["Signal", "Order"]));
    assert_eq!(gate["emits"], serde_json::json!(["Order"]));
    let unit = &gate["parameters"]["properties"]["max_notional"]["unit"];
    assert_eq!(unit, "units of the currency");
    for kind in ["components", "formats of sources", "route types", "event types"] {
        assert!(all.iter().any(|item| item["kind"] == kind), "{kind}");
    }
    folder.run(["components", "sma_corss"]).assert_code(2).assert_says("did you mean `sma_cross`?");
}

#[test]
fn describe_lists_sources_streams_topics_routes_and_stages() {
    let folder = Folder::with_session(10);
    let shown = folder.run(["describe", "session.yaml"]).assert_code(0).stdout;
    let data = folder.run(["describe", "session.yaml", "--json"]).assert_code(0).json();
    for (table, key) in [
        ("\nsource ", "sources"),
        ("\nstream ", "streams"),
        ("\ntopic ", "topics"),
        ("\nroute of ", "routes"),
        ("\nstage ", "stages"),
    ] {
        assert!(shown.contains(table), "no {table} in {shown}");
        assert!(data[key].as_array().is_some_and(|list| !list.is_empty()), "{key}");
    }
    assert_eq!(data["topics"][0]["topic"], "md.feed.KIND.SYMBOL");
    let kinds = data["topics"][0]["kinds"].as_array().expect("kinds");
    assert!(kinds.iter().any(|kind| kind == "trade"), "{kinds:?}");
    assert_eq!(data["routes"][0]["source"], "feed");
    assert_eq!(data["stages"][0]["parameters"]["fast"], 5);
    assert_eq!(data["streams"].as_array().map(Vec::len), Some(shown_rows(&shown, "stream")));
}

/// Rows of a table in what was shown.
fn shown_rows(shown: &str, name: &str) -> usize {
    let start = shown.find(&format!("\n{name} ")).expect("the table") + 1;
    shown[start..].lines().skip(1).take_while(|line| !line.is_empty()).count()
}

#[test]
fn a_wrong_config_is_not_described() {
    let folder = Folder::empty();
    folder.write("session.yaml", &CONFIG.replace("fast: 5", "fats: 5"));
    folder
        .run(["describe", "session.yaml"])
        .assert_code(2)
        .assert_says("error[PL-CONFIG-010]: session.yaml:5:");
}
