//! The sequencer's end of the ingresses.

use super::handle::{Common, MOST_PRODUCERS};
use super::merge::Merge;
use super::{Ingress, IngressError, IngressOptions, IngressReport};
use crate::event::{Event, EventType, SLOT_BYTES, Slot};
use crate::ring::{MAX_CAPACITY, RingBuilder, Span};
use crate::sync::Arc;
use crate::topology::memory::of_machine;
use crate::topology::{Entry, Port};
use quanta::Clock;
use std::time::Duration;

/// The sequencer's end of an ingress: merges its rings.
struct Inlet {
    common: Arc<Common>,
    port: Port,
    merge: Merge,
}

/// The sequencer's ends of all ingresses of a topology. Dropping it closes them.
#[derive(Default)]
pub(crate) struct Inlets {
    /// The topology's number.
    topology: u64,
    inlets: Vec<Inlet>,
    closed: bool,
}

impl Inlets {
    /// None yet, for the topology of this number.
    pub(crate) fn of(topology: u64) -> Self {
        Self { topology, inlets: Vec::new(), closed: false }
    }

    /// One more, for the ingress stream that is the topology's `port`-th.
    pub(crate) fn open<E: Event>(
        &mut self,
        streams: &[(String, EventType)],
        source: &str,
        options: IngressOptions,
        clock: Clock,
    ) -> Result<Ingress<E>, IngressError> {
        let mut places = streams.iter();
        let Some(port) = places.position(|(from, event)| from == source && *event == E::TYPE)
        else {
            let known = streams.iter().map(|(source, event)| format!("{event} from `{source}`"));
            let known = known.collect::<Vec<_>>().join(", ");
            return Err(IngressError::NoStream { from: source.into(), event: E::TYPE, known });
        };
        if !(1..=MOST_PRODUCERS).contains(&options.max_producers) {
            return Err(IngressError::Producers(options.max_producers));
        }
        let bytes = options.max_producers as u64 * options.capacity.min(MAX_CAPACITY) as u64;
        let (bytes, memory) = (bytes * SLOT_BYTES as u64, of_machine());
        if bytes > memory {
            return Err(IngressError::Memory { bytes, memory });
        }
        let (mut rings, mut readers) = (Vec::new(), Vec::new());
        for _ in 0..options.max_producers {
            let mut ring = RingBuilder::<Slot>::new(options.capacity)?;
            ring.span(Span::TwoThreads);
            ring.reader();
            let (producer, reader) = ring.build();
            rings.push(producer);
            readers.extend(reader);
        }
        let common = Arc::new(Common::new(source, E::TYPE, rings));
        let merge = Merge::new(readers, options.order, clock);
        let port = Port::of(self.topology, port);
        self.inlets.push(Inlet { common: common.clone(), port, merge });
        Ok(Ingress::new(common))
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.inlets.is_empty()
    }

    /// Lets some events of each enter. Gives whether any did.
    pub(crate) fn poll(&mut self, entry: &mut dyn Entry) -> bool {
        let poll =
            |moved, inlet: &mut Inlet| inlet.merge.poll(&inlet.common, entry, inlet.port) | moved;
        self.inlets.iter_mut().fold(false, poll)
    }

    /// How long nothing will enter unless something is published.
    pub(crate) fn waits(&self) -> Duration {
        self.inlets.iter().map(|inlet| inlet.merge.waits()).min().unwrap_or(Duration::MAX)
    }

    /// Closes them. What was published before is taken in where it `may_enter`; what is published
    /// from here on is refused.
    pub(crate) fn close(&mut self, may_enter: bool) {
        if std::mem::replace(&mut self.closed, true) {
            return;
        }
        for Inlet { common, merge, .. } in &mut self.inlets {
            common.close_pool();
            merge.close(common, may_enter);
        }
    }

    /// After the close: whether all that was taken in has entered.
    pub(crate) fn is_drained(&self) -> bool {
        self.inlets.iter().fold(true, |all, inlet| inlet.merge.is_drained(&inlet.common) & all)
    }

    /// What came in by each.
    pub(crate) fn reports(&self) -> Vec<IngressReport> {
        self.inlets.iter().map(|inlet| inlet.common.report()).collect()
    }
}

impl Drop for Inlets {
    fn drop(&mut self) {
        self.close(false);
    }
}
