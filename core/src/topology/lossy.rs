//! Routes that may lose events, and what is no longer certain because of them.
//!
//! ```text
//!  drop_oldest   stream ~~lossy reader~~> stage
//!                stream ~~lossy reader~~> copy --its stream--> step, then step, then step
//!  drop_newest   stream --relay--> ring of its own --> stage, or step, then step, then step
//!  conflate      the same
//!  after a step  stream, after the step --> copy --its stream--> as above
//! ```
//!
//! The steps of a pipeline must agree on what was lost: a later one must never see what an earlier one
//! did not. So they read one stream on which the losses are done with, and wait for each other there. A
//! *copy* is a stage that does nothing but to copy events into such a stream: it stands where one
//! stage must read for all steps, and before a relay that must not have an event before an earlier
//! step is done with it.

use super::check::{Problem, Problems};
use super::graph::{Graph, Link, Relayed, Stage, Stream};
use super::lower::{Lowering, NOT_DENIED, View};
use crate::Tier;
use crate::event::{Event, Order};
use crate::route::{OnFull, Route};
use crate::stage::pass_on;

/// A route that may lose events: where it stands, and what of the graph reads what is left.
#[derive(Debug)]
pub(super) struct Lossy {
    at: String,
    on_full: OnFull,
    readers: Readers,
}

#[derive(Debug)]
enum Readers {
    /// Whoever reads these streams.
    Of(Vec<usize>),
    /// This stage.
    Stage(usize),
}

impl Lowering<'_> {
    /// As [`Lowering::walk`], for a route with this choice. Gives what later steps outside the route
    /// see: where the route changes nothing they do not wait for it, and see all events.
    pub(super) fn on_full(
        &mut self,
        on_full: OnFull,
        route: &Route,
        view: &View,
        tier: Tier,
        at: &str,
        followed: bool,
    ) -> View {
        if on_full == OnFull::Block {
            return self.walk(route, view, tier, at, followed);
        }
        if tier == Tier::Reliable {
            let message = format!("`{on_full}` loses events, and the reliable tier loses none");
            let help = "write `on_full: block`, or choose another tier";
            self.problems.error("PL-TOPOLOGY-028", at.into(), message, help);
        }
        match route {
            // The inner one says it more exactly.
            Route::OnFull { on_full, route } => {
                self.on_full(*on_full, route, view, tier, at, followed)
            }
            Route::Broadcast(targets) => {
                self.warn_if_empty(targets, at);
                for (i, target) in targets.iter().enumerate() {
                    self.on_full(on_full, target, view, tier, &format!("{at}.targets[{i}]"), false);
                }
                view.clone()
            }
            Route::Filter { condition, target: Some(target) } => {
                let matching = self.filter(condition, view, at);
                self.on_full(on_full, target, &matching, tier, &format!("{at}.target"), false);
                view.clone()
            }
            Route::Pipeline(steps) => {
                self.warn_if_empty(steps, at);
                self.lossy_steps(on_full, steps, view, tier, at, followed)
            }
            Route::To(_)
            | Route::Transform { .. }
            | Route::Around { .. }
            | Route::Partition { .. } => {
                let entered = self.enter(on_full, route, view, tier, at);
                let after = self.walk(route, &entered, tier, at, followed);
                after.unless_like(&entered, view)
            }
            Route::Inline(_) | Route::Filter { target: None, .. } => {
                self.walk(route, view, tier, at, followed)
            }
        }
    }

    /// A pipeline: filters at its beginning come before the losses, all else behind them.
    fn lossy_steps(
        &mut self,
        on_full: OnFull,
        steps: &[Route],
        view: &View,
        tier: Tier,
        at: &str,
        followed: bool,
    ) -> View {
        let gates = |step: &&Route| matches!(step, Route::Filter { target: None, .. });
        let first = steps.iter().take_while(gates).count();
        let matching = self.steps(&steps[..first], 0, view, tier, at, true);
        match &steps[first..] {
            [] => matching,
            [only] => {
                let at = format!("{at}.steps[{first}]");
                self.on_full(on_full, only, &matching, tier, &at, followed)
            }
            rest => {
                let whole = Route::Pipeline(Vec::new());
                let name = first_name(rest);
                let entered = self.enter_named(on_full, &whole, name, &matching, tier, at);
                let after = self.steps(rest, first, &entered, tier, at, followed);
                after.unless_like(&entered, &matching)
            }
        }
    }

    fn enter(&mut self, on_full: OnFull, route: &Route, view: &View, tier: Tier, at: &str) -> View {
        self.enter_named(on_full, route, first_name_of(route), view, tier, at)
    }

    /// The view behind the losses.
    fn enter_named(
        &mut self,
        on_full: OnFull,
        route: &Route,
        name: &str,
        view: &View,
        tier: Tier,
        at: &str,
    ) -> View {
        let waits = view.links.iter().any(|link| !link.after.is_empty() || link.is_lossy());
        let mut view = if waits { self.copy(view, name, tier).1 } else { view.clone() };
        if on_full != OnFull::DropOldest {
            return self.relay(on_full, route, name, &view, at);
        }
        view.links.iter_mut().for_each(|link| link.on_full = on_full);
        let readers = match (route, self.by_name.get(name)) {
            (Route::To(_), Some(&stage)) => Readers::Stage(stage),
            (Route::To(_), None) => return view,
            _ => {
                let (stage, copied) = self.copy(&view, name, tier);
                view = copied;
                Readers::Stage(stage)
            }
        };
        self.graph.lossy.push(Lossy { at: at.into(), on_full, readers });
        view
    }

    /// A relay on each stream of the view; what events must meet, they must meet before it.
    fn relay(&mut self, on_full: OnFull, route: &Route, name: &str, view: &View, at: &str) -> View {
        let is_gateway = |stage: &usize| self.graph.stages[*stage].component.gateway;
        let to_gateway = matches!(route, Route::To(_))
            && view.event.event == Order::TYPE
            && self.by_name.get(name).is_some_and(is_gateway);
        let mut links = Vec::new();
        for link in &view.links {
            let mut conditions = link.conditions.clone();
            conditions.extend(to_gateway.then(|| NOT_DENIED.into()));
            let topics = link.topics.clone();
            let relay = Some(Relayed { of: link.stream, on_full, topics, conditions });
            let name = self.free_name(link.stream, name);
            let base = self.graph.streams[link.stream].clone();
            self.graph.streams.push(Stream { name, relay, gather: None, ..base });
            links.push(Link::to(self.graph.streams.len() - 1));
        }
        let streams = links.iter().map(|link| link.stream).collect();
        let readers = Readers::Of(streams);
        self.graph.lossy.push(Lossy { at: at.into(), on_full, readers });
        View { event: view.event, links }
    }

    /// A stage that copies what it sees of the view into a stream of its own.
    fn copy(&mut self, view: &View, name: &str, tier: Tier) -> (usize, View) {
        let Some(first) = view.links.first() else { return (usize::MAX, view.clone()) };
        let name = self.free_name(first.stream, name);
        let (index, stream) = (self.graph.stages.len(), self.graph.streams.len());
        let source = self.graph.streams[first.stream].source.clone();
        let stream_of_copy = Stream::new(name.clone(), source, view.event, Some(index));
        self.graph.streams.push(Stream { pass: true, ..stream_of_copy });
        let links = view.links.iter().map(|link| Link { passes: true, ..link.clone() });
        self.graph.stages.push(Stage {
            component: pass_on(view.event.event),
            tier: Some(tier),
            links: links.collect(),
            pass: Some(stream),
            places: 1,
            ..Stage::new(name.clone())
        });
        self.by_name.insert(name, index);
        (index, View { event: view.event, links: vec![Link::to(stream)] })
    }

    /// `feed>slow`, with a number where there is one already.
    fn free_name(&self, stream: usize, to: &str) -> String {
        let from = &self.graph.streams[stream].name;
        let name = format!("{}>{to}", from.split('>').next().unwrap_or(from));
        let is_free = |name: &String| {
            !self.by_name.contains_key(name) && self.graph.streams.iter().all(|s| s.name != *name)
        };
        let numbered = (2..).map(|number| format!("{name}.{number}"));
        std::iter::once(name.clone()).chain(numbered).find(is_free).unwrap_or(name)
    }
}

impl View {
    /// What is seen behind a lossy route that was entered with `entered` out of `outside`: this, unless
    /// the route let everything through as it came; then what lies outside it.
    fn unless_like(self, entered: &View, outside: &View) -> View {
        let same = |(one, other): (&Link, &Link)| {
            one.stream == other.stream
                && one.conditions == other.conditions
                && one.topics == other.topics
        };
        let unchanged = self.links.len() == entered.links.len()
            && self.links.iter().zip(&entered.links).all(same);
        if unchanged { outside.clone() } else { self }
    }
}

/// The component that comes first in these routes; nothing where there is none.
fn first_name(routes: &[Route]) -> &str {
    routes.iter().map(first_name_of).find(|name| !name.is_empty()).unwrap_or_default()
}

fn first_name_of(route: &Route) -> &str {
    match route {
        Route::To(name) => name,
        Route::Pipeline(routes) | Route::Broadcast(routes) => first_name(routes),
        Route::Filter { target, .. } => target.as_deref().map_or("", first_name_of),
        Route::Transform { with: route, .. }
        | Route::OnFull { route, .. }
        | Route::Around { route, .. }
        | Route::Partition { target: route, .. } => first_name_of(route),
        Route::Inline(_) => "",
    }
}

/// Most events that enter before the stages are called, where they run on the thread that enters
/// events: so many that none is lost for want of a call.
pub(super) fn most_at_once(graph: &Graph, capacities: &[usize], batch_limit: usize) -> usize {
    let enters = |&stream: &usize| graph.streams[stream].writer.is_none();
    let is_lossy = |stream: usize| {
        let mut links = graph.stages.iter().flat_map(|stage| &stage.links);
        links.any(|link| link.stream == stream && link.is_lossy())
    };
    let most = |stream: usize| match &graph.streams[stream].relay {
        Some(_) => Some(capacities[stream].min(batch_limit)),
        None => is_lossy(stream).then(|| (capacities[stream] / 2).clamp(1, batch_limit)),
    };
    (0..graph.streams.len()).filter(enters).filter_map(most).min().unwrap_or(usize::MAX)
}

/// Warns where events may be lost, naming the streams that differ from run to run because of it.
pub(super) fn warn_of_losses(graph: &Graph, problems: &mut Problems) {
    for lossy in &graph.lossy {
        let reads = |stage: &usize| match &lossy.readers {
            Readers::Stage(only) => stage == only,
            Readers::Of(streams) => {
                graph.stages[*stage].links.iter().any(|link| streams.contains(&link.stream))
            }
        };
        let mut stages: Vec<_> = (0..graph.stages.len()).filter(reads).collect();
        let first: Vec<_> = stages.iter().map(|&stage| graph.stages[stage].name.as_str()).collect();
        let first = first.join("`, `");
        let mut streams = Vec::new();
        let mut next = 0;
        while let Some(&stage) = stages.get(next) {
            next += 1;
            let stage = &graph.stages[stage];
            for &stream in stage.outputs.iter().chain(&stage.pass) {
                streams.push(graph.streams[stream].name.as_str());
                let behind = (0..graph.stages.len()).filter(|&other| {
                    let links = graph.stages[other].links.iter();
                    links.map(|link| graph.source_of(link.stream)).any(|read| read == stream)
                });
                let new: Vec<_> = behind.filter(|stage| !stages.contains(stage)).collect();
                stages.extend(new);
            }
        }
        let mut message = format!("`{first}` may miss events here ({})", lossy.on_full);
        if !streams.is_empty() {
            let named = streams.join("`, `");
            message += &format!(", so what goes through `{named}` differs from run to run");
        }
        let help = "what is lost is counted; `on_full: block` loses nothing";
        problems.push(Problem::warning("PL-TOPOLOGY-027", &lossy.at, message, help));
    }
}
