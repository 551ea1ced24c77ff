//! Tiers: how carefully and how fast a route carries its events.

use std::time::Duration;

/// How a route carries its events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tier {
    /// In memory, to lanes pinned to cores; what is written becomes visible when `batch` events
    /// have gathered, the writer's input is drained, or `max_wait` has passed.
    Fast {
        /// Most events gathered before they become visible.
        batch: usize,
        /// Longest time they are gathered; zero publishes each at once.
        max_wait: Duration,
    },
    /// In memory, to a worker lane that may sleep.
    #[default]
    Standard,
    /// Journaled, retried, dead-lettered. Needs the crates `pitlane-persistence` and
    /// `pitlane-retries`.
    Reliable,
}

impl Tier {
    /// The fast tier with its defaults: batches of 1000, 1 ms.
    pub const FAST: Tier = Tier::Fast { batch: 1000, max_wait: Duration::from_millis(1) };

    /// The word in configs.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Tier::Fast { .. } => "fast",
            Tier::Standard => "standard",
            Tier::Reliable => "reliable",
        }
    }
}
