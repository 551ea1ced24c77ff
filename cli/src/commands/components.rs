//! `pitlane components`.

use crate::console;
use crate::failure::{Exit, Failure, UNKNOWN_NAME};
use pitlane::registry::Registry;
use schemars::{Schema, SchemaGenerator};
use serde_json::{Value, json};
use std::fmt::Write;

/// Arguments of `components`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only the one of this name.
    name: Option<String>,
    /// Print everything as JSON, parameters as JSON Schema.
    #[arg(long)]
    json: bool,
}

/// Something configs can name.
struct Item {
    group: &'static str,
    name: String,
    doc: String,
    schema: Option<Schema>,
}

pub(crate) fn run(args: &Args, registry: &Registry) -> Result<Exit, Failure> {
    let mut items = items(registry);
    if let Some(name) = &args.name {
        items.retain(|item| item.name == *name);
        if items.is_empty() {
            let message = format!("nothing that configs can name is called `{name}`");
            let help = "`pitlane components` lists all there is";
            return Err(Failure::usage(UNKNOWN_NAME, message, help));
        }
    }
    let text = if args.json { as_json(&items) } else { as_text(&items) };
    console::show(&text)?;
    Ok(Exit::Done)
}

fn items(registry: &Registry) -> Vec<Item> {
    let mut generator = SchemaGenerator::default();
    let mut items = Vec::new();
    for factory in registry.components().values() {
        let (name, doc) = (factory.name().into(), factory.doc().into());
        let schema = Some(factory.schema(&mut generator));
        items.push(Item { group: "components", name, doc, schema });
    }
    for factory in registry.formats().values() {
        let (name, doc) = (factory.name().into(), factory.doc().into());
        let schema = Some(factory.schema(&mut generator));
        items.push(Item { group: "formats of sources", name, doc, schema });
    }
    for adapter in registry.adapters().values() {
        let (name, doc) = (adapter.name().into(), adapter.doc().into());
        let schema = Some(adapter.schema(&mut generator));
        items.push(Item { group: "adapters", name, doc, schema });
    }
    for (name, event, doc) in registry.predicates().iter() {
        let doc = format!("{doc} (over {event})");
        items.push(Item { group: "predicates", name: name.into(), doc, schema: None });
    }
    items
}

fn as_json(items: &[Item]) -> String {
    let one = |item: &Item| {
        json!({
            "kind": item.group,
            "name": item.name,
            "doc": item.doc,
            "parameters": item.schema,
        })
    };
    format!("{:#}\n", items.iter().map(one).collect::<Value>())
}

fn as_text(items: &[Item]) -> String {
    let mut text = String::new();
    let mut group = "";
    // Writing to a string does not fail.
    for item in items {
        if item.group != group {
            let _ = writeln!(text, "{}{}:", if group.is_empty() { "" } else { "\n" }, item.group);
            group = item.group;
        }
        let _ = writeln!(text, "  {}\n    {}", item.name, item.doc);
        let properties =
            item.schema.as_ref().and_then(|schema| schema.as_value().get("properties"));
        for (name, property) in properties.and_then(Value::as_object).into_iter().flatten() {
            let _ = writeln!(text, "      {name}: {}", parameter(property));
        }
    }
    text
}

/// The first sentence about a parameter, with its default.
fn parameter(property: &Value) -> String {
    let doc = property.get("description").and_then(Value::as_str).unwrap_or_default();
    let doc = doc.replace('\n', " ");
    match property.get("default") {
        Some(default) if !default.is_null() && !doc.contains("efault") => {
            format!("{doc} Default: {default}.")
        }
        _ => doc,
    }
}
