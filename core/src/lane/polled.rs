//! What a lane polls.

use super::{Courier, Group, Node};
use crate::middleware::MiddlewareReport;
use crate::stage::{Fault, Tally};
use crate::topology::StageFault;
use std::time::Duration;

/// What a lane polls: a stage that reads rings, several that share a reader, or a courier that delivers
/// from the journal.
#[allow(
    clippy::large_enum_variant,
    reason = "nearly all are nodes, polled in a row: a box each would be a line more to fetch"
)]
pub(crate) enum Polled {
    Node(Node),
    Group(Box<Group>),
    Courier(Box<Courier>),
}

impl Polled {
    /// Names of its stages; a courier's own.
    pub(super) fn names(&self) -> Vec<&str> {
        match self {
            Polled::Node(node) => vec![node.name()],
            Polled::Group(group) => group.nodes().iter().map(Node::name).collect(),
            Polled::Courier(courier) => vec![courier.name()],
        }
    }

    #[inline]
    pub(crate) fn is_finished(&self) -> bool {
        match self {
            Polled::Node(node) => node.is_finished(),
            Polled::Group(group) => group.nodes().iter().all(Node::is_finished),
            Polled::Courier(courier) => courier.is_finished(),
        }
    }

    /// Whether it has seen all its events: a fault from here on is its own alone.
    pub(super) fn is_ending(&self) -> bool {
        match self {
            Polled::Node(node) => node.is_ending(),
            Polled::Group(group) => group.current().is_ending(),
            Polled::Courier(courier) => courier.is_ending(),
        }
    }

    /// How long it may wait, unless it is woken.
    pub(super) fn waits(&self) -> Duration {
        match self {
            Polled::Node(node) => node.waits(),
            Polled::Group(group) => {
                group.nodes().iter().map(Node::waits).min().unwrap_or(Duration::MAX)
            }
            Polled::Courier(courier) => courier.waits(),
        }
    }

    pub(super) fn start(&mut self) -> Result<(), StageFault> {
        match self {
            Polled::Node(node) => node.start().map_err(|fault| fault_of(node, fault)),
            Polled::Group(group) => {
                let started = group.start();
                started.map_err(|fault| fault_of(group.current(), fault))
            }
            Polled::Courier(courier) => courier.start(),
        }
    }

    /// Handles what may be handled now. Gives whether anything moved.
    #[inline]
    pub(super) fn poll(&mut self) -> Result<bool, StageFault> {
        match self {
            Polled::Node(node) => node.poll().map_err(|fault| fault_of(node, fault)),
            Polled::Group(group) => {
                let polled = group.poll();
                polled.map_err(|fault| fault_of(group.current(), fault))
            }
            Polled::Courier(courier) => courier.poll(),
        }
    }

    #[cold]
    pub(super) fn after_panic(&mut self) {
        match self {
            Polled::Node(node) => node.after_panic(),
            Polled::Group(group) => group.current_mut().after_panic(),
            Polled::Courier(courier) => courier.after_panic(),
        }
    }

    /// A fault of it, and of no stage's call.
    #[cold]
    pub(super) fn fault(&self, fault: Fault) -> StageFault {
        match self {
            Polled::Node(node) => fault_of(node, fault),
            Polled::Group(group) => fault_of(group.current(), fault),
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
            Polled::Group(group) => group.tallies(),
            Polled::Courier(courier) => courier.tallies(),
        }
    }

    /// Per stage the same of the middleware around it; there is none around what a courier calls.
    pub(super) fn middleware(&self) -> Vec<(usize, Vec<MiddlewareReport>)> {
        match self {
            Polled::Node(node) => vec![node.middleware()],
            Polled::Group(group) => group.nodes().iter().map(Node::middleware).collect(),
            Polled::Courier(_) => Vec::new(),
        }
    }
}

#[cold]
fn fault_of(node: &Node, fault: Fault) -> StageFault {
    let event = node.failed_event();
    StageFault { stage: node.name().into(), root: node.root(), event, fault }
}
