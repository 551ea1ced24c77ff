//! Stages: code that reads events and emits others.
//!
//! ```text
//!            inputs, merged by root                      one stream per type emitted
//!  stream a ----\   +---------------------------------+
//!                >--| on(&event, &mut outbox) -> Ok(()) |--> Outbox --> stream
//!  stream b ----/   +---------------------------------+
//! ```
//!
//! | item | what it is |
//! |---|---|
//! | [`Stage`] | the life cycle: start, end of a batch, stop |
//! | [`On`] | what a stage does with an event of one type |
//! | [`OnBatch`] | what it does with a whole slice of them |
//! | [`Outbox`] | where it emits |
//! | [`Component`] | a stage with what it takes and gives, ready to be named and routed |
//! | [`Fault`] | why it could not go on |
//! | [`OnError`], [`Retry`] | what happens then |
//! | [`Runs`] | on which lane it is called, where no lane names it |
//! | [`Reconciled`] | what a target knows of an attempt that ended unknown |
//!
//! A stage is called by one lane only, never blocks, and never learns which lane, which batch or
//! which ring it is on. The same input gives the same output wherever it runs.

mod batch;
mod component;
mod conflation;
mod consumer;
mod fault;
mod gather;
mod guard;
mod join;
mod outbox;
mod policy;
mod port;
mod relay;
mod run;
mod stream;

pub use batch::{BatchFault, EachBatch, OnBatch, each_batch};
pub(crate) use component::pass_on;
pub use component::{Builder, Component, Each, component, each};
pub(crate) use consumer::Consumer;
pub use consumer::Runs;
pub use fault::{Fault, FaultKind};
pub(crate) use gather::Gather;
pub(crate) use guard::{discard, fault_of_panic, guard, message_of_panic};
pub(crate) use join::{Tagger, join};
pub use outbox::Outbox;
pub(crate) use policy::Policy;
pub use policy::{OnError, Retry, restartable};
pub(crate) use relay::{Gate, OnFault, Relay};
pub(crate) use run::{Erased, Gone, Ran, Run};
pub(crate) use stream::{Stream, Tally};

use crate::event::{Event, Slot};

/// The life cycle of a stage; by default nothing happens.
pub trait Stage: Send {
    /// Before the first event. What is emitted here has root 0.
    ///
    /// # Errors
    /// A fault keeps the topology from starting.
    fn on_start(&mut self, _out: &mut Outbox) -> Result<(), Fault> {
        Ok(())
    }

    /// After the events of a poll. There is no outbox: how events were batched must not show in
    /// what a stage emits.
    ///
    /// # Errors
    /// A fault stops the topology; with [`OnError::Skip`] it is noted, with [`OnError::Restart`] a
    /// fresh stage goes on.
    fn on_batch_end(&mut self) -> Result<(), Fault> {
        Ok(())
    }

    /// After the last event. What is emitted here has the last root + 1. Not called where the topology
    /// was halted or a stage failed: what must not be lost then is done in `Drop`.
    ///
    /// # Errors
    /// A fault is reported by the stop.
    fn on_stop(&mut self, _out: &mut Outbox) -> Result<(), Fault> {
        Ok(())
    }

    /// Reliable tier: whether an event was done of which nobody knows how its last attempt ended,
    /// because it said so ([`Fault::unknown`]) or because the process ended before the outcome was
    /// recorded. Asked before the event is delivered again; by default it was not done, so that it is.
    ///
    /// # Errors
    /// It cannot be found out now: counts as a failed attempt.
    fn reconcile(&mut self, _event: &Slot) -> Result<Reconciled, Fault> {
        Ok(Reconciled::NotDone)
    }
}

/// What a stage knows of an event whose attempt ended unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reconciled {
    /// It was done: it is settled and not delivered again.
    Done,
    /// It was not done, or doing it twice does no harm, since whoever gets it knows it by its id.
    NotDone,
}

/// What a stage does with an event of type `E`.
pub trait On<E: Event>: Stage {
    /// Handles one event. What is emitted carries its root.
    ///
    /// # Errors
    /// What was emitted for the event is taken back; what happens then says [`OnError`].
    fn on(&mut self, event: &E, out: &mut Outbox) -> Result<(), Fault>;
}
