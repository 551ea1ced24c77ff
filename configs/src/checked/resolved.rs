//! Values as JSON, for manifests.

use crate::read::{Guess, guess};
use crate::tree::{Node, Value};
use pitlane::registry::Factory;
use serde_json::{Map, Value as Json};

/// A node as JSON, by YAML's core rules.
pub(crate) fn json(node: &Node) -> Json {
    match &node.value {
        Value::List(items) => items.iter().map(json).collect(),
        Value::Map(entries) => entries
            .iter()
            .map(|entry| (entry.name().to_owned(), json(&entry.value)))
            .collect::<Map<_, _>>()
            .into(),
        Value::Scalar { text, .. } => match guess(node) {
            Guess::Null => Json::Null,
            Guess::Bool(truth) => truth.into(),
            Guess::Int(number) => match u64::try_from(number) {
                Ok(number) => number.into(),
                Err(_) => i64::try_from(number).map_or(Json::Null, Json::from),
            },
            Guess::Float(number) => number.into(),
            Guess::Text(_) => text.as_str().into(),
        },
    }
}

/// The parameters that stand in a node, and the defaults of the others, in the order of the type.
pub(super) fn parameters<T>(node: &Node, reserved: &[&str], factory: &Factory<T>) -> Json {
    let schema = factory.schema(&mut schemars::SchemaGenerator::default());
    let none = Map::new();
    let properties = schema.as_value().get("properties").and_then(Json::as_object).unwrap_or(&none);
    let mut parameters = Map::new();
    for (name, property) in properties {
        match (node.get(name), property.get("default")) {
            (Some(written), _) => parameters.insert(name.clone(), typed(written, property)),
            (None, Some(default)) => parameters.insert(name.clone(), default.clone()),
            (None, None) => None,
        };
    }
    for entry in node.entries() {
        if !reserved.contains(&entry.name()) && !properties.contains_key(entry.name()) {
            parameters.insert(entry.name().to_owned(), json(&entry.value));
        }
    }
    parameters.into()
}

/// A value as JSON; a scalar whose type is text stays text.
fn typed(node: &Node, schema: &Json) -> Json {
    let is_text = match schema.get("type") {
        Some(Json::String(kind)) => kind == "string",
        Some(Json::Array(kinds)) => {
            let has = |wanted: &str| kinds.iter().any(|kind| kind == wanted);
            has("string") && !has("number") && !has("integer") && !node.is_null()
        }
        _ => false,
    };
    match node.as_text() {
        Some(text) if is_text => text.into(),
        _ => json(node),
    }
}
