//! An input for a whole topology.

use crate::event::{Event, EventType, Slot};
use crate::source::SourceError;
use crate::topology::{Entry, Flow, Input};
use std::collections::VecDeque;

/// An input that enters the events it was given, in their order, so many per poll.
///
/// ```
/// use pitlane::Tier;
/// use pitlane::event::{MarketData, Side};
/// use pitlane::testing::{Recorder, Script};
/// use pitlane::topology::{Lanes, Plan};
///
/// let seen = Recorder::<MarketData>::new();
/// let mut plan = Plan::new();
/// plan.route::<MarketData>("feed", Tier::FAST, seen.sink()).lanes(Lanes::Fused);
///
/// let mut script = Script::new();
/// script.event("feed", MarketData::trade(1, 0, 100, 1, Side::Bid));
/// plan.check().expect("no mistakes").run(&mut script).expect("it starts");
/// assert_eq!(seen.events()[0].header.root, 1);
/// ```
#[derive(Clone, Debug)]
pub struct Script {
    events: VecDeque<(String, EventType, Slot)>,
    per_poll: usize,
}

impl Default for Script {
    fn default() -> Self {
        Self::new()
    }
}

impl Script {
    /// An empty script.
    #[must_use]
    pub fn new() -> Self {
        Self { events: VecDeque::new(), per_poll: usize::MAX }
    }

    /// Adds an event of a source.
    pub fn event<E: Event>(&mut self, source: &str, event: E) -> &mut Self {
        self.events.push_back((source.into(), E::TYPE, Slot::from_event(event)));
        self
    }

    /// Enters at most so many events per poll.
    pub fn per_poll(&mut self, events: usize) -> &mut Self {
        self.per_poll = events.max(1);
        self
    }
}

impl Input for Script {
    fn poll(&mut self, entry: &mut dyn Entry) -> Result<Flow, SourceError> {
        for _ in 0..self.per_poll {
            let Some((source, event, slot)) = self.events.front() else { return Ok(Flow::Done) };
            let Some(port) = entry.port(source, *event) else {
                return Err(SourceError {
                    message: format!("no {event} enters from `{source}`"),
                    help: "route it, or declare the source".into(),
                    ..SourceError::default()
                });
            };
            if entry.enter(port, &[*slot]) == 0 {
                return Ok(Flow::More);
            }
            self.events.pop_front();
        }
        Ok(Flow::More)
    }
}
