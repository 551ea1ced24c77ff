//! What a topology is to be, as plain data.

use super::{Input, Monitor, Report, RunError, Running};
use crate::condition::{Fields, Predicates};
use crate::event::{Event, EventType};
use crate::route::Route;
use crate::stage::Component;
use crate::{Instruments, Tier};
use std::time::Duration;

/// Where stages run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Lanes {
    /// As many lanes as there are free cores, never more.
    #[default]
    Auto,
    /// Everything on the thread that runs the topology.
    Fused,
    /// This many lanes for fast stages, pinned where there are cores for them.
    Count(usize),
    /// These lanes.
    List(Vec<LaneSpec>),
}

/// A lane as configured.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LaneSpec {
    /// Its name.
    pub name: String,
    /// The core it is pinned to; `None` leaves it to the system.
    pub cpu: Option<usize>,
    /// How it waits; `None` chooses by tier and cores.
    pub wait: Option<crate::wait::Wait>,
    /// Names of the components it runs.
    pub stages: Vec<String>,
}

/// How many events have their latency measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Latency {
    /// None; costs nothing.
    #[default]
    Off,
    /// One root in this many, a power of two; 1 is every root.
    OneIn(u64),
}

/// A topology as it is to be: sources, components, routes between them, lanes.
///
/// Nothing is checked before [`Plan::check`], which finds all mistakes at once.
#[derive(Debug, Default)]
pub struct Plan {}

impl Plan {
    /// An empty plan.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The instruments that conditions and stages of this topology know. Set before components are
    /// built with them; empty and new by default.
    pub fn instruments(&mut self, _instruments: Instruments) -> &mut Self {
        todo!()
    }

    /// Named predicates for conditions.
    pub fn predicates(&mut self, _predicates: Predicates) -> &mut Self {
        todo!()
    }

    /// Declares that events of type `E` enter under this source name. Sources that are routed and
    /// that no component emits under are ingresses without being declared.
    pub fn source<E: Event>(&mut self, _name: &str) -> &mut Self {
        todo!()
    }

    /// Adds a component.
    pub fn component(&mut self, _name: &str, _component: impl Into<Component>) -> &mut Self {
        todo!()
    }

    /// Routes the events of type `E` of a source.
    pub fn route<E: Event>(
        &mut self,
        source: &str,
        tier: Tier,
        route: impl Into<Route>,
    ) -> &mut Self {
        self.route_fields(source, Fields::of::<E>(), tier, route)
    }

    /// As [`Plan::route`], for an event type known at run time only.
    pub fn route_fields(
        &mut self,
        _source: &str,
        _event: Fields,
        _tier: Tier,
        _route: impl Into<Route>,
    ) -> &mut Self {
        todo!()
    }

    /// Where stages run.
    pub fn lanes(&mut self, _lanes: Lanes) -> &mut Self {
        todo!()
    }

    /// Slots of each ring, a power of two; 4096 by default.
    pub fn capacity(&mut self, _slots: usize) -> &mut Self {
        todo!()
    }

    /// Slots of one stream's ring; the stream by its name: `feed`, `strategy/sma`.
    pub fn stream_capacity(&mut self, _stream: &str, _slots: usize) -> &mut Self {
        todo!()
    }

    /// Most events a stage handles before the next one's turn; 256 by default.
    pub fn batch_limit(&mut self, _events: usize) -> &mut Self {
        todo!()
    }

    /// Whether each stream's bytes are hashed; off by default.
    pub fn digests(&mut self, _on: bool) -> &mut Self {
        todo!()
    }

    /// How many events have their latency measured; none by default.
    pub fn latency(&mut self, _latency: Latency) -> &mut Self {
        todo!()
    }

    /// Checks everything.
    ///
    /// # Errors
    /// All mistakes there are, warnings included.
    pub fn check(self) -> Result<Checked, Vec<Problem>> {
        todo!()
    }
}

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

/// A topology that can run.
#[derive(Debug)]
pub struct Checked {}

impl Checked {
    /// What is odd about it.
    #[must_use]
    pub fn warnings(&self) -> &[Problem] {
        todo!()
    }

    /// Streams: name, event type, names of the stages that read it.
    #[must_use]
    pub fn streams(&self) -> Vec<StreamInfo> {
        todo!()
    }

    /// Stages in topological order: name, tier, streams in, streams out.
    #[must_use]
    pub fn stages(&self) -> Vec<StageInfo> {
        todo!()
    }

    /// Ingress streams: source name and event type.
    #[must_use]
    pub fn ingresses(&self) -> Vec<(String, EventType)> {
        todo!()
    }

    /// Live numbers, to be watched while it runs.
    #[must_use]
    pub fn monitor(&self) -> Monitor {
        todo!()
    }

    /// Runs until the input is done or someone ends it, on this thread and the lanes' own.
    ///
    /// # Errors
    /// When it cannot start.
    pub fn run(self, _input: &mut dyn Input) -> Result<Report, RunError> {
        todo!()
    }

    /// Starts it, to be fed by hand.
    ///
    /// # Errors
    /// When it cannot start.
    pub fn start(self) -> Result<Running, RunError> {
        todo!()
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
    /// Condition that events must meet, where there is one.
    pub condition: Option<String>,
    /// Names of the stages that see an event before.
    pub after: Vec<String>,
}

#[allow(unused, reason = "placeholder")]
fn unused(_: Duration) {}
