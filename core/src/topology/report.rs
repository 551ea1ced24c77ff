//! What a run has done.

use crate::affinity::PinError;
use crate::event::EventType;
use crate::source::SourceError;
use crate::stage::Fault;
use hdrhistogram::Histogram;
use std::time::Duration;

/// What a run has done.
#[derive(Debug)]
pub struct Report {
    /// Events that entered.
    pub events: u64,
    /// Wall time from start to stop.
    pub elapsed: Duration,
    /// Streams in the order of the plan: ingresses, then each stage's.
    pub streams: Vec<StreamReport>,
    /// Stages in topological order.
    pub stages: Vec<StageReport>,
    /// Lanes.
    pub lanes: Vec<LaneReport>,
    /// Faults of stages, the least root first.
    pub faults: Vec<StageFault>,
    /// Why the input ended early, where it did.
    pub input_error: Option<SourceError>,
    /// Whether someone ended it before the input was done.
    pub interrupted: bool,
    /// Lanes that did not end within the stop's limit; their stages are missing above.
    pub left_behind: Vec<String>,
}

/// What went through a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamReport {
    /// Name: `feed`, `strategy/sma`.
    pub name: String,
    /// Event type.
    pub event: EventType,
    /// Events.
    pub count: u64,
    /// How many times events were made visible: batches.
    pub publications: u64,
    /// XXH3 (128 bits) of the events' bytes in order, where digests are on.
    pub digest: Option<u128>,
}

/// What a stage has done.
#[derive(Clone, Debug)]
pub struct StageReport {
    /// Name of its component.
    pub name: String,
    /// Name of its lane.
    pub lane: String,
    /// Events it handled.
    pub events_in: u64,
    /// Events its conditions held back.
    pub filtered: u64,
    /// Events it emitted.
    pub events_out: u64,
    /// Polls in which it handled any.
    pub batches: u64,
    /// Most events in one poll.
    pub largest_batch: u64,
    /// Events it stopped.
    pub stops: u64,
    /// Most events it was seen behind.
    pub max_lag: u64,
    /// Wall time from entry to the end of the batch in this stage, ns; empty where not measured.
    pub latency: Histogram<u64>,
}

/// What a lane was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaneReport {
    /// Name.
    pub name: String,
    /// Core it was asked to be pinned to.
    pub cpu: Option<usize>,
    /// Cores it was in truth allowed on, as the system says.
    pub allowed: Vec<usize>,
    /// How it waited.
    pub wait: crate::wait::Wait,
    /// Names of its stages.
    pub stages: Vec<String>,
}

/// A fault and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageFault {
    /// Name of the component.
    pub stage: String,
    /// Root of the event it failed on.
    pub root: u64,
    /// The fault.
    pub fault: Fault,
}

/// Why a topology cannot start or go on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// It has stopped.
    #[error("the topology has stopped")]
    Stopped,
    /// There is no such ingress.
    #[error("no {event} enters from `{from}`; what enters: {known}")]
    NoIngress {
        /// The source asked for.
        from: String,
        /// The event type asked for.
        event: EventType,
        /// What there is.
        known: String,
    },
    /// The port is none of this topology's for that event type.
    #[error("the port is not one for {0}")]
    WrongPort(EventType),
    /// A lane was not pinned.
    #[error("lane `{lane}`: {error}")]
    Pin {
        /// Name of the lane.
        lane: String,
        /// Why.
        error: PinError,
    },
    /// A lane's thread was not started.
    #[error("lane `{lane}`: the system started no thread: {error}")]
    Thread {
        /// Name of the lane.
        lane: String,
        /// What the system said.
        error: String,
    },
    /// The program is built so that a panic ends the process.
    #[error(
        "built with panic = \"abort\": a panic in one stage would end the whole process; build with \
         panic = \"unwind\""
    )]
    PanicAborts,
    /// A stage failed to start.
    #[error("stage `{}` failed to start: {}", .0.stage, .0.fault)]
    Start(StageFault),
}

impl RunError {
    pub(super) fn from_start(fault: StageFault) -> Self {
        Self::Start(fault)
    }
}

impl Report {
    /// What went through the stream of a name; the first one where a component emits several types.
    #[must_use]
    pub fn stream(&self, name: &str) -> Option<&StreamReport> {
        self.streams.iter().find(|stream| stream.name == name)
    }

    /// What the stage of a name has done.
    #[must_use]
    pub fn stage(&self, name: &str) -> Option<&StageReport> {
        self.stages.iter().find(|stage| stage.name == name)
    }

    /// Whether everything that entered was handled by all it was routed to.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.faults.is_empty()
            && self.input_error.is_none()
            && self.left_behind.is_empty()
            && !self.interrupted
    }
}
