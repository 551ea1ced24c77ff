//! The measuring harness of Pitlane: what `pitlane bench`, the criterion benches and the tests of
//! cost share.
//!
//! | module | what it holds |
//! |---|---|
//! | [`topologies`] | what is measured: the replay, pipelines, chains |
//! | [`Settings`] | how a topology is run |
//! | [`Prepared`] | what is replayed: events from memory |
//! | [`rows`] | what is replayed: tick files made of them |
//! | [`raw`] | what two cores can do at best, without any ring |
//! | [`hops`] | our rings between cores, without any topology |
//! | [`placed`] | the same shapes as topologies, placed as asked |
//! | [`team`] | threads that begin together, and what they took |
//! | [`mod@line`] | the event that these move |
//! | [`classes`] | rounds sorted by what the machine did meanwhile, medians with intervals |
//! | [`limits`] | what the machine, or the rules without an engine, can do at best |
//! | [`rounds`] | variants measured in turns, medians and ratios |
//! | [`suite`] | the sets of variants that `pitlane bench throughput` runs |
//! | [`latency`], [`openloop`] | latency at a planned rate |
//! | [`sweep`] | the rate at which latency leaves a bound |
//! | [`hiccups`], [`switches`](mod@switches) | the machine's own noise |
//! | [`journal`] | the journal beside raw loops of the disk |
//! | [`promises`] | what was promised, and what is |
//! | [`plot`] | drawings of it |
//! | [`Machine`] | where it was measured |
#![forbid(unsafe_code)]

mod bus;
pub mod classes;
pub mod hiccups;
pub mod hops;
pub mod journal;
pub mod latency;
pub mod limits;
pub mod line;
mod lossy;
mod machine;
pub mod openloop;
pub mod placed;
pub mod plot;
pub mod promises;
pub mod raw;
pub mod rounds;
pub mod rows;
mod session;
mod settings;
mod shapes;
pub mod suite;
pub mod sweep;
pub mod switches;
pub mod team;
pub mod topologies;

pub use machine::Machine;
pub use session::{Laps, Prepared};
pub use settings::Settings;

/// The one source of all topologies here.
pub const FEED: &str = "feed";
