//! What a run has done.

use super::{CourierReport, DeadLetters, FailedEvent};
use crate::affinity::PinError;
use crate::durable::JournalReport;
use crate::event::EventType;
use crate::ingress::IngressReport;
use crate::middleware::MiddlewareReport;
use crate::route::OnFull;
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
    /// What came in from threads of their own, in the order in which the ingresses were made.
    pub ingresses: Vec<IngressReport>,
    /// Streams in the order of the plan: ingresses, then each stage's.
    pub streams: Vec<StreamReport>,
    /// Stages in topological order.
    pub stages: Vec<StageReport>,
    /// Links, those of the first stage first.
    pub links: Vec<LinkReport>,
    /// Lanes.
    pub lanes: Vec<LaneReport>,
    /// Faults that stopped it, or came with the stop; the least root first.
    pub faults: Vec<StageFault>,
    /// Events that stages failed on and that it went on without.
    pub dead_letters: DeadLetters,
    /// Faults that cost no event and after which the stage, or a fresh one, went on; at most
    /// [`MOST_DEAD_LETTERS`](super::MOST_DEAD_LETTERS) are kept.
    pub survived: Vec<StageFault>,
    /// Why the input ended early, where it did.
    pub input_error: Option<SourceError>,
    /// Whether someone ended it before the input was done.
    pub interrupted: bool,
    /// Stages that held their lane longer than the watchdog's limit.
    pub stuck: Vec<StuckStage>,
    /// Lanes that did not end within the stop's limit. Their numbers above are what they were when
    /// the stop gave up, their streams have no digests.
    pub left_behind: Vec<LeftBehind>,
    /// What the couriers of reliable routes have done, and what waits in the journal.
    pub couriers: Vec<CourierReport>,
    /// What was recorded, where anything was.
    pub journal: Option<JournalReport>,
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
    /// Faults and panics, retried ones included.
    pub failures: u64,
    /// Events that went to the dead letters.
    pub skipped: u64,
    /// Times it was built anew.
    pub restarts: u64,
    /// Times an event was tried again.
    pub retries: u64,
    /// Most events of one input it was seen behind.
    pub max_lag: u64,
    /// What the middleware around it did, once the run is over.
    pub middleware: Vec<MiddlewareReport>,
    /// Wall time from entry to the end of the batch in this stage, ns; empty where not measured.
    pub latency: Histogram<u64>,
}

/// How far a stage is with a stream: of what was published, what became of it.
///
/// After a stop `published == done + left()`, and `done` is handled, filtered, skipped, dropped and
/// conflated events. Steps that read through one relay share its account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkReport {
    /// Name of the stream.
    pub stream: String,
    /// Name of the stage that reads it.
    pub stage: String,
    /// What it does when the stage is too slow.
    pub on_full: OnFull,
    /// Events of the stream.
    pub published: u64,
    /// Events it is done with.
    pub done: u64,
    /// Of these, held back by the link's condition.
    pub filtered: u64,
    /// Of these, gone to the dead letters.
    pub skipped: u64,
    /// Of these, lost because the stage was too slow.
    pub dropped: u64,
    /// How many times any were overwritten (`drop_oldest`), those side by side counted once.
    pub gaps: u64,
    /// Of these, lost because a newer one of the same instrument and kind took the place.
    pub conflated: u64,
    /// Events not yet done, as the stage saw it last.
    pub lag: u64,
    /// The most it ever saw.
    pub max_lag: u64,
}

impl LinkReport {
    /// Events the stage handled.
    #[must_use]
    pub fn handled(&self) -> u64 {
        // While it runs, they may be of different moments.
        self.done.saturating_sub(self.filtered + self.skipped + self.lost())
    }

    /// Events lost.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.dropped + self.conflated
    }

    /// Events it is not done with.
    #[must_use]
    pub fn left(&self) -> u64 {
        self.published.saturating_sub(self.done)
    }
}

/// What a lane was, and what it did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaneReport {
    /// Name.
    pub name: String,
    /// Core it was asked to be pinned to.
    pub cpu: Option<usize>,
    /// Cores it was in truth allowed on, as the system says; empty before it has ended.
    pub allowed: Vec<usize>,
    /// How it waited.
    pub wait: crate::wait::Wait,
    /// What was not done as asked, and why.
    pub note: Option<String>,
    /// Names of its stages.
    pub stages: Vec<String>,
    /// Duty cycles.
    pub cycles: u64,
    /// Duty cycles in which anything moved.
    pub busy_cycles: u64,
    /// Time it spent waiting for something to do.
    pub idle: Duration,
    /// Times it gave its core away to wait.
    pub sleeps: u64,
}

impl LaneReport {
    /// Share of `elapsed` in which it had something to do, from 0 to 1.
    #[must_use]
    pub fn busy_ratio(&self, elapsed: Duration) -> f64 {
        if elapsed.is_zero() {
            return 0.0;
        }
        (1.0 - self.idle.as_secs_f64() / elapsed.as_secs_f64()).clamp(0.0, 1.0)
    }
}

/// A stage that held its lane for long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StuckStage {
    /// Name of the component.
    pub stage: String,
    /// Name of its lane.
    pub lane: String,
    /// Root of the first of the events it was given last: of the one it was on, or of one of the fifteen before
    /// that. With [`super::Plan::batch_limit`] 1 it is the one.
    pub root: u64,
    /// For how long, as last seen.
    pub held: Duration,
}

impl StuckStage {
    pub(super) fn is_same(&self, other: &Self) -> bool {
        (&self.stage, self.root) == (&other.stage, other.root)
    }
}

/// A lane that a stop left behind: its thread still runs, in a stage that did not return.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftBehind {
    /// Name of the lane.
    pub lane: String,
    /// Names of its stages, none of which will handle anything any more.
    pub stages: Vec<String>,
    /// The stage that holds it and the root of the event it is on, as far as is known; as exact as
    /// [`StuckStage::root`].
    pub on: Option<(String, u64)>,
}

impl LeftBehind {
    /// The recorder, in a write or a sync that did not return.
    pub(super) fn recorder() -> Self {
        Self { lane: "recorder".into(), stages: Vec::new(), on: None }
    }
}

/// A fault and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageFault {
    /// Name of the component.
    pub stage: String,
    /// Root of the event it failed on.
    pub root: u64,
    /// That event, where it was one: a stage may also fail at its start, at its stop, and after a batch.
    pub event: Option<Box<FailedEvent>>,
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
    #[error("the port is none of this topology's for {0}; get it from this one's `port`")]
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
    /// Streams are to be recorded, and there is no journal.
    #[error(
        "{0} are to be recorded, and nobody gave the topology a journal; see `Checked::journal`"
    )]
    NoJournal(String),
    /// There are reliable routes, and nobody said how they are delivered.
    #[error(
        "reliable routes need a journal and couriers; see `Checked::journal` and `Checked::couriers`"
    )]
    NoCouriers,
    /// What earlier runs left in the journal cannot be read.
    #[error("what earlier runs left in the journal cannot be read: {0}")]
    Unreadable(String),
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

    /// Whether everything that entered was handled by all it was routed to, or is a dead letter.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.faults.is_empty()
            && self.input_error.is_none()
            && self.left_behind.is_empty()
            && !self.interrupted
    }
}
