//! What a reliable route says about its deliveries, as plain data.

use crate::durable::SyncPolicy;
use std::time::Duration;

/// What a reliable route says about its deliveries.
#[derive(Clone, Debug, PartialEq)]
pub struct Terms {
    /// How often and when a failed delivery is tried again.
    pub retry: RetryTerms,
    /// When a target that keeps failing is left alone; one breaker per target.
    pub breaker: BreakerTerms,
    /// An order that is older than this when its turn comes is a dead letter instead. Its age counts
    /// from its append to the journal. Cancels never expire: they only take risk away.
    pub expire_after: Option<Duration>,
    /// Which deliveries wait for which.
    pub ordering: Ordering,
    /// When its events and their outcomes become durable; `None`: as the journal says.
    pub sync: Option<SyncPolicy>,
    /// Most deliveries kept in memory; further ones stay in the journal until there is room.
    pub window: usize,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            retry: RetryTerms::default(),
            breaker: BreakerTerms::default(),
            expire_after: None,
            ordering: Ordering::default(),
            sync: None,
            window: 65_536,
        }
    }
}

/// How often and when a failed delivery is tried again.
#[derive(Clone, Debug, PartialEq)]
pub struct RetryTerms {
    /// How often a delivery is attempted, the first time counted.
    pub attempts: u32,
    /// Time between the first and the second attempt; it doubles with each further one.
    pub delay: Duration,
    /// The longest time between two attempts.
    pub max_delay: Duration,
    /// No attempt begins later than this after the first one; by default nothing limits that.
    pub elapsed: Option<Duration>,
    /// Whether delays are drawn at random from zero to their full length.
    pub jitter: Jitter,
    /// Seed of that draw.
    pub seed: u64,
    /// At most this share of deliveries may be retries (beyond the first ten, which are free); by
    /// default all may.
    pub budget: Option<f64>,
    /// Which failures are tried again.
    pub transient: Transient,
}

impl Default for RetryTerms {
    fn default() -> Self {
        Self {
            attempts: 3,
            delay: Duration::from_millis(100),
            max_delay: Duration::from_secs(30),
            elapsed: None,
            jitter: Jitter::default(),
            seed: 0,
            budget: None,
            transient: Transient::default(),
        }
    }
}

/// What random delays are drawn from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Jitter {
    /// From zero to the full delay: many that failed together do not come back together.
    #[default]
    Full,
    /// Nothing: every delay has its full length.
    None,
}

/// Which failures pass, so that another attempt may succeed. A fault that says it is permanent
/// ([`Fault::permanent`](crate::stage::Fault::permanent)) is never tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transient {
    /// Faults that a stage returned.
    pub faults: bool,
    /// Panics of a stage.
    pub panics: bool,
    /// Attempts of which nobody knows how they ended.
    pub unknown: bool,
}

impl Default for Transient {
    fn default() -> Self {
        Self { faults: true, panics: true, unknown: true }
    }
}

/// When a target that keeps failing is left alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BreakerTerms {
    /// The breaker opens after so many failures in a row.
    pub failures: u32,
    /// How long it stays open.
    pub open_for: Duration,
    /// How many attempts it lets through when that time is over; it closes when all of them succeed.
    pub probes: u32,
}

impl Default for BreakerTerms {
    fn default() -> Self {
        Self { failures: 5, open_for: Duration::from_secs(60), probes: 1 }
    }
}

/// Which deliveries wait for which.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ordering {
    /// Those about one instrument are delivered in the order of the journal.
    #[default]
    Instrument,
    /// None waits for another.
    None,
}
