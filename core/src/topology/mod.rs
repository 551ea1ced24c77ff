//! Topologies: plain data that is checked, built, run and stopped.
//!
//! ```text
//!  Plan --check--> Checked --start--> Running --stop--> Report
//!   |                 |                  |
//!   all mistakes      what it will be    counters, halt, drain from any thread
//! ```

mod plan;
mod report;

pub use plan::{
    Checked, LaneSpec, Lanes, Latency, LinkInfo, Plan, Problem, Severity, StageInfo, StreamInfo,
};
pub use report::{LaneReport, Report, RunError, StageFault, StageReport, StreamReport};

use crate::event::{Event, EventType};
use crate::source::SourceError;
use std::time::Duration;

/// What an input found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Events came in, and there may be more.
    More,
    /// Nothing to do for now; ask again after this time.
    Idle(Duration),
    /// Nothing will come any more.
    Done,
}

/// Brings events to the sequencer in their order: a merge of files, a generator, a test's script.
pub trait Input: Send {
    /// Enters some events. Returns when the entry has no room, nothing is there, or after a batch
    /// of its own choosing; never blocks.
    ///
    /// # Errors
    /// Ends the run; what entered before is finished.
    fn poll(&mut self, entry: &mut dyn Entry) -> Result<Flow, SourceError>;
}

/// Where events enter: the sequencer, which numbers them.
pub trait Entry {
    /// Key of a source's stream of one event type, to enter events with; `None` where the topology
    /// has no such ingress.
    fn port(&self, source: &str, event: EventType) -> Option<Port>;

    /// Events that may be entered at once on every port.
    fn room(&mut self) -> usize;

    /// Enters events in their order, as many as there is room for; gives how many entered.
    fn enter(&mut self, port: Port, events: &[crate::event::Slot]) -> usize;
}

/// Key of an ingress stream, see [`Entry::port`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Port(pub(crate) usize);

/// Live numbers of a topology, and the means to end it, from any thread. Clones are handles to the
/// same topology.
#[derive(Clone, Debug)]
pub struct Monitor(());

impl Monitor {
    /// Events that entered so far.
    #[must_use]
    pub fn entered(&self) -> u64 {
        todo!()
    }

    /// `ts_event` of the last event that entered, ns since 1970.
    #[must_use]
    pub fn event_time(&self) -> u64 {
        todo!()
    }

    /// Takes no more from the input and finishes what is in flight.
    pub fn drain(&self) {
        todo!()
    }

    /// Stops as soon as each lane has finished the event it is on.
    pub fn halt(&self) {
        todo!()
    }
}

/// A topology that runs and is fed by hand, see [`Checked::start`].
#[derive(Debug)]
pub struct Running(());

impl Running {
    /// Enters one event from a source and gives its root. Waits for room: polls the stages where
    /// they run on this thread, yields where they run on lanes.
    ///
    /// # Errors
    /// When the topology has stopped, or has no such ingress.
    pub fn publish<E: Event>(&mut self, _source: &str, _event: &E) -> Result<u64, RunError> {
        todo!()
    }

    /// Polls the stages that run on this thread once; gives whether anything happened.
    pub fn poll(&mut self) -> bool {
        todo!()
    }

    /// Live numbers.
    #[must_use]
    pub fn monitor(&self) -> Monitor {
        todo!()
    }

    /// Finishes what is in flight and stops.
    ///
    /// # Errors
    /// The first fault of a stage.
    pub fn stop(self) -> Report {
        todo!()
    }
}
