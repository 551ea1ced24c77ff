//! The latest event per interval.

use super::{Due, Middleware, Passing, Verdict};
use crate::condition::Fields;
use crate::event::Slot;
use std::collections::{HashMap, VecDeque};
use std::time::Duration;

/// Type, instrument and kind of an event.
type Key = (u8, u32, u8);

/// The latest event of each instrument and kind per interval of event time.
///
/// The first event passes at once and begins an interval. The latest of those that come within it passes
/// when it is over, which is when an event of any instrument at that time or later comes, and begins the
/// next one. What is held after the last event passes then: nothing is forgotten. The event that passes
/// late keeps its `ts_event` and has the root of the one that shows that its time has come.
#[derive(Clone, Debug)]
pub struct Throttle {
    interval: u64,
    /// The latest event of an interval that is under way, if any came.
    held: HashMap<Key, Option<(Fields, Slot)>>,
    /// Intervals under way, the one that ends first in front.
    ends: VecDeque<(u64, Key)>,
}

impl Throttle {
    /// One event per so much event time.
    #[must_use]
    pub fn new(interval: Duration) -> Self {
        let interval = u64::try_from(interval.as_nanos()).unwrap_or(u64::MAX);
        Self { interval, held: HashMap::new(), ends: VecDeque::new() }
    }
}

impl Middleware for Throttle {
    fn name(&self) -> &str {
        "throttle"
    }

    fn before(&mut self, event: &Passing<'_>, due: &mut Due) -> Verdict {
        while let Some(&(end, key)) = self.ends.front()
            && end <= event.now
        {
            self.ends.pop_front();
            match self.held.remove(&key).flatten() {
                None => {}
                Some((fields, slot)) => {
                    due.push(fields, slot);
                    self.held.insert(key, None);
                    self.ends.push_back((event.now.saturating_add(self.interval), key));
                }
            }
        }
        let header = &event.slot.header;
        let key = (event.event.event.id, header.instrument, header.kind);
        match self.held.get_mut(&key) {
            Some(held) => {
                *held = Some((event.event, *event.slot));
                Verdict::Hold
            }
            None => {
                self.held.insert(key, None);
                self.ends.push_back((event.now.saturating_add(self.interval), key));
                Verdict::Pass
            }
        }
    }

    fn rest(&mut self, due: &mut Due) {
        for (_, key) in self.ends.drain(..) {
            if let Some((fields, slot)) = self.held.remove(&key).flatten() {
                due.push(fields, slot);
            }
        }
    }
}
