//! The handle of an ingress, and the rings that nobody holds.

use super::IngressProducer;
use super::door::Door;
use crate::event::{Event, EventType};
use crate::metrics::Counter;
use crate::ring::{CapacityError, Producer};
use crate::sync::{Arc, Mutex};
use crate::topology::memory::readable;
use std::marker::PhantomData;
use std::ops::DerefMut;
use std::sync::PoisonError;
use std::time::Duration;

/// Most threads that may publish into one ingress at a time.
pub(super) const MOST_PRODUCERS: usize = 1024;

/// How an ingress is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IngressOptions {
    /// Threads that may publish at a time: as many rings are built. 1 to 1024.
    pub max_producers: usize,
    /// Slots of each ring, a power of two.
    pub capacity: usize,
    /// In which order the rings are merged.
    pub order: Order,
}

impl Default for IngressOptions {
    /// 8 rings of 1024 slots, merged as events arrive.
    fn default() -> Self {
        Self { max_producers: 8, capacity: 1024, order: Order::Arrival }
    }
}

/// In which order events of several threads enter. Those of one thread keep theirs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// As they arrive: round robin, a run of each ring at a time.
    #[default]
    Arrival,
    /// By `ts_event`.
    Time {
        /// How long a thread that publishes nothing holds up the others.
        max_wait: Duration,
    },
}

/// Why an ingress cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IngressError {
    /// The topology has no such ingress stream.
    #[error("no {event} enters from `{from}`; what enters: {known}")]
    NoStream {
        /// The source asked for.
        from: String,
        /// The event type asked for.
        event: EventType,
        /// What there is.
        known: String,
    },
    /// No producers, or too many.
    #[error("an ingress of {0} producers; let `max_producers` be 1 to {MOST_PRODUCERS}")]
    Producers(usize),
    /// No ring can have this capacity.
    #[error(transparent)]
    Capacity(#[from] CapacityError),
    /// Its rings are larger than the machine's memory.
    #[error(
        "the rings of this ingress take {bytes} bytes ({}), and the machine has {memory}; lower its \
         `capacity` or `max_producers`",
        readable(*bytes)
    )]
    Memory {
        /// Bytes they take.
        bytes: u64,
        /// Bytes the machine has.
        memory: u64,
    },
}

/// Why there is no producer to be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProducerError {
    /// Other threads hold all rings.
    #[error(
        "{0} threads hold all rings of this ingress; raise its `max_producers`, or drop a producer"
    )]
    AllTaken(usize),
    /// The topology has stopped or is being drained.
    #[error("the ingress is closed: its topology has stopped, or is being drained")]
    Closed,
}

/// What came in by an ingress.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IngressReport {
    /// Source of its events.
    pub source: String,
    /// Their type.
    pub event: EventType,
    /// Events that reached the sequencer.
    pub entered: u64,
    /// Events in its rings when it closed that did not reach the sequencer, because the topology
    /// was halted. 0 before it is closed.
    pub left_over: u64,
    /// Of those that entered, how many came after one with a later `ts_event`. Counted where the
    /// order is that of time.
    pub late: u64,
    /// Threads that hold a ring.
    pub producers: usize,
    /// Most threads that held one at a time.
    pub most_producers: usize,
}

/// Hands out one ring per thread, see the [module](super). Clones are handles to the same ingress.
pub struct Ingress<E: Event> {
    common: Arc<Common>,
    event: PhantomData<fn(E)>,
}

impl<E: Event> Clone for Ingress<E> {
    fn clone(&self) -> Self {
        Self::new(self.common.clone())
    }
}

impl<E: Event> std::fmt::Debug for Ingress<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Ingress").field(&self.report()).finish()
    }
}

impl<E: Event> Ingress<E> {
    pub(super) fn new(common: Arc<Common>) -> Self {
        Self { common, event: PhantomData }
    }

    /// A ring that nobody holds, for one thread. Takes a lock: not for every event.
    ///
    /// # Errors
    /// When threads hold all rings, or the ingress is closed.
    pub fn producer(&self) -> Result<IngressProducer<E>, ProducerError> {
        let mut pool = self.common.pool();
        if pool.closed {
            return Err(ProducerError::Closed);
        }
        let most = self.common.seats.len();
        let (seat, ring) = pool.free.pop().ok_or(ProducerError::AllTaken(most))?;
        pool.most_taken = pool.most_taken.max(most - pool.free.len());
        self.common.seats[seat].door.hold(true);
        drop(pool);
        Ok(IngressProducer::new(self.common.clone(), seat, ring))
    }

    /// What came in so far. The numbers may be of slightly different moments.
    #[must_use]
    pub fn report(&self) -> IngressReport {
        self.common.report()
    }
}

/// What the handles, the producers and the sequencer share of one ingress.
#[derive(Debug)]
pub(super) struct Common {
    pub(super) source: String,
    pub(super) event: EventType,
    pub(super) seats: Box<[Seat]>,
    pool: Mutex<Pool>,
    /// Written by the sequencer.
    pub(super) late: Counter,
    /// Written by the sequencer.
    pub(super) left_over: Counter,
}

/// What belongs to one ring.
#[derive(Debug)]
pub(super) struct Seat {
    pub(super) door: Door,
    /// Events that reached the sequencer. Written by it.
    pub(super) entered: Counter,
}

/// The rings that nobody holds.
#[derive(Debug)]
struct Pool {
    free: Vec<(usize, Producer)>,
    most_taken: usize,
    closed: bool,
}

impl Common {
    pub(super) fn new(source: &str, event: EventType, rings: Vec<Producer>) -> Self {
        let seat = |_: &Producer| Seat { door: Door::new(), entered: Counter::default() };
        let seats = rings.iter().map(seat).collect();
        // The first ring is handed out first.
        let free = rings.into_iter().enumerate().rev().collect();
        Self {
            source: source.into(),
            event,
            seats,
            pool: Mutex::new(Pool { free, most_taken: 0, closed: false }),
            late: Counter::default(),
            left_over: Counter::default(),
        }
    }

    fn pool(&self) -> impl DerefMut<Target = Pool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a ring back from the thread that held it.
    pub(super) fn give_back(&self, seat: usize, ring: Producer) {
        let mut pool = self.pool();
        self.seats[seat].door.hold(false);
        pool.free.push((seat, ring));
    }

    /// No ring is handed out any more.
    pub(super) fn close_pool(&self) {
        self.pool().closed = true;
    }

    pub(super) fn report(&self) -> IngressReport {
        let pool = self.pool();
        IngressReport {
            source: self.source.clone(),
            event: self.event,
            entered: self.seats.iter().map(|seat| seat.entered.get()).sum(),
            left_over: self.left_over.get(),
            late: self.late.get(),
            producers: self.seats.len() - pool.free.len(),
            most_producers: pool.most_taken,
        }
    }
}
