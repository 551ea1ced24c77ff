//! Ingress from many threads: a ring for each, merged where events are numbered.
//!
//! ```text
//!  thread a: IngressProducer ==ring==>\
//!  thread b: IngressProducer ==ring==> >-- Inlet --> sequencer ==stream==> stages
//!  (nobody)                    ring   /    merge      roots
//! ```
//!
//! | item | what it is |
//! |---|---|
//! | [`Ingress`] | the handle: hands out producers, to any thread |
//! | [`IngressProducer`] | one thread's end of its own ring |
//! | [`IngressOptions`], [`Order`] | how many rings, how large, and in which order they are merged |
//! | [`IngressReport`] | what came in by it |
//! | `Inlet`, `Inlets` | the sequencer's end: the merge, the close |
//! | `door` | the one word between a producer and the close, and its fences |
//!
//! Each thread writes a ring of its own, so threads never contend for a slot: no compare-and-swap, no
//! claims that can leak. All rings are there before the first event. The thread that runs the topology
//! ([`Running::run`], [`Running::serve`], or the caller of [`Running::poll`]) takes events out of them
//! and numbers them; while nothing comes it backs off, to at most a millisecond, and nobody wakes it:
//! a wake-up would cost the producers a look at its bed per event.
//!
//! **Order.** Events of one thread enter in the order in which it published them. Between threads:
//! * [`Order::Arrival`]: round robin, a run of each ring at a time.
//! * [`Order::Time`]: by `ts_event`, the least first. A ring that is empty and held by a thread may
//!   still get an earlier event, so it is waited for, until it has been seen empty for `max_wait`;
//!   then the others go on. What comes after a later event had entered is *late*: it enters, and
//!   is counted. A ring that nobody holds is not waited for.
//!
//! **Coming and going.** [`Ingress::producer`] hands out a ring that nobody holds, at any time. A
//! producer that is dropped gives its ring back; what it still holds enters before what the next
//! thread publishes into it.
//!
//! **The end.** When the topology drains, the ingress closes: what was published before is taken in,
//! and a publication that comes after says [`PublishError::Closed`] with a position: exactly the
//! events of this producer below it were taken in (`door` tells why that is exact). When it halts,
//! nothing more is taken in, and the position tells how far it had come. Where a drain is cut
//! short by a halt, what was taken in and did not reach the sequencer is *left over*: counted in the
//! report, and [`IngressProducer::entered`] tells each thread how many of its events entered.
//!
//! ```
//! use pitlane::Tier;
//! use pitlane::event::{MarketData, Side};
//! use pitlane::ingress::IngressOptions;
//! use pitlane::testing::Recorder;
//! use pitlane::topology::Plan;
//!
//! let seen = Recorder::<MarketData>::new();
//! let mut plan = Plan::new();
//! plan.route::<MarketData>("feed", Tier::FAST, seen.sink());
//! let mut checked = plan.check().expect("no mistakes");
//! let ingress = checked.ingress::<MarketData>("feed", IngressOptions::default())?;
//! let monitor = checked.monitor();
//! let running = checked.start()?;
//!
//! let threads = [1, 2].map(|instrument| {
//!     let mut producer = ingress.producer().expect("8 threads may publish");
//!     std::thread::spawn(move || {
//!         for price in 0..100 {
//!             producer.publish(&MarketData::trade(instrument, 0, price, 1, Side::Bid)).unwrap();
//!         }
//!     })
//! });
//! let stopper = std::thread::spawn(move || {
//!     threads.into_iter().for_each(|thread| thread.join().unwrap());
//!     monitor.drain();
//! });
//! let report = running.serve();
//! stopper.join().unwrap();
//! assert_eq!(report.ingresses[0].entered, 200);
//! assert_eq!(seen.events().len(), 200);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`Running::run`]: crate::topology::Running::run
//! [`Running::serve`]: crate::topology::Running::serve
//! [`Running::poll`]: crate::topology::Running::poll

mod door;
mod handle;
mod inlet;
mod merge;
#[cfg(all(test, loom))]
mod models;
mod producer;
#[cfg(all(test, not(any(loom, shuttle))))]
mod tests;

pub use handle::{Ingress, IngressError, IngressOptions, IngressReport, Order, ProducerError};
pub(crate) use inlet::Inlets;
pub use producer::{IngressProducer, PublishError};
