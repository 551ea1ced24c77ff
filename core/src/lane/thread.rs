//! Nodes in topological order and the thread that polls them.

use super::Polled;
use crate::affinity;
use crate::metrics::{LaneWord, On, Words};
use crate::middleware::MiddlewareReport;
use crate::stage::{Tally, fault_of_panic};
use crate::sync::{Arc, Mutex};
use crate::topology::Shared;
use crate::topology::StageFault;
use crate::wait::{Bed, Wait, Waiter, wake_all};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::PoisonError;
use std::time::Duration;

/// Nodes in topological order, polled by one thread.
pub(crate) struct Lane {
    pub(crate) name: String,
    /// Core it is pinned to.
    pub(crate) cpu: Option<usize>,
    /// Whether that core was asked for by name.
    pub(crate) must_pin: bool,
    pub(crate) wait: Wait,
    pub(crate) nodes: Vec<Polled>,
    pub(crate) bed: Bed,
    /// Lanes that share a ring with this one and may sleep until it moves something.
    pub(crate) neighbours: Vec<Bed>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) grave: Grave,
    /// Where it says what it is on.
    pub(crate) on: On,
    /// Where it counts; `None` where nothing is counted.
    pub(crate) counters: Option<Words<LaneWord>>,
}

/// Where lanes leave their nodes when they end, until the last of them has ended.
///
/// A node that is gone closes its streams and lets its followers go on. While another lane may not
/// yet have noticed a halt, it would take that for a proper end: handle events that a failed check
/// was to see first, or merge without the input that failed.
#[derive(Clone, Default)]
pub(crate) struct Grave(Arc<Mutex<Vec<Polled>>>);

/// What a lane leaves when it ends.
#[derive(Debug)]
pub(crate) struct LaneOutcome {
    /// Cores it was in truth allowed on.
    pub(crate) allowed: Vec<usize>,
    /// Per stage: its place in topological order, the tallies of its streams.
    pub(crate) tallies: Vec<(usize, Vec<Tally>)>,
    /// Per stage the same of the middleware around it.
    pub(crate) middleware: Vec<(usize, Vec<MiddlewareReport>)>,
}

impl Lane {
    /// Starts its stages. The calling thread is the one that will poll it.
    pub(crate) fn start(&mut self) -> Result<(), StageFault> {
        self.bed.claim();
        let stages: Vec<_> = self.nodes.iter().flat_map(Polled::names).collect();
        tracing::debug!(
            lane = self.name,
            cpu = self.cpu,
            wait = self.wait.name(),
            ?stages,
            "starts"
        );
        for node in &mut self.nodes {
            match catch_unwind(AssertUnwindSafe(|| node.start())) {
                Ok(Ok(())) => {}
                Ok(Err(fault)) => return Err(fault),
                Err(panic) => return Err(node.fault(fault_of_panic(panic))),
            }
        }
        Ok(())
    }

    /// One duty cycle. Gives whether anything moved; a fault halts the topology.
    #[inline]
    pub(crate) fn cycle(&mut self) -> bool {
        if self.shared.is_halted() {
            return false;
        }
        let (mut moved, mut at) = (false, 0);
        // Nothing is polled again after a panic, so nobody sees what the stage left behind.
        let polled = catch_unwind(AssertUnwindSafe(|| {
            for (number, node) in self.nodes.iter_mut().enumerate() {
                at = number;
                if node.is_finished() {
                    continue;
                }
                match node.poll() {
                    Ok(progress) => moved |= progress,
                    // Its events are all handled; the others go on to theirs.
                    Err(fault) if node.is_ending() => self.shared.note(fault),
                    Err(fault) => return Err(fault),
                }
            }
            Ok(())
        }));
        match polled {
            Ok(Ok(())) => {}
            Ok(Err(fault)) => return self.shared.fail(fault),
            Err(panic) => {
                let node = &mut self.nodes[at];
                node.after_panic();
                return self.shared.fail(node.fault(fault_of_panic(panic)));
            }
        }
        if moved {
            wake_all(&self.neighbours);
        }
        self.on.clear();
        if let Some(counters) = &self.counters {
            counters.of(LaneWord::Cycles).add(1);
            counters.of(LaneWord::BusyCycles).add(u64::from(moved));
        }
        moved
    }

    /// Whether all its stages are finished, or the topology is halted.
    #[inline]
    pub(crate) fn is_over(&self) -> bool {
        self.shared.is_halted() || self.nodes.iter().all(Polled::is_finished)
    }

    /// How long it may wait, unless it is woken: until an event that was put off or failed is to be
    /// tried again.
    pub(crate) fn may_rest(&self) -> Duration {
        self.nodes.iter().map(Polled::waits).min().unwrap_or(Duration::MAX)
    }

    /// Polls until it is over.
    pub(crate) fn run(&mut self) {
        let mut waiter = Waiter::new(self.wait, self.bed.clone());
        waiter.count(self.counters.clone());
        while !self.is_over() {
            if self.cycle() {
                waiter.reset();
            } else {
                waiter.idle(self.may_rest());
            }
        }
        wake_all(&self.neighbours);
        tracing::debug!(lane = self.name, "ended");
    }

    /// Leaves its nodes where they stay until all lanes have ended.
    pub(crate) fn bury(self) {
        let Self { nodes, grave, .. } = self;
        grave.0.lock().unwrap_or_else(PoisonError::into_inner).extend(nodes);
    }

    /// Pins the calling thread as placed. That the system refuses is an error only where a core was
    /// asked for by name; the report tells what was done.
    pub(crate) fn pin(&self) -> Result<(), affinity::PinError> {
        let Some(cpu) = self.cpu else { return Ok(()) };
        match affinity::pin_to(cpu) {
            Err(error) if !self.must_pin => {
                tracing::warn!(lane = self.name, %error, "not pinned");
                Ok(())
            }
            result => result,
        }
    }

    pub(crate) fn outcome(&mut self) -> LaneOutcome {
        let tallies = self.nodes.iter_mut().flat_map(Polled::tallies).collect();
        let middleware = self.nodes.iter().flat_map(Polled::middleware).collect();
        LaneOutcome { allowed: affinity::allowed_cores(), tallies, middleware }
    }
}
