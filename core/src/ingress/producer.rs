//! One thread's end of an ingress.

use super::handle::{Common, Seat};
use crate::event::{Event, Slot};
use crate::ring::Producer;
use crate::sequencer::stamp_received;
use crate::sync::Arc;
use crate::wait::{Bed, Wait, Waiter};
use std::marker::PhantomData;
use std::time::Duration;

/// Why an event was not published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// The ring has no room. Never given by what waits for it.
    #[error(
        "the ring is full: the sequencer has not taken in what it holds; wait with `publish`, or \
         give the ingress a larger `capacity`"
    )]
    Full,
    /// The topology has stopped or is being drained.
    #[error("the ingress is closed: the first {position} events of this producer were taken in")]
    Closed {
        /// How many events of this producer were taken in: all with smaller positions, no others.
        position: u64,
    },
}

/// One thread's end of its own ring. Dropping it gives the ring back, with what is in it.
///
/// *Position* counts the events of this producer from 0. Where `ts_recv` is 0 it is stamped with the
/// system's clock, once per call. Every call costs a fence, so a batch is cheaper than its events.
pub struct IngressProducer<E: Event> {
    common: Arc<Common>,
    seat: usize,
    /// There until it is given back.
    ring: Option<Producer>,
    /// Sequence of its first event in the ring.
    base: u64,
    /// Set when it was found closed.
    closed_at: Option<u64>,
    waiter: Waiter,
    event: PhantomData<fn(E)>,
}

impl<E: Event> std::fmt::Debug for IngressProducer<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IngressProducer")
            .field("source", &self.common.source)
            .field("seat", &self.seat)
            .field("position", &self.position())
            .finish_non_exhaustive()
    }
}

impl<E: Event> IngressProducer<E> {
    pub(super) fn new(common: Arc<Common>, seat: usize, ring: Producer) -> Self {
        let base = ring.sequence();
        let waiter = Waiter::new(Wait::Backoff, Bed::new());
        let event = PhantomData;
        Self { common, seat, ring: Some(ring), base, closed_at: None, waiter, event }
    }

    /// Publishes an event and gives its position. Waits while the ring is full: spins, yields, then
    /// sleeps up to a millisecond at a time.
    ///
    /// Not for a stage of the same topology, which would hold up its own lane; use
    /// [`Self::try_publish`] there.
    ///
    /// # Errors
    /// [`PublishError::Closed`].
    pub fn publish(&mut self, event: &E) -> Result<u64, PublishError> {
        self.publish_all(std::slice::from_ref(event)).map(|next| next - 1)
    }

    /// Publishes events in their order and gives the position after the last one: how many it has
    /// published so far. Waits as [`Self::publish`].
    ///
    /// # Errors
    /// [`PublishError::Closed`], whose position tells how many of the events were still taken in.
    pub fn publish_all(&mut self, mut events: &[E]) -> Result<u64, PublishError> {
        while !events.is_empty() {
            match self.put(events) {
                Ok(count) => {
                    events = &events[count..];
                    self.waiter.reset();
                }
                Err(PublishError::Full) => self.waiter.idle(Duration::MAX),
                Err(closed) => return Err(closed),
            }
        }
        Ok(self.position())
    }

    /// Publishes an event and gives its position. Does not wait.
    ///
    /// # Errors
    /// [`PublishError::Full`] when there is no room, [`PublishError::Closed`].
    pub fn try_publish(&mut self, event: &E) -> Result<u64, PublishError> {
        self.put(std::slice::from_ref(event)).map(|_| self.position() - 1)
    }

    /// Position of the next event: how many were published.
    #[must_use]
    pub fn position(&self) -> u64 {
        let published = self.ring().sequence() - self.base;
        self.closed_at.map_or(published, |closed_at| closed_at.min(published))
    }

    /// How many of this producer's events have reached the sequencer so far.
    #[must_use]
    pub fn entered(&self) -> u64 {
        self.seat().entered.get().saturating_sub(self.base)
    }

    /// Publishes as many as there is room for, at least one.
    #[inline]
    fn put(&mut self, events: &[E]) -> Result<usize, PublishError> {
        if let Some(position) = self.closed_at {
            return Err(PublishError::Closed { position });
        }
        let ring = self.ring.as_mut().expect("there until it is given back");
        let first = ring.sequence();
        let mut now = None;
        let count = ring.write_runs(events.len(), |at, slots| {
            for (slot, event) in slots.iter_mut().zip(&events[at..]) {
                *slot = *Slot::of(event);
                stamp_received(&mut slot.header, &mut now);
            }
        });
        if count == 0 {
            let limit = self.seat().door.limit();
            return Err(limit.map_or(PublishError::Full, |limit| self.closed(limit)));
        }
        ring.publish();
        match self.seat().door.after_publishing() {
            None => Ok(count),
            Some(limit) => {
                let closed = self.closed(limit);
                if first + count as u64 <= limit { Ok(count) } else { Err(closed) }
            }
        }
    }

    #[cold]
    fn closed(&mut self, limit: u64) -> PublishError {
        // A halt may leave over what the last holder of the ring had published, too.
        let position = limit.saturating_sub(self.base);
        self.closed_at = Some(position);
        PublishError::Closed { position }
    }

    fn ring(&self) -> &Producer {
        self.ring.as_ref().expect("there until it is given back")
    }

    fn seat(&self) -> &Seat {
        &self.common.seats[self.seat]
    }
}

impl<E: Event> Drop for IngressProducer<E> {
    fn drop(&mut self) {
        if let Some(ring) = self.ring.take() {
            self.common.give_back(self.seat, ring);
        }
    }
}
