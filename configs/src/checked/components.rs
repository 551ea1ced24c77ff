//! Components: built by their types, in the order of the config.

use super::sources::make;
use super::{Desk, Info, resolved};
use crate::codes;
use crate::nearest::did_you_mean;
use crate::raw;
use indexmap::IndexMap;
use pitlane::stage::Component;

/// Keys of a component that are not parameters of its type.
pub(crate) const RESERVED: &[&str] = &["type", "emits"];

pub(super) fn build(
    components: &IndexMap<String, raw::Component>,
    desk: &mut Desk<'_>,
) -> (Vec<(String, Component)>, Vec<Info>) {
    let mut built = Vec::new();
    let mut infos = Vec::new();
    for (name, component) in components {
        let kind = component.kind();
        let Some(factory) = desk.registry.components().get(kind) else {
            let known = desk.registry.components().keys().map(String::as_str);
            let help = did_you_mean(kind, "component type", known);
            let path = match component {
                raw::Component::Short(_) => format!("components.{name}"),
                raw::Component::Long(_) => format!("components.{name}.type"),
            };
            let message = format!("there is no component type `{kind}`");
            desk.blame(codes::UNKNOWN_COMPONENT_TYPE, &path, message, help);
            continue;
        };
        let before = components.iter().take_while(|(other, _)| *other != name);
        let instance = before.filter(|(_, other)| other.kind() == kind).count();
        let node = desk.at(&format!("components.{name}")).clone();
        infos.push(Info {
            name: name.clone(),
            r#type: kind.to_owned(),
            emits: component.emits().unwrap_or(name).to_owned(),
            parameters: resolved::parameters(&node, RESERVED, factory),
        });
        let made = make(factory, &node, name, RESERVED, instance, codes::COMPONENT_REFUSED, desk);
        if let Some(made) = made {
            let made = match component.emits() {
                Some(source) => made.emits_under(source),
                None => made,
            };
            built.push((name.clone(), made));
        }
    }
    (built, infos)
}
