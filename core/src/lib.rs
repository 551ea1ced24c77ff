//! Pitlane: a lock-free, low-latency dispatch core for market data.
//!
//! *Stages* (your code) run on *lanes* (threads, pinned to cores where asked) and pass events of one
//! cache line through *streams* (single-writer rings). The contract:
//!
//! * **Memory.** All rings, queues and counters are allocated and touched before the first event.
//!   After that no event costs an allocation, a lock or a system call on the fast path.
//! * **Order.** Every entering event gets a sequence number, its *root*; what is derived from it
//!   carries the root, and stages with several inputs see events by (root, input, position). The
//!   same input and topology give byte-identical streams whatever the lanes, batches and speed.
//! * **Full.** A full ring holds its writer back: the stage is not called until there is room.
//!   Nothing is dropped, but on links that say by [`route::OnFull`] that they may lose; there each
//!   loss is counted, and streams behind them differ from run to run.
//! * **Blocking.** Stages must not block; lanes never do. What waits is the lane, between duty
//!   cycles, by its [`wait::Wait`] strategy.
//! * **Failure.** A stage fails on an event by a [`stage::Fault`] or a panic. What the event had emitted
//!   is taken back, events before and after it are each handled once, and no later step sees it. Then
//!   the topology stops and its report names stage and event, or, by [`stage::OnError`], the event
//!   becomes a dead letter and the stage or a fresh one goes on; [`stage::Retry`] tries it again first.
//!   At a stop by failure, what other stages have handled depends on how far they were.
//! * **Who may call.** A [`topology::Running`] is fed by one thread at a time, and by many through an
//!   [`ingress`]; [`topology::Monitor`]s may be used from any.
//!
//! ```text
//!  input --> sequencer ==stream==> stage ==stream==> stage ==stream==> stage
//!            (roots)     ring      (lane 1)  ring    (lane 1)  ring    (lane 2)
//! ```
//!
//! Read [`event`], then [`stage`], [`route`] and [`topology`]; [`ring`] can be used alone. Nothing
//! here reads files, opens sockets or knows YAML: see the crates `pitlane-feeds`,
//! `pitlane-strategies` and `pitlane-config`.
//!
//! ```
//! use pitlane::event::{Action, MarketData, Side, Signal};
//! use pitlane::stage::{Outbox, each};
//! use pitlane::testing::Recorder;
//! use pitlane::topology::Plan;
//! use pitlane::Tier;
//!
//! let uptick = |last: &mut i64, price: i64| std::mem::replace(last, price) < price;
//! let mut last = i64::MAX;
//! let strategy = each(move |event: &MarketData, out: &mut Outbox| {
//!     if let Some(trade) = event.as_trade() && uptick(&mut last, trade.price()) {
//!         out.emit(Signal::new(Action::Buy, 1.0, trade.price()));
//!     }
//!     Ok(())
//! });
//! let signals = Recorder::<Signal>::new();
//!
//! let mut plan = Plan::new();
//! plan.component("uptick", strategy.emits::<Signal>());
//! plan.route::<MarketData>("feed", Tier::FAST, "uptick");
//! plan.route::<Signal>("uptick", Tier::Standard, signals.sink());
//!
//! let mut running = plan.check().expect("no mistakes").start()?;
//! for price in [100, 101, 99, 102] {
//!     running.publish("feed", &MarketData::trade(1, 0, price, 1, Side::Bid))?;
//! }
//! let report = running.stop();
//! assert!(report.is_complete());
//! assert_eq!(signals.events().len(), 2);
//! # Ok::<(), pitlane::topology::RunError>(())
//! ```
#![deny(unsafe_code)]

pub mod adapters;
pub mod affinity;
pub mod condition;
pub mod delivery;
pub mod durable;
pub mod error;
pub mod event;
pub mod ingress;
mod instrument;
mod lane;
mod metrics;
pub mod middleware;
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
pub mod topic;
pub mod topology;
pub mod trace;
pub mod wait;

pub use instrument::Instruments;
pub use names::Names;
pub use tier::Tier;

/// The example of the page on orders, compiled and run as a test.
#[cfg(doctest)]
#[doc = include_str!("../../docs/orders.md")]
pub struct Orders;

/// The example of the page on errors, compiled and run as a test.
#[cfg(doctest)]
#[doc = include_str!("../../docs/errors.md")]
pub struct Errors;
