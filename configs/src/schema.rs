//! JSON Schema of configs, for editors and for the test that keeps `configs/reference.yaml` whole.

use crate::checked::shipped;
use crate::raw;
use pitlane::registry::Registry;
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

/// JSON Schema of a config, registered component types, formats, adapters and event types included.
#[must_use]
pub fn schema(registry: &Registry) -> Value {
    let mut generator = SchemaGenerator::default();
    let mut components = vec![json!({
        "type": "string",
        "enum": registry.components().keys().collect::<Vec<_>>(),
        "description": "A component type alone, where it needs no parameters.",
    })];
    let common = common(&mut generator);
    for (name, factory) in registry.components() {
        let parameters = factory.schema(&mut generator);
        components.push(typed("type", name, factory.doc(), parameters, &common));
    }
    let mut sources = Vec::new();
    for (name, factory) in registry.formats() {
        let options = factory.schema(&mut generator);
        sources.push(typed("format", name, factory.doc(), options, &[]));
    }
    let route = generator.subschema_for::<raw::Route>();
    let on_full = generator.subschema_for::<raw::OnFullWord>();
    let routes = generator.subschema_for::<Vec<raw::Route>>();
    let middleware = generator.subschema_for::<Vec<raw::Middleware>>();
    let shipped = shipped();
    let mut layers = Vec::new();
    for (name, factory) in shipped.middlewares().iter().chain(registry.middlewares()) {
        let parameters = factory.schema(&mut generator);
        layers.push(typed("type", name, factory.doc(), parameters, &[]));
    }
    let mut adapters = Vec::new();
    for (name, adapter) in registry.adapters() {
        let parameters = adapter.schema(&mut generator);
        let inner = [
            ("on_full", json!(on_full)),
            ("middleware", json!(middleware)),
            ("steps", json!(routes)),
            ("targets", json!(routes)),
            ("target", json!(route)),
        ];
        adapters.push(typed("type", name, adapter.doc(), parameters, &inner));
    }
    let mut root = generator.into_root_schema_for::<raw::Config>().to_value();
    set(&mut root, "/properties/sources/additionalProperties", json!({ "anyOf": sources }));
    set(&mut root, "/properties/components/additionalProperties", json!({ "anyOf": components }));
    let events: Vec<&str> = registry.events().iter().map(|fields| fields.event.name).collect();
    let topics = "/properties/routing/additionalProperties";
    set(&mut root, &format!("{topics}/propertyNames"), json!({ "enum": events }));
    if let Some(known) = root.pointer_mut("/$defs/Middleware/anyOf").and_then(Value::as_array_mut) {
        known.extend(layers);
    }
    if let Some(shipped) = root.pointer_mut("/$defs/Route/anyOf").and_then(Value::as_array_mut) {
        shipped.extend(adapters);
    }
    if let Some(definitions) = root.get_mut("$defs").and_then(Value::as_object_mut) {
        for unused in ["AnyComponent", "Component", "Source"] {
            definitions.remove(unused);
        }
    }
    root
}

/// What every component may say beside the parameters of its type.
fn common(generator: &mut SchemaGenerator) -> [(&'static str, Value); 6] {
    let emits = json!({
        "type": ["string", "null"],
        "default": null,
        "description": "The source name it emits under; by default its own name.",
    });
    let mut on_error = generator.subschema_for::<raw::OnErrorWord>().to_value();
    set(&mut on_error, "/default", json!("halt"));
    let restarts = json!({
        "type": ["integer", "null"],
        "minimum": 0,
        "default": null,
        "description": "Most restarts in a run, with `on_error: restart`; by default 3.",
    });
    let retry = generator.subschema_for::<raw::Retry>();
    let retry = json!({
        "anyOf": [retry, { "type": "null" }],
        "default": null,
        "description": "Standard tier: how often and when a failed event is tried again.",
    });
    let consumer = generator.subschema_for::<raw::Consumer>();
    let consumer = json!({
        "anyOf": [consumer, { "type": "null" }],
        "default": null,
        "description": "How it takes events: `inline`, `worker`, or more.",
    });
    let middleware = generator.subschema_for::<Vec<raw::Middleware>>().to_value();
    let middleware = with_default(middleware, json!([]));
    [
        ("emits", emits),
        ("on_error", on_error),
        ("restarts", restarts),
        ("retry", retry),
        ("consumer", consumer),
        ("middleware", middleware),
    ]
}

fn with_default(mut schema: Value, default: Value) -> Value {
    set(&mut schema, "/default", default);
    schema
}

/// The schema of a mapping that names its type under `tag` and has that type's parameters.
fn typed(tag: &str, name: &str, doc: &str, parameters: Schema, more: &[(&str, Value)]) -> Value {
    let mut schema = parameters.to_value();
    if !schema.is_object() {
        schema = json!({});
    }
    let Value::Object(object) = &mut schema else { return schema };
    object.remove("title");
    object.remove("$schema");
    object.insert("type".into(), "object".into());
    object.insert("description".into(), doc.into());
    let mut properties = Map::new();
    properties.insert(tag.into(), json!({ "const": name }));
    properties.extend(more.iter().map(|(key, schema)| ((*key).to_owned(), schema.clone())));
    if let Some(Value::Object(own)) = object.remove("properties") {
        properties.extend(own);
    }
    object.insert("properties".into(), properties.into());
    let mut required = vec![Value::from(tag)];
    if let Some(Value::Array(own)) = object.remove("required") {
        required.extend(own);
    }
    object.insert("required".into(), required.into());
    object.entry("additionalProperties").or_insert(false.into());
    schema
}

fn set(root: &mut Value, pointer: &str, value: Value) {
    let Some((parent, key)) = pointer.rsplit_once('/') else { return };
    if let Some(Value::Object(object)) = root.pointer_mut(parent) {
        object.insert(key.to_owned(), value);
    }
}
