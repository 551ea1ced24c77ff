//! The Strategy API: callbacks in the field's words.
//!
//! ```text
//!  MarketData --+--> on_trade  on_quote  on_bar  on_book  on_clear --+
//!               |                                                    +--> ctx.buy, ctx.sell, ctx.emit
//!  Signal ------+--> on_signal --------------------------------------+
//! ```
//!
//! | item | what it is |
//! |---|---|
//! | [`Strategy`] | the callbacks; each does nothing unless written |
//! | [`Ctx`] | what a callback is given besides the event: its header, and where to send signals |
//! | [`strategy`] | makes a component of a strategy |
//! | [`OnPrice`], [`Priced`], [`PriceInput`] | for strategies that need one price per event, whatever it is made of |
//!
//! ```
//! use pitlane::event::Trade;
//! use pitlane::stage::{Component, Fault};
//! use pitlane_strategies::{ById, Ctx, Strategy, strategy};
//!
//! struct Uptick { last: ById<i64> }
//!
//! impl Strategy for Uptick {
//!     fn on_trade(&mut self, trade: &Trade, ctx: &mut Ctx<'_>) -> Result<(), Fault> {
//!         let last = self.last.get_mut(ctx.instrument());
//!         if *last != 0 && trade.price() > *last {
//!             ctx.buy(1.0, trade.price());
//!         }
//!         *last = trade.price();
//!         Ok(())
//!     }
//! }
//!
//! let uptick: Component = strategy(Uptick { last: ById::new(|| 0) }).into();
//! ```

mod ctx;
mod price;
mod stage;

pub use ctx::Ctx;
pub use price::{OnPrice, PriceInput, Priced};
pub use stage::{StrategyStage, strategy};

use pitlane::event::{Bar, BookChange, Quote, Signal, Trade};
use pitlane::stage::Fault;

/// Callbacks of a strategy; each does nothing unless written.
///
/// All are called by one lane, in the order of the events; the same events give the same signals
/// wherever and however fast the strategy runs, as long as it looks at nothing but them. A fault hands
/// the event to the failure policy, and what was emitted for it is taken back.
pub trait Strategy: Send {
    /// Before the first event. What is emitted here has root 0.
    ///
    /// # Errors
    /// A fault keeps the topology from starting.
    #[inline]
    fn on_start(&mut self, _ctx: &mut Ctx<'_>) -> Result<(), Fault> {
        Ok(())
    }

    /// A trade.
    ///
    /// # Errors
    /// Where it cannot go on.
    #[inline]
    fn on_trade(&mut self, _trade: &Trade, _ctx: &mut Ctx<'_>) -> Result<(), Fault> {
        Ok(())
    }

    /// A quote: best bid and ask, either of which may be missing.
    ///
    /// # Errors
    /// Where it cannot go on.
    #[inline]
    fn on_quote(&mut self, _quote: &Quote, _ctx: &mut Ctx<'_>) -> Result<(), Fault> {
        Ok(())
    }

    /// A bar, of trades or of quotes, as the component `bars` and files of bars give them. It is called
    /// at the bar's end; `bar.start` is when it began.
    ///
    /// # Errors
    /// Where it cannot go on.
    #[inline]
    fn on_bar(&mut self, _bar: &Bar, _ctx: &mut Ctx<'_>) -> Result<(), Fault> {
        Ok(())
    }

    /// A change of a book: an order or level was added, modified, canceled or filled; `ctx.header().kind`
    /// says which, and `ctx.header().is_last()` whether the venue's event is complete. For whole books
    /// see [`crate::book::OnOrderBook`].
    ///
    /// # Errors
    /// Where it cannot go on.
    #[inline]
    fn on_book(&mut self, _change: &BookChange, _ctx: &mut Ctx<'_>) -> Result<(), Fault> {
        Ok(())
    }

    /// The instrument's book is empty from here on, or a part of it where `ctx.header()` has a side.
    ///
    /// # Errors
    /// Where it cannot go on.
    #[inline]
    fn on_clear(&mut self, _ctx: &mut Ctx<'_>) -> Result<(), Fault> {
        Ok(())
    }

    /// Another strategy's signal; only where the component was declared with `.on::<Signal>()`.
    ///
    /// # Errors
    /// Where it cannot go on.
    #[inline]
    fn on_signal(&mut self, _signal: &Signal, _ctx: &mut Ctx<'_>) -> Result<(), Fault> {
        Ok(())
    }

    /// After the events of a poll; for housekeeping. Nothing can be emitted: how events were batched
    /// must not show in the signals.
    ///
    /// # Errors
    /// A fault stops the topology.
    #[inline]
    fn on_batch_end(&mut self) -> Result<(), Fault> {
        Ok(())
    }

    /// After the last event. What is emitted here has the last root + 1.
    ///
    /// # Errors
    /// A fault is reported by the stop.
    #[inline]
    fn on_stop(&mut self, _ctx: &mut Ctx<'_>) -> Result<(), Fault> {
        Ok(())
    }
}
