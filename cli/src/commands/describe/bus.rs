//! Subscriptions with what they match, partitions, middleware.

use super::data::choices;
use super::routes::{line, list_of};
use pitlane::event::MarketData;
use pitlane::event::{Event, EventType};
use pitlane::registry::Registry;
use pitlane::topic::Pattern;
use pitlane::topology::{StageInfo, StreamInfo};
use pitlane_config::Ready;
use serde_json::{Value, json};

/// Whether a stream is what one copy of a partition writes, for the stage that joins them.
pub(super) fn is_of_copy(stream: &StreamInfo) -> bool {
    stream.writer.as_ref().is_some_and(|writer| writer.contains('#'))
}

/// Every subscription, with the streams, kinds and known symbols that it matches.
pub(super) fn subscriptions(ready: &Ready, streams: &[StreamInfo], registry: &Registry) -> Value {
    let written = ready.setup.config.get("topics").and_then(Value::as_array);
    let one = |topic: &Value| {
        let patterns: Vec<&str> = match topic.get("subscribe") {
            Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
            Some(one) => one.as_str().into_iter().collect(),
            None => Vec::new(),
        };
        let tier = topic.get("tier").and_then(Value::as_str).unwrap_or("standard");
        let routes = list_of(topic.get("routes"));
        let parsed: Vec<Pattern> = patterns.iter().filter_map(|text| text.parse().ok()).collect();
        let matches = streams.iter().filter_map(|stream| matched(&parsed, stream, ready, registry));
        json!({
            "patterns": patterns,
            "tier": tier,
            "routes": routes.iter().map(line).collect::<Value>(),
            "matches": matches.collect::<Value>(),
        })
    };
    written.into_iter().flatten().map(one).collect()
}

/// What patterns match of a stream; `None` where it is nothing.
fn matched(
    patterns: &[Pattern],
    stream: &StreamInfo,
    ready: &Ready,
    registry: &Registry,
) -> Option<Value> {
    let fields = registry.events().iter().find(|fields| fields.event == stream.event)?;
    let holds = |kind: u8, symbol: &str| {
        patterns.iter().any(|pattern| pattern.matches(fields, &stream.source, kind, symbol))
    };
    if !patterns.iter().any(|pattern| pattern.may_match(stream.event, &stream.source)) {
        return None;
    }
    let kinds = kinds_of(stream.event, registry);
    let numbers = 1..=u32::try_from(ready.setup.instruments.len()).unwrap_or(u32::MAX);
    let known = numbers.filter_map(|number| ready.setup.instruments.text(number));
    let any_kind = |symbol: &str| kinds.iter().any(|(kind, _)| holds(*kind, symbol));
    let symbols: Vec<String> =
        known.filter(|symbol| any_kind(symbol)).map(|symbol| symbol.to_string()).collect();
    // What has no symbol is matched by those that ask for all.
    let later = symbols.iter().map(String::as_str).chain([""]);
    let later: Vec<&str> = later.collect();
    let of_kind = |kind: u8| later.iter().any(|symbol| holds(kind, symbol));
    let wanted = kinds.iter().filter(|(kind, _)| of_kind(*kind));
    let wanted: Vec<&str> = wanted.map(|(_, name)| *name).collect();
    Some(json!({
        "stream": stream.name,
        "event": stream.event.name,
        "all_kinds": wanted.len() == kinds.len(),
        "kinds": wanted,
        "all_symbols": any_kind(""),
        "symbols": symbols,
    }))
}

/// Kinds that topics of a type tell apart: those of market data; any other type has one.
fn kinds_of(event: EventType, registry: &Registry) -> Vec<(u8, &'static str)> {
    match event == MarketData::TYPE {
        true => choices(event, registry).iter().map(|one| (one.value, one.name)).collect(),
        false => vec![(0, "")],
    }
}

/// Components of which copies run.
pub(super) fn partitions(stages: &[StageInfo]) -> Value {
    let mut components: Vec<(&str, Vec<&str>)> = Vec::new();
    for stage in stages {
        let Some((component, _)) = stage.name.rsplit_once('#') else { continue };
        match components.iter_mut().find(|(known, _)| *known == component) {
            Some((_, copies)) => copies.push(&stage.name),
            None => components.push((component, vec![&stage.name])),
        }
    }
    let one = |(component, copies): (&str, Vec<&str>)| json!({ "component": component, "by": "instrument", "replicas": copies.len(), "copies": copies });
    components.into_iter().map(one).collect()
}

/// All middleware, with what it stands around.
pub(super) fn middleware(config: &Value) -> Value {
    let mut found = Vec::new();
    walk(config, String::new(), &mut found);
    found.into()
}

fn walk(value: &Value, path: String, found: &mut Vec<Value>) {
    let object = value.as_object().into_iter().flatten();
    let inner = object.map(|(key, inner)| {
        let dot = if path.is_empty() { "" } else { "." };
        (format!("{path}{dot}{key}"), key.as_str(), inner)
    });
    for (at, key, inner) in inner {
        if key == "middleware" && (at.starts_with("components.") || at.contains("outes")) {
            found.extend(list_of(Some(inner)).iter().map(|layer| layer_of(layer, &path)));
        } else {
            walk(inner, at, found);
        }
    }
    for (number, inner) in value.as_array().into_iter().flatten().enumerate() {
        walk(inner, format!("{path}[{number}]"), found);
    }
}

fn layer_of(layer: &Value, around: &str) -> Value {
    let kind = layer.as_str().or_else(|| layer.get("type").and_then(Value::as_str));
    let parameters = layer.as_object().into_iter().flatten().filter(|(key, _)| *key != "type");
    let parameters: serde_json::Map<_, _> =
        parameters.map(|(key, value)| (key.clone(), value.clone())).collect();
    json!({ "type": kind, "around": around, "parameters": parameters })
}
