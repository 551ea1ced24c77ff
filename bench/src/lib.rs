//! The measuring harness of Pitlane: what `pitlane bench`, the criterion benches and the tests of
//! cost share.
//!
//! | module | what it holds |
//! |---|---|
//! | [`topologies`] | what is measured: the replay, pipelines, chains |
//! | [`Settings`] | how a topology is run |
//! | [`Prepared`] | what is replayed: events from memory |
#![forbid(unsafe_code)]

mod session;
mod settings;
pub mod topologies;

pub use session::{Laps, Prepared};
pub use settings::Settings;

/// The one source of all topologies here.
pub const FEED: &str = "feed";
