//! What a reliable route says about its deliveries.

use super::words::Duration;
use pitlane::delivery::{BreakerTerms, RetryTerms};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Reliable tier: how often and when a failed delivery is tried again.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "DeliveryRetry")]
pub(crate) struct DeliveryRetry {
    /// How often a delivery is attempted, the first time counted.
    #[schemars(range(min = 1, max = 1000))]
    pub(crate) attempts: u32,
    /// Time between the first two attempts; it doubles with each further one.
    pub(crate) delay: Duration,
    /// Longest time between two attempts.
    pub(crate) max_delay: Duration,
    /// No attempt begins later than this after the first one; by default nothing limits that.
    pub(crate) elapsed: Option<Duration>,
    /// Whether delays are drawn at random from zero to their full length: `full`, or `none`.
    pub(crate) jitter: JitterWord,
    /// Seed of that draw.
    pub(crate) seed: u64,
    /// Most retries, as a share of deliveries beyond the first ten retries: `0.2`; by default all may be.
    #[schemars(range(min = 0, max = 1000))]
    pub(crate) budget: Option<f64>,
    /// Which failures are tried again: `fault`, `panic`, `unknown` (nobody knows whether it was done).
    pub(crate) on: Vec<FailureWord>,
}

impl Default for DeliveryRetry {
    fn default() -> Self {
        let RetryTerms { attempts, delay, max_delay, seed, .. } = RetryTerms::default();
        Self {
            attempts,
            delay: Duration(delay),
            max_delay: Duration(max_delay),
            elapsed: None,
            jitter: JitterWord::Full,
            seed,
            budget: None,
            on: vec![FailureWord::Fault, FailureWord::Panic, FailureWord::Unknown],
        }
    }
}

/// What random delays are drawn from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Jitter")]
pub(crate) enum JitterWord {
    /// From zero to the full delay.
    Full,
    /// Nothing: every delay has its full length.
    None,
}

/// In which way a delivery failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Failure")]
pub(crate) enum FailureWord {
    /// The component returned a fault.
    Fault,
    /// It panicked.
    Panic,
    /// Nobody knows whether it was done.
    Unknown,
}

/// Reliable tier: when a component that keeps failing is left alone; each has a breaker of its own.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Breaker {
    /// The breaker opens after so many failures in a row; 0 never opens it.
    pub(crate) failures: u32,
    /// How long it stays open.
    pub(crate) open_for: Duration,
    /// Attempts it lets through then; it closes when all of them succeed.
    #[schemars(range(min = 1))]
    pub(crate) probes: u32,
}

impl Default for Breaker {
    fn default() -> Self {
        let BreakerTerms { failures, open_for, probes } = BreakerTerms::default();
        Self { failures, open_for: Duration(open_for), probes }
    }
}

/// Which deliveries wait for which.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Ordering")]
pub(crate) enum OrderingWord {
    /// Those about one instrument are delivered in the order in which they were recorded.
    #[default]
    Instrument,
    /// None waits for another.
    None,
}
