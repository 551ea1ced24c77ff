//! What configs can name.

use pitlane::registry::Registry;
use pitlane_config::{Interface, interface};
use schemars::SchemaGenerator;
use serde_json::{Value, json};

/// Something configs can name.
pub(super) struct Item {
    pub(super) group: &'static str,
    pub(super) name: String,
    pub(super) doc: String,
    /// What it takes and emits, where it is a component type or a format; `None` where it does not say
    /// without parameters of its own.
    pub(super) interface: Option<Interface>,
    /// Services that it needs.
    pub(super) needs: Vec<String>,
    /// Schema of its parameters, with the definitions it refers to.
    pub(super) schema: Option<Value>,
    /// Fields of an event type, with what they are.
    pub(super) fields: Vec<(&'static str, &'static str)>,
}

const COMPONENTS: &str = "components";
const FORMATS: &str = "formats of sources";
const MIDDLEWARE: &str = "middleware";
const ROUTES: &str = "route types";

/// Everything, by group.
pub(super) fn items(registry: &Registry) -> Vec<Item> {
    let item = |group, name: &str, doc: &str, schema| Item {
        group,
        name: name.into(),
        doc: doc.into(),
        interface: None,
        needs: Vec::new(),
        schema,
        fields: Vec::new(),
    };
    let mut items = Vec::new();
    for factory in registry.components().values() {
        let schema = Some(whole(|generator| factory.schema(generator).to_value()));
        let interface = interface(factory);
        let made = item(COMPONENTS, factory.name(), factory.doc(), schema);
        items.push(Item { interface, needs: factory.needs().to_vec(), ..made });
    }
    for factory in registry.formats().values() {
        let schema = Some(whole(|generator| factory.schema(generator).to_value()));
        items.push(item(FORMATS, factory.name(), factory.doc(), schema));
    }
    let shipped = pitlane_config::shipped_middleware();
    for factory in shipped.middlewares().values().chain(registry.middlewares().values()) {
        let schema = Some(whole(|generator| factory.schema(generator).to_value()));
        items.push(item(MIDDLEWARE, factory.name(), factory.doc(), schema));
    }
    items.extend(route_types(registry).into_iter().map(|(name, doc, schema)| {
        let is_own = registry.adapters().contains_key(&name);
        item(if is_own { "adapters" } else { ROUTES }, &name, &doc, Some(schema))
    }));
    for (name, doc, needs) in registry.services() {
        let made = item("services", name, doc, None);
        items.push(Item { needs: needs.to_vec(), ..made });
    }
    for (name, event, doc) in registry.predicates().iter() {
        items.push(item("predicates", name, &format!("{doc} (over {event})"), None));
    }
    for fields in registry.events() {
        let doc = "Its fields are what conditions compare.";
        let fields_of = fields.fields.iter().map(|field| (field.name, field.doc)).collect();
        let made = item("event types", fields.event.name, doc, None);
        items.push(Item { fields: fields_of, ..made });
    }
    items
}

/// A schema with the definitions it refers to.
fn whole(make: impl FnOnce(&mut SchemaGenerator) -> Value) -> Value {
    let mut generator = SchemaGenerator::default();
    let mut schema = make(&mut generator);
    let definitions = generator.take_definitions(true);
    if let (Value::Object(schema), false) = (&mut schema, definitions.is_empty()) {
        schema.insert("$defs".into(), definitions.into());
    }
    schema
}

/// Route types with their sentence and parameters, as the schema of configs has them.
fn route_types(registry: &Registry) -> Vec<(String, String, Value)> {
    let schema = pitlane_config::schema(registry);
    let shapes = schema.pointer("/$defs/Route/anyOf").and_then(Value::as_array);
    let shape = |shape: &Value| {
        let name = shape.pointer("/properties/type/const")?.as_str()?.to_owned();
        let doc = shape.get("description").and_then(Value::as_str).unwrap_or_default();
        let mut shape = shape.clone();
        if let Some(properties) = shape.get_mut("properties").and_then(Value::as_object_mut) {
            properties.remove("type");
        }
        shape.as_object_mut()?.insert("$defs".into(), schema.get("$defs").cloned()?);
        Some((name, doc.to_owned(), shape))
    };
    let mut types: Vec<_> = shapes.into_iter().flatten().filter_map(shape).collect();
    types.sort_by_key(|(name, ..)| registry.adapters().contains_key(name));
    types
}

impl Item {
    /// What else there is to know about it.
    pub(super) fn facts(&self) -> Vec<String> {
        let mut facts = Vec::new();
        let list = |events: &[pitlane::event::EventType]| {
            events.iter().map(|event| event.name).collect::<Vec<_>>().join(", ")
        };
        match &self.interface {
            Some(found) => {
                let takes = list(&found.takes);
                facts.push(match (list(&found.emits), found.max_emissions) {
                    (none, _) if none.is_empty() => format!("Takes {takes}; emits nothing."),
                    (emits, most) => {
                        format!("Takes {takes}; emits {emits}, at most {most} for one event.")
                    }
                });
                if found.may_stop {
                    facts.push("May end an event's way through a pipeline.".into());
                }
                if found.gateway {
                    facts.push("A gateway: denied orders never reach it.".into());
                }
            }
            None if self.group == FORMATS => facts.push("Emits MarketData.".into()),
            None if self.group == COMPONENTS => {
                facts.push(
                    "What it takes and emits shows when a config has made it: `pitlane describe`."
                        .into(),
                );
            }
            None if self.group == MIDDLEWARE => {
                facts.push("Takes events of every type; emits none of its own.".into());
            }
            None if self.group == ROUTES => facts.push(
                match &*self.name {
                    "transform" => "Takes events that `with` takes; gives those that it emits.",
                    "partition" => "Takes events that its target takes; its target emits.",
                    _ => "Takes events of every type, and gives the same.",
                }
                .into(),
            ),
            None => {}
        }
        if !self.needs.is_empty() {
            facts.push(format!("Needs: {}.", self.needs.join(", ")));
        }
        facts
    }

    pub(super) fn as_json(&self) -> Value {
        let names = |events: &[pitlane::event::EventType]| {
            events.iter().map(|event| event.name).collect::<Value>()
        };
        let mut object = json!({
            "kind": self.group,
            "name": self.name,
            "doc": self.doc,
            "parameters": self.schema,
        });
        let Value::Object(map) = &mut object else { return object };
        if let Some(found) = &self.interface {
            map.insert("takes".into(), names(&found.takes));
            map.insert("emits".into(), names(&found.emits));
            map.insert("max_emissions".into(), found.max_emissions.into());
            map.insert("may_stop".into(), found.may_stop.into());
            map.insert("gateway".into(), found.gateway.into());
        }
        match self.group {
            COMPONENTS | "services" => {
                map.insert("needs".into(), self.needs.iter().cloned().collect())
            }
            FORMATS => map.insert("emits".into(), json!(["MarketData"])),
            _ => None,
        };
        if !self.fields.is_empty() {
            let field = |(name, doc): &(&str, &str)| json!({ "name": name, "doc": doc });
            map.insert("fields".into(), self.fields.iter().map(field).collect());
        }
        object
    }
}

#[cfg(test)]
mod tests {
    use super::super::parameter::parameters;
    use super::*;

    fn find(name: &str) -> Item {
        let mut items = items(&crate::registry());
        let at = items.iter().position(|item| item.name == name).expect("it is there");
        items.swap_remove(at)
    }

    #[test]
    fn every_number_of_what_ships_tells_its_unit() {
        let mut numbers = 0;
        for item in items(&crate::registry()) {
            if ![COMPONENTS, FORMATS, MIDDLEWARE, ROUTES].contains(&item.group) {
                continue;
            }
            for parameter in item.schema.as_ref().map(parameters).unwrap_or_default() {
                if parameter.is_number() {
                    numbers += 1;
                    assert!(parameter.unit.is_some(), "{} of {}", parameter.name, item.name);
                }
            }
        }
        assert!(numbers > 15, "only {numbers} numbers were found");
    }

    #[test]
    fn every_component_that_ships_tells_what_it_takes() {
        for item in items(&crate::registry()).iter().filter(|item| item.group == COMPONENTS) {
            assert!(
                item.interface.as_ref().is_some_and(|found| !found.takes.is_empty()),
                "{}",
                item.name
            );
        }
        let first = |name: &str| find(name).facts().swap_remove(0);
        assert_eq!(first("sma_cross"), "Takes MarketData; emits Signal, at most 1 for one event.");
        assert_eq!(first("order_log"), "Takes Order; emits nothing.");
        assert_eq!(first("csv"), "Emits MarketData.");
        assert!(find("order_log").facts().iter().any(|fact| fact.contains("gateway")));
    }

    #[test]
    fn middleware_is_listed_with_its_parameters() {
        let names = ["metrics", "on_error", "circuit_breaker", "rate_limit", "dedupe", "throttle"];
        for name in names.into_iter().chain(["authorize"]) {
            let item = find(name);
            assert_eq!(item.group, MIDDLEWARE, "{name}");
            let parameters = item.schema.as_ref().map(parameters).unwrap_or_default();
            assert!(!parameters.is_empty() && parameters.iter().all(|one| !one.doc.is_empty()));
        }
    }

    #[test]
    fn every_key_of_a_route_is_explained() {
        for item in items(&crate::registry()).iter().filter(|item| item.group == ROUTES) {
            for parameter in item.schema.as_ref().map(parameters).unwrap_or_default() {
                assert!(!parameter.doc.is_empty(), "{} of {}", parameter.name, item.name);
            }
        }
    }

    #[test]
    fn route_types_event_types_and_their_fields_are_listed() {
        assert_eq!(find("pipeline").group, "route types");
        let signal = find("Signal");
        assert!(signal.fields.iter().any(|(name, _)| *name == "strength"), "{:?}", signal.fields);
    }
}
