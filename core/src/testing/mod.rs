//! The test kit: what a user's tests of stages and topologies need, without threads or clocks.
//!
//! | item | for |
//! |---|---|
//! | [`Harness`] | one stage alone: send events in, look at what it emits |

mod harness;

pub use harness::Harness;
