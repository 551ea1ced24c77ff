//! The circuit breaker around a stage; its states are drawn at [`Breaker`].

use super::{Due, Middleware, Passing, Verdict};
use crate::delivery::{Breaker, BreakerTerms};
use crate::stage::Fault;
use std::time::Duration;

/// Keeps events from a stage that failed on several in a row, for a while of event time; then one is let
/// through as a trial. It needs a stage that goes on after failures: `on_error` skip or restart.
#[derive(Clone, Debug)]
pub struct CircuitBreaker(Breaker);

impl CircuitBreaker {
    /// Opens after so many failures in a row (at least 1), for so long.
    #[must_use]
    pub fn new(failures: u32, open_for: Duration) -> Self {
        Self(Breaker::new(&BreakerTerms { failures: failures.max(1), open_for, probes: 1 }))
    }
}

impl Middleware for CircuitBreaker {
    fn name(&self) -> &str {
        "circuit_breaker"
    }

    fn before(&mut self, event: &Passing<'_>, _: &mut Due) -> Verdict {
        // A trial that ended without a word, because its event was put off or taken back, is made again.
        let may = self.0.ask(event.now).is_ok() || self.0.open_until(event.now).is_none();
        if may { Verdict::Pass } else { Verdict::Hold }
    }

    fn after(&mut self, event: &Passing<'_>, fault: Option<&Fault>) {
        if fault.is_none() {
            return self.0.succeeded();
        }
        let opened = self.0.account().opened;
        self.0.failed(event.now);
        if self.0.account().opened > opened {
            tracing::warn!(now = event.now, "circuit breaker opens");
        }
    }

    fn is_of_components(&self) -> bool {
        true
    }

    fn counts(&self) -> Vec<(&'static str, u64)> {
        vec![("opened", self.0.account().opened)]
    }
}
