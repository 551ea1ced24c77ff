//! What a config comes to, as data. The text is made of it, so that both say the same.

use super::bus::{is_of_copy, middleware, partitions, subscriptions};
use super::routes::routes;
use pitlane::event::{Choice, Event, EventType, FieldKind, MarketData};
use pitlane::registry::Registry;
use pitlane::topology::{LinkInfo, StageInfo, StreamInfo};
use pitlane_config::{Info, Ready};
use serde_json::{Value, json};

/// Version of the form; grows when a key changes its meaning.
const SCHEMA: u32 = 1;

/// Sources, streams, topics, routes and stages.
pub(super) fn describe(ready: &Ready, registry: &Registry) -> Value {
    let setup = &ready.setup;
    let streams = ready.topology.streams();
    let public: Vec<_> = streams.iter().filter(|stream| !is_of_copy(stream)).cloned().collect();
    let named = |info: &Info| {
        json!({
            "name": info.name,
            "type": info.r#type,
            "emits": info.emits,
            "parameters": info.parameters,
        })
    };
    json!({
        "schema": SCHEMA,
        "sources": sources(ready, &public),
        "streams": streams.iter().map(stream).collect::<Value>(),
        "topics": public.iter().map(|one| topic(one, ready, registry)).collect::<Value>(),
        "subscriptions": subscriptions(ready, &public, registry),
        "routes": routes(&setup.config),
        "partitions": partitions(&ready.topology.stages()),
        "middleware": middleware(&setup.config),
        "stages": ready.topology.stages().iter().map(|one| stage(one, ready)).collect::<Value>(),
        "components": setup.components.iter().map(named).collect::<Value>(),
        "lanes": setup.config.get("lanes").cloned().unwrap_or_else(|| "auto".into()),
        "session": setup.session,
        "warnings": setup.warnings.list(),
    })
}

/// Named origins of events: what feeds them, or which components write under them.
fn sources(ready: &Ready, streams: &[StreamInfo]) -> Value {
    let mut names: Vec<&str> = Vec::new();
    for stream in streams {
        if !names.contains(&stream.source.as_str()) {
            names.push(&stream.source);
        }
    }
    let source = |name: &&str| {
        let own = || streams.iter().filter(|stream| stream.source == *name);
        let mut events: Vec<&str> = own().map(|stream| stream.event.name).collect();
        events.dedup();
        let mut writers: Vec<_> = own().filter_map(|stream| stream.writer.as_deref()).collect();
        writers.dedup();
        let info = ready.setup.source_infos.iter().find(|info| info.name == *name);
        json!({
            "name": name,
            "events": events,
            "written_by": writers,
            "format": info.map(|info| &info.r#type),
            "options": info.map(|info| &info.parameters),
            "needs_input": ready.setup.unfed.iter().any(|unfed| unfed == name),
        })
    };
    names.iter().map(source).collect()
}

fn stream(stream: &StreamInfo) -> Value {
    json!({
        "name": stream.name,
        "source": stream.source,
        "event": stream.event.name,
        "written_by": stream.writer,
        "slots": stream.capacity,
    })
}

/// The topics of a stream's events: `md.feed.KIND.SYMBOL`, `signal.strategy.SYMBOL`.
fn topic(stream: &StreamInfo, ready: &Ready, registry: &Registry) -> Value {
    let is_market_data = stream.event == MarketData::TYPE;
    let prefix = if is_market_data { "md".into() } else { stream.event.name.to_lowercase() };
    let form = match is_market_data {
        true => format!("{prefix}.{}.KIND.SYMBOL", stream.source),
        false => format!("{prefix}.{}.SYMBOL", stream.source),
    };
    let kinds = if is_market_data { kinds(stream.event, registry) } else { Vec::new() };
    let instruments = &ready.setup.instruments;
    let numbers = 1..=u32::try_from(instruments.len()).unwrap_or(u32::MAX);
    let symbols =
        numbers.filter_map(|number| instruments.text(number)).map(|text| text.to_string());
    json!({
        "stream": stream.name,
        "topic": form,
        "kinds": kinds,
        "symbols": symbols.collect::<Value>(),
    })
}

/// The words of `kind` of an event type.
fn kinds(event: EventType, registry: &Registry) -> Vec<&'static str> {
    choices(event, registry).iter().map(|one| one.name).collect()
}

/// The same with their numbers.
pub(super) fn choices(event: EventType, registry: &Registry) -> &'static [Choice] {
    let fields = registry.events().iter().find(|fields| fields.event == event);
    let kind = fields.and_then(|fields| fields.fields.iter().find(|field| field.name == "kind"));
    match kind.map(|field| field.kind) {
        Some(FieldKind::Choice { choices, .. }) => choices,
        _ => &[],
    }
}

fn stage(stage: &StageInfo, ready: &Ready) -> Value {
    let info = ready.setup.components.iter().find(|info| info.name == stage.name);
    json!({
        "name": stage.name,
        "type": info.map(|info| &info.r#type),
        "tier": stage.tier.name(),
        "reads": stage.inputs.iter().map(link).collect::<Value>(),
        "writes": stage.outputs,
        "parameters": info.map(|info| &info.parameters),
    })
}

fn link(link: &LinkInfo) -> Value {
    json!({
        "stream": link.stream,
        "event": link.event.name,
        "topics": link.topics,
        "conditions": link.conditions,
        "after": link.after,
        "on_full": link.on_full.to_string(),
    })
}
