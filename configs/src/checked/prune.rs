//! Leaves out what cannot be read, so that one mistake does not hide those in other parts.

use crate::codes;
use crate::mistake::Mistake;
use crate::raw;
use crate::read::read;
use crate::tree::{Entry, Node, Span, Value};

/// The config as far as it can be read.
pub(super) fn read_what_can_be_read(
    root: &Node,
    mistakes: &mut Vec<Mistake>,
) -> Option<raw::Config> {
    let mut found = Vec::new();
    let config = read::<raw::Config>(root, &mut found);
    let is_mapping = matches!(root.value, Value::Map(_));
    if is_mapping
        && root.get("topics").is_none_or(Node::is_null)
        && root.get("routing").is_none_or(|routing| {
            routing.entries().is_empty() && routing.as_text().is_none_or(|_| routing.is_null())
        })
    {
        let place = root.entry("routing").map_or(root.mark, |entry| entry.key.span);
        found.push(Mistake::new(
            codes::MISSING_KEY,
            place,
            "nothing is routed",
            "write under `routing:` where events go: a source, an event type, components",
        ));
    }
    let config = config.or_else(|| {
        let mut rest = root.clone();
        prune(&mut rest, &found);
        // What the first reading found is noted already.
        read::<raw::Config>(&rest, &mut Vec::new())
    });
    mistakes.append(&mut found);
    config
}

/// Takes out the entries that mistakes stand in: whole sources, components, topics, settings.
fn prune(root: &mut Node, mistakes: &[Mistake]) {
    let places: Vec<Span> = mistakes.iter().filter_map(|mistake| mistake.span).collect();
    let Value::Map(sections) = &mut root.value else { return };
    for section in sections.iter_mut() {
        let levels = match section.name() {
            "sources" | "components" => 1,
            "routing" => 2,
            _ => 0,
        };
        thin(&mut section.value, levels, &places);
    }
    sections.retain(|section| !holds(section, &places));
}

fn thin(node: &mut Node, levels: usize, places: &[Span]) {
    let Value::Map(entries) = &mut node.value else { return };
    if levels > 1 {
        entries.iter_mut().for_each(|entry| thin(&mut entry.value, levels - 1, places));
    }
    if levels > 0 {
        entries.retain(|entry| !holds(entry, places));
    }
}

fn holds(entry: &Entry, places: &[Span]) -> bool {
    places.contains(&entry.key.span) || node_holds(&entry.value, places)
}

fn node_holds(node: &Node, places: &[Span]) -> bool {
    if places.contains(&node.span) || places.contains(&node.mark) {
        return true;
    }
    match &node.value {
        Value::Scalar { .. } => false,
        Value::List(items) => items.iter().any(|item| node_holds(item, places)),
        Value::Map(entries) => entries.iter().any(|entry| holds(entry, places)),
    }
}
