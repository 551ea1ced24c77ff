//! JSON Schemas of the types whose form depends on their shape.

use super::{
    ByWord, Component, Consumer, Lane, LaneWord, Lanes, LongComponent, LongConsumer, LongTopic,
    Middleware, OnFullWord, Patterns, Record, RecordOptions, Route, RunsWord, Topic,
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};
use std::borrow::Cow;

/// A type that is written in several shapes.
trait Shapes {
    const NAME: &'static str;

    /// One schema for each shape.
    fn shapes(generator: &mut SchemaGenerator) -> Vec<Schema>;
}

impl Shapes for Component {
    const NAME: &'static str = "AnyComponent";

    fn shapes(generator: &mut SchemaGenerator) -> Vec<Schema> {
        vec![
            json_schema!({ "type": "string", "description": "A registered component type." }),
            generator.subschema_for::<LongComponent>(),
        ]
    }
}

impl Shapes for Topic {
    const NAME: &'static str = "AnyTopic";

    fn shapes(generator: &mut SchemaGenerator) -> Vec<Schema> {
        vec![generator.subschema_for::<Vec<Route>>(), generator.subschema_for::<LongTopic>()]
    }
}

impl Shapes for Lanes {
    const NAME: &'static str = "Lanes";

    fn shapes(generator: &mut SchemaGenerator) -> Vec<Schema> {
        vec![generator.subschema_for::<LaneWord>(), generator.subschema_for::<Vec<Lane>>()]
    }
}

impl Shapes for Record {
    const NAME: &'static str = "Record";

    fn shapes(generator: &mut SchemaGenerator) -> Vec<Schema> {
        vec![json_schema!({ "type": "boolean" }), generator.subschema_for::<RecordOptions>()]
    }
}

impl Shapes for Consumer {
    const NAME: &'static str = "Consumer";

    fn shapes(generator: &mut SchemaGenerator) -> Vec<Schema> {
        vec![generator.subschema_for::<RunsWord>(), generator.subschema_for::<LongConsumer>()]
    }
}

/// Those that ship and those registered are added by [`crate::schema()`].
impl Shapes for Middleware {
    const NAME: &'static str = "Middleware";

    fn shapes(_: &mut SchemaGenerator) -> Vec<Schema> {
        vec![json_schema!({ "type": "string", "description": "A middleware's name." })]
    }
}

impl Shapes for Patterns {
    const NAME: &'static str = "Patterns";

    fn shapes(generator: &mut SchemaGenerator) -> Vec<Schema> {
        vec![
            json_schema!({ "type": "string", "description": "A pattern of topics." }),
            generator.subschema_for::<Vec<String>>(),
        ]
    }
}

/// Adds what a key of a route says to its schema.
fn explain((key, schema): (&String, &mut Value)) {
    if let (Some(schema), Some(text)) = (schema.as_object_mut(), describe(key)) {
        schema.insert("description".into(), text.into());
    }
}

/// What a key of a route says.
fn describe(key: &str) -> Option<&'static str> {
    Some(match key {
        "on_full" => {
            "When the target is too slow: hold the writer back (`block`, the default), or lose events."
        }
        "middleware" => "What stands at the route's entry, the first outermost. Default: nothing.",
        "steps" => "Components or routes, in the order in which they see an event.",
        "targets" => "Components or routes, each of which sees every event.",
        "target" => "A component or a route; of a partition, a component.",
        "condition" => "What events must meet, such as `strength > 0.7`: see docs/conditions.md.",
        "with" => "The component whose emissions take the event's place.",
        "replicas" => "How many copies of the target run.",
        "by" => "What an event's copy is chosen by. Default `instrument`.",
        _ => return None,
    })
}

impl Shapes for Route {
    const NAME: &'static str = "Route";

    fn shapes(generator: &mut SchemaGenerator) -> Vec<Schema> {
        let one = generator.subschema_for::<Route>();
        let many = generator.subschema_for::<Vec<Route>>();
        let on_full = generator.subschema_for::<OnFullWord>();
        let middleware = generator.subschema_for::<Vec<Middleware>>();
        let by = generator.subschema_for::<ByWord>();
        let made = |name: &str, doc: &str, properties: Value, required: &[&str]| {
            let mut all = json!({
                "type": { "const": name },
                "on_full": on_full,
                "middleware": middleware,
            });
            if let (Some(all), Some(more)) = (all.as_object_mut(), properties.as_object()) {
                all.extend(more.clone());
                all.iter_mut().for_each(explain);
            }
            let mut required: Vec<&str> = required.to_vec();
            required.insert(0, "type");
            json_schema!({
                "type": "object",
                "description": doc,
                "properties": all,
                "required": required,
                "additionalProperties": false,
            })
        };
        vec![
            json_schema!({ "type": "string", "description": "A component's name." }),
            made(
                "pipeline",
                "One event through its steps in order.",
                json!({ "steps": many }),
                &["steps"],
            ),
            made(
                "broadcast",
                "Every event to all targets.",
                json!({ "targets": many }),
                &["targets"],
            ),
            made(
                "filter",
                "Where the condition holds: to the target, or without one on to the later steps.",
                json!({
                    "condition": { "type": "string" },
                    "target": one,
                }),
                &["condition"],
            ),
            made(
                "transform",
                "What `with` emits takes the event's place.",
                json!({ "with": one, "target": one }),
                &["with"],
            ),
            made(
                "partition",
                "Replicas of a component, each with its share of the instruments.",
                json!({
                    "target": one,
                    "replicas": { "type": "integer", "minimum": 1, "maximum": 256, "unit": "copies" },
                    "by": by,
                }),
                &["target", "replicas"],
            ),
        ]
    }
}

macro_rules! schema_of_shapes {
    ($($type:ty)*) => {
        $(impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                <$type as Shapes>::NAME.into()
            }

            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                let shapes = <$type as Shapes>::shapes(generator);
                json_schema!({ "anyOf": shapes })
            }
        })*
    };
}

schema_of_shapes!(Component Consumer Topic Lanes Middleware Patterns Record Route);
