//! A topology that can run: what it will be, for drawings and reports, and its start.

use super::check::Problem;
use super::graph::{Graph, Link, Stream};
use super::monitor::{Monitor, Shared};
use super::plan::{Lanes, Latency};
use super::recording::Recording;
use super::{Input, Report, RunError, Running};
use crate::condition::Condition;
use crate::delivery::Couriers;
use crate::event::{Event, EventType};
use crate::ingress::{Ingress, IngressError, IngressOptions, Inlets};
use crate::route::OnFull;
use crate::sync::Arc;
use crate::trace::Trace;
use crate::{Instruments, Names, Tier};
use std::time::Duration;

/// A topology that can run.
pub struct Checked {
    pub(super) graph: Graph,
    /// Stages in the order in which a lane polls them.
    pub(super) order: Vec<usize>,
    /// Conditions of each stage's links, in their order.
    pub(super) conditions: Vec<Vec<Option<Condition>>>,
    /// Conditions of relays, by their streams.
    pub(super) relay_conditions: Vec<Option<Condition>>,
    /// How many instruments were known.
    pub(super) expected_instruments: usize,
    pub(super) instruments: Instruments,
    pub(super) capacities: Vec<usize>,
    pub(super) names: std::sync::Arc<Names>,
    pub(super) lanes: Lanes,
    pub(super) batch_limit: usize,
    pub(super) digests: bool,
    pub(super) trace: Option<Trace>,
    pub(super) latency: Latency,
    pub(super) counters: bool,
    pub(super) watchdog: Option<Duration>,
    pub(super) clock: quanta::Clock,
    pub(super) shared: Arc<Shared>,
    pub(super) inlets: Inlets,
    pub(super) recording: Recording,
    pub(super) couriers: Option<Couriers>,
    pub(super) warnings: Vec<Problem>,
}

impl std::fmt::Debug for Checked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Checked").field("stages", &self.stages()).finish_non_exhaustive()
    }
}

impl Checked {
    /// What is odd about it.
    #[must_use]
    pub fn warnings(&self) -> &[Problem] {
        &self.warnings
    }

    /// Names of sources and components, with the numbers they have in events.
    #[must_use]
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// Streams, ingresses first, then in the order of the plan's components.
    #[must_use]
    pub fn streams(&self) -> Vec<StreamInfo> {
        self.stream_order().map(|stream| self.stream_info(stream)).collect()
    }

    pub(super) fn stream_info(&self, index: usize) -> StreamInfo {
        let stream = &self.graph.streams[index];
        StreamInfo {
            name: stream.name.clone(),
            source: stream.source.clone(),
            event: stream.event.event,
            writer: stream.writer.map(|stage| self.graph.stages[stage].name.clone()),
            capacity: self.capacities[index],
        }
    }

    /// Indices of streams in the order of reports; those of stages that never run are left out.
    pub(super) fn stream_order(&self) -> impl Iterator<Item = usize> {
        self.graph.stream_order()
    }

    /// Most events that enter before stages on the same thread are called.
    pub(super) fn most_at_once(&self) -> usize {
        super::lossy::most_at_once(&self.graph, &self.capacities, self.batch_limit)
    }

    /// Stages, in the order in which a single lane polls them.
    #[must_use]
    pub fn stages(&self) -> Vec<StageInfo> {
        let stage_name = |&stage: &usize| self.graph.stages[stage].name.clone();
        let stream_name = |&stream: &usize| self.graph.streams[stream].name.clone();
        let link = |link: &Link| {
            let stream = &self.graph.streams[link.stream];
            let relay = stream.relay.as_ref();
            let before = relay.into_iter().flat_map(|relay| &relay.conditions);
            LinkInfo {
                stream: stream_name(&self.graph.source_of(link.stream)),
                event: stream.event.event,
                topics: relay
                    .map_or(&link.topics, |relay| &relay.topics)
                    .as_ref()
                    .map(ToString::to_string),
                conditions: before.chain(&link.conditions).cloned().collect(),
                after: link.after.iter().map(stage_name).collect(),
                on_full: relay.map_or(link.on_full, |relay| relay.on_full),
                relay: relay.map(|_| stream.name.clone()),
            }
        };
        let info = |&stage: &usize| {
            let stage = &self.graph.stages[stage];
            StageInfo {
                name: stage.name.clone(),
                tier: stage.tier.unwrap_or_default(),
                inputs: stage.links.iter().map(link).collect(),
                outputs: stage.outputs.iter().chain(&stage.pass).map(stream_name).collect(),
            }
        };
        self.order.iter().map(info).collect()
    }

    /// Ingress streams: source name and event type.
    #[must_use]
    pub fn ingresses(&self) -> Vec<(String, EventType)> {
        let enters = |stream: &&Stream| stream.writer.is_none() && stream.relay.is_none();
        let ingresses = self.graph.streams.iter().filter(enters);
        ingresses.map(|stream| (stream.source.clone(), stream.event.event)).collect()
    }

    /// A way in for several threads: events of a source, published from any thread while it runs.
    ///
    /// # Errors
    /// Where the topology has no such ingress stream, or the options make no sense.
    pub fn ingress<E: Event>(
        &mut self,
        source: &str,
        options: IngressOptions,
    ) -> Result<Ingress<E>, IngressError> {
        self.inlets.open(&self.ingresses(), source, options, quanta::Clock::new())
    }

    /// Live numbers, to be watched while it runs.
    #[must_use]
    pub fn monitor(&self) -> Monitor {
        Monitor(self.shared.clone())
    }

    /// What will be kept of which event came of which; `None` where it is not traced.
    #[must_use]
    pub fn trace(&self) -> Option<Trace> {
        self.trace.clone()
    }

    /// Runs until the input is done or someone ends it, on this thread and the lanes' own.
    ///
    /// # Errors
    /// When it cannot start.
    pub fn run(self, input: &mut dyn Input) -> Result<Report, RunError> {
        Ok(self.start()?.run(input))
    }

    /// Starts it, to be fed by hand.
    ///
    /// # Errors
    /// When it cannot start.
    pub fn start(self) -> Result<Running, RunError> {
        Running::start(self)
    }
}

/// A stream as checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamInfo {
    /// Name: `feed`, `strategy/sma`.
    pub name: String,
    /// Source it belongs to.
    pub source: String,
    /// Event type.
    pub event: EventType,
    /// Name of the stage that writes it; `None` for an ingress.
    pub writer: Option<String>,
    /// Slots of its ring.
    pub capacity: usize,
}

/// A stage as checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageInfo {
    /// Name of its component.
    pub name: String,
    /// Tier of the routes it stands in.
    pub tier: Tier,
    /// What it reads.
    pub inputs: Vec<LinkInfo>,
    /// Names of the streams it writes.
    pub outputs: Vec<String>,
}

/// A link as checked: what a stage reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkInfo {
    /// Name of the stream.
    pub stream: String,
    /// Its event type.
    pub event: EventType,
    /// The topics of the events it takes, where it does not take all of the stream.
    pub topics: Option<String>,
    /// Conditions that events must meet.
    pub conditions: Vec<String>,
    /// Names of the stages that see an event before.
    pub after: Vec<String>,
    /// What it does when the stage is too slow.
    pub on_full: OnFull,
    /// Name of the ring of its own through which it reads, where it drops the newest or conflates.
    pub relay: Option<String>,
}
