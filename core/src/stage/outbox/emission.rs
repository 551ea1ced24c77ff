//! How what is emitted gets into a stream: stamped, and tested where something says what is allowed.

use super::Outbox;
use crate::condition::Test;
use crate::event::{Event, EventType, Slot};
use crate::stage::port::{Port, Written};

impl Outbox {
    /// Hands an event on as it is, on the port of the given number; its source is the port's.
    #[inline]
    pub(crate) fn hand_on(&mut self, at: usize, event: &Slot) {
        let port = &mut self.ports[at];
        let source = port.source;
        let written = port.write(|slot| {
            *slot = *event;
            slot.header.source = source;
        });
        self.blocked |= written == Written::Waits;
        self.emissions[self.emitted] = port.event.id;
        self.emitted += 1;
        self.attention = true;
    }

    /// What is emitted next has this tag in the place of its source.
    #[inline]
    pub(crate) fn tag_with(&mut self, tag: u16) {
        self.ports.iter_mut().for_each(|port| port.source = tag);
    }

    /// Writes the next event of a type.
    #[inline]
    pub(super) fn write<E: Event>(&mut self, fill: impl FnOnce(&mut Slot)) {
        let (Some(port), Some(emission)) =
            (port_of(&mut self.ports, E::TYPE.id), self.emissions.get_mut(self.emitted))
        else {
            return self.refuse(E::TYPE);
        };
        let (cause, component, source) = (&self.cause, self.component, port.source);
        let root = if self.as_root == 0 { cause.root } else { self.as_root };
        let written = port.write(move |slot| {
            fill(slot);
            bytemuck::cast_mut::<Slot, E>(slot).stamp(component);
            let header = &mut slot.header;
            header.root = root;
            header.ts_recv = cause.ts_recv;
            header.source = source;
            if header.ts_event == 0 {
                header.ts_event = cause.ts_event;
            }
            if header.instrument == 0 {
                header.instrument = cause.instrument;
            }
        });
        match written {
            Written::InRing => {}
            Written::Waits => self.blocked = true,
            Written::Refused => {
                self.refused += 1;
                return;
            }
        }
        // Noted last: `fill` and `stamp` are user code and may panic.
        *emission = E::TYPE.id;
        self.emitted += 1;
        self.attention = true;
    }

    /// Of the events of a stream only those that pass a test may be emitted.
    pub(crate) fn allow(&mut self, event: EventType, allowed: Test) {
        if let Some(port) = self.ports.iter_mut().find(|port| port.event == event) {
            port.allowed = Some(allowed);
        }
    }

    /// Emissions that were not allowed; `None` where all are.
    pub(crate) fn refused(&self) -> Option<u64> {
        self.ports.iter().any(|port| port.allowed.is_some()).then_some(self.refused)
    }

    /// Most events in a slice.
    pub(crate) fn limit_slices(&mut self, most: usize) {
        self.most_in_slice = most;
    }

    /// Most events in a slice. Those that pass on to later steps go one by one: there is room for one.
    #[inline]
    pub(in crate::stage) fn most_in_slice(&self) -> usize {
        if self.passing { 1 } else { self.most_in_slice }
    }
}

/// The port of an event type. Most stages have one.
#[inline]
fn port_of(ports: &mut [Port], id: u8) -> Option<&mut Port> {
    let (first, others) = ports.split_first_mut()?;
    if first.event.id == id { Some(first) } else { port_among(others, id) }
}

#[inline(never)]
fn port_among(ports: &mut [Port], id: u8) -> Option<&mut Port> {
    ports.iter_mut().find(|port| port.event.id == id)
}
