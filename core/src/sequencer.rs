//! The sequencer: numbers what enters.
//!
//! ```text
//!  input, or Running::publish --> [ root = next, source ] --> ingress streams
//! ```
//!
//! All sources pass it, so that every entering event gets a root of its own, counted from 1, and one
//! order holds for all streams. It notes the clock per root for whoever measures latency, once per
//! batch, and before it waits promises on all its streams that no smaller root will come.

use crate::event::{EventType, Header, Slot};
use crate::metrics::EntryClock;
use crate::ring::CLOSED;
use crate::stage::{Stream, Tally};
use crate::sync::Arc;
use crate::topology::{Entry, Port, Shared};
use std::time::{SystemTime, UNIX_EPOCH};

/// The writing end of an ingress stream.
pub(crate) struct Ingress {
    pub(crate) source: String,
    pub(crate) source_id: u16,
    pub(crate) event: EventType,
    pub(crate) stream: Stream,
}

/// Numbers events and writes them to the ingress streams.
pub(crate) struct Sequencer {
    ingresses: Vec<Ingress>,
    next_root: u64,
    entered: Option<(Arc<EntryClock>, quanta::Clock)>,
    shared: Arc<Shared>,
    /// How many events may still enter before the next turn.
    turn: usize,
}

impl Sequencer {
    pub(crate) fn new(
        ingresses: Vec<Ingress>,
        entered: Option<(Arc<EntryClock>, quanta::Clock)>,
        shared: Arc<Shared>,
    ) -> Self {
        Self { ingresses, next_root: 1, entered, shared, turn: usize::MAX }
    }

    /// Hands on what waits in relays, and promises on all streams that no root already given will
    /// come again. Gives whether anything moved.
    pub(crate) fn settle(&mut self) -> bool {
        self.settle_to(self.next_root)
    }

    /// Nothing will enter any more. Gives whether anything moved; what waits in relays is handed on
    /// first, so call it until nothing [is waiting](Self::is_waiting).
    pub(crate) fn close(&mut self) -> bool {
        self.shared.end_root.set(self.next_root);
        self.settle_to(CLOSED)
    }

    /// From now until the next turn at most this many events enter; more find no room.
    ///
    /// Where no reader of an ingress holds it back, and the stages run on the thread that enters
    /// events, they would otherwise not be called before all is lost.
    pub(crate) fn begin_turn(&mut self, most: usize) {
        self.turn = most;
    }

    /// Whether anything waits in a relay.
    pub(crate) fn is_waiting(&self) -> bool {
        self.ingresses.iter().any(|ingress| ingress.stream.is_waiting())
    }

    fn settle_to(&mut self, bound: u64) -> bool {
        let streams = self.ingresses.iter_mut().map(|ingress| &mut ingress.stream);
        streams.fold(false, |moved, stream| stream.settle() | stream.promise(bound) | moved)
    }

    /// Count and digest of each ingress stream.
    pub(crate) fn tallies(&self) -> Vec<Tally> {
        self.ingresses.iter().map(|ingress| ingress.stream.tally()).collect()
    }

    /// Roots given so far.
    pub(crate) fn entered(&self) -> u64 {
        self.next_root - 1
    }
}

impl Entry for Sequencer {
    fn port(&self, source: &str, event: EventType) -> Option<Port> {
        let mut ingresses = self.ingresses.iter();
        let key = ingresses.position(|port| port.source == source && port.event == event);
        key.map(|key| Port::of(self.shared.topology, key))
    }

    fn room(&mut self) -> usize {
        let rooms = self.ingresses.iter_mut().map(|port| port.stream.producer.look_for_room());
        rooms.min().unwrap_or(usize::MAX).min(self.turn)
    }

    fn enter(&mut self, port: Port, events: &[Slot]) -> usize {
        self.number(port, events.len(), |at, slots, stamp| {
            for (slot, event) in slots.iter_mut().zip(&events[at..]) {
                *slot = *event;
                stamp.number(slot);
            }
        })
    }

    fn enter_with(&mut self, port: Port, count: usize, fill: &mut dyn FnMut(&mut [Slot])) -> usize {
        self.number(port, count, |_, slots, stamp| {
            fill(slots);
            slots.iter_mut().for_each(|slot| stamp.number(slot));
        })
    }
}

/// What is written on each event that enters, and noted of them.
struct Stamp {
    root: u64,
    source: u16,
    /// The greatest event time.
    latest: u64,
}

impl Stamp {
    #[inline]
    fn number(&mut self, slot: &mut Slot) {
        slot.header.root = self.root;
        slot.header.source = self.source;
        self.root += 1;
        self.latest = self.latest.max(slot.header.ts_event);
    }
}

impl Sequencer {
    /// Has up to `count` events written and numbered, and publishes them; gives how many.
    #[inline]
    fn number(
        &mut self,
        port: Port,
        count: usize,
        mut write: impl FnMut(usize, &mut [Slot], &mut Stamp),
    ) -> usize {
        let key = port.in_topology(self.shared.topology);
        let key = key.unwrap_or_else(|| panic!("{port:?} is of another topology"));
        let ingress = &mut self.ingresses[key];
        let mut stamp = Stamp { root: self.next_root, source: ingress.source_id, latest: 0 };
        let producer = &mut ingress.stream.producer;
        // An input that panicked while it made events has left some behind, under roots not yet given.
        producer.take_back(producer.unpublished());
        let count = count.min(self.turn);
        let entered = producer.write_runs(count, |at, slots| write(at, slots, &mut stamp));
        self.next_root += entered as u64;
        self.turn -= entered;
        if entered > 0 {
            if let Some((entries, clock)) = &self.entered {
                entries.note(self.next_root, clock.raw());
            }
            ingress.stream.publish();
            self.shared.entered.set(self.next_root - 1);
            self.shared.event_time.raise(stamp.latest);
        }
        entered
    }
}

/// Stamps an event that has no capture time with the system's clock, which is read once for all
/// events that share `now`.
#[inline]
pub(crate) fn stamp_received(header: &mut Header, now: &mut Option<u64>) {
    if header.ts_recv == 0 {
        header.ts_recv = *now.get_or_insert_with(wall_clock);
    }
}

fn wall_clock() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
