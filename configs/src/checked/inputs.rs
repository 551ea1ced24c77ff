//! What the command line changes in the tree: `--input` and `--set`.

use crate::codes;
use crate::mistake::Mistake;
use crate::nearest::did_you_mean;
use crate::options::{Input, LoadOptions};
use crate::tree::{Entry, Node, Span, Texts, Value, parse, set};
use pitlane::event::{Event, MarketData};
use pitlane::registry::Registry;
use pitlane::topic::Pattern;
use std::path::Path;

/// Format of inputs that name none, and whose names tell none.
const DEFAULT_FORMAT: &str = "csv";

pub(super) fn apply(
    root: &mut Node,
    texts: &mut Texts,
    registry: &Registry,
    options: &LoadOptions,
    mistakes: &mut Vec<Mistake>,
) {
    for input in &options.inputs {
        mistakes.extend(apply_input(root, texts, registry, input));
    }
    for (option, path, value) in settings(options) {
        let text = texts.add(option, value.clone());
        let place = texts.span(text, 0, value.len());
        // A settings path leads from the top to a key of its own: it is always there to be set.
        let _ = set(root, path, place, set_value(texts, text, 0, &value));
    }
    for (path, value) in &options.set {
        let text = texts.add("--set", format!("{path}={value}"));
        let place = texts.span(text, 0, path.len());
        let value = set_value(texts, text, path.len() + 1, value);
        if let Err((message, help)) = set(root, path, place, value) {
            mistakes.push(Mistake::new(codes::UNKNOWN_PATH, place, message, help));
        }
    }
}

/// Options that stand for a setting: their names, the paths they set, the values.
fn settings(options: &LoadOptions) -> Vec<(&'static str, &'static str, String)> {
    let mut settings = Vec::new();
    let mut add = |option, path, value: Option<String>| {
        settings.extend(value.map(|value| (option, path, value)));
    };
    add("--lanes", "lanes", options.lanes.clone());
    add("--batch", "rings.batch", options.batch.map(|events| events.to_string()));
    add("--capacity", "rings.capacity", options.capacity.map(|slots| slots.to_string()));
    add("--capacity", "rings.streams", options.capacity.map(|_| "{}".to_owned()));
    add("--latency", "latency", options.latency.clone());
    add("--digests", "digests", options.digests.map(|on| on.to_string()));
    add("--session", "session", options.session.map(|number| number.to_string()));
    settings
}

/// The value of a `--set`: YAML where it begins like a list, a mapping or a quoted text, and text as
/// it stands otherwise, so that conditions need no quotes of their own.
fn set_value(texts: &mut Texts, text: usize, at: usize, value: &str) -> Node {
    let span = texts.span(text, at, at + value.len());
    if value.starts_with(['[', '{', '"', '\'']) {
        let part = texts.add("--set", value);
        if let (Some(node), mistakes) = parse(texts, part)
            && mistakes.is_empty()
        {
            return node;
        }
    }
    Node::plain(span, value)
}

/// Puts an input into the sources; gives what is wrong with it.
fn apply_input(
    root: &mut Node,
    texts: &mut Texts,
    registry: &Registry,
    input: &Input,
) -> Option<Mistake> {
    let Input { source, path, options } = input;
    let path = std::path::absolute(path).unwrap_or_else(|_| path.clone());
    let path = path.to_string_lossy();
    let mut shown = format!("{source}={path}");
    let value_at = source.len() + 1;
    let mut places = Vec::new();
    for (key, value) in options {
        places.push((shown.len() + 1, key.len(), value.len()));
        shown.push_str(&format!(",{key}={value}"));
    }
    let text = texts.add("--input", shown);
    let name_span = texts.span(text, 0, source.len());
    let path_span = texts.span(text, value_at, value_at + path.len());

    let routed: Vec<&str> =
        root.get("routing").map_or(&[][..], Node::entries).iter().map(Entry::name).collect();
    let declared = root.get("sources").and_then(|sources| sources.get(source)).cloned();
    if declared.is_none() && !routed.contains(&source.as_str()) && !is_subscribed(root, source) {
        return Some(Mistake::new(
            codes::UNKNOWN_INPUT,
            name_span,
            format!("the config routes no source `{source}`"),
            did_you_mean(source, "source", routed.iter().copied()),
        ));
    }
    let told = registry.format_of(Path::new(&*path));
    let mut entries = match declared {
        Some(node) if reads_files(&node, registry) && !speaks_against(told, &node) => {
            node.entries().to_vec()
        }
        _ => vec![Entry {
            key: Node::plain(name_span, "format"),
            value: Node::plain(name_span, told.unwrap_or(DEFAULT_FORMAT)),
        }],
    };
    entries.retain(|entry| !matches!(entry.name(), "path" | "paths" | "files"));
    put(&mut entries, Node::plain(path_span, "path"), quoted(path_span, &path));
    for ((key, value), (at, key_length, value_length)) in options.iter().zip(places) {
        let value_at = at + key_length + 1;
        let key_span = texts.span(text, at, at + key_length);
        let value_span = texts.span(text, value_at, value_at + value_length);
        put(
            &mut entries,
            Node::plain(key_span, key.as_str()),
            Node::plain(value_span, value.as_str()),
        );
    }
    put_source(root, name_span, source, Node::new(name_span, Value::Map(entries)));
    None
}

/// Whether a subscription may take market data of a source.
fn is_subscribed(root: &Node, source: &str) -> bool {
    let topics = root.get("topics").map_or(&[][..], Node::items);
    let patterns = topics.iter().filter_map(|topic| topic.get("subscribe")).flat_map(|patterns| {
        std::iter::once(patterns).chain(patterns.items()).filter_map(Node::as_text)
    });
    let mut patterns = patterns.filter_map(|text| text.parse::<Pattern>().ok());
    patterns.any(|pattern| pattern.may_match(MarketData::TYPE, source))
}

/// A path is text whatever it looks like.
fn quoted(span: Span, text: &str) -> Node {
    Node::new(span, Value::Scalar { text: text.into(), quoted: true })
}

fn put(entries: &mut Vec<Entry>, key: Node, value: Node) {
    match entries.iter_mut().find(|entry| Some(entry.name()) == key.as_text()) {
        Some(entry) => *entry = Entry { key, value },
        None => entries.push(Entry { key, value }),
    }
}

fn put_source(root: &mut Node, span: Span, name: &str, source: Node) {
    let Value::Map(sections) = &mut root.value else { return };
    if !sections.iter().any(|section| section.name() == "sources") {
        let empty = Node::new(span, Value::Map(Vec::new()));
        sections.push(Entry { key: Node::plain(span, "sources"), value: empty });
    }
    let sources = sections.iter_mut().find(|section| section.name() == "sources");
    let Some(sources) = sources.map(|section| &mut section.value) else { return };
    if sources.is_null() {
        sources.value = Value::Map(Vec::new());
    }
    if let Value::Map(entries) = &mut sources.value {
        put(entries, Node::plain(span, name), source);
    }
}

/// Whether a file's name tells another format than a declared source has.
fn speaks_against(told: Option<&str>, source: &Node) -> bool {
    let declared = source.get("format").and_then(Node::as_text);
    told.is_some_and(|told| declared.is_some_and(|declared| declared != told))
}

/// Whether a declared source has a format with a `path`.
fn reads_files(source: &Node, registry: &Registry) -> bool {
    let format = source.get("format").and_then(Node::as_text).unwrap_or_default();
    let Some(factory) = registry.formats().get(format) else { return true };
    let schema = factory.schema(&mut schemars::SchemaGenerator::default());
    schema.as_value().pointer("/properties/path").is_some()
}
