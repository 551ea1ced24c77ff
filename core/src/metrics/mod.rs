//! Numbers about a running topology: one writer each, read by anyone.
//!
//! | item | what it is |
//! |---|---|
//! | [`Counter`] | a number with one writer |
//! | [`StageCounters`] | what a stage has done so far |
//! | [`EntryClock`] | when roots entered, for whoever measures latency |

mod counter;
mod entry_clock;

pub(crate) use counter::{Counter, StageCounters};
pub(crate) use entry_clock::EntryClock;
