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
    pub(super) overflow: VecDeque<Slot>,
    /// Written for the event of the turn `fresh_in`.
    fresh: usize,
    fresh_in: u64,
}

impl Port {
    pub(super) fn new(event: EventType, source: u16, stream: Stream, most: usize) -> Self {
        Self {
            event,
            source,
            allowed: None,
            stream,
            overflow: VecDeque::with_capacity(most),
            fresh: 0,
            fresh_in: 0,
        }
    }

    /// Lets `fill` write the next event. Gives whether it went to the ring; else it waits here.
    #[inline]
    pub(super) fn write(&mut self, turn: u64, fill: impl FnOnce(&mut Slot)) -> bool {
        let written = self.overflow.is_empty() && self.stream.producer.has_room();
        if written {
            self.stream.producer.write_with(fill);
        } else {
            let mut waiting = Slot::zeroed();
            fill(&mut waiting);
            self.overflow.push_back(waiting);
        }
        // Counted last: `fill` stamps the event, which is user code and may panic.
        self.fresh = if self.fresh_in == turn { self.fresh + 1 } else { 1 };
        self.fresh_in = turn;
        written
    }

    /// Takes back what was written in a turn.
    pub(super) fn take_back(&mut self, turn: u64) {
        if self.fresh_in != turn {
            return;
        }
        let waiting = self.fresh.min(self.overflow.len());
        self.overflow.truncate(self.overflow.len() - waiting);
        self.stream.producer.take_back(self.fresh - waiting);
        self.fresh = 0;
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
