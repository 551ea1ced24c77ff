//! A sink that keeps what reached it.

use crate::event::Event;
use crate::stage::{Builder, Fault, On, Outbox, Stage, component};
use std::sync::{Arc, Mutex, PoisonError};

/// A sink that keeps what reached it. Clones are handles to the same record.
///
/// Takes a lock per event: for tests, not for speed.
#[derive(Debug)]
pub struct Recorder<E>(Arc<Mutex<Vec<E>>>);

impl<E> Clone for Recorder<E> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<E: Event> Default for Recorder<E> {
    fn default() -> Self {
        Self::new()
    }
}

impl<E: Event> Recorder<E> {
    /// An empty record.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::default())
    }

    /// A component that adds to this record.
    pub fn sink(&self) -> Builder<RecorderSink<E>> {
        component(RecorderSink(self.clone())).on::<E>()
    }

    /// What reached it so far, in order.
    #[must_use]
    pub fn events(&self) -> Vec<E> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The stage behind [`Recorder::sink`].
#[derive(Debug)]
pub struct RecorderSink<E>(Recorder<E>);

impl<E: Event> Stage for RecorderSink<E> {}

impl<E: Event> On<E> for RecorderSink<E> {
    fn on(&mut self, event: &E, _out: &mut Outbox) -> Result<(), Fault> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner).push(*event);
        Ok(())
    }
}
