//! Drawings, lists and schemas of the configs that ship.

use crate::support::Folder;

const DEMO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../configs/demo.yaml");

#[test]
fn the_demo_is_in_order_and_drawn_in_each_form() {
    let folder = Folder::empty();
    let check = folder.run(["check", DEMO]).assert_code(0);
    assert!(check.stdout.contains("demo.yaml: ok"), "{check:#?}");
    for (format, begins) in
        [("ascii", ""), ("dot", "digraph pitlane {"), ("mermaid", "flowchart LR")]
    {
        let graph = folder.run(["graph", DEMO, "--format", format]).assert_code(0);
        assert!(graph.stdout.starts_with(begins), "{graph:#?}");
        assert!(graph.stdout.contains("sma"), "{graph:#?}");
    }
}

#[test]
fn components_are_listed_with_their_parameters() {
    let folder = Folder::empty();
    let all = folder.run(["components"]).assert_code(0).stdout;
    for name in ["sma_cross", "risk_gate", "order_log", "csv", "generate"] {
        assert!(all.contains(&format!("  {name}\n")), "{name}: {all}");
    }
    let one = folder.run(["components", "sma_cross", "--json"]).assert_code(0).json();
    assert!(one[0]["parameters"]["properties"]["fast"].is_object(), "{one:#}");
    folder.run(["components", "sma_crass"]).assert_code(2).assert_says("sma_crass");
}

#[test]
fn the_schema_is_json() {
    let schema = Folder::empty().run(["schema"]).assert_code(0).json();
    assert!(schema["properties"]["routing"].is_object());
}
