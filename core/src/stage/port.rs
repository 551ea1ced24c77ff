//! One stream of an outbox.

use super::Stream;
use crate::condition::Test;
use crate::event::{EventType, Slot};
use bytemuck::Zeroable;
use std::collections::VecDeque;

/// One stream of an outbox and what waits for room in it.
pub(super) struct Port {
    pub(super) event: EventType,
    pub(super) source: u16,
    /// What may be emitted; all, where there is no such test.
    pub(super) allowed: Option<Test>,
    pub(super) stream: Stream,
    /// What waits for room. While anything does, the ring knows of none.
    pub(super) overflow: VecDeque<Slot>,
}

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    /// It is in the ring.
    InRing,
    /// It waits for room.
    Waits,
    /// It is not allowed, and gone.
    Refused,
}

impl Port {
    pub(super) fn new(event: EventType, source: u16, stream: Stream, most: usize) -> Self {
        Self { event, source, allowed: None, stream, overflow: VecDeque::with_capacity(most) }
    }

    /// Lets `fill` write the next event: all of it, since it finds there what was there before.
    #[inline]
    pub(super) fn write(&mut self, fill: impl FnOnce(&mut Slot)) -> Written {
        if self.allowed.is_none() && self.stream.producer.has_place() {
            self.stream.producer.write_with(fill);
            return Written::InRing;
        }
        self.write_aside(fill)
    }

    /// The same for an event that is not made in the ring: it may have to wait, or not be allowed.
    #[inline(never)]
    fn write_aside(&mut self, fill: impl FnOnce(&mut Slot)) -> Written {
        let mut event = Slot::zeroed();
        fill(&mut event);
        if self.allowed.as_mut().is_some_and(|allowed| !allowed(&event)) {
            return Written::Refused;
        }
        if self.overflow.is_empty() && self.stream.producer.write(&event) {
            return Written::InRing;
        }
        self.overflow.push_back(event);
        Written::Waits
    }

    /// Takes back what was written last.
    pub(super) fn take_back_last(&mut self) {
        if self.overflow.pop_back().is_none() {
            self.stream.producer.take_back(1);
        }
    }

    #[inline]
    pub(super) fn flush(&mut self) -> bool {
        while let Some(slot) = self.overflow.front()
            && self.stream.producer.write(slot)
        {
            self.overflow.pop_front();
        }
        if self.stream.producer.unpublished() == 0 {
            return self.stream.settle();
        }
        self.stream.publish();
        true
    }

    #[inline]
    pub(super) fn promise(&mut self, bound: u64) -> bool {
        let first_waiting = self.overflow.front().map_or(u64::MAX, |slot| slot.header.root);
        self.stream.promise(bound.min(first_waiting))
    }
}
