//! How long after which attempt.

use pitlane::delivery::{Ending, Failure, Jitter, RetryTerms};
use std::time::Duration;

/// When a failed delivery is tried again, if at all: a pure function of delivery, attempt and time.
#[derive(Clone, Debug)]
pub struct Backoff {
    terms: RetryTerms,
}

/// Nanoseconds; what is longer than 584 years is as good as for ever.
pub(crate) fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

impl Backoff {
    /// As the terms say.
    #[must_use]
    pub fn new(terms: &RetryTerms) -> Self {
        Self { terms: terms.clone() }
    }

    /// Time between the `attempts`-th attempt (from 1) at a delivery and the next one, ns: drawn from
    /// zero to `delay * 2^(attempts - 1)`, at most `max_delay`. The same arguments give the same draw.
    #[must_use]
    pub fn delay(&self, position: u64, attempts: u32) -> u64 {
        let doublings = attempts.saturating_sub(1);
        let whole = nanos(self.terms.delay).saturating_mul(2_u64.saturating_pow(doublings));
        let whole = whole.min(nanos(self.terms.max_delay));
        match self.terms.jitter {
            Jitter::None => whole,
            Jitter::Full => {
                let draw = mix(mix(self.terms.seed ^ mix(position)) ^ u64::from(attempts));
                // The upper half of the product is uniform over 0..=whole.
                let whole = u128::from(whole) + 1;
                u64::try_from((u128::from(draw) * whole) >> 64).expect("a share of a u64 is one")
            }
        }
    }

    /// Whether a failure passes.
    #[must_use]
    pub fn is_transient(&self, failure: Failure) -> bool {
        match failure {
            Failure::Fault => self.terms.transient.faults,
            Failure::Panic => self.terms.transient.panics,
            Failure::Unknown => self.terms.transient.unknown,
            Failure::Permanent => false,
        }
    }

    /// When a delivery is tried again whose `attempts`-th attempt failed `now`, the first having been
    /// made at `first`.
    ///
    /// # Errors
    /// Why it is not.
    pub fn next(
        &self,
        position: u64,
        attempts: u32,
        first: u64,
        now: u64,
        failure: Failure,
    ) -> Result<u64, Ending> {
        if !self.is_transient(failure) {
            return Err(Ending::Permanent);
        }
        if attempts >= self.terms.attempts {
            return Err(Ending::Attempts);
        }
        let at = now.saturating_add(self.delay(position, attempts));
        match self.terms.elapsed {
            Some(limit) if at.saturating_sub(first) > nanos(limit) => Err(Ending::Elapsed),
            _ => Ok(at),
        }
    }
}

/// Spreads the bits of a number: the finalizer of SplitMix64 (Steele, Lea, Flood 2014).
fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    fn terms() -> RetryTerms {
        RetryTerms { attempts: 5, max_delay: Duration::from_millis(350), ..RetryTerms::default() }
    }

    #[test]
    fn delays_double_up_to_the_longest() {
        let backoff = Backoff::new(&RetryTerms { jitter: Jitter::None, ..terms() });
        let delays: Vec<_> = (1..6).map(|attempts| backoff.delay(9, attempts) / MS).collect();
        assert_eq!(delays, [100, 200, 350, 350, 350]);
        assert_eq!(backoff.delay(9, u32::MAX), 350 * MS);
    }

    #[test]
    fn full_jitter_covers_zero_to_the_delay_evenly() {
        let backoff = Backoff::new(&terms());
        let mut tenths = [0_u32; 10];
        for position in 0..100_000 {
            let delay = backoff.delay(position, 1);
            assert!(delay <= 100 * MS);
            tenths[usize::try_from((delay / (10 * MS)).min(9)).unwrap()] += 1;
        }
        assert!(tenths.iter().all(|count| (9_500..10_500).contains(count)), "{tenths:?}");
    }

    #[test]
    fn the_same_seed_draws_the_same_and_another_seed_draws_others() {
        let draws = |seed| {
            let backoff = Backoff::new(&RetryTerms { seed, ..terms() });
            (0..100).map(|n| backoff.delay(n / 4, n as u32 % 4)).collect::<Vec<_>>()
        };
        assert_eq!(draws(1), draws(1));
        assert_ne!(draws(1), draws(2));
    }

    #[test]
    fn gives_up_by_attempts_by_time_and_where_trying_is_no_use() {
        let elapsed = Some(Duration::from_millis(150));
        let backoff = Backoff::new(&RetryTerms { jitter: Jitter::None, elapsed, ..terms() });
        let next = |attempts, now, failure| backoff.next(0, attempts, 10 * MS, now, failure);
        assert_eq!(next(1, 20 * MS, Failure::Fault), Ok(120 * MS));
        assert_eq!(next(1, 60 * MS, Failure::Unknown), Ok(160 * MS));
        assert_eq!(next(1, 61 * MS, Failure::Fault), Err(Ending::Elapsed));
        assert_eq!(next(5, 20 * MS, Failure::Fault), Err(Ending::Attempts));
        assert_eq!(next(1, 20 * MS, Failure::Permanent), Err(Ending::Permanent));
        let panics = pitlane::delivery::Transient { panics: false, ..Default::default() };
        let backoff = Backoff::new(&RetryTerms { transient: panics, ..terms() });
        assert_eq!(backoff.next(0, 1, 0, 0, Failure::Panic), Err(Ending::Permanent));
    }
}
