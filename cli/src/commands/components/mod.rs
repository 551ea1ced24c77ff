//! `pitlane components`.

mod item;
mod parameter;

use crate::console;
use crate::failure::{Exit, Failure, UNKNOWN_NAME};
use item::{Item, items};
use parameter::parameters;
use pitlane::registry::Registry;
use serde_json::Value;
use std::fmt::Write;

/// Arguments of `components`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only what has this name.
    name: Option<String>,
    /// Print everything as JSON, parameters as JSON Schema.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args, registry: &Registry) -> Result<Exit, Failure> {
    let mut items = items(registry);
    if let Some(name) = &args.name {
        let known: Vec<String> = items.iter().map(|item| item.name.clone()).collect();
        items.retain(|item| item.name == *name);
        if items.is_empty() {
            let message = format!("nothing that configs can name is called `{name}`");
            let known = known.iter().map(String::as_str);
            let help = match pitlane_config::nearest(name, known) {
                Some(near) => format!("did you mean `{near}`? `pitlane components` lists all"),
                None => "`pitlane components` lists all there is".into(),
            };
            return Err(Failure::usage(UNKNOWN_NAME, message, help));
        }
    }
    let text = if args.json {
        format!("{:#}\n", items.iter().map(Item::as_json).collect::<Value>())
    } else {
        as_text(&items)
    };
    console::show(&text)?;
    Ok(Exit::Done)
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
        let _ = writeln!(text, "  {}", item.name);
        let _ = writeln!(text, "    {}", item.doc);
        for fact in item.facts() {
            let _ = writeln!(text, "    {fact}");
        }
        for (name, doc) in &item.fields {
            let _ = writeln!(text, "      {name}: {doc}");
        }
        for parameter in item.schema.as_ref().map(parameters).unwrap_or_default() {
            let _ = writeln!(text, "      {}: {}", parameter.name, parameter.form());
            if !parameter.doc.is_empty() {
                let _ = writeln!(text, "        {}", parameter.doc);
            }
        }
    }
    text
}
