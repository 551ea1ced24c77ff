//! Circuit breakers.
//!
//! ```text
//!            enough failures in a row                the time is over
//!  closed ----------------------------> open ----------------------------> half open
//!    ^                                   ^                                  |     |
//!    |                                   +------- the trial fails ----------+     |
//!    +--------------------------------------------- the trial succeeds -----------+
//! ```

use super::{Due, Middleware, Passing, Verdict};
use crate::stage::Fault;
use std::time::Duration;

/// A circuit breaker's state machine, by a clock of the caller's: ns that never go back.
#[derive(Clone, Debug)]
pub struct Breaker {
    failures: u32,
    open_for: u64,
    state: State,
    /// Times it opened.
    opened: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// With so many failures in a row.
    Closed(u32),
    /// Until then.
    Open(u64),
    /// A trial is under way.
    HalfOpen,
}

impl Breaker {
    /// Opens after so many failures in a row (at least 1), for so long.
    #[must_use]
    pub fn new(failures: u32, open_for: Duration) -> Self {
        let open_for = u64::try_from(open_for.as_nanos()).unwrap_or(u64::MAX);
        Self { failures: failures.max(1), open_for, state: State::Closed(0), opened: 0 }
    }

    /// Whether something may be tried now. Once the time of an open breaker is over, one trial may.
    #[inline]
    pub fn allows(&mut self, now: u64) -> bool {
        match self.state {
            State::Closed(_) => true,
            State::Open(until) if now >= until => {
                self.state = State::HalfOpen;
                true
            }
            State::Open(_) => false,
            // The trial before ended without a word: its event was put off, or taken back.
            State::HalfOpen => true,
        }
    }

    /// What was tried succeeded.
    #[inline]
    pub fn succeeded(&mut self) {
        self.state = State::Closed(0);
    }

    /// What was tried failed. Gives whether the breaker opened for it.
    pub fn failed(&mut self, now: u64) -> bool {
        let opens = match self.state {
            State::Closed(failures) => {
                self.state = State::Closed(failures + 1);
                failures + 1 >= self.failures
            }
            State::HalfOpen => true,
            State::Open(_) => false,
        };
        if opens {
            self.state = State::Open(now.saturating_add(self.open_for));
            self.opened += 1;
        }
        opens
    }

    /// Whether it keeps what comes now from being tried.
    #[must_use]
    pub fn is_open(&self, now: u64) -> bool {
        matches!(self.state, State::Open(until) if now < until)
    }
}

/// Keeps events from a stage that failed on several in a row, for a while of event time; then one is let
/// through as a trial. It needs a stage that goes on after failures: `on_error` skip or restart.
#[derive(Clone, Debug)]
pub struct CircuitBreaker(Breaker);

impl CircuitBreaker {
    /// Opens after so many failures in a row (at least 1), for so long.
    #[must_use]
    pub fn new(failures: u32, open_for: Duration) -> Self {
        Self(Breaker::new(failures, open_for))
    }
}

impl Middleware for CircuitBreaker {
    fn name(&self) -> &str {
        "circuit_breaker"
    }

    fn before(&mut self, event: &Passing<'_>, _: &mut Due) -> Verdict {
        if self.0.allows(event.now) { Verdict::Pass } else { Verdict::Hold }
    }

    fn after(&mut self, event: &Passing<'_>, fault: Option<&Fault>) {
        if fault.is_none() {
            self.0.succeeded();
        } else if self.0.failed(event.now) {
            tracing::warn!(now = event.now, "circuit breaker opens");
        }
    }

    fn is_of_components(&self) -> bool {
        true
    }

    fn counts(&self) -> Vec<(&'static str, u64)> {
        vec![("opened", self.0.opened)]
    }
}
