//! Routes: from what was written to what the topology knows.

use super::Desk;
use crate::codes;
use crate::mistake::Mistake;
use crate::nearest::{did_you_mean, misspelled};
use crate::raw::{self, MadeRoute, TierWord};
use crate::read::{What, attempts};
use crate::tree::{Node, Value};
use pitlane::Tier;
use pitlane::condition::Fields;
use pitlane::registry::Context;
use pitlane::route::Route;

/// A route of the plan.
pub(super) struct Entry {
    pub(super) source: String,
    pub(super) event: Fields,
    pub(super) tier: Tier,
    pub(super) route: Route,
}

/// Route types that ship, with the keys each takes; the first is the one it cannot do without.
const SHIPPED: &[(&str, &[&str])] = &[
    ("pipeline", &["steps"]),
    ("broadcast", &["targets"]),
    ("filter", &["condition", "target"]),
    ("transform", &["with", "target"]),
];

/// Keys of a registered adapter's route that are not its parameters.
pub(crate) const RESERVED: &[&str] = &["type", "steps", "targets", "target"];

pub(super) fn convert(config: &raw::Config, desk: &mut Desk<'_>) -> Vec<Entry> {
    let mut routes = Vec::new();
    for (source, topics) in &config.routing {
        for (event, topic) in topics {
            let path = format!("routing.{source}.{event}");
            let Some(fields) = event_type(source, event, desk) else { continue };
            let tier = tier(topic, &path, desk);
            let list = match topic {
                raw::Topic::Short(list) => list,
                raw::Topic::Long(long) => &long.routes,
            };
            if list.is_empty() {
                let message = format!("`{event}` of `{source}` goes nowhere");
                let help = "name at least one component, or remove the event type".to_owned();
                desk.blame(codes::BAD_VALUE, &path, message, help);
            }
            for (at, route) in list.iter().enumerate() {
                if let Some(route) = convert_route(route, &format!("{path}.routes[{at}]"), desk) {
                    routes.push(Entry { source: source.clone(), event: fields, tier, route });
                }
            }
        }
    }
    routes
}

fn event_type(source: &str, event: &str, desk: &mut Desk<'_>) -> Option<Fields> {
    let fields = desk.registry.events().iter().find(|fields| fields.event.name == event);
    if fields.is_none() {
        let known: Vec<&str> =
            desk.registry.events().iter().map(|fields| fields.event.name).collect();
        let help = did_you_mean(event, "event type", known.iter().copied());
        let entry = desk.root.get("routing").and_then(|node| node.get(source)?.entry(event));
        let mark = entry.map_or(desk.root.mark, |entry| entry.key.span);
        let message = format!("there is no event type `{event}`");
        desk.mistakes.push(Mistake::new(codes::UNKNOWN_EVENT, mark, message, help));
    }
    fields.copied()
}

fn tier(topic: &raw::Topic, path: &str, desk: &mut Desk<'_>) -> Tier {
    let raw::Topic::Long(long) = topic else { return Tier::Standard };
    if long.tier != TierWord::Fast {
        for (key, given) in [("batch", long.batch.is_some()), ("max_wait", long.max_wait.is_some())] {
            if given {
                let message = format!("`{key}` belongs to the fast tier");
                let help = format!("write `tier: fast`, or remove `{key}`");
                desk.blame(codes::TIER_NOT_HERE, &format!("{path}.{key}"), message, help);
            }
        }
    }
    let Tier::Fast { batch, max_wait } = Tier::FAST else { return Tier::FAST };
    match (long.tier, desk.options.reliable_as) {
        (TierWord::Standard, _) => Tier::Standard,
        (TierWord::Fast, _) if long.batch == Some(0) => {
            let message = "`batch` is 0, so nothing would become visible".to_owned();
            desk.blame(codes::BAD_VALUE, &format!("{path}.batch"), message, "the least is 1".into());
            Tier::FAST
        }
        (TierWord::Fast, _) => Tier::Fast {
            batch: long.batch.unwrap_or(batch),
            max_wait: long.max_wait.map_or(max_wait, |wait| wait.0),
        },
        (TierWord::Reliable, Some(tier)) => tier,
        (TierWord::Reliable, None) => {
            let message = "the reliable tier does not exist yet".to_owned();
            let help = "add `--reliable-as standard` to carry these events on the standard tier, \
                        which loses them in a crash; or write `tier: standard`";
            desk.blame(codes::TIER_NOT_HERE, &format!("{path}.tier"), message, help.into());
            Tier::Standard
        }
    }
}

/// The route, without what is not known; `None` where nothing is left of it.
fn convert_route(route: &raw::Route, path: &str, desk: &mut Desk<'_>) -> Option<Route> {
    let made = match route {
        raw::Route::To(name) => return to(name, path, desk),
        raw::Route::Made(made) => made,
    };
    let kind = made.r#type.as_str();
    if let Some((_, keys)) = SHIPPED.iter().find(|(shipped, _)| *shipped == kind) {
        if !keys_fit(kind, keys, path, desk) {
            return None;
        }
    } else if desk.registry.adapters().contains_key(kind) {
        return adapt(made, path, desk);
    } else {
        let known = SHIPPED.iter().map(|(kind, _)| *kind);
        let known: Vec<&str> =
            known.chain(desk.registry.adapters().keys().map(String::as_str)).collect();
        let help = did_you_mean(kind, "route type", known.iter().copied());
        let message = format!("there is no route type `{kind}`");
        desk.blame(codes::UNKNOWN_ROUTE_TYPE, &format!("{path}.type"), message, help);
        return None;
    }
    match kind {
        "pipeline" => list(made.steps.as_deref(), "steps", path, desk).map(Route::Pipeline),
        "broadcast" => list(made.targets.as_deref(), "targets", path, desk).map(Route::Broadcast),
        "filter" => Some(Route::Filter {
            condition: made.condition.clone()?,
            target: one(made.target.as_ref(), "target", path, desk),
        }),
        _ => {
            let with = one(made.with.as_ref(), "with", path, desk);
            let target = one(made.target.as_ref(), "target", path, desk);
            Some(Route::Transform { with: with?, target })
        }
    }
}

fn to(name: &str, path: &str, desk: &mut Desk<'_>) -> Option<Route> {
    let known = desk.names("components");
    if known.iter().any(|known| known == name) {
        return desk.built.iter().any(|built| built == name).then(|| Route::To(name.to_owned()));
    }
    let message = format!("there is no component `{name}`");
    let near = did_you_mean(name, "component", known.iter().map(String::as_str));
    let help = if near.starts_with("did you mean") {
        near
    } else {
        format!("declare it under `components:`; {near}")
    };
    desk.blame(codes::UNKNOWN_COMPONENT, path, message, help);
    None
}

/// Whether a shipped route has the keys it needs and no others.
fn keys_fit(kind: &str, keys: &[&str], path: &str, desk: &mut Desk<'_>) -> bool {
    let node = desk.at(path).clone();
    for entry in node.entries() {
        if entry.name() != "type" && !keys.contains(&entry.name()) {
            let message = format!("`{}` is not a key of a {kind}", entry.name());
            let help = format!("a {kind} takes `{}`", keys.join("` and `"));
            desk.mistakes.push(Mistake::new(codes::UNKNOWN_KEY, entry.key.span, message, help));
        }
    }
    let needed = keys[0];
    let present = node.get(needed).is_some_and(|value| !value.is_null());
    if !present {
        let message = format!("`{needed}` is missing in this {kind}");
        let help = format!("a {kind} takes `{}`: write `{needed}: ...`", keys.join("` and `"));
        let mark = node.get("type").map_or(node.mark, |node| node.mark);
        desk.mistakes.push(Mistake::new(codes::MISSING_KEY, mark, message, help));
    }
    present
}

fn list(
    routes: Option<&[raw::Route]>,
    key: &str,
    path: &str,
    desk: &mut Desk<'_>,
) -> Option<Vec<Route>> {
    let routes = routes?;
    if routes.is_empty() {
        let message = format!("`{key}` is empty");
        let help = "name at least one component or route".to_owned();
        desk.blame(codes::BAD_VALUE, &format!("{path}.{key}"), message, help);
    }
    let routes: Vec<Route> = routes
        .iter()
        .enumerate()
        .filter_map(|(at, route)| convert_route(route, &format!("{path}.{key}[{at}]"), desk))
        .collect();
    (!routes.is_empty()).then_some(routes)
}

fn one(route: Option<&raw::Route>, key: &str, path: &str, desk: &mut Desk<'_>) -> Option<Box<Route>> {
    convert_route(route?, &format!("{path}.{key}"), desk).map(Box::new)
}

/// Has a registered adapter make the route.
fn adapt(made: &MadeRoute, path: &str, desk: &mut Desk<'_>) -> Option<Route> {
    let adapter = desk.registry.adapters().get(&made.r#type)?;
    let steps = made.steps.as_deref().and_then(|steps| list(Some(steps), "steps", path, desk));
    let targets =
        made.targets.as_deref().and_then(|targets| list(Some(targets), "targets", path, desk));
    let target = one(made.target.as_ref(), "target", path, desk).map(|target| *target);
    let inner = || -> Vec<Route> { Vec::new() };
    let mut routes: Vec<Route> = steps.unwrap_or_else(inner);
    routes.extend(targets.unwrap_or_else(inner));
    routes.extend(target);
    let mut routes = Some(routes);
    let context = Context {
        name: path.to_owned(),
        instance: 0,
        session: desk.session,
        instruments: desk.instruments.clone(),
        base: desk.base.clone(),
    };
    let node = desk.at(path).clone();
    let what = What { node: &node, name: Some(&made.r#type), reserved: RESERVED, complete: true };
    let result = attempts(what, &mut desk.mistakes, |reader| {
        let routes = routes.take().unwrap_or_default();
        adapter.adapt(&mut <dyn erased_serde::Deserializer<'_>>::erase(reader), &context, routes)
    });
    match result {
        Ok(route) => Some(route),
        Err(None) => None,
        Err(Some(error)) => {
            let parameter = error.parameter.as_deref();
            let mark = parameter.and_then(|key| node.get(key)).map_or(node.mark, |at| at.mark);
            let help = format!("the route type is `{}`: {}", adapter.name(), adapter.doc());
            desk.mistakes.push(Mistake::new(codes::ADAPTER_REFUSED, mark, error.message, help));
            None
        }
    }
}

/// Sources that are routed, but that nothing in the config feeds.
pub(super) fn unfed(config: &raw::Config, desk: &mut Desk<'_>) -> Vec<String> {
    let declared = desk.names("sources");
    let mut fed = declared.clone();
    for entry in desk.root.get("components").map_or(&[][..], |node| node.entries()) {
        let emits = entry.value.get("emits").filter(|node| !node.is_null());
        fed.push(emits.and_then(|node| node.as_text()).unwrap_or(entry.name()).to_owned());
    }
    let unfed: Vec<String> =
        config.routing.keys().filter(|source| !fed.contains(source)).cloned().collect();
    for source in &unfed {
        let Some(near) = fed.iter().find(|fed| misspelled(source, fed)) else { continue };
        let mark = desk.root.get("routing").and_then(|node| node.entry(source));
        let mark = mark.map_or(desk.root.mark, |entry| entry.key.span);
        let message = format!("nothing emits under `{source}`, so it is taken for an input");
        let help = format!("did you mean `{near}`? otherwise declare it under `sources:`");
        let mistake = Mistake::new(codes::PERHAPS_MISSPELLED, mark, message, help);
        desk.mistakes.push(mistake.warning());
    }
    unfed
}

/// Warns of components and sources that no route uses.
pub(super) fn warn_of_unused(desk: &mut Desk<'_>) {
    let mut mentioned = Vec::new();
    if let Some(routing) = desk.root.get("routing") {
        mention(routing, &mut mentioned);
    }
    let unused = |section: &str, used: &dyn Fn(&str) -> bool| -> Vec<Node> {
        let entries = desk.root.get(section).map_or(&[][..], |node| node.entries());
        entries.iter().filter(|entry| !used(entry.name())).map(|entry| entry.key.clone()).collect()
    };
    let components = unused("components", &|name| mentioned.iter().any(|text| text == name));
    let routed = desk.names("routing");
    let sources = unused("sources", &|name| routed.iter().any(|source| source == name));
    for (key, message, help) in components
        .iter()
        .map(|key| (key, "stands in no route, so it gets no events", "name it under `routing:`, or remove it"))
        .chain(sources.iter().map(|key| {
            (key, "is not routed, so its events go nowhere", "add it under `routing:`, or remove it")
        }))
    {
        let message = format!("`{}` {message}", key.as_text().unwrap_or_default());
        desk.mistakes.push(Mistake::new(codes::NEVER_ROUTED, key.span, message, help).warning());
    }
}

fn mention(node: &Node, into: &mut Vec<String>) {
    match &node.value {
        Value::Scalar { text, .. } => into.push(text.clone()),
        Value::List(items) => items.iter().for_each(|item| mention(item, into)),
        Value::Map(entries) => entries.iter().for_each(|entry| mention(&entry.value, into)),
    }
}
