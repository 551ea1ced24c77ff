//! What a lane polls.

use super::{Courier, Node};
use crate::stage::{Fault, Tally};
use crate::topology::StageFault;
use std::time::Duration;

/// What a lane polls: a stage that reads rings, or a courier that delivers from the journal.
#[allow(
    clippy::large_enum_variant,
    reason = "nearly all are nodes, polled in a row: a box each would be a line more to fetch"
)]
pub(crate) enum Polled {
    Node(Node),
    Courier(Box<Courier>),
}

impl Polled {
    pub(crate) fn name(&self) -> &str {
        match self {
            Polled::Node(node) => node.name(),
            Polled::Courier(courier) => courier.name(),
        }
    }

    #[inline]
    pub(crate) fn is_finished(&self) -> bool {
        match self {
            Polled::Node(node) => node.is_finished(),
            Polled::Courier(courier) => courier.is_finished(),
        }
    }

    /// Whether it has seen all its events: a fault from here on is its own alone.
    pub(super) fn is_ending(&self) -> bool {
        match self {
            Polled::Node(node) => node.is_ending(),
            Polled::Courier(courier) => courier.is_ending(),
        }
    }

    /// How long it may wait, unless it is woken.
    pub(super) fn waits(&self) -> Duration {
        match self {
            Polled::Node(node) => node.waits(),
            Polled::Courier(courier) => courier.waits(),
        }
    }

    pub(super) fn start(&mut self) -> Result<(), StageFault> {
        match self {
            Polled::Node(node) => node.start().map_err(|fault| fault_of(node, fault)),
            Polled::Courier(courier) => courier.start(),
        }
    }

    /// Handles what may be handled now. Gives whether anything moved.
    #[inline]
    pub(super) fn poll(&mut self) -> Result<bool, StageFault> {
        match self {
            Polled::Node(node) => node.poll().map_err(|fault| fault_of(node, fault)),
            Polled::Courier(courier) => courier.poll(),
        }
    }

    #[cold]
    pub(super) fn after_panic(&mut self) {
        match self {
            Polled::Node(node) => node.after_panic(),
            Polled::Courier(courier) => courier.after_panic(),
        }
    }

    /// A fault of it, and of no stage's call.
    #[cold]
    pub(super) fn fault(&self, fault: Fault) -> StageFault {
        match self {
            Polled::Node(node) => fault_of(node, fault),
            Polled::Courier(courier) => {
                let (stage, root, event) = (courier.name().to_owned(), courier.root(), None);
                StageFault { stage, root, event, fault }
            }
        }
    }

    /// Per stage: its place in topological order, the tallies of its streams.
    pub(super) fn tallies(&mut self) -> Vec<(usize, Vec<Tally>)> {
        match self {
            Polled::Node(node) => vec![node.tallies()],
            Polled::Courier(courier) => courier.tallies(),
        }
    }
}

#[cold]
fn fault_of(node: &Node, fault: Fault) -> StageFault {
    let event = node.failed_event();
    StageFault { stage: node.name().into(), root: node.root(), event, fault }
}
