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
    page += &optional("subscription", &["tier", "leads to", "matches"], described, |one| {
        let matches = one["matches"].as_array().into_iter().flatten().map(matched);
        let matches: Vec<_> = matches.collect();
        let nothing = || "nothing".to_owned();
        vec![
            list(&one["patterns"]),
            text(&one["tier"]),
            list(&one["routes"]),
            if matches.is_empty() { nothing() } else { matches.join("; ") },
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
    page += &optional("partition", &["by", "copies"], described, |one| {
        vec![text(&one["component"]), text(&one["by"]), list(&one["copies"])]
    });
    page += &optional("middleware", &["around", "parameters"], described, |one| {
        vec![text(&one["type"]), text(&one["around"]), parameters(&one["parameters"])]
    });
    page + &format!("\nlanes: {}\n", text(&described["lanes"]))
}

/// The table of the list `NAMEs` (or `NAME`), if there is anything in it.
fn optional(
    name: &str,
    columns: &[&str],
    described: &Value,
    row: impl Fn(&Value) -> Vec<String>,
) -> String {
    let items = described.get(format!("{name}s")).unwrap_or(&described[name]);
    match items.as_array().is_none_or(Vec::is_empty) {
        true => String::new(),
        false => section(name, columns, items, row),
    }
}

/// `feed: quote of BRAVO.SIM`.
fn matched(one: &Value) -> String {
    let kinds = short(&one["kinds"]);
    let (kinds, symbols) = match one["all_kinds"].as_bool() {
        Some(true) => (String::new(), short(&one["symbols"])),
        _ => (kinds, short(&one["symbols"])),
    };
    let symbols = if one["all_symbols"] == true { "every symbol".into() } else { symbols };
    let symbols = if symbols.is_empty() { "symbols that come later".into() } else { symbols };
    match kinds.is_empty() {
        true => format!("{}: {symbols}", text(&one["stream"])),
        false => format!("{}: {kinds} of {symbols}", text(&one["stream"])),
    }
}

/// `interval: 5ms, key: symbol`.
fn parameters(values: &Value) -> String {
    let all = values.as_object().into_iter().flatten();
    all.map(|(key, value)| format!("{key}: {}", text(value))).collect::<Vec<_>>().join(", ")
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

/// `strategy/sma on signal.> if strength > 0.1 after check`.
fn reads(link: &Value) -> String {
    let mut said = text(&link["stream"]);
    if let Some(topics) = link["topics"].as_str() {
        said += &format!(" on {topics}");
    }
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
