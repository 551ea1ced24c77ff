//! Bars as events: what a span of trades or quotes came to.
//!
//! A bar has more words than one event, so it is a run of them from one stream and root: its prices,
//! then its end. All of them have the start of the bar as `ts_event`.
//!
//! ```text
//!  of trades:  Bar (side none)             BarEnd
//!  of quotes:  Bar (side bid)  Bar (ask)   BarEnd
//!              open high low close         volume, count, until
//! ```
//! [`BarParts`] puts them together again.

use super::{MarketData, Side, fixed};
use bytemuck::TransparentWrapper;

/// First, highest, lowest and last price of a span, 1e-9; all null where there was none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ohlc {
    /// First.
    pub open: i64,
    /// Highest.
    pub high: i64,
    /// Lowest.
    pub low: i64,
    /// Last.
    pub close: i64,
}

impl Ohlc {
    /// No price.
    pub const NONE: Ohlc =
        Ohlc { open: fixed::NULL, high: fixed::NULL, low: fixed::NULL, close: fixed::NULL };

    /// Takes in a price (1e-9); null is passed over.
    #[inline]
    pub fn push(&mut self, price: i64) {
        if price == fixed::NULL {
            return;
        }
        if self.open == fixed::NULL {
            *self = Self { open: price, high: price, low: price, close: price };
        }
        self.high = self.high.max(price);
        self.low = self.low.min(price);
        self.close = price;
    }

    /// Whether there was no price.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.open == fixed::NULL
    }
}

/// The prices of a bar, or of one side of it.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, TransparentWrapper)]
pub struct BarPrices(pub(super) MarketData);

impl BarPrices {
    /// First, highest, lowest and last price.
    #[must_use]
    #[inline]
    pub fn ohlc(&self) -> Ohlc {
        let [open, high, low, close] = self.0.words();
        Ohlc { open, high, low, close }
    }

    /// `Bid` or `Ask` of quotes; `None` of trades.
    #[must_use]
    pub fn side(&self) -> Side {
        self.0.header.side()
    }
}

/// The end of a bar: what is said of it besides its prices.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, TransparentWrapper)]
pub struct BarEnd(pub(super) MarketData);

impl BarEnd {
    /// Sum of the trades' sizes, 1e-9; 0 of quotes, null where it is unknown or beyond 9,223,372,036.
    #[must_use]
    pub fn volume(&self) -> i64 {
        self.0.words()[0]
    }

    /// Trades or quotes in it; 0 where unknown.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.words()[1].cast_unsigned()
    }

    /// End of a time bar, exclusive; time of the last event of another; ns since 1970, 0 = unknown.
    #[must_use]
    pub fn until(&self) -> u64 {
        self.0.words()[2].cast_unsigned()
    }
}

/// A bar of trades or of quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bar {
    /// Its instrument.
    pub instrument: u32,
    /// Start of a time bar, inclusive; time of the first event of another; ns since 1970.
    pub start: u64,
    /// As [`BarEnd::until`].
    pub until: u64,
    /// Prices of trades; none of quotes.
    pub trades: Ohlc,
    /// Bids of quotes.
    pub bid: Ohlc,
    /// Asks of quotes.
    pub ask: Ohlc,
    /// As [`BarEnd::volume`].
    pub volume: i64,
    /// As [`BarEnd::count`].
    pub count: u64,
}

impl Bar {
    /// A bar without prices.
    #[must_use]
    pub fn empty(instrument: u32, start: u64, until: u64) -> Self {
        let none = Ohlc::NONE;
        Self { instrument, start, until, trades: none, bid: none, ask: none, volume: 0, count: 0 }
    }

    /// The bar as events, in their order: two of trades, three of quotes.
    pub fn events(&self) -> impl Iterator<Item = MarketData> {
        let prices = |side, ohlc: &Ohlc| {
            (!ohlc.is_none())
                .then(|| MarketData::bar_prices(self.instrument, self.start, side, *ohlc))
        };
        let end = (self.volume, self.count, self.until);
        [
            prices(Side::None, &self.trades),
            prices(Side::Bid, &self.bid),
            prices(Side::Ask, &self.ask),
            Some(MarketData::bar_end(self.instrument, self.start, end)),
        ]
        .into_iter()
        .flatten()
    }
}

/// Puts bars together from their events. What belongs to no whole bar, since a link lost the rest,
/// is passed over.
#[derive(Clone, Copy, Debug)]
pub struct BarParts {
    bar: Bar,
    root: u64,
}

impl Default for BarParts {
    fn default() -> Self {
        Self { bar: Bar::empty(0, 0, 0), root: 0 }
    }
}

impl BarParts {
    /// Takes the next event; the bar where it ends one that has prices.
    #[inline]
    pub fn push(&mut self, event: &MarketData) -> Option<Bar> {
        let header = &event.header;
        let same = (self.bar.instrument, self.bar.start, self.root)
            == (header.instrument, header.ts_event, header.root);
        if !same {
            self.bar = Bar::empty(header.instrument, header.ts_event, 0);
            self.root = header.root;
        }
        if let Some(prices) = event.as_bar_prices() {
            match prices.side() {
                Side::None => self.bar.trades = prices.ohlc(),
                Side::Bid => self.bar.bid = prices.ohlc(),
                Side::Ask => self.bar.ask = prices.ohlc(),
            }
            return None;
        }
        let end = event.as_bar_end()?;
        let (until, volume, count) = (end.until(), end.volume(), end.count());
        let bar = std::mem::replace(&mut self.bar, Bar::empty(0, 0, 0));
        let has_prices = [bar.trades, bar.bid, bar.ask].iter().any(|ohlc| !ohlc.is_none());
        has_prices.then_some(Bar { until, volume, count, ..bar })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::MarketDataKind;

    fn ohlc(prices: &[i64]) -> Ohlc {
        let mut ohlc = Ohlc::NONE;
        prices.iter().for_each(|price| ohlc.push(*price));
        ohlc
    }

    #[test]
    fn prices_are_first_highest_lowest_and_last() {
        let four = ohlc(&[3, fixed::NULL, 1, 7, 5]);
        assert_eq!(four, Ohlc { open: 3, high: 7, low: 1, close: 5 });
        assert!(ohlc(&[fixed::NULL]).is_none());
    }

    #[test]
    fn a_bar_is_the_same_after_its_way_through_events() {
        let of_trades =
            Bar { trades: ohlc(&[2, 1]), volume: 9, count: 2, ..Bar::empty(7, 60, 120) };
        let of_quotes =
            Bar { bid: ohlc(&[1]), ask: ohlc(&[2]), count: 1, ..Bar::empty(8, 60, 120) };
        let mut parts = BarParts::default();
        let events: Vec<_> = of_trades.events().chain(of_quotes.events()).collect();
        assert_eq!(events.len(), 5);
        assert!(events.iter().all(|event| event.header.ts_event == 60));
        let bars: Vec<_> = events.iter().filter_map(|event| parts.push(event)).collect();
        assert_eq!(bars, [of_trades, of_quotes]);
    }

    #[test]
    fn parts_of_different_bars_are_not_mixed() {
        let first = Bar { trades: ohlc(&[2]), count: 1, ..Bar::empty(7, 60, 120) };
        let second = Bar { trades: ohlc(&[3]), count: 1, ..Bar::empty(7, 120, 180) };
        let ends = [first, second].map(|bar| bar.events().last().unwrap());
        let mut parts = BarParts::default();
        assert_eq!(parts.push(&first.events().next().unwrap()), None);
        assert_eq!(parts.push(&ends[1]), None, "its prices were lost");
        assert_eq!(parts.push(&ends[0]), None, "its prices came before another bar");
        assert_eq!(ends[0].kind(), Some(MarketDataKind::BarEnd));
    }
}
