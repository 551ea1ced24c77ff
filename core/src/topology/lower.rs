//! Routes to streams, stages and links.
//!
//! A route is walked with a *view*: the streams on which the events of this place lie, the
//! conditions they have met, and the stages that see them before. A filter adds a condition to the
//! view and copies nothing; a component reads the view; a transform, or a component that may stop
//! events or leave failed ones out, is followed by a view of its own stream.

use super::check::{Problem, Problems};
use super::graph::{Graph, Link, Stage, Stream, WrittenCondition};
use super::plan::{Plan, PlannedRoute};
use super::reliable::Delivered;
use crate::Tier;
use crate::condition::Fields;
use crate::route::{By, Route};
use crate::stage::Component;
use std::collections::HashMap;

/// Where the events of a place in a route lie.
#[derive(Clone, Debug)]
pub(super) struct View {
    pub(super) event: Fields,
    pub(super) links: Vec<Link>,
}

/// Lowers the plan's components and routes, noting what is wrong with them.
pub(super) fn lower(plan: &mut Plan, problems: &mut Problems) -> Graph {
    let mut lowering = Lowering {
        graph: Graph::default(),
        by_name: HashMap::new(),
        problems,
        event_types: None,
        by_source: (0, HashMap::new()),
    };
    for (name, event) in &plan.sources {
        lowering.ingress(name, *event);
    }
    for (name, component) in std::mem::take(&mut plan.components) {
        lowering.component(name, component);
    }
    let mut counts = HashMap::<(String, u8), usize>::new();
    let routes = std::mem::take(&mut plan.routes);
    let routes: Vec<_> = routes.into_iter().map(|route| lowering.name_inline(route)).collect();
    let mut reliable = Vec::new();
    for route in &routes {
        let count = counts.entry((route.source.clone(), route.event.event.id)).or_default();
        let at = format!("routing.{}.{}.routes[{count}]", route.source, route.event.event);
        *count += 1;
        if let Some(view) = lowering.entry_view(route) {
            if route.tier == Tier::Reliable {
                reliable.push(Delivered::new(route, &view));
            }
            lowering.walk(&route.route, &view, route.tier, &at, false);
        }
    }
    let subscriptions = std::mem::take(&mut plan.subscriptions);
    for (number, mut planned) in subscriptions.into_iter().enumerate() {
        planned.routes.iter_mut().for_each(|route| lowering.name_inline_routes(route));
        lowering.subscribe(number, &planned, &plan.instruments);
    }
    lowering.couriers(reliable, &mut plan.recorded);
    plan.recorded.iter().for_each(|wanted| lowering.record(wanted));
    lowering.check_places();
    lowering.graph
}

pub(super) struct Lowering<'a> {
    pub(super) graph: Graph,
    pub(super) by_name: HashMap<String, usize>,
    pub(super) problems: &'a mut Problems,
    /// Types of events that have topics, once a subscription asked.
    pub(super) event_types: Option<Vec<crate::event::EventType>>,
    /// How many streams were looked at, and those of each source.
    pub(super) by_source: (usize, HashMap<String, Vec<usize>>),
}

impl Lowering<'_> {
    pub(super) fn ingress(&mut self, name: &str, event: Fields) -> usize {
        let known = self.graph.streams.iter().position(|stream| {
            stream.writer.is_none() && stream.source == name && stream.event.event == event.event
        });
        if let Some(known) = known {
            return known;
        }
        let source = name.to_owned();
        let name = name.into();
        let stream = Stream::new(name, source, event, None);
        self.graph.streams.push(stream);
        self.graph.streams.len() - 1
    }

    fn component(&mut self, name: String, component: Component) {
        let index = self.graph.stages.len();
        if self.by_name.insert(name.clone(), index).is_some() {
            self.problems.error(
                "PL-TOPOLOGY-001",
                format!("components.{name}"),
                format!("there are two components named `{name}`"),
                "give one of them another name",
            );
        }
        let source = component.emits_under.clone().unwrap_or_else(|| name.clone());
        let stream = if source == name { name.clone() } else { format!("{source}/{name}") };
        let first = self.graph.streams.len();
        for &event in &component.outputs {
            let (name, source) = (stream.clone(), source.clone());
            let writer = Some(index);
            let stream = Stream::new(name, source, event, writer);
            self.graph.streams.push(stream);
        }
        let outputs = (first..self.graph.streams.len()).collect();
        self.graph.stages.push(Stage { component, outputs, ..Stage::new(name) });
    }

    /// Gives components that were put in place names, so that only names are left.
    fn name_inline(&mut self, mut planned: PlannedRoute) -> PlannedRoute {
        self.name_inline_routes(&mut planned.route);
        planned
    }

    fn name_inline_routes(&mut self, route: &mut Route) {
        match route {
            Route::To(_) => {}
            Route::Inline(_) => {
                let name = format!("inline-{}", self.graph.stages.len() + 1);
                let taken = std::mem::replace(route, Route::To(name.clone()));
                if let Route::Inline(component) = taken {
                    self.component(name, *component);
                }
            }
            Route::Pipeline(routes) | Route::Broadcast(routes) => {
                routes.iter_mut().for_each(|route| self.name_inline_routes(route));
            }
            Route::Filter { target, .. } => {
                target.iter_mut().for_each(|route| self.name_inline_routes(route));
            }
            Route::OnFull { route, .. }
            | Route::Around { route, .. }
            | Route::Partition { target: route, .. } => {
                self.name_inline_routes(route);
            }
            Route::Transform { with, target } => {
                self.name_inline_routes(with);
                target.iter_mut().for_each(|route| self.name_inline_routes(route));
            }
        }
    }

    /// The streams of the route's source and event type; a new ingress where nobody emits under it.
    fn entry_view(&mut self, route: &PlannedRoute) -> Option<View> {
        let of_source = |stream: &&Stream| stream.source == route.source && stream.is_public();
        let streams = &self.graph.streams;
        let mut found: Vec<usize> = (0..streams.len())
            .filter(|&i| of_source(&&streams[i]) && streams[i].event.event == route.event.event)
            .collect();
        if found.is_empty() {
            let written = streams.iter().filter(|stream| stream.writer.is_some());
            let emitted = written.filter(of_source).map(|s| s.event.event.name);
            let emitted: Vec<_> = emitted.collect();
            if !emitted.is_empty() {
                self.problems.error(
                    "PL-TOPOLOGY-002",
                    format!("routing.{}.{}", route.source, route.event.event),
                    format!("nothing under `{}` emits {}", route.source, route.event.event),
                    format!("what comes from it is: {}", emitted.join(", ")),
                );
                return None;
            }
            found.push(self.ingress(&route.source, route.event));
        }
        self.gather_on(&found, route.tier);
        Some(View { event: route.event, links: found.into_iter().map(Link::to).collect() })
    }

    /// What a route of the fast tier says of the streams it is carried by.
    pub(super) fn gather_on(&mut self, streams: &[usize], tier: Tier) {
        let Tier::Fast { batch, max_wait } = tier else { return };
        for &stream in streams {
            let gather = &mut self.graph.streams[stream].gather;
            let (most, longest) = gather.unwrap_or((batch, max_wait));
            *gather = Some((most.min(batch), longest.min(max_wait)));
        }
    }

    /// Connects what the route names and gives the view of the steps after it. `followed` says
    /// whether there are any.
    pub(super) fn walk(
        &mut self,
        route: &Route,
        view: &View,
        tier: Tier,
        at: &str,
        followed: bool,
    ) -> View {
        match route {
            Route::To(name) => self.to(name, view, tier, at, followed),
            Route::Inline(_) => view.clone(),
            Route::Pipeline(steps) => {
                self.warn_if_empty(steps, at);
                self.steps(steps, 0, view, tier, at, followed)
            }
            Route::Broadcast(targets) => {
                self.warn_if_empty(targets, at);
                let mut after = view.clone();
                for (i, target) in targets.iter().enumerate() {
                    let at = format!("{at}.targets[{i}]");
                    let seen = self.walk(target, view, tier, &at, false);
                    after.merge_after(&seen);
                    if followed {
                        self.warn_of_branch(target, &at);
                    }
                }
                after
            }
            Route::Filter { condition, target } => {
                let matching = self.filter(condition, view, at);
                if let Some(target) = target {
                    self.walk(target, &matching, tier, &format!("{at}.target"), false);
                    return view.clone();
                }
                if !followed {
                    self.problems.push(Problem::warning(
                        "PL-TOPOLOGY-023",
                        at,
                        "this filter has no target and nothing follows it",
                        "give it a `target`, or put steps behind it in a pipeline",
                    ));
                }
                matching
            }
            Route::OnFull { on_full, route } => {
                self.on_full(*on_full, route, view, tier, at, followed)
            }
            Route::Around { layers, route } => self.around(layers, route, view, tier, at, followed),
            Route::Partition { by: By::Instrument, replicas, target } => {
                self.partition(*replicas, target, view, tier, at, followed)
            }
            Route::Transform { with, target } => {
                let Some(replaced) = self.transform(with, view, tier, at) else {
                    return view.clone();
                };
                if let Some(target) = target {
                    let target_at = format!("{at}.target");
                    self.walk(target, &replaced, tier, &target_at, false);
                }
                replaced
            }
        }
    }

    /// Connects steps of a pipeline, of which the first has the given number.
    pub(super) fn steps(
        &mut self,
        steps: &[Route],
        first: usize,
        view: &View,
        tier: Tier,
        at: &str,
        followed: bool,
    ) -> View {
        let mut current = view.clone();
        for (i, step) in steps.iter().enumerate() {
            let followed = followed || i + 1 < steps.len();
            let at = format!("{at}.steps[{}]", first + i);
            current = self.walk(step, &current, tier, &at, followed);
        }
        current
    }

    pub(super) fn to(
        &mut self,
        name: &str,
        view: &View,
        tier: Tier,
        at: &str,
        followed: bool,
    ) -> View {
        let Some(stage) = self.connect(name, view, tier, at) else { return view.clone() };
        let component = &self.graph.stages[stage].component;
        let leaves_out = component.policy.on_error.leaves_events_out();
        if followed && (component.may_stop || leaves_out) {
            let what = if component.may_stop { "may stop events" } else { "may leave events out" };
            self.claim_place(stage, at, what);
            let links = self.graph.stages[stage].links.iter_mut();
            links.rev().take(view.links.len()).for_each(|link| link.passes = true);
            return self.pass_view(stage, view);
        }
        let mut after = view.clone();
        for link in &mut after.links {
            // Whoever comes after this stage comes after those that it comes after itself. A reader
            // that may lose events has no place that others can be held at.
            if !link.is_lossy() {
                link.after.clear();
            }
            link.after.push(stage);
        }
        after
    }

    pub(super) fn warn_if_empty(&mut self, routes: &[Route], at: &str) {
        if routes.is_empty() {
            let message = "this route leads nowhere";
            let help = "name components, or take it out";
            self.problems.push(Problem::warning("PL-TOPOLOGY-025", at, message, help));
        }
    }

    pub(super) fn filter(&mut self, condition: &str, view: &View, at: &str) -> View {
        let (text, at) = (condition.to_owned(), format!("{at}.condition"));
        self.graph.conditions.push(WrittenCondition { text, at, event: view.event });
        let mut matching = view.clone();
        matching.links.iter_mut().for_each(|link| link.conditions.push(condition.to_owned()));
        matching
    }

    fn transform(&mut self, with: &Route, view: &View, tier: Tier, at: &str) -> Option<View> {
        let at_with = format!("{at}.with");
        if tier == Tier::Reliable {
            self.refuse_reliable_transform(&at_with);
            return None;
        }
        let Route::To(name) = with else {
            self.problems.error(
                "PL-TOPOLOGY-003",
                at_with,
                "`with` names a component, not a route",
                "put the route into `target`",
            );
            return None;
        };
        let stage = self.connect(name, view, tier, &at_with)?;
        self.claim_place(stage, &at_with, "transforms events");
        self.graph.stages[stage].transforms_at = Some(at_with.clone());
        let &[stream] = self.graph.stages[stage].outputs.as_slice() else {
            self.problems.error(
                "PL-TOPOLOGY-004",
                at_with,
                format!("`{name}` cannot transform: it does not emit exactly one event type"),
                "use it as a step and route what it emits",
            );
            return None;
        };
        let event = self.graph.streams[stream].event;
        Some(View { event, links: vec![Link::to(stream)] })
    }

    pub(super) fn unknown(&mut self, name: &str, at: &str) {
        let known = self.by_name.keys().map(String::as_str);
        let help = match super::check::nearest(name, known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "add it under `components`".into(),
        };
        let message = format!("there is no component `{name}`");
        self.problems.error("PL-TOPOLOGY-005", at.into(), message, help);
    }

    /// Adds the view to what a component reads.
    pub(super) fn connect(
        &mut self,
        name: &str,
        view: &View,
        tier: Tier,
        at: &str,
    ) -> Option<usize> {
        let Some(&index) = self.by_name.get(name) else {
            self.unknown(name, at);
            return None;
        };
        if !self.graph.stages[index].copies.is_empty() {
            let message = format!("`{name}` stands in a partition, and here without");
            let help = "name a second component of the same type";
            self.problems.error("PL-TOPOLOGY-055", at.into(), message, help);
            return None;
        }
        let stages = &self.graph.stages;
        // What stands nowhere yet is followed by nothing.
        let stands = stages[index].places > 0;
        let follows_itself = stands && view.links.iter().any(|link| link.follows(index, stages));
        let stage = &mut self.graph.stages[index];
        let event = view.event.event;
        if !stage.component.inputs.contains(&event) {
            let takes: Vec<_> = stage.component.inputs.iter().map(|input| input.name).collect();
            self.problems.error(
                "PL-TOPOLOGY-006",
                at.into(),
                format!("`{name}` does not take {event}"),
                format!("it takes: {}", takes.join(", ")),
            );
            return None;
        }
        let itself = |link: &Link| {
            let stream = &self.graph.streams[link.stream];
            stream.pass && stream.writer == Some(index)
        };
        if follows_itself || view.links.iter().any(itself) {
            self.problems.error(
                "PL-TOPOLOGY-035",
                at.into(),
                format!("`{name}` stands twice in one pipeline: here, and at a step before"),
                "name a second component of the same type",
            );
            return None;
        }
        match stage.tier {
            Some(other) if other.name() != tier.name() => self.problems.error(
                "PL-TOPOLOGY-007",
                at.into(),
                format!("`{name}` stands in a {} and in a {} route", other.name(), tier.name()),
                "give the routes one tier, or name a second component",
            ),
            _ => stage.tier = Some(tier),
        }
        self.add_links(index, view);
        self.check_layers(index, view, at);
        Some(index)
    }
}

/// Gateways never see orders that were denied here.
pub(super) const NOT_DENIED: &str = "status != \"denied\"";

impl View {
    /// Whoever comes after this view comes after those that `seen` comes after, too.
    fn merge_after(&mut self, seen: &View) {
        for link in &mut self.links {
            for other in seen.links.iter().filter(|other| other.stream == link.stream) {
                let new = other.after.iter().filter(|stage| !link.after.contains(stage));
                let new: Vec<_> = new.copied().collect();
                link.after.extend(new);
            }
        }
    }
}
