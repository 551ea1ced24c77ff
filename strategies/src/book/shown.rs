//! A book, and what can be asked of it.

use super::ladder::{Ladder, Level};
use super::orders::{Orders, RestingOrder};
use super::outcomes::{Outcome, Tally};
use crate::Counts;
use pitlane::event::{Flags, MarketData, Side, fixed};

/// Room that is made for a book beforehand. It grows beyond that where it must.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BookSize {
    /// Levels per side.
    pub levels: usize,
    /// Orders.
    pub orders: usize,
}

impl Default for BookSize {
    fn default() -> Self {
        Self { levels: 1024, orders: 0 }
    }
}

/// What stands at a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PriceLevel {
    /// Price, 1e-9.
    pub price: i64,
    /// Sum of the sizes there, 1e-9; in 128 bits, so that no sum of orders is too large.
    pub size: i128,
    /// Orders there; 0 in a book of levels.
    pub orders: u32,
}

impl PriceLevel {
    fn of((price, level): (i64, &Level)) -> Self {
        Self { price, size: level.size, orders: level.orders }
    }

    /// Price and size as a quote has them: the size is null beyond 9,223,372,036.
    #[must_use]
    pub fn for_quote(&self) -> (i64, i64) {
        (self.price, i64::try_from(self.size).unwrap_or(fixed::NULL))
    }
}

/// What a book is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Depth {
    Levels,
    Orders,
}

/// The order book of one instrument.
///
/// Take one where [`super::Books::apply`] gives it: in between, an event of the venue may be half
/// applied, which [`Book::is_complete`] says.
#[derive(Debug)]
pub struct Book {
    pub(super) bids: Ladder,
    pub(super) asks: Ladder,
    pub(super) orders: Orders,
    /// Not known before the first change of an order or level.
    pub(super) depth: Option<Depth>,
    /// Whether there was a change since it was last shown.
    pub(super) changed: bool,
    /// Whether the last change was the end of an event of the venue.
    pub(super) complete: bool,
    pub(super) in_snapshot: bool,
    pub(super) doubtful: bool,
    pub(super) sequence: u64,
    pub(super) ts_event: u64,
    pub(super) ts_recv: u64,
    pub(super) tally: Tally,
}

impl Book {
    /// An empty book.
    #[must_use]
    pub fn new(size: BookSize) -> Self {
        Self {
            bids: Ladder::new(Side::Bid, size.levels),
            asks: Ladder::new(Side::Ask, size.levels),
            orders: Orders::new(size.orders),
            depth: None,
            changed: false,
            complete: true,
            in_snapshot: false,
            doubtful: false,
            sequence: 0,
            ts_event: 0,
            ts_recv: 0,
            tally: Tally::default(),
        }
    }

    /// The same, counting into the counts of many books as well.
    pub(super) fn counting(mut self, counts: Option<Counts>) -> Self {
        self.tally = Tally::shared(counts);
        self
    }

    /// The best bid, in O(1).
    #[must_use]
    #[inline]
    pub fn best_bid(&self) -> Option<PriceLevel> {
        self.bids.best().map(PriceLevel::of)
    }

    /// The best ask, in O(1).
    #[must_use]
    #[inline]
    pub fn best_ask(&self) -> Option<PriceLevel> {
        self.asks.best().map(PriceLevel::of)
    }

    /// What stands at a price, in O(log levels).
    ///
    /// # Panics
    /// For `Side::None`.
    #[must_use]
    pub fn level(&self, side: Side, price: i64) -> Option<PriceLevel> {
        self.side(side).get(price).map(|level| PriceLevel::of((price, level)))
    }

    /// The levels of a side, best first.
    ///
    /// # Panics
    /// For `Side::None`.
    pub fn levels(&self, side: Side) -> impl Iterator<Item = PriceLevel> {
        self.side(side).iter().map(PriceLevel::of)
    }

    /// How many levels a side has.
    ///
    /// # Panics
    /// For `Side::None`.
    #[must_use]
    pub fn level_count(&self, side: Side) -> usize {
        self.side(side).len()
    }

    /// How many orders there are; 0 in a book of levels.
    #[must_use]
    pub fn order_count(&self) -> usize {
        self.orders.len()
    }

    /// An order by its id.
    #[must_use]
    pub fn order(&self, id: u64) -> Option<&RestingOrder> {
        self.orders.find(id).map(|node| self.orders.order(node))
    }

    /// The orders at a price, the one to be filled first first.
    ///
    /// # Panics
    /// For `Side::None`.
    pub fn queue(&self, side: Side, price: i64) -> impl Iterator<Item = &RestingOrder> {
        self.side(side).get(price).into_iter().flat_map(|level| self.orders.of(level))
    }

    /// The top of the book as a quote; null for what is not there.
    #[must_use]
    pub fn quote(&self, instrument: u32) -> MarketData {
        let top = |level: Option<PriceLevel>| {
            level.map_or((fixed::NULL, fixed::NULL), |level| level.for_quote())
        };
        let (bid, ask) = (top(self.best_bid()), top(self.best_ask()));
        let mut quote = MarketData::quote(instrument, self.ts_event, bid, ask);
        quote.header.ts_recv = self.ts_recv;
        quote.header.flags = Flags::LAST;
        if self.in_snapshot {
            quote.header.flags |= Flags::SNAPSHOT;
        }
        if self.doubtful {
            quote.header.flags |= Flags::MAYBE_BAD_BOOK;
        }
        quote
    }

    /// The venue's sequence number of the last change; 0 where unknown.
    #[must_use]
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    /// Venue time of the last change, ns since 1970; 0 where unknown.
    #[must_use]
    pub fn ts_event(&self) -> u64 {
        self.ts_event
    }

    /// Capture time of the last change, ns since 1970; 0 where unknown.
    #[must_use]
    pub fn ts_recv(&self) -> u64 {
        self.ts_recv
    }

    /// Whether the last event of the venue is wholly applied.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// Whether something was lost since the book was last cleared, see [`Flags::MAYBE_BAD_BOOK`].
    #[must_use]
    pub fn is_doubtful(&self) -> bool {
        self.doubtful
    }

    /// Whether the best bid is above the best ask.
    #[must_use]
    pub fn is_crossed(&self) -> bool {
        self.tops().is_some_and(|(bid, ask)| bid > ask)
    }

    /// How often something happened.
    #[must_use]
    pub fn count(&self, outcome: Outcome) -> u64 {
        self.tally.of(outcome)
    }

    pub(super) fn tops(&self) -> Option<(i64, i64)> {
        Some((self.bids.best()?.0, self.asks.best()?.0))
    }

    fn side(&self, side: Side) -> &Ladder {
        match side {
            Side::Bid => &self.bids,
            Side::Ask => &self.asks,
            Side::None => panic!("a book has bids and asks"),
        }
    }
}
