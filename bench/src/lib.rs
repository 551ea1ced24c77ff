//! The measuring harness of Pitlane: what `pitlane bench`, the criterion benches and the tests of
//! cost share.
//!
//! | module | what it holds |
//! |---|---|
//! | [`topologies`] | what is measured: the replay, pipelines, chains |
//! | [`Settings`] | how a topology is run |
//! | [`Prepared`] | what is replayed: events from memory |
//! | [`rows`] | what is replayed: tick files made of them |
//! | [`limits`] | what the machine, or the rules without an engine, can do at best |
//! | [`rounds`] | variants measured in turns, medians and ratios |
//! | [`suite`] | the sets of variants that the example `measure` runs |
//! | [`Machine`] | where it was measured |
#![forbid(unsafe_code)]

pub mod limits;
mod lossy;
mod machine;
pub mod rounds;
pub mod rows;
mod session;
mod settings;
pub mod suite;
pub mod topologies;

pub use machine::Machine;
pub use session::{Laps, Prepared};
pub use settings::Settings;

/// The one source of all topologies here.
pub const FEED: &str = "feed";
