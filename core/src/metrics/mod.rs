//! Numbers about a running topology: one writer each, read by anyone without disturbing it.
//!
//! | item | what it is |
//! |---|---|
//! | [`Counter`] | a number with one writer |
//! | [`Block`] | all counters of a topology in one block: lines of words |
//! | [`LaneWord`], [`StageWord`], [`LinkWord`], [`RingWord`] | what the words of a line count |
//! | [`On`] | what a lane is on: stage and root |
//! | [`EntryClock`] | when roots entered |
//! | [`Timing`] | what a stage measures of it |
//! | [`Latencies`] | an HDR histogram that others may read meanwhile |

mod block;
mod counter;
mod entry_clock;
mod latencies;
mod on;
mod timing;
mod words;

pub(crate) use block::{Block, Shape, Words};
pub(crate) use counter::Counter;
pub(crate) use entry_clock::{Entered, EntryClock};
pub(crate) use latencies::{Latencies, no_histogram};
pub(crate) use on::On;
pub(crate) use timing::Timing;
pub(crate) use words::{LaneWord, LinkWord, RingWord, StageWord, Word};
