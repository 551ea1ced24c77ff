//! Adapters: feed or drain a topology from an engine that already runs.
//!
//! ```text
//!  your thread --> channel ---from_channel--> sequencer ==> stages ==> to_channel---> channel --> your thread
//!  your ring   --> poller --from_disruptor-->                      ==> to_disruptor-> your ring
//! ```
//!
//! | from | to | needs |
//! |---|---|---|
//! | [`from_channel`]: an `Input` from a `crossbeam_channel::Receiver` | [`to_channel`]: a component into a `Sender` | |
//! | `from_disruptor`: an `Input` from an `EventPoller` | `to_disruptor`: a component into a `Producer` | feature `disruptor` |
//!
//! Beside them stands `async_each` (feature `tokio`), a component that hands events to async handlers.
//!
//! What flows outside need not be an event of Pitlane: a closure converts. What it converts enters as
//! by [`Running::publish`](crate::topology::Running::publish): numbered, and stamped with the time
//! where `ts_recv` is 0.
//!
//! **Full.** Where the outside has no room, the component puts the event off
//! ([`Outbox::not_now`](crate::stage::Outbox::not_now)): nothing is lost, no lane blocks, and in the
//! end the topology holds back its own source. Where the topology has no room, its input takes
//! nothing out of the channel or ring, which holds back whoever fills it.
//!
//! **Gone.** When all senders are gone and the channel is empty, the input is done. When the receiver
//! is gone, the component fails, and what happens then is the stage's policy.
//!
//! Threads that could publish by themselves need none of this: see [`crate::ingress`].

mod channel;
#[cfg(feature = "disruptor")]
mod disruptor;
mod entering;
#[cfg(feature = "tokio")]
mod handlers;
#[cfg(all(test, not(any(loom, shuttle))))]
mod tests;

pub use channel::{from_channel, to_channel};
#[cfg(feature = "disruptor")]
pub use disruptor::{Poller, from_disruptor, to_disruptor};
#[cfg(feature = "tokio")]
pub use handlers::{Concurrency, Emissions, async_each};
