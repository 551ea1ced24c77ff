//! What is wrong with a plan, all of it at once; and the order in which its stages run.

use super::checked::Checked;
use super::couriers::board;
use super::graph::{Graph, Link, Stream};
use super::lossy::warn_of_losses;
use super::lower::lower;
use super::monitor::{Layout, LinkPlace, Shared};
use super::plan::{Lanes, Latency, Plan};
use super::recording::Recording;
use crate::Names;
use crate::condition::{self, Condition, Fields, World};
use crate::event::EventType;
use crate::ingress::Inlets;
use crate::metrics::Latencies;
use crate::ring::MAX_CAPACITY;
use crate::route::OnFull;
use crate::sync::Arc;
use crate::topic::Interest;
use crate::trace::Trace;

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// It cannot run.
    Error,
    /// It runs, but perhaps not as meant.
    Warning,
}

/// A mistake in a plan, or something odd about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// How bad it is.
    pub severity: Severity,
    /// A stable code: `PL-TOPOLOGY-003`.
    pub code: &'static str,
    /// Where, as a path of the config: `routing.feed.MarketData.routes[0].condition`.
    pub at: String,
    /// Byte range in the text at that place, where it is a condition.
    pub span: Option<std::ops::Range<usize>>,
    /// What is wrong: a sentence.
    pub message: String,
    /// What would be right: a sentence; may be empty.
    pub help: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} at {}: {}", self.code, self.at, self.message)?;
        if self.help.is_empty() { Ok(()) } else { write!(f, " ({})", self.help) }
    }
}

impl Problem {
    pub(super) fn warning(
        code: &'static str,
        at: impl Into<String>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        let (at, message, help) = (at.into(), message.into(), help.into());
        Self { severity: Severity::Warning, code, at, span: None, message, help }
    }
}

/// Problems found so far.
#[derive(Debug, Default)]
pub(super) struct Problems(Vec<Problem>);

impl Problems {
    pub(super) fn push(&mut self, problem: Problem) {
        self.0.push(problem);
    }

    pub(super) fn error(
        &mut self,
        code: &'static str,
        at: String,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let problem = Problem::warning(code, at, message, help);
        self.0.push(Problem { severity: Severity::Error, ..problem });
    }
}

/// The known name most like a misspelt one, if any is like it.
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let scored = known.map(|other| (strsim::damerau_levenshtein(name, other), other));
    let (distance, other) = scored.min()?;
    (distance <= name.chars().count().div_ceil(3)).then_some(other)
}

pub(super) fn check(mut plan: Plan) -> Result<Checked, Vec<Problem>> {
    let mut problems = Problems::default();
    let graph = lower(&mut plan, &mut problems);
    let names = name_all(&graph, &mut problems);
    let order = order_stages(&graph, &mut problems);
    let world =
        World { names: &names, instruments: &plan.instruments, predicates: &plan.predicates };
    check_conditions(&graph, &world, &mut problems);
    let conditions = compile_all(&graph, &world);
    let relay_conditions = compile_relays(&graph, &world);
    warn_of_losses(&graph, &mut problems);
    let capacities = check_capacities(&plan, &graph, &order, &mut problems);
    check_settings(&plan, &graph, &mut problems);
    let recording = Recording::resolve(&plan.recorded, &graph, &mut problems);

    if problems.0.iter().any(|problem| problem.severity == Severity::Error) {
        // Events may not reach a stage because of what is wrong elsewhere.
        problems.0.retain(|problem| problem.code != "PL-TOPOLOGY-009");
        return Err(problems.0);
    }
    let lossy = !graph.lossy.is_empty();
    let couriers = board(&graph, &order);
    let shared = Arc::new(Shared::new(layout(&plan, &graph, &order), couriers));
    let inlets = Inlets::of(shared.topology);
    Ok(Checked {
        graph,
        order,
        conditions,
        relay_conditions,
        expected_instruments: plan.instruments.len(),
        instruments: plan.instruments,
        capacities,
        names: names.into(),
        lanes: plan.lanes,
        batch_limit: plan.batch_limit,
        digests: plan.digests,
        trace: plan.trace.then(Trace::default),
        latency: plan.latency,
        // What is lost is always counted.
        counters: plan.counters || lossy,
        watchdog: plan.watchdog,
        clock: plan.clock,
        shared,
        inlets,
        recording,
        couriers: None,
        warnings: problems.0,
    })
}

/// Numbers for all names: sources in the order of their streams, then components.
fn name_all(graph: &Graph, problems: &mut Problems) -> Names {
    let mut names = Names::default();
    let sources = graph.streams.iter().map(|stream| stream.source.as_str());
    // Copies of a partition go by the name of what they are copies of.
    let named = graph.stages.iter().filter(|stage| stage.copy_of.is_none());
    let components = named.map(|stage| stage.name.as_str());
    let fits = sources.chain(components).all(|name| names.intern(name).is_some());
    if !fits {
        let message = "there are more than 65,535 names of sources and components";
        problems.error("PL-TOPOLOGY-010", "components".into(), message, "split the topology");
    }
    names
}

/// What will be counted.
fn layout(plan: &Plan, graph: &Graph, order: &[usize]) -> Layout {
    let rings: Vec<_> = graph.ring_order().collect();
    let mut lines = vec![0; graph.streams.len()];
    rings.iter().enumerate().for_each(|(line, &stream)| lines[stream] = line);
    let line = |stream: usize| lines[stream];
    let place = |(stage, link): (usize, &Link)| {
        let relay = graph.streams[link.stream].relay.as_ref();
        LinkPlace {
            stage,
            ring: line(graph.source_of(link.stream)),
            relay: relay.map(|_| line(link.stream)),
            on_full: relay.map_or(link.on_full, |relay| relay.on_full),
        }
    };
    let latencies = || (plan.latency != Latency::Off).then(|| Arc::new(Latencies::new()));
    let links = order.iter().enumerate().flat_map(|(place, &stage)| {
        graph.stages[stage].links.iter().map(move |link| (place, link))
    });
    Layout {
        // Each lane but one, the worker, has stages of its own or is listed.
        most_lanes: 1 + order.len() + plan.lanes.listed(),
        stages: order.iter().map(|&i| (graph.stages[i].name.clone(), latencies())).collect(),
        links: links.map(place).collect(),
        rings: rings.iter().map(|&ring| graph.streams[ring].name.clone()).collect(),
    }
}

/// Stages such that each comes after those that write what it reads, and those it comes after; in
/// the order of the plan where that leaves a choice.
fn order_stages(graph: &Graph, problems: &mut Problems) -> Vec<usize> {
    let before = |stage: usize| {
        let links = graph.stages[stage].links.iter();
        links.flat_map(|link| graph.streams[link.stream].writer.iter().chain(&link.after).copied())
    };
    let mut order = Vec::with_capacity(graph.stages.len());
    let mut placed = vec![false; graph.stages.len()];
    let mut first_left = 0;
    while let Some(next) = (first_left..placed.len())
        .find(|&stage| !placed[stage] && before(stage).all(|other| placed[other]))
    {
        placed[next] = true;
        first_left += placed[first_left..].iter().take_while(|placed| **placed).count();
        if graph.stages[next].runs {
            order.push(next);
        }
    }
    if let Some(start) = placed.iter().position(|placed| !placed) {
        let path = cycle_through(start, |stage| before(stage).find(|&other| !placed[other]));
        let names: Vec<_> = path.iter().map(|&stage| graph.stages[stage].name.as_str()).collect();
        problems.error(
            "PL-TOPOLOGY-011",
            format!("components.{}", names[0]),
            format!("events would go in a circle: {}", names.join(" -> ")),
            "let one of them emit under a source that does not lead back",
        );
    }
    order
}

/// Walks back from a stage until it meets one twice; the circle, in the direction events take.
fn cycle_through(start: usize, before: impl Fn(usize) -> Option<usize>) -> Vec<usize> {
    let mut path = vec![start];
    while let Some(previous) = before(path[path.len() - 1]) {
        if let Some(at) = path.iter().position(|&stage| stage == previous) {
            path.drain(..at);
            path.push(previous);
            break;
        }
        path.push(previous);
    }
    path.reverse();
    path
}

/// Notes what is wrong with conditions, or odd about them, each at its place.
fn check_conditions(graph: &Graph, world: &World<'_>, problems: &mut Problems) {
    for written in &graph.conditions {
        let (found, code, severity) = match condition::compile(&written.text, &written.event, world)
        {
            Ok(fine) => (fine.warnings().to_vec(), "PL-CONDITION-002", Severity::Warning),
            Err(mistakes) => (mistakes, "PL-CONDITION-001", Severity::Error),
        };
        for mistake in found {
            let problem = Problem::warning(code, &written.at, mistake.message, mistake.help);
            problems.push(Problem { severity, span: Some(mistake.at), ..problem });
        }
    }
}

/// The condition of each stage's links; what does not compile was noted at its place.
fn compile_all(graph: &Graph, world: &World<'_>) -> Vec<Vec<Option<Condition>>> {
    let compile = |link: &Link| {
        let event = &graph.streams[link.stream].event;
        join(link.topics.as_ref(), &link.conditions, event, world)
    };
    graph.stages.iter().map(|stage| stage.links.iter().map(compile).collect()).collect()
}

/// The condition of each relay, by its stream.
fn compile_relays(graph: &Graph, world: &World<'_>) -> Vec<Option<Condition>> {
    let compile = |stream: &Stream| {
        let relay = stream.relay.as_ref()?;
        join(relay.topics.as_ref(), &relay.conditions, &stream.event, world)
    };
    graph.streams.iter().map(compile).collect()
}

fn join(
    topics: Option<&Interest>,
    conditions: &[String],
    fields: &Fields,
    world: &World<'_>,
) -> Option<Condition> {
    let compile = |text: &String| condition::compile(text, fields, world).ok();
    let condition = conditions.iter().filter_map(compile).reduce(Condition::and);
    match topics.filter(|topics| !topics.is_everything()) {
        Some(topics) => Some(Condition::chosen(topics, fields, world.instruments, condition)),
        None => condition,
    }
}

/// Slots of each stream's ring; warns where one root may fill a ring that a merge reads.
fn check_capacities(
    plan: &Plan,
    graph: &Graph,
    order: &[usize],
    problems: &mut Problems,
) -> Vec<usize> {
    let fits = |slots: usize| slots.is_power_of_two() && slots <= MAX_CAPACITY;
    let mut refuse = |at: String, slots: usize| {
        let message = format!("{slots} is no capacity of a ring");
        let help = format!("it is a power of two from 1 to {MAX_CAPACITY}");
        problems.error("PL-TOPOLOGY-012", at, message, help);
    };
    if !fits(plan.capacity) {
        refuse("rings.capacity".into(), plan.capacity);
    }
    let mut capacities: Vec<_> = graph.streams.iter().map(|s| default_capacity(plan, s)).collect();
    for (name, slots) in &plan.stream_capacities {
        if !fits(*slots) {
            refuse(format!("rings.streams.{name}"), *slots);
        }
    }
    for (name, slots) in &plan.stream_capacities {
        let streams = graph.streams.iter().enumerate();
        let named: Vec<_> = streams.filter(|(_, s)| s.name == *name).map(|(i, _)| i).collect();
        if named.is_empty() {
            let known = graph.streams.iter().map(|stream| stream.name.as_str());
            let help = nearest(name, known).map(|near| format!("did you mean `{near}`?"));
            problems.error(
                "PL-TOPOLOGY-013",
                format!("rings.streams.{name}"),
                format!("there is no stream `{name}`"),
                help.unwrap_or_default(),
            );
        }
        named.into_iter().for_each(|stream| capacities[stream] = *slots);
    }
    warn_of_large_yields(graph, order, &capacities, problems);
    super::memory::check_memory(graph, &capacities, problems);
    capacities
}

/// A batch of room keeps the reader of a conflating relay busy; with more it would read old news.
fn default_capacity(plan: &Plan, stream: &Stream) -> usize {
    match &stream.relay {
        Some(relay) if relay.on_full == OnFull::Conflate && plan.batch_limit <= MAX_BATCH => {
            plan.capacity.min(plan.batch_limit.next_power_of_two())
        }
        _ => plan.capacity,
    }
}

/// One root yields at most so many events on a stream; a merge keeps aside what does not fit its
/// ring, which takes memory and time.
fn warn_of_large_yields(
    graph: &Graph,
    order: &[usize],
    capacities: &[usize],
    problems: &mut Problems,
) {
    let mut yields = vec![1_usize; graph.streams.len()];
    for &index in order {
        let stage = &graph.stages[index];
        let reads = stage.links.iter().map(|link| graph.source_of(link.stream));
        let yielded = reads.map(|stream| yields[stream]);
        // An event is one copy's.
        let arriving = if stage.joins {
            yielded.max().unwrap_or(0)
        } else {
            yielded.fold(0, usize::saturating_add)
        };
        for &stream in &stage.outputs {
            yields[stream] = arriving.saturating_mul(stage.component.max_emissions);
        }
        stage.pass.into_iter().for_each(|stream| yields[stream] = arriving);
        // Couriers merge nothing: they read the journal.
        let merges = stage.links.len() > 1 && stage.courier.is_none();
        // No writer waits for a lossy reader.
        let waits = |link: &&Link| merges && !link.is_lossy();
        for link in stage.links.iter().filter(waits) {
            let most = yields[graph.source_of(link.stream)];
            if most <= capacities[link.stream] {
                continue;
            }
            let name = &graph.streams[link.stream].name;
            problems.push(Problem::warning(
                "PL-TOPOLOGY-014",
                format!("rings.streams.{name}"),
                format!(
                    "one root may yield {most} events on `{name}`, more than its ring's {}, and `{}` merges it",
                    capacities[link.stream], stage.name
                ),
                "declare fewer emissions per event, or give the stream a larger ring",
            ));
        }
    }
}

/// Most events of a batch, and most emissions per event: room for as many is taken at the start.
const MAX_BATCH: usize = 1 << 20;
const MAX_EMISSIONS: usize = 1 << 16;

/// Two event types of one number would be taken for one another.
fn check_event_types(graph: &Graph, problems: &mut Problems) {
    let streams = graph.streams.iter().map(|stream| (stream.event.event, &stream.name));
    let taken = graph.stages.iter();
    let taken = taken.flat_map(|s| s.component.inputs.iter().map(move |event| (*event, &s.name)));
    let mut known: Vec<EventType> = Vec::new();
    for (event, at) in streams.chain(taken) {
        match known.iter().find(|other| other.id == event.id) {
            Some(other) if other.name != event.name => problems.error(
                "PL-TOPOLOGY-024",
                format!("components.{at}"),
                format!("event types `{other}` and `{event}` have the same number, {}", event.id),
                "give one of them another: 16 to 255 are the user's",
            ),
            Some(_) => {}
            None => known.push(event),
        }
    }
}

fn check_settings(plan: &Plan, graph: &Graph, problems: &mut Problems) {
    if !(1..=MAX_BATCH).contains(&plan.batch_limit) {
        let message = format!("a batch of {} events", plan.batch_limit);
        let help = format!("let it be 1 to {MAX_BATCH}");
        problems.error("PL-TOPOLOGY-015", "rings.batch".into(), message, help);
    }
    for stage in graph.stages.iter().filter(|s| s.component.max_emissions > MAX_EMISSIONS) {
        problems.error(
            "PL-TOPOLOGY-026",
            format!("components.{}", stage.name),
            format!(
                "`{}` declares {} emissions per event",
                stage.name, stage.component.max_emissions
            ),
            format!("room for them is kept: let it be at most {MAX_EMISSIONS}"),
        );
    }
    if let Latency::OneIn(every) = plan.latency
        && !every.is_power_of_two()
    {
        let message = format!("latency of one root in {every}");
        problems.error("PL-TOPOLOGY-016", "latency".into(), message, "let it be a power of two");
    }
    for stage in &graph.stages {
        let most = stage.component.consumer.most;
        let (message, help) = match most {
            Some(0) => ("takes slices of no events", "the least is 1"),
            Some(_) if !stage.component.is_batch => {
                ("takes events one by one", "leave its slices out, or implement `OnBatch`")
            }
            _ => continue,
        };
        let message = format!("`{}` {message}", stage.name);
        let at = format!("components.{}.consumer.batch", stage.name);
        problems.error("PL-TOPOLOGY-059", at, message, help);
    }
    check_event_types(graph, problems);
    super::policies::check_policies(graph, problems);
    match &plan.lanes {
        Lanes::Count(0) => {
            let help = "use `fused` to run on the caller's thread";
            problems.error("PL-TOPOLOGY-018", "lanes".into(), "there are no lanes", help);
        }
        Lanes::List(lanes) => super::place::check_list(lanes, graph, problems),
        _ => {}
    }
}
