//! How a lane waits when there is nothing to do.
//!
//! | strategy | spins | then | wakes within | costs |
//! |---|---|---|---|---|
//! | [`Wait::BusySpin`] | for ever | | tens of ns | a whole core |
//! | [`Wait::SpinYield`] | 100 times | yields | tens of ns on a free core | a core nobody else wants |
//! | [`Wait::Backoff`] | 100 times | yields 100 times, then sleeps 50 us to 1 ms | about 1 ms | little |
//! | [`Wait::Park`] | 100 times | sleeps until a neighbour wakes it | tens of us | about nothing |
//!
//! | file | what it is |
//! |---|---|
//! | `bed` | where a lane sleeps and can be woken, without a lost wake-up |
//! | `waiter` | a lane's waiting, by its strategy |
//! | `gather` | for loops of one's own: leaving the writer alone after few events |

mod bed;
mod gather;
#[cfg(all(test, loom))]
mod models;
mod waiter;

pub use bed::LaneWaker;
#[cfg(all(test, shuttle))]
pub(crate) use bed::twin::lose_wake_ups;
pub(crate) use bed::{Bed, wake_all};
pub use gather::gather;
pub(crate) use waiter::Waiter;

/// How a lane waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wait {
    /// Never gives the core away.
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
    /// All of them.
    pub const ALL: [Wait; 4] = [Wait::BusySpin, Wait::SpinYield, Wait::Backoff, Wait::Park];

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
