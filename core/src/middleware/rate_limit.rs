//! At most so many events per time.

use super::{Due, Middleware, Passing, Verdict};
use std::collections::{HashMap, VecDeque};
use std::time::Duration;

/// Whose events a limit counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Of {
    /// All together.
    #[default]
    All,
    /// Those of each instrument by themselves.
    Instrument,
}

/// At most so many events in any stretch of event time of a given length; the others are held back for
/// good.
#[derive(Clone, Debug)]
pub struct RateLimit {
    events: usize,
    per: u64,
    of: Of,
    /// Times of the last events that passed, the oldest first; by instrument, or by 0.
    passed: HashMap<u32, VecDeque<u64>>,
}

impl RateLimit {
    /// At most `events` (at least 1) in any stretch of `per`.
    #[must_use]
    pub fn new(events: usize, per: Duration) -> Self {
        let per = u64::try_from(per.as_nanos()).unwrap_or(u64::MAX);
        Self { events: events.max(1), per, of: Of::All, passed: HashMap::new() }
    }

    /// Whose events it counts; all by default.
    #[must_use]
    pub fn of(self, of: Of) -> Self {
        Self { of, ..self }
    }
}

impl Middleware for RateLimit {
    fn name(&self) -> &str {
        "rate_limit"
    }

    fn before(&mut self, event: &Passing<'_>, _: &mut Due) -> Verdict {
        let key = if self.of == Of::All { 0 } else { event.slot.header.instrument };
        let passed = self
            .passed
            .entry(key)
            .or_insert_with(|| VecDeque::with_capacity(self.events.min(1 << 16)));
        if passed.len() == self.events {
            let oldest = passed.front().copied().unwrap_or(0);
            if event.now.saturating_sub(oldest) < self.per {
                return Verdict::Hold;
            }
            passed.pop_front();
        }
        passed.push_back(event.now);
        Verdict::Pass
    }
}
