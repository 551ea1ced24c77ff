//! Topics: names of events by what they are, where they come from and what they are about; and the
//! patterns by which routes subscribe to them.
//!
//! ```text
//!  md.SOURCE.KIND.SYMBOL      md.feed.trade.AAPL.XNAS       the kind is a word of `kind`: trade, quote, ...
//!  signal.SOURCE.SYMBOL       signal.strategy.AAPL.XNAS
//!  order.SOURCE.SYMBOL        order.risk.AAPL.XNAS
//!  TYPE.SOURCE.SYMBOL         auction.feed.AAPL.XNAS        a type of one's own, in lower case
//! ```
//!
//! Levels are parted by dots; the symbol is the last level and one level, dots included. In a pattern
//! `*` stands for one level and `>`, at its end, for all that is left. An event without an instrument
//! has a symbol that wildcards match and nothing else does.
//!
//! | item | what it is |
//! |---|---|
//! | [`Pattern`] | a pattern, read |
//! | `Interest` | what is left of patterns where the stream is known: kinds and symbols |
//! | `Chosen` | the same, ready to be asked about events: bits by kind and by instrument |
//!
//! Nothing of this is text at run time. A pattern is matched against streams when the topology is built,
//! and against each symbol once: those that are known then, and each later one when its first event
//! comes. What is asked per event is a bit.

mod chosen;
mod interest;
mod pattern;
#[cfg(all(test, not(any(loom, shuttle))))]
mod tests;

pub(crate) use chosen::{Chosen, Wanted};
pub(crate) use interest::Interest;
pub use pattern::{Pattern, PatternError, prefix_of};
