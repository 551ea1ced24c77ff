//! Pitlane: a lock-free, low-latency dispatch core for market data.
#![deny(unsafe_code)]

pub mod condition;
pub mod event;
mod instrument;
mod names;
pub mod registry;
pub mod ring;
pub mod route;
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
