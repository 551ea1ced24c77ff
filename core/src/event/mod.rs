//! Events: what flows through Pitlane.
//!
//! Every event is one cache line of plain old data: a [`Header`] of 32 bytes that is the same for
//! all, so that generic code can order, route, record and trace any of them, and 32 bytes of its own.
//!
//! ```text
//!  0        8        16       24         28     30   31    32                              64
//!  +--------+--------+--------+----------+------+----+-----+-------------------------------+
//!  |ts_event|ts_recv | root   |instrument|source|kind|flags|  the event's own four words   |
//!  +--------+--------+--------+----------+------+----+-----+-------------------------------+
//! ```
//!
//! | type | what it says | written by |
//! |---|---|---|
//! | [`MarketData`] | a trade, a quote, a change of a book | feeds |
//! | [`Signal`] | a strategy's opinion | strategies |
//! | [`Order`] | an order, or a report about one | risk gates, gateways |
//! | yours | anything of 64 bytes: see [`Event`] | you |
//!
//! Prices and sizes are fixed point, units of 1e-9, [`fixed::NULL`] where there is none.

mod field;
pub mod fixed;
mod header;
pub mod life;
mod market_data;
mod order;
mod signal;
mod slot;

pub use field::{Choice, Field, FieldKind};
pub use header::{Flags, Header, Side};
pub use life::IllegalTransition;
pub use market_data::{BookChange, MarketData, MarketDataKind, Quote, Trade};
pub use order::{Order, OrderKind, OrderStatus, OrderType, Reason, TimeInForce};
pub use signal::{Action, Signal};
pub(crate) use slot::check_layout;
pub use slot::{Event, EventType, SLOT_BYTES, Slot};
