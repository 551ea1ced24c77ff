//! How a lane waits when there is nothing to do.

/// How a lane waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wait {
    /// Never gives the core away: least latency, a whole core.
    BusySpin,
    /// Spins a little, then yields to other threads.
    SpinYield,
    /// Spins, yields, then sleeps ever longer, up to a millisecond.
    #[default]
    Backoff,
    /// Spins a little, then sleeps until it is woken.
    Park,
}

impl Wait {
    /// The word in configs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Wait::BusySpin => "busy_spin",
            Wait::SpinYield => "spin_yield",
            Wait::Backoff => "backoff",
            Wait::Park => "park",
        }
    }
}
