//! A description as text.

use crate::session::aligned;
use crate::text::thousands;
use serde_json::Value;

/// The whole page.
pub(super) fn page(file: &str, described: &Value) -> String {
    let mut page = format!("{file}\n");
    page += &section("source", &["events", "fed by"], &described["sources"], |source| {
        vec![text(&source["name"]), list(&source["events"]), fed_by(source)]
    });
    page += &section("stream", &["type", "written by", "slots"], &described["streams"], |stream| {
        let writer = match stream["written_by"].as_str() {
            Some(writer) => writer.to_owned(),
            None => "enters".into(),
        };
        let slots = thousands(stream["slots"].as_u64().unwrap_or_default());
        vec![text(&stream["name"]), text(&stream["event"]), writer, slots]
    });
    page +=
        &section("topic", &["stream", "kinds", "symbols known"], &described["topics"], |topic| {
            vec![
                text(&topic["topic"]),
                text(&topic["stream"]),
                short(&topic["kinds"]),
                short(&topic["symbols"]),
            ]
        });
    page += &section("route of", &["tier", "leads to"], &described["routes"], |route| {
        let of = format!("{}.{}", text(&route["source"]), text(&route["event"]));
        vec![of, text(&route["tier"]), text(&route["text"])]
    });
    page +=
        &section("stage", &["type", "tier", "reads", "writes"], &described["stages"], |stage| {
            let reads: Vec<_> =
                stage["reads"].as_array().into_iter().flatten().map(reads).collect();
            vec![
                text(&stage["name"]),
                text(&stage["type"]),
                text(&stage["tier"]),
                reads.join(", "),
                list(&stage["writes"]),
            ]
        });
    page + &format!("\nlanes: {}\n", text(&described["lanes"]))
}

/// A table of what a list has, with a blank line before.
fn section(
    name: &str,
    columns: &[&str],
    items: &Value,
    row: impl Fn(&Value) -> Vec<String>,
) -> String {
    let rows: Vec<_> = items.as_array().into_iter().flatten().map(row).collect();
    let header: Vec<&str> = std::iter::once(name).chain(columns.iter().copied()).collect();
    let left = header.iter().take_while(|column| **column != "slots").count();
    format!("\n{}", aligned(&header, rows, left))
}

fn fed_by(source: &Value) -> String {
    let written = list(&source["written_by"]);
    match (source["format"].as_str(), source["needs_input"].as_bool()) {
        (Some(format), _) => format.to_owned(),
        (None, Some(true)) => "needs an --input".into(),
        _ if written.is_empty() => "enters".into(),
        _ => format!("stages {written}"),
    }
}

/// `strategy/sma if strength > 0.1, after check`.
fn reads(link: &Value) -> String {
    let mut said = text(&link["stream"]);
    let conditions: Vec<_> =
        link["conditions"].as_array().into_iter().flatten().map(text).collect();
    if !conditions.is_empty() {
        said += &format!(" if {}", conditions.join(" && "));
    }
    let after = list(&link["after"]);
    if !after.is_empty() {
        said += &format!(" after {after}");
    }
    match text(&link["on_full"]).as_str() {
        "block" => said,
        lossy => said + &format!(" ({lossy})"),
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn list(values: &Value) -> String {
    values.as_array().into_iter().flatten().map(text).collect::<Vec<_>>().join(", ")
}

/// The first few, and how many more there are.
fn short(values: &Value) -> String {
    const SHOWN: usize = 4;
    let all: Vec<_> = values.as_array().into_iter().flatten().map(text).collect();
    match all.get(..SHOWN) {
        Some(first) if all.len() > SHOWN + 1 => {
            format!("{}, and {} more", first.join(", "), all.len() - SHOWN)
        }
        _ => all.join(", "),
    }
}
