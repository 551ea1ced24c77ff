//! Leaves a target alone that keeps failing.
//!
//! ```text
//!              `failures` in a row                     `open_for` is over
//!   +--------+ ------------------> +------+ -----------------------------> +-----------+
//!   | closed |                     | open |                                | half-open | `probes` attempts
//!   +--------+                     +------+ <----------------------------- +-----------+ go through
//!       ^                                          one of them fails             |
//!       +------------------------------------------------------------------------+
//!                                    all of them succeed
//! ```

use super::{BreakerAccount, BreakerState, BreakerTerms};

/// A circuit breaker of one target, by a clock of the caller's: ns that never go back. Attempts are asked
/// for, then told of, one at a time or several.
///
/// The one state machine of both kinds of breakers: those of deliveries, by the wall's clock, which delay,
/// and the [middleware](crate::middleware::CircuitBreaker), by event time, which holds events back.
#[derive(Clone, Debug)]
pub struct Breaker {
    failures: u32,
    open_for: u64,
    probes: u32,
    state: State,
    opened: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Failures in a row.
    Closed(u32),
    /// Until when.
    Open(u64),
    /// Probes let through, and how many of them succeeded.
    HalfOpen { asked: u32, succeeded: u32 },
}

impl Breaker {
    /// Closed, as the terms say. `failures: 0` never opens.
    #[must_use]
    pub fn new(terms: &BreakerTerms) -> Self {
        Self {
            failures: terms.failures,
            open_for: u64::try_from(terms.open_for.as_nanos()).unwrap_or(u64::MAX),
            probes: terms.probes.max(1),
            state: State::Closed(0),
            opened: 0,
        }
    }

    /// Asks for an attempt.
    ///
    /// # Errors
    /// None may be made; when to ask again.
    pub fn ask(&mut self, now: u64) -> Result<(), u64> {
        match &mut self.state {
            State::Closed(_) => Ok(()),
            State::Open(until) if now < *until => Err(*until),
            State::Open(_) => {
                self.state = State::HalfOpen { asked: 1, succeeded: 0 };
                Ok(())
            }
            State::HalfOpen { asked, .. } if *asked < self.probes => {
                *asked += 1;
                Ok(())
            }
            // Its probes are under way; what they say is told soon.
            State::HalfOpen { .. } => Err(now.saturating_add(1_000_000)),
        }
    }

    /// An attempt that was asked for was answered.
    pub fn succeeded(&mut self) {
        match &mut self.state {
            State::Closed(failures) => *failures = 0,
            State::HalfOpen { succeeded, .. } => {
                *succeeded += 1;
                if *succeeded >= self.probes {
                    self.state = State::Closed(0);
                }
            }
            // It was asked for before the others failed.
            State::Open(_) => {}
        }
    }

    /// An attempt that was asked for failed.
    pub fn failed(&mut self, now: u64) {
        let opens = match &mut self.state {
            State::Closed(failures) => {
                *failures = failures.saturating_add(1);
                self.failures > 0 && *failures >= self.failures
            }
            State::HalfOpen { .. } => true,
            State::Open(_) => false,
        };
        if opens {
            self.state = State::Open(now.saturating_add(self.open_for));
            self.opened += 1;
        }
    }

    /// Until when it is open, if it is.
    #[must_use]
    pub fn open_until(&self, now: u64) -> Option<u64> {
        match self.state {
            State::Open(until) if now < until => Some(until),
            _ => None,
        }
    }

    /// Where it is and what it has done.
    #[must_use]
    pub fn account(&self) -> BreakerAccount {
        let (state, failures) = match self.state {
            State::Closed(failures) => (BreakerState::Closed, failures),
            State::Open(_) => (BreakerState::Open, self.failures),
            State::HalfOpen { .. } => (BreakerState::HalfOpen, 0),
        };
        BreakerAccount { state, failures, opened: self.opened }
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;
    use std::time::Duration;

    const S: u64 = 1_000_000_000;

    fn breaker(probes: u32) -> Breaker {
        Breaker::new(&BreakerTerms { failures: 5, open_for: Duration::from_secs(60), probes })
    }

    fn fail(breaker: &mut Breaker, times: u32, now: u64) {
        for _ in 0..times {
            assert_eq!(breaker.ask(now), Ok(()));
            breaker.failed(now);
        }
    }

    #[test]
    fn opens_after_five_failures_in_a_row_for_a_minute() {
        let mut breaker = breaker(1);
        fail(&mut breaker, 4, 0);
        breaker.succeeded();
        fail(&mut breaker, 4, 0);
        assert_eq!(breaker.account().state, BreakerState::Closed);
        fail(&mut breaker, 1, S);
        assert_eq!(breaker.ask(S), Err(61 * S));
        assert_eq!(breaker.ask(61 * S - 1), Err(61 * S));
        assert_eq!(breaker.ask(61 * S), Ok(()));
        assert_eq!(breaker.account().state, BreakerState::HalfOpen);
    }

    #[test]
    fn half_open_lets_so_many_probes_through_and_closes_when_all_succeed() {
        let mut breaker = breaker(2);
        fail(&mut breaker, 5, 0);
        let later = 60 * S;
        assert!(breaker.ask(later).is_ok() && breaker.ask(later).is_ok());
        assert!(breaker.ask(later).is_err());
        breaker.succeeded();
        assert_eq!(breaker.account().state, BreakerState::HalfOpen);
        breaker.succeeded();
        assert_eq!(breaker.account().state, BreakerState::Closed);
    }

    #[test]
    fn a_probe_that_fails_opens_it_again() {
        let mut breaker = breaker(2);
        fail(&mut breaker, 5, 0);
        assert!(breaker.ask(60 * S).is_ok() && breaker.ask(60 * S).is_ok());
        breaker.failed(60 * S);
        // The other probe, still under way, changes nothing any more.
        breaker.succeeded();
        assert_eq!(
            breaker.account(),
            BreakerAccount { state: BreakerState::Open, failures: 5, opened: 2 }
        );
        assert_eq!(breaker.ask(61 * S), Err(120 * S));
    }
}
