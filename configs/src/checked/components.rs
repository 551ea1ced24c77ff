//! Components: built by their types, in the order of the config.

use super::sources::make;
use super::{Desk, Info, middleware, resolved};
use crate::codes;
use crate::mistake::Mistake;
use crate::nearest::did_you_mean;
use crate::raw;
use crate::raw::{LongComponent, OnErrorWord};
use crate::read::{What, attempts};
use crate::tree::{Node, find};
use indexmap::IndexMap;
use pitlane::error::Coded;
use pitlane::registry::{Context, Factory, ServiceError, Services};
use pitlane::stage::{Component, Fault, OnError, Retry};
use std::collections::HashMap;

/// Keys of a component that are not parameters of its type.
pub(crate) const RESERVED: &[&str] =
    &["type", "emits", "on_error", "restarts", "retry", "consumer", "middleware"];

pub(super) fn build(
    components: &IndexMap<String, raw::Component>,
    desk: &mut Desk<'_>,
) -> (Vec<(String, Component)>, Vec<Info>) {
    let mut built = Vec::new();
    let mut infos = Vec::new();
    let services = start(components, desk);
    let section = find(desk.root, "components");
    let nodes: HashMap<&str, &Node> =
        section.entries().iter().map(|entry| (entry.name(), &entry.value)).collect();
    let mut instances: HashMap<&str, usize> = HashMap::new();
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
        let before = instances.entry(kind).or_default();
        let instance = *before;
        *before += 1;
        let Some(services) = &services else { continue };
        desk.services = desk.registry.share_of(kind, services);
        let node = nodes.get(name.as_str()).copied().unwrap_or(section).clone();
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
            let again =
                Again { factory: factory.clone(), node, context: desk.context(name, instance) };
            let made = made.rebuilt_by(move || again.make());
            let made = match component.long() {
                Some(long) => consuming(failing(made, name, long, desk), name, long, desk),
                None => made,
            };
            built.push((name.clone(), made));
        }
    }
    desk.services = Services::default();
    (built, infos)
}

/// Starts the services that the components need; notes why, where that cannot be.
fn start(components: &IndexMap<String, raw::Component>, desk: &mut Desk<'_>) -> Option<Services> {
    let kinds = components.values().map(raw::Component::kind);
    let errors = match desk.registry.start_for(kinds, desk.instruments.clone()) {
        Ok(services) => return Some(services),
        Err(errors) => errors,
    };
    for error in errors {
        let by = match &error {
            ServiceError::Missing { by, .. } => by.as_str(),
            _ => "",
        };
        let place = components.iter().find(|(_, component)| component.kind() == by);
        let path = place.map_or("components".into(), |(name, _)| format!("components.{name}"));
        let mark = desk.at(&path).mark;
        desk.mistakes.push(Mistake::at(mark, error.diagnostic()));
    }
    None
}

/// What a component is made from once more, when it is restarted.
struct Again {
    factory: Factory<Component>,
    node: Node,
    context: Context,
}

impl Again {
    fn make(&self) -> Result<Component, Fault> {
        let empty;
        let node = match self.node.as_text() {
            Some(_) => {
                empty = self.node.emptied();
                &empty
            }
            None => &self.node,
        };
        let name = Some(self.context.name.as_str());
        let what = What { node, name, reserved: RESERVED, complete: true };
        let made = attempts(what, &mut Vec::new(), |reader| {
            let mut reader = <dyn erased_serde::Deserializer<'_>>::erase(reader);
            self.factory.make(&mut reader, &self.context)
        });
        made.map_err(|error| match error {
            Some(error) => Fault::new(error.message).coded(error.code),
            None => Fault::new("its parameters, which were in order, no longer are"),
        })
    }
}

/// A component with what the config says about how it takes events.
fn consuming(made: Component, name: &str, long: &LongComponent, desk: &mut Desk<'_>) -> Component {
    let consumer = long.consumer.as_ref().map(raw::Consumer::long).unwrap_or_default();
    let made = made.runs(consumer.runs.into());
    let made = match consumer.batch {
        Some(most) => made.slices_of(most),
        None => made,
    };
    let made = match consumer.when {
        Some(condition) => made.when(condition),
        None => made,
    };
    let layers = middleware::convert(&long.middleware, &format!("components.{name}"), desk);
    layers.into_iter().fold(made, Component::around)
}

/// A component with what the config says about failures.
fn failing(made: Component, name: &str, long: &LongComponent, desk: &mut Desk<'_>) -> Component {
    if let (Some(restarts), OnErrorWord::Halt | OnErrorWord::Skip) = (long.restarts, long.on_error)
    {
        let path = format!("components.{name}.restarts");
        let message = format!("`restarts: {restarts}` says nothing without `on_error: restart`");
        let help = "add `on_error: restart`, or leave `restarts` out".to_owned();
        desk.blame(codes::BAD_VALUE, &path, message, help);
    }
    let made = made.on_error(match long.on_error {
        OnErrorWord::Halt => OnError::Halt,
        OnErrorWord::Skip => OnError::Skip,
        OnErrorWord::Restart => {
            OnError::Restart { limit: long.restarts.unwrap_or(OnError::DEFAULT_RESTARTS) }
        }
    });
    match long.retry {
        Some(retry) => made.retry(Retry { attempts: retry.attempts, delay: retry.delay.0 }),
        None => made,
    }
}
