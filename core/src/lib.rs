//! Pitlane: a lock-free, low-latency dispatch core for market data.
#![deny(unsafe_code)]

pub mod affinity;
pub mod condition;
pub mod event;
mod instrument;
mod lane;
mod metrics;
mod names;
pub mod registry;
pub mod ring;
pub mod route;
mod sequencer;
pub mod source;
pub mod stage;
mod sync;
pub mod testing;
mod tier;
pub mod topology;
pub mod wait;

pub use instrument::Instruments;
pub use names::Names;
pub use tier::Tier;
