//! Strategies of one price per event.

use super::{Ctx, Strategy};
use crate::Counts;
use pitlane::event::{Quote, Trade, fixed};
use pitlane::stage::Fault;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which price of the market a component looks at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PriceInput {
    /// The price of each trade. Quotes are not looked at.
    #[default]
    Trade,
    /// The middle between bid and ask of each quote, rounded down to 1e-9; a quote without both sides
    /// is skipped and counted. Trades are not looked at.
    Mid,
}

/// What is done with each price of an instrument.
pub trait OnPrice: Send {
    /// A price, 1e-9, never null; of which instrument and when, the context says.
    ///
    /// # Errors
    /// Where it cannot go on.
    fn on_price(&mut self, price: i64, ctx: &mut Ctx<'_>) -> Result<(), Fault>;
}

/// A strategy that hands the price of each trade or quote to an [`OnPrice`].
///
/// What has no price is skipped and counted, as `skipped_quotes` and `skipped_trades`; the counts are
/// logged when it stops.
#[derive(Debug)]
pub struct Priced<P> {
    inner: P,
    input: PriceInput,
    name: String,
    counts: Counts,
}

const SKIPPED_QUOTES: usize = 0;
const SKIPPED_TRADES: usize = 1;

impl<P: OnPrice> Priced<P> {
    /// Hands prices of `input` to `inner`; `name` is the component's, for its log.
    pub fn new(inner: P, input: PriceInput, name: impl Into<String>) -> Self {
        let counts = Counts::new(["skipped_quotes", "skipped_trades"]);
        Self { inner, input, name: name.into(), counts }
    }

    /// Handle to what was skipped.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts.clone()
    }
}

impl<P: OnPrice> Strategy for Priced<P> {
    #[inline]
    fn on_trade(&mut self, trade: &Trade, ctx: &mut Ctx<'_>) -> Result<(), Fault> {
        if self.input != PriceInput::Trade {
            return Ok(());
        }
        if trade.price() == fixed::NULL {
            self.counts.add_one(SKIPPED_TRADES);
            return Ok(());
        }
        self.inner.on_price(trade.price(), ctx)
    }

    #[inline]
    fn on_quote(&mut self, quote: &Quote, ctx: &mut Ctx<'_>) -> Result<(), Fault> {
        if self.input != PriceInput::Mid {
            return Ok(());
        }
        match quote.mid() {
            Some(mid) => self.inner.on_price(mid, ctx),
            None => {
                self.counts.add_one(SKIPPED_QUOTES);
                Ok(())
            }
        }
    }

    fn on_stop(&mut self, _ctx: &mut Ctx<'_>) -> Result<(), Fault> {
        if self.counts.iter().any(|(_, count)| count > 0) {
            tracing::info!(stage = %self.name, counts = %self.counts, "events without a price");
        }
        Ok(())
    }
}
