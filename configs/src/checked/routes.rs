//! Routes: from what was written to what the topology knows.

use super::{Desk, middleware, topics};
use crate::codes;
use crate::mistake::Mistake;
use crate::nearest::{did_you_mean, misspelled};
use crate::raw::{self, MadeRoute, TierWord};
use crate::read::{What, attempts};
use crate::tree::Node;
use pitlane::Tier;
use pitlane::condition::Fields;
use pitlane::delivery::Terms;
use pitlane::event::{Event, MarketData, Order, Signal};
use pitlane::middleware::around;
use pitlane::route::{By, OnFull, Route};
use pitlane::stage::{Component, Fault, On, Outbox, Stage, component};

/// A route of the plan.
pub(super) struct Entry {
    pub(super) source: String,
    pub(super) event: Fields,
    pub(super) tier: Tier,
    pub(super) terms: Terms,
    pub(super) route: Route,
}

/// Route types that ship, with the keys each takes; the first is the one it cannot do without.
const SHIPPED: &[(&str, &[&str])] = &[
    ("pipeline", &["steps"]),
    ("broadcast", &["targets"]),
    ("filter", &["condition", "target"]),
    ("transform", &["with", "target"]),
    ("partition", &["target", "replicas", "by"]),
];

/// Keys of a registered adapter's route that are not its parameters.
pub(crate) const RESERVED: &[&str] =
    &["type", "on_full", "middleware", "steps", "targets", "target"];

pub(super) fn convert(config: &raw::Config, desk: &mut Desk<'_>) -> Vec<Entry> {
    let mut routes = Vec::new();
    for (source, topics) in &config.routing {
        for (event, topic) in topics {
            let path = format!("routing.{source}.{event}");
            let Some(fields) = event_type(source, event, desk) else { continue };
            let tier = match topic {
                raw::Topic::Short(_) => Tier::Standard,
                raw::Topic::Long(long) => Carried::of(long).tier(&path, desk),
            };
            let terms = super::reliable::terms(topic, &path, desk);
            let list = match topic {
                raw::Topic::Short(list) => list,
                raw::Topic::Long(long) => &long.routes,
            };
            if list.is_empty() && super::journal::is_recorded(topic).is_none() {
                let message = format!("`{event}` of `{source}` goes nowhere");
                let help = "name at least one component, or remove the event type".to_owned();
                desk.blame(codes::BAD_VALUE, &path, message, help);
            }
            for (at, route) in list.iter().enumerate() {
                let route = convert_route(route, &format!("{path}.routes[{at}]"), desk);
                let route = with_on_full(on_full(topic), route);
                let (source, terms) = (source.clone(), terms.clone());
                routes.push(Entry { source, event: fields, tier, terms, route });
            }
        }
    }
    routes
}

/// What links do that are not told by a route.
fn on_full(topic: &raw::Topic) -> OnFull {
    match topic {
        raw::Topic::Short(_) => OnFull::Block,
        raw::Topic::Long(long) => long.on_full.into(),
    }
}

pub(super) fn with_on_full(on_full: OnFull, route: Route) -> Route {
    if on_full == OnFull::Block {
        return route;
    }
    Route::OnFull { on_full, route: Box::new(route) }
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

/// How events are carried, as written.
pub(super) struct Carried {
    pub(super) tier: TierWord,
    pub(super) batch: Option<usize>,
    pub(super) max_wait: Option<raw::Duration>,
}

impl Carried {
    fn of(long: &raw::LongTopic) -> Self {
        Self { tier: long.tier, batch: long.batch, max_wait: long.max_wait }
    }

    /// The tier, of what stands at a path.
    pub(super) fn tier(&self, path: &str, desk: &mut Desk<'_>) -> Tier {
        tier(self, path, desk)
    }
}

fn tier(long: &Carried, path: &str, desk: &mut Desk<'_>) -> Tier {
    if long.tier != TierWord::Fast {
        for (key, given) in [("batch", long.batch.is_some()), ("max_wait", long.max_wait.is_some())]
        {
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
            desk.blame(
                codes::BAD_VALUE,
                &format!("{path}.batch"),
                message,
                "the least is 1".into(),
            );
            Tier::FAST
        }
        (TierWord::Fast, _) => Tier::Fast {
            batch: long.batch.unwrap_or(batch),
            max_wait: long.max_wait.map_or(max_wait, |wait| wait.0),
        },
        (TierWord::Reliable, Some(tier)) => tier,
        (TierWord::Reliable, None) => Tier::Reliable,
    }
}

/// The route; a stand-in takes the place of what is not known.
pub(super) fn convert_route(route: &raw::Route, path: &str, desk: &mut Desk<'_>) -> Route {
    let made = match route {
        raw::Route::To(name) => return to(name, path, desk),
        raw::Route::Made(made) => made,
    };
    let route = convert_made(made, path, desk);
    let layers = middleware::convert(&made.middleware, path, desk);
    let route = if layers.is_empty() { route } else { around(layers, route) };
    match made.on_full {
        // Also one that blocks: what stands around it may say otherwise.
        Some(word) => Route::OnFull { on_full: word.into(), route: Box::new(route) },
        None => route,
    }
}

fn convert_made(made: &MadeRoute, path: &str, desk: &mut Desk<'_>) -> Route {
    let kind = made.r#type.as_str();
    let Some((_, keys)) = SHIPPED.iter().find(|(shipped, _)| *shipped == kind) else {
        return adapt(made, path, desk);
    };
    check_keys(kind, keys, path, desk);
    let one = |route: &Option<raw::Route>, key: &str, desk: &mut Desk<'_>| {
        let route = route.as_ref()?;
        Some(Box::new(convert_route(route, &format!("{path}.{key}"), desk)))
    };
    match kind {
        "pipeline" => Route::Pipeline(list(made.steps.as_deref(), "steps", path, desk)),
        "broadcast" => Route::Broadcast(list(made.targets.as_deref(), "targets", path, desk)),
        "filter" => {
            let target = one(&made.target, "target", desk);
            match made.condition.clone() {
                Some(condition) => Route::Filter { condition, target },
                None => target.map_or_else(stand_in, |target| *target),
            }
        }
        "partition" => {
            let target = one(&made.target, "target", desk);
            if made.replicas.is_none() {
                let message = "`replicas` is missing in this partition".to_owned();
                let help = "write how many copies of the target run: `replicas: 4`".to_owned();
                desk.blame(codes::MISSING_KEY, &format!("{path}.type"), message, help);
            }
            let by = match made.by.unwrap_or_default() {
                raw::ByWord::Instrument => By::Instrument,
            };
            match (target, made.replicas) {
                (Some(target), Some(replicas)) => Route::Partition { by, replicas, target },
                _ => stand_in(),
            }
        }
        _ => {
            let target = one(&made.target, "target", desk);
            match one(&made.with, "with", desk) {
                Some(with) => Route::Transform { with, target },
                None => stand_in(),
            }
        }
    }
}

fn to(name: &str, path: &str, desk: &mut Desk<'_>) -> Route {
    if desk.component_names.contains(name) {
        return Route::To(name.to_owned());
    }
    let known = desk.names("components");
    let message = format!("there is no component `{name}`");
    let near = did_you_mean(name, "component", known.iter().map(String::as_str));
    let help = if near.starts_with("did you mean") {
        near
    } else {
        format!("declare it under `components:`; {near}")
    };
    desk.blame(codes::UNKNOWN_COMPONENT, path, message, help);
    stand_in()
}

/// Whether a shipped route has the keys it needs and no others.
fn check_keys(kind: &str, keys: &[&str], path: &str, desk: &mut Desk<'_>) {
    let node = desk.at(path).clone();
    let takes = format!("a {kind} takes `{}`", keys.join("` and `"));
    for entry in node.entries() {
        if !["type", "on_full", "middleware"].contains(&entry.name())
            && !keys.contains(&entry.name())
        {
            let message = format!("`{}` is not a key of a {kind}", entry.name());
            desk.mistakes.push(Mistake::new(
                codes::UNKNOWN_KEY,
                entry.key.span,
                message,
                takes.clone(),
            ));
        }
    }
    let needed = keys[0];
    if node.get(needed).is_none_or(Node::is_null) {
        let message = format!("`{needed}` is missing in this {kind}");
        let mark = node.get("type").map_or(node.mark, |node| node.mark);
        desk.mistakes.push(Mistake::new(codes::MISSING_KEY, mark, message, takes));
    }
}

fn list(routes: Option<&[raw::Route]>, key: &str, path: &str, desk: &mut Desk<'_>) -> Vec<Route> {
    let routes = match routes {
        Some([]) => {
            let message = format!("`{key}` is empty");
            let help = "name at least one component or route".to_owned();
            desk.blame(codes::BAD_VALUE, &format!("{path}.{key}"), message, help);
            return Vec::new();
        }
        routes => routes.unwrap_or_default(),
    };
    let convert = |(at, route)| convert_route(route, &format!("{path}.{key}[{at}]"), desk);
    routes.iter().enumerate().map(convert).collect()
}

/// Has a registered adapter make the route.
fn adapt(made: &MadeRoute, path: &str, desk: &mut Desk<'_>) -> Route {
    let kind = made.r#type.as_str();
    let Some(adapter) = desk.registry.adapters().get(kind) else {
        let known = SHIPPED.iter().map(|(kind, _)| *kind);
        let known: Vec<&str> =
            known.chain(desk.registry.adapters().keys().map(String::as_str)).collect();
        let help = did_you_mean(kind, "route type", known.iter().copied());
        let message = format!("there is no route type `{kind}`");
        desk.blame(codes::UNKNOWN_ROUTE_TYPE, &format!("{path}.type"), message, help);
        return stand_in();
    };
    let mut inner = list(made.steps.as_deref(), "steps", path, desk);
    inner.extend(list(made.targets.as_deref(), "targets", path, desk));
    if let Some(target) = &made.target {
        inner.push(convert_route(target, &format!("{path}.target"), desk));
    }
    // Taken by the attempt that succeeds, which is the first one if there is any.
    let mut inner = Some(inner);
    let node = desk.at(path).clone();
    let context = desk.context(path, 0);
    let what = What { node: &node, name: Some(kind), reserved: RESERVED, complete: true };
    let result = attempts(what, &mut desk.mistakes, |reader| {
        let inner = inner.take().unwrap_or_default();
        adapter
            .make(&mut <dyn erased_serde::Deserializer<'_>>::erase(reader), &context)
            .and_then(|adapted| adapted(inner))
    });
    let help = format!("the route type is `{}`: {}", adapter.name(), adapter.doc());
    match result {
        Ok(route) => route,
        Err(error) => {
            desk.refused(codes::ADAPTER_REFUSED, &node, kind, error, help);
            stand_in()
        }
    }
}

/// Takes the place of what cannot be made, so that the rest of the topology can be looked at. It
/// never runs.
pub(super) fn stand_in() -> Route {
    anything().into()
}

/// A component that takes events of all types that ship.
pub(super) fn anything() -> Component {
    component(Anything).on::<MarketData>().on::<Signal>().on::<Order>().build()
}

struct Anything;

impl Stage for Anything {}

impl<E: Event> On<E> for Anything {
    fn on(&mut self, _: &E, _: &mut Outbox) -> Result<(), Fault> {
        Ok(())
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

/// Warns of sources that no route uses. (Of components, the topology check does.)
pub(super) fn warn_of_unused_sources(config: &raw::Config, desk: &mut Desk<'_>) {
    let routed = desk.names("routing");
    let sources = desk.root.get("sources").map_or(&[][..], Node::entries);
    let is_used =
        |name: &str| routed.iter().any(|routed| routed == name) || topics::takes(config, name);
    for entry in sources.iter().filter(|entry| !is_used(entry.name())) {
        let message = format!("`{}` is not routed, so its events go nowhere", entry.name());
        let help = "name it under `routing:`, or remove it";
        let mistake = Mistake::new(codes::NEVER_ROUTED, entry.key.span, message, help);
        desk.mistakes.push(mistake.warning());
    }
}
