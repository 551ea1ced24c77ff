//! What sources leave to others: their format to the extension of their files, their form to a preset
//! that stands under `presets:`.

use crate::tree::{Entry, Node, Value};
use pitlane::registry::Registry;
use std::path::Path;

/// Writes into each source what it leaves to others.
pub(super) fn complete(root: &mut Node, registry: &Registry) {
    let presets = root.get("presets").map_or(&[][..], Node::entries).to_vec();
    let Value::Map(sections) = &mut root.value else { return };
    let sources = sections.iter_mut().find(|section| section.name() == "sources");
    let Some(Value::Map(sources)) = sources.map(|section| &mut section.value.value) else { return };
    for source in sources {
        let place = source.key.span;
        let Value::Map(entries) = &mut source.value.value else { continue };
        if let Some(format) = told_by_name(entries, registry) {
            let key = Node::plain(place, "format");
            entries.insert(0, Entry { key, value: Node::plain(place, format) });
        }
        write_out(entries, &presets);
    }
}

/// The format that the first file of a source speaks of, where the source does not say it.
fn told_by_name<'r>(entries: &[Entry], registry: &'r Registry) -> Option<&'r str> {
    if entries.iter().any(|entry| entry.name() == "format") {
        return None;
    }
    let first = |entry: &Entry| match (entry.name(), &entry.value.value) {
        ("path", _) => entry.value.as_text().map(str::to_owned),
        ("paths", Value::List(paths)) => paths.first()?.as_text().map(str::to_owned),
        ("files", Value::List(files)) => files.first()?.get("path")?.as_text().map(str::to_owned),
        _ => None,
    };
    let path = entries.iter().find_map(first)?;
    registry.format_of(Path::new(&path))
}

/// Puts the keys of a preset of the config's own in the place of its name; what the source says itself
/// stands.
fn write_out(entries: &mut Vec<Entry>, presets: &[Entry]) {
    let Some(at) = entries.iter().position(|entry| entry.name() == "preset") else { return };
    let Some(name) = entries[at].value.as_text() else { return };
    let Some(preset) = presets.iter().find(|preset| preset.name() == name) else { return };
    entries.remove(at);
    for entry in preset.value.entries() {
        if !entries.iter().any(|own| own.name() == entry.name()) {
            entries.push(entry.clone());
        }
    }
}
