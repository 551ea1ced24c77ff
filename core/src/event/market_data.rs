//! What venues say: trades, quotes and changes of books.

use super::bar::{BarEnd, BarPrices, Ohlc};
use super::field::{ALL_KINDS, header_fields};
use super::{Choice, Event, EventType, Field, FieldKind, Header, Side, fixed};
use bytemuck::{Pod, TransparentWrapper, Zeroable};
use std::mem::offset_of;

/// What a [`MarketData`] event is.
#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MarketDataKind {
    /// A trade (print).
    Trade = 1,
    /// Top of book: best bid and ask.
    Quote = 2,
    /// An order or level came into the book.
    Add = 3,
    /// An order or level changed.
    Modify = 4,
    /// An order or level left the book, wholly or in part.
    Cancel = 5,
    /// A resting order was filled.
    Fill = 6,
    /// The book of the instrument is empty from here on.
    Clear = 7,
    /// The instrument's trading status changed.
    Status = 8,
    /// Prices of a bar, see [`super::Bar`].
    Bar = 9,
    /// Nothing changed: carries flags, such as the end of an atomic event.
    Nothing = 10,
    /// The end of a bar: its volume and count.
    BarEnd = 11,
}

const KINDS: &[Choice] = &[
    Choice { value: 1, name: "trade" },
    Choice { value: 2, name: "quote" },
    Choice { value: 3, name: "add" },
    Choice { value: 4, name: "modify" },
    Choice { value: 5, name: "cancel" },
    Choice { value: 6, name: "fill" },
    Choice { value: 7, name: "clear" },
    Choice { value: 8, name: "status" },
    Choice { value: 9, name: "bar" },
    Choice { value: 10, name: "none" },
    Choice { value: 11, name: "bar_end" },
];

pub(super) const SIDES: &[Choice] = &[
    Choice { value: 0, name: "none" },
    Choice { value: 1, name: "bid" },
    Choice { value: 1, name: "buy" },
    Choice { value: 2, name: "ask" },
    Choice { value: 2, name: "sell" },
];

/// A trade, a quote or a change of a book.
///
/// ```text
///  32 price, bid price | 40 ask price, order id | 48 size, bid size | 56 ask size, venue sequence
/// ```
/// The words mean what the kind says; [`MarketData::as_trade`] and its like give views with names.
/// A quote has no room for its venue sequence: feeds check it where the quote enters and leave it
/// behind.
#[repr(C, align(64))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
pub struct MarketData {
    /// What every event says of itself.
    pub header: Header,
    price: i64,
    word: i64,
    size: i64,
    last: i64,
}

const _: () = {
    assert!(offset_of!(MarketData, header) == 0 && offset_of!(MarketData, price) == 32);
    assert!(offset_of!(MarketData, word) == 40 && offset_of!(MarketData, size) == 48);
    assert!(offset_of!(MarketData, last) == 56);
};

impl MarketData {
    #[inline]
    fn new(kind: MarketDataKind, instrument: u32, ts_event: u64, words: [i64; 4]) -> Self {
        let header = Header { ts_event, instrument, kind: kind as u8, ..Header::default() };
        let [price, word, size, last] = words;
        Self { header, price, word, size, last }
    }

    /// A trade of `size` at `price` (both 1e-9); `aggressor` is the side that took liquidity.
    #[must_use]
    #[inline]
    pub fn trade(instrument: u32, ts_event: u64, price: i64, size: i64, aggressor: Side) -> Self {
        let mut event = Self::new(MarketDataKind::Trade, instrument, ts_event, [price, 0, size, 0]);
        event.header.set_side(aggressor);
        event
    }

    /// The best bid and ask, each as (price, size) in units of 1e-9; `fixed::NULL` for what is not
    /// there or not known.
    #[must_use]
    #[inline]
    pub fn quote(instrument: u32, ts_event: u64, bid: (i64, i64), ask: (i64, i64)) -> Self {
        Self::new(MarketDataKind::Quote, instrument, ts_event, [bid.0, ask.0, bid.1, ask.1])
    }

    /// A change of the book (`kind`: Add, Modify, Cancel or Fill) at `price` and of `size` (both
    /// 1e-9) on `side`; `order_id` 0 for feeds that publish levels.
    #[must_use]
    #[inline]
    pub fn book(
        kind: MarketDataKind,
        instrument: u32,
        ts_event: u64,
        side: Side,
        (price, size): (i64, i64),
        order_id: u64,
    ) -> Self {
        let words = [price, order_id.cast_signed(), size, 0];
        let mut event = Self::new(kind, instrument, ts_event, words);
        event.header.set_side(side);
        event
    }

    /// The book of an instrument is empty from here on; or, with a side, that side from its best
    /// price up to and with `price` (1e-9), all of it where `price` is null.
    #[must_use]
    #[inline]
    pub fn clear(instrument: u32, ts_event: u64, side: Side, price: i64) -> Self {
        Self::book(MarketDataKind::Clear, instrument, ts_event, side, (price, 0), 0)
    }

    /// Prices of a bar that began at `start`, or of one side of it, see [`super::Bar::events`].
    #[must_use]
    pub fn bar_prices(instrument: u32, start: u64, side: Side, prices: Ohlc) -> Self {
        let words = [prices.open, prices.high, prices.low, prices.close];
        let mut event = Self::new(MarketDataKind::Bar, instrument, start, words);
        event.header.set_side(side);
        event
    }

    /// The end of a bar that began at `start`: its volume (1e-9), count, and end in time.
    #[must_use]
    pub fn bar_end(instrument: u32, start: u64, (volume, count, until): (i64, u64, u64)) -> Self {
        let words = [volume, count.cast_signed(), until.cast_signed(), 0];
        Self::new(MarketDataKind::BarEnd, instrument, start, words)
    }

    /// The event's own words, in their order.
    pub(super) fn words(&self) -> [i64; 4] {
        [self.price, self.word, self.size, self.last]
    }

    /// The same event with its venue sequence. Quotes and bars have no room for one and stay as they
    /// are.
    #[must_use]
    #[inline]
    pub fn with_venue_sequence(mut self, sequence: u64) -> Self {
        if 1 << self.header.kind & UNNUMBERED == 0 {
            self.last = sequence.cast_signed();
        }
        self
    }

    /// The venue's sequence number; 0 where it is unknown, and of quotes and bars, which have none.
    #[must_use]
    #[inline]
    pub fn venue_sequence(&self) -> u64 {
        if 1 << self.header.kind & UNNUMBERED == 0 { self.last.cast_unsigned() } else { 0 }
    }

    /// What the event is; `None` for a number that is no kind.
    #[must_use]
    #[inline]
    pub fn kind(&self) -> Option<MarketDataKind> {
        Some(match self.header.kind {
            1 => MarketDataKind::Trade,
            2 => MarketDataKind::Quote,
            3 => MarketDataKind::Add,
            4 => MarketDataKind::Modify,
            5 => MarketDataKind::Cancel,
            6 => MarketDataKind::Fill,
            7 => MarketDataKind::Clear,
            8 => MarketDataKind::Status,
            9 => MarketDataKind::Bar,
            10 => MarketDataKind::Nothing,
            11 => MarketDataKind::BarEnd,
            _ => return None,
        })
    }

    /// The event as a trade, where it is one.
    #[must_use]
    #[inline]
    pub fn as_trade(&self) -> Option<&Trade> {
        (self.header.kind == MarketDataKind::Trade as u8).then(|| Trade::wrap_ref(self))
    }

    /// The event as a quote, where it is one.
    #[must_use]
    #[inline]
    pub fn as_quote(&self) -> Option<&Quote> {
        (self.header.kind == MarketDataKind::Quote as u8).then(|| Quote::wrap_ref(self))
    }

    /// The event as prices of a bar, where it is that.
    #[must_use]
    #[inline]
    pub fn as_bar_prices(&self) -> Option<&BarPrices> {
        (self.header.kind == MarketDataKind::Bar as u8).then(|| BarPrices::wrap_ref(self))
    }

    /// The event as the end of a bar, where it is one.
    #[must_use]
    #[inline]
    pub fn as_bar_end(&self) -> Option<&BarEnd> {
        (self.header.kind == MarketDataKind::BarEnd as u8).then(|| BarEnd::wrap_ref(self))
    }

    /// The event as a change of the book that empties it or a part of it, with price, side and
    /// sequence, where it is one.
    #[must_use]
    #[inline]
    pub fn as_clear(&self) -> Option<&BookChange> {
        (self.header.kind == MarketDataKind::Clear as u8).then(|| BookChange::wrap_ref(self))
    }

    /// The event as a change of the book (Add, Modify, Cancel, Fill), where it is one.
    #[must_use]
    #[inline]
    pub fn as_book_change(&self) -> Option<&BookChange> {
        let range = MarketDataKind::Add as u8..=MarketDataKind::Fill as u8;
        range.contains(&self.header.kind).then(|| BookChange::wrap_ref(self))
    }
}

const PRICED: u32 = 0b111_1010;
const QUOTE: u32 = 1 << MarketDataKind::Quote as u32;
const ORDERS: u32 = 0b111_1000;
const BAR: u32 = 1 << MarketDataKind::Bar as u32;
const BAR_END: u32 = 1 << MarketDataKind::BarEnd as u32;
/// Kinds without room for a venue sequence.
const UNNUMBERED: u32 = QUOTE | BAR | BAR_END;

const OWN: [Field; 15] = {
    const fn decimal(name: &'static str, doc: &'static str, byte: usize, kinds: u32) -> Field {
        Field { name, doc, kind: FieldKind::Decimal { byte, kinds } }
    }
    [
        decimal("price", "price of a trade or book change", 32, PRICED),
        decimal("size", "size of a trade or book change", 48, PRICED),
        decimal("bid_price", "best bid of a quote", 32, QUOTE),
        decimal("ask_price", "best ask of a quote", 40, QUOTE),
        decimal("bid_size", "size at the best bid of a quote", 48, QUOTE),
        decimal("ask_size", "size at the best ask of a quote", 56, QUOTE),
        Field {
            name: "order_id",
            doc: "the venue's order id of a book change",
            kind: FieldKind::Integer { byte: 40, bytes: 8, kinds: ORDERS },
        },
        Field {
            name: "venue_sequence",
            doc: "the venue's sequence number; quotes and bars have none",
            kind: FieldKind::Integer { byte: 56, bytes: 8, kinds: ALL_KINDS & !UNNUMBERED },
        },
        Field {
            name: "side",
            doc: "aggressor of a trade, side of a book change, side of a bar's prices",
            kind: FieldKind::Choice { byte: 31, mask: super::Flags::SIDE, choices: SIDES },
        },
        decimal("open", "first price of a bar", 32, BAR),
        decimal("high", "highest price of a bar", 40, BAR),
        decimal("low", "lowest price of a bar", 48, BAR),
        decimal("close", "last price of a bar", 56, BAR),
        decimal("volume", "sum of sizes in a bar of trades", 32, BAR_END),
        Field {
            name: "count",
            doc: "trades or quotes in a bar",
            kind: FieldKind::Integer { byte: 40, bytes: 8, kinds: BAR_END },
        },
    ]
};

static FIELDS: [Field; 23] = super::field::join(header_fields(KINDS), OWN);

impl Event for MarketData {
    const TYPE: EventType = EventType { id: 1, name: "MarketData" };
    const HEADER_AT: usize = offset_of!(MarketData, header);

    fn fields() -> &'static [Field] {
        &FIELDS
    }
}

/// A trade.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, TransparentWrapper)]
pub struct Trade(MarketData);

impl Trade {
    /// Price, 1e-9.
    #[must_use]
    #[inline]
    pub fn price(&self) -> i64 {
        self.0.price
    }

    /// Size, 1e-9.
    #[must_use]
    #[inline]
    pub fn size(&self) -> i64 {
        self.0.size
    }

    /// The side that took liquidity.
    #[must_use]
    pub fn aggressor(&self) -> Side {
        self.0.header.side()
    }

    /// The venue's sequence number, 0 where unknown.
    #[must_use]
    pub fn venue_sequence(&self) -> u64 {
        self.0.last.cast_unsigned()
    }
}

/// The best bid and ask.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, TransparentWrapper)]
pub struct Quote(MarketData);

impl Quote {
    /// Best bid, 1e-9; `fixed::NULL` where there is none.
    #[must_use]
    #[inline]
    pub fn bid_price(&self) -> i64 {
        self.0.price
    }

    /// Best ask, 1e-9; `fixed::NULL` where there is none.
    #[must_use]
    #[inline]
    pub fn ask_price(&self) -> i64 {
        self.0.word
    }

    /// Size at the best bid, 1e-9; `fixed::NULL` where unknown.
    #[must_use]
    #[inline]
    pub fn bid_size(&self) -> i64 {
        self.0.size
    }

    /// Size at the best ask, 1e-9; `fixed::NULL` where unknown.
    #[must_use]
    #[inline]
    pub fn ask_size(&self) -> i64 {
        self.0.last
    }

    /// The middle between bid and ask, 1e-9, rounded down; `None` unless both are there.
    #[must_use]
    #[inline]
    pub fn mid(&self) -> Option<i64> {
        let (bid, ask) = (self.bid_price(), self.ask_price());
        if bid == fixed::NULL || ask == fixed::NULL {
            return None;
        }
        Some(((i128::from(bid) + i128::from(ask)) >> 1) as i64)
    }
}

/// A change of a book: Add, Modify, Cancel or Fill.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, TransparentWrapper)]
pub struct BookChange(MarketData);

impl BookChange {
    /// Price of the order or level, 1e-9.
    #[must_use]
    pub fn price(&self) -> i64 {
        self.0.price
    }

    /// Size, 1e-9: what was added, is now, left, or was filled, as the kind says.
    #[must_use]
    pub fn size(&self) -> i64 {
        self.0.size
    }

    /// The venue's order id; 0 for feeds that publish levels.
    #[must_use]
    pub fn order_id(&self) -> u64 {
        self.0.word.cast_unsigned()
    }

    /// The side of the book.
    #[must_use]
    pub fn side(&self) -> Side {
        self.0.header.side()
    }

    /// The venue's sequence number, 0 where unknown.
    #[must_use]
    pub fn venue_sequence(&self) -> u64 {
        self.0.last.cast_unsigned()
    }
}
