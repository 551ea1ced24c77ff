//! Deliveries: what a route of the reliable tier does with an event once it is durable.
//!
//! ```text
//!   stage ==stream==> recorder --append, sync--> journal
//!                                                   | durable events
//!                                                   v
//!                          +------------------ courier ------------------+
//!                          |  accept -> [ Deliveries ] -> next -> steps  |
//!                          |                 ^                     |     |
//!                          |                 +------ outcome ------+     |
//!                          +---------------------|-----------------------+
//!                                            settlements ==stream==> recorder --> journal
//! ```
//!
//! Two words: an event is *durable* when it is in the journal and on the disk, and *settled* when its
//! outcome is recorded there. After a crash the courier delivers again what is durable and not
//! settled, and never what is settled.
//!
//! | item | what it is |
//! |---|---|
//! | [`Deliveries`] | decides what is delivered when: retries, order, breakers. `pitlane-retries` implements it |
//! | [`Delivery`], [`Due`], [`Outcome`], [`Settled`] | what goes in, what is to be done, how it went, how it ended |
//! | [`Couriers`] | what a topology with reliable routes needs from outside |
//! | [`Terms`] | what a route says about all that, as plain data |
//! | [`Settlement`] | an outcome as an event of 64 bytes, so that it is journaled like any other |
//! | [`Breaker`] | the state machine of circuit breakers, of deliveries and of the middleware |
//! | [`Account`] | how many wait and for how long, what the breakers do |
//!
//! Nothing here reads a clock, sleeps or opens a file: time is passed in, ns since 1970.

mod account;
mod breaker;
mod couriers;
mod deliveries;
mod settlement;
mod terms;

pub use account::{Account, BreakerAccount, BreakerState};
pub use breaker::Breaker;
pub use couriers::Couriers;
pub use deliveries::{Deliveries, Delivery, Due, Ending, Failure, Outcome, Settled};
pub use settlement::{Settlement, SettlementKind, TEXT_BYTES};
pub use terms::{BreakerTerms, Jitter, Ordering, RetryTerms, Terms, Transient};
