//! Live numbers of a topology, and the means to end it.

use super::StageFault;
use crate::metrics::{Counter, StageCounters};
use crate::sync::Arc;
use crate::wait::Bed;
use std::sync::{Mutex, OnceLock, PoisonError};

/// What all parts of a running topology share.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    halted: Counter,
    draining: Counter,
    /// Roots given.
    pub(crate) entered: Counter,
    /// Greatest `ts_event` that entered.
    pub(crate) event_time: Counter,
    /// The last root + 1, set before the ingresses close.
    pub(crate) end_root: Counter,
    pub(crate) stages: Vec<(String, Arc<StageCounters>)>,
    faults: Mutex<Vec<StageFault>>,
    pub(crate) beds: OnceLock<Vec<Bed>>,
}

impl Shared {
    pub(super) fn new(stages: Vec<(String, Arc<StageCounters>)>) -> Self {
        Self { stages, ..Self::default() }
    }

    pub(crate) fn is_halted(&self) -> bool {
        self.halted.get() != 0
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.draining.get() != 0
    }

    pub(crate) fn drain(&self) {
        self.draining.set(1);
    }

    pub(crate) fn halt(&self) {
        self.halted.set(1);
        self.beds.get().into_iter().flatten().for_each(Bed::wake_now);
    }

    /// A stage failed: the topology stops. Gives `false`: nothing moved.
    #[cold]
    pub(crate) fn fail(&self, fault: StageFault) -> bool {
        self.note(fault);
        self.halt();
        false
    }

    /// A stage failed and nobody else needs to stop.
    #[cold]
    pub(crate) fn note(&self, fault: StageFault) {
        let lane = std::thread::current();
        let lane = lane.name().unwrap_or_default();
        tracing::error!(stage = fault.stage, lane, root = fault.root, "{}", fault.fault);
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).push(fault);
    }

    /// What failed, the least root first.
    pub(crate) fn take_faults(&self) -> Vec<StageFault> {
        let mut faults =
            std::mem::take(&mut *self.faults.lock().unwrap_or_else(PoisonError::into_inner));
        faults.sort_by_key(|fault| fault.root);
        faults
    }
}

/// Live numbers of a topology, and the means to end it, from any thread. Clones are handles to the
/// same topology.
#[derive(Clone, Debug)]
pub struct Monitor(pub(super) Arc<Shared>);

/// What a stage has done so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageProgress {
    /// Name of its component.
    pub name: String,
    /// Events handled.
    pub events_in: u64,
    /// Events emitted.
    pub events_out: u64,
}

impl Monitor {
    /// Events that entered so far.
    #[must_use]
    pub fn entered(&self) -> u64 {
        self.0.entered.get()
    }

    /// Greatest `ts_event` that entered so far, ns since 1970.
    #[must_use]
    pub fn event_time(&self) -> u64 {
        self.0.event_time.get()
    }

    /// What each stage has done so far, in topological order. The numbers of one stage may be of
    /// slightly different moments.
    #[must_use]
    pub fn stages(&self) -> Vec<StageProgress> {
        let progress = |(name, counters): &(String, Arc<StageCounters>)| StageProgress {
            name: name.clone(),
            events_in: counters.events_in.get(),
            events_out: counters.events_out.get(),
        };
        self.0.stages.iter().map(progress).collect()
    }

    /// Takes no more from the input and finishes what is in flight.
    pub fn drain(&self) {
        self.0.drain();
    }

    /// Stops as soon as each lane has finished the batch it is on.
    pub fn halt(&self) {
        self.0.halt();
    }

    /// Whether it was halted, by someone or by a fault.
    #[must_use]
    pub fn is_halted(&self) -> bool {
        self.0.is_halted()
    }
}
