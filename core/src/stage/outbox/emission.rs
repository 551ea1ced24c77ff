//! How what is emitted gets into a stream: stamped, and tested where something says what is allowed.

use super::Outbox;
use crate::condition::Test;
use crate::event::{Event, EventType, Slot};
use crate::stage::FaultKind;
use bytemuck::Zeroable;

impl Outbox {
    /// Hands an event on as it is, on the port of the given number; its source is the port's.
    #[inline]
    pub(crate) fn hand_on(&mut self, at: usize, event: &Slot) {
        self.emitted += 1;
        self.attention = true;
        let port = &mut self.ports[at];
        let source = port.source;
        self.blocked |= !port.write(self.turn, |slot| {
            *slot = *event;
            slot.header.source = source;
        });
    }

    /// What is emitted next has this tag in the place of its source.
    #[inline]
    pub(crate) fn tag_with(&mut self, tag: u16) {
        self.ports.iter_mut().for_each(|port| port.source = tag);
    }

    /// Writes the next event of a port.
    #[inline]
    pub(super) fn write<E: Event>(&mut self, at: usize, fill: impl FnOnce(&mut Slot)) {
        if self.emitted == self.max_emissions {
            return self.refuse(FaultKind::TooManyEmissions, E::TYPE);
        }
        let (cause, component) = (&self.cause, self.component);
        let root = if self.as_root == 0 { cause.root } else { self.as_root };
        let port = &mut self.ports[at];
        let source = port.source;
        let make = |slot: &mut Slot| {
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
        };
        let written = match &mut port.allowed {
            None => port.write(self.turn, make),
            Some(allowed) => {
                let mut event = Slot::zeroed();
                make(&mut event);
                if !allowed(&event) {
                    self.refused += 1;
                    return;
                }
                port.write(self.turn, |slot| *slot = event)
            }
        };
        self.emitted += 1;
        self.attention = true;
        self.blocked |= !written;
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
