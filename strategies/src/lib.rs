//! Strategies, the risk gate, gateways and sinks of Pitlane, and the API to write one's own.
//!
//! ```text
//!  MarketData --> strategies --Signal--> risk_gate --Order--> order_check --> gateway
//!      |             ^                       |
//!      +-- ema, mid -+                       +-- Denied, with a reason: to sinks, never to a gateway
//! ```
//!
//! | folder or file | what is there |
//! |---|---|
//! | [`mod@strategy`] | the Strategy API: callbacks, what they are given, how a strategy becomes a stage |
//! | [`sma_cross`], [`mean_reversion`] | the strategies that ship |
//! | [`indicators`] | `ema` and `mid`: market data made from market data |
//! | [`risk`] | `risk_gate`: signals to orders, within limits |
//! | [`orders`] | `order_check` on the way to a gateway, `order_log` as one |
//! | [`tracker`] | `order_tracker`: where each order stands; illegal transitions refused |
//! | [`sinks`] | `log`, `file`, `tap`, `null`: for events of any type |
//! | [`Amount`] | decimals in parameters, read exactly |
//! | [`ById`] | state per instrument |
//! | [`Handles`], [`Counts`], [`sinks::Tap`] | what can be read of a component while it runs and after |
//!
//! [`register`] makes all of them known to configs. `docs/strategies.md` has every parameter.
//!
//! Nothing here allocates, locks or reads a clock per event, but for the sinks `log` and `file`, whose
//! work is input and output. State of an instrument is made when it first comes, from a stock laid in
//! when the component is built.
#![forbid(unsafe_code)]

mod amount;
mod by_id;
pub mod codes;
mod counts;
mod handles;
pub mod indicators;
pub mod mean_reversion;
mod moments;
pub mod orders;
pub mod risk;
pub mod sinks;
pub mod sma_cross;
pub mod strategy;
pub mod tracker;

pub use amount::Amount;
pub use by_id::ById;
pub use counts::Counts;
pub use handles::Handles;
pub use strategy::{Ctx, Strategy, strategy};

use pitlane::registry::Registry;

/// Adds every component type of this crate to a registry.
pub fn register(registry: &mut Registry) {
    register_with(registry, &Handles::default());
}

/// As [`register`]; what is built leaves its counts and taps in `handles`, by component name.
pub fn register_with(registry: &mut Registry, handles: &Handles) {
    sma_cross::register(registry, handles);
    mean_reversion::register(registry, handles);
    indicators::register(registry, handles);
    risk::register(registry, handles);
    orders::register(registry, handles);
    tracker::register(registry, handles);
    sinks::register(registry, handles);
}

/// The examples of the manual, compiled and run as tests.
#[cfg(doctest)]
#[doc = include_str!("../../docs/strategies.md")]
pub struct Manual;
