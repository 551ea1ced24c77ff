//! Sources: opened by their formats, in the order of the config.

use super::{Desk, Info, resolved};
use crate::codes;
use crate::nearest::did_you_mean;
use crate::raw;
use crate::read::{What, attempts};
use indexmap::IndexMap;
use pitlane::registry::Factory;
use pitlane::source::Source;

/// Keys of a source that are not options of its format.
pub(crate) const RESERVED: &[&str] = &["format"];

type Open = Vec<(String, Box<dyn Source>)>;

pub(super) fn open(
    sources: &IndexMap<String, raw::Source>,
    desk: &mut Desk<'_>,
) -> (Open, Vec<Info>) {
    let mut open = Vec::new();
    let mut infos = Vec::new();
    for (name, source) in sources {
        let Some(factory) = desk.registry.formats().get(&source.format) else {
            let known = desk.registry.formats().keys().map(String::as_str);
            let help = did_you_mean(&source.format, "format", known);
            let message = format!("there is no format `{}`", source.format);
            desk.blame(codes::UNKNOWN_FORMAT, &format!("sources.{name}.format"), message, help);
            continue;
        };
        if desk.options.fed.contains(name) {
            continue;
        }
        let before = sources.iter().take_while(|(other, _)| *other != name);
        let instance = before.filter(|(_, other)| other.format == source.format).count();
        let node = desk.at(&format!("sources.{name}")).clone();
        infos.push(Info {
            name: name.clone(),
            r#type: source.format.clone(),
            emits: name.clone(),
            parameters: resolved::parameters(&node, RESERVED, factory),
        });
        if let Some(made) =
            make(factory, &node, name, RESERVED, instance, codes::SOURCE_REFUSED, desk)
        {
            open.push((name.clone(), made));
        }
    }
    (open, infos)
}

/// Has a factory make something of the parameters in a node; its mistakes go to the desk.
pub(super) fn make<T>(
    factory: &Factory<T>,
    node: &crate::tree::Node,
    name: &str,
    reserved: &[&str],
    instance: usize,
    refused: codes::Code,
    desk: &mut Desk<'_>,
) -> Option<T> {
    let context = desk.context(name, instance);
    let empty;
    let parameters = if node.as_text().is_some() {
        empty = node.emptied();
        &empty
    } else {
        node
    };
    let what = What { node: parameters, name: Some(name), reserved, complete: true };
    let result = attempts(what, &mut desk.mistakes, |reader| {
        factory.make(&mut <dyn erased_serde::Deserializer<'_>>::erase(reader), &context)
    });
    let help = format!("`{}`: {}", factory.name(), factory.doc());
    result.map_err(|error| desk.refused(refused, node, name, error, help)).ok()
}
