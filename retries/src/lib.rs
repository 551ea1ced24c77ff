//! Retries of Pitlane's reliable tier: when a delivery is tried again, when a target is left alone, and
//! when a delivery is given up.
//!
//! ```text
//!  accept ----> [ line of an instrument: head, next, next ] ---- next --> the courier calls the target
//!                  ^ waits: back-off, breaker                                   |
//!                  +------------------------- outcome: failed ------------------+
//!                                             outcome: done, or too often failed --> settled
//! ```
//!
//! * Everything is polled with the time passed in, ns since 1970. Nothing reads a clock, sleeps, starts a
//!   thread or draws from a generator with a state: the same calls give the same answers.
//! * [`Backoff`] is a pure function of delivery, attempt and seed; [`Breaker`] and [`Budget`] are a few
//!   numbers each. Waiting deliveries lie in a heap by the time at which they are due.
//! * Memory grows with the deliveries taken on, and its caller bounds these.
//!
//! A [`Breaker`] for each target, core's own, since its middleware has the same.
//! While it is open its deliveries wait; they are not attempts, and cost none. A target that answers
//! with a permanent fault is there: that counts as an answer, not as a failure.
//!
//! | file | what |
//! |---|---|
//! | `backoff` | how long after which attempt |
//! | `budget` | the share of deliveries that may be retries |
//! | `queue` | [`Queue`]: all of it, as core's [`Deliveries`](pitlane::delivery::Deliveries) |
//! | `lines` | which deliveries wait for which; cancels |
//!
//! Why not crates: `backon` (1.6) adds its jitter on top of the delay and keeps an iterator per delivery,
//! and full jitter from zero is what spreads retries best; `recloser` (1.4) asks the system's clock itself
//! and goes by a rate of errors. What is left to write is short.
//!
//! Not for: deliveries in parallel. One at a time per courier; another route has another courier.
//!
//! ```
//! use pitlane::delivery::{Deliveries, Delivery, Ending, Failure, Outcome, Terms};
//! use pitlane::event::{Event, Order, Side, Slot};
//! use pitlane_retries::Queue;
//!
//! let mut queue = Queue::new(&Terms::default(), 1);
//! let slot = Slot::from_event(Order::new(7, Side::Bid, 100, 1));
//! let (appended, now) = (1_000, 2_000);
//! queue.accept(Delivery { position: 0, event: Order::TYPE, slot, appended, ..Delivery::default() }, now);
//!
//! let due = queue.next(now).expect("it is its turn");
//! queue.outcome(due.position, Outcome::Failed(Failure::Fault), now);
//! let again = queue.next_due().expect("it is tried again");
//! assert!(again <= now + 100_000_000 && queue.settled().is_none());
//! let due = queue.next(again).expect("it is due");
//! queue.outcome(due.position, Outcome::Done, again);
//! assert_eq!(queue.settled().expect("it has ended").ending, Ending::Done);
//! ```
#![forbid(unsafe_code)]

mod backoff;
mod budget;
mod lines;
mod queue;

pub use backoff::Backoff;
pub use budget::Budget;
pub use pitlane::delivery::Breaker;
pub use queue::Queue;
