//! How many deliveries wait and for how long.

use std::time::Duration;

/// What a courier has done, and what waits. Numbers count from the start of the run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Deliveries taken on from the journal.
    pub accepted: u64,
    /// Of these, left over by earlier runs.
    pub recovered: u64,
    /// Delivered.
    pub done: u64,
    /// Orders and cancels that took each other away.
    pub annihilated: u64,
    /// Dead letters.
    pub dead: u64,
    /// Of these, too old to send.
    pub expired: u64,
    /// Attempts made.
    pub attempts: u64,
    /// Of these, after a failed one.
    pub retries: u64,
    /// Attempts that failed.
    pub failures: u64,
    /// Deliveries in memory that have not ended.
    pub waiting: u64,
    /// For how long the oldest of them has waited since it was appended.
    pub oldest: Duration,
    /// The longest that any has ever waited, those that ended included.
    pub longest: Duration,
    /// One per target.
    pub breakers: Vec<BreakerAccount>,
}

/// What a breaker has done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BreakerAccount {
    /// Where it is.
    pub state: BreakerState,
    /// Failures in a row.
    pub failures: u32,
    /// How often it opened.
    pub opened: u64,
}

/// Where a breaker is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BreakerState {
    /// Deliveries go through.
    #[default]
    Closed,
    /// None goes through.
    Open,
    /// Some go through, to see.
    HalfOpen,
}

impl BreakerState {
    /// The word in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            BreakerState::Closed => "closed",
            BreakerState::Open => "open",
            BreakerState::HalfOpen => "half-open",
        }
    }
}
