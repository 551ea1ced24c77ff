//! Bars: open, high, low, close of spans of trades or quotes.
//!
//! ```text
//!  trades or quotes --> Bars: per instrument, the bars that are open --> Built
//!      |  12:00:00 <= time < 12:01:00 is one minute                        |
//!      +-- component `bars` -----------------------------------------------+--> Bar BarEnd
//! ```
//!
//! | module | what |
//! |---|---|
//! | `span` | [`Span`]: how long a bar is: a time, a number of events, a volume |
//! | `build` | [`Bars`]: events to bars |
//! | `component` | the component `bars` |
//!
//! * A time bar holds the events from its start up to, not with, its end; starts are multiples of its
//!   length since 1970, UTC. A span without an event has no bar.
//! * A bar of a count ends with its last event. One of a volume ends with the trade that reaches it: no
//!   trade is split, so that it may hold more.
//! * A time bar is done when an event of its instrument has come that is at or after its end, plus
//!   what `wait` grants to events that come late. What comes later still is counted and left out.
//! * At the end of the data what is open is a bar, too.

mod build;
mod component;
mod span;

#[cfg(test)]
mod tests;

pub use build::{BarOptions, Bars, Built, Clock, Of};
pub(crate) use component::register;
pub use component::{BarStage, BarsParams};
pub use span::Span;
