//! Nodes in topological order and the thread that polls them.

use super::{Group, Node};
use crate::affinity;
use crate::metrics::{LaneWord, On, Words};
use crate::middleware::MiddlewareReport;
use crate::stage::{Fault, Tally, fault_of_panic};
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
    pub(crate) units: Vec<Unit>,
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

/// What a lane polls.
pub(crate) enum Unit {
    /// A node by itself.
    Node(Box<Node>),
    /// Nodes that share a reader.
    Group(Box<Group>),
}

impl Unit {
    fn nodes(&self) -> &[Node] {
        match self {
            Unit::Node(node) => std::slice::from_ref(node),
            Unit::Group(group) => group.nodes(),
        }
    }

    fn nodes_mut(&mut self) -> &mut [Node] {
        match self {
            Unit::Node(node) => std::slice::from_mut(node),
            Unit::Group(group) => group.nodes_mut(),
        }
    }
}

/// Where lanes leave their nodes when they end, until the last of them has ended.
///
/// A node that is gone closes its streams and lets its followers go on. While another lane may not
/// yet have noticed a halt, it would take that for a proper end: handle events that a failed check
/// was to see first, or merge without the input that failed.
#[derive(Clone, Default)]
pub(crate) struct Grave(Arc<Mutex<Vec<Node>>>);

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
        let stages: Vec<_> = self.nodes().map(Node::name).collect();
        tracing::debug!(
            lane = self.name,
            cpu = self.cpu,
            wait = self.wait.name(),
            ?stages,
            "starts"
        );
        for node in self.units.iter_mut().flat_map(Unit::nodes_mut) {
            match catch_unwind(AssertUnwindSafe(|| node.start())) {
                Ok(Ok(())) => {}
                Ok(Err(fault)) => return Err(fault_of(node, fault)),
                Err(panic) => return Err(fault_of(node, fault_of_panic(panic))),
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
        let mut moved = false;
        for unit in &mut self.units {
            let polled = match unit {
                Unit::Node(node) => poll(node, &self.shared, &mut moved),
                Unit::Group(group) => poll_group(group, &self.shared, &mut moved),
            };
            if let Err(failed) = polled {
                return failed;
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

    fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.units.iter().flat_map(Unit::nodes)
    }

    /// Whether all its stages are finished, or the topology is halted.
    #[inline]
    pub(crate) fn is_over(&self) -> bool {
        self.shared.is_halted() || self.nodes().all(Node::is_finished)
    }

    /// How long it may wait, unless it is woken: until an event that was put off or failed is to be
    /// tried again.
    pub(crate) fn may_rest(&self) -> Duration {
        self.nodes().map(Node::waits).min().unwrap_or(Duration::MAX)
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
        let Self { units, grave, .. } = self;
        let nodes = units.into_iter().flat_map(|unit| match unit {
            Unit::Node(node) => vec![*node],
            Unit::Group(group) => group.into_nodes(),
        });
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
        for unit in &mut self.units {
            if let Unit::Group(group) = unit {
                group.close_accounts();
            }
        }
        let tallies = self.units.iter_mut().flat_map(Unit::nodes_mut).map(Node::tallies).collect();
        let middleware = self.nodes().map(Node::middleware).collect();
        LaneOutcome { allowed: affinity::allowed_cores(), tallies, middleware }
    }
}

/// Polls a node; an error says that the topology halts for it, and what a cycle gives then.
#[inline]
fn poll(node: &mut Node, shared: &Shared, moved: &mut bool) -> Result<(), bool> {
    if node.is_finished() {
        return Ok(());
    }
    // Nothing is polled again after a panic, so nobody sees what the stage left behind.
    match catch_unwind(AssertUnwindSafe(|| node.poll())) {
        Ok(Ok(progress)) => *moved |= progress,
        // Its events are all handled; the others go on to theirs.
        Ok(Err(fault)) if node.is_ending() => shared.note(fault_of(node, fault)),
        Ok(Err(fault)) => return Err(shared.fail(fault_of(node, fault))),
        Err(panic) => {
            node.after_panic();
            return Err(shared.fail(fault_of(node, fault_of_panic(panic))));
        }
    }
    Ok(())
}

/// Polls the nodes of a group that have something to do.
fn poll_group(group: &mut Group, shared: &Shared, moved: &mut bool) -> Result<(), bool> {
    *moved |= group.deal();
    for number in 0..group.ready() {
        poll(group.ready_node(number), shared, moved)?;
    }
    group.settle();
    Ok(())
}

fn fault_of(node: &Node, fault: Fault) -> StageFault {
    let event = node.failed_event();
    StageFault { stage: node.name().into(), root: node.root(), event, fault }
}
