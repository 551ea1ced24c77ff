//! The files that ship, against the code: they run, and `reference.yaml` has every key and default.

use crate::checked::json;
use crate::tree::{Node, Span, Texts, Value, parse};
use crate::{LoadOptions, check, schema};
use pitlane::Tier;
use pitlane::registry::Registry;
use pitlane_feeds::{Replay, ReplayOptions};
use serde_json::Value as Json;
use std::collections::BTreeSet;
use std::path::PathBuf;

fn registry() -> Registry {
    let mut registry = Registry::new();
    pitlane_strategies::register(&mut registry);
    pitlane_feeds::register(&mut registry);
    registry
}

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn ships_and_runs(name: &str, options: &LoadOptions) -> crate::Ready {
    let path = path(name);
    let text = crate::read(&path).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    check(&text, &path, &registry(), options).unwrap_or_else(|m| panic!("{}", m.render(false)))
}

#[test]
fn the_demo_runs_without_a_file_and_without_a_warning() {
    let ready = ships_and_runs("demo.yaml", &LoadOptions::default());
    assert!(ready.setup.unfed.is_empty());
    assert!(ready.setup.warnings.is_empty(), "{}", ready.setup.warnings.render(false));
}

#[test]
fn the_seed_runs_unchanged_its_reliable_route_included() {
    let ready = ships_and_runs("seed.yaml", &LoadOptions::default());
    assert!(ready.setup.unfed.is_empty());
    assert!(ready.topology.is_reliable());
    // It says nothing about a journal: each run has one of its own.
    assert!(ready.setup.journal.is_needed && !ready.setup.journal.persists);
    let reads = |name: &str| {
        let stages = ready.topology.stages();
        let stage = stages.into_iter().find(|stage| stage.name == name).expect("a stage");
        stage.inputs.into_iter().map(|link| link.stream).collect::<Vec<_>>()
    };
    assert_eq!(reads("validation"), ["risk/aggressive_risk", "risk/conservative_risk"]);
}

#[test]
fn the_files_that_ship_make_orders_and_the_same_ones_wherever_they_run() {
    for (name, orders) in [("demo.yaml", "risk/gate"), ("seed.yaml", "risk/conservative_risk")] {
        let run = |lanes: &str| {
            let options = LoadOptions {
                reliable_as: Some(Tier::Standard),
                lanes: Some(lanes.into()),
                digests: Some(true),
                ..LoadOptions::default()
            };
            let ready = ships_and_runs(name, &options);
            let limit = ReplayOptions { limit: Some(50_000), ..ReplayOptions::default() };
            let mut replay = Replay::new(ready.setup.sources, limit);
            let streams = ready.topology.run(&mut replay).expect("it starts").streams;
            // How often each was published is a matter of speed.
            let what = streams.into_iter().map(|stream| (stream.name, stream.count, stream.digest));
            what.collect::<Vec<_>>()
        };
        let fused = run("fused");
        let (_, made, _) = fused.iter().find(|(name, ..)| name == orders).expect("orders");
        assert!(*made > 10, "{name}: {fused:?}");
        assert_eq!(fused, run("2"), "{name}");
    }
}

#[test]
fn the_reference_runs() {
    ships_and_runs("reference.yaml", &LoadOptions::default());
}

#[test]
fn the_reference_has_every_key_with_its_default_and_no_other() {
    let text = std::fs::read_to_string(path("reference.yaml")).expect("it ships");
    let schema = schema(&registry());
    let mut walk = Walk { schema: &schema, seen: BTreeSet::new(), wrong: Vec::new() };
    walk.visit(&schema, "#", &tree(&text), "", true);
    for (mark, defaults) in [("#=", true), ("#|", false)] {
        for block in blocks(&text, mark) {
            walk.visit(&schema, "#", &tree(&block), "", defaults);
        }
    }
    let mut keys = BTreeSet::new();
    all_keys(&schema, &schema, "#", &mut BTreeSet::new(), &mut keys);
    let shown: BTreeSet<String> = walk.seen.iter().filter_map(|key| common(key)).collect();
    let is_shown = |key: &&String| common(key).is_some_and(|key| shown.contains(&key));
    let missing: Vec<&String> = keys.difference(&walk.seen).filter(|key| !is_shown(key)).collect();
    assert!(keys.len() > 60, "the schema has lost its keys: {keys:?}");
    assert!(missing.is_empty(), "reference.yaml lacks {missing:#?}");
    assert!(walk.wrong.is_empty(), "reference.yaml: {:#?}", walk.wrong);
}

#[test]
fn the_comparison_finds_what_is_wrong() {
    let schema = schema(&registry());
    let mut walk = Walk { schema: &schema, seen: BTreeSet::new(), wrong: Vec::new() };
    let text =
        "rings: { capacity: 1, capacities: 2 }\ncomponents: { a: { type: ema, period: 3 } }\n";
    walk.visit(&schema, "#", &tree(text), "", true);
    assert_eq!(walk.wrong.len(), 3, "{:?}", walk.wrong);
}

/// The name of a key about failures, consumers and middleware, which every component may have and one of them shows.
fn common(key: &str) -> Option<String> {
    let types = key.strip_prefix("#/properties/components/additionalProperties/anyOf/")?;
    let (_, name) = types.split_once("/properties/")?;
    ["on_error", "restarts", "retry", "consumer", "middleware"]
        .contains(&name)
        .then(|| name.to_owned())
}

fn tree(text: &str) -> Node {
    let mut texts = Texts::default();
    let file = texts.add("reference.yaml", text);
    let (root, mistakes) = parse(&texts, file);
    assert!(mistakes.is_empty(), "{mistakes:?} in {}", texts.text(Span::default()));
    root.expect("a tree")
}

/// What stands behind runs of lines that begin with `mark`.
fn blocks(text: &str, mark: &str) -> Vec<String> {
    let mut blocks = vec![String::new()];
    for line in text.lines() {
        match line.strip_prefix(mark) {
            Some(rest) => *blocks.last_mut().expect("one at least") += &format!("{rest}\n"),
            None => blocks.push(String::new()),
        }
    }
    blocks.retain(|block| !block.is_empty());
    blocks
}

/// A walk through a tree and its schema side by side.
struct Walk<'s> {
    schema: &'s Json,
    /// Pointers of the properties that were met.
    seen: BTreeSet<String>,
    wrong: Vec<String>,
}

impl Walk<'_> {
    fn visit(&mut self, schema: &Json, at: &str, node: &Node, path: &str, defaults: bool) {
        let (schema, at) = resolve(self.schema, schema, at);
        for (kind, alternatives) in alternatives(schema) {
            if let Some(index) = alternatives.iter().position(|one| fits(self.schema, one, node)) {
                let at = format!("{at}/{kind}/{index}");
                self.visit(&alternatives[index], &at, node, path, defaults);
            }
        }
        match &node.value {
            Value::Scalar { .. } => {}
            Value::List(items) => {
                if let Some(inner) = schema.get("items") {
                    for item in items {
                        self.visit(inner, &format!("{at}/items"), item, path, defaults);
                    }
                }
            }
            Value::Map(entries) => {
                for entry in entries {
                    let path = format!("{path}.{}", entry.name());
                    self.key(schema, &at, entry.name(), &entry.value, &path, defaults);
                }
            }
        }
    }

    fn key(
        &mut self,
        schema: &Json,
        at: &str,
        name: &str,
        value: &Node,
        path: &str,
        defaults: bool,
    ) {
        if let Some(property) = schema.get("properties").and_then(|all| all.get(name)) {
            let at = format!("{at}/properties/{name}");
            self.visit(property, &at, value, path, defaults);
            self.seen.insert(at);
            match property.get("default") {
                Some(default) if defaults && !same(default, value) => {
                    self.wrong.push(format!("{path} is {default} by default"));
                }
                _ => {}
            }
        } else if let Some(inner) = schema.get("additionalProperties").filter(|s| s.is_object()) {
            self.visit(inner, &format!("{at}/additionalProperties"), value, path, defaults);
        } else if schema.get("properties").is_some() {
            self.wrong.push(format!("{path} is not in the schema"));
        }
    }
}

fn resolve<'s>(root: &'s Json, schema: &'s Json, at: &str) -> (&'s Json, String) {
    match schema.get("$ref").and_then(Json::as_str) {
        Some(to) => (root.pointer(&to[1..]).expect("what is referred to"), to.to_owned()),
        None => (schema, at.to_owned()),
    }
}

fn alternatives(schema: &Json) -> impl Iterator<Item = (&'static str, &Vec<Json>)> {
    ["anyOf", "oneOf"]
        .into_iter()
        .filter_map(move |kind| Some((kind, schema.get(kind)?.as_array()?)))
}

/// Whether a node has the shape, and where the schema names one the type, of a schema.
fn fits(root: &Json, schema: &Json, node: &Node) -> bool {
    let (schema, _) = resolve(root, schema, "");
    if alternatives(schema).any(|(_, all)| all.iter().any(|one| fits(root, one, node))) {
        return true;
    }
    match &node.value {
        Value::Scalar { .. } => schema.get("properties").is_none() && schema.get("items").is_none(),
        Value::List(_) => schema.get("items").is_some(),
        Value::Map(_) => {
            let properties = schema.get("properties").and_then(Json::as_object);
            let tag = |(name, property): (&String, &Json)| {
                let Some(wanted) = property.get("const") else { return true };
                node.get(name).and_then(Node::as_text) == wanted.as_str()
            };
            properties.is_some_and(|properties| properties.iter().all(tag))
                || schema.get("additionalProperties").is_some_and(Json::is_object)
        }
    }
}

/// Whether a value is a default: as JSON, or, for decimals, as it is printed.
fn same(default: &Json, node: &Node) -> bool {
    let written = json(node);
    let text = |json: &Json| json.as_str().map_or_else(|| json.to_string(), str::to_owned);
    written == *default
        || text(&written) == text(default)
        || written.as_f64().is_some_and(|number| default.as_f64() == Some(number))
        || node.as_text() == default.as_str()
}

/// Pointers of all properties that a config may have.
fn all_keys(
    root: &Json,
    schema: &Json,
    at: &str,
    visited: &mut BTreeSet<String>,
    keys: &mut BTreeSet<String>,
) {
    let (schema, at) = resolve(root, schema, at);
    if !visited.insert(at.clone()) {
        return;
    }
    for (kind, alternatives) in alternatives(schema) {
        for (index, one) in alternatives.iter().enumerate() {
            all_keys(root, one, &format!("{at}/{kind}/{index}"), visited, keys);
        }
    }
    for inner in ["items", "additionalProperties"] {
        if let Some(schema) = schema.get(inner).filter(|schema| schema.is_object()) {
            all_keys(root, schema, &format!("{at}/{inner}"), visited, keys);
        }
    }
    for (name, property) in schema.get("properties").and_then(Json::as_object).into_iter().flatten()
    {
        let at = format!("{at}/properties/{name}");
        all_keys(root, property, &at, visited, keys);
        keys.insert(at);
    }
}
