//! What a component type takes and emits, asked of the type itself.

use pitlane::event::EventType;
use pitlane::registry::{Context, Factory};
use pitlane::stage::Component;
use serde_json::{Map, Value};

/// What components of a type take and emit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// Event types it takes.
    pub takes: Vec<EventType>,
    /// Event types it emits.
    pub emits: Vec<EventType>,
    /// Most emissions per event.
    pub max_emissions: usize,
    /// Whether it may end an event's way through a pipeline.
    pub may_stop: bool,
    /// Whether it is a gateway: denied orders never reach it.
    pub gateway: bool,
}

/// Has a factory make a component, to see what it takes and emits: with the defaults of its parameters,
/// and with values that the schema allows for those that have none. `None` where it refuses these.
///
/// The component is dropped without being started. Factories open nothing: that is what
/// `Stage::on_start` is for, since a check of a config makes its components as well.
#[must_use]
pub fn interface(factory: &Factory<Component>) -> Option<Interface> {
    let schema = factory.schema(&mut schemars::SchemaGenerator::default()).to_value();
    let context = Context { name: factory.name().into(), ..Context::default() };
    let make = |parameters: Value| {
        let mut parameters = <dyn erased_serde::Deserializer<'_>>::erase(parameters);
        factory.make(&mut parameters, &context).ok()
    };
    // Where it takes one of several parameters, none is required, and the schema's example says it.
    let made = make(Value::Object(required(&schema)))
        .or_else(|| make(schema["examples"].get(0)?.clone()))?;
    Some(Interface {
        takes: made.inputs().to_vec(),
        emits: made.outputs().collect(),
        max_emissions: made.max_emissions(),
        may_stop: made.stops_events(),
        gateway: made.is_gateway(),
    })
}

/// A value for each parameter that has no default.
fn required(schema: &Value) -> Map<String, Value> {
    let names = schema.get("required").and_then(Value::as_array).into_iter().flatten();
    let named = names
        .filter_map(Value::as_str)
        .filter_map(|name| Some((name.to_owned(), sample(schema.get("properties")?.get(name)?))));
    named.collect()
}

/// A value that a schema allows, as far as can be told.
fn sample(schema: &Value) -> Value {
    let first = |key: &str| schema.get(key).and_then(Value::as_array)?.first().cloned();
    if let Some(value) = schema.get("const").cloned().or_else(|| first("enum")) {
        return value;
    }
    if let Some(value) = first("examples") {
        return value;
    }
    if let Some(inner) = first("anyOf").or_else(|| first("oneOf")) {
        return sample(&inner);
    }
    let kind = match schema.get("type") {
        Some(Value::Array(kinds)) => kinds.first().and_then(Value::as_str),
        other => other.and_then(Value::as_str),
    };
    match kind {
        Some("integer") => schema.get("minimum").cloned().unwrap_or_else(|| 1.into()),
        Some("number") => schema.get("minimum").cloned().unwrap_or_else(|| 1.0.into()),
        Some("boolean") => false.into(),
        Some("array") => Value::Array(Vec::new()),
        Some("object") => Value::Object(required(schema)),
        _ => "sample".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pitlane::event::{Event, MarketData, Order};
    use pitlane::registry::{BuildError, Registry};
    use pitlane::stage::{Outbox, each};

    #[derive(serde::Deserialize, schemars::JsonSchema)]
    struct Demanding {
        #[serde(rename = "n")]
        #[schemars(range(min = 3))]
        _n: u32,
        #[serde(rename = "word")]
        _word: String,
    }

    fn registry() -> Registry {
        let mut registry = Registry::new();
        registry.component("demanding", "Has no defaults.", |_: Demanding, _| {
            let stage = each(|_: &MarketData, _: &mut Outbox| Ok(()));
            Ok(stage.emits::<Order>().max_emissions(2).into())
        });
        registry.component("never", "Refuses all.", |_: (), _| Err(BuildError::new("no")));
        registry
    }

    #[test]
    fn what_a_type_takes_and_emits_is_asked_of_the_type() {
        let registry = registry();
        let found = interface(&registry.components()["demanding"]).expect("an interface");
        assert_eq!((found.takes, found.emits), (vec![MarketData::TYPE], vec![Order::TYPE]));
        assert_eq!((found.max_emissions, found.may_stop, found.gateway), (2, false, false));
    }

    #[test]
    fn a_type_that_refuses_has_none() {
        assert_eq!(interface(&registry().components()["never"]), None);
    }
}
