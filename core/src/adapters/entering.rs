//! What all inputs of this folder do with what they took.

use crate::event::{Event, Slot};
use crate::sequencer::stamp_received;
use crate::source::SourceError;
use crate::topology::{Entry, Port};
use std::marker::PhantomData;

/// Most events that are taken from outside at once.
const MOST: usize = 256;

/// Takes events of a type into the ingress stream of a source.
pub(super) struct Entering<E> {
    source: String,
    port: Option<Port>,
    batch: Vec<Slot>,
    event: PhantomData<fn(E)>,
}

impl<E: Event> Entering<E> {
    pub(super) fn new(source: impl Into<String>) -> Self {
        let batch = Vec::with_capacity(MOST);
        Self { source: source.into(), port: None, batch, event: PhantomData }
    }

    /// How many may be taken from outside now.
    pub(super) fn room(&mut self, entry: &mut dyn Entry) -> Result<usize, SourceError> {
        if self.port.is_none() {
            self.port = entry.port(&self.source, E::TYPE);
        }
        match self.port {
            Some(_) => Ok(entry.room().min(MOST)),
            None => Err(SourceError {
                message: format!("no {} enters from `{}`", E::TYPE, self.source),
                help: "route it, or declare the source".into(),
                ..SourceError::default()
            }),
        }
    }

    /// Adds one that was taken.
    pub(super) fn take(&mut self, event: &E) {
        self.batch.push(*Slot::of(event));
    }

    /// Enters all that were taken, for which there is room.
    pub(super) fn enter(&mut self, entry: &mut dyn Entry) {
        let (Some(port), false) = (self.port, self.batch.is_empty()) else { return };
        let mut now = None;
        self.batch.iter_mut().for_each(|slot| stamp_received(&mut slot.header, &mut now));
        let entered = entry.enter(port, &self.batch);
        assert_eq!(entered, self.batch.len(), "an entry has the room that it says");
        self.batch.clear();
    }
}
