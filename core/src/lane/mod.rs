//! Lanes: threads that poll stages.
//!
//! ```text
//!  duty cycle:  node 0 -> node 1 -> ... -> node n -> (housekeeping) -> moved? again : wait
//!
//!  node:        inputs (merged by root) -> stage -> outbox -> streams
//! ```
//!
//! | item | what it is |
//! |---|---|
//! | [`Input`] | one input of a stage: a reader, the stream's progress, what was kept aside |
//! | [`Node`] | a stage on its lane: merges its inputs, runs the stage, publishes, promises |
//! | [`Failures`] | what a node does when its stage fails |
//! | [`Group`] | nodes that share a reader, each for some instruments |
//! | [`Courier`] | the stages of a reliable route, fed from the journal |
//! | [`Polled`] | any of them: a node, a group, a courier |
//! | [`Lane`] | nodes in topological order and the thread that polls them |
//!
//! A lane never blocks: a node whose output is full is simply not run, and waiting happens in one
//! place, between duty cycles.
//!
//! # Order
//!
//! Every event carries its root, the sequence of the entering event it descends from. Every stream
//! promises a *bound*: the least root that may still come (progress + 1). For each input the least
//! root it can still give is that of its head, or, when empty, its bound; the event taken next is
//! the head of the input with the least (root, input). If that input is empty, the node waits for
//! it and for nothing else: for progress, not for luck. So the order in which a stage sees events
//! depends on the streams alone, never on lanes, batches or speed.
//!
//! The protocol, whose parts were each found necessary by random graphs with rings of 2 to 8 slots:
//! * A reader loads bound, then cursor, reads slots, then releases. A writer looks at gates, writes
//!   slots, publishes the cursor, then the bound.
//! * A node promises the least root its inputs can still give, or the root of the first event that
//!   waits for room, whichever is less; also when it consumed nothing and while a sibling stream is
//!   full. A node that waits for room looks at its empty inputs again first: a promise from what it
//!   knew when it was last run let rings of 4 slots hang.
//! * Inputs are released when their events were handled, not when what they caused was published.
//! * One root may yield more events than a ring holds and reach a merge by two paths. So a merge that
//!   took nothing and sees an input ring full of one root keeps its events aside, in a queue that
//!   never holds more than one root's. A step that reads after another does, too: that may be the merge, and
//!   the writer waits for both. Nothing else does: the queue takes memory when it is first used.

mod courier;
mod dealt;
mod failure;
mod group;
mod input;
mod lossy;
#[cfg(all(test, loom))]
mod models;
mod node;
mod polled;
mod thread;

pub(crate) use courier::{Courier, CourierParts, From, Intake, Recovered, Step, StepLink, recover};
use dealt::Dealt;
pub(crate) use failure::Failures;
pub(crate) use group::Group;
pub(crate) use input::{AnyReader, Input};
use lossy::Lossy;
pub(crate) use node::{Node, NodeParts};
pub(crate) use polled::Polled;
pub(crate) use thread::{Grave, Lane, LaneOutcome};
